//! How Go treats text where it shows in our results: quoting, casing, spaces, numbers, durations.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Quotes bytes as `strconv.Quote` (`%q`) does.
pub(crate) fn quote(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_quoted(&mut out, c);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

fn push_quoted(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        ' '..='~' => out.push(c),
        '\0'..='\x1f' | '\x7f' => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        }
        _ if is_printable(c) => out.push(c),
        '\0'..='\u{ffff}' => {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
        _ => {
            let _ = write!(out, "\\U{:08x}", u32::from(c));
        }
    }
}

/// std escapes what is not printable; behind another character it leaves combining marks alone,
/// which Go prints too.
fn is_printable(c: char) -> bool {
    let mut text = String::from("a");
    text.push(c);
    let mut escaped = text.escape_debug().skip(1);
    escaped.next() == Some(c)
}

/// Lower case character by character, each to exactly one character, as `strings.ToLower`.
pub(crate) fn to_lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    // Go maps to one character: the first of std's expansion is it (U+0130 gives `i`)
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    Cow::Owned(text.chars().map(lower).collect())
}

/// Upper case character by character, each to exactly one character, as `strings.ToUpper`.
pub(crate) fn to_upper(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|b| b.is_ascii_lowercase()) {
            return Cow::Owned(text.to_ascii_uppercase());
        }
        return Cow::Borrowed(text);
    }
    let upper = |c: char| {
        let mut mapped = c.to_uppercase();
        match (mapped.next(), mapped.next()) {
            (Some(single), None) => single,
            _ => c,
        }
    };
    Cow::Owned(text.chars().map(upper).collect())
}

/// `unicode.IsSpace` of a byte taken as Latin-1.
pub(crate) const fn is_latin1_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

/// The blanks of the instruction splitter, `[\t\v\f\r ]`.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// Removes Unicode white space at the start; invalid bytes are not white space.
pub(crate) fn trim_start(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    loop {
        match rest.first() {
            Some(b'\t'..=b'\r' | b' ') => rest = &rest[1..],
            Some(0x80..) => match first_char(rest) {
                Some((c, width)) if c.is_whitespace() => rest = rest.get(width..).unwrap_or(&[]),
                _ => return rest,
            },
            _ => return rest,
        }
    }
}

/// Removes Unicode white space at the end.
pub(crate) fn trim_end(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    loop {
        match rest.last() {
            Some(b'\t'..=b'\r' | b' ') => rest = &rest[..rest.len() - 1],
            Some(0x80..) => match last_char(rest) {
                Some((c, width)) if c.is_whitespace() => {
                    rest = rest.get(..rest.len() - width).unwrap_or(&[]);
                }
                _ => return rest,
            },
            _ => return rest,
        }
    }
}

/// `strings.TrimSpace`.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

fn first_char(bytes: &[u8]) -> Option<(char, usize)> {
    let head = bytes.get(..bytes.len().min(4))?;
    let valid = head.utf8_chunks().next()?.valid();
    let c = valid.chars().next()?;
    Some((c, c.len_utf8()))
}

fn last_char(bytes: &[u8]) -> Option<(char, usize)> {
    // a character is one to four bytes: the shortest valid tail is the last one
    for width in 1..=bytes.len().min(4) {
        let tail = bytes.get(bytes.len() - width..)?;
        if let Ok(text) = std::str::from_utf8(tail) {
            return text.chars().next().map(|c| (c, width));
        }
    }
    None
}

/// `strconv.ParseBool`.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// `strconv.ParseUint(text, base, 32)`.
pub(crate) fn parse_u32(text: &str, base: u32) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    u32::from_str_radix(text, base).ok()
}

/// `strconv.ParseFloat(text, 64)` of a decimal number; a number out of range is none.
pub(crate) fn parse_f64(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let out_of_range = value.is_infinite() && text.bytes().any(|b| b.is_ascii_digit());
    (!out_of_range).then_some(value)
}

/// `strconv.ParseInt(text, 10, 32)` with its error text.
pub(crate) fn parse_i32(text: &str) -> Result<i32, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let problem = if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        "invalid syntax"
    } else {
        match text.parse::<i32>() {
            Ok(value) => return Ok(value),
            Err(_) => "value out of range",
        }
    };
    let quoted = quote(text.as_bytes());
    Err(format!("strconv.ParseInt: parsing {quoted}: {problem}"))
}

