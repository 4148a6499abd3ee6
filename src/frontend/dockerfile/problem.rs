//! Compile errors and warnings in the form in which the gateway carries them.

use crate::compile::CompileError;
use crate::gateway::{Error, SourceDetail};
use crate::pb::ops::{Position, Range, SourceInfo};
use crate::source::LineRange;

/// A compile error as the build fails with it: each place becomes a source detail, the innermost first, so
/// that clients print a code frame.
pub(super) fn located(error: CompileError, info: &SourceInfo) -> Error {
    let locations = error.locations.clone();
    locations
        .iter()
        .fold(plain(error), |error, location| at(error, info, location))
}

/// A compile error without its places, which is how subrequests fail.
pub(super) fn plain(error: CompileError) -> Error {
    // What the daemon said about a failed question goes back to it unchanged.
    let cause = error
        .cause
        .as_ref()
        .and_then(|cause| cause.downcast_ref::<Error>());
    match cause {
        Some(cause) => cause.clone().with_message(error.message),
        None => Error::new(error.message),
    }
}

/// `error` with a place in the Dockerfile as its outermost layer.
pub(super) fn at(error: Error, info: &SourceInfo, location: &[LineRange]) -> Error {
    error.with_source(&SourceDetail {
        info: Some(info.clone()),
        ranges: ranges(location),
    })
}

/// Ranges on the wire: one for each line.
pub(super) fn ranges(location: &[LineRange]) -> Vec<Range> {
    single_lines(location).map(range).collect()
}

/// One range for each line of `location`.
pub(super) fn single_lines(location: &[LineRange]) -> impl Iterator<Item = LineRange> {
    location
        .iter()
        .flat_map(|lines| (lines.start..=lines.end.max(lines.start)).map(LineRange::line))
}

/// A range on the wire; columns stay 0.
pub(super) fn range(lines: LineRange) -> Range {
    let position = |line| {
        Some(Position {
            line: i32::try_from(line).unwrap_or(i32::MAX),
            character: 0,
        })
    };
    Range {
        start: position(lines.start),
        end: position(lines.end),
    }
}
