//! Programs that start other programs, and scripts in arguments.

use std::ops::Range;

use super::{Word, is_assignment};

/// Name, flags that take the next word as their value, number of operands before the program.
type Wrapper = (&'static str, &'static [&'static str], usize);

const WRAPPERS: &[Wrapper] = &[
    ("catchsegv", &[], 0),
    ("chroot", &[], 1),
    ("chronic", &[], 0),
    ("command", &[], 0),
    ("doas", &["-u", "-C"], 0),
    ("dumb-init", &[], 0),
    ("eatmydata", &[], 0),
    ("env", &["-u", "--unset", "-C", "--chdir"], 0),
    ("exec", &["-a"], 0),
    ("fakeroot", &[], 0),
    ("gosu", &[], 1),
    ("ionice", &["-c", "-n"], 0),
    ("linux32", &[], 0),
    ("linux64", &[], 0),
    ("nice", &["-n"], 0),
    ("nocache", &[], 0),
    ("nohup", &[], 0),
    ("setarch", &[], 1),
    ("stdbuf", &["-i", "-o", "-e"], 0),
    ("su-exec", &[], 1),
    (
        "sudo",
        &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D"],
        0,
    ),
    ("time", &["-f", "-o"], 0),
    ("timeout", &["-s", "--signal", "-k", "--kill-after"], 1),
    ("tini", &[], 0),
    ("unbuffer", &[], 0),
    (
        "xargs",
        &[
            "-a",
            "-d",
            "-E",
            "-I",
            "-L",
            "-n",
            "-P",
            "-s",
            "--arg-file",
            "--delimiter",
            "--max-args",
            "--max-procs",
        ],
        0,
    ),
];

/// Where the words stand from the program on that is started in the end.
pub(super) fn started(words: &[Word]) -> Range<usize> {
    let mut range = 0..words.len();
    loop {
        let inner = words.get(range.clone()).unwrap_or_default();
        let inner = without_assignments(inner);
        range.start = range.end - inner.len();
        let [first, rest @ ..] = inner else {
            return range;
        };
        let name = first.text.rsplit('/').next().unwrap_or_default();
        let after = range.start + 1;
        let next = match name {
            "find" => after_exec(rest).map(|it| after + it.start..after + it.end),
            _ => {
                let wrapper = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == name);
                let inner = wrapper.and_then(|wrapper| operands(wrapper, rest));
                inner.map(|inner| range.end - inner.len()..range.end)
            }
        };
        let next = next.filter(|next| words.get(next.clone()).is_some_and(|it| !it.is_empty()));
        match next {
            Some(next) => range = next,
            None => return range,
        }
    }
}

/// Without assignments in front, unless there is nothing else.
fn without_assignments(words: &[Word]) -> &[Word] {
    let count = words
        .iter()
        .take_while(|word| is_assignment(&word.text))
        .count();
    match words.get(count..) {
        Some(rest) if !rest.is_empty() => rest,
        _ => words,
    }
}

/// The words after the flags and operands of a wrapper.
fn operands<'w>((_, valued, operands): &Wrapper, words: &'w [Word]) -> Option<&'w [Word]> {
    let mut words = words;
    let mut left = *operands;
    while let [word, rest @ ..] = words {
        let text = word.text.as_str();
        if text == "--" {
            words = rest;
        } else if valued.contains(&text) {
            words = rest.get(1..)?;
        } else if text.starts_with('-') && text.len() > 1 {
            words = rest;
        } else if left > 0 {
            left -= 1;
            words = rest;
        } else {
            return Some(words);
        }
    }
    None
}

/// Where what `find` starts stands in its words.
fn after_exec(words: &[Word]) -> Option<Range<usize>> {
    let at = words
        .iter()
        .position(|word| matches!(word.text.as_str(), "-exec" | "-execdir" | "-ok"))?;
    let rest = words.get(at + 1..)?;
    let end = rest
        .iter()
        .position(|word| matches!(word.text.as_str(), ";" | "+"));
    Some(at + 1..at + 1 + end.unwrap_or(rest.len()))
}

/// Of the words from the program on those that are scripts: of `sh -c`, `su -c` and `eval`.
pub(super) fn scripts(started: &[Word]) -> &[Word] {
    let [program, rest @ ..] = started else {
        return &[];
    };
    match program.text.rsplit('/').next().unwrap_or_default() {
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "su" | "runuser" => {
            let is_flag = |word: &Word| {
                let flags = word.text.strip_prefix('-').unwrap_or_default();
                word.text == "--command" || !flags.starts_with('-') && flags.ends_with('c')
            };
            let at = rest.iter().position(is_flag);
            at.and_then(|at| rest.get(at + 1..at + 2))
                .unwrap_or_default()
        }
        "eval" => rest,
        _ => &[],
    }
}
