//! Image references: `name[:tag][@digest]` with the registry's short forms spelled out.
//!
//! Owns the grammar of names, tags and digests and the "familiar" short form; knows no registry.
//! The grammar is that of the distribution project, read by hand: a reference has no nesting, so
//! every part ends at a byte that the part itself cannot contain.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use super::digest::Digest;
use crate::go::text::cut;
use crate::go::unicode::to_lower;

/// Longest path of a reference, in bytes, the domain not counted.
pub const MAX_PATH_BYTES: usize = 255;

const DEFAULT_DOMAIN: &str = "docker.io";
const LEGACY_DEFAULT_DOMAIN: &str = "index.docker.io";
const OFFICIAL_PREFIX: &str = "library/";
const DEFAULT_TAG: &str = "latest";
const MAX_TAG_BYTES: usize = 128;
const MIN_DIGEST_HEX: usize = 32;

/// Why a text is not a reference; displays as the reference implementation's text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ReferenceError(Cow<'static, str>);

/// A named reference in normalised form.
///
/// ```text
/// ghcr.io/acme/base:1@sha256:…
/// ^^^^^^^ ^^^^^^^^^ ^ ^^^^^^^^
/// domain  path    tag digest
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    /// Reads a reference as users write it: `alpine` is `docker.io/library/alpine`.
    ///
    /// No tag is added; see [`Reference::tag_name_only`].
    ///
    /// # Errors
    /// [`ReferenceError`] for anything that is not a name with an optional tag and digest.
    pub fn parse_normalized(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(&spelled_out(text)?)
    }

    /// Whether [`Reference::parse_normalized`] finds nothing wrong.
    #[cfg(feature = "lint")]
    pub(crate) fn is_legal(text: &str) -> bool {
        let Ok(text) = spelled_out(text) else {
            return false;
        };
        Parts::split(&text).is_some_and(|parts| {
            let digest = parts.digest.map(Digest::parse);
            parts.path.len() <= MAX_PATH_BYTES && digest.is_none_or(|digest| digest.is_ok())
        })
    }

    /// Reads `[domain/]path[:tag][@digest]` without filling anything in.
    ///
    /// # Errors
    /// [`ReferenceError`] for anything that does not follow the grammar.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let Some(parts) = Parts::split(text) else {
            if text.is_empty() {
                let empty = "repository name must have at least one component";
                return Err(ReferenceError(empty.into()));
            }
            let lowered: String = text.chars().map(to_lower).collect();
            let why = match Parts::split(&lowered) {
                Some(_) => "repository name must be lowercase",
                None => "invalid reference format",
            };
            return Err(ReferenceError(why.into()));
        };
        if parts.path.len() > MAX_PATH_BYTES {
            let why = format!("repository name must not be more than {MAX_PATH_BYTES} characters");
            return Err(ReferenceError(why.into()));
        }
        let digest = parts.digest.map(Digest::parse).transpose();
        Ok(Reference {
            domain: parts.domain.to_owned(),
            path: parts.path.to_owned(),
            tag: parts.tag.map(str::to_owned),
            digest: digest.map_err(|error| ReferenceError(error.to_string().into()))?,
        })
    }

    /// The registry host with its port, `docker.io` if none was written.
    ///
    /// Empty when the first component looked like a host but only is a legal path component
    /// (`my_host.org/app`).
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The repository below the domain, `library/alpine`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether `text` is what the reference displays as.
    #[cfg(feature = "compile")]
    pub(crate) fn is_written(&self, text: &str) -> bool {
        let mut rest = Some(text);
        for part in self.parts() {
            rest = rest.and_then(|rest| rest.strip_prefix(part));
        }
        rest.is_some_and(str::is_empty)
    }

    /// What the canonical form is put together from.
    fn parts(&self) -> [&str; 7] {
        let domain = self.domain.as_str();
        let slash = if domain.is_empty() { "" } else { "/" };
        let tag = self.tag.as_deref().map_or(["", ""], |tag| [":", tag]);
        let digest = self.digest.as_ref();
        let digest = digest.map_or(["", ""], |digest| ["@", digest.as_str()]);
        [
            domain, slash, &self.path, tag[0], tag[1], digest[0], digest[1],
        ]
    }

    /// The canonical form, in memory that is as large as it needs.
    #[cfg(feature = "compile")]
    pub(crate) fn to_text(&self) -> String {
        self.parts().concat()
    }

    /// Domain and path, without tag and digest.
    pub fn name(&self) -> String {
        if self.domain.is_empty() {
            self.path.clone()
        } else {
            [&self.domain, "/", &self.path].concat()
        }
    }

    /// The tag, if one is present.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if one is present.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same name and tag without the digest.
    #[cfg(feature = "lock")]
    pub(crate) fn without_digest(&self) -> Self {
        Reference {
            digest: None,
            ..self.clone()
        }
    }

    /// Neither a tag nor a digest is present.
    pub(crate) fn is_name_only(&self) -> bool {
        self.tag.is_none() && self.digest.is_none()
    }

    /// Adds `:latest` unless a tag or a digest is present.
    #[must_use]
    pub fn tag_name_only(mut self) -> Self {
        if self.is_name_only() {
            self.tag = Some(DEFAULT_TAG.to_owned());
        }
        self
    }

    /// The same name without tag and digest.
    #[must_use]
    pub fn trim_named(&self) -> Self {
        Reference {
            domain: self.domain.clone(),
            path: self.path.clone(),
            tag: None,
            digest: None,
        }
    }

    /// The same reference with `tag` in place of any other tag.
    ///
    /// # Errors
    /// If `tag` is not a tag.
    pub fn with_tag(mut self, tag: &str) -> Result<Self, ReferenceError> {
        if !is_tag(tag) {
            return Err(ReferenceError("invalid tag format".into()));
        }
        self.tag = Some(tag.to_owned());
        Ok(self)
    }

    /// The same reference with `digest` in place of any other digest; a tag stays.
    ///
    /// # Errors
    /// For a digest whose form is legal for content but not in a reference.
    pub fn with_digest(mut self, digest: Digest) -> Result<Self, ReferenceError> {
        if !is_digest(digest.as_str()) {
            return Err(ReferenceError("invalid digest format".into()));
        }
        self.digest = Some(digest);
        Ok(self)
    }

    /// The name as users write it: without `docker.io/` and `library/`.
    pub(crate) fn familiar_name(&self) -> String {
        if self.domain != DEFAULT_DOMAIN {
            return self.name();
        }
        match self.path.strip_prefix(OFFICIAL_PREFIX) {
            Some(rest) if !rest.contains('/') => rest.to_owned(),
            _ => self.path.clone(),
        }
    }

    /// The whole reference with its name as users write it.
    pub fn familiar_string(&self) -> String {
        self.suffixed(self.familiar_name())
    }

    /// What clients call a named context for it: as users write it, without the tag `latest`.
    pub(crate) fn context_name(&self) -> String {
        match (self.tag(), &self.digest) {
            (Some(DEFAULT_TAG), None) => self.familiar_name(),
            _ => self.familiar_string(),
        }
    }

    fn suffixed(&self, mut name: String) -> String {
        if let Some(tag) = &self.tag {
            name.push(':');
            name.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            name.push('@');
            name.push_str(digest.as_str());
        }
        name
    }
}

