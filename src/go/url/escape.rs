//! Percent escapes: which bytes need them where.

use super::Fault;

/// A part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EscapePosition {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

/// Whether a byte is written as it is.
fn is_plain(byte: u8, place: EscapePosition) -> bool {
    match byte {
        b'-' | b'_' | b'.' | b'~' => true,
        _ if byte.is_ascii_alphanumeric() => true,
        b'!' | b'(' | b')' | b'*' => matches!(
            place,
            EscapePosition::Host | EscapePosition::Zone | EscapePosition::Fragment
        ),
        b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => {
            matches!(place, EscapePosition::Host | EscapePosition::Zone)
        }
        b'$' | b'&' | b'+' | b',' | b';' | b'=' => place != EscapePosition::Query,
        b':' => !matches!(place, EscapePosition::Query | EscapePosition::User),
        b'/' | b'@' => matches!(place, EscapePosition::Path | EscapePosition::Fragment),
        b'?' => place == EscapePosition::Fragment,
        _ => false,
    }
}

/// Writes bytes for a place in a URL.
pub(super) fn escape(bytes: &[u8], place: EscapePosition) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if is_plain(byte, place) {
            out.push(char::from(byte));
        } else if byte == b' ' && place == EscapePosition::Query {
            out.push('+');
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Reads what is written at a place in a URL.
pub(super) fn unescape(text: &str, place: EscapePosition) -> Result<Vec<u8>, Fault> {
    let in_host = matches!(place, EscapePosition::Host | EscapePosition::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        match byte {
            b'%' => {
                let bad = || Fault::Escape(rest.get(..3).unwrap_or(rest).to_vec());
                let (high, low) = match after {
                    [high, low, ..] => (hex(*high), hex(*low)),
                    _ => (None, None),
                };
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(bad());
                };
                let value = high << 4 | low;
                let allowed = match place {
                    // Hosts may only escape what is not ASCII.
                    EscapePosition::Host => high >= 8 || value == b'%',
                    EscapePosition::Zone => {
                        value == b'%' || value == b' ' || is_plain(value, EscapePosition::Host)
                    }
                    _ => true,
                };
                if !allowed {
                    return Err(bad());
                }
                out.push(value);
                rest = after.get(2..).unwrap_or_default();
                continue;
            }
            b'+' if place == EscapePosition::Query => out.push(b' '),
            _ if in_host && byte.is_ascii() && !is_plain(byte, place) => {
                return Err(Fault::Host(char::from(byte).to_string()));
            }
            _ => out.push(byte),
        }
        rest = after;
    }
    Ok(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Whether a text may stand as it is, although escaping its content would give another.
pub(super) fn valid_encoded(text: &str, place: EscapePosition) -> bool {
    text.bytes()
        .all(|byte| is_plain(byte, place) || b"!$&'()*+,;=:@[]%".contains(&byte))
}
