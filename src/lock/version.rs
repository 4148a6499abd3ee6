//! Tags as versions: `22-alpine3.21` is version 22, of a variant that has a version of its own.
//!
//! Tags follow no standard. A tag is cut into words; a word is a number with dots, perhaps after a name and before
//! the mark of a pre-release, or a date, or the code name of a distribution, or plain text. Tags are alike when their
//! texts, names and kinds of numbers are; among those, an update goes up. A tag without any number is not a version.

use std::cmp::Ordering;

use semver::{Prerelease, Version, VersionReq};

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

/// Versions that an update leaves out: `>=5000`, `<2, >=1.4`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ignored(String);

impl Ignored {
    /// Reads a requirement as Cargo has them, commas for "and"; it begins with an operator.
    pub fn parse(text: &str) -> Option<Self> {
        if !Self::is_meant(text) {
            return None;
        }
        VersionReq::parse(text)
            .ok()
            .map(|_| Ignored(text.to_owned()))
    }

    /// Whether a value of `ignore=` is about versions, and not about rules of `rdf check`.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(['<', '>', '=', '~', '^'])
    }

    fn holds(&self, version: &Version) -> bool {
        VersionReq::parse(&self.0).is_ok_and(|it| it.matches(version))
    }
}

/// How far an update may go.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bounds {
    /// Which numbers may change.
    pub level: Level,
    /// Pre-releases are taken as well.
    pub pre_release: bool,
    /// What is left out.
    pub ignored: Vec<Ignored>,
}

/// A tag, read.
///
/// ```text
/// v3.12.1rc2-slim-alpine3.21
///  ^^^^^^ the version
///        ^^^ of a pre-release
///           ^^^^^^ text
///                 ^^^^^^ ^^^^ a name and its version
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagVersion<'t> {
    parts: Vec<Part<'t>>,
    /// Which part is the version of the whole.
    main: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Number(Number<'t>),
}

/// What kind of number it is; one kind never becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberKind {
    Release,
    /// A version that begins with a year: `2024.1`.
    Year,
    /// A day, perhaps with a time: `20240612`, `2024-06-12T10-00-00Z`.
    Date,
    /// Seven digits and more: the number of a build, a time.
    Serial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Number<'t> {
    /// What stands before it: `alpine` of `alpine3.21`.
    name: &'t str,
    kind: NumberKind,
    /// The first three numbers, what is missing as zero, and the mark of a pre-release.
    core: Version,
    /// Further numbers.
    more: Vec<u64>,
    /// How many numbers there are.
    count: usize,
}

/// Marks of a pre-release, earliest first.
const MARKS: [&[&str]; 5] = [
    &["dev", "nightly", "snapshot", "canary", "edge"],
    &["alpha", "a", "ea", "preview", "m"],
    &["beta", "b"],
    &["pre"],
    &["rc", "cr"],
];

/// Releases of distributions that are known by names. No tag has a space, so nothing else has these families.
const CODE_NAMES: [(&str, &str, u64); 12] = [
    ("stretch", "debian ", 9),
    ("buster", "debian ", 10),
    ("bullseye", "debian ", 11),
    ("bookworm", "debian ", 12),
    ("trixie", "debian ", 13),
    ("forky", "debian ", 14),
    ("xenial", "ubuntu ", 16),
    ("bionic", "ubuntu ", 18),
    ("focal", "ubuntu ", 20),
    ("jammy", "ubuntu ", 22),
    ("noble", "ubuntu ", 24),
    ("resolute", "ubuntu ", 26),
];

/// What is between words.
const BETWEEN: [char; 3] = ['-', '_', '+'];

impl<'t> TagVersion<'t> {
    /// Reads a tag; `None` for one that is not a version.
    pub fn parse(tag: &'t str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = tag;
        while !rest.is_empty() {
            let (part, after) = match Number::read(rest) {
                Some((number, after)) => (Part::Number(number), after),
                None => {
                    let end = rest.find(BETWEEN).unwrap_or(rest.len());
                    let (word, after) = rest.split_at_checked(end)?;
                    (Part::Text(word), after)
                }
            };
            parts.push(part);
            rest = after;
            if let Some(after) = rest.strip_prefix(BETWEEN) {
                parts.push(Part::Text(rest.get(..1)?));
                rest = after;
            }
        }
        let position = |wanted: fn(&Number<'_>) -> bool| {
            parts.iter().position(|part| match part {
                Part::Number(number) => wanted(number),
                Part::Text(_) => false,
            })
        };
        let main = position(|number| number.is_bare()).or_else(|| position(|_| true))?;
        Some(TagVersion { parts, main })
    }

