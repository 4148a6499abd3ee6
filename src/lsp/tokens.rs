//! What each piece of a document is, for colours.

use gen_lsp_types::{SemanticToken, SemanticTokens};

use super::document::Document;
use super::names::{Role, Subject};
use super::text::number;
use crate::source::Span;
use crate::syntax::{BranchKind, TokenKind};

/// Kinds of tokens; their places are what goes over the wire.
pub(crate) const KINDS: [&str; 11] = [
    "keyword",
    "comment",
    "macro",
    "parameter",
    "string",
    "variable",
    "operator",
    "class",
    "namespace",
    "property",
    "label",
];

/// What modifies them.
pub(crate) const MODIFIERS: [&str; 1] = ["declaration"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Keyword,
    Comment,
    Macro,
    Parameter,
    String,
    Variable,
    Operator,
    Class,
    Namespace,
    Property,
    Label,
}

/// All tokens, or those that touch a span.
pub(crate) fn tokens(document: &Document, within: Option<Span>) -> SemanticTokens {
    let mut painter = Painter {
        document,
        line: 0,
        column: 0,
        data: Vec::new(),
    };
    let kinds = argument_kinds(document);
    let mut kinds = kinds.iter().peekable();
    let mut names = document.names().all().iter().peekable();
    for token in document.tree().tokens() {
        let span = token.span;
        let touches = within.is_none_or(|it| span.start < it.end && it.start < span.end);
        if !touches {
            continue;
        }
        let plain = match token.kind {
            TokenKind::Keyword => Some(Kind::Keyword),
            TokenKind::Comment => Some(Kind::Comment),
            TokenKind::Directive => Some(Kind::Macro),
            TokenKind::Flag => Some(Kind::Parameter),
            TokenKind::Continuation | TokenKind::Punctuation => Some(Kind::Operator),
            TokenKind::HeredocBody => Some(Kind::String),
            TokenKind::HeredocTerminator => Some(Kind::Label),
            TokenKind::FlagValue => Some(Kind::String),
            TokenKind::Argument => {
                while kinds.next_if(|(it, _)| it.end <= span.start).is_some() {}
                kinds
                    .peek()
                    .filter(|(it, _)| it.contains(span))
                    .map(|(_, kind)| *kind)
            }
            _ => None,
        };
        // Names lie inside of arguments.
        let mut at = span.start;
        while names.next_if(|it| it.span.end <= span.start).is_some() {}
        while let Some(name) = names.next_if(|it| it.span.start < span.end) {
            let inner = Span::new(name.span.start.max(at), name.span.end.min(span.end));
            if inner.start >= inner.end {
                continue;
            }
            painter.paint(plain, Span::new(at, inner.start), false);
            let kind = match name.subject {
                Subject::Stage(_) => Kind::Class,
                Subject::Variable(_) => Kind::Variable,
            };
            painter.paint(Some(kind), inner, name.role == Role::Definition);
            at = inner.end;
        }
        painter.paint(plain, Span::new(at, span.end), false);
    }
    SemanticTokens {
        result_id: None,
        data: painter.data,
    }
}

/// What arguments are that are more than plain text: images, words of the language, keys, strings.
fn argument_kinds(document: &Document) -> Vec<(Span, Kind)> {
    let tree = document.tree();
    let mut kinds = Vec::new();
    let mut from_arguments = 0;
    let mut keyword = "";
    for branch in tree.branches() {
        match branch.kind {
            BranchKind::Keyword => {
                keyword = document.text().get(branch.span);
                from_arguments = 0;
            }
            BranchKind::Argument if keyword.eq_ignore_ascii_case("FROM") => {
                from_arguments += 1;
                kinds.push((
                    branch.span,
                    match from_arguments {
                        1 => Kind::Namespace,
                        2 => Kind::Keyword,
                        _ => Kind::Class,
                    },
                ));
            }
            BranchKind::Argument
                if keyword.eq_ignore_ascii_case("HEALTHCHECK")
                    && ["CMD", "NONE"].iter().any(|word| {
                        document.text().get(branch.span).eq_ignore_ascii_case(word)
                    }) =>
            {
                kinds.push((branch.span, Kind::Keyword));
            }
            BranchKind::Argument => {
                let text = document.text().get(branch.span);
                if text.starts_with(['"', '\'']) {
                    kinds.push((branch.span, Kind::String));
                } else if text.starts_with("<<") {
                    kinds.push((branch.span, Kind::Label));
                }
            }
            BranchKind::Key => kinds.push((branch.span, Kind::Property)),
            BranchKind::Value => kinds.push((branch.span, Kind::String)),
            _ => {}
        }
    }
    kinds
}

struct Painter<'d> {
    document: &'d Document,
    /// Line and column of the last token.
    line: u32,
    column: u32,
    data: Vec<SemanticToken>,
}

impl Painter<'_> {
    fn paint(&mut self, kind: Option<Kind>, span: Span, is_definition: bool) {
        let Some(kind) = kind else {
            return;
        };
        let text = self.document.text();
        // A token has one line.
        let mut start = span.start;
        for piece in text.get(span).split_inclusive('\n') {
            let content = piece.trim_end_matches(['\n', '\r']);
            if !content.is_empty() {
                self.token(kind, start, content, is_definition);
            }
            start = start.saturating_add(number(piece.len()));
        }
    }

    fn token(&mut self, kind: Kind, start: u32, content: &str, is_definition: bool) {
        let text = self.document.text();
        let position = text.position(super::text::index(start));
        let same_line = position.line == self.line;
        self.data.push(SemanticToken {
            delta_line: position.line - self.line,
            delta_start: match same_line {
                true => position.character.saturating_sub(self.column),
                false => position.character,
            },
            length: number(text.units(content)),
            token_type: kind as u32,
            token_modifiers_bitset: u32::from(is_definition),
        });
        (self.line, self.column) = (position.line, position.character);
    }
}
