//! `strconv`: numbers and booleans from text.

use std::borrow::Cow;

use super::quote::quote;

/// Why a text is not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("strconv.{function}: parsing {quoted}: {fault}")]
pub struct NumberError {
    function: &'static str,
    /// What was read, as Go quotes it.
    quoted: String,
    fault: NumberFault,
}

impl NumberError {
    fn new(function: &'static str, input: impl AsRef<[u8]>, fault: NumberFault) -> Self {
        NumberError {
            function,
            quoted: quote(input),
            fault,
        }
    }

    /// The error without the text that was read: what Go calls the wrapped error.
    #[cfg(test)]
    fn fault(&self) -> NumberFault {
        self.fault
    }
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberFault {
    /// It is not written as a number.
    #[error("invalid syntax")]
    Syntax,
    /// It does not fit.
    #[error("value out of range")]
    Range,
}

/// `strconv.ParseBool`.
pub fn parse_bool(text: impl AsRef<[u8]>) -> Result<bool, NumberError> {
    match text.as_ref() {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Ok(false),
        _ => Err(NumberError::new("ParseBool", text, NumberFault::Syntax)),
    }
}

/// `strconv.Atoi`.
pub fn atoi(text: &str) -> Result<i64, NumberError> {
    signed(text, 10, 64).map_err(|fault| NumberError::new("Atoi", text, fault))
}

/// `strconv.ParseInt` for a base from 2 to 36 and a size of 1 to 64 bits.
pub fn parse_int(text: &str, base: u32, bits: u32) -> Result<i64, NumberError> {
    signed(text, base, bits).map_err(|fault| NumberError::new("ParseInt", text, fault))
}

/// `strconv.ParseUint` for a base from 2 to 36 and a size of 1 to 64 bits.
pub fn parse_uint(text: &str, base: u32, bits: u32) -> Result<u64, NumberError> {
    unsigned(text, base, bits).map_err(|fault| NumberError::new("ParseUint", text, fault))
}

fn signed(text: &str, base: u32, bits: u32) -> Result<i64, NumberFault> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    let magnitude = i128::from(unsigned(digits, base, bits)?);
    let value = if negative { -magnitude } else { magnitude };
    let limit = 1i128 << (bits.clamp(1, 64) - 1);
    if value < -limit || value >= limit {
        return Err(NumberFault::Range);
    }
    i64::try_from(value).map_err(|_| NumberFault::Range)
}

fn unsigned(text: &str, base: u32, bits: u32) -> Result<u64, NumberFault> {
    if text.is_empty() {
        return Err(NumberFault::Syntax);
    }
    let base = base.clamp(2, 36);
    let mut value = 0u128;
    let limit = 1u128 << bits.clamp(1, 64);
    for character in text.chars() {
        let digit = character.to_digit(base).ok_or(NumberFault::Syntax)?;
        value = value * u128::from(base) + u128::from(digit);
        // Parity: a number too large is reported before a character further right that is not a digit.
        if value >= limit {
            return Err(NumberFault::Range);
        }
    }
    u64::try_from(value).map_err(|_| NumberFault::Range)
}

/// `strconv.ParseFloat` with 64 bits, without hexadecimal numbers. Single underscores between
/// digits are allowed.
pub fn parse_float(text: &str) -> Result<f64, NumberError> {
    let fail = |fault| NumberError::new("ParseFloat", text, fault);
    let digits = without_underscores(text).ok_or_else(|| fail(NumberFault::Syntax))?;
    let value: f64 = digits.parse().map_err(|_| fail(NumberFault::Syntax))?;
    let named = text.contains(['n', 'N']);
    if value.is_infinite() && !named {
        return Err(fail(NumberFault::Range));
    }
    Ok(value)
}

fn without_underscores(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let mut pieces = text.split('_').peekable();
    let mut digits = String::with_capacity(text.len());
    while let Some(piece) = pieces.next() {
        let first = digits.is_empty();
        let starts = first || piece.bytes().next().is_some_and(is_digit);
        let ends = pieces.peek().is_none() || piece.bytes().last().is_some_and(is_digit);
        if !starts || !ends {
            return None;
        }
        digits.push_str(piece);
    }
    Some(Cow::Owned(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_have_six_spellings_each() {
        assert_eq!(parse_bool("True"), Ok(true));
        assert_eq!(parse_bool("0"), Ok(false));
        assert_eq!(
            parse_bool("yes").unwrap_err().to_string(),
            r#"strconv.ParseBool: parsing "yes": invalid syntax"#
        );
    }

    #[test]
    fn integers_have_bounds() {
        assert_eq!(atoi("+7"), Ok(7));
        assert_eq!(atoi("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(
            atoi("9223372036854775808").unwrap_err().to_string(),
            r#"strconv.Atoi: parsing "9223372036854775808": value out of range"#
        );
        assert_eq!(
            parse_int("2147483648", 10, 32).unwrap_err().fault(),
            NumberFault::Range
        );
        assert_eq!(parse_uint("755", 8, 32), Ok(0o755));
        assert_eq!(
            parse_uint("+1", 10, 32).unwrap_err().fault(),
            NumberFault::Syntax
        );
        assert_eq!(
            parse_uint("8", 8, 32).unwrap_err().fault(),
            NumberFault::Syntax
        );
        assert_eq!(
            parse_int("1_0", 10, 64).unwrap_err().fault(),
            NumberFault::Syntax
        );
        assert_eq!(
            parse_int("-", 10, 64).unwrap_err().fault(),
            NumberFault::Syntax
        );
    }

    #[test]
    fn floats_out_of_range_are_errors() {
        assert_eq!(parse_float("1.5"), Ok(1.5));
        assert_eq!(parse_float("1_000"), Ok(1000.0));
        assert_eq!(
            parse_float("1__0").unwrap_err().fault(),
            NumberFault::Syntax
        );
        assert_eq!(
            parse_float("1e400").unwrap_err().fault(),
            NumberFault::Range
        );
        assert_eq!(parse_float("").unwrap_err().fault(), NumberFault::Syntax);
        assert!(parse_float("inf").unwrap().is_infinite());
    }
}
