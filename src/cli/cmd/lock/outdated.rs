//! `rdf lock --outdated` and `rdf lock --verify`: the lock against the world as it is now.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::super::super::exit::Exit;
use super::args::{Format, LockArgs};
use super::builds::works;
use super::file::Subject;
use super::provenance;
use super::report::Report;
use super::store::Store;
use super::world::{client, differing, misremembered, other_size, parse};
use crate::cli::variant::host;
use crate::image::{Digest, Platform, Reference};
use crate::lock::collect::{collect_offline, facts_of};
use crate::lock::command::word;
use crate::lock::directive::{bounds_at, directives};
use crate::lock::model::{
    GitKey, GitPin, HttpPin, ImageLookup, ImagePin, pinned_reference, short_commit, short_digest,
};
use crate::lock::verify::{facts_in, show_git};
use crate::lock::version::{Bounds, Level, TagVersion, candidates};
use crate::registry::{Client, Error, ErrorKind};

/// A pin beside what its name stands for now; `docs/schema/lock.json` has it as JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct PinState {
    /// The Dockerfile.
    file: String,
    /// The entry of the lock: an image by its whole name, a repository with its ref.
    pub(in crate::cli) subject: String,
    kind: PinKind,
    /// The tag of an image that is locked; none where there is only a digest.
    tag: Option<String>,
    /// Whole digest or commit.
    pub(in crate::cli) locked: String,
    /// What the same name stands for now; none where nobody was asked.
    current: Option<String>,
    /// The newest tag of the same kind, if one is newer.
    pub(in crate::cli) newest: Option<String>,
    outdated: bool,
    reasons: Vec<Reason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum PinKind {
    Image,
    Git,
}

/// Why a pin is outdated, or why that cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Reason {
    /// Its name stands for something else now.
    Moved,
    /// There is a newer version.
    NewerVersion,
    /// The Dockerfile names a digest, which never moves.
    ByDigest,
    /// Its tag is not a version, so that none is newer.
    NotAVersion,
}

impl PinState {
    fn new(subject: &str, kind: PinKind, tag: Option<String>, locked: &str) -> Self {
        PinState {
            file: String::new(),
            subject: subject.to_owned(),
            kind,
            tag,
            locked: locked.to_owned(),
            current: None,
            newest: None,
            outdated: false,
            reasons: Vec::new(),
        }
    }

    /// Whether its name stands for something else now.
    pub(in crate::cli) fn has_moved(&self) -> bool {
        self.reasons.contains(&Reason::Moved)
    }

    fn because(&mut self, reason: Reason) {
        self.outdated |= matches!(reason, Reason::Moved | Reason::NewerVersion);
        self.reasons.push(reason);
    }

    /// What the name stands for.
    fn is_now(&mut self, current: String) {
        if current != self.locked {
            self.because(Reason::Moved);
        }
        self.current = Some(current);
    }

    /// A line of the table: what it is, and what is locked, there now, and newest.
    fn cells(&self) -> [String; 4] {
        let short = match self.kind {
            PinKind::Image => short_digest,
            PinKind::Git => short_commit,
        };
        let locked = match (&self.tag, self.kind) {
            (_, PinKind::Git) => short(&self.locked).to_owned(),
            (tag, _) => format!(
                "{}@{}",
                tag.as_deref().unwrap_or_default(),
                short(&self.locked)
            ),
        };
        let current = match &self.current {
            None => "by digest",
            Some(current) if *current == self.locked => "same",
            Some(current) => short(current),
        };
        let newest = match &self.newest {
            Some(newest) => newest.as_str(),
            None if self.reasons.contains(&Reason::NotAVersion) => "not a version",
            None => "",
        };
        [
            self.subject.clone(),
            locked,
            current.to_owned(),
            newest.to_owned(),
        ]
    }
}

pub(super) async fn outdated(args: &LockArgs, report: &mut Report) -> Exit {
    let (subjects, client) = match start(args, report) {
        Ok(started) => started,
        Err(exit) => return exit,
    };
    let mut states = Vec::new();
    for subject in &subjects {
        let Some(lock) = &subject.lock else { continue };
        let images = lock
            .images
            .iter()
            .map(|(key, pin)| image_state(&client, bounds_of(args, subject, key), key, pin));
        let images: Vec<_> = futures_util::stream::iter(images)
            .buffered(args.jobs)
            .collect()
            .await;
        let git = lock
            .git
            .iter()
            .map(|(key, pin)| git_state(&client, key, pin));
        let git: Vec<_> = futures_util::stream::iter(git)
            .buffered(args.jobs)
            .collect()
            .await;
        for (subject_name, state) in images.into_iter().chain(git) {
            match state {
                Ok(state) => states.push(PinState {
                    file: subject.shown.clone(),
                    ..state
                }),
                Err(error) => report.failure(
                    &subject.lock_path.display().to_string(),
                    None,
                    &subject_name,
                    &error,
                ),
            }
        }
    }
    print(states, report);
    Exit::Ok
}

