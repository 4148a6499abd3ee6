//! The tidy style: what [`format`](crate::format::format()) does, and what a reader wants besides though the build
//! changes with it. Layout of `RUN` lines, `ENV name=value`, comments; a command stays the same to its shell.
//!
//! ```text
//! bytes -> usual layout -> pairs (a fix of a rule) -> edits of RUN and comments -> usual layout
//!                                                     the same commands, or nothing is done
//! ```

mod run;
mod text;

use super::fix::attempt;
use super::{CheckInput, Selection, Settings, check_all};
use crate::format::{self, FormatError};
use crate::lint::{Fix, rules::legacy_key_value_format};
use crate::source::{Edit, Escape, Span, apply};
use crate::syntax::{
    Dockerfile, Instruction, RunInstruction, Token, TokenKind, Tree, parse_with_tree,
};
use run::{Line, Written};

/// Shells whose texts are looked into.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// Gives a file, which is called `name`, the tidy style. Steps may lose their cache. Doing it twice is doing it once.
///
/// # Errors
///
/// [`FormatError::Rejected`] for a file that does not parse.
pub fn tidy(name: &str, bytes: &[u8], settings: &Settings) -> Result<Vec<u8>, FormatError> {
    let usual = format::format(bytes)?;
    let around = CheckInput::new(name, Selection::new(&Selection::usual(), &[]));
    let paired = pairs(usual, settings, &around);
    let (parsed, tree) = parse_with_tree(&paired);
    let changes = changes(&paired, &parsed.dockerfile, &tree);
    if changes.is_empty() {
        return Ok(paired);
    }
    let tidied = format::format(&apply(&paired, changes).bytes)?;
    let (again, other) = parse_with_tree(&tidied);
    let is_same = facts(&parsed.dockerfile) == facts(&again.dockerfile)
        && comments(&paired, &tree) == comments(&tidied, &other);
    match is_same {
        true => Ok(tidied),
        false => Err(FormatError::Meaning),
    }
}

/// Writes `name=value` in the place of `name value`, where the build stays the same.
fn pairs(bytes: Vec<u8>, settings: &Settings, around: &CheckInput) -> Vec<u8> {
    let rule = &legacy_key_value_format::RULE;
    let checked = check_all(&bytes, settings, around);
    let off = format::off(&bytes);
    let is_off = |fix: &Fix| {
        let mut spans = fix.edits.iter().map(|edit| edit.span);
        spans.any(|span| {
            off.iter()
                .any(|off| off.start <= span.start && span.end <= off.end)
        })
    };
    let fixes = checked.problems.iter();
    let fixes = fixes.filter(|problem| problem.rule.is_some_and(|it| std::ptr::eq(it, rule)));
    let fixes = fixes.filter_map(|problem| problem.fix.as_ref());
    let fixes: Vec<&Fix> = fixes.filter(|fix| !is_off(fix)).collect();
    if fixes.is_empty() || checked.has_errors() {
        return bytes;
    }
    match attempt(&bytes, &fixes, rule.name, &checked, settings, around) {
        Ok((changed, ..)) => changed,
        Err(_) => bytes,
    }
}

/// What a file says, as far as this style may not change it: each instruction by its keyword and text, that of a shell
/// by its words.
fn facts(dockerfile: &Dockerfile) -> Vec<(String, Vec<String>)> {
    let instructions = dockerfile
        .stages
        .iter()
        .flat_map(|stage| &stage.instructions);
    let instructions = dockerfile
        .meta_args
        .iter()
        .map(|arg| &arg.meta)
        .zip(std::iter::repeat(None))
        .chain(instructions.map(|it| (it.meta(), Some(it))));
    instructions
        .map(|(meta, instruction)| match instruction {
            Some(Instruction::Run(run)) if shell_text(run).is_some() => {
                let text = shell_text(run).unwrap_or_default();
                let mounts = run.mounts.iter().map(|mount| mount.as_str().to_owned());
                (
                    meta.keyword.as_str().to_owned(),
                    mounts.chain(run::sorted(text)).collect(),
                )
            }
            _ => (
                meta.keyword.as_str().to_owned(),
                vec![meta.code.as_str().to_owned()],
            ),
        })
        .collect()
}

/// The comments, without blanks at their ends.
fn comments<'b>(bytes: &'b [u8], tree: &Tree) -> Vec<&'b [u8]> {
    let comments = tree.tokens().iter();
    let comments = comments.filter(|token| token.kind == TokenKind::Comment);
    let text = |token: &Token| {
        token
            .span
            .of(bytes)
            .get(1..)
            .unwrap_or_default()
            .trim_ascii()
    };
    comments.map(text).collect()
}

/// The text that a `RUN` hands to a shell, if there is nothing else.
fn shell_text(run: &RunInstruction) -> Option<&str> {
    let is_text = run.command.shell && run.command.files.is_empty();
    let text = run.command.args.first().filter(|_| is_text)?;
    text.is_utf8().then(|| text.as_str())
}

