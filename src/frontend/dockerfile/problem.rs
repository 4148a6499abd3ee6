//! Compile errors and warnings in the form in which the gateway carries them.

use crate::compile::CompileError;
pub(super) use crate::frontend::place::{at, single_lines};
use crate::gateway::Error;
use crate::llb::SourceInfo;

/// A compile error as the build fails with it: each place becomes a source detail, the innermost first, so
/// that clients print a code frame. `info` is the file ([`LoadedFile::info`](crate::frontend::LoadedFile::info)).
pub fn located(error: CompileError, info: &SourceInfo) -> Error {
    let locations = error.locations().to_vec();
    locations
        .iter()
        .fold(plain(error), |error, location| at(error, info, location))
}

/// A compile error without its places, which is how subrequests fail.
pub(super) fn plain(error: CompileError) -> Error {
    // What the daemon said about a failed question goes back to it unchanged.
    let cause = error
        .cause()
        .and_then(|cause| cause.downcast_ref::<Error>());
    match cause {
        Some(cause) => cause.clone().with_message(error.message()),
        None => Error::new(error.message()),
    }
}
