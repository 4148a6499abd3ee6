//! What stands before the cursor: the instruction, cut there and read again, so that a line that is only half there is what
//! the parser makes of it.

use super::document::Document;
use super::text::number;
use crate::source::{Escape, Span};
use crate::syntax::{self, BranchKind, TokenKind, vocabulary};

/// What is typed at the cursor. Spans are what a completion replaces; they end at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The word of an instruction; of the one in `ONBUILD` as well.
    Keyword(Span),
    /// A comment from its `#` on.
    Comment(Span),
    /// `--name` of a flag.
    Flag {
        instruction: &'static str,
        word: Span,
    },
    /// The value of a flag.
    Value {
        instruction: &'static str,
        flag: String,
        word: Span,
    },
    /// An argument, by its number from zero; also whether flags may still come.
    Argument {
        instruction: &'static str,
        number: usize,
        word: Span,
        may_be_flag: bool,
    },
    /// Text of a heredoc.
    Heredoc { word: Span },
}

/// Reads what is typed at an offset.
pub(super) fn typed(document: &Document, offset: u32) -> Option<Typed> {
    let start = start(document, offset);
    let source = Span::new(start, offset).of(document.bytes());
    // What is cut off at the front is the escape token.
    let escape = document.dockerfile().escape;
    let head: &[u8] = match escape {
        Escape::Backslash => b"",
        Escape::Backtick => b"#escape=`\n",
    };
    let text = [head, source].concat();
    let shift = start.wrapping_sub(number(head.len()));
    let moved =
        |span: Span| Span::new(span.start.wrapping_add(shift), span.end.wrapping_add(shift));
    let tree = syntax::tree(&text);
    let end = number(text.len());
    let here = Span::new(end, end);
    let tokens = tree.tokens();
    let Some(last) = tokens.last() else {
        return Some(Typed::Keyword(moved(here)));
    };
    match last.kind {
        TokenKind::Comment | TokenKind::Directive => return Some(Typed::Comment(moved(last.span))),
        TokenKind::HeredocBody => {
            return Some(Typed::Heredoc {
                word: moved(tail(&text, last.span.start)),
            });
        }
        _ => {}
    }
    // A line end that joins nothing ends the instruction.
    let meaning = tokens
        .iter()
        .rev()
        .find(|token| token.kind != TokenKind::Space);
    let before_end = tokens.iter().rev().skip_while(|token| {
        matches!(
            token.kind,
            TokenKind::Space | TokenKind::LineEnd | TokenKind::Comment
        )
    });
    let is_joined = before_end
        .clone()
        .next()
        .is_some_and(|token| token.kind == TokenKind::Continuation);
    let is_new = match meaning.map(|token| token.kind) {
        None => true,
        Some(TokenKind::LineEnd | TokenKind::Comment | TokenKind::HeredocTerminator) => !is_joined,
        Some(_) => false,
    };
    if is_new {
        return Some(Typed::Keyword(moved(here)));
    }
    // The innermost instruction.
    let (index, _) = tree
        .branches()
        .iter()
        .enumerate()
        .rfind(|(_, it)| it.kind == BranchKind::Instruction)?;
    let parts: Vec<_> = tree
        .branches_of(index)
        .filter_map(|at| Some((at, tree.branches().get(at)?)))
        .collect();
    let keyword = parts
        .iter()
        .find(|(_, it)| it.kind == BranchKind::Keyword)?;
    let written = std::str::from_utf8(keyword.1.span.of(&text)).ok()?;
    if keyword.1.span.end == end {
        return Some(Typed::Keyword(moved(keyword.1.span)));
    }
    let word = vocabulary::instruction(written)?;
    if word == "ONBUILD" {
        return Some(Typed::Keyword(moved(tail(&text, keyword.1.span.end))));
    }
    let flag = parts.iter().rfind(|(_, it)| it.kind == BranchKind::Flag);
    if let Some((at, flag)) = flag.filter(|(_, it)| it.span.end == end) {
        let value = tree.branches_of(*at).next();
        let value = value.and_then(|at| tree.branches().get(at));
        return Some(match value {
            Some(value) => Typed::Value {
                instruction: word,
                flag: flag_name(&text, flag.span),
                word: moved(value.span),
            },
            None => Typed::Flag {
                instruction: word,
                word: moved(flag.span),
            },
        });
    }
    let word_span = tail(&text, keyword.1.span.end);
    let typed = word_span.of(&text);
    let after_flags = flag.map_or(keyword.1.span.end, |(_, flag)| flag.span.end);
    let between = Span::new(after_flags, word_span.start);
    let is_first = words_in(&text, between, escape) == 0;
    if is_first && typed.starts_with(b"--") {
        return Some(Typed::Flag {
            instruction: word,
            word: moved(word_span),
        });
    }
    Some(Typed::Argument {
        instruction: word,
        number: words_in(&text, between, escape),
        word: moved(word_span),
        may_be_flag: is_first && (typed.is_empty() || typed == b"-"),
    })
}