/// Everything newer, but for what the Dockerfile leaves out.
fn bounds_of(args: &LockArgs, subject: &Subject, key: &str) -> Bounds {
    let directives = directives(&subject.document.source().parsed().dockerfile);
    let seen = subject.lock.as_ref().and_then(|lock| {
        let facts = |question: &_| facts_in(lock, question);
        let collected = collect_offline(&subject.document, &lock.inputs, &host(), facts);
        let is_key = |reference: &str| matches!(lock.image(reference), ImageLookup::Found(have, _) if have == key);
        collected.images.into_iter().find(|(reference, _)| is_key(reference))
    });
    let lines = seen.map(|(_, seen)| seen.lines).unwrap_or_default();
    Bounds {
        level: Level::Major,
        pre_release: args.pre_release,
        ignored: bounds_at(&directives, &lines).1,
    }
}

async fn image_state(
    client: &Client,
    bounds: Bounds,
    key: &str,
    pin: &ImagePin,
) -> (String, Result<PinState, Error>) {
    let state = async {
        let named = parse(key)?;
        let own = named.tag().map(str::to_owned);
        let tag = pin.tag.clone().or(own).filter(|tag| !tag.is_empty());
        let mut state = PinState::new(key, PinKind::Image, tag.clone(), &pin.digest);
        let Some(tag) = tag.filter(|_| named.digest().is_none()) else {
            state.because(Reason::ByDigest);
            return Ok(state);
        };
        let tagged = with_tag(&named, &tag)?;
        state.is_now(client.image_digest(&tagged).await?.to_string());
        let tags = client.tags(&named).await?;
        match candidates(&tag, &tags, &bounds).first() {
            Some(newest) => {
                state.newest = Some((*newest).to_owned());
                state.because(Reason::NewerVersion);
            }
            None if TagVersion::parse(&tag).is_none() => state.because(Reason::NotAVersion),
            None => {}
        }
        Ok(state)
    };
    (key.to_owned(), state.await)
}

async fn git_state(
    client: &Client,
    key: &GitKey,
    pin: &GitPin,
) -> (String, Result<PinState, Error>) {
    let subject = show_git(&key.remote, &key.reference);
    let found = client.resolve_git(&key.remote, &key.reference).await;
    let state = found.map(|found| {
        let mut state = PinState::new(&subject, PinKind::Git, None, &pin.commit);
        state.is_now(found.commit);
        state
    });
    (subject, state)
}

fn print(states: Vec<PinState>, report: &mut Report) {
    if report.format() == Format::Json {
        return states.into_iter().for_each(|state| report.state(state));
    }
    if states.is_empty() {
        return;
    }
    let mut rows = vec![["ref", "locked", "current", "newest"].map(str::to_owned)];
    rows.extend(states.iter().map(PinState::cells));
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    for row in &rows {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        report.write(&format!("{}\n", cells.join("  ").trim_end()));
    }
}

pub(super) async fn verify(args: &LockArgs, report: &mut Report) -> Exit {
    let (subjects, client) = match start(args, report) {
        Ok(started) => started,
        Err(exit) => return exit,
    };
    let built = match &args.image {
        Some(image) => match provenance::of_image(image, &client).await {
            Ok(all) => Some((image, all)),
            Err(error) => {
                report.failure("", None, image, &error);
                None
            }
        },
        None => None,
    };
    for subject in &subjects {
        let Some(lock) = &subject.lock else { continue };
        let shown = subject.lock_path.display().to_string();
        if let Some((image, all)) = &built {
            provenance::compare(subject, lock, image, all, report);
        }
        if let Some(recordings) = &lock.recordings {
            let dockerfile = subject.lock_path.with_extension("");
            let store = Store::of_lock(&dockerfile, &recordings.store);
            store
                .verify(&client, &subject.shown, recordings, report)
                .await;
        }
        let images = lock
            .images
            .iter()
            .map(|(key, pin)| async { (key.clone(), verify_image(&client, key, pin).await) });
        let mut told: Vec<(String, Result<Option<String>, Error>)> =
            futures_util::stream::iter(images)
                .buffered(args.jobs)
                .collect()
                .await;
        let git = lock.git.iter().map(|(key, pin)| async {
            (
                show_git(&key.remote, &key.reference),
                verify_git(&client, key, pin).await,
            )
        });
        told.extend(
            futures_util::stream::iter(git)
                .buffered(args.jobs)
                .collect::<Vec<_>>()
                .await,
        );
        let http = lock.http.iter().map(|(url, pin)| async {
            let found = verify_http(&client, url, pin, &subject.shown).await;
            (url.clone(), found)
        });
        told.extend(
            futures_util::stream::iter(http)
                .buffered(args.jobs)
                .collect::<Vec<_>>()
                .await,
        );
        for (source, outcome) in told {
            match outcome {
                Ok(Some(remark)) => report.note(format!("{source}: {remark}")),
                Ok(None) => report.note(format!("{source}: as locked")),
                Err(error) => report.failure(&shown, None, &source, &error),
            }
        }
    }
    Exit::Ok
}

