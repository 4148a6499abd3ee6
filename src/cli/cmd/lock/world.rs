//! The world as `rdf lock` sees it: many questions at once, each asked once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt as _;

use super::args::{LockArgs, pairs};
use super::progress::Progress;
use super::report::Report;
use super::resolve::offline;
use crate::cli::files::read_file;
use crate::image::{ConfigError, Digest, ImageConfig, Platform, Reference};
use crate::limits::{MAX_AGE_CANDIDATES, MAX_FILE_BYTES};
use crate::lock::collect::{ImageQuestion, facts_of};
use crate::lock::model::{ConfigFacts, GitKey, HttpPin, ImagePin};
use crate::lock::update::{ResolvedGit, ResolvedHttp, ResolvedImage};
use crate::lock::verify::show_git;
use crate::lock::version::{Bounds, Level, candidates, why_not_followed};
use crate::registry::credentials::Credentials;
use crate::registry::{Client, Config, Error, ErrorKind};

const DAY: u64 = 24 * 60 * 60;

/// A date of creation before this is not a date but a mark of a reproducible build: 1990.
const FIRST_PLAUSIBLE: i64 = 631_152_000;

/// What an offline run says of a source that it does not know.
const ABSENT: &str = "is not in the lock";

/// How to find out about an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ImagePlan {
    /// The pin stays; only its config is wanted.
    Keep {
        /// Reference with digest.
        pinned: String,
        /// Tag that an update followed.
        tag: Option<String>,
    },
    /// What the reference is now, or a newer tag.
    Move {
        /// How far.
        bounds: Bounds,
        /// Tag that an update followed.
        current: Option<String>,
        /// What it is held to now, with its digest.
        held: Option<String>,
    },
    /// This tag or digest.
    Precise {
        /// What the user wants.
        wanted: String,
        /// Tag that an update followed.
        current: Option<String>,
    },
}

/// An image with what the walk needs of it.
pub(super) struct FoundImage {
    pub resolved: ResolvedImage,
    /// Facts of the config by platform.
    pub facts: BTreeMap<String, ConfigFacts>,
}

type Askers = Vec<(usize, ImageQuestion)>;

/// Asks, with a bound on how much at once.
pub(super) struct World<'a> {
    pub client: Client,
    args: &'a LockArgs,
    progress: Progress,
    notes: RefCell<Vec<String>>,
}

impl<'a> World<'a> {
    pub(super) fn new(args: &'a LockArgs, is_watched: bool) -> Result<Self, Error> {
        Ok(World {
            client: client(args)?,
            args,
            progress: Progress::new(is_watched),
            notes: RefCell::new(Vec::new()),
        })
    }

    /// Remarks that a pin stays though its image could not be looked at.
    pub(super) fn kept(&self, reference: &str, error: &Error) {
        self.note(format!(
            "{reference}: its pin is kept, because it cannot be checked ({error})"
        ));
    }

    pub(super) fn note(&self, text: String) {
        self.notes.borrow_mut().push(text);
    }

    /// Ends the progress bar and hands over the remarks.
    pub(super) fn finish(&self, report: &mut Report) {
        self.progress.finish();
        let mut notes = std::mem::take(&mut *self.notes.borrow_mut());
        notes.sort();
        notes.dedup();
        notes.into_iter().for_each(|note| report.note(note));
    }

    /// Whether a pin may stay though it could not be looked at.
    pub(super) fn may_keep(&self, error: &Error) -> bool {
        error.kind != ErrorKind::Integrity
    }

    /// Whether a pin stays without a look at it.
    pub(super) fn trusts(&self, plan: &ImagePlan) -> bool {
        self.args.offline && matches!(plan, ImagePlan::Keep { .. })
    }

    pub(super) async fn images(
        &self,
        open: BTreeMap<(ImagePlan, String), Askers>,
    ) -> Vec<(String, Askers, Result<FoundImage, Error>)> {
        let asks = open
            .into_iter()
            .map(|((plan, reference), askers)| async move {
                let platforms: BTreeSet<String> = askers
                    .iter()
                    .map(|(_, question)| question.platform.clone())
                    .collect();
                self.progress.start(&reference);
                let answer = self.image(&plan, &reference, &platforms).await;
                self.progress.done(&reference, answer.is_ok());
                (reference, askers, answer)
            });
        self.at_once(asks).await
    }

