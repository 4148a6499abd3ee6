//! One line of comma-separated values, as flags with several options use it.

use std::borrow::Cow;

use crate::syntax::error::ArgumentError;

/// The fields of `line`. Errors carry the reference's text.
pub(super) fn fields(line: &str) -> Result<Vec<Cow<'_, str>>, String> {
    let line = line
        .strip_suffix("\r\n")
        .or_else(|| line.strip_suffix('\n'))
        .unwrap_or(line);
    if line.is_empty() {
        return Err("EOF".into());
    }
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let rest = line.get(at..).unwrap_or("");
        let (field, length) = match rest.strip_prefix('"') {
            None => plain_field(rest).map_err(|offset| bare_quote(at + offset))?,
            Some(quoted) => {
                let found = quoted_field(quoted);
                let (field, length) = found.map_err(|offset| stray_quote(at + 1 + offset))?;
                (field, length + 1)
            }
        };
        fields.push(field);
        at += length;
        if at >= line.len() {
            return Ok(fields);
        }
        // the comma
        at += 1;
    }
}

/// Up to the comma, and its length; fails at a quote.
fn plain_field(rest: &str) -> Result<(Cow<'_, str>, usize), usize> {
    let field = rest.split(',').next().unwrap_or("");
    match field.find('"') {
        Some(quote) => Err(quote),
        None => Ok((Cow::Borrowed(field), field.len())),
    }
}

/// What follows an opening quote, up to the closing one (counted in the length); `""` is a quote.
fn quoted_field(rest: &str) -> Result<(Cow<'_, str>, usize), usize> {
    let mut field = Cow::Borrowed("");
    let mut at = 0;
    loop {
        let tail = rest.get(at..).unwrap_or("");
        let Some(quote) = tail.find('"') else {
            return Err(at);
        };
        let piece = tail.get(..quote).unwrap_or("");
        if field.is_empty() {
            field = Cow::Borrowed(piece);
        } else {
            field.to_mut().push_str(piece);
        }
        at += quote + 1;
        match rest.as_bytes().get(at) {
            Some(b'"') => {
                field.to_mut().push('"');
                at += 1;
            }
            None | Some(b',') => return Ok((field, at)),
            Some(_) => return Err(at - 1),
        }
    }
}

#[cold]
fn bare_quote(offset: usize) -> String {
    let column = offset + 1;
    format!("parse error on line 1, column {column}: bare \" in non-quoted-field")
}

#[cold]
fn stray_quote(offset: usize) -> String {
    let column = offset + 1;
    format!("parse error on line 1, column {column}: extraneous or missing \" in quoted-field")
}

/// `key` in lower case and, behind `=`, the value.
pub(super) fn option(field: &str) -> (String, Option<&str>) {
    match field.split_once('=') {
        Some((key, value)) => (lower(key), Some(value)),
        None => (lower(field), None),
    }
}

fn lower(text: &str) -> String {
    crate::syntax::go_text::to_lower(text).into_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_commas_outside_quotes() {
        assert_eq!(fields("a,b=c").unwrap(), ["a", "b=c"]);
        assert_eq!(fields("a,,").unwrap(), ["a", "", ""]);
        assert_eq!(fields("\"a,\"\"b\"\"\",c\n").unwrap(), ["a,\"b\"", "c"]);
        assert_eq!(fields("\"\",\"\"").unwrap(), ["", ""]);
    }

    #[test]
    fn quotes_out_of_place_are_told_with_their_column() {
        let bare = "parse error on line 1, column 4: bare \" in non-quoted-field";
        assert_eq!(fields("a,b\"").unwrap_err(), bare);
        let stray = "extraneous or missing \" in quoted-field";
        let at = |column| format!("parse error on line 1, column {column}: {stray}");
        assert_eq!(fields("\"a\"b").unwrap_err(), at(3));
        assert_eq!(fields("a,\"b").unwrap_err(), at(4));
        assert_eq!(fields("").unwrap_err(), "EOF");
    }
}
