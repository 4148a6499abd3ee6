//! Tags as versions: `3.12.1-slim` is a version and a variant.
//!
//! Tags follow no standard. What is read here is what most images do: numbers with dots, perhaps a mark of
//! a pre-release, then anything that names a variant. A tag that starts with no number is no version.

use std::cmp::Ordering;

/// How far an update may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The same tag, as it is now.
    #[default]
    Digest,
    /// Fixes: `1.2.3` to `1.2.4`.
    Patch,
    /// New features: `1.2` to `1.3`.
    Minor,
    /// Anything newer.
    Major,
}

impl Level {
    /// Reads the word, as `# rdf: update=` and `--level` have it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "digest" => Some(Level::Digest),
            "patch" => Some(Level::Patch),
            "minor" => Some(Level::Minor),
            "major" => Some(Level::Major),
            _ => None,
        }
    }
}

/// A tag, read.
///
/// ```text
/// v3.12.1rc2-slim
/// ^ prefix
///  ^^^^^^ numbers
///        ^^^ pre-release
///           ^^^^^ variant
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagVersion<'t> {
    prefix: &'t str,
    numbers: Vec<u64>,
    /// Rank of the mark and its number.
    pre: Option<(usize, u64)>,
    variant: &'t str,
}

/// Marks of a pre-release, earliest first.
const MARKS: [&[&str]; 5] = [
    &["dev", "nightly", "snapshot", "canary", "edge"],
    &["alpha", "a", "ea", "preview", "m"],
    &["beta", "b"],
    &["pre"],
    &["rc", "cr"],
];

impl<'t> TagVersion<'t> {
    /// Reads a tag; `None` for one that is no version.
    pub fn parse(tag: &'t str) -> Option<Self> {
        let prefix = if tag.starts_with('v') { "v" } else { "" };
        let mut rest = tag.get(prefix.len()..)?;
        let mut numbers = Vec::new();
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            numbers.push(rest.get(..digits)?.parse().ok()?);
            rest = rest.get(digits..)?;
            match rest.strip_prefix('.') {
                Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => rest = after,
                _ => break,
            }
        }
        let (pre, variant) = match pre_release(rest) {
            Some((pre, rest)) => (Some(pre), rest),
            None => (None, rest),
        };
        Some(TagVersion {
            prefix,
            numbers,
            pre,
            variant,
        })
    }

    /// The first three numbers, what is missing as zero: their order is that of semantic versions.
    fn core(&self) -> semver::Version {
        let number = |at| self.numbers.get(at).copied().unwrap_or(0);
        semver::Version::new(number(0), number(1), number(2))
    }

    /// Whether it is a pre-release.
    pub fn is_pre_release(&self) -> bool {
        self.pre.is_some()
    }

    /// Whether `other` is spelled alike: same prefix, as many numbers, same variant.
    fn is_like(&self, other: &TagVersion<'_>) -> bool {
        self.prefix == other.prefix
            && self.numbers.len() == other.numbers.len()
            && self.variant == other.variant
    }

    /// Whether going from here to `other` stays within `level`.
    fn allows(&self, other: &TagVersion<'_>, level: Level) -> bool {
        let same = match level {
            Level::Digest => self.numbers.len(),
            Level::Patch => 2,
            Level::Minor => 1,
            Level::Major => 0,
        };
        self.numbers
            .iter()
            .take(same)
            .eq(other.numbers.iter().take(same))
    }
}

impl Ord for TagVersion<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let pre = match (&self.pre, &other.pre) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.cmp(b),
        };
        self.core()
            .cmp(&other.core())
            .then_with(|| self.numbers.cmp(&other.numbers))
            .then(pre)
            .then_with(|| self.prefix.cmp(other.prefix))
            .then_with(|| self.variant.cmp(other.variant))
    }
}

