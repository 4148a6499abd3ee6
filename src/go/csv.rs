//! One record of comma-separated values, as options such as `--mount` hold it.
//!
//! The reference reads it with a one-line cousin of `encoding/csv` that reports the same errors.

use std::borrow::Cow;

use super::text::cut;

/// Why a text is not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// There is nothing.
    #[error("EOF")]
    Empty,
    /// A quote inside a field that does not begin with one. The column counts bytes from one.
    #[error("parse error on line 1, column {column}: bare \" in non-quoted-field")]
    BareQuote {
        /// Where, in bytes, from one.
        column: usize,
    },
    /// A quoted field that goes on after its end, or has none.
    #[error("parse error on line 1, column {column}: extraneous or missing \" in quoted-field")]
    Quote {
        /// Where, in bytes, from one.
        column: usize,
    },
}

/// The fields of a record. A newline at the end is allowed, newlines elsewhere are text.
pub fn fields(text: &str) -> Result<Vec<Cow<'_, str>>, CsvError> {
    let record = match text.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => text,
    };
    if record.is_empty() {
        return Err(CsvError::Empty);
    }
    let mut fields = Vec::new();
    let mut rest = Some(record);
    while let Some(text) = rest {
        let position = record.len() - text.len();
        let (field, after) = match text.strip_prefix('"') {
            Some(quoted) => {
                let (field, after) = quoted_field(quoted, position + 1)?;
                (Cow::Owned(field), after)
            }
            None => {
                let (field, after) = plain_field(text, position)?;
                (Cow::Borrowed(field), after)
            }
        };
        fields.push(field);
        rest = after;
    }
    Ok(fields)
}

fn plain_field(text: &str, position: usize) -> Result<(&str, Option<&str>), CsvError> {
    let (field, rest) = match cut(text, b',') {
        Some((field, rest)) => (field, Some(rest)),
        None => (text, None),
    };
    match memchr::memchr(b'"', field.as_bytes()) {
        Some(quote) => Err(CsvError::BareQuote {
            column: position + quote + 1,
        }),
        None => Ok((field, rest)),
    }
}

/// Reads a field after its opening quote, which ends at `position`.
fn quoted_field(text: &str, position: usize) -> Result<(String, Option<&str>), CsvError> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let consumed = position + text.len() - rest.len();
        let Some((piece, after)) = rest.split_once('"') else {
            return Err(CsvError::Quote {
                column: consumed + 1,
            });
        };
        field.push_str(piece);
        if let Some(after) = after.strip_prefix('"') {
            field.push('"');
            rest = after;
        } else if after.is_empty() {
            return Ok((field, None));
        } else if let Some(after) = after.strip_prefix(',') {
            return Ok((field, Some(after)));
        } else {
            return Err(CsvError::Quote {
                column: consumed + piece.len() + 1,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_plain_fields() {
        assert_eq!(
            fields("type=cache,target=/x").unwrap(),
            ["type=cache", "target=/x"]
        );
        assert_eq!(
            fields("\"a,\"\"b\"\"\",,c\n").unwrap(),
            ["a,\"b\"", "", "c"]
        );
        assert_eq!(fields("a,").unwrap(), ["a", ""]);
        assert_eq!(fields("\"\"").unwrap(), [""]);
    }

    #[test]
    fn errors_name_the_column() {
        assert_eq!(fields("").unwrap_err().to_string(), "EOF");
        assert_eq!(fields("\r\n").unwrap_err(), CsvError::Empty);
        assert_eq!(
            fields("a,b\"c").unwrap_err().to_string(),
            "parse error on line 1, column 4: bare \" in non-quoted-field"
        );
        assert_eq!(
            fields("x,\"a\"b").unwrap_err().to_string(),
            "parse error on line 1, column 5: extraneous or missing \" in quoted-field"
        );
        assert_eq!(fields("\"ab").unwrap_err(), CsvError::Quote { column: 2 });
        assert_eq!(
            fields("\"a\"\"b").unwrap_err(),
            CsvError::Quote { column: 5 }
        );
    }
}
