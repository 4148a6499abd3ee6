//! What a lock says: pins by reference, and the inputs for which they were collected.
//!
//! Owns the types and the rules that hold for each entry alone. Knows no TOML and no Dockerfile.
//!
//! The key of an entry is the reference after expansion, never its place, so that one lock serves
//! several targets, platforms and sets of build arguments, and moving a line changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::hermetic::KnownValue;
use super::role::ImageRole;
use crate::collect::CollectSmall as _;
use crate::image::{Digest, ImageConfig, Platform, Reference};
use crate::recording::{Fetch, StepKey};

/// Version of the format that this code writes, and the newest that it reads.
pub const VERSION: u64 = 1;

/// How strictly a build keeps to the lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// The lock is not looked at.
    Off,
    /// Pins are used; a source without one is fetched with a warning.
    Auto,
    /// Every source must have a pin.
    #[default]
    Locked,
    /// [`Mode::Locked`], and no other way in: no network in `RUN`, no sources of the client but its context, no caches of
    /// other builds, no arguments and secrets but those of the lock.
    Hermetic,
}

impl Mode {
    /// The word in the file and in `RDF_LOCK`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Auto => "auto",
            Mode::Locked => "locked",
            Mode::Hermetic => "hermetic",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Mode::Off, Mode::Auto, Mode::Locked, Mode::Hermetic]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }

    /// Whether a source without a pin ends the build.
    pub const fn is_strict(self) -> bool {
        matches!(self, Mode::Locked | Mode::Hermetic)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which frontend a strict build may be made by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrontendPin {
    /// A release of the same major version as the locked one.
    #[default]
    Major,
    /// The locked one alone. [`Mode::Hermetic`] has no other.
    Exact,
}

impl FrontendPin {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            FrontendPin::Major => "major",
            FrontendPin::Exact => "exact",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [FrontendPin::Major, FrontendPin::Exact]
            .into_iter()
            .find(|pin| pin.as_str() == text)
    }
}

/// For what the sources were collected: every target, for every platform, with every set of arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Target stages; `""` is the last stage.
    pub targets: BTreeSet<String>,
    /// Platforms, normalised: `linux/amd64`.
    pub platforms: BTreeSet<String>,
    /// Sets of build arguments, of each only those that change what is fetched.
    pub build_args: BTreeSet<BTreeMap<String, String>>,
    /// Named contexts, as a client would send them.
    pub contexts: BTreeMap<String, String>,
    /// The main context, where it is a git repository or a file on the web and this lock lies outside it.
    pub context: Option<String>,
    /// The SBOM scanner, for builds that ask for one.
    pub sbom: Option<String>,
}

impl Default for Inputs {
    fn default() -> Self {
        Inputs {
            targets: [String::new()].into_iter().collect_small(),
            platforms: BTreeSet::new(),
            build_args: [BTreeMap::new()].into_iter().collect_small(),
            contexts: BTreeMap::new(),
            context: None,
            sbom: None,
        }
    }
}

/// What of an image's config decides which sources a build has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFacts {
    /// ONBUILD triggers, in order.
    pub onbuild: Vec<String>,
    /// Entries of `Env` that reach a source, in order.
    pub env: Vec<String>,
}

impl ConfigFacts {
    /// There is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.onbuild.is_empty() && self.env.is_empty()
    }

    /// A config for `platform` that has nothing but the facts; it has a layer, so that the image stays in the graph.
    pub fn invented_config(&self, platform: &Platform) -> ImageConfig {
        let mut config = ImageConfig::stand_in(platform);
        config.config.env.extend(self.env.iter().cloned());
        let triggers = self.onbuild.iter();
        config.config.on_build = triggers.map(|text| text.as_str().into()).collect();
        config
    }
}

/// An image, held to a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePin {
    /// Tag that the pin was taken from where an update has moved away from the reference's own.
    pub tag: Option<String>,
    /// Digest of the index, or of the manifest where there is no index.
    pub digest: String,
    /// Digests of the configs by platform, which engines call image IDs. Of a single platform's image they are
    /// what every daemon and every registry tells alike.
    pub platforms: BTreeMap<String, String>,
    /// Facts of the configs by platform; a platform without any is left out.
    pub config: BTreeMap<String, ConfigFacts>,
    /// How the build uses it.
    pub used_by: BTreeSet<ImageRole>,
    /// Day on which this pin was taken, `YYYY-MM-DD`.
    pub locked: String,
}