impl PartialOrd for TagVersion<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The mark of a pre-release at the start of `text`, and what follows.
fn pre_release(text: &str) -> Option<((usize, u64), &str)> {
    let body = text.strip_prefix(['-', '.', '_']).unwrap_or(text);
    let letters = body.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = body.get(..letters)?;
    let rank = MARKS.iter().position(|words| words.contains(&word))?;
    let rest = body.get(letters..)?;
    let number = rest.strip_prefix(['-', '.', '_']).unwrap_or(rest);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return (rest.is_empty() || rest.starts_with('-')).then_some(((rank, 0), rest));
    }
    Some((
        (rank, number.get(..digits)?.parse().ok()?),
        number.get(digits..)?,
    ))
}

/// The tags of `tags` to which `current` may move, newest first: never older ones, never another variant,
/// never a pre-release unless `pre` allows it or `current` is one itself.
pub fn candidates<'t>(current: &str, tags: &'t [String], level: Level, pre: bool) -> Vec<&'t str> {
    let Some(from) = TagVersion::parse(current) else {
        return Vec::new();
    };
    let pre = pre || from.is_pre_release();
    let mut found: Vec<(TagVersion<'t>, &'t str)> = tags
        .iter()
        .filter_map(|tag| TagVersion::parse(tag).map(|version| (version, tag.as_str())))
        .filter(|(to, _)| from.is_like(to) && from.allows(to, level) && *to > from)
        .filter(|(to, _)| pre || !to.is_pre_release())
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: &str = "latest 3 3.9 3.9-slim 3.11-slim 3.12 3.12-alpine 3.12-slim 3.12.1-slim 3.12.7-slim 3.13 3.13-slim \
        3.13-slim-bookworm 3.13-alpine 3.13-rc-slim 3.14-rc-slim 3.14.0a1-slim 3.14.0-beta.2 4.0-slim 4.0-alpha-slim \
        v3.13-slim slim bookworm 3.13.0-slim 3.13.1-slim 3.10-slim 20240101 3.13.1rc1-slim 4 5.0 5.0-dev";

    fn newest(current: &str, level: Level, pre: bool) -> Option<String> {
        let tags: Vec<String> = TAGS.split_whitespace().map(str::to_owned).collect();
        candidates(current, &tags, level, pre)
            .first()
            .map(|tag| (*tag).to_owned())
    }

    #[test]
    fn variants_are_kept_and_levels_hold() {
        for (current, level, newest_tag) in [
            ("3.12-slim", Level::Digest, None),
            ("3.12-slim", Level::Patch, None),
            ("3.12-slim", Level::Minor, Some("3.13-slim")),
            ("3.12-slim", Level::Major, Some("4.0-slim")),
            ("3.12-alpine", Level::Major, Some("3.13-alpine")),
            ("3.12", Level::Minor, Some("3.13")),
            ("3.12", Level::Major, Some("5.0")),
            ("3.12.1-slim", Level::Patch, Some("3.12.7-slim")),
            ("3.12.1-slim", Level::Minor, Some("3.13.1-slim")),
            ("3", Level::Minor, None),
            ("3", Level::Major, Some("20240101")),
            ("latest", Level::Major, None),
            ("bookworm", Level::Major, None),
            ("5.0", Level::Major, None),
        ] {
            assert_eq!(
                newest(current, level, false).as_deref(),
                newest_tag,
                "{current} {level:?}"
            );
        }
    }

    #[test]
    fn a_pre_release_comes_only_when_asked_for() {
        assert_eq!(newest("3.13-slim", Level::Minor, false), None);
        assert_eq!(
            newest("3.13-slim", Level::Minor, true).as_deref(),
            Some("3.14-rc-slim")
        );
        assert_eq!(
            newest("3.13-rc-slim", Level::Minor, false).as_deref(),
            Some("3.14-rc-slim")
        );
        assert_eq!(
            newest("3.13.1rc1-slim", Level::Patch, false).as_deref(),
            Some("3.13.1-slim")
        );
    }

    #[test]
    fn odd_tags_are_no_trouble() {
        for tag in [
            "",
            "v",
            ".",
            "1.",
            "1..2",
            "99999999999999999999999",
            "é",
            "1é",
            "1-rcé",
        ] {
            let _ = TagVersion::parse(tag);
        }
        assert_eq!(TagVersion::parse("99999999999999999999999"), None);
    }
}