/// Where the instruction begins that an offset is in or behind.
fn start(document: &Document, offset: u32) -> u32 {
    let line_start = |at: u32| {
        let line = document.text().line_of(at);
        document
            .text()
            .line(line)
            .map_or(0, |(start, _)| number(start))
    };
    match document.instruction_at(offset) {
        Some((_, it)) => line_start(it.span.start),
        None => 0,
    }
}

/// The word that a text ends in, from `from` on.
fn tail(text: &[u8], from: u32) -> Span {
    let end = number(text.len());
    let bytes = Span::new(from, end).of(text);
    let length = bytes
        .iter()
        .rev()
        .take_while(|byte| !byte.is_ascii_whitespace())
        .count();
    Span::new(end.saturating_sub(number(length)), end)
}

/// How many words stand in a span: what joins lines and comments between them are none.
fn words_in(text: &[u8], span: Span, escape: Escape) -> usize {
    let joined = syntax::join(text, span, escape).map_or_else(Vec::new, |(joined, _)| joined);
    let words = joined.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty()).count()
}

fn flag_name(text: &[u8], flag: Span) -> String {
    let written = String::from_utf8_lossy(flag.of(text)).into_owned();
    let name = written.trim_start_matches('-');
    name.split('=').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::Encoding;

    /// What is typed at the end of a text, and its word.
    fn at_end(text: &str) -> (String, String) {
        let document = Document::new(text.to_owned(), 1, Encoding::Utf8);
        let typed = typed(&document, number(text.len())).unwrap();
        let (name, span) = match typed {
            Typed::Keyword(span) => ("keyword".to_owned(), span),
            Typed::Comment(span) => ("comment".to_owned(), span),
            Typed::Flag { instruction, word } => (format!("{instruction} flag"), word),
            Typed::Value {
                instruction,
                flag,
                word,
            } => (format!("{instruction} {flag}"), word),
            Typed::Argument {
                instruction,
                number,
                word,
                may_be_flag,
            } => (
                format!(
                    "{instruction} {number}{}",
                    if may_be_flag { " or flag" } else { "" }
                ),
                word,
            ),
            Typed::Heredoc { word } => ("heredoc".to_owned(), word),
        };
        (name, document.text().get(span).to_owned())
    }

    #[test]
    fn half_an_instruction_is_what_the_parser_makes_of_it() {
        for (text, name, word) in [
            ("", "keyword", ""),
            ("FR", "keyword", "FR"),
            ("FROM a\n", "keyword", ""),
            ("FROM a\n  ", "keyword", ""),
            ("FROM a\n# x", "comment", "# x"),
            ("#", "comment", "#"),
            ("FROM ", "FROM 0 or flag", ""),
            ("FROM a", "FROM 0", "a"),
            ("FROM a ", "FROM 1", ""),
            ("FROM --platform=$B a A", "FROM 1", "A"),
            ("FROM -", "FROM 0 or flag", "-"),
            ("FROM --", "FROM flag", "--"),
            ("FROM --pl", "FROM flag", "--pl"),
            ("FROM --platform=", "FROM platform", ""),
            ("RUN --mount=type=ca", "RUN mount", "type=ca"),
            ("RUN --network=none --", "RUN flag", "--"),
            ("RUN --network=none \\\n  --mo", "RUN flag", "--mo"),
            ("RUN a \\\n", "RUN 1", ""),
            ("RUN a \\\n# c\n b", "RUN 1", "b"),
            ("COPY --from=b", "COPY from", "b"),
            ("ENV A=$", "ENV 0", "A=$"),
            ("ONBUILD ", "keyword", ""),
            ("ONBUILD CO", "keyword", "CO"),
            ("ONBUILD COPY --fr", "COPY flag", "--fr"),
            ("RUN <<E\na $b", "heredoc", "$b"),
            ("RUN <<E\na\nE\n", "keyword", ""),
            ("# escape=`\nFROM a\nRUN b `\n --c", "RUN 1", "--c"),
        ] {
            assert_eq!(at_end(text), (name.to_owned(), word.to_owned()), "{text:?}");
        }
    }
}
