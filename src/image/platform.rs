//! Platforms: `os[(version[+feature]…)]/architecture[/variant]`, as containerd writes them.
//!
//! Owns reading, normalising and printing. The machine that runs this code is never asked: where a
//! specifier leaves something out, the caller says what the host is.

use std::fmt;

use thiserror::Error;

use super::platform_names::{
    is_known_architecture, is_known_os, normalize_architecture, normalize_os,
};
use crate::go::path;
use crate::go::quote::quote;

/// The pattern of an operating system component, quoted in error texts.
const OS_PATTERN: &str = r"^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$";
/// The pattern of the other components, quoted in error texts.
const COMPONENT_PATTERN: &str = "^[A-Za-z0-9_.-]+$";

/// Why a platform specifier was rejected; displays as the reference implementation's text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct PlatformError(String);

/// What an image runs on. Empty texts mean "not given".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// Instruction set: `amd64`, `arm64`, `arm`, …
    pub architecture: String,
    /// Operating system: `linux`, `windows`, …
    pub os: String,
    /// Version of the operating system, in practice only for windows.
    pub os_version: String,
    /// Features the operating system must have.
    pub os_features: Vec<String>,
    /// Version of the instruction set: `v7`, `v8`, …
    pub variant: String,
}

impl Platform {
    /// A platform of operating system and architecture only.
    pub fn new(os: &str, architecture: &str) -> Self {
        Platform {
            architecture: architecture.to_owned(),
            os: os.to_owned(),
            ..Platform::default()
        }
    }

    /// Reads a specifier: `linux/arm64/v8`, `arm64`, `windows(10.0.17763)/amd64`, …
    ///
    /// `host` fills in what a single word leaves out. The architecture is normalised, except that
    /// a variant that was written stays where [`Platform::normalized`] would drop it.
    ///
    /// # Errors
    /// [`PlatformError`], for the first component that is wrong.
    pub fn parse(specifier: &str, host: &Platform) -> Result<Self, PlatformError> {
        if specifier.contains('*') {
            return Err(PlatformError(format!(
                "{}: wildcards not yet supported: invalid argument",
                quote(specifier)
            )));
        }
        let mut components = specifier.splitn(4, '/');
        let first = components.next().unwrap_or_default();
        let mut platform = parse_os(first, specifier)?;
        let rest: Vec<&str> = components.collect();
        if let Some(component) = rest.iter().find(|c| !is_component(c)) {
            return Err(PlatformError(format!(
                "{} is an invalid component of {}: platform specifier component must match {}: invalid argument",
                quote(component),
                quote(specifier),
                quote(COMPONENT_PATTERN)
            )));
        }
        match rest.as_slice() {
            [] => return platform.complete(first, specifier, host),
            [architecture] => {
                platform.set_architecture(architecture, "");
                platform.drop_default_arm();
            }
            [architecture, variant] => {
                platform.set_architecture(architecture, variant);
                if platform.architecture == "arm64" && platform.variant.is_empty() {
                    platform.variant = "v8".to_owned();
                }
            }
            _ => {
                return Err(PlatformError(format!(
                    "{}: cannot parse platform specifier: invalid argument",
                    quote(specifier)
                )));
            }
        }
        Ok(platform)
    }

    /// Fills in what a specifier of one word leaves out.
    fn complete(
        mut self,
        word: &str,
        specifier: &str,
        host: &Platform,
    ) -> Result<Self, PlatformError> {
        if is_known_os(&self.os) {
            self.architecture = host.architecture.clone();
            if host.architecture == "arm" && host.variant != "v7" {
                self.variant = host.variant.clone();
            }
            return Ok(self);
        }
        self.set_architecture(word, "");
        self.drop_default_arm();
        if !is_known_architecture(&self.architecture) {
            return Err(PlatformError(format!(
                "{}: unknown operating system or architecture: invalid argument",
                quote(specifier)
            )));
        }
        self.os = host.os.clone();
        Ok(self)
    }

    fn set_architecture(&mut self, architecture: &str, variant: &str) {
        let (architecture, variant) = normalize_architecture(architecture, variant);
        (self.architecture, self.variant) = (architecture.into_owned(), variant.into_owned());
    }

    /// `arm` alone means v7, which is not spelled out.
    fn drop_default_arm(&mut self) {
        if self.architecture == "arm" && self.variant == "v7" {
            self.variant.clear();
        }
    }

