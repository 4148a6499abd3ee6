//! The outline of a Dockerfile: symbols, what can be folded, and what is selected from the inside out.

use gen_lsp_types::{
    DocumentSymbol, FoldingRange, FoldingRangeKind, Position, SelectionRange, SymbolKind,
};

use super::document::Document;
use super::text::number;
use crate::source::Span;
use crate::syntax::{ArgInstruction, BranchKind, Instruction, Stage, TokenKind};

/// Longest text beside a symbol, in characters.
const MOST: usize = 60;

/// Directives, global arguments and stages; in a stage, its instructions.
pub(crate) fn symbols(document: &Document) -> Vec<DocumentSymbol> {
    let dockerfile = document.dockerfile();
    let directives = dockerfile.directives.iter().map(|directive| {
        let (name, detail) = (directive.kind.as_str(), directive.value.as_str());
        symbol(document, name, detail, SymbolKind::Property, directive.span)
    });
    let args = dockerfile.meta_args.iter();
    let args = args.flat_map(|arg| arg_symbols(document, arg));
    let stages = dockerfile
        .stages
        .iter()
        .enumerate()
        .map(|(index, stage)| stage_symbol(document, index, stage));
    directives.chain(args).chain(stages).collect()
}

fn stage_symbol(document: &Document, index: usize, stage: &Stage) -> DocumentSymbol {
    let end = stage.instructions.last().map(|last| last.meta().span.end);
    let span = Span::new(
        stage.meta.span.start,
        end.unwrap_or(stage.meta.span.end).max(stage.meta.span.end),
    );
    let written = stage.written_name.as_ref();
    let name = match written {
        Some(name) => name.as_str().to_owned(),
        None => index.to_string(),
    };
    let base = stage.base_name.as_str();
    let selected = written.map_or(stage.base_name.span, |name| name.span);
    let instructions = stage.instructions.iter();
    let children = instructions.flat_map(|it| instruction_symbols(document, it));
    DocumentSymbol {
        selection_range: document.text().range(selected),
        children: Some(children.collect()),
        ..symbol(document, &name, base, SymbolKind::Class, span)
    }
}

fn instruction_symbols(document: &Document, instruction: &Instruction) -> Vec<DocumentSymbol> {
    match instruction {
        Instruction::Arg(arg) => arg_symbols(document, arg),
        Instruction::Env(env) => env
            .pairs
            .iter()
            .map(|pair| {
                let span = whole(pair.key.span, Some(pair.value.span));
                let (name, value) = (pair.key.as_str(), pair.value.as_str());
                symbol(document, name, value, SymbolKind::Variable, span)
            })
            .collect(),
        other => {
            let meta = other.meta();
            let args = document.text().get(meta.args);
            let one = symbol(document, other.name(), args, SymbolKind::Method, meta.span);
            vec![DocumentSymbol {
                selection_range: document.text().range(meta.keyword.span),
                ..one
            }]
        }
    }
}

fn arg_symbols(document: &Document, arg: &ArgInstruction) -> Vec<DocumentSymbol> {
    let args = arg.args.iter().map(|arg| {
        let value = arg.value.as_ref();
        let span = whole(arg.key.span, value.map(|value| value.span));
        let shown = value.map_or("", |value| value.as_str());
        symbol(
            document,
            arg.key.as_str(),
            shown,
            SymbolKind::Constant,
            span,
        )
    });
    args.collect()
}

fn whole(key: Span, value: Option<Span>) -> Span {
    Span::new(key.start, value.map_or(key.end, |it| it.end.max(key.end)))
}

fn symbol(
    document: &Document,
    name: &str,
    detail: &str,
    kind: SymbolKind,
    span: Span,
) -> DocumentSymbol {
    let line = detail.lines().next().unwrap_or_default();
    let detail: String = line.chars().take(MOST).collect();
    let range = document.text().range(span);
    DocumentSymbol {
        // The protocol wants one.
        name: match name.is_empty() {
            true => "\"\"".to_owned(),
            false => name.to_owned(),
        },
        detail: (!detail.is_empty()).then_some(detail),
        kind,
        tags: None,
        #[expect(deprecated, reason = "a field of the protocol")]
        deprecated: None,
        range,
        selection_range: range,
        children: None,
    }
}

/// Stages, instructions of several lines, heredocs, and comments below each other.
pub(crate) fn folding_ranges(document: &Document) -> Vec<FoldingRange> {
    let mut folds = Vec::new();
    let mut add = |span: Span, kind: Option<FoldingRangeKind>| {
        let text = document.text();
        let start = text.line_of(span.start);
        // The last byte counts, not the line that begins behind it.
        let end = text.line_of(span.end.saturating_sub(1).max(span.start));
        if end > start {
            folds.push(FoldingRange {
                start_line: number(start),
                end_line: number(end),
                kind,
                ..FoldingRange::default()
            });
        }
    };
    let stages = &document.dockerfile().stages;
    for stage in stages {
        if let Some(last) = stage.instructions.last() {
            add(Span::new(stage.meta.span.start, last.meta().span.end), None);
        }
    }
    for branch in document.tree().branches() {
        let is_outer = branch.parent == Some(0);
        match branch.kind {
            BranchKind::Instruction if is_outer => add(branch.span, None),
            BranchKind::Heredoc => add(branch.span, None),
            _ => {}
        }
    }
    let mut block: Option<Span> = None;
    for token in document.tree().tokens() {
        match (token.kind, &mut block) {
            (TokenKind::Comment, None) => block = Some(token.span),
            (TokenKind::Comment, Some(block)) => block.end = token.span.end,
            (TokenKind::LineEnd, Some(block))
                if document.text().get(token.span).matches('\n').count() == 1
                    && block.end == token.span.start => {}
            (TokenKind::Space, Some(_)) => {}
            (_, block) => {
                if let Some(span) = block.take() {
                    add(span, Some(FoldingRangeKind::Comment));
                }
            }
        }
    }
    if let Some(span) = block {
        add(span, Some(FoldingRangeKind::Comment));
    }
    folds.sort_by_key(|fold| (fold.start_line, std::cmp::Reverse(fold.end_line)));
    folds.dedup_by_key(|fold| (fold.start_line, fold.end_line));
    folds
}

/// From the token at a position to the whole file, each in the next.
pub(crate) fn selection_range(document: &Document, position: Position) -> SelectionRange {
    let offset = document.text().at(position);
    let tree = document.tree();
    let holds = |span: Span| span.start <= offset && offset <= span.end;
    let branches = tree.branches().iter().map(|branch| branch.span);
    let mut spans: Vec<Span> = branches.filter(|span| holds(*span)).collect();
    let mut tokens = tree.tokens().iter().map(|token| token.span);
    spans.extend(tokens.rfind(|span| holds(*span)));
    spans.sort_by_key(|span| std::cmp::Reverse((span.range().len(), span.start)));
    // Each must lie within the one before.
    let mut parent: Option<(Span, SelectionRange)> = None;
    for span in spans {
        if parent
            .as_ref()
            .is_some_and(|(outer, _)| *outer == span || !outer.contains(span))
        {
            continue;
        }
        let range = SelectionRange {
            range: document.text().range(span),
            parent: parent.map(|(_, parent)| Box::new(parent)),
        };
        parent = Some((span, range));
    }
    parent.map_or_else(SelectionRange::default, |(_, range)| range)
}