    pub(super) async fn git(
        &self,
        open: BTreeSet<GitKey>,
    ) -> Vec<(GitKey, Result<ResolvedGit, Error>)> {
        let asks = open.into_iter().map(|key| async move {
            let shown = show_git(&key.remote, &key.reference);
            self.progress.start(&shown);
            let answer = match self.args.offline && !crate::lock::model::is_commit(&key.reference) {
                true => Err(offline(&shown, ABSENT)),
                false => self.client.resolve_git(&key.remote, &key.reference).await,
            };
            self.progress.done(&shown, answer.is_ok());
            let found = answer.map(|found| ResolvedGit {
                commit: found.commit,
                tag_object: found.tag_object,
            });
            (key, found)
        });
        self.at_once(asks).await
    }

    pub(super) async fn http(
        &self,
        open: BTreeSet<String>,
    ) -> Vec<(String, Result<ResolvedHttp, Error>)> {
        let asks = open.into_iter().map(|url| async move {
            self.progress.start(&url);
            let answer = match self.args.offline {
                true => Err(offline(&url, ABSENT)),
                false => self.client.resolve_file(&url).await,
            };
            self.progress.done(&url, answer.is_ok());
            let found = answer.map(|found| ResolvedHttp {
                digest: found.digest,
                size: Some(found.size),
            });
            (url, found)
        });
        self.at_once(asks).await
    }

    async fn at_once<T>(
        &self,
        asks: impl ExactSizeIterator<Item = impl Future<Output = T>>,
    ) -> Vec<T> {
        self.progress.add(asks.len());
        futures_util::stream::iter(asks)
            .buffer_unordered(self.args.jobs)
            .collect()
            .await
    }

    async fn image(
        &self,
        plan: &ImagePlan,
        reference: &str,
        platforms: &BTreeSet<String>,
    ) -> Result<FoundImage, Error> {
        if self.args.offline {
            let platforms: Vec<&str> = platforms.iter().map(String::as_str).collect();
            return Err(match plan {
                ImagePlan::Keep { .. } => {
                    let lacking = format!("is not in the lock for {}", platforms.join(", "));
                    offline(reference, &lacking)
                }
                _ => offline(reference, ABSENT),
            });
        }
        let named = parse(reference)?;
        match plan {
            ImagePlan::Keep { pinned, tag } => {
                self.resolve(&parse(pinned)?, tag.clone(), platforms).await
            }
            ImagePlan::Precise { wanted, current } => {
                self.precise(named, wanted, current, platforms).await
            }
            ImagePlan::Move {
                bounds,
                current,
                held,
            } => {
                let held = held.as_deref().map(parse).transpose()?;
                self.newest(named, bounds, current.as_deref(), held, platforms)
                    .await
            }
        }
    }

    async fn precise(
        &self,
        named: Reference,
        wanted: &str,
        current: &Option<String>,
        platforms: &BTreeSet<String>,
    ) -> Result<FoundImage, Error> {
        if let Ok(digest) = crate::image::Digest::parse(wanted) {
            let pinned = named
                .with_digest(digest)
                .map_err(|error| Error::refused(error.to_string()))?;
            return self.resolve(&pinned, current.clone(), platforms).await;
        }
        let own = named.tag() == Some(wanted);
        let tagged = named
            .trim_named()
            .with_tag(wanted)
            .map_err(|error| Error::refused(format!("`{wanted}`: {error}")))?;
        self.resolve(&tagged, (!own).then(|| wanted.to_owned()), platforms)
            .await
    }