    /// The canonical spelling: `Aarch64` is `arm64`, arm gets its default variant, arm64 and
    /// amd64 lose theirs, features are sorted and unique.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let (architecture, variant) = normalize_architecture(&self.architecture, &self.variant);
        let mut os_features = self.os_features.clone();
        os_features.sort_unstable();
        os_features.dedup();
        Platform {
            architecture: architecture.into_owned(),
            os: normalize_os(&self.os).into_owned(),
            os_version: self.os_version.clone(),
            os_features,
            variant: variant.into_owned(),
        }
    }

    /// Makes it what [`Platform::normalized`] gives; mostly it is that already.
    #[cfg(feature = "compile")]
    pub(crate) fn normalize(&mut self) {
        let has_usual_names = is_normal_name(&self.os, &self.architecture, &self.variant);
        if !has_usual_names || !self.os_features.is_empty() {
            *self = self.normalized();
        }
    }

    /// `os/architecture[/variant]`, or `unknown` without an operating system.
    pub fn format(&self) -> String {
        if self.os.is_empty() {
            return "unknown".to_owned();
        }
        path::join(&[&self.os, &self.architecture, &self.variant])
    }

    /// Like [`Platform::format`], with version and features of the operating system.
    pub fn format_all(&self) -> String {
        if self.os.is_empty() {
            return "unknown".to_owned();
        }
        let version = encode_option(&self.os_version);
        let features = self.format_features();
        if version.is_empty() && features.is_empty() {
            return self.format();
        }
        let os = format!("{}({version}{features})", self.os);
        path::join(&[&os, &self.architecture, &self.variant])
    }

    /// Every feature once, in order, each with its leading `+`.
    fn format_features(&self) -> String {
        let mut features = self.os_features.clone();
        features.sort_unstable();
        features.dedup();
        let mut text = String::new();
        for feature in features.iter().filter(|f| !f.is_empty()) {
            text.push('+');
            text.push_str(&encode_option(feature));
        }
        text
    }
}

/// The form of [`Platform::format_all`].
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format_all())
    }
}

/// Whether these are spelled as [`Platform::normalized`] spells them.
#[cfg(feature = "llb")]
pub(crate) fn is_normal_name(os: &str, architecture: &str, variant: &str) -> bool {
    normalize_os(os) == os
        && normalize_architecture(architecture, variant) == (architecture.into(), variant.into())
}

/// The platform to use for an image whose own platform was not asked for.
///
/// A build without an explicit target follows its base image: to `target` if the image is for it,
/// else to the first of `supported` that the image is for, else it stays with `target`.
pub fn auto_detect<'p>(
    image: &Platform,
    target: &'p Platform,
    supported: &'p [Platform],
) -> &'p Platform {
    let fits = |p: &&Platform| p.os == image.os && p.architecture == image.architecture;
    std::iter::once(target)
        .chain(supported)
        .find(fits)
        .unwrap_or(target)
}

/// Reads `os`, `os(version)`, `os(version+feature+feature)`.
fn parse_os(component: &str, specifier: &str) -> Result<Platform, PlatformError> {
    let Some((os, version, features)) = split_os(component) else {
        return Err(PlatformError(format!(
            "{} is an invalid OS component of {}: OSAndVersion specifier component must match {}: invalid argument",
            quote(component),
            quote(specifier),
            quote(OS_PATTERN)
        )));
    };
    let os_version = decode_option(version).map_err(|escape| {
        PlatformError(format!(
            "{} has an invalid OS version {}: invalid URL escape {}",
            quote(specifier),
            quote(version),
            quote(&escape)
        ))
    })?;
    let mut os_features = Vec::new();
    for feature in features {
        os_features.push(decode_option(feature).map_err(|escape| {
            PlatformError(format!(
                "{} has invalid OS features: invalid os feature {}: invalid URL escape {}",
                quote(specifier),
                quote(feature),
                quote(&escape)
            ))
        })?);
    }
    Ok(Platform {
        os: normalize_os(os).into_owned(),
        os_version,
        os_features,
        ..Platform::default()
    })
}

/// Name, version and features of an operating system component, if it has the form of one.
fn split_os(component: &str) -> Option<(&str, &str, Vec<&str>)> {
    let (name, options) = match component.split_once('(') {
        Some((name, options)) => (name, options.strip_suffix(')')?),
        None => (component, ""),
    };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let is_option = |b: u8| is_name(b) || matches!(b, b'.' | b'%');
    if name.is_empty() || !name.bytes().all(is_name) {
        return None;
    }
    let mut options = options.split('+');
    let version = options.next().unwrap_or_default();
    let features: Vec<&str> = options.collect();
    let legal = version.bytes().all(is_option)
        && features
            .iter()
            .all(|f| !f.is_empty() && f.bytes().all(is_option));
    legal.then_some((name, version, features))
}

fn is_component(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Escapes the characters that structure a specifier.
fn encode_option(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => encoded.push_str("%25"),
            '+' => encoded.push_str("%2B"),
            '(' => encoded.push_str("%28"),
            ')' => encoded.push_str("%29"),
            '/' => encoded.push_str("%2F"),
            c => encoded.push(c),
        }
    }
    encoded
}