    fn main(&self) -> Option<&Number<'t>> {
        match self.parts.get(self.main) {
            Some(Part::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// Whether `other` is spelled alike: same texts, same names, as many numbers.
    fn is_like(&self, other: &TagVersion<'_>) -> bool {
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|pair| match pair {
                (Part::Text(one), Part::Text(other)) => one == other,
                (Part::Number(one), Part::Number(other)) => one.is_like(other),
                _ => false,
            })
    }

    /// Whether going from here to `to`, which is alike, stays within the bounds.
    fn allows(&self, to: &TagVersion<'_>, bounds: &Bounds) -> bool {
        let pairs = self.parts.iter().zip(&to.parts).enumerate();
        to.within(bounds)
            && pairs.into_iter().all(|(index, pair)| match pair {
                (Part::Number(from), Part::Number(to)) => {
                    let is_main = index == self.main;
                    // The number of a build begins anew with each version.
                    (from.is_build() && !is_main)
                        || ((is_main || to >= from)
                            && from.reaches(to, bounds.level)
                            && from.ripe_enough(to, bounds))
                }
                _ => true,
            })
    }

    /// Whether nothing says to leave it out.
    fn within(&self, bounds: &Bounds) -> bool {
        self.main()
            .is_some_and(|main| !bounds.ignored.iter().any(|it| it.holds(&main.release())))
    }

    fn numbers(&self) -> impl Iterator<Item = &Number<'t>> {
        self.main()
            .into_iter()
            .chain(self.parts.iter().filter_map(|part| match part {
                Part::Number(number) => Some(number),
                Part::Text(_) => None,
            }))
    }
}

/// The version of the whole first, then the others from left to right.
impl Ord for TagVersion<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers().cmp(other.numbers())
    }
}

impl PartialOrd for TagVersion<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'t> Number<'t> {
    /// The number at the start of `text`, which is a whole word, and what follows.
    fn read(text: &'t str) -> Option<(Self, &'t str)> {
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (name, rest) = text.split_at_checked(letters)?;
        if is_end(rest)
            && let Some((_, family, release)) = CODE_NAMES.iter().find(|(code, ..)| *code == name)
        {
            return Some((
                Number::new(family, NumberKind::Release, vec![*release], None)?,
                rest,
            ));
        }
        // `RELEASE.2024-…`
        let dot = usize::from(!name.is_empty() && rest.starts_with('.'));
        let (name, rest) = text.split_at_checked(letters + dot)?;
        if let Some((numbers, after)) = date(rest).filter(|(_, after)| is_end(after)) {
            return Some((Number::new(name, NumberKind::Date, numbers, None)?, after));
        }
        let digits = digits_of(rest);
        let (numbers, rest) = dotted(rest)?;
        let kind = match numbers.first() {
            _ if digits > 6 => NumberKind::Serial,
            Some(1990..=2099) => NumberKind::Year,
            _ => NumberKind::Release,
        };
        let (pre, rest) = match pre_release(rest) {
            Some((pre, rest)) => (Some(pre), rest),
            None => (None, rest),
        };
        let number = Number::new(name, kind, numbers, pre)?;
        is_end(rest).then_some((number, rest))
    }

    fn new(
        name: &'t str,
        kind: NumberKind,
        mut numbers: Vec<u64>,
        pre: Option<(usize, u64)>,
    ) -> Option<Self> {
        let count = numbers.len();
        numbers.resize(count.max(3), 0);
        let more = numbers.split_off(3);
        let [major, minor, patch] = numbers.try_into().ok()?;
        let mut core = Version::new(major, minor, patch);
        if let Some((rank, number)) = pre {
            core.pre = Prerelease::new(&format!("{rank}.{number}")).ok()?;
        }
        Some(Number {
            name,
            kind,
            core,
            more,
            count,
        })
    }

    /// Without the mark of a pre-release.
    fn release(&self) -> Version {
        Version::new(self.core.major, self.core.minor, self.core.patch)
    }

    /// Whether it has no name of its own.
    fn is_bare(&self) -> bool {
        matches!(self.name, "" | "v" | "V")
    }

    /// Whether it counts something within a version: `_9`, `-r0`, `-b08`.
    fn is_build(&self) -> bool {
        self.name.len() < 2
    }

    fn is_like(&self, other: &Number<'_>) -> bool {
        (self.name, self.kind, self.count) == (other.name, other.kind, other.count)
    }

    /// Whether `level` lets it become `to`.
    fn reaches(&self, to: &Number<'_>, level: Level) -> bool {
        let (one, other) = (&self.core, &to.core);
        match (level, self.kind) {
            (Level::Digest, _) => self == to,
            // No part of it says what changed.
            (_, NumberKind::Date | NumberKind::Serial) | (Level::Major, _) => true,
            (Level::Minor, _) => one.major == other.major,
            (Level::Patch, _) => {
                (one.major, one.minor) == (other.major, other.minor) && self.count > 2 || self == to
            }
        }
    }

