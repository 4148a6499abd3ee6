//! `key=value,key,...`, the form of flags with several options.

use std::borrow::Cow;

use crate::go::text::to_lower;
use crate::syntax::error::ArgumentError;

/// The key in lower case and, behind `=`, the value.
pub(super) fn split(field: &str) -> (Cow<'_, str>, Option<&str>) {
    match field.split_once('=') {
        Some((key, value)) => (to_lower(key), Some(value)),
        None => (to_lower(field), None),
    }
}

/// An option that needs a value has none.
#[cold]
pub(super) fn no_value(field: &str) -> ArgumentError {
    ArgumentError::new(format!("invalid field '{field}' must be a key=value pair"))
}

/// An option's value is wrong.
#[cold]
pub(super) fn invalid_value(key: &str, value: &str) -> ArgumentError {
    ArgumentError::new(format!("invalid value for {key}: {value}"))
}

/// The option does not exist.
#[cold]
pub(super) fn unknown(key: &str, field: &str, known: &[&str]) -> ArgumentError {
    let message = format!("unexpected key '{key}' in '{field}'");
    ArgumentError::suggesting(message, key, known)
}
