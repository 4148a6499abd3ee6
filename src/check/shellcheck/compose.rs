//! Puts scripts together, and leads places of them back to the Dockerfile.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use super::dialect::Dialect;
use super::{ShellComment, ShellReplacement};
use crate::check::rules::{Facts, Shell, literal};
use crate::lint::{Fix, text_at};
use crate::shell::Script;
use crate::source::{Edit, LineRange, Span};
use crate::syntax::{Argument, CommandLine, Heredoc, Instruction};

/// A script with what stands around it for ShellCheck.
#[derive(Debug)]
pub(in crate::check) struct Block {
    /// The lines of the instruction.
    pub location: LineRange,
    /// All of the text.
    pub text: String,
    /// What it is made of, in order.
    parts: Vec<Part>,
    sources: Vec<Script>,
}

/// A part of the text.
#[derive(Debug)]
struct Part {
    /// Where it begins in the text.
    start: usize,
    /// The script that it is of and where it begins there; none for what is added.
    source: Option<(usize, usize)>,
}

/// What a variable is set to, as far as it is known, by name.
type Variables<'d> = BTreeMap<&'d str, Option<&'d str>>;

/// The first scripts of a file that ShellCheck can read; those of the last instruction may be more than were asked for.
pub(in crate::check) fn blocks(facts: &Facts<'_>, most: usize) -> Vec<Block> {
    let dockerfile = facts.dockerfile;
    let mut global = Variables::new();
    for arg in dockerfile.meta_args.iter().flat_map(|it| &it.args) {
        let value = arg.value.as_ref().and_then(|value| literal(value));
        global.insert(arg.key.as_str(), value);
    }
    let mut blocks = Vec::new();
    // By stage: what its own instructions set.
    let mut set: Vec<Variables<'_>> = Vec::with_capacity(dockerfile.stages.len());
    for (index, stage) in dockerfile.stages.iter().enumerate() {
        set.push(Variables::new());
        for (at, instruction) in stage.instructions.iter().enumerate() {
            if let Some(own) = set.last_mut() {
                declare(instruction, &global, own);
            }
            let Some(shell) = facts.shell_at(index, at).filter(|shell| shell.is_posix) else {
                continue;
            };
            let instruction = facts.triggers.inside(instruction);
            let composer = Composer {
                facts,
                set: &set,
                stage: index,
                location: instruction.meta().location,
                shell,
                is_of_container: !matches!(instruction, Instruction::Run(_)),
            };
            composer.instruction(instruction, &mut blocks);
            if blocks.len() >= most {
                return blocks;
            }
        }
    }
    blocks
}

/// Notes down what an instruction sets.
fn declare<'d>(instruction: &'d Instruction, global: &Variables<'d>, own: &mut Variables<'d>) {
    match instruction {
        Instruction::Env(env) => {
            for pair in &env.pairs {
                own.insert(pair.key.as_str(), literal(&pair.value));
            }
        }
        Instruction::Arg(arg) => {
            for arg in &arg.args {
                let key = arg.key.as_str();
                let value = match &arg.value {
                    Some(value) => literal(value),
                    None => global.get(key).copied().flatten(),
                };
                own.insert(key, value);
            }
        }
        _ => {}
    }
}

struct Composer<'c, 'd> {
    facts: &'c Facts<'d>,
    set: &'c [Variables<'d>],
    stage: usize,
    location: LineRange,
    shell: &'c Shell<'d>,
    /// The script is run by a container, and not by a build.
    is_of_container: bool,
}

impl Composer<'_, '_> {
    fn instruction(&self, instruction: &Instruction, blocks: &mut Vec<Block>) {
        match instruction {
            Instruction::Run(run) => self.command(&run.command, blocks),
            Instruction::Cmd(cmd) => self.command(&cmd.command, blocks),
            Instruction::Entrypoint(it) => self.command(&it.command, blocks),
            Instruction::Healthcheck(it) if it.shell => {
                if let [_, line] = it.test.as_slice() {
                    blocks.extend(self.block(vec![self.line(line)], self.dialect()));
                }
            }
            _ => {}
        }
    }

    fn command(&self, command: &CommandLine, blocks: &mut Vec<Block>) {
        let (true, Some(line)) = (command.shell, command.args.first()) else {
            return;
        };
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match (words.as_slice(), command.files.as_slice()) {
            // The body is the script.
            ([word], [heredoc]) if word.starts_with("<<") => {
                let script = Script::of_heredoc(heredoc);
                let dialect = match Dialect::of_first_line(&script.text) {
                    Some(dialect) => dialect,
                    None => self.dialect(),
                };
                blocks.extend(self.block(vec![script], dialect));
            }
            (_, heredocs) => {
                let mut scripts = vec![self.line(line)];
                scripts.extend(heredocs.iter().map(Script::of_heredoc));
                blocks.extend(self.block_with(scripts, heredocs, self.dialect()));
                // The input of another shell is a script as well, where the first one leaves it as it is.
                let program = words.iter().find(|word| !word.contains("<<"));
                let (Some(program), [heredoc]) = (program, heredocs) else {
                    return;
                };
                let is_whole = !heredoc.expand || !heredoc.content.contains(['$', '`', '\\']);
                if is_whole && let Some(dialect) = Dialect::named(program) {
                    let script = Script::of_heredoc(heredoc);
                    blocks.extend(self.block(vec![script], Some(dialect)));
                }
            }
        }
    }

