//! The lock in a build: which one counts, how strictly, and what it makes of the build.
//!
//! ```text
//! <Dockerfile>.lock, RDF_LOCK -> ActiveLock -> answers: pins of repositories and files, images by digest
//!                                        -> what a compilation took -> findings, before anything is pulled
//!                                        -> source policy -> result
//! ```
//! Without a lock nothing here does anything.

mod ask;
mod enforce;
mod frontend;
mod gather;
mod record;
mod replay;
mod write;

use std::sync::Arc;

pub(super) use frontend::{Builder, HANDED_OVER, LockedFrontend};
pub(super) use record::{is_recording, record_result};
pub(super) use replay::{StorePlace, check_programs};
pub(super) use write::{answer, check_answer, is_wished, write_result};

use super::options::{Request, key};
use crate::compile::{MainContext, Options, Pin, RemoteSource};
use crate::frontend::beside::{Beside, Listing, look};
use crate::frontend::platforms::result_key;
use crate::gateway::{Bridge, Error, Ref, Result, SolveRequest, SolveResult};
use crate::go::number::parse_bool;
use crate::go::path;
use crate::image::Digest;
use crate::llb::{self, Constraints, DiffType, Differ, LocalOptions, MarshalOptions};
use crate::lock::command::word;
use crate::lock::model::Mode;
use crate::lock::{Lock, file};
use crate::remote::HTTP_CONTEXT_FILENAME;

/// Metadata key of the digest of the active lock.
const DIGEST_KEY: &str = "frontend.rdf.lock.digest";

/// Metadata key of the mode of the build, where there is a lock.
const MODE_KEY: &str = "frontend.rdf.lock.mode";

/// Metadata key of the mode that the lock asks for and the build was told not to have.
const WEAKENED_KEY: &str = "frontend.rdf.lock.weakened-from";

/// Metadata key of the build arguments that a hermetic build was free to have, as a JSON object of their values; `null`
/// for one that looks like a secret.
const FREE_ARGS_KEY: &str = "frontend.rdf.lock.free-args";

/// Annotation of the image that says the same, where it is asked for.
const ANNOTATION: &str = "annotation.rdf.lock.digest";

/// Named context that brings a lock of its own.
const LOCK_CONTEXT: &str = "rdf-lock";

/// What `RDF_LOCK` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LockRequest {
    /// Nothing: the lock says it itself.
    Unsaid,
    /// This mode.
    Mode(Mode),
    /// A result with a new lock instead of a build.
    Write,
    /// The same, and with what `RUN` steps fetch.
    Record,
}

impl LockRequest {
    /// Reads the build argument.
    pub(super) fn of(request: &Request) -> Result<Self> {
        match request.get(key::LOCK) {
            None | Some("") => Ok(LockRequest::Unsaid),
            Some("write") => Ok(LockRequest::Write),
            Some("record") => Ok(LockRequest::Record),
            Some(text) => match Mode::parse(text) {
                Some(mode) => Ok(LockRequest::Mode(mode)),
                None => Err(Error::new(format!(
                    "invalid value `{text}` for RDF_LOCK, expected one of off, auto, locked, hermetic, write, record"
                ))),
            },
        }
    }

    /// Whether a lock is asked for, and no build.
    pub(super) fn makes_a_lock(self) -> bool {
        matches!(self, LockRequest::Write | LockRequest::Record)
    }

    /// The mode of a build whose lock says `file`. Of two strict modes the stricter counts; the others are obeyed.
    fn over(self, file: Mode) -> Mode {
        match self {
            LockRequest::Mode(asked) if asked.is_strict() => asked.max(file),
            LockRequest::Mode(asked) => asked,
            LockRequest::Unsaid | LockRequest::Write | LockRequest::Record => file,
        }
    }
}

/// What is where a lock would be.
#[derive(Clone, Debug, Default)]
pub(super) enum Found {
    /// Nothing.
    #[default]
    Nothing,
    /// A lock.
    Lock(FoundLock),
    /// Something else, or a lock that is out of reach: its name, and what it is.
    Unreadable { name: String, why: String },
}

impl Found {
    pub(super) fn lock(&self) -> Option<&FoundLock> {
        match self {
            Found::Lock(found) => Some(found),
            Found::Nothing | Found::Unreadable { .. } => None,
        }
    }

    /// The lock, if there is one.
    ///
    /// # Errors
    /// When there is something under its name that cannot be read.
    pub(super) fn readable(&self) -> Result<Option<&FoundLock>> {
        match self {
            Found::Nothing => Ok(None),
            Found::Lock(found) => Ok(Some(found)),
            Found::Unreadable { name, why } => Err(Error::new(format!(
                "cannot read {name}: {why} (put the lock itself there; RDF_LOCK=off builds without a lock)"
            ))),
        }
    }
}

/// A lock that the build was told not to keep to, or not as strictly as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weakened {
    name: String,
    asked: Mode,
    /// What the lock says; `None` where it cannot be read.
    file: Option<Mode>,
}

