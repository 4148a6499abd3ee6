//! The lock in a build: which one counts, how strictly, and what it makes of the build.
//!
//! ```text
//! <Dockerfile>.lock, RDF_LOCK -> InForce -> check (offline, before any pull) -> pinned answers
//!                                        -> pinned graph, source policy -> result
//! ```
//! Without a lock nothing here does anything.

mod ask;
mod enforce;
mod write;

use std::sync::Arc;

pub(super) use enforce::Exempt;
pub(super) use write::{answer, check_answer, is_wished, write_result};

use super::options::{Request, key};
use crate::gateway::{Bridge, Error, Result, SolveRequest};
use crate::go::path;
use crate::image::Digest;
use crate::llb::{self, Constraints, DiffType, Differ, LocalOptions, MarshalOptions};
use crate::lock::model::Mode;
use crate::lock::{Lock, file};

/// Metadata key of the digest of the lock in force.
pub(super) const DIGEST_KEY: &str = "frontend.rdf.lock.digest";

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

/// The lock that counts for this build.
#[derive(Clone, Debug)]
pub(super) struct InForce {
    pub(super) lock: Lock,
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
        bytes: Option<&Arc<[u8]>>,
    ) -> Result<Option<Self>> {
        let name = lock_name(dockerfile);
        let Some(bytes) = bytes else {
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
        let lock = file::read(bytes).map_err(|error| {
            Error::new(format!(
                "{name}: {error} ({}; RDF_LOCK=off builds without it)",
                error.hint
            ))
        })?;
        let mode = match wish {
            Wish::Mode(mode) => mode,
            Wish::Unsaid | Wish::Write => lock.mode,
        };
        let digest = Digest::sha256(bytes).to_string();
        Ok((mode != Mode::Off).then(|| InForce {
            lock,
            mode,
            digest,
            name,
            dockerfile: dockerfile.to_owned(),
        }))
    }
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
) -> Result<Option<Arc<[u8]>>> {
    let Some(spec) = request.options.contexts.get(LOCK_CONTEXT) else {
        return Ok(None);
    };
    let name = lock_name(path::base(dockerfile));
    let Some(local) = spec.strip_prefix("local:") else {
        return Err(Error::new(format!(
            "the context {LOCK_CONTEXT} must be a directory with {name} in it"
        )));
    };
    let options = LocalOptions {
        session_id: request.options.session_id.clone().unwrap_or_default(),
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
    let data = bridge.read_file(reference, &name, None).await;
    let data =
        data.map_err(|error| error.context(format!("the context {LOCK_CONTEXT} has no {name}")))?;
    Ok(Some(Arc::from(data.as_ref())))
}
