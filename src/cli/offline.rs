//! Compiling without asking anyone: for what a Dockerfile shows by itself.
//!
//! Images are known as far as the lock beside the Dockerfile remembers them: their digest, their triggers, the
//! variables that reach sources. Any other image is taken for a plain one.

use std::collections::BTreeSet;
use std::path::Path;

use super::exit::Failure;
use super::files::read_file;
use super::lockfile::{self, LockPlace};
use super::variant::{Variant, host};
use crate::compile::{Answers, CompileError, Compiled, Need, Options, Source};
use crate::limits::MAX_LOCK_BYTES;
use crate::llb::SourceMap;
use crate::lock::{Lock, assume, file};

/// Language of the source map.
const LANGUAGE: &str = "Dockerfile";

/// Stands for the client's directory, whichever it is.
const UNIQUE_ID: &str = "rdf";

/// Options of a compilation of `bytes`, which are called `name`.
pub(super) fn options(variant: &Variant, name: &str, bytes: &[u8]) -> Result<Options, Failure> {
    Ok(Options {
        lint: Some(crate::lint::Config::default()),
        source_map: Some(SourceMap::new(name, LANGUAGE, bytes)),
        ..variant.options(host())?
    })
}

/// Compiles; what has to be known comes out of the lock or is assumed. Also gives what was answered.
pub(super) fn compile(
    source: &Source,
    options: &Options,
    lock: Option<&Lock>,
) -> (Compiled, Answers) {
    let mut answers = lock.map(Lock::answers).unwrap_or_default();
    let compiled = complete(source, options, lock, &mut answers);
    (compiled, answers)
}

/// The same with some answers at hand.
pub(super) fn complete(
    source: &Source,
    options: &Options,
    lock: Option<&Lock>,
    answers: &mut Answers,
) -> Compiled {
    let platform = options.target_platform.clone().unwrap_or_else(host);
    let mut compiled = source.complete(options, answers, |need| assume(need, &platform, lock));
    // Directories without a session need a name of another sort.
    if let Ok(lowered) = &mut compiled.result {
        lowered.marshal.local_unique_id = Some(UNIQUE_ID.to_owned());
    }
    compiled
}

/// By stage of a Dockerfile that compiles, whether the target needs it. What is answered beforehand of what may be asked
/// is planned once.
pub(super) fn needed(
    source: &Source,
    options: &Options,
    lock: Option<&Lock>,
    asked: &BTreeSet<Need>,
) -> Result<Vec<bool>, CompileError> {
    let mut answers = lock.map(Lock::answers).unwrap_or_default();
    let platform = options.target_platform.clone().unwrap_or_else(host);
    let answer = |need: &Need| assume(need, &platform, lock);
    for need in asked {
        answers.insert(need.clone(), answer(need));
    }
    source.planned_needed(options, &mut answers, answer)
}

/// The lock to go by: the one named, or the one beside the Dockerfile, if there is one.
pub(super) fn find_lock(dockerfile: &Path, named: Option<&Path>) -> Result<Option<Lock>, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None if dockerfile.as_os_str() == "-" => return Ok(None),
        None => match lockfile::find(dockerfile) {
            LockPlace::Missing => return Ok(None),
            LockPlace::File(path) => path,
            LockPlace::OutOfReach { why, .. } => {
                let path = lockfile::path_of(dockerfile);
                return Err(Failure::usage(format_args!(
                    "cannot read {}: {why}",
                    path.display()
                )));
            }
        },
    };
    match read_file(&path, MAX_LOCK_BYTES as u64) {
        Ok(bytes) => match file::read(&bytes) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) => {
                let failure = Failure::usage(format_args!("{}: {error}", path.display()));
                Err(match named {
                    Some(_) => failure,
                    None => failure.hint(error.hint(&dockerfile.display().to_string())),
                })
            }
        },
        Err(error) => Err(Failure::usage(format_args!(
            "cannot read {}: {error}",
            path.display()
        ))),
    }
}

/// Reads a lock; `shown` is its name for people.
pub(super) fn read_lock(bytes: &[u8], shown: &str) -> Result<Lock, Failure> {
    file::read(bytes).map_err(|error| Failure::usage(format_args!("{shown}: {error}")))
}
