//! Labels that a project asks for, and the forms of their values.

use std::fmt;

use crate::go::url::Url;
use crate::image::Timestamp;

/// The form of a label's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelKind {
    /// Anything but nothing.
    Text,
    /// An address with a scheme and a host.
    Url,
    /// A time of RFC 3339: `2026-11-29T12:00:00Z`.
    Time,
    /// A version of semantic versioning.
    Semver,
    /// A commit of git: 7 to 40 hexadecimal digits, or 64.
    Hash,
    /// A licence expression of SPDX.
    Spdx,
    /// An address of e-mail.
    Email,
}

impl LabelKind {
    /// Every kind, with the names that configs have for it; the first is ours.
    const NAMES: [(LabelKind, &'static [&'static str]); 7] = [
        (LabelKind::Text, &["text", "raw", ""]),
        (LabelKind::Url, &["url"]),
        (LabelKind::Time, &["rfc3339"]),
        (LabelKind::Semver, &["semver"]),
        (LabelKind::Hash, &["hash"]),
        (LabelKind::Spdx, &["spdx"]),
        (LabelKind::Email, &["email"]),
    ];

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<LabelKind> {
        let mut kinds = LabelKind::NAMES.iter();
        let found = kinds.find(|(_, names)| names.contains(&name));
        found.map(|(kind, _)| *kind)
    }

    /// What is wrong with a value; none if nothing is.
    pub(super) fn problem(self, value: &str) -> Option<&'static str> {
        if value.trim().is_empty() {
            return Some("is empty");
        }
        let (is_fine, problem) = match self {
            LabelKind::Text => (true, ""),
            LabelKind::Url => (is_url(value), "is not a valid URL"),
            LabelKind::Time => (
                Timestamp::parse(value.as_bytes()).is_ok(),
                "is not a valid time of RFC 3339",
            ),
            LabelKind::Semver => (
                semver::Version::parse(value).is_ok(),
                "is not a valid semantic version",
            ),
            LabelKind::Hash => (is_hash(value), "is not a valid commit"),
            LabelKind::Spdx => (
                spdx::Expression::parse(value).is_ok(),
                "is not a valid SPDX licence expression",
            ),
            LabelKind::Email => (is_email(value), "is not a valid e-mail address"),
        };
        (!is_fine).then_some(problem)
    }

    /// hadolint's code for a value that is wrong.
    pub(super) fn code(self, value: &str) -> &'static str {
        match self {
            _ if value.trim().is_empty() => "DL3051",
            LabelKind::Text => "DL3051",
            LabelKind::Url => "DL3052",
            LabelKind::Time => "DL3053",
            LabelKind::Spdx => "DL3054",
            LabelKind::Hash => "DL3055",
            LabelKind::Semver => "DL3056",
            LabelKind::Email => "DL3058",
        }
    }

    /// What a value looks like.
    pub(super) const fn example(self) -> &'static str {
        match self {
            LabelKind::Text => "a text",
            LabelKind::Url => "https://example.com/app",
            LabelKind::Time => "2026-11-29T12:00:00Z",
            LabelKind::Semver => "1.2.3",
            LabelKind::Hash => "3b2cf8e0d9a7c1b5e4f60718293a4b5c6d7e8f90",
            LabelKind::Spdx => "Apache-2.0",
            LabelKind::Email => "jane@example.com",
        }
    }
}

impl fmt::Display for LabelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds = LabelKind::NAMES.iter();
        let names = kinds.find(|(kind, _)| kind == self).map(|(_, names)| names);
        f.write_str(names.and_then(|names| names.first()).unwrap_or(&""))
    }
}

fn is_url(value: &str) -> bool {
    let has_blank = value.contains(char::is_whitespace);
    !has_blank && Url::parse(value).is_ok_and(|url| !url.scheme.is_empty() && !url.host.is_empty())
}

fn is_hash(value: &str) -> bool {
    let is_long_enough = matches!(value.len(), 7..=40 | 64);
    is_long_enough && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_email(value: &str) -> bool {
    let Some((name, host)) = value.rsplit_once('@') else {
        return false;
    };
    let is_part = |part: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte >= 0x80;
        !part.is_empty() && !part.starts_with('-') && part.bytes().all(is_letter)
    };
    let is_name = |c: char| !c.is_whitespace() && !matches!(c, '@' | '<' | '>' | ',' | ';');
    !name.is_empty() && name.chars().all(is_name) && host.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_form_of_their_kind() {
        for (kind, good, bad) in [
            ("text", &["a", "é b"][..], &["", " "][..]),
            (
                "url",
                &["https://a.b/c?d", "ssh://git@x"],
                &["a", "/a/b", "https://", "https://a b"],
            ),
            (
                "rfc3339",
                &["2026-11-29T12:00:00Z", "2026-11-29T12:00:00.5+01:00"],
                &["2026-11-29", "now"],
            ),
            (
                "semver",
                &["1.2.3", "1.2.3-rc.1+b"],
                &["1.2", "v1.2.3", "latest"],
            ),
            (
                "hash",
                &["43c572f", "43c572f1272b8c171665b1dd9e41e98ad1d6b4a1"],
                &["43c57", "43c572g"],
            ),
            (
                "spdx",
                &["MIT", "Apache-2.0 OR MIT", "GPL-2.0-or-later"],
                &["Apache", "MIT or"],
            ),
            (
                "email",
                &["a.b+c@example.com", "a@localhost"],
                &["a", "@b", "a@", "a b@c", "Jane <a@b>"],
            ),
        ] {
            let kind = LabelKind::parse(kind).unwrap();
            for value in good {
                assert_eq!(kind.problem(value), None, "{value}");
            }
            for value in bad {
                assert!(kind.problem(value).is_some(), "{kind}: {value}");
            }
            assert_eq!(kind.problem(kind.example()), None);
            assert_eq!(LabelKind::parse(&kind.to_string()), Some(kind));
        }
        assert_eq!(LabelKind::parse("date"), None);
    }
}