    fn line(&self, line: &Argument) -> Script {
        Script::of_line(self.facts.bytes, line, self.facts.dockerfile.escape)
    }

    /// The shell of a command: what `SHELL` says, or the image.
    fn dialect(&self) -> Option<Dialect> {
        if self.shell.words.is_empty() {
            let image = self.facts.base_image(self.stage).unwrap_or_default();
            return Some(Dialect::of_image(image));
        }
        let mut words = self.shell.words.iter();
        words.find_map(|word| Dialect::named(word))
    }

    fn block(&self, sources: Vec<Script>, dialect: Option<Dialect>) -> Option<Block> {
        self.block_with(sources, &[], dialect)
    }

    /// Puts the text together; none for shells that ShellCheck does not know, and where there is nothing to look at.
    /// Scripts after the first are the bodies of the heredocs.
    fn block_with(
        &self,
        sources: Vec<Script>,
        heredocs: &[Heredoc],
        dialect: Option<Dialect>,
    ) -> Option<Block> {
        let dialect = dialect?;
        let first = sources.first()?;
        if first.text.trim().is_empty() {
            return None;
        }
        let exports = self.exports(&sources);
        let head = leading_comments(&first.text);
        let shebang = match first.text.starts_with("#!") {
            true => first
                .text
                .find('\n')
                .map_or(first.text.len(), |feed| feed + 1),
            false => 0,
        };
        let mut text = Text::default();
        if shebang == 0 {
            let flags = if sets_errexit(&self.shell.words) {
                " -e"
            } else {
                ""
            };
            text.add(&format!("#!/bin/{}{flags}\n", dialect.name), None);
        }
        text.add(first.text.get(..shebang)?, Some((0, 0)));
        text.end_line();
        if !dialect.knows.is_empty() {
            let codes: Vec<String> = dialect
                .knows
                .iter()
                .map(|code| format!("SC{code}"))
                .collect();
            text.add(&format!("# shellcheck disable={}\n", codes.join(",")), None);
        }
        // What is said about the whole script stands before its first command.
        text.add(first.text.get(shebang..head)?, Some((0, shebang)));
        text.end_line();
        text.add(&exports, None);
        text.add(first.text.get(head..)?, Some((0, head)));
        for ((at, body), heredoc) in sources.iter().enumerate().skip(1).zip(heredocs) {
            text.end_line();
            text.add(&body.text, Some((at, 0)));
            text.end_line();
            text.add(&format!("{}\n", heredoc.name), None);
        }
        text.end_line();
        Some(Block {
            location: self.location,
            text: text.text,
            parts: text.parts,
            sources,
        })
    }

    /// A line that sets the variables of the Dockerfile that the scripts name; empty if there are none.
    fn exports(&self, sources: &[Script]) -> String {
        let names = sources.iter().flat_map(|script| identifiers(&script.text));
        let names: BTreeSet<&str> = names.collect();
        let mut line = String::new();
        for name in names {
            if let Some(value) = self.value(name) {
                // What is not known is taken for a word.
                let _ = write!(line, " {name}='{}'", value.unwrap_or("1"));
            }
        }
        match line.is_empty() {
            true => line,
            false => format!("export{line}\n"),
        }
    }

    /// What a variable is set to in the stage, in one below it, or by the engine.
    fn value(&self, name: &str) -> Option<Option<&str>> {
        let below = |stage: &usize| self.facts.below(*stage);
        let mut stages = std::iter::successors(Some(self.stage), below);
        let set = stages.find_map(|stage| self.set.get(stage)?.get(name).copied());
        // Engines set it for containers, but not for steps of a build.
        let by_engine = self.is_of_container && name == "HOSTNAME";
        set.or_else(|| by_engine.then_some(None))
    }
}

/// A text that is put together.
#[derive(Default)]
struct Text {
    text: String,
    parts: Vec<Part>,
}

impl Text {
    fn add(&mut self, text: &str, source: Option<(usize, usize)>) {
        if !text.is_empty() {
            self.parts.push(Part {
                start: self.text.len(),
                source,
            });
            self.text.push_str(text);
        }
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.add("\n", None);
        }
    }
}

/// The length of the comments and empty lines that a script begins with.
fn leading_comments(script: &str) -> usize {
    let lines = script.split_inclusive('\n');
    let is_comment = |line: &&str| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#')
    };
    lines.take_while(is_comment).map(str::len).sum()
}