impl Weakened {
    /// Whether `requested` is weaker than what was found.
    pub(super) fn find(requested: LockRequest, dockerfile: &str, found: &Found) -> Option<Self> {
        let LockRequest::Mode(asked) = requested else {
            return None;
        };
        let file = match found {
            Found::Nothing => return None,
            Found::Lock(found) => found.read(dockerfile).ok().map(|lock| lock.mode),
            Found::Unreadable { .. } => None,
        };
        let weaker = !asked.is_strict() && file.is_none_or(|file| asked < file);
        weaker.then(|| Weakened {
            name: lock_name(dockerfile),
            asked,
            file,
        })
    }

    fn from(&self) -> &'static str {
        self.file.map_or("unreadable", Mode::as_str)
    }

    /// What the user is told.
    pub(super) fn message(&self) -> String {
        let (name, asked) = (&self.name, self.asked);
        let what = match self.asked {
            Mode::Off => "no source is locked to it",
            _ => "what is not in it is fetched as it is now",
        };
        match self.file {
            Some(file) => {
                format!("RDF_LOCK={asked} is weaker than {name}, whose mode is `{file}`: {what}")
            }
            None => format!("RDF_LOCK={asked} ignores {name}, which cannot be read: {what}"),
        }
    }

    /// Tells with the result.
    pub(super) fn sign(&self, result: &mut SolveResult) {
        let metadata = &mut result.metadata;
        metadata.insert(MODE_KEY.to_owned(), self.asked.as_str().into());
        metadata.insert(WEAKENED_KEY.to_owned(), self.from().into());
    }
}

/// A lock as it was found.
#[derive(Clone, Debug)]
pub(super) struct FoundLock {
    pub(super) bytes: Arc<[u8]>,
    /// It came as the named context and not with the Dockerfile.
    pub(super) outside: bool,
    /// The directory of the client that it came from as a named context.
    pub(super) local: Option<String>,
}

impl FoundLock {
    /// The lock beside the Dockerfile `dockerfile`, read.
    pub(super) fn read(&self, dockerfile: &str) -> Result<Lock> {
        file::read(&self.bytes).map_err(|error| {
            Error::new(format!(
                "{}: {error} ({}; RDF_LOCK=off builds without it)",
                lock_name(dockerfile),
                error.hint(dockerfile)
            ))
        })
    }
}

/// The lock that counts for this build.
#[derive(Clone, Debug)]
pub(super) struct ActiveLock {
    pub(super) lock: Lock,
    outside: bool,
    pub(super) mode: Mode,
    /// Digest of its bytes.
    pub(super) digest: String,
    /// Its name, for messages.
    pub(super) name: String,
    /// Name of the Dockerfile, for messages.
    pub(super) dockerfile: String,
    /// Whether it was made for a recording.
    records: bool,
}

impl ActiveLock {
    /// The lock in `bytes` under the requested mode; `None` where no lock counts.
    pub(super) fn find(
        requested: LockRequest,
        dockerfile: &str,
        found: &Found,
    ) -> Result<Option<Self>> {
        let name = lock_name(dockerfile);
        if requested == LockRequest::Mode(Mode::Off) {
            return Ok(None);
        }
        let Some(found) = found.readable()? else {
            return match requested {
                LockRequest::Mode(mode) if mode.is_strict() => {
                    let hint = match dockerfile {
                        HTTP_CONTEXT_FILENAME => {
                            "download the Dockerfile, lock it, and give the lock with `--build-context rdf-lock=DIR`"
                                .to_owned()
                        }
                        _ => format!("run `rdf lock {}`", word(dockerfile)),
                    };
                    Err(Error::new(format!(
                        "RDF_LOCK={mode} requires a lock, and {name} does not exist: {hint}"
                    )))
                }
                _ => Ok(None),
            };
        };
        let lock = found.read(dockerfile)?;
        let mode = requested.over(lock.mode);
        let digest = Digest::sha256(&found.bytes).to_string();
        Ok((mode != Mode::Off).then(|| ActiveLock {
            lock,
            outside: found.outside,
            mode,
            digest,
            name,
            dockerfile: dockerfile.to_owned(),
            records: false,
        }))
    }
}

impl ActiveLock {
    /// Whether the lock answers for the main context. One inside a repository cannot hold the commit that it is
    /// part of.
    pub(super) fn holds_context(&self) -> bool {
        self.outside && self.lock.inputs.context.is_some()
    }

    /// Tells with the result which lock was active, on request on the image as well.
    pub(super) fn sign(&self, request: &Request, result: &mut SolveResult) -> Result<()> {
        let digest = self.digest.clone().into_bytes();
        let asked = match request.get(key::LOCK_ANNOTATION) {
            None | Some("") => false,
            Some(text) => parse_bool(text).map_err(|_| {
                Error::new(format!(
                    "invalid boolean value `{text}` for RDF_LOCK_ANNOTATION"
                ))
            })?,
        };
        if asked {
            result
                .metadata
                .insert(ANNOTATION.to_owned(), digest.clone());
        }
        let metadata = &mut result.metadata;
        metadata.insert(DIGEST_KEY.to_owned(), digest);
        metadata.insert(MODE_KEY.to_owned(), self.mode.as_str().into());
        let free = self.lock.free_of(&request.options.client.build_args);
        if self.mode == Mode::Hermetic && !free.is_empty() {
            let free = serde_json::to_vec(&free).unwrap_or_default();
            metadata.insert(FREE_ARGS_KEY.to_owned(), free);
        }
        if self.recordings().is_some() {
            // Of a build for several platforms, exporters set times back only to the one that is of no platform.
            let mut epochs = metadata.iter().filter(|(key, _)| {
                key.strip_prefix(result_key::EPOCH)
                    .is_some_and(|rest| rest.starts_with('/'))
            });
            if let Some(epoch) = epochs.next().map(|(_, epoch)| epoch.clone()) {
                metadata.insert(result_key::EPOCH.to_owned(), epoch);
            }
        }
        Ok(())
    }
}

