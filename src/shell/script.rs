//! The commands of `RUN`, `CMD` and `ENTRYPOINT`, and where each of their bytes stands in the file.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::Command;
use crate::source::{Escape, Span};
use crate::syntax::{Argument, Heredoc, Pieces, RunInstruction, chomp_heredoc, join};

/// A script with its commands.
#[derive(Debug)]
pub(crate) struct Script {
    /// The text that the shell gets.
    pub text: String,
    /// Read when somebody asks for them.
    commands: OnceCell<Arc<[Command]>>,
    places: Places,
}

/// The commands of scripts that were read before, by their text.
#[derive(Debug, Default)]
pub(crate) struct KnownScripts {
    scripts: HashMap<Box<str>, KnownScript>,
    round: u64,
}

#[derive(Debug)]
struct KnownScript {
    commands: Arc<[Command]>,
    /// When it was read last.
    round: u64,
}

impl KnownScripts {
    /// Forgets what was not read since this was called the last time.
    pub(crate) fn next(&mut self) {
        let round = self.round;
        self.scripts.retain(|_, known| known.round == round);
        self.round += 1;
    }

    fn commands(&mut self, script: &str) -> Arc<[Command]> {
        if let Some(known) = self.scripts.get_mut(script) {
            known.round = self.round;
            return Arc::clone(&known.commands);
        }
        let known = KnownScript {
            commands: super::commands(script).into(),
            round: self.round,
        };
        let commands = Arc::clone(&known.commands);
        self.scripts.insert(script.into(), known);
        commands
    }
}

/// Leads bytes of a script back to the file.
#[derive(Debug)]
enum Places {
    /// Byte for byte.
    Pieces(Pieces),
    /// All of it stands somewhere in here.
    Whole(Span),
}

impl Script {
    /// The text of an instruction in shell form.
    pub(crate) fn of_line(bytes: &[u8], line: &Argument, escape: Escape) -> Script {
        let text = line.as_str().to_owned();
        let pieces = join(bytes, line.span, escape)
            .filter(|(joined, _)| joined.starts_with(line.as_bytes()) && line.is_utf8())
            .map(|(_, pieces)| pieces);
        Script::new(
            text,
            pieces.map_or(Places::Whole(line.span), Places::Pieces),
        )
    }

    /// The body of a heredoc.
    pub(crate) fn of_heredoc(heredoc: &Heredoc) -> Script {
        let (bytes, start) = (heredoc.content.as_bytes(), heredoc.body.start);
        let (text, pieces) = match heredoc.chomp {
            true => (chomp_heredoc(bytes), Pieces::without_tabs(bytes, start)),
            false => (bytes.to_vec(), Pieces::one(start)),
        };
        match String::from_utf8(text) {
            Ok(text) => Script::new(text, Places::Pieces(pieces)),
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Script::new(text, Places::Whole(heredoc.body))
            }
        }
    }

    fn new(text: String, places: Places) -> Script {
        Script {
            text,
            commands: OnceCell::new(),
            places,
        }
    }

    /// Its commands.
    pub(crate) fn commands(&self) -> &[Command] {
        let read = || super::commands(&self.text).into();
        self.commands.get_or_init(read)
    }

    /// The same script, read now if it was not read before.
    pub(crate) fn known(self, known: &mut KnownScripts) -> Script {
        let commands = OnceCell::from(known.commands(&self.text));
        Script { commands, ..self }
    }

    /// Where bytes of the script stand in the file.
    pub(crate) fn span(&self, range: std::ops::Range<usize>) -> Span {
        match &self.places {
            Places::Whole(span) => *span,
            Places::Pieces(pieces) => pieces.span(range),
        }
    }

    /// Whether places of single words are known.
    pub(crate) fn has_places(&self) -> bool {
        matches!(self.places, Places::Pieces(_))
    }
}

/// The scripts that a `RUN` hands to a shell; none in exec form, or where the heredoc is for another
/// program.
pub(crate) fn scripts_of(bytes: &[u8], run: &RunInstruction, escape: Escape) -> Vec<Script> {
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
pub(crate) fn shell_heredocs(run: &RunInstruction) -> impl Iterator<Item = &Heredoc> {
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

/// The body names a program that is not a shell in its first line.
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
        for command in script.commands() {
            for word in &command.words {
                let span = script.span(word.range.clone());
                assert_eq!(
                    &source[span.start as usize..span.end as usize],
                    word.text,
                    "{span:?}"
                );
            }
        }
        assert_eq!(script.commands().len(), 2);
    }

    #[test]
    fn scripts_that_were_read_are_not_read_again() {
        let mut known = KnownScripts::default();
        let script = |text: &str| Script::new(text.to_owned(), Places::Whole(Span::default()));
        let first = script("a && b").known(&mut known);
        assert_eq!(first.commands(), script("a && b").commands());
        known.next();
        let again = script("a && b").known(&mut known);
        assert!(std::ptr::eq(first.commands(), again.commands()));
        // Twice without it.
        known.next();
        known.next();
        let anew = script("a && b").known(&mut known);
        assert!(!std::ptr::eq(first.commands(), anew.commands()));
        assert_eq!(first.commands(), anew.commands());
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