/// Undoes percent escapes; the error is the escape that is none.
///
/// Bytes that do not make up UTF-8 become U+FFFD: such a version matches no image anyway.
fn decode_option(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        if *byte != b'%' {
            bytes.push(*byte);
            rest = tail;
            continue;
        }
        let digits = match tail {
            [high, low, after @ ..] => hex(*high).zip(hex(*low)).map(|pair| (pair, after)),
            _ => None,
        };
        let Some(((high, low), after)) = digits else {
            let escape = rest.get(..3).unwrap_or(rest);
            return Err(String::from_utf8_lossy(escape).into_owned());
        };
        bytes.push(high << 4 | low);
        rest = after;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(specifier: &str) -> Result<Platform, String> {
        Platform::parse(specifier, &Platform::new("linux", "amd64")).map_err(|e| e.to_string())
    }

    #[test]
    fn specifiers_are_read_and_printed() {
        for (specifier, parsed, normalized) in [
            ("linux", "linux/amd64", "linux/amd64"),
            ("arm64", "linux/arm64", "linux/arm64"),
            ("ARM", "linux/arm", "linux/arm/v7"),
            ("armel", "linux/arm/v6", "linux/arm/v6"),
            ("x86-64", "linux/amd64", "linux/amd64"),
            ("linux/arm", "linux/arm", "linux/arm/v7"),
            ("linux/armhf", "linux/arm", "linux/arm/v7"),
            ("linux/arm/7", "linux/arm/v7", "linux/arm/v7"),
            ("linux/arm64/v8", "linux/arm64/v8", "linux/arm64"),
            ("linux/arm64/9.0", "linux/arm64/v9", "linux/arm64/v9"),
            ("linux/amd64/v1", "linux/amd64", "linux/amd64"),
            ("linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v3"),
            ("macOS/i386/x", "darwin/386", "darwin/386"),
            ("other/thing", "other/thing", "other/thing"),
            ("windows", "windows/amd64", "windows/amd64"),
            (
                "windows(10.0.17763)/amd64",
                "windows(10.0.17763)/amd64",
                "windows(10.0.17763)/amd64",
            ),
            (
                "windows(10+b+a+b)/amd64",
                "windows(10+a+b)/amd64",
                "windows(10+a+b)/amd64",
            ),
            (
                "linux(+a%2Fb)/s390x",
                "linux(+a%2Fb)/s390x",
                "linux(+a%2Fb)/s390x",
            ),
            ("linux()/amd64", "linux/amd64", "linux/amd64"),
        ] {
            let platform = parse(specifier).unwrap();
            assert_eq!(platform.format_all(), parsed, "{specifier}");
            assert_eq!(
                platform.normalized().format_all(),
                normalized,
                "{specifier}"
            );
        }
        assert_eq!(
            parse("windows(1+x)/amd64").unwrap().format(),
            "windows/amd64"
        );
        assert_eq!(Platform::default().format_all(), "unknown");
        assert_eq!(Platform::default().normalized().format_all(), "linux");
    }

    #[test]
    fn host_fills_in_the_rest() {
        let mut host = Platform::new("linux", "arm");
        host.variant = "v6".to_owned();
        let parsed = Platform::parse("linux", &host).unwrap();
        assert_eq!(parsed.format(), "linux/arm/v6");
    }

    #[test]
    fn wrong_specifiers_are_explained() {
        let os = r#"OSAndVersion specifier component must match "^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.%-]*)((?:\\+[A-Za-z0-9_.%-]+)*)\\))?$": invalid argument"#;
        for (specifier, error) in [
            ("*", r#""*": wildcards not yet supported: invalid argument"#.to_owned()),
            ("foo", r#""foo": unknown operating system or architecture: invalid argument"#.to_owned()),
            ("", format!(r#""" is an invalid OS component of "": {os}"#)),
            ("a b/c", format!(r#""a b" is an invalid OS component of "a b/c": {os}"#)),
            ("a(/c", format!(r#""a(" is an invalid OS component of "a(/c": {os}"#)),
            ("a(x+)/c", format!(r#""a(x+)" is an invalid OS component of "a(x+)/c": {os}"#)),
            ("a/b/c/d", r#""a/b/c/d": cannot parse platform specifier: invalid argument"#.to_owned()),
            (
                "a/b/c/d/e",
                r#""d/e" is an invalid component of "a/b/c/d/e": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument"#.to_owned(),
            ),
            ("a(%)/c", r#""a(%)/c" has an invalid OS version "%": invalid URL escape "%""#.to_owned()),
            (
                "a(+%zz1)/c",
                r#""a(+%zz1)/c" has invalid OS features: invalid os feature "%zz1": invalid URL escape "%zz""#.to_owned(),
            ),
        ] {
            assert_eq!(parse(specifier), Err(error), "{specifier:?}");
        }
    }

    #[test]
    fn an_implicit_target_follows_the_image() {
        let target = Platform::new("linux", "amd64");
        let supported = [target.clone(), Platform::new("linux", "arm64")];
        let detect =
            |arch| auto_detect(&Platform::new("linux", arch), &target, &supported).format();
        assert_eq!(detect("amd64"), "linux/amd64");
        assert_eq!(detect("arm64"), "linux/arm64");
        assert_eq!(detect("s390x"), "linux/amd64");
    }
}
