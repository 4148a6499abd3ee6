//! Shell scripts as far as the rules look into them: commands, their words, what joins them and what starts them.
//!
//! Not a shell: nothing is expanded or run, and what is malformed gives malformed words, never an error. What stands
//! in `$(…)`, and what `sh -c` or `eval` is given, is part of its word and is looked at as a script of its own. Knows
//! nothing about Dockerfiles.

mod reader;
mod script;
mod wrap;

use std::ops::Range;

pub(crate) use script::{KnownScripts, Script, scripts_of};

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
    /// Those from the program on that is started in the end.
    started: Range<usize>,
    /// Where the name of that program begins in its word, behind the directories.
    name: usize,
    /// Has a redirection.
    pub redirects: bool,
    /// What stands after it.
    pub after: Joint,
    /// Another command of its script runs after it, whatever comes of it.
    pub goes_on: bool,
    /// It stands in `$(…)`, or in what `sh -c` or `eval` is given.
    pub nested: bool,
}

impl Command {
    /// The words as text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.text.as_str())
    }

    fn started(&self) -> &[Word] {
        self.words.get(self.started.clone()).unwrap_or_default()
    }

    /// The name of the program, without its directories; assignments and programs that start others are skipped.
    pub(crate) fn program(&self) -> Option<&str> {
        self.arguments().0
    }

    /// The name of the program and the words after it.
    pub(crate) fn arguments(&self) -> (Option<&str>, &[Word]) {
        match self.started() {
            [program, rest @ ..] => (program.text.get(self.name..), rest),
            [] => (None, &[]),
        }
    }

    /// The word of the program.
    pub(crate) fn program_word(&self) -> Option<&Word> {
        self.started().first()
    }

    /// The words before the program: assignments, and programs that start others, with their flags.
    pub(crate) fn wrappers(&self) -> &[Word] {
        self.words.get(..self.started.start).unwrap_or_default()
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

/// The commands of a script, nested ones after the others.
pub(crate) fn commands(script: &str) -> Vec<Command> {
    reader::read(script)
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
        for script in [
            "timeout -s KILL 60 apt-get x",
            "xargs -r -n 1 apt-get x",
            "find . -type f -exec apt-get x {} +",
            "gosu me env -u A B=1 apt-get x",
            "chroot /mnt -- apt-get x",
        ] {
            assert_eq!(program(script), Some("apt-get".into()), "{script}");
        }
    }

    #[test]
    fn compound_commands_are_read_through() {
        assert_eq!(
            shown("case $x in a|b) c d ;; (e) f;; *) g; esac; h"),
            ["c,d", "f", "g", "h"]
        );
        assert_eq!(
            shown("for i in a b; do c $i; done; while d; do e; done"),
            ["c,$i", "d", "e"]
        );
        assert_eq!(shown("f() { a; }; function g { b; }; f"), ["a", "b", "f"]);
        assert_eq!(
            shown("[[ a && b || ( c ) ]] && d; ((1 + (2))); e $((3))"),
            ["[[,a,b,c,]] &&", "d", "e,$((3))"]
        );
        assert_eq!(shown("cat <<-A > x\nrm a\n\tA\nb <<< c"), ["cat", "b"]);
    }

    #[test]
    fn what_goes_on_is_what_nothing_looks_at() {
        let going = |script: &str| {
            let commands = commands(script);
            let going = commands.iter().filter(|command| command.goes_on);
            let texts = going.map(|command| command.words[0].text.clone());
            texts.collect::<Vec<String>>().join(" ")
        };
        for (script, expected) in [
            ("a", ""),
            ("a; b", "a"),
            ("a && b; c", "b"),
            ("a | b; c", "b"),
            ("if a; then b; else c; fi", ""),
            ("if a; then b; else c; fi; d", "b c"),
            ("if a; then b; c; fi", "b"),
            ("x; if a; then b; fi", "x"),
            ("(a; b) || c", "a"),
            ("{ a && b; } || c; d", "c"),
            ("if a; then b; fi || c", ""),
            ("case x in a) b ;; c) d ;; esac", ""),
            ("case x in a) b ;; c) d ;; esac; e", "b d"),
            ("while a; do b; done; c", "b"),
        ] {
            assert_eq!(going(script), expected, "{script}");
        }
    }

    #[test]
    fn scripts_in_arguments_are_scripts() {
        assert_eq!(
            shown("bash -euc 'a b; c' x"),
            ["bash,-euc,a b; c,x", "a,b", "c"]
        );
        assert_eq!(shown("su me -c \"a 'b c'\""), ["su,me,-c,a 'b c'", "a,b c"]);
        assert_eq!(shown("eval \"a b\""), ["eval,a b", "a,b"]);
        assert_eq!(shown("eval a b"), ["eval,a,b", "a,b"]);
        assert!(commands("sh -c 'a'")[1].nested);
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
