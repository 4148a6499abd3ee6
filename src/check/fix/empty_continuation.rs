//! Empty lines within an instruction, taken out.

use super::{Fix, Item, Offer, Scene};
use crate::source::Edit;
use crate::source::Span;
use crate::syntax::LineWarningKind;

pub(super) fn offer(item: Item<'_>, scene: &Scene<'_>) -> Offer {
    let lines = item.meta().location;
    let warning = scene.index.dockerfile.warnings.iter().find(|warning| {
        let line = warning.location.start;
        warning.kind == LineWarningKind::EmptyContinuation
            && lines.start <= line
            && line <= lines.end
    });
    let span = warning.ok_or("the lines are not found")?.span;
    let edits: Vec<Edit> = empty_lines(scene.bytes, span).map(Edit::delete).collect();
    match edits.len() {
        0 => Err("the lines are not found".to_owned()),
        1 => Ok(Fix::new("take the empty line out", edits)),
        _ => Ok(Fix::new("take the empty lines out", edits)),
    }
}

/// The empty lines in a part of the file, each with its end.
pub(in crate::check) fn empty_lines(bytes: &[u8], span: Span) -> impl Iterator<Item = Span> {
    let place = |offset: u32| {
        usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(bytes.len())
    };
    let mut at = place(span.start);
    let end = place(span.end);
    std::iter::from_fn(move || {
        while at < end {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |feed| feed + 1);
            let line = rest.get(..length).unwrap_or_default();
            let start = at;
            at += length.max(1);
            if line.trim_ascii().is_empty() {
                let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                return Some(Span::new(number(start), number(start + length)));
            }
        }
        None
    })
}