impl ImagePin {
    /// Whether it holds the image for `platform`. A lock made by a daemon may know no platform, and holds for all.
    pub fn covers(&self, platform: &str) -> bool {
        self.platforms.is_empty() || self.platforms.contains_key(platform)
    }
}

/// The start of a digest, enough to tell it from others.
pub fn short_digest(digest: &str) -> &str {
    digest.get(.."sha256:".len() + 12).unwrap_or(digest)
}

/// The start of a commit, enough to tell it from others.
pub fn short_commit(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// Names a git source: where, and which ref of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitKey {
    /// URL of the remote, without query and fragment.
    pub remote: String,
    /// The ref as the Dockerfile has it; empty is the default branch.
    pub reference: String,
}

/// A git ref, held to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitPin {
    /// The commit, full hexadecimal.
    pub commit: String,
    /// The tag object, for an annotated tag.
    pub tag_object: Option<String>,
    /// Day on which this pin was taken, `YYYY-MM-DD`.
    pub locked: String,
}

/// A file behind a URL, held to its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpPin {
    /// Digest of the content.
    pub digest: String,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
    /// The digest stands in the Dockerfile itself.
    pub given: bool,
    /// Day on which this pin was taken, `YYYY-MM-DD`.
    pub locked: String,
}

/// What the `RUN` steps of a build fetched, and what a replay needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recordings {
    /// Where the bytes are.
    pub store: RecordingStore,
    /// `SOURCE_DATE_EPOCH` of builds that say none, in seconds since 1970.
    pub epoch: i64,
    /// Digest of `rdf-run` by the platform that it runs on, `linux/amd64`; the store has it.
    pub programs: BTreeMap<String, Digest>,
    /// The steps that were recorded.
    pub runs: BTreeMap<StepKey, RecordedRun>,
}

/// Where the bytes of recordings are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecordingStore {
    /// The directory `Dockerfile.store` beside the lock.
    #[default]
    Folder,
    /// An image layout beside the lock.
    Layout(LayoutName),
    /// Images in a repository.
    Registry(StoreImages),
}

impl RecordingStore {
    /// The directory beside the lock of `dockerfile` that holds the directory of bodies, relative to the lock's own; that
    /// of a store in a registry is where recordings come from.
    pub fn directory(&self, dockerfile: &str) -> String {
        match self {
            RecordingStore::Layout(name) => format!("{}/{BLOBS}", name.0),
            RecordingStore::Folder | RecordingStore::Registry(_) => format!("{dockerfile}{ENDING}"),
        }
    }

    /// The whole of that directory, by its name.
    pub fn name(&self, dockerfile: &str) -> String {
        match self {
            RecordingStore::Layout(name) => name.0.clone(),
            RecordingStore::Folder | RecordingStore::Registry(_) => format!("{dockerfile}{ENDING}"),
        }
    }
}

/// How the name of a directory with a store ends. Builds leave all of that name out of their contexts.
const ENDING: &str = ".store";

/// Where an image layout has its blobs.
const BLOBS: &str = "blobs";

/// How a store that is an image layout is written, before its name.
const LAYOUT: &str = "oci-layout://";

/// The name of an image layout beside a lock, such as `app.store`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutName(String);

impl LayoutName {
    /// Reads `oci-layout://app.store`; `None` where `text` is something else.
    ///
    /// # Errors
    /// Why the name is not one.
    pub fn parse(text: &str) -> Option<Result<Self, String>> {
        let name = text
            .strip_prefix(LAYOUT)
            .or_else(|| text.strip_prefix("oci-layout:"))?;
        let stem = name.strip_suffix(ENDING).unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        match !stem.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain) {
            true => Some(Ok(LayoutName(name.to_owned()))),
            false => Some(Err(format!(
                "`{name}` is not the name of a directory beside the Dockerfile that ends with `{ENDING}`, such as \
                 `{LAYOUT}app{ENDING}`"
            ))),
        }
    }
}

impl fmt::Display for LayoutName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{LAYOUT}{}", self.0)
    }
}