    /// The newest tag that the level and the age allow; without one, the current tag; where that is too young,
    /// what it is held to now.
    async fn newest(
        &self,
        named: Reference,
        bounds: &Bounds,
        current: Option<&str>,
        held: Option<Reference>,
        platforms: &BTreeSet<String>,
    ) -> Result<FoundImage, Error> {
        let own = named.tag().map(str::to_owned);
        let from = current.or(own.as_deref());
        if let (Some(from), true, None) = (from, bounds.level > Level::Digest, named.digest()) {
            let tags = self.client.tags(&named).await?;
            let candidates = candidates(from, &tags, bounds);
            if candidates.is_empty()
                && let Some(why) = why_not_followed(from, &tags, bounds)
            {
                self.note(format!("{}: {why}", named.trim_named()));
            }
            for tag in candidates.into_iter().take(MAX_AGE_CANDIDATES) {
                let tagged = named
                    .trim_named()
                    .with_tag(tag)
                    .map_err(|error| Error::refused(error.to_string()))?;
                let moved = (own.as_deref() != Some(tag)).then(|| tag.to_owned());
                match self.old_enough(&tagged, moved, None, platforms).await {
                    Ok(Ok(found)) => return Ok(found),
                    // A newer tag that lacks a platform or is too young is not the one.
                    Ok(Err(why)) => self.note(format!("skipped: {why}")),
                    Err(error) if error.kind == ErrorKind::NotFound => {
                        self.note(format!("skipped: {}", error.message))
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        let tagged = match current {
            Some(tag) => named
                .trim_named()
                .with_tag(tag)
                .map_err(|error| Error::refused(error.to_string()))?,
            None => named.clone(),
        };
        let tag = current.map(str::to_owned);
        let pinned = held.as_ref().and_then(Reference::digest);
        let why = match self
            .old_enough(&tagged, tag.clone(), pinned, platforms)
            .await?
        {
            Ok(found) => return Ok(found),
            Err(why) => why,
        };
        let Some(held) = held else {
            let hint = "a source without a pin cannot be kept back: lock it without `--min-age`";
            return Err(Error {
                hint: Some(hint.to_owned()),
                ..Error::refused(why)
            });
        };
        self.note(format!("{named}: its pin is kept: {why}"));
        self.resolve(&held, tag, platforms).await
    }

    /// The image, or why it is too young to be taken; never for what it is held to already.
    async fn old_enough(
        &self,
        named: &Reference,
        tag: Option<String>,
        held: Option<&Digest>,
        platforms: &BTreeSet<String>,
    ) -> Result<Result<FoundImage, String>, Error> {
        let (found, created) = self.resolve_with_age(named, tag, platforms).await?;
        let is_held = held.is_some_and(|held| held.as_str() == found.resolved.digest);
        let is_fixed = named.digest().is_some() || is_held;
        let Some(days) = self.args.min_age.filter(|_| !is_fixed) else {
            return Ok(Ok(found));
        };
        let now = since_epoch().as_secs();
        let age = created
            .and_then(|created| u64::try_from(created).ok())
            .map(|created| now.saturating_sub(created) / DAY);
        match age {
            Some(age) if age >= days => {
                self.note(format!(
                    "{named}: {age} days old, by the creation date in its config"
                ));
                Ok(Ok(found))
            }
            Some(age) => Ok(Err(format!(
                "`{named}` is {age} days old by the creation date in its config, and `--min-age` asks for {days}"
            ))),
            None => Ok(Err(format!(
                "the age of `{named}` is unknown, for its config has no plausible creation date, and `--min-age` asks for {days} days"
            ))),
        }
    }

    async fn resolve(
        &self,
        named: &Reference,
        tag: Option<String>,
        platforms: &BTreeSet<String>,
    ) -> Result<FoundImage, Error> {
        Ok(self.resolve_with_age(named, tag, platforms).await?.0)
    }

    /// The image, and when it was made: the latest date in its configs, if each has one.
    async fn resolve_with_age(
        &self,
        named: &Reference,
        tag: Option<String>,
        platforms: &BTreeSet<String>,
    ) -> Result<(FoundImage, Option<i64>), Error> {
        let host = Platform::new("linux", "amd64");
        let wanted: Vec<Platform> = platforms
            .iter()
            .filter_map(|text| Platform::parse(text, &host).ok())
            .collect();
        let image = self.client.resolve_image(named, &wanted).await?;
        let mut found = FoundImage {
            resolved: ResolvedImage {
                tag,
                digest: image.digest,
                platforms: BTreeMap::new(),
            },
            facts: BTreeMap::new(),
        };
        let mut created = Some(i64::MIN);
        for platform in image.platforms {
            let name = platform.platform.normalized().format_all();
            let broken = |why: ConfigError| {
                Error::new(
                    ErrorKind::Malformed,
                    format!("cannot read the config of `{named}`: {why}"),
                )
            };
            found
                .facts
                .insert(name.clone(), facts_of(&platform.config).map_err(broken)?);
            found
                .resolved
                .platforms
                .insert(name, Digest::sha256(&platform.config).to_string());
            let made = ImageConfig::from_json(&platform.config)
                .ok()
                .and_then(|config| config.created);
            let made = made
                .map(|time| time.seconds)
                .filter(|seconds| *seconds >= FIRST_PLAUSIBLE);
            created = created.zip(made).map(|(latest, made)| latest.max(made));
        }
        Ok((found, created.filter(|created| *created != i64::MIN)))
    }
}

/// What is told where a lock and the world differ about content that cannot have changed.
const BY_HAND: &str = "the lock was changed by hand: restore it from version control, or take the entry out of it and run `rdf lock`";

fn tampered(message: String) -> Error {
    Error::new(ErrorKind::Integrity, message).hint(BY_HAND)
}

/// Why the configs of a pinned image, digests by platform, are not those in the lock.
pub(super) fn differing(
    key: &str,
    pin: &ImagePin,
    configs: &BTreeMap<String, String>,
) -> Option<Error> {
    let (platform, now, locked) = configs.iter().find_map(|(platform, now)| {
        let locked = pin.platforms.get(platform)?;
        (locked != now).then_some((platform, now, locked))
    })?;
    Some(tampered(format!(
        "`{key}` for {platform} is {now}, and the lock has {locked}"
    )))
}

/// Why what the lock remembers of a config is not what the config says.
pub(super) fn misremembered(
    key: &str,
    platform: &str,
    known: &ConfigFacts,
    facts: &ConfigFacts,
) -> Option<Error> {
    let has = |entry: &String| facts.env.contains(entry);
    let what = match known.onbuild == facts.onbuild {
        true if known.env.iter().all(has) => return None,
        true => "environment",
        false => "ONBUILD triggers",
    };
    Some(tampered(format!(
        "the {what} of `{key}` for {platform} are not those in the lock"
    )))
}

/// Why the size of a file with the digest of its pin is not the one in the lock.
pub(super) fn other_size(
    url: &str,
    pin: &HttpPin,
    digest: &str,
    size: Option<u64>,
) -> Option<Error> {
    let (locked, now) = pin.size.zip(size)?;
    (pin.digest == digest && locked != now).then(|| {
        tampered(format!(
            "`{url}` has {now} bytes, and the lock has {locked}, with the same digest"
        ))
    })
}

/// The client that the flags describe.
pub(super) fn client(args: &LockArgs) -> Result<Client, Error> {
    let timeout = Duration::from_secs(args.timeout);
    let mut config = Config {
        plain_http: args.plain_http.clone(),
        connect_timeout: Config::default().connect_timeout.min(timeout),
        read_timeout: timeout,
        answer_timeout: timeout.saturating_mul(2),
        ..Config::default()
    };
    for (host, url) in pairs(&args.mirror).map_err(Error::refused)? {
        config.mirrors.entry(host).or_default().push(url);
    }
    for path in &args.ca {
        let pem = read_file(path, MAX_FILE_BYTES).map_err(|error| {
            Error::refused(format!("cannot read `{}`: {error}", path.display()))
        })?;
        config.authorities.push(pem);
    }
    connect(config)
}

/// A client with the credentials and authorities of the user.
pub(super) fn connect(mut config: Config) -> Result<Client, Error> {
    if let Some(path) = std::env::var_os("SSL_CERT_FILE")
        && let Ok(pem) = read_file(Path::new(&path), MAX_FILE_BYTES)
    {
        config.authorities.push(pem);
    }
    let credentials = Credentials::find_all(|name| std::env::var(name).ok());
    Client::new(config, credentials)
}

pub(super) fn parse(reference: &str) -> Result<Reference, Error> {
    Reference::parse_normalized(reference)
        .map_err(|error| Error::refused(format!("`{reference}`: {error}")))
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Text that nobody else has, hexadecimal.
pub(super) fn salt() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let part = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", part(), part())
}

/// Today in UTC, `YYYY-MM-DD`.
pub(super) fn today() -> String {
    crate::lock::model::day_of(since_epoch().as_secs())
}
