//! Places in files, in the form in which the gateway carries them.

use crate::gateway::{Error, SourceDetail};
use crate::pb::ops::{Position, Range, SourceInfo};
use crate::source::LineRange;

/// `error` with a place in a file as its outermost layer.
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