/// A store in a registry: an image for each recording, with its bodies, and one for each program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreImages {
    /// The index that ties the images together, with its digest: `ghcr.io/me/app-store:latest@sha256:…`.
    pub index: Reference,
    /// Digests of the images' manifests, by the digest of the recording or the program that they hold.
    pub images: BTreeMap<Digest, Digest>,
}

impl StoreImages {
    /// The image that holds the recording or the program `held`; `None` where there is none.
    pub fn image(&self, held: &Digest) -> Option<Reference> {
        let digest = self.images.get(held)?.clone();
        self.index.trim_named().with_digest(digest).ok()
    }
}

/// What one step fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedRun {
    /// Digest of the recording, which the store has; `None` of a step that asked for nothing.
    pub recording: Option<Digest>,
    /// The bodies; the store has them.
    pub fetches: BTreeSet<Fetch>,
    /// The step keeps its network instead: what it fetches is not held.
    pub network: bool,
}

impl Recordings {
    /// The bodies that steps fetched, one for each step that did.
    pub fn fetches(&self) -> impl Iterator<Item = &Fetch> {
        self.runs.values().flat_map(|run| &run.fetches)
    }

    /// The steps that keep their network.
    pub fn networked(&self) -> BTreeSet<StepKey> {
        let runs = self.runs.iter().filter(|(_, run)| run.network);
        runs.map(|(key, _)| key.clone()).collect_small()
    }

    /// The programs and recordings: what has an image of its own in a registry.
    pub fn held(&self) -> impl Iterator<Item = &Digest> {
        let recordings = self.runs.values().filter_map(|run| run.recording.as_ref());
        self.programs.values().chain(recordings)
    }

    /// Everything that the store must have.
    pub fn blobs(&self) -> BTreeSet<&Digest> {
        let runs = self.runs.values();
        let of_runs = runs.flat_map(|run| {
            let bodies = run.fetches.iter().map(|fetch| &fetch.digest);
            bodies.chain(&run.recording)
        });
        self.programs.values().chain(of_runs).collect_small()
    }
}

/// A lockfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// What a plain build does with it.
    pub mode: Mode,
    /// Which frontend may build.
    pub frontend: FrontendPin,
    /// For what it was made.
    pub inputs: Inputs,
    /// Images by normalised reference.
    pub images: BTreeMap<String, ImagePin>,
    /// Git sources.
    pub git: BTreeMap<GitKey, GitPin>,
    /// Files by URL.
    pub http: BTreeMap<String, HttpPin>,
    /// What `rdf pin` wrote into the Dockerfile, and what stood there before.
    pub pinned: BTreeMap<String, String>,
    /// What `RUN` steps fetch; `None` where that was not recorded.
    pub recordings: Option<Recordings>,
    /// Build arguments that a hermetic build may have, with their values.
    pub args: BTreeMap<String, BTreeSet<KnownValue>>,
    /// Build arguments that a hermetic build may have with any value.
    pub free_args: BTreeSet<String>,
    /// Ids of the secrets that steps of a hermetic build may have.
    pub secrets: BTreeSet<String>,
}

/// What a lock has for an image reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageLookup<'l> {
    /// This pin, under this key.
    Found(&'l str, &'l ImagePin),
    /// The reference has a digest; the lock holds the same tag to another one.
    Contradicted(&'l str, &'l ImagePin),
    /// Nothing.
    Missing,
}

