//! Variables in compose files: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?error}`, `${NAME:+other}`,
//! each also without the colon, and `$$` for a dollar.

use super::Environment;
use crate::limits::{MAX_DEFAULT_NESTING, MAX_EVALUATED_BYTES};

/// `text` with the values of its variables; one that is not set is empty.
///
/// # Errors
/// What is wrong with it, or the message of `:?`.
pub(super) fn interpolate(text: &str, environment: Environment<'_>) -> Result<String, String> {
    within(text, environment, 0)
}

fn within(text: &str, environment: Environment<'_>, depth: usize) -> Result<String, String> {
    if depth > MAX_DEFAULT_NESTING {
        return Err("variables are nested too deeply".to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            after
        } else if let Some(after) = after.strip_prefix('{') {
            let end = closing(after).ok_or_else(|| format!("unterminated `${{` in `{text}`"))?;
            let inner = after.get(..end).unwrap_or_default();
            out.push_str(&braced(inner, environment, depth)?);
            after.get(end + 1..).unwrap_or_default()
        } else {
            let length = name_length(after);
            let name = after.get(..length).unwrap_or_default();
            if name.is_empty() {
                return Err(format!("`{text}`: write `$$` for a dollar"));
            }
            out.push_str(&environment(name).unwrap_or_default());
            after.get(length..).unwrap_or_default()
        };
        if out.len() > MAX_EVALUATED_BYTES {
            return Err("a value is too long".to_owned());
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands between the braces.
fn braced(inner: &str, environment: Environment<'_>, depth: usize) -> Result<String, String> {
    let length = name_length(inner);
    let name = inner.get(..length).unwrap_or_default();
    let operation = inner.get(length..).unwrap_or_default();
    if name.is_empty() {
        return Err(format!("`${{{inner}}}` has no name"));
    }
    let value = environment(name);
    if operation.is_empty() {
        return Ok(value.unwrap_or_default());
    }
    // With a colon an empty value counts as none.
    let (value, operation) = match operation.strip_prefix(':') {
        Some(operation) => (value.filter(|value| !value.is_empty()), operation),
        None => (value, operation),
    };
    let word = || {
        within(
            operation.get(1..).unwrap_or_default(),
            environment,
            depth + 1,
        )
    };
    match (operation.chars().next(), value) {
        (Some('-' | '?'), Some(value)) => Ok(value),
        (Some('-'), None) => word(),
        (Some('?'), None) => Err(format!("`{name}` is required: {}", word()?)),
        (Some('+'), Some(_)) => word(),
        (Some('+'), None) => Ok(String::new()),
        _ => Err(format!("`${{{inner}}}` is malformed")),
    }
}

fn name_length(text: &str) -> usize {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let length = text
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    if starts { length } else { 0 }
}

/// Where the brace ends that is open at the start.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_their_values() {
        let environment = |name: &str| match name {
            "A" => Some("a".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("x-$A-${A}-y", "x-a-a-y"),
            ("$$A $A", "$A a"),
            ("${NO}|${NO:-d}|${NO-d}|${EMPTY:-d}|${EMPTY-d}", "|d|d|d|"),
            (
                "${A:+set}|${NO:+set}|${EMPTY+set}|${EMPTY:+set}",
                "set||set|",
            ),
            ("${NO:-${A:-b}}-${NO:-{}}", "a-{}"),
            ("${NO:-a:b/c}", "a:b/c"),
            ("é$A", "éa"),
        ] {
            assert_eq!(
                interpolate(text, &environment).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
        for (text, words) in [
            ("${NO:?say it}", "say it"),
            ("${A", "unterminated"),
            ("${}", "no name"),
            ("$1", "$$"),
            ("a$", "$$"),
            ("${A!x}", "malformed"),
        ] {
            let error = interpolate(text, &environment).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