/// The edits of comments and of `RUN`s, those in parts that are left alone not among them.
fn changes(bytes: &[u8], dockerfile: &Dockerfile, tree: &Tree) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut done: Vec<Span> = format::off(bytes);
    let by_shell = dockerfile
        .stages
        .iter()
        .flat_map(|stage| &stage.instructions);
    let by_shell = by_shell.filter_map(|it| match it {
        Instruction::Shell(shell) => Some(&shell.shell),
        _ => None,
    });
    let mut programs = by_shell.map(|shell| shell.first().map_or("", |it| it.as_str()));
    let is_known = programs.all(|program| {
        let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
        SHELLS.contains(&name)
    });
    let is_usual = dockerfile.escape == Escape::Backslash;
    if is_known && is_usual {
        for stage in &dockerfile.stages {
            for instruction in &stage.instructions {
                let Instruction::Run(run) = instruction else {
                    continue;
                };
                let Some(text) = run
                    .command
                    .args
                    .first()
                    .filter(|_| shell_text(run).is_some())
                else {
                    continue;
                };
                let is_off =
                    |span: &Span| span.start <= text.span.start && text.span.end <= span.end;
                if done.iter().any(is_off) {
                    continue;
                }
                if let Some(edit) = run_edit(bytes, tree, text.span, text.as_str()) {
                    done.push(edit.span);
                    edits.push(edit);
                }
            }
        }
    }
    let comments = tree.tokens().iter();
    for comment in comments.filter(|token| token.kind == TokenKind::Comment) {
        let is_done =
            |span: &Span| span.start <= comment.span.start && comment.span.end <= span.end;
        if !done.iter().any(is_done) && needs_blank(comment.span.of(bytes)) {
            edits.push(Edit::insert(comment.span.start + 1, " "));
        }
    }
    edits
}

/// `#text`, but no line of signs, no `#!`, and nothing that looks like a word to a program, as `#tool:option`.
fn needs_blank(comment: &[u8]) -> bool {
    let text = comment.get(1..).unwrap_or_default();
    let word = text
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    text.first().is_some_and(u8::is_ascii_alphanumeric) && !word.contains(&b':')
}

/// The edit of a shell's text at `span`; none if it is fine or has to stay as it is.
fn run_edit(bytes: &[u8], tree: &Tree, span: Span, text: &str) -> Option<Edit> {
    let first = tree
        .tokens()
        .partition_point(|token| token.span.start < span.start);
    let tokens = tree.tokens().get(first..).unwrap_or_default();
    let inside = tokens.iter().take_while(|token| token.span.end <= span.end);
    let (written, line_end) = read(bytes, inside)?;
    if written.joined() != text {
        return None;
    }
    let before = bytes.get(..span.range().start).unwrap_or_default();
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let lines = written.tidy(before.len() - line_start)?;
    let made = print(&lines, line_end);
    (made.as_bytes() != span.of(bytes)).then(|| Edit::replace(span, made))
}

/// Reads lines and comments; also gives how lines end. None if there is something else.
fn read<'t>(
    bytes: &[u8],
    tokens: impl Iterator<Item = &'t Token>,
) -> Option<(Written, &'static str)> {
    let mut written = Written::default();
    let mut line_end = "\n";
    let (mut text, mut is_over) = (String::new(), false);
    for token in tokens {
        let own = std::str::from_utf8(token.span.of(bytes)).ok()?;
        match token.kind {
            TokenKind::Argument => text.push_str(own),
            TokenKind::Space if is_over || own.trim().is_empty() && text.is_empty() => {}
            TokenKind::Space => text.push_str(own),
            TokenKind::Continuation => is_over = true,
            TokenKind::Comment => {
                // White space in front of a comment is not text.
                if !text.trim().is_empty() {
                    return None;
                }
                text.clear();
                written.rest.push(comment(own));
            }
            TokenKind::LineEnd => {
                if own == "\r\n" {
                    line_end = "\r\n";
                }
                close(&mut written, &mut text);
                is_over = false;
            }
            _ => return None,
        }
    }
    close(&mut written, &mut text);
    // A comment behind the last line belongs to no line.
    written.rest.is_empty().then_some((written, line_end))
}

fn close(written: &mut Written, text: &mut String) {
    if !text.is_empty() {
        let comments = std::mem::take(&mut written.rest);
        written.lines.push((comments, std::mem::take(text)));
    }
}

fn comment(own: &str) -> String {
    let own = own.trim();
    match needs_blank(own.as_bytes()) {
        true => own.replacen('#', "# ", 1),
        false => own.to_owned(),
    }
}

fn print(lines: &[Line], line_end: &str) -> String {
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        let indent = " ".repeat(line.indent);
        if index > 0 {
            out.push_str(" \\");
            out.push_str(line_end);
        }
        for comment in &line.comments {
            out.push_str(&format!("{indent}{comment}{line_end}"));
        }
        out.push_str(&indent);
        out.push_str(&line.text);
    }
    out
}
