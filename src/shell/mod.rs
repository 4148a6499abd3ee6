//! Shell scripts as far as the rules look into them: commands, their words, and what joins them.
//!
//! Not a shell: nothing is expanded or run, and what is odd gives odd words, never an error. What stands
//! in `$(…)` is part of its word and is looked at as a script of its own. Knows nothing about Dockerfiles.

mod script;

use std::ops::Range;

pub(crate) use script::{Script, scripts_of};

use crate::limits::MAX_SCRIPT_NESTING;

/// What stands between two commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    /// The beginning or the end of the script, a line's end, `;`, `&`, a bracket, a reserved word.
    Sequence,
    /// `&&` or `||`
    Condition,
    /// `|` or `|&`
    Pipe,
}

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Without its quotes and backslashes; `$` and what belongs to it stay.
    pub text: String,
    /// Its bytes in the script, quotes included.
    pub range: Range<usize>,
    /// The shell puts something in its place: variables, commands, patterns, braces, `~`.
    pub expands: bool,
}

/// A simple command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// Its words, without redirections; at least one.
    pub words: Vec<Word>,
    /// Has a redirection.
    pub redirects: bool,
    /// What stands after it.
    pub after: Joint,
}

impl Command {
    /// The words as text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.text.as_str())
    }

    /// The word that names the program, without its directories; assignments before it are passed over.
    pub(crate) fn program(&self) -> Option<&str> {
        self.arguments().0
    }

    /// The program and the words after it. `sudo` and `env` are passed over, too.
    pub(crate) fn arguments(&self) -> (Option<&str>, &[Word]) {
        let mut words = self.words.as_slice();
        while let [first, rest @ ..] = words {
            let wrapper = matches!(
                first.text.as_str(),
                "sudo" | "env" | "command" | "exec" | "nice" | "time"
            );
            let flag = words.len() < self.words.len() && first.text.starts_with('-');
            if (wrapper || flag || is_assignment(&first.text)) && !rest.is_empty() {
                words = rest;
            } else {
                let name = first.text.rsplit('/').next();
                return (name, rest);
            }
        }
        (None, &[])
    }

    /// The bytes of the script from the first word to the last.
    pub(crate) fn range(&self) -> Range<usize> {
        let start = self.words.first().map_or(0, |word| word.range.start);
        start..self.words.last().map_or(start, |word| word.range.end)
    }
}

/// `NAME=…`
pub(crate) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let mut chars = name.chars();
        chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Words that begin or end a compound command: what follows is a command of its own.
const RESERVED: [&str; 12] = [
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "{", "}", "!",
];

/// The commands of a script, those in `$(…)` after the others.
pub(crate) fn commands(script: &str) -> Vec<Command> {
    let mut scanner = Scanner::new(script);
    let mut open: Vec<std::ops::Range<usize>> = std::iter::once(0..script.len()).collect();
    let mut looked_at = 0;
    while let Some(range) = open.pop() {
        scanner.scan(range);
        looked_at += 1;
        if looked_at < MAX_SCRIPT_NESTING {
            open.append(&mut scanner.nested);
        }
    }
    scanner.commands
}

struct Scanner<'s> {
    script: &'s str,
    commands: Vec<Command>,
    words: Vec<Word>,
    redirects: bool,
    /// What stands in `$(…)` and between backticks.
    nested: Vec<Range<usize>>,
}

impl<'s> Scanner<'s> {
    fn new(script: &'s str) -> Self {
        Scanner {
            script,
            commands: Vec::new(),
            words: Vec::new(),
            redirects: false,
            nested: Vec::new(),
        }
    }

    fn byte(&self, at: usize, end: usize) -> Option<u8> {
        self.script.as_bytes().get(at).copied().filter(|_| at < end)
    }