    /// Whether `to` is not a pre-release, or one that is wanted: any if asked for, or the next of the same release.
    fn ripe_enough(&self, to: &Number<'_>, bounds: &Bounds) -> bool {
        let same = (self.release(), &self.more) == (to.release(), &to.more);
        to.core.pre.is_empty() || bounds.pre_release || (same && !self.core.pre.is_empty())
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.release()
            .cmp(&other.release())
            .then_with(|| self.more.cmp(&other.more))
            .then_with(|| self.core.cmp(&other.core))
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether a word ends here.
fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(BETWEEN)
}

fn digits_of(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Numbers with dots between them; Java 8 has a `u`.
fn dotted(text: &str) -> Option<(Vec<u64>, &str)> {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let (digits, after) = rest.split_at_checked(digits_of(rest))?;
        numbers.push(digits.parse().ok()?);
        rest = after;
        match rest.strip_prefix(['.', 'u']) {
            Some(after) if digits_of(after) > 0 => rest = after,
            _ => return Some((numbers, rest)),
        }
    }
}

/// A day at the start of `text`, perhaps with a time, and what follows.
fn date(text: &str) -> Option<(Vec<u64>, &str)> {
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = text.get(from..to)?;
        (digits_of(digits) == to - from).then(|| digits.parse().ok())?
    };
    let spaced = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let (month, day, end) = match spaced {
        true => (number(5, 7)?, number(8, 10)?, 10),
        false => (number(4, 6)?, number(6, 8)?, 8),
    };
    let mut numbers = vec![number(0, 4)?, month, day];
    if !matches!(numbers.as_slice(), [1990..=2099, 1..=12, 1..=31]) {
        return None;
    }
    // A time in any spelling: digits, and what is between them.
    let rest = text.get(end..)?;
    let is_clock = rest.starts_with('T') || (!spaced && matches!(digits_of(rest), 4 | 6));
    if !is_clock {
        return (digits_of(rest) == 0).then_some((numbers, rest));
    }
    let mut rest = rest.strip_prefix('T').unwrap_or(rest);
    for _ in 0..3 {
        let after = rest.strip_prefix(['-', ':', '.']).unwrap_or(rest);
        match after.get(..2).filter(|two| digits_of(two) == 2) {
            Some(two) => numbers.push(two.parse().ok()?),
            None => break,
        }
        rest = after.get(2..)?;
    }
    Some((numbers, rest.strip_prefix('Z').unwrap_or(rest)))
}

/// The mark of a pre-release at the start of `text`, and what follows.
fn pre_release(text: &str) -> Option<((usize, u64), &str)> {
    let body = text.strip_prefix(['-', '.', '_']).unwrap_or(text);
    let letters = body.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = body.get(..letters)?;
    let rank = MARKS
        .iter()
        .position(|words| words.iter().any(|mark| mark.eq_ignore_ascii_case(word)))?;
    let rest = body.get(letters..)?;
    let number = rest.strip_prefix(['-', '.', '_']).unwrap_or(rest);
    let digits = digits_of(number);
    // A letter by itself is a mark right after the version only: `-b08` is a build.
    if letters == 1 && (body.len() < text.len() || digits == 0) && word != "M" {
        return None;
    }
    if digits == 0 {
        return is_end(rest).then_some(((rank, 0), rest));
    }
    Some((
        (rank, number.get(..digits)?.parse().ok()?),
        number.get(digits..)?,
    ))
}

/// The tags of `tags` to which `current` may move, newest first: never older ones, never of another variant, never
/// an older version of the variant, and a pre-release only where it is asked for or the next of the same release.
pub fn candidates<'t>(current: &str, tags: &'t [String], bounds: &Bounds) -> Vec<&'t str> {
    let Some(from) = TagVersion::parse(current) else {
        return Vec::new();
    };
    let mut found: Vec<(TagVersion<'t>, &'t str)> = tags
        .iter()
        .filter_map(|tag| TagVersion::parse(tag).map(|version| (version, tag.as_str())))
        .filter(|(to, _)| from.is_like(to) && *to > from && from.allows(to, bounds))
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found.into_iter().map(|(_, tag)| tag).collect()
}

/// Why `current` does not move, where that is not because it is the newest: it is not a version, or what is newer is of
/// another variant.
pub fn why_not_followed(current: &str, tags: &[String], bounds: &Bounds) -> Option<String> {
    let Some(from) = TagVersion::parse(current) else {
        return Some(format!(
            "`{current}` is not a version: its digest is updated, its tag is not"
        ));
    };
    let main = from.main()?;
    let newer = tags.iter().filter_map(|tag| {
        let to = TagVersion::parse(tag)?;
        let number = to.main()?;
        let newer = main.is_like(number)
            && number > main
            && main.reaches(number, bounds.level)
            && main.ripe_enough(number, bounds)
            && to.within(bounds);
        newer.then_some((to, tag))
    });
    let (_, tag) = newer.max_by(|one, other| one.0.cmp(&other.0))?;
    Some(format!(
        "`{current}` is not followed to `{tag}`, which is another variant"
    ))
}

#[cfg(test)]
mod tests;
