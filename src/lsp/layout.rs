//! The usual layout as edits: of all of a document, of some of its lines, and while it is typed.

use gen_lsp_types::{Position, Range, TextEdit};

use super::document::Document;
use crate::format;
use crate::source::{Edit, Span, apply};

/// What gives a document the usual layout; none where it has an error.
pub(crate) fn format(document: &Document) -> Vec<TextEdit> {
    match format::format(document.bytes()) {
        Ok(formatted) if formatted != document.bytes() => {
            edits(document, format::edits(document.bytes()))
        }
        _ => Vec::new(),
    }
}

/// The part of it that lies in the lines of a range. Where it would mean something else without the rest, none of it.
pub(crate) fn format_range(document: &Document, range: Range) -> Vec<TextEdit> {
    if format::format(document.bytes()).is_err() {
        return Vec::new();
    }
    let text = document.text();
    let lines = text.line_of(text.at(range.start))..=text.line_of(text.at(range.end));
    let inside = |edit: &Edit| {
        lines.contains(&text.line_of(edit.span.start))
            && lines.contains(&text.line_of(edit.span.end))
    };
    let chosen: Vec<Edit> = format::edits(document.bytes())
        .into_iter()
        .filter(inside)
        .collect();
    let changed = apply(document.bytes(), chosen.iter().cloned()).bytes;
    // Both files must come to the same in the end.
    match (format::format(&changed), format::format(document.bytes())) {
        (Ok(one), Ok(other)) if one == other => edits(document, chosen),
        _ => Vec::new(),
    }
}

/// What a new line asks for: the usual layout of the line above, and where that goes on, blanks in front of this one.
pub(crate) fn format_new_line(
    document: &Document,
    position: Position,
    indent: &str,
) -> Vec<TextEdit> {
    let Some(above) = position.line.checked_sub(1) else {
        return Vec::new();
    };
    let text = document.text();
    let line = |line: u32| text.line(super::text::index(line));
    let (Some((_, before)), Some((start, here))) = (line(above), line(position.line)) else {
        return Vec::new();
    };
    let escape = document.dockerfile().escape.char();
    if before.trim_end().ends_with(escape) && here.is_empty() {
        let indented = before.len() - before.trim_start().len();
        let blanks = match before.get(..indented) {
            Some(blanks) if !blanks.is_empty() => blanks,
            _ => indent,
        };
        let at = super::text::number(start);
        return edits(document, vec![Edit::insert(at, blanks)]);
    }
    let start = Position {
        line: above,
        character: 0,
    };
    let end = Position {
        line: above,
        character: u32::MAX,
    };
    format_range(document, Range { start, end })
}

/// Edits as the protocol has them.
pub(super) fn edits(document: &Document, edits: Vec<Edit>) -> Vec<TextEdit> {
    let edits = edits.into_iter().map(|edit| TextEdit {
        range: document.text().range(edit.span),
        new_text: String::from_utf8_lossy(&edit.text).into_owned(),
    });
    edits.collect()
}

/// What makes `changed` of a document: one edit of what lies between equal ends.
pub(crate) fn difference(document: &Document, changed: &[u8]) -> Vec<TextEdit> {
    let old = document.bytes();
    if old == changed {
        return Vec::new();
    }
    let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(changed)) else {
        return Vec::new();
    };
    // Whole lines, so that no character and no line end is cut.
    let head: usize = (old.split_inclusive('\n').zip(new.split_inclusive('\n')))
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len())
        .sum();
    let (old_rest, new_rest) = (
        old.get(head..).unwrap_or_default(),
        new.get(head..).unwrap_or_default(),
    );
    let tail: usize = (old_rest.split_inclusive('\n').rev())
        .zip(new_rest.split_inclusive('\n').rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len())
        .sum();
    let end = |text: &str| text.len().saturating_sub(tail);
    let span = Span::new(
        super::text::number(head),
        super::text::number(head + end(old_rest)),
    );
    let middle = new_rest.get(..end(new_rest)).unwrap_or_default();
    edits(document, vec![Edit::replace(span, middle)])
}
