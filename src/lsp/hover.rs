//! What the editor shows about the word under the cursor.

use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind, Position};

use super::cursor::{self, Typed};
use super::document::Document;
use super::links;
use super::names::{Occurrence, Role, Subject};
use super::pins;
use super::text::number;
use super::value::value;
use super::words;
use super::workspace::{Compile, Workspace};
use crate::check::ErrorPage;
use crate::check::catalogue;
use crate::source::Span;
use crate::syntax::{BranchKind, TokenKind, vocabulary};

/// Longest value that is shown, in characters.
const MOST: usize = 400;

/// What is known about the word at a position.
pub(crate) fn hover(
    document: &Document,
    position: Position,
    workspace: &Workspace,
    compile: Compile<'_>,
) -> Option<Hover> {
    let offset = document.text().at(position);
    let (span, text) = name(document, offset, workspace, compile)
        .or_else(|| image(document, offset, workspace, compile))
        .or_else(|| word(document, offset))?;
    Some(Hover {
        contents: Contents::MarkupContent(MarkupContent {
            kind: MarkupKind::Markdown,
            value: text,
        }),
        range: Some(document.text().range(span)),
    })
}

/// A code span, whatever is in it.
fn code(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MOST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    match shown.contains('`') {
        true => format!("`` {shown} ``"),
        false => format!("`{shown}`"),
    }
}

fn block(text: &str) -> String {
    format!("```dockerfile\n{}\n```", text.replace("```", "` ` `"))
}

fn name(
    document: &Document,
    offset: u32,
    workspace: &Workspace,
    compile: Compile<'_>,
) -> Option<(Span, String)> {
    let found = document.names().at(offset)?;
    let text = match found.subject {
        Subject::Stage(index) => stage(document, index)?,
        Subject::Variable(_) => variable(document, found, workspace, compile),
    };
    Some((found.span, text))
}

fn stage(document: &Document, index: usize) -> Option<String> {
    let stage = document.names().stages().get(index)?;
    let mut text = block(document.text().get(stage.from));
    let stages = &document.dockerfile().stages;
    let ast = stages.iter().find(|it| it.meta.span == stage.from);
    if let Some(comment) = ast.and_then(|it| it.doc_comment.as_ref()) {
        text.push_str(&format!("\n\n{}", comment.as_str()));
    }
    text.push_str(&format!("\n\nStage {index}, counted from 0."));
    Some(text)
}

fn variable(
    document: &Document,
    found: &Occurrence,
    workspace: &Workspace,
    compile: Compile<'_>,
) -> String {
    let names = document.names();
    let name = names.name(found.subject);
    let definition = names.definition(found);
    let instruction = |offset| document.instruction_at(offset).map(|(_, it)| it.span);
    // A definition has its value behind it, a use what stands above.
    let own = instruction(found.span.start).unwrap_or(found.span);
    let at = match found.role {
        Role::Definition => own.end,
        _ => own.start,
    };
    let worth = value(document, at, name, found.scope == 0, compile);
    let mut text = match &worth {
        Some(value) if value.is_empty() => format!("{} is empty or not set", code(name)),
        Some(value) => format!("{} = {}", code(name), code(value)),
        None => code(name),
    };
    if worth.is_some() && !workspace.build.is_empty() {
        text.push_str(&format!(" ({})", workspace.build));
    }
    if let Some(definition) = definition.and_then(|it| instruction(it.span.start)) {
        let line = document.text().line_of(definition.start) + 1;
        let written = document.text().get(definition);
        text.push_str(&format!("\n\n{}\n\nLine {line}.", block(written)));
    } else if let Some(about) = words::predefined(name) {
        text.push_str(&format!("\n\n{about}"));
    }
    let global = document.dockerfile().meta_args.iter();
    let comments = global
        .flat_map(|arg| &arg.args)
        .filter(|arg| arg.key.as_str() == name);
    for comment in comments.filter_map(|arg| arg.doc_comment.as_ref()) {
        text.push_str(&format!("\n\n{}", comment.as_str()));
    }
    text
}

