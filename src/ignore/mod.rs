//! Ignore files: which files of a context stay out of a build.
//!
//! [`read_patterns`] turns a `.dockerignore` into patterns, [`PatternMatcher`] asks them about paths.
//! Knows no context and reads no file; separators are `/` everywhere.

mod char_set;
mod expression;
mod glob;
mod matcher;

use thiserror::Error;

pub use matcher::{PatternError, PatternMatcher};

use crate::go::path::clean;
use crate::go::text::trim_space;
use crate::go::utf8::to_valid;
use crate::limits::MAX_IGNORE_LINE_BYTES;

/// An ignore file that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("bufio.Scanner: token too long")]
pub struct LineTooLong;

/// The patterns of an ignore file, in order, exclusions with their `!`.
///
/// Comments start in the first column. Patterns are trimmed, cleaned as paths, and lose one
/// leading slash. What is not UTF-8 becomes U+FFFD, as it would when patterns are sent.
///
/// # Errors
/// A line of more than 65,535 bytes.
pub fn read_patterns(file: &[u8]) -> Result<Vec<String>, LineTooLong> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut patterns = Vec::new();
    for line in file.split(|byte| *byte == b'\n') {
        if line.len() > MAX_IGNORE_LINE_BYTES {
            return Err(LineTooLong);
        }
        let text = to_valid(line);
        patterns.extend(pattern(&text));
    }
    Ok(patterns)
}

/// The pattern on a line, if there is one.
fn pattern(line: &str) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let text = trim_space(line);
    if text.is_empty() {
        return None;
    }
    let (mark, text) = match text.strip_prefix('!') {
        Some(rest) => ("!", trim_space(rest)),
        None => ("", text),
    };
    if text.is_empty() {
        return Some(mark.to_owned());
    }
    let cleaned = clean(text);
    let relative = match cleaned.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest,
        _ => cleaned.as_ref(),
    };
    Some(format!("{mark}{relative}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_patterns() {
        let file = b"\xef\xbb\xbf# comment\r\n  # no comment\n\n \t\n/abs/./x/\r\n! /y//z\n!\n/\n./\n../up\na\xffb\n#";
        assert_eq!(
            read_patterns(file).unwrap(),
            [
                "# no comment",
                "abs/x",
                "!y/z",
                "!",
                "/",
                ".",
                "../up",
                "a\u{fffd}b"
            ]
        );
        assert_eq!(read_patterns(b"").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn long_lines_are_an_error() {
        let mut file = vec![b'a'; 65_535];
        assert_eq!(read_patterns(&file).unwrap().len(), 1);
        file.push(b'a');
        assert_eq!(read_patterns(&file), Err(LineTooLong));
    }
}
