//! Places in files, in the form in which the gateway carries them.

use crate::gateway::{Error, SourceDetail};
use crate::llb::{Range, SourceInfo};
use crate::source::LineRange;

/// `error` with a place in a file as its outermost layer.
pub(super) fn at(error: Error, info: &SourceInfo, location: &[LineRange]) -> Error {
    error.with_source(&SourceDetail {
        info: Some(info.clone()),
        ranges: ranges(location),
    })
}

/// One range for each line.
pub(super) fn ranges(location: &[LineRange]) -> Vec<Range> {
    single_lines(location).map(Range::from).collect()
}

/// Each line of `location`.
pub(super) fn single_lines(location: &[LineRange]) -> impl Iterator<Item = LineRange> {
    location
        .iter()
        .flat_map(|lines| (lines.start..=lines.end.max(lines.start)).map(LineRange::line))
}