    fn scan(&mut self, range: Range<usize>) {
        let (mut at, end) = (range.start, range.end);
        while let Some(byte) = self.byte(at, end) {
            let next = self.byte(at + 1, end);
            at += match (byte, next) {
                (b' ' | b'\t' | b'\r', _) => 1,
                (b'\\', Some(b'\n')) => 2,
                (b'#', _) => self.comment(at, end),
                (b'&', Some(b'>')) | (b'<' | b'>', _) => self.redirection(at, end),
                (b'&', Some(b'&')) | (b'|', Some(b'|')) => self.end(Joint::Condition, 2),
                (b'|', Some(b'&')) => self.end(Joint::Pipe, 2),
                (b'|', _) => self.end(Joint::Pipe, 1),
                (b'\n' | b';' | b'&' | b'(' | b')', _) => self.end(Joint::Sequence, 1),
                _ => self.word(at, end),
            };
        }
        self.end(Joint::Sequence, 0);
    }

    fn comment(&self, at: usize, end: usize) -> usize {
        let rest = self.script.get(at..end).unwrap_or_default();
        rest.find('\n').unwrap_or(rest.len())
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
            self.words.truncate(words);
        }
        to - at
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
            }
            return length;
        }
        self.commands.push(Command {
            words,
            redirects,
            after,
        });
        length
    }

    fn strip_reserved(&mut self) {
        let reserved = self
            .words
            .iter()
            .take_while(|word| !word.expands && RESERVED.contains(&word.text.as_str()))
            .count();
        self.words.drain(..reserved);
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
                _ => to += self.push_char(&mut word, to, end),
            }
        }
        let to = to.clamp(at + 1, end.max(at + 1));
        word.range.end = to;
        self.words.push(word);
        to - at
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

    /// The length of `$name`, `${…}`, `$(…)` or what stands between backticks.
    fn expansion(&mut self, at: usize, end: usize) -> usize {
        let rest = self.script.as_bytes().get(at..end).unwrap_or_default();
        match rest {
            [b'`', inner @ ..] => {
                let length = memchr::memchr(b'`', inner).unwrap_or(inner.len());
                self.nested.push(at + 1..at + 1 + length);
                (length + 2).min(rest.len())
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(script: &str) -> Vec<String> {
        commands(script)
            .iter()
            .map(|command| {
                let words: Vec<&str> = command.texts().collect();
                let joint = match command.after {
                    Joint::Sequence => "",
                    Joint::Condition => " &&",
                    Joint::Pipe => " |",
                };
                format!("{}{joint}", words.join(","))
            })
            .collect()
    }

    #[test]
    fn scripts_fall_into_commands() {
        assert_eq!(
            shown("apt-get update && apt-get install -y a=1 'b c' # no\nrm -rf /x; y | z &"),
            [
                "apt-get,update &&",
                "apt-get,install,-y,a=1,b c",
                "rm,-rf,/x",
                "y |",
                "z"
            ]
        );
        assert_eq!(shown("if [ -f x ]; then a; fi"), ["[,-f,x,]", "a"]);
        assert_eq!(shown("(a | b) && c"), ["a |", "b &&", "c"]);
        assert_eq!(shown("a \\\n  b"), ["a,b"]);
    }

    #[test]
    fn redirections_are_no_words() {
        assert_eq!(shown("a > b 2>&1 c"), ["a,c"]);
        assert_eq!(shown("a &> b; cat <<EOF | c"), ["a", "cat |", "c"]);
        assert!(commands("a 2>/dev/null")[0].redirects);
    }

    #[test]
    fn substitutions_are_part_of_a_word_and_scripts() {
        assert_eq!(
            shown("x \"$(curl a | sh)\"-${b:-c d} `d e`"),
            ["x,$(curl a | sh)-${b:-c d},`d e`", "d,e", "curl,a |", "sh"]
        );
        let words = &commands("a '$b' \"$c\" *.d ~ e~")[0].words;
        let expands: Vec<bool> = words.iter().map(|word| word.expands).collect();
        assert_eq!(expands, [false, false, true, true, true, false]);
    }

    #[test]
    fn programs_are_found_behind_what_starts_them() {
        let program = |script: &str| commands(script)[0].program().map(str::to_owned);
        assert_eq!(
            program("A=1 sudo -E /usr/bin/apt-get x"),
            Some("apt-get".into())
        );
        assert_eq!(program("env"), Some("env".into()));
    }

    #[test]
    fn odd_scripts_end() {
        for script in [
            "$(", "`", "'", "\"", "\\", "<", ">", "&", "$", "a$(b$(c", "é\\",
        ] {
            commands(script);
        }
        commands(&"$(".repeat(5000));
    }
}
