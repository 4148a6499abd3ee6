//! Cuts a script into commands.

use std::ops::Range;

use super::{Command, Joint, Word, wrap};
use crate::limits::MAX_SCRIPT_NESTING;

/// The commands of a script, nested ones after the others.
pub(super) fn read(script: &str) -> Vec<Command> {
    let mut reader = Reader {
        script,
        commands: Vec::new(),
        words: Vec::new(),
        redirects: false,
        frames: Vec::new(),
        heredocs: Vec::new(),
        nested: Vec::new(),
        is_nested: false,
    };
    let mut open: Vec<Range<usize>> = std::iter::once(0..script.len()).collect();
    let mut looked_at = 0;
    while let Some(range) = open.pop() {
        reader.is_nested = looked_at > 0;
        reader.scan(range);
        looked_at += 1;
        if looked_at < MAX_SCRIPT_NESTING {
            open.append(&mut reader.nested);
        }
    }
    reader.commands
}

/// What may mean something in a word.
const SIGNS: &[u8] = b"\\'\"$` \t\r\n;&|<>()*?[{~";

/// A list of commands: the script, or what stands in a compound command.
#[derive(Default)]
struct Frame {
    kind: GroupKind,
    /// What is read decides about what follows, as behind `if`.
    is_condition: bool,
    /// In a `case`: what is read is a pattern.
    is_pattern: bool,
    /// Commands that end the list so far.
    last: Vec<usize>,
    /// Commands that end the branches before this one.
    ends: Vec<usize>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum GroupKind {
    #[default]
    List,
    Parenthesis,
    Case,
}

struct Reader<'s> {
    script: &'s str,
    commands: Vec<Command>,
    words: Vec<Word>,
    redirects: bool,
    /// Compound commands that are open, outermost first.
    frames: Vec<Frame>,
    /// Heredocs whose bodies begin on the next line: the word that ends each, and whether tabs before it count.
    heredocs: Vec<(String, bool)>,
    /// What stands in `$(…)`, between backticks, and in arguments that are scripts.
    nested: Vec<Range<usize>>,
    is_nested: bool,
}