/// The canonical form, domain included.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().iter().try_for_each(|part| f.write_str(part))
    }
}

impl std::str::FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Reference::parse_normalized(text)
    }
}

/// A reference as users write it with everything that short forms leave out, but for the tag.
fn spelled_out(text: &str) -> Result<String, ReferenceError> {
    if text.len() == 64 && text.bytes().all(is_lower_hex) {
        let why =
            format!("invalid repository name ({text}), cannot specify 64-byte hexadecimal strings");
        return Err(ReferenceError(why.into()));
    }
    let (domain, official, remainder) = split_domain(text);
    let prefix = if official { OFFICIAL_PREFIX } else { "" };
    let path = cut(remainder, b':').map_or(remainder, |(path, _)| path);
    if !is_lowered(path) {
        let why =
            format!("invalid reference format: repository name ({prefix}{path}) must be lowercase");
        return Err(ReferenceError(why.into()));
    }
    Ok([domain, "/", prefix, remainder].concat())
}

fn is_lowered(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    text.bytes().all(is_plain) || text.chars().all(|c| to_lower(c) == c)
}

/// The domain of a reference as users write it, whether `library/` is to be filled in, and the rest.
fn split_domain(text: &str) -> (&str, bool, &str) {
    let Some((first, rest)) = cut(text, b'/') else {
        return (DEFAULT_DOMAIN, true, text);
    };
    // A first component without dot, colon or capital is a namespace on the default registry.
    let is_host = first == "localhost" || first.contains(['.', ':']) || !is_lowered(first);
    let (domain, remote) = if first == LEGACY_DEFAULT_DOMAIN {
        (DEFAULT_DOMAIN, rest)
    } else if is_host {
        (first, rest)
    } else {
        (DEFAULT_DOMAIN, text)
    };
    let official = domain == DEFAULT_DOMAIN && !remote.contains('/');
    (domain, official, remote)
}

