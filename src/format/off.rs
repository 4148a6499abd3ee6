//! Parts of a file that comments ask to leave alone.

use super::lines::{Owned, Owner};
use crate::source::Span;
use crate::syntax::{self, TokenKind, Tree};

/// From the line of each `# fmt: off` to that of the next `# fmt: on`, or to the end of the file.
pub(crate) fn off(source: &[u8]) -> Vec<Span> {
    spans(source, &syntax::tree(source))
}

/// The same with the tree at hand. Comments within an instruction mean nothing here.
pub(super) fn spans(source: &[u8], tree: &Tree) -> Vec<Span> {
    let owned = Owned::new(tree);
    let mut spans = Vec::new();
    let mut start = None;
    let mut line = 0;
    for (index, token) in tree.tokens().iter().enumerate() {
        if token.kind == TokenKind::LineEnd {
            line = token.span.end;
        }
        if token.kind != TokenKind::Comment || owned.owner(index) != Owner::File {
            continue;
        }
        match (asks(token.span.of(source)), start) {
            (Some(false), None) => start = Some(line),
            (Some(true), Some(from)) => {
                spans.push(Span::new(from, token.span.end));
                start = None;
            }
            _ => {}
        }
    }
    let end = tree.tokens().last().map_or(0, |token| token.span.end);
    spans.extend(start.map(|from| Span::new(from, end)));
    spans
}

/// Whether a comment asks for the layout, or not to touch it.
fn asks(comment: &[u8]) -> Option<bool> {
    let words = comment.strip_prefix(b"#")?.trim_ascii();
    let word = words.strip_prefix(b"fmt:")?.trim_ascii();
    match word {
        b"on" => Some(true),
        b"off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::format;

    #[test]
    fn nothing_changes_between_off_and_on() {
        let text = b"from  a\n# fmt: off\nrun   x\n\n\n\nrun [\"a\",\"b\"]  \n#fmt:on\nrun  y\n";
        let formatted = format(text).unwrap();
        assert_eq!(
            String::from_utf8(formatted).unwrap(),
            "FROM a\n# fmt: off\nrun   x\n\n\n\nrun [\"a\",\"b\"]  \n#fmt:on\nRUN y\n"
        );
        let to_the_end = b"FROM a\n# fmt: off\nrun  x\n\n\n";
        assert_eq!(format(to_the_end).unwrap(), to_the_end);
        // A comment of a command is none of the file.
        let inside = b"from a\nrun x \\\n# fmt: off\n  y\nrun  z\n";
        assert!(format(inside).unwrap().ends_with(b"RUN z\n"));
    }
}