/// `time.ParseDuration`: nanoseconds, or its error text.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let fail = |what: &str| Err(format!("time: {what} {}", quote_bytes(text)));
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return fail("invalid duration");
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let Some((whole, fraction, tail)) = number(rest) else {
            return fail("invalid duration");
        };
        let unit_len = tail
            .bytes()
            .position(|b| b == b'.' || b.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_len).unwrap_or((tail, ""));
        if unit.is_empty() {
            return fail("missing unit in duration");
        }
        let Some(scale) = unit_nanoseconds(unit) else {
            return fail(&format!("unknown unit {} in duration", quote_bytes(unit)));
        };
        let part = part_nanoseconds(whole, fraction, scale);
        match part.and_then(|part| total.checked_add(part)) {
            Some(sum) if sum <= 1 << 63 => total = sum,
            _ => return fail("invalid duration"),
        }
        rest = tail;
    }
    match (i64::try_from(total), negative) {
        (Ok(value), false) => Ok(value),
        (Ok(value), true) => Ok(-value),
        (Err(_), true) => Ok(i64::MIN),
        (Err(_), false) => fail("invalid duration"),
    }
}

/// Digits and an optional fraction (value, scale) at the start, and what follows.
fn number(text: &str) -> Option<(u64, (u64, f64), &str)> {
    let digits = |text: &str| {
        let end = text.bytes().position(|b| !b.is_ascii_digit());
        end.unwrap_or(text.len())
    };
    let whole_len = digits(text);
    let (whole_digits, mut rest) = text.split_at_checked(whole_len)?;
    let mut whole: u64 = 0;
    for digit in whole_digits.bytes() {
        whole = whole.checked_mul(10)?;
        whole = whole.checked_add(u64::from(digit - b'0'))?;
        if whole > 1 << 63 {
            return None;
        }
    }
    let mut fraction = (0, 1.0);
    let mut fraction_len = 0;
    if let Some(after_dot) = rest.strip_prefix('.') {
        fraction_len = digits(after_dot);
        let (fraction_digits, tail) = after_dot.split_at_checked(fraction_len)?;
        fraction = fraction_value(fraction_digits);
        rest = tail;
    }
    if whole_len == 0 && fraction_len == 0 {
        return None;
    }
    Some((whole, fraction, rest))
}

/// Digits beyond what fits are dropped.
fn fraction_value(digits: &str) -> (u64, f64) {
    let (mut value, mut scale) = (0u64, 1.0);
    for digit in digits.bytes() {
        if value > i64::MAX as u64 / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value, scale)
}

fn part_nanoseconds(whole: u64, (fraction, scale): (u64, f64), unit: u64) -> Option<u64> {
    if whole > (1 << 63) / unit {
        return None;
    }
    let mut nanoseconds = whole * unit;
    if fraction > 0 {
        // saturates, and is below one unit anyway
        nanoseconds = nanoseconds.checked_add((fraction as f64 * (unit as f64 / scale)) as u64)?;
    }
    (nanoseconds <= 1 << 63).then_some(nanoseconds)
}

fn unit_nanoseconds(unit: &str) -> Option<u64> {
    match unit {
        "ns" => Some(1),
        // both code points that look like a micro sign
        "us" | "\u{b5}s" | "\u{3bc}s" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        "m" => Some(60_000_000_000),
        "h" => Some(3_600_000_000_000),
        _ => None,
    }
}

/// The quoting of package `time`: everything outside printable ASCII byte by byte.
fn quote_bytes(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' '..=0x7f => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quote_escapes_what_go_escapes() {
        assert_eq!(quote(b"a\"\\\n\x01\x7f\xff"), r#""a\"\\\n\x01\x7f\xff""#);
        assert_eq!(
            quote("é\u{301}\u{a0}\u{200b}\u{e000}".as_bytes()),
            "\"é\u{301}\\u00a0\\u200b\\ue000\""
        );
        assert_eq!(
            quote("\u{10ffff}\u{1f600}".as_bytes()),
            "\"\\U0010ffff\u{1f600}\""
        );
    }

    #[test]
    fn casing_maps_one_character_to_one() {
        assert_eq!(to_lower("MAİNTAINER"), "maintainer");
        assert_eq!(to_lower("\u{212a}"), "k");
        assert_eq!(to_upper("maıntaıner"), "MAINTAINER");
        assert_eq!(to_upper("ß"), "ß");
    }

    #[test]
    fn trim_leaves_invalid_bytes() {
        assert_eq!(trim(b"\xa0 a\xe2\x80\x80 "), b"\xa0 a");
        assert_eq!(trim("\u{a0}a\u{3000}".as_bytes()), b"a");
        assert_eq!(trim(b" \t\r\n"), b"");
    }

    #[test]
    fn durations_follow_go() {
        assert_eq!(parse_duration("1h2m3.5s"), Ok(3_723_500_000_000));
        assert_eq!(parse_duration("0"), Ok(0));
        assert_eq!(parse_duration("-.5ms"), Ok(-500_000));
        assert_eq!(
            parse_duration("5"),
            Err("time: missing unit in duration \"5\"".into())
        );
        assert_eq!(
            parse_duration("5y"),
            Err("time: unknown unit \"y\" in duration \"5y\"".into())
        );
        assert_eq!(
            parse_duration("99999999999999999999s"),
            Err("time: invalid duration \"99999999999999999999s\"".into())
        );
    }
}