/// The parts of a reference that follows the grammar; the digest is checked by form only.
struct Parts<'t> {
    domain: &'t str,
    path: &'t str,
    tag: Option<&'t str>,
    digest: Option<&'t str>,
}

impl<'t> Parts<'t> {
    fn split(text: &'t str) -> Option<Self> {
        // Only a digest follows `@`, and nothing else contains one.
        let (text, digest) = match cut(text, b'@') {
            Some((text, digest)) => (text, Some(digest)),
            None => (text, None),
        };
        // A host never contains `/`, so it is the first component or absent.
        let (domain, rest) = match cut(text, b'/') {
            Some((first, rest)) if is_domain(first) => (first, rest),
            _ => ("", text),
        };
        let (path, tag) = match cut(rest, b':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (rest, None),
        };
        let legal = is_path(path) && tag.is_none_or(is_tag) && digest.is_none_or(is_digest);
        legal.then_some(Parts {
            domain,
            path,
            tag,
            digest,
        })
    }
}

/// `host[:port]`, the host being a DNS-like name or a bracketed IPv6 address.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => {
                let legal = !address.is_empty()
                    && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
                return legal && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
            }
            None => return false,
        },
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    port.is_none_or(is_port) && host.split('.').all(is_domain_component)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_domain_component(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_path(text: &str) -> bool {
    text.as_bytes()
        .split(|byte| *byte == b'/')
        .all(is_path_component)
}

/// Lower-case words joined by `.`, `_`, `__` or any number of `-`.
fn is_path_component(mut rest: &[u8]) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    loop {
        let word = rest.iter().take_while(|b| is_word(**b)).count();
        if word == 0 {
            return false;
        }
        rest = rest.get(word..).unwrap_or_default();
        let separator = match rest {
            [] => return true,
            [b'_', b'_', ..] => 2,
            [b'.' | b'_', ..] => 1,
            [b'-', ..] => rest.iter().take_while(|b| **b == b'-').count(),
            _ => return false,
        };
        rest = rest.get(separator..).unwrap_or_default();
    }
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= MAX_TAG_BYTES
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|b| is_word(b) || matches!(b, b'.' | b'-'))
}