/// Fetchable by its digest, the platforms as locked; a remark where the tag has moved.
async fn verify_image(client: &Client, key: &str, pin: &ImagePin) -> Result<Option<String>, Error> {
    let pinned = pinned_reference(key, pin).unwrap_or_else(|| key.to_owned());
    let host = Platform::new("linux", "amd64");
    let platforms: Vec<Platform> = pin
        .platforms
        .keys()
        .filter_map(|text| Platform::parse(text, &host).ok())
        .collect();
    let image = client.resolve_image(&parse(&pinned)?, &platforms).await?;
    let mut configs = BTreeMap::new();
    for platform in image.platforms {
        let name = platform.platform.normalized().format_all();
        if let Some(known) = pin.config.get(&name)
            && let Ok(facts) = facts_of(&platform.config)
            && let Some(error) = misremembered(key, &name, known, &facts)
        {
            return Err(error);
        }
        configs.insert(name, Digest::sha256(&platform.config).to_string());
    }
    if let Some(error) = differing(key, pin, &configs) {
        return Err(error);
    }
    let named = parse(key)?;
    let Some(tag) = pin
        .tag
        .as_deref()
        .or(named.tag())
        .filter(|_| named.digest().is_none())
    else {
        return Ok(None);
    };
    match client.image_digest(&with_tag(&named, tag)?).await {
        Ok(now) if now == pin.digest => Ok(None),
        Ok(now) => Ok(Some(format!("the tag has moved to {now}"))),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Some(
            "the tag no longer exists, the pinned image does".to_owned(),
        )),
        Err(error) => Err(error),
    }
}

async fn verify_git(client: &Client, key: &GitKey, pin: &GitPin) -> Result<Option<String>, Error> {
    match client.resolve_git(&key.remote, &key.reference).await {
        Ok(now) if now.commit == pin.commit && now.tag_object == pin.tag_object => Ok(None),
        // A commit names no tag object, and the lock may know one.
        Ok(now) if now.commit == pin.commit && now.name.is_empty() => Ok(None),
        Ok(now) if now.commit == pin.commit => {
            Ok(Some("its tag was recreated for the same commit".to_owned()))
        }
        Ok(now) => Ok(Some(format!("the ref has moved to {}", now.commit))),
        Err(error) if error.kind == ErrorKind::NotFound => {
            Ok(Some("the ref no longer exists".to_owned()))
        }
        Err(error) => Err(error),
    }
}

async fn verify_http(
    client: &Client,
    url: &str,
    pin: &HttpPin,
    dockerfile: &str,
) -> Result<Option<String>, Error> {
    let now = client.resolve_file(url).await?;
    if now.digest == pin.digest {
        return other_size(url, pin, &now.digest, Some(now.size)).map_or(Ok(None), Err);
    }
    let message = format!(
        "`{url}` has changed: it is now {}, and the lock has {}",
        now.digest, pin.digest
    );
    let hint = format!(
        "look at what changed, then accept it with `rdf lock {} --update {}`",
        word(dockerfile),
        word(url)
    );
    Err(Error::new(ErrorKind::Integrity, message).hint(hint))
}

fn start(args: &LockArgs, report: &mut Report) -> Result<(Vec<Subject>, Client), Exit> {
    let works = works(args, report)?;
    let files: Vec<_> = works.into_iter().map(|work| work.input).collect();
    let subjects = Subject::read_all(&files, report)?;
    for subject in subjects.iter().filter(|subject| subject.lock.is_none()) {
        let shown = subject.lock_path.display().to_string();
        let hint = format!("run `rdf lock {}`", word(&subject.shown));
        report.item(
            &shown,
            None,
            "lock-missing",
            "",
            &format!("no such file: `{shown}`"),
            &hint,
            Exit::Findings,
        );
    }
    let client = client(args).map_err(|error| {
        report.unusable(&error);
        Exit::Usage
    })?;
    Ok((subjects, client))
}

fn with_tag(named: &Reference, tag: &str) -> Result<Reference, Error> {
    let tagged = named.trim_named().with_tag(tag);
    tagged.map_err(|error| Error::refused(error.to_string()))
}