impl Reader<'_> {
    fn byte(&self, at: usize, end: usize) -> Option<u8> {
        self.script.as_bytes().get(at).copied().filter(|_| at < end)
    }

    fn scan(&mut self, range: Range<usize>) {
        self.frames = vec![Frame::default()];
        self.heredocs.clear();
        let (mut at, end) = (range.start, range.end);
        while let Some(byte) = self.byte(at, end) {
            let next = self.byte(at + 1, end);
            at += match (byte, next) {
                (b' ' | b'\t' | b'\r', _) => 1,
                (b'\\', Some(b'\n')) => 2,
                (b'#', _) => self.comment(at, end),
                // Signs in `[[ … ]]` join no commands.
                (b'&' | b'|' | b'<' | b'>' | b'(' | b')', _) if self.is_test() => 1,
                (b'&', Some(b'>')) | (b'<' | b'>', _) => self.redirection(at, end),
                (b'&', Some(b'&')) | (b'|', Some(b'|')) => self.end(Joint::Condition, 2),
                (b'|', Some(b'&')) => self.end(Joint::Pipe, 2),
                (b'|', _) if self.is_pattern() => 1,
                (b'|', _) => self.end(Joint::Pipe, 1),
                (b';', Some(b';')) => self.end_branch(),
                (b'\n', _) => self.line_end(at, end),
                (b';' | b'&', _) => self.end(Joint::Sequence, 1),
                (b'(', Some(b'(')) if self.words.is_empty() => self.arithmetic(at, end),
                (b'(', Some(b')')) if self.words.len() == 1 => {
                    // The name of a function.
                    self.words.clear();
                    2
                }
                (b'(', _) => self.open_parenthesis(),
                (b')', _) => self.close_parenthesis(),
                _ => self.word(at, end),
            };
        }
        self.end(Joint::Sequence, 0);
    }

    /// Within `[[ … ]]`.
    fn is_test(&self) -> bool {
        let is = |word: Option<&Word>, text| word.is_some_and(|word| word.text == text);
        is(self.words.first(), "[[") && !is(self.words.last(), "]]")
    }

    fn is_pattern(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_pattern)
    }

    fn comment(&self, at: usize, end: usize) -> usize {
        let rest = self.script.get(at..end).unwrap_or_default();
        rest.find('\n').unwrap_or(rest.len())
    }

    /// `((…))`
    fn arithmetic(&self, at: usize, end: usize) -> usize {
        let rest = self.script.as_bytes().get(at + 1..end).unwrap_or_default();
        closing(rest, b'(', b')') + 2
    }

    /// `>`, `<`, `2>&1`, `<<EOF`: the sign and the word after it.
    fn redirection(&mut self, at: usize, end: usize) -> usize {
        self.redirects = true;
        // A number right in front belongs to the sign.
        let number = self.words.last().is_some_and(|word| {
            word.range.end == at && word.text.bytes().all(|byte| byte.is_ascii_digit())
        });
        if number {
            self.words.pop();
        }
        let mut to = at;
        while self
            .byte(to, end)
            .is_some_and(|byte| matches!(byte, b'<' | b'>' | b'&' | b'-'))
        {
            to += 1;
        }
        let sign = self.script.get(at..to).unwrap_or_default();
        let (is_heredoc, strips) = (matches!(sign, "<<" | "<<-"), sign == "<<-");
        while self
            .byte(to, end)
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        {
            to += 1;
        }
        let ends = |byte| matches!(byte, b'\n' | b';' | b'|' | b'(' | b')' | b'#');
        if self.byte(to, end).is_some_and(|byte| !ends(byte)) {
            let words = self.words.len();
            to += self.word(to, end);
            let word = self.words.drain(words..).next();
            if let Some(word) = word.filter(|_| is_heredoc) {
                self.heredocs.push((word.text, strips));
            }
        }
        to - at
    }

    /// The end of a line, and bodies of heredocs that stand below it.
    fn line_end(&mut self, at: usize, end: usize) -> usize {
        self.end(Joint::Sequence, 0);
        let mut length = 1;
        for (word, strips) in std::mem::take(&mut self.heredocs) {
            let rest = self.script.get(at + length..end).unwrap_or_default();
            let mut taken = 0;
            let mut lines = rest.split_inclusive('\n');
            let is_end = |line: &str| {
                let line = line.trim_end_matches(['\n', '\r']);
                let line = if strips {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                line == word
            };
            let found = lines.any(|line| {
                taken += line.len();
                is_end(line)
            });
            // In a line of a Dockerfile there are no bodies.
            length += if found { taken } else { 0 };
        }
        length
    }

    /// Ends the command.
    fn end(&mut self, after: Joint, length: usize) -> usize {
        self.strip_reserved();
        let words = std::mem::take(&mut self.words);
        let redirects = std::mem::take(&mut self.redirects);
        if words.is_empty() {
            // `(a | b) && c`, `a |⏎ b`: the stronger sign counts.
            if let Some(last) = self.commands.last_mut()
                && last.after == Joint::Sequence
            {
                last.after = after;
                if let (Some(frame), true) = (self.frames.last_mut(), after != Joint::Sequence) {
                    frame.last.clear();
                }
            }
            return length;
        }
        self.begins();
        let started = wrap::started(&words);
        let scripts = wrap::scripts(words.get(started.clone()).unwrap_or_default());
        if let [first, .., last] = scripts {
            // `eval` joins its words.
            self.nested.push(first.range.start..last.range.end);
        } else if let [script] = scripts {
            let whole = self.script.get(script.range.clone()).unwrap_or_default();
            let is_quoted = whole.len() > 1
                && (whole.starts_with('"') && whole.ends_with('"')
                    || whole.starts_with('\'') && whole.ends_with('\''));
            let skipped = usize::from(is_quoted);
            let range = script.range.start + skipped..script.range.end - skipped;
            self.nested.push(range);
        }
        if let Some(frame) = self.frames.last_mut()
            && after == Joint::Sequence
            && !frame.is_condition
        {
            frame.last.push(self.commands.len());
        }
        let program = words.get(started.start).map_or("", |word| &word.text);
        self.commands.push(Command {
            name: program.rfind('/').map_or(0, |slash| slash + 1),
            words,
            started,
            redirects,
            after,
            goes_on: false,
            nested: self.is_nested,
        });
        length
    }

    /// A command or compound command begins: it runs after those that end the list.
    fn begins(&mut self) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        for index in std::mem::take(&mut frame.last) {
            if let Some(command) = self.commands.get_mut(index) {
                command.goes_on = true;
            }
        }
    }

    fn open(&mut self, frame: Frame) {
        self.begins();
        self.frames.push(frame);
    }

    /// What ends a compound command ends its list.
    fn close(&mut self) {
        if self.frames.len() < 2 {
            return;
        }
        if let (Some(frame), Some(outer)) = (self.frames.pop(), self.frames.last_mut())
            && !outer.is_condition
        {
            outer.last.extend(frame.last);
            outer.last.extend(frame.ends);
        }
    }

    fn open_parenthesis(&mut self) -> usize {
        if self.is_pattern() {
            return 1;
        }
        self.end(Joint::Sequence, 0);
        self.open(Frame {
            kind: GroupKind::Parenthesis,
            ..Frame::default()
        });
        1
    }

    fn close_parenthesis(&mut self) -> usize {
        if self.is_pattern() {
            self.words.clear();
            if let Some(frame) = self.frames.last_mut() {
                frame.is_pattern = false;
            }
            return 1;
        }
        self.end(Joint::Sequence, 0);
        if self
            .frames
            .last()
            .is_some_and(|frame| frame.kind == GroupKind::Parenthesis)
        {
            self.close();
        }
        1
    }

    /// `;;`
    fn end_branch(&mut self) -> usize {
        self.end(Joint::Sequence, 0);
        self.next_branch();
        if let Some(frame) = self.frames.last_mut() {
            frame.is_pattern = frame.kind == GroupKind::Case;
        }
        2
    }

    fn next_branch(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            let last = std::mem::take(&mut frame.last);
            frame.ends.extend(last);
        }
    }

    /// Reserved words that begin or end compound commands: what follows is a command of its own.
    fn strip_reserved(&mut self) {
        while let Some(first) = self.words.first() {
            let written = self.script.get(first.range.clone()).unwrap_or_default();
            let mut taken = 1;
            match written {
                "if" | "while" | "until" => self.open(Frame {
                    is_condition: true,
                    ..Frame::default()
                }),
                "for" | "select" => {
                    taken = self.words.len();
                    self.open(Frame::default());
                }
                "case" => {
                    taken = self.words.len();
                    self.open(Frame {
                        kind: GroupKind::Case,
                        is_pattern: true,
                        ..Frame::default()
                    });
                }
                "{" => self.open(Frame::default()),
                "then" | "do" => self.condition(false),
                "else" => self.next_branch(),
                "elif" => {
                    self.next_branch();
                    self.condition(true);
                }
                "fi" | "done" | "}" | "esac" => self.close(),
                "function" => taken = 2,
                "!" => {}
                _ => return,
            }
            self.words.drain(..taken.min(self.words.len()));
        }
    }

    fn condition(&mut self, is_condition: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.is_condition = is_condition;
        }
    }

    /// Reads a word; gives its length, which is never zero.
    fn word(&mut self, at: usize, end: usize) -> usize {
        let mut word = Word {
            text: String::new(),
            range: at..at,
            expands: false,
        };
        let mut to = at;
        let mut quoted = false;
        while let Some(byte) = self.byte(to, end) {
            match byte {
                b'\\' if self.byte(to + 1, end) == Some(b'\n') => to += 2,
                b'\\' => {
                    to += 1;
                    to += self.push_char(&mut word, to, end);
                }
                b'\'' if !quoted => {
                    let rest = self.script.get(to + 1..end).unwrap_or_default();
                    let length = rest.find('\'').unwrap_or(rest.len());
                    word.text.push_str(rest.get(..length).unwrap_or_default());
                    to += length + 2;
                }
                b'"' => {
                    quoted = !quoted;
                    to += 1;
                }
                b'$' | b'`' => {
                    word.expands = true;
                    let length = self.expansion(to, end);
                    word.text
                        .push_str(self.script.get(to..to + length).unwrap_or_default());
                    to += length;
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'
                    if !quoted =>
                {
                    break;
                }
                b'*' | b'?' | b'[' | b'{' | b'~' if !quoted => {
                    word.expands |= byte != b'~' || to == at;
                    to += self.push_char(&mut word, to, end);
                }
                _ => {
                    let rest = self.script.as_bytes().get(to..end).unwrap_or_default();
                    let plain = rest.iter().position(|byte| SIGNS.contains(byte));
                    let length = plain.unwrap_or(rest.len()).max(1);
                    let plain = self.script.get(to..to + length);
                    word.text.push_str(plain.unwrap_or_default());
                    to += length;
                }
            }
        }
        let to = to.clamp(at + 1, end.max(at + 1));
        word.range.end = to;
        self.words.push(word);
        // `case … in` ends where its patterns begin.
        let is_in = self.words.last().is_some_and(|word| word.text == "in");
        if is_in && self.words.first().is_some_and(|word| word.text == "case") {
            self.end(Joint::Sequence, 0);
        }
        if self.is_pattern() && self.words.last().is_some_and(|word| word.text == "esac") {
            self.leave_pattern();
            self.end(Joint::Sequence, 0);
        }
        to - at
    }

    /// No pattern: the `case` ends.
    fn leave_pattern(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.is_pattern = false;
        }
    }

    fn push_char(&self, word: &mut Word, at: usize, end: usize) -> usize {
        match self
            .script
            .get(at..end)
            .and_then(|rest| rest.chars().next())
        {
            Some(c) => {
                word.text.push(c);
                c.len_utf8()
            }
            None => 1,
        }
    }

    /// The length of `$name`, `${…}`, `$(…)`, `$'…'` or what stands between backticks.
    fn expansion(&mut self, at: usize, end: usize) -> usize {
        let rest = self.script.as_bytes().get(at..end).unwrap_or_default();
        match rest {
            [b'`', inner @ ..] => {
                let length = memchr::memchr(b'`', inner).unwrap_or(inner.len());
                self.nested.push(at + 1..at + 1 + length);
                (length + 2).min(rest.len())
            }
            [b'$', b'(', b'(', inner @ ..] => (closing(inner, b'(', b')') + 5).min(rest.len()),
            [b'$', open @ (b'(' | b'{'), inner @ ..] => {
                let close = if *open == b'(' { b')' } else { b'}' };
                let length = closing(inner, *open, close);
                if *open == b'(' {
                    self.nested.push(at + 2..at + 2 + length);
                }
                (length + 3).min(rest.len())
            }
            _ => 1,
        }
    }
}

/// Where the bracket ends that was opened before `text`.
fn closing(text: &[u8], open: u8, close: u8) -> usize {
    let (mut depth, mut quote, mut escaped) = (1_usize, None, false);
    for (at, &byte) in text.iter().enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' && quote != Some(b'\'') {
            escaped = true;
        } else if quote.is_some() {
            quote = quote.filter(|quote| *quote != byte);
        } else if byte == b'\'' || byte == b'"' {
            quote = Some(byte);
        } else if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    text.len()
}