/// Whether flags of a shell have it end with the first command that fails.
fn sets_errexit(words: &[&str]) -> bool {
    words.iter().any(|word| {
        let flags = word
            .strip_prefix('-')
            .filter(|flags| !flags.starts_with('-'));
        flags.is_some_and(|flags| flags.contains('e')) || *word == "errexit"
    })
}

/// Words that may be names of variables.
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

impl Block {
    /// The bytes of the Dockerfile that a comment is about; none where it is about what was added.
    pub(in crate::check) fn span(&self, comment: &ShellComment) -> Option<Span> {
        let range = self.range(
            (comment.line, comment.column),
            (comment.end_line, comment.end_column),
        )?;
        let width = self
            .text
            .get(range.start..)?
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        self.place(range.start..range.end.max(range.start + width))
    }

    /// What ShellCheck offers, where it stays within a line of the Dockerfile.
    pub(in crate::check) fn fix(&self, comment: &ShellComment, bytes: &[u8]) -> Option<Fix> {
        let about = self.range(
            (comment.line, comment.column),
            (comment.end_line, comment.end_column),
        )?;
        let replacements = &comment.fix.as_ref()?.replacements;
        let edits: Option<Vec<Edit>> = replacements
            .iter()
            .map(|it| self.edit(it, about.end))
            .collect();
        let mut edits = edits.filter(|edits| !edits.is_empty())?;
        edits.sort();
        let (first, last) = (edits.first()?, edits.last()?);
        let all = Span::new(first.span.start, last.span.end);
        let before = text_at(bytes, all)?;
        if before.contains('\n') || edits.iter().any(|edit| edit.text.contains(&b'\n')) {
            return None;
        }
        let moved = edits.iter().map(|edit| Edit {
            span: Span::new(edit.span.start - all.start, edit.span.end - all.start),
            text: edit.text.clone(),
        });
        let after = crate::source::apply(before.as_bytes(), moved);
        if !after.refused.is_empty() {
            return None;
        }
        let after = String::from_utf8(after.bytes).ok()?;
        let title = match after.trim().chars().count() {
            1..=60 if before.is_empty() => format!("add `{}`", after.trim()),
            1..=60 => format!("write `{after}`"),
            _ => "make the change that ShellCheck offers".to_owned(),
        };
        let mut fix = Fix::new(title, edits).changes_commands();
        fix.unsafe_because = Some("the shell is given another script".to_owned());
        Some(fix)
    }

    fn edit(&self, replacement: &ShellReplacement, end: usize) -> Option<Edit> {
        let range = self.range(
            (replacement.line, replacement.column),
            (replacement.end_line, replacement.end_column),
        )?;
        let span = match range.is_empty() {
            false => self.place(range.clone())?,
            // What closes belongs to the byte before it, which may stand on another line than the one after it.
            true if range.start == end && end > 0 => {
                let before = self.text.get(..end)?.chars().next_back()?.len_utf8();
                let end = self.place(end - before..end)?.end;
                Span::new(end, end)
            }
            true => {
                let after = self.text.get(range.start..)?.chars().next()?.len_utf8();
                let start = self.place(range.start..range.start + after)?.start;
                Span::new(start, start)
            }
        };
        // In one piece.
        let length = u32::try_from(range.len()).ok()?;
        (span.end - span.start == length)
            .then(|| Edit::replace(span, replacement.replacement.clone()))
    }

    /// Bytes of the text by lines and columns.
    fn range(&self, start: (usize, usize), end: (usize, usize)) -> Option<Range<usize>> {
        let start = self.offset(start)?;
        let end = self.offset(end).unwrap_or(start).max(start);
        Some(start..end)
    }

    fn offset(&self, (line, column): (usize, usize)) -> Option<usize> {
        let skipped = line.checked_sub(1)?;
        let start = match skipped.checked_sub(1) {
            None => 0,
            Some(last) => memchr::memchr_iter(b'\n', self.text.as_bytes()).nth(last)? + 1,
        };
        let rest = self.text.get(start..)?;
        let line = rest.split('\n').next()?;
        let mut places = line.char_indices().map(|(at, _)| at);
        let within = places.nth(column.checked_sub(1)?).unwrap_or(line.len());
        Some(start + within)
    }

    /// Where bytes of the text stand in the Dockerfile, as far as they are of one part.
    fn place(&self, range: Range<usize>) -> Option<Span> {
        let after = self.parts.partition_point(|part| part.start <= range.start);
        let part = self.parts.get(after.checked_sub(1)?)?;
        let (source, offset) = part.source?;
        let end = self
            .parts
            .get(after)
            .map_or(self.text.len(), |next| next.start);
        let at = |place: usize| place - part.start + offset;
        let script = self.sources.get(source)?;
        Some(script.span(at(range.start)..at(range.end.min(end).max(range.start))))
    }
}