/// An image, and what the lock says about it.
fn image(
    document: &Document,
    offset: u32,
    workspace: &Workspace,
    compile: Compile<'_>,
) -> Option<(Span, String)> {
    let place = links::images(document)
        .into_iter()
        .find(|it| it.span.start <= offset && offset <= it.span.end)?;
    let lowered = compile(document.bytes(), true);
    let uses = lowered
        .as_ref()
        .map(|lowered| lowered.image_uses.as_slice());
    let resolved = uses
        .unwrap_or_default()
        .iter()
        .find(|it| it.span == Some(place.span));
    let reference = match resolved {
        Some(found) => found.reference.clone(),
        None => place.reference()?,
    };
    let mut text = code(&super::workspace::familiar(&reference));
    match pins::pin(workspace, &reference) {
        Some((key, pin)) => text.push_str(&pins::about(workspace, key, pin)),
        None if workspace.lock.is_some() => text.push_str("\n\nThis image is not in the lock."),
        None => {}
    }
    if let Some(address) = links::address(&reference) {
        text.push_str(&format!("\n\n[{address}]({address})"));
    }
    Some((place.span, text))
}

/// A word of the language.
fn word(document: &Document, offset: u32) -> Option<(Span, String)> {
    let tree = document.tree();
    let token = tree
        .tokens()
        .iter()
        .find(|it| it.span.start <= offset && offset < it.span.end)?;
    let text = document.text().get(token.span);
    match token.kind {
        TokenKind::Keyword => {
            let name = vocabulary::instruction(text)?;
            let word = words::instruction(name)?;
            let forms = word.forms.iter().map(|form| word.written(form));
            let forms = block(&forms.collect::<Vec<_>>().join("\n"));
            let page = format!(
                "https://docs.docker.com/reference/dockerfile/#{}",
                name.to_ascii_lowercase()
            );
            let text = format!("{forms}\n\n{}\n\n[Reference]({page})", word.about);
            Some((token.span, text))
        }
        TokenKind::Flag => {
            let name = text.trim_start_matches('-');
            let about = words::flag(owner(document, token.span)?, name);
            (!about.is_empty()).then(|| (token.span, format!("{}\n\n{about}", code(text))))
        }
        TokenKind::FlagValue => mount_option(document, token.span, offset),
        TokenKind::Directive => {
            let name = text.trim_start_matches('#').split('=').next()?.trim();
            let about = words::directive(&name.to_ascii_lowercase());
            rule(document, token.span, offset)
                .or_else(|| (!about.is_empty()).then(|| (token.span, about.to_owned())))
        }
        TokenKind::Comment => rule(document, token.span, offset),
        _ => None,
    }
}

/// The instruction that bytes belong to, in upper case.
fn owner(document: &Document, span: Span) -> Option<&'static str> {
    let branches = document.tree().branches();
    let mut keywords = branches.iter().filter(|it| it.kind == BranchKind::Keyword);
    let last = keywords.rfind(|it| it.span.start < span.start)?;
    vocabulary::instruction(document.text().get(last.span))
}

fn mount_option(document: &Document, span: Span, offset: u32) -> Option<(Span, String)> {
    let before = Span::new(span.start, offset);
    let Some(Typed::Value {
        instruction: "RUN", ..
    }) = cursor::typed(document, span.end)
    else {
        return None;
    };
    let start = document
        .text()
        .get(before)
        .rfind(',')
        .map_or(0, |at| at + 1);
    let start = span.start + number(start);
    let rest = document.text().get(Span::new(start, span.end));
    let option = rest.split(['=', ',']).next()?;
    let about = words::mount_option(&option.to_ascii_lowercase());
    let place = Span::new(start, start + number(option.len()));
    (!about.is_empty()).then(|| (place, format!("{}\n\n{about}", code(option))))
}

/// The page of the rule or error whose name is at an offset of a comment.
fn rule(document: &Document, span: Span, offset: u32) -> Option<(Span, String)> {
    let text = document.text().get(span);
    let at = usize::try_from(offset.checked_sub(span.start)?).ok()?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let before = text.get(..at)?;
    let after = text.get(at..)?;
    let start = at - before.len() + before.trim_end_matches(is_part).len();
    let end = text.len() - after.trim_start_matches(is_part).len();
    let name = text.get(start..end)?;
    let page = match catalogue::find(name) {
        Some(entry) => entry.page(),
        None => ErrorPage::find(name)?.page.to_owned(),
    };
    let place = Span::new(span.start + number(start), span.start + number(end));
    Some((place, page))
}
