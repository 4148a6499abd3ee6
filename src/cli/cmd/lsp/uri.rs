//! Addresses of files: `file:///a%20b/Dockerfile`, and the paths that they stand for.

use std::path::{Path, PathBuf};

/// The path of a `file:` address; none for any other.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    // What stands before the path is a host, and only this one has our files.
    let path = match rest.strip_prefix("localhost") {
        Some(path) if path.starts_with('/') => path,
        _ => rest,
    };
    let path = path
        .split(['?', '#'])
        .next()
        .filter(|path| path.starts_with('/'))?;
    let text = String::from_utf8(decode(path)?).ok()?;
    // `/c:/x` is a path of a drive.
    let drive = text.get(1..).filter(|rest| {
        let mut chars = rest.chars();
        cfg!(windows)
            && chars.next().is_some_and(|c| c.is_ascii_alphabetic())
            && chars.next() == Some(':')
    });
    Some(PathBuf::from(drive.unwrap_or(&text)))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
        out.push(u8::try_from(value).ok()?);
    }
    (!out.contains(&0)).then_some(out)
}

/// The address of a path.
pub(super) fn of(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = whole.to_string_lossy().replace('\\', "/");
    let mut uri = String::from(if text.starts_with('/') {
        "file://"
    } else {
        "file:///"
    });
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_paths_and_back() {
        assert_eq!(
            path("file:///a%20b/D%C3%A9"),
            Some(PathBuf::from("/a b/Dé"))
        );
        assert_eq!(path("file://localhost/a"), Some(PathBuf::from("/a")));
        for other in [
            "untitled:1",
            "file://host/a",
            "file:///%zz",
            "file:///%",
            "file:///%00",
            "",
            "file://",
        ] {
            assert_eq!(path(other), None, "{other}");
        }
        if cfg!(unix) {
            assert_eq!(of(Path::new("/a b/Dé:1")), "file:///a%20b/D%C3%A9%3A1");
        }
    }
}
