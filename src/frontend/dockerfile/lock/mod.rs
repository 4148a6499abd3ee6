//! The lock in a build: which one counts, how strictly, and what it makes of the build.
//!
//! ```text
//! <Dockerfile>.lock, RDF_LOCK -> InForce -> check (offline, before any pull) -> pinned answers
//!                                        -> pinned graph, source policy -> result
//! ```
//! Without a lock nothing here does anything.

mod ask;
mod enforce;
mod exempt;
mod gather;
mod write;

use std::sync::Arc;

pub(super) use exempt::Exempt;
pub(super) use write::{answer, check_answer, is_wished, write_result};

use super::options::{Request, key};
use crate::gateway::{Bridge, Error, Result, SolveRequest, SolveResult};
use crate::go::number::parse_bool;
use crate::go::path;
use crate::image::Digest;
use crate::llb::{self, Constraints, DiffType, Differ, LocalOptions, MarshalOptions};
use crate::lock::model::Mode;
use crate::lock::{Lock, file};

/// Metadata key of the digest of the lock in force.
const DIGEST_KEY: &str = "frontend.rdf.lock.digest";

/// Annotation of the image that says the same, where it is asked for.
const ANNOTATION: &str = "annotation.rdf.lock.digest";

/// Named context that brings a lock of its own.
const LOCK_CONTEXT: &str = "rdf-lock";

/// What `RDF_LOCK` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing: the lock says it itself.
    Unsaid,
    /// This mode.
    Mode(Mode),
    /// A result with a new lock instead of a build.
    Write,
}

impl Wish {
    /// Reads the build argument.
    pub(super) fn of(request: &Request) -> Result<Self> {
        match request.get(key::LOCK) {
            None | Some("") => Ok(Wish::Unsaid),
            Some("write") => Ok(Wish::Write),
            Some(text) => match Mode::parse(text) {
                Some(mode) => Ok(Wish::Mode(mode)),
                None => Err(Error::new(format!(
                    "invalid value `{text}` for RDF_LOCK, expected one of off, auto, locked, hermetic, write"
                ))),
            },
        }
    }

    /// Whether a lock is looked for at all.
    pub(super) fn looks(self) -> bool {
        self != Wish::Mode(Mode::Off)
    }
}

/// A lock as it was found.
#[derive(Clone, Debug)]
pub(super) struct FoundLock {
    pub(super) bytes: Arc<[u8]>,
    /// It came as the named context and not with the Dockerfile.
    pub(super) outside: bool,
}

impl FoundLock {
    /// The lock beside the Dockerfile `dockerfile`, read.
    pub(super) fn read(&self, dockerfile: &str) -> Result<Lock> {
        file::read(&self.bytes).map_err(|error| {
            Error::new(format!(
                "{}: {error} ({}; RDF_LOCK=off builds without it)",
                lock_name(dockerfile),
                error.hint
            ))
        })
    }
}

/// The lock that counts for this build.
#[derive(Clone, Debug)]
pub(super) struct InForce {
    pub(super) lock: Lock,
    outside: bool,
    pub(super) mode: Mode,
    /// Digest of its bytes.
    pub(super) digest: String,
    /// Its name, for messages.
    pub(super) name: String,
    /// Name of the Dockerfile, for messages.
    pub(super) dockerfile: String,
}

impl InForce {
    /// The lock in `bytes` under what the client wishes; `None` where no lock counts.
    pub(super) fn find(
        wish: Wish,
        dockerfile: &str,
        found: Option<&FoundLock>,
    ) -> Result<Option<Self>> {
        let name = lock_name(dockerfile);
        let Some(found) = found else {
            return match wish {
                Wish::Mode(mode) if mode.is_strict() => Err(Error::new(format!(
                    "RDF_LOCK={mode} asks for a lock, and there is no {name}: run `rdf lock {dockerfile}`"
                ))),
                _ => Ok(None),
            };
        };
        if !wish.looks() {
            return Ok(None);
        }
        let lock = found.read(dockerfile)?;
        let mode = match wish {
            Wish::Mode(mode) => mode,
            Wish::Unsaid | Wish::Write => lock.mode,
        };
        let digest = Digest::sha256(&found.bytes).to_string();
        Ok((mode != Mode::Off).then(|| InForce {
            lock,
            outside: found.outside,
            mode,
            digest,
            name,
            dockerfile: dockerfile.to_owned(),
        }))
    }
}

impl InForce {
    /// Whether the lock answers for the main context. One inside a repository can't hold the commit that it is
    /// part of.
    pub(super) fn holds_context(&self) -> bool {
        self.outside && self.lock.inputs.context.is_some()
    }

    /// Tells with the result which lock was in force, on request on the image as well.
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
        result.metadata.insert(DIGEST_KEY.to_owned(), digest);
        Ok(())
    }
}

/// The graph that loads the Dockerfile out of a main context, with the pin of a lock that holds it.
pub(super) fn pin_context(
    request: &Request,
    dockerfile: &str,
    found: Option<&FoundLock>,
    definition: llb::Definition,
) -> Result<llb::Definition> {
    let wish = Wish::of(request)?;
    let lock = match found.filter(|found| found.outside) {
        Some(found) => found.read(dockerfile)?,
        None => return Ok(definition),
    };
    let off = wish == Wish::Unsaid && lock.mode == Mode::Off;
    if off || lock.inputs.context.is_none() {
        return Ok(definition);
    }
    let pinned = lock.pin_definition(definition, |_| false);
    Ok(pinned
        .map_err(|error| Error::new(error.to_string()))?
        .definition)
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
) -> Result<Option<FoundLock>> {
    let Some(spec) = request.options.client.contexts.get(LOCK_CONTEXT) else {
        return Ok(None);
    };
    let name = lock_name(path::base(dockerfile));
    let Some(local) = spec.strip_prefix("local:") else {
        return Err(Error::new(format!(
            "the context {LOCK_CONTEXT} must be a directory with {name} in it"
        )));
    };
    let options = LocalOptions {
        session_id: request
            .options
            .client
            .session_id
            .clone()
            .unwrap_or_default(),
        shared_key_hint: local.to_owned(),
        follow_paths: vec![name.clone()],
        differ: Some(Differ {
            diff_type: DiffType::None,
            required: false,
        }),
        constraints: Constraints::new().custom_name(format!("[internal] load {name}")),
        ..LocalOptions::default()
    };
    let definition = llb::State::local(local, options)
        .marshal(&MarshalOptions::default())
        .map_err(super::resolve::marshal_error)?;
    let result = bridge
        .solve(SolveRequest::definition(definition.into_pb()))
        .await?;
    let reference = super::resolve::single(result.single()?)?;
    let found = |bytes: &[u8]| FoundLock {
        bytes: Arc::from(bytes),
        outside: true,
    };
    match bridge.read_file(reference, &name, None).await {
        Ok(bytes) => Ok(Some(found(&bytes))),
        // The first lock is made without an old one.
        Err(_) if makes_a_lock(request)? => Ok(None),
        Err(error) => Err(error.context(format!("the context {LOCK_CONTEXT} has no {name}"))),
    }
}

/// Whether the request is for a new lock.
fn makes_a_lock(request: &Request) -> Result<bool> {
    Ok(Wish::of(request)? == Wish::Write || request.get(key::REQUEST_ID).is_some())
}