impl Lock {
    /// The pin for `reference`, which is normalised and has a tag or a digest.
    ///
    /// A reference with a digest is also served by the entry of its tag, if that has the same digest:
    /// `rdf pin` makes such references.
    pub fn image(&self, reference: &str) -> ImageLookup<'_> {
        if let Some((key, pin)) = self.images.get_key_value(reference) {
            return ImageLookup::Found(key, pin);
        }
        let Ok(named) = Reference::parse_normalized(reference) else {
            return ImageLookup::Missing;
        };
        let Some(digest) = named.digest() else {
            return ImageLookup::Missing;
        };
        for (key, pin) in &self.images {
            if pin.digest == digest.as_str()
                && pinned_reference(key, pin).as_deref() == Some(reference)
            {
                return ImageLookup::Found(key, pin);
            }
        }
        match self
            .images
            .get_key_value(&named.without_digest().to_string())
        {
            Some((key, pin)) => ImageLookup::Contradicted(key, pin),
            None => ImageLookup::Missing,
        }
    }

    /// The pin for a git source. A full commit is also served by the entry of a ref that is held to it:
    /// `rdf pin` makes such sources.
    pub fn git_pin(&self, key: &GitKey) -> Option<(&GitKey, &GitPin)> {
        self.git.get_key_value(key).or_else(|| {
            let same = |have: &GitKey, pin: &GitPin| {
                have.remote == key.remote && pin.commit == key.reference
            };
            self.git
                .iter()
                .find(|(have, pin)| is_commit(&key.reference) && same(have, pin))
        })
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.images.len() + self.git.len() + self.http.len()
    }

    /// Whether nothing is pinned.
    #[cfg(feature = "internals")]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The reference that ops carry for a pin: name, tag and digest.
pub fn pinned_reference(key: &str, pin: &ImagePin) -> Option<String> {
    let mut reference = Reference::parse_normalized(key).ok()?;
    if let Some(tag) = &pin.tag {
        reference = reference.with_tag(tag).ok()?;
    }
    let digest = Digest::parse(&pin.digest).ok()?;
    Some(reference.with_digest(digest).ok()?.to_string())
}

/// Whether a URL carries a user name or a password.
pub fn has_credentials(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        // A user alone names an account and is not a secret where the key does the proof.
        Some((user, _)) => user.contains(':') || !matches!(scheme, "ssh" | "git"),
        None => false,
    }
}

/// Whether `text` is a full commit hash.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether `text` is a day, `YYYY-MM-DD`.
pub fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if matches!(i, 4 | 7) {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        })
        && text
            .get(5..7)
            .is_some_and(|month| ("01"..="12").contains(&month))
        && text
            .get(8..10)
            .is_some_and(|day| ("01"..="31").contains(&day))
}

/// The day of a number of seconds since 1970, UTC, `YYYY-MM-DD`.
pub fn day_of(seconds: u64) -> String {
    let days = i64::try_from(seconds / (24 * 60 * 60)).unwrap_or_default();
    let (year, month, day) = crate::go::time::date_of_day(days);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_days() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_779, "2026-11-22"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(day_of(days * 86_400 + 86_399), date);
        }
    }

    fn pin(digest: &str) -> ImagePin {
        ImagePin {
            tag: None,
            digest: digest.to_owned(),
            platforms: BTreeMap::new(),
            config: BTreeMap::new(),
            used_by: BTreeSet::from([ImageRole::From]),
            locked: "2026-01-02".to_owned(),
        }
    }

    #[test]
    fn a_digest_in_the_file_is_held_against_the_tag() {
        let (a, b) = (
            format!("sha256:{}", "a".repeat(64)),
            format!("sha256:{}", "b".repeat(64)),
        );
        let key = "docker.io/library/x:1";
        let lock = Lock {
            images: BTreeMap::from([(key.to_owned(), pin(&a))]),
            ..Lock::default()
        };
        assert!(matches!(lock.image(key), ImageLookup::Found(..)));
        assert!(matches!(
            lock.image(&format!("{key}@{a}")),
            ImageLookup::Found(..)
        ));
        assert!(matches!(
            lock.image(&format!("{key}@{b}")),
            ImageLookup::Contradicted(..)
        ));
        assert_eq!(lock.image("docker.io/library/y:1"), ImageLookup::Missing);
    }

    #[test]
    fn credentials_in_a_url_are_seen() {
        assert!(has_credentials("https://u:p@h/x"));
        assert!(has_credentials("https://token@h/x"));
        assert!(has_credentials("ssh://git:p@h/x"));
        assert!(!has_credentials("ssh://git@h/x"));
        assert!(!has_credentials("https://h/x@y"));
        assert!(!has_credentials("https://h?u:p@y"));
    }

    #[test]
    fn days_are_days() {
        assert!(is_day("2026-11-22"));
        for text in ["2026-13-01", "2026-1-01", "2026-01-00", "", "2026-01-01x"] {
            assert!(!is_day(text), "{text}");
        }
    }
}
