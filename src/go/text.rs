//! Functions of Go's `strings` that differ from Rust's own, and `%v` of lists.

use std::borrow::Cow;

use super::unicode::{is_space, to_lower as lower_char, to_upper as upper_char};
use super::utf8::{Chunk, chunks};

/// `strings.ToLower`: one character for one.
pub fn to_lower(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return map(text, lower_char);
    }
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// `strings.ToUpper`: one character for one, so `ß` stays.
pub fn to_upper(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return map(text, upper_char);
    }
    match text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Owned(text.to_ascii_uppercase()),
        false => Cow::Borrowed(text),
    }
}

fn map(text: &str, change: fn(char) -> char) -> Cow<'_, str> {
    if text.chars().all(|character| change(character) == character) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(change).collect())
    }
}

/// `strings.EqualFold`: equal under simple case folding, so `K` (Kelvin) is `k`.
pub fn equal_fold(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    let fold = |character: char| lower_char(upper_char(character));
    left.chars().map(fold).eq(right.chars().map(fold))
}

/// `strings.Cut` at an ASCII character: what is before the first one, and what is after it.
pub fn cut(text: &str, separator: u8) -> Option<(&str, &str)> {
    let at = memchr::memchr(separator, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `strings.TrimSpace`.
pub fn trim_space(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `strings.TrimSpace` for bytes that may not be UTF-8.
pub fn trim_space_bytes(text: &[u8]) -> &[u8] {
    let blank = |chunk: Option<Chunk<'_>>, trim: fn(&str) -> &str| match chunk {
        Some(Chunk::Valid(valid)) => valid.len() - trim(valid).len(),
        _ => 0,
    };
    let start = blank(chunks(text).next(), |valid| {
        valid.trim_start_matches(is_space)
    });
    let text = text.get(start..).unwrap_or_default();
    let end = blank(chunks(text).last(), |valid| {
        valid.trim_end_matches(is_space)
    });
    text.get(..text.len() - end).unwrap_or_default()
}

/// `%v` of a list of strings: `[a b]`.
pub fn list<S: AsRef<str>>(texts: &[S]) -> String {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    format!("[{}]", texts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_mapped_one_to_one() {
        assert_eq!(to_upper("straße"), "STRAßE");
        assert_eq!(to_lower("İΣ"), "iσ");
        assert!(matches!(to_lower("abc-1"), Cow::Borrowed("abc-1")));
        assert!(equal_fold("\u{212A}eyſ", "KEYS"));
        assert!(!equal_fold("ß", "ss"));
    }

    #[test]
    fn texts_are_cut_once() {
        assert_eq!(cut("ä=b=c", b'='), Some(("ä", "b=c")));
        assert_eq!(cut("=", b'='), Some(("", "")));
        assert_eq!(cut("ä", b'='), None);
    }

    #[test]
    fn white_space_is_unicode_white_space() {
        assert_eq!(trim_space("\u{85} a b\t"), "a b");
    }

    #[test]
    fn lists_are_joined_by_blanks() {
        assert_eq!(list(&["a b", "c"]), "[a b c]");
    }
}