/// What a lock from elsewhere holds the main context to.
pub(super) fn context_pin(
    request: &Request,
    dockerfile: &str,
    found: &Found,
) -> Result<Option<Pin>> {
    let lock = match found.lock() {
        Some(lock) if lock.outside => {
            ActiveLock::find(LockRequest::of(request)?, dockerfile, found)?
        }
        _ => None,
    };
    let lock = lock.filter(ActiveLock::holds_context);
    Ok(lock.and_then(|lock| lock.lock.pin(&context_source(&request.options)?)))
}

/// The main context, where it is over the network.
fn context_source(options: &Options) -> Option<RemoteSource> {
    RemoteSource::of_context(options.client.remote_context_url()?)
}

/// The lock beside a Dockerfile.
pub(super) fn lock_name(dockerfile: &str) -> String {
    format!("{dockerfile}.lock")
}

/// The lock out of the named context `rdf-lock`, if the client gave one.
pub(super) async fn from_context(
    bridge: &dyn Bridge,
    request: &Request,
    dockerfile: &str,
) -> Result<Found> {
    let Some(spec) = request.options.client.contexts.get(LOCK_CONTEXT) else {
        return Ok(Found::Nothing);
    };
    let name = lock_name(path::base(dockerfile));
    let Some(local) = spec.strip_prefix("local:") else {
        return Err(Error::new(format!(
            "the context {LOCK_CONTEXT} must be a directory with {name} in it"
        )));
    };
    let session = &request.options.client.session_id;
    let step = format!("[internal] load {name}");
    let reference = &transfer(bridge, local, session.as_deref(), local, &name, step).await?;
    let listing = Listing::read(bridge, reference, ".").await;
    match look(bridge, reference, &name, &listing).await {
        Beside::File(bytes) => Ok(Found::Lock(FoundLock {
            bytes,
            outside: true,
            local: Some(local.to_owned()),
        })),
        // The first lock is made without an old one.
        Beside::Missing if makes_a_lock(request)? => Ok(Found::Nothing),
        Beside::Missing => Err(Error::new(format!(
            "the context {LOCK_CONTEXT} has no {name}"
        ))),
        Beside::Unreadable(why) => Ok(Found::Unreadable {
            name: format!("{name} of the context {LOCK_CONTEXT}"),
            why,
        }),
    }
}

/// Has the client send the file `name` of its directory `local`, if it is there, in a step of its own.
async fn transfer(
    bridge: &dyn Bridge,
    local: &str,
    session: Option<&str>,
    hint: &str,
    name: &str,
    step: String,
) -> Result<Ref> {
    let options = LocalOptions {
        session_id: session.unwrap_or_default().to_owned(),
        shared_key_hint: hint.to_owned(),
        follow_paths: vec![name.to_owned()],
        differ: Some(Differ {
            diff_type: DiffType::None,
            required: false,
        }),
        constraints: Constraints::new().custom_name(step),
        ..LocalOptions::default()
    };
    let definition = llb::State::local(local, options)
        .marshal(&MarshalOptions::default())
        .map_err(super::resolve::marshal_error)?;
    let result = bridge.solve(SolveRequest::definition(definition)).await?;
    Ok(super::resolve::single(result.single()?)?.clone())
}

/// Where else a lock lies that the build does not obey: in the context, of a Dockerfile that is not from there.
pub(super) async fn in_context(
    bridge: &dyn Bridge,
    request: &Request,
    dockerfile: &str,
) -> Result<Option<String>> {
    let local = request.get(key::DOCKERFILE_KEY).is_some();
    let MainContext::Local {
        name: context,
        session_id,
        ..
    } = &request.options.main_context
    else {
        return Ok(None);
    };
    if !local {
        return Ok(None);
    }
    let name = lock_name(path::base(dockerfile));
    let hint = format!("{context}-{name}");
    let step = format!("[internal] look for {name}");
    let reference = &transfer(bridge, context, session_id.as_deref(), &hint, &name, step).await?;
    let listing = Listing::read(bridge, reference, ".").await;
    Ok(listing.get(&name).map(|_| name))
}

/// Text that nobody else has, hexadecimal.
fn salt() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let part = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", part(), part())
}

/// Whether the request is for a new lock.
pub(super) fn makes_a_lock(request: &Request) -> Result<bool> {
    Ok(LockRequest::of(request)?.makes_a_lock() || request.get(key::REQUEST_ID).is_some())
}
