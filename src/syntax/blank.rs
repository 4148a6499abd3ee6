//! The several ideas of white space that meet in a Dockerfile, on bytes.

/// White space of a byte taken as Latin-1: flags and health checks are read byte by byte.
pub(super) const fn is_latin1_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

/// What separates the instruction word and plain arguments: `[\t\v\f\r ]`.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// Removes Unicode white space at both ends.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

/// Removes Unicode white space at the start; invalid bytes are not white space.
pub(super) fn trim_start(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        match first {
            b'\t'..=b'\r' | b' ' => rest = tail,
            0x80.. => match first_char(rest) {
                Some(c) if c.is_whitespace() => rest = rest.get(c.len_utf8()..).unwrap_or(&[]),
                _ => break,
            },
            _ => break,
        }
    }
    rest
}

/// Removes Unicode white space at the end.
pub(super) fn trim_end(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [head @ .., last] = rest {
        match last {
            b'\t'..=b'\r' | b' ' => rest = head,
            0x80.. => match last_char(rest) {
                Some(c) if c.is_whitespace() => {
                    rest = rest.get(..rest.len() - c.len_utf8()).unwrap_or(&[]);
                }
                _ => break,
            },
            _ => break,
        }
    }
    rest
}

fn first_char(bytes: &[u8]) -> Option<char> {
    let head = bytes.get(..bytes.len().min(4))?;
    head.utf8_chunks().next()?.valid().chars().next()
}

fn last_char(bytes: &[u8]) -> Option<char> {
    // a character is one to four bytes: the shortest valid tail is the last one
    (1..=bytes.len().min(4)).find_map(|width| {
        let tail = bytes.get(bytes.len() - width..)?;
        std::str::from_utf8(tail).ok()?.chars().next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trim_leaves_invalid_bytes() {
        assert_eq!(trim(b"\xa0 a\xe2\x80\x80 "), b"\xa0 a");
        assert_eq!(trim("\u{a0}a\u{3000}".as_bytes()), b"a");
        assert_eq!(trim(b" \t\r\n"), b"");
    }
}