/// The form of a digest inside a reference, which differs from [`Digest`]'s own grammar.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else {
        return false;
    };
    let algorithm_ok = algorithm.split(['-', '_', '+', '.']).all(|word| {
        word.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && word.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    algorithm_ok && hex.len() >= MIN_DIGEST_HEX && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_lower_hex(b: u8) -> bool {
    matches!(b, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "7cc4b5aefd1d0cadf8d97d4350462ba51c694ebca145b08d7d41b41acc8db5aa";

    fn parse(text: &str) -> Result<Reference, String> {
        Reference::parse_normalized(text).map_err(|error| error.to_string())
    }

    #[test]
    fn short_forms_are_spelled_out() {
        for (text, canonical, familiar) in [
            ("alpine", "docker.io/library/alpine", "alpine"),
            ("acme/app:1", "docker.io/acme/app:1", "acme/app:1"),
            ("docker.io/alpine", "docker.io/library/alpine", "alpine"),
            ("index.docker.io/a/b", "docker.io/a/b", "a/b"),
            ("library/a/b", "docker.io/library/a/b", "library/a/b"),
            ("localhost/x", "localhost/x", "localhost/x"),
            ("Host/x", "Host/x", "Host/x"),
            ("h:5000/x:T_1.0-a", "h:5000/x:T_1.0-a", "h:5000/x:T_1.0-a"),
            ("[::1]:80/x", "[::1]:80/x", "[::1]:80/x"),
            ("my_host.org/x", "my_host.org/x", "my_host.org/x"),
            ("a--b__c/d.e", "docker.io/a--b__c/d.e", "a--b__c/d.e"),
        ] {
            let reference = parse(text).unwrap();
            assert_eq!(reference.to_string(), canonical, "{text}");
            assert_eq!(reference.familiar_string(), familiar, "{text}");
        }
        assert_eq!(parse("my_host.org/x").unwrap().domain(), "");
    }

    #[test]
    fn digest_and_tag_are_kept() {
        let text = format!("alpine:3@sha256:{HEX}");
        let reference = parse(&text).unwrap();
        assert_eq!(reference.tag(), Some("3"));
        assert_eq!(reference.digest().unwrap().encoded(), HEX);
        assert_eq!(reference.familiar_string(), text);
        assert_eq!(reference.clone().tag_name_only(), reference);
        assert_eq!(
            reference.trim_named().to_string(),
            "docker.io/library/alpine"
        );
        let tagged = reference.trim_named().tag_name_only();
        assert_eq!(tagged.to_string(), "docker.io/library/alpine:latest");
        let digest = Digest::sha256(b"");
        assert!(
            tagged
                .with_digest(digest)
                .unwrap()
                .to_string()
                .contains(":latest@sha256:e3b0")
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        let long = "a".repeat(300);
        let upper_digest = format!("alpine@sha256:{}", HEX.to_uppercase());
        let odd = format!("alpine@md5:{HEX}");
        let short = format!("alpine@sha256:{}", &HEX[..32]);
        for (text, error) in [
            ("", "invalid reference format"),
            ("alpine:", "invalid reference format"),
            ("a b", "invalid reference format"),
            ("alpine@", "invalid reference format"),
            ("alpine@sha256:abc", "invalid reference format"),
            ("a/-b", "invalid reference format"),
            ("h:x/y", "invalid reference format"),
            ("-h.org/y", "invalid reference format"),
            ("x:\u{212a}", "repository name must be lowercase"),
            (
                "Foo",
                "invalid reference format: repository name (library/Foo) must be lowercase",
            ),
            (
                "foo/Bar:x",
                "invalid reference format: repository name (foo/Bar) must be lowercase",
            ),
            (
                HEX,
                "invalid repository name (7cc4b5aefd1d0cadf8d97d4350462ba51c694ebca145b08d7d41b41acc8db5aa), cannot specify 64-byte hexadecimal strings",
            ),
            (
                &long,
                "repository name must not be more than 255 characters",
            ),
            (&upper_digest, "invalid checksum digest format"),
            (&odd, "unsupported digest algorithm"),
            (&short, "invalid checksum digest length"),
        ] {
            assert_eq!(parse(text), Err(error.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn tags_are_checked() {
        let name = parse("alpine").unwrap();
        assert!(name.clone().with_tag(&"a".repeat(128)).is_ok());
        for tag in ["", "-a", &"a".repeat(129), "a/b", "é"] {
            assert_eq!(
                name.clone().with_tag(tag),
                Err(ReferenceError("invalid tag format".into()))
            );
        }
    }
}
