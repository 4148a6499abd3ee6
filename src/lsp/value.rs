//! What a variable is worth at a place: what a label there would be, so that it is the compiler who tells.

use super::document::Document;
use super::workspace::Compile;
use crate::source::Span;
use crate::syntax::BranchKind;

/// The label that is read.
const LABEL: &str = "rdf.value";

/// The value of a variable at an offset: for a place in an instruction, above it. `is_global` is for `FROM` lines and what
/// stands above them. `None` where the text has an error.
pub(super) fn value(
    document: &Document,
    offset: u32,
    name: &str,
    is_global: bool,
    compile: Compile<'_>,
) -> Option<String> {
    let cut = match is_global {
        true => globals_end(document, offset),
        false => offset,
    };
    let above = Span::new(0, cut).of(document.bytes());
    let tail = match is_global {
        true => format!("\nFROM scratch\nARG {name}\nLABEL {LABEL}=\"${{{name}}}\"\n"),
        false => format!("\nLABEL {LABEL}=\"${{{name}}}\"\n"),
    };
    let lowered = compile(&[above, tail.as_bytes()].concat(), false)?;
    lowered.image.config.labels.get(LABEL).cloned()
}

/// Where the arguments above the first stage end, those at or behind an offset left out.
fn globals_end(document: &Document, offset: u32) -> u32 {
    let mut end = 0;
    for (at, instruction) in document.instructions() {
        let mut parts = document.tree().branches_of(at);
        let keyword = parts.find_map(|at| {
            let part = document.tree().branches().get(at)?;
            (part.kind == BranchKind::Keyword).then_some(part.span)
        });
        let word = keyword.map_or("", |span| document.text().get(span));
        if !word.eq_ignore_ascii_case("ARG") || instruction.span.start >= offset {
            break;
        }
        end = instruction.span.end;
    }
    end
}
