//! The commands of `RUN`, `CMD` and `ENTRYPOINT`, and where each of their bytes stands in the file.

use super::shell::{self, Command};
use crate::source::{Escape, Span};
use crate::syntax::{Argument, Heredoc, RunInstruction, chomp_heredoc, strip_continuation};

/// A script with its commands.
#[derive(Debug)]
pub(super) struct Script {
    /// The text that the shell gets.
    pub text: String,
    /// Its commands.
    pub commands: Vec<Command>,
    places: Places,
}

/// Leads bytes of a script back to the file.
#[derive(Debug)]
enum Places {
    /// Offsets in the script and in the file of each piece, in order.
    Pieces(Vec<(usize, u32)>),
    /// All of it stands somewhere in here.
    Whole(Span),
}

impl Script {
    /// The text of an instruction in shell form.
    pub(super) fn of_line(bytes: &[u8], line: &Argument, escape: Escape) -> Script {
        let text = line.as_str().to_owned();
        let pieces = pieces(bytes, line.span, escape)
            .filter(|(joined, _)| joined.starts_with(line.as_bytes()) && line.is_utf8())
            .map(|(_, pieces)| pieces);
        Script::new(
            text,
            pieces.map_or(Places::Whole(line.span), Places::Pieces),
        )
    }

    /// The body of a heredoc that the shell runs.
    fn of_heredoc(heredoc: &Heredoc) -> Script {
        if heredoc.chomp || !heredoc.content.is_utf8() {
            let text = chomp_heredoc(heredoc.content.as_bytes());
            let text = String::from_utf8_lossy(&text).into_owned();
            return Script::new(text, Places::Whole(heredoc.body));
        }
        let text = heredoc.content.as_str().to_owned();
        Script::new(text, Places::Pieces(vec![(0, heredoc.body.start)]))
    }

    fn new(text: String, places: Places) -> Script {
        Script {
            commands: shell::commands(&text),
            text,
            places,
        }
    }

    /// Where bytes of the script stand in the file.
    pub(super) fn span(&self, range: std::ops::Range<usize>) -> Span {
        let pieces = match &self.places {
            Places::Whole(span) => return *span,
            Places::Pieces(pieces) => pieces,
        };
        let place = |offset: usize| {
            let after = pieces.partition_point(|(start, _)| *start <= offset);
            let (start, file) = after
                .checked_sub(1)
                .and_then(|at| pieces.get(at))
                .copied()
                .unwrap_or_default();
            file.saturating_add(u32::try_from(offset - start).unwrap_or(u32::MAX))
        };
        let start = place(range.start);
        // The end belongs to the byte before it, not to the line after it.
        let end = match range.end.checked_sub(1) {
            Some(last) if last >= range.start => place(last).saturating_add(1),
            _ => start,
        };
        Span::new(start, end)
    }

    /// Whether places of single words are known.
    pub(super) fn has_places(&self) -> bool {
        matches!(self.places, Places::Pieces(_))
    }
}

/// A text, and for each piece of it where it begins: in the text and in the file.
type Joined = (Vec<u8>, Vec<(usize, u32)>);

/// The text that continued lines make, and where its pieces stand in the file.
fn pieces(bytes: &[u8], span: Span, escape: Escape) -> Option<Joined> {
    let (start, end) = (
        usize::try_from(span.start).ok()?,
        usize::try_from(span.end).ok()?,
    );
    let mut joined = Vec::new();
    let mut pieces = Vec::new();
    let mut at = start;
    while at < end {
        let rest = bytes.get(at..)?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |feed| feed + 1);
        let line = rest.get(..length)?.trim_ascii_end();
        let skipped = at > start && matches!(line.trim_ascii_start().first(), None | Some(b'#'));
        // What ends the line is blanks, which may be text of the last line.
        let whole = rest.get(..length.min(end - at))?;
        if !skipped {
            pieces.push((joined.len(), u32::try_from(at).ok()?));
            match strip_continuation(line, escape) {
                Some(kept) => joined.extend_from_slice(kept),
                None => joined.extend_from_slice(whole),
            }
        }
        at += length;
    }
    Some((joined, pieces))
}

/// The scripts that a `RUN` hands to a shell; none in exec form, or where the heredoc is for another
/// program.
pub(super) fn scripts_of(bytes: &[u8], run: &RunInstruction, escape: Escape) -> Vec<Script> {
    let mut scripts = Vec::new();
    if !run.command.shell {
        return scripts;
    }
    let line = run.command.args.first();
    scripts.extend(line.map(|line| Script::of_line(bytes, line, escape)));
    scripts.extend(shell_heredocs(run).map(Script::of_heredoc));
    scripts
}

/// The heredocs of a `RUN` that a shell reads.
pub(super) fn shell_heredocs(run: &RunInstruction) -> impl Iterator<Item = &Heredoc> {
    let line = run.command.args.first().map_or("", |line| line.as_str());
    // What stands beside the opener gets the body as its input.
    let program = line
        .split_ascii_whitespace()
        .find(|word| !word.contains("<<"))
        .unwrap_or("");
    let by_shell = matches!(
        program.rsplit('/').next().unwrap_or(""),
        "" | "sh" | "bash" | "dash" | "ash" | "zsh"
    );
    run.command
        .files
        .iter()
        .filter(move |heredoc| by_shell && !is_for_another_program(heredoc))
}

/// The body names a program that is no shell in its first line.
fn is_for_another_program(heredoc: &Heredoc) -> bool {
    let first = heredoc.content.lines().next().unwrap_or("").trim_start();
    first.starts_with("#!") && !first.trim_end().ends_with("sh")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Instruction, parse};

    fn first_run(source: &str) -> RunInstruction {
        let dockerfile = parse(source.as_bytes()).dockerfile;
        match &dockerfile.stages[0].instructions[0] {
            Instruction::Run(run) => run.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_of_continued_lines_have_places() {
        let source =
            "FROM x\nRUN --network=none apt-get update \\\n # no\n\n  && apt-get \\\n  install a\n";
        let run = first_run(source);
        let scripts = scripts_of(source.as_bytes(), &run, Escape::Backslash);
        let [script] = scripts.as_slice() else {
            panic!("{scripts:?}")
        };
        assert!(script.has_places());
        for command in &script.commands {
            for word in &command.words {
                let span = script.span(word.range.clone());
                assert_eq!(
                    &source[span.start as usize..span.end as usize],
                    word.text,
                    "{span:?}"
                );
            }
        }
        assert_eq!(script.commands.len(), 2);
    }

    #[test]
    fn bodies_for_other_programs_are_no_scripts() {
        let count = |source: &str| {
            let run = first_run(source);
            scripts_of(source.as_bytes(), &run, Escape::Backslash).len()
        };
        assert_eq!(count("FROM x\nRUN <<EOF\na\nEOF\n"), 2);
        assert_eq!(count("FROM x\nRUN bash -e <<EOF\na\nEOF\n"), 2);
        assert_eq!(count("FROM x\nRUN python3 <<EOF\na\nEOF\n"), 1);
        assert_eq!(
            count("FROM x\nRUN <<EOF\n#!/usr/bin/env python\na\nEOF\n"),
            1
        );
        assert_eq!(count("FROM x\nRUN [\"a\"]\n"), 0);
    }
}
