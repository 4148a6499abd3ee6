//! # Unreproducible
//!
//! ## What it does
//!
//! Finds commands whose result is another one each time: the clock (`date`), random numbers (`$RANDOM`,
//! `/dev/urandom`, `uuidgen`), new keys (`ssh-keygen`, `openssl genrsa`), archives with the times and the
//! order of files as they happen to be (`tar`, `zip`, `gzip`), files in the order in which a disk has them
//! (`find` into an archive or a checksum).
//!
//! ## Why it is bad
//!
//! Nobody can build the image again and get the same one: not to check it, not to share its layers, not to
//! find out what a change did.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN date > /build-time
//! RUN tar -czf /app.tar.gz /app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! ARG SOURCE_DATE_EPOCH
//! RUN date --utc --date="@$SOURCE_DATE_EPOCH" > /build-time
//! RUN tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" -cf - /app | gzip -n > /app.tar.gz
//! ```
//!
//! ## Notes
//!
//! Logs of package managers have times in them as well (`/var/log/apt`, `/var/log/dpkg.log`); they are only
//! reported where a lock lies beside the Dockerfile or it names `SOURCE_DATE_EPOCH`.

use super::packages::{PackageCommand, recognise};
use super::{Facts, Findings, Run};
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Joint, Script, Word};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "Unreproducible",
    "Steps should give the same result each time",
);

/// What is wrong: where, what is said of it, why, and what to do.
struct Trouble<'c> {
    place: std::ops::Range<usize>,
    message: String,
    label: &'static str,
    hint: &'c str,
}

const CLOCK: &str = "use `SOURCE_DATE_EPOCH`: `date --utc --date=\"@$SOURCE_DATE_EPOCH\"`";
const RANDOM: &str = "make it when the container starts, or hand it in as a secret";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let named = b"SOURCE_DATE_EPOCH";
    let is_meant = facts.input.locked || memchr::memmem::find(facts.bytes, named).is_some();
    for run in &facts.runs {
        let mut add = |script: &Script, trouble: Trouble<'_>| {
            let advice =
                Advice::at(script.span(trouble.place), trouble.label).hint(trouble.hint.to_owned());
            findings.add(run.run.meta.location, trouble.message, advice);
        };
        for script in &run.scripts {
            for (at, command) in script.commands().iter().enumerate() {
                let next = script.commands().get(at + 1);
                if let Some(trouble) = trouble(command, next, script) {
                    add(script, trouble);
                }
            }
        }
        if is_meant && let Some((script, command)) = log_left(run) {
            add(
                script,
                Trouble {
                    place: command.range(),
                    message: "a log with times is left in the layer".to_owned(),
                    label: "writes to /var/log",
                    hint: "end the RUN with `rm -rf /var/log/apt /var/log/dpkg.log`, or mount a tmpfs over /var/log",
                },
            );
        }
    }
}

fn trouble<'c>(command: &Command, next: Option<&Command>, script: &Script) -> Option<Trouble<'c>> {
    let (program, words) = command.arguments();
    let program = program?;
    let whole = |message: &str, label: &'static str, hint: &'c str| {
        Some(Trouble {
            place: command.range(),
            message: message.to_owned(),
            label,
            hint,
        })
    };
    let has = |flag: &str| words.iter().any(|word| word.text.starts_with(flag));
    let letters = |letter: char| words.iter().any(|word| is_flag(&word.text, letter));
    if let Some(word) = command.words.iter().find(|word| is_random(word)) {
        return Some(Trouble {
            place: word.range.clone(),
            message: "a random number is part of the result".to_owned(),
            label: "another one each time",
            hint: RANDOM,
        });
    }
    // What goes to the log of the build alone is not part of the result.
    let is_kept = command.redirects || command.nested || command.after == Joint::Pipe;
    match program {
        "date" if is_kept && !has("-d") && !has("--date") && !has("-s") && !has("-r") => {
            let is_for_people = !command.redirects && is_told(script, command);
            match is_for_people {
                true => None,
                false => whole(
                    "the time of the build is part of the result",
                    "the clock",
                    CLOCK,
                ),
            }
        }
        "uuidgen" => whole(
            "a random number is part of the result",
            "another one each time",
            RANDOM,
        ),
        "ssh-keygen" if letters('t') || letters('A') || letters('N') => whole(
            "a new key is part of the result",
            "another one each time",
            RANDOM,
        ),
        "openssl"
            if words.first().is_some_and(|word| {
                matches!(
                    word.text.as_str(),
                    "genrsa" | "genpkey" | "rand" | "dhparam"
                ) || word.text == "req" && has("-new") && words.iter().all(|it| it.text != "-key")
            }) =>
        {
            whole(
                "a new key is part of the result",
                "another one each time",
                RANDOM,
            )
        }
        "tar" if creates_archive(words) && !(has("--sort") && has("--mtime")) => whole(
            "an archive has the times and the order of its files",
            "as they happen to be",
            "add `--sort=name --mtime=\"@$SOURCE_DATE_EPOCH\"`",
        ),
        "zip" if !letters('X') && !has("--no-extra") && words.len() > 1 => whole(
            "an archive has the times of its files",
            "as they happen to be",
            "add `-X`, and set the times by `touch --date=\"@$SOURCE_DATE_EPOCH\"` before",
        ),
        "find" if command.after == Joint::Pipe && next.is_some_and(keeps_order) => whole(
            "files are taken in the order in which the disk has them",
            "not sorted",
            "put `sort` between: `find … -print0 | sort -z | xargs -0 …`",
        ),
        _ => None,
    }
}

/// What a command makes depends on the order of the files that it is told.
fn keeps_order(command: &Command) -> bool {
    let (program, words) = command.arguments();
    match program.unwrap_or_default() {
        "tar" | "zip" | "sha256sum" | "md5sum" | "sha1sum" => true,
        // `-p` copies files.
        "cpio" => !words.iter().any(|word| is_flag(&word.text, 'p')),
        _ => false,
    }
}

/// `-abc` with this letter in it.
fn is_flag(word: &str, letter: char) -> bool {
    let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
    letters.is_some_and(|letters| letters.contains(letter))
}

fn is_random(word: &Word) -> bool {
    let text = word.text.as_str();
    matches!(text, "/dev/urandom" | "/dev/random")
        || word.expands && (text.contains("$RANDOM") || text.contains("${RANDOM}"))
}

/// Whether a command in `$(…)` is for a command that only tells something.
fn is_told(script: &Script, command: &Command) -> bool {
    let inside = command.range();
    script.commands().iter().any(|outer| {
        let input = outer.range();
        let holds = input.start < inside.start && inside.end <= input.end;
        let tells = matches!(
            outer.program(),
            Some("echo" | "printf" | "export" | "logger")
        );
        holds && tells && !outer.redirects && outer.after != Joint::Pipe
    })
}

/// `tar c…`, `tar -c…`, `tar --create`
fn creates_archive(words: &[Word]) -> bool {
    let first = words.first().map_or("", |word| word.text.as_str());
    let is_old_style = !first.starts_with('-') && first.starts_with('c') && !first.contains('/');
    let mut flags = words.iter().map(|word| word.text.as_str());
    is_old_style && words.len() > 1 || flags.any(|word| word == "--create" || is_flag(word, 'c'))
}

/// An installation whose log stays.
fn log_left<'r>(run: &'r Run<'_>) -> Option<(&'r Script, &'r Command)> {
    if run.says("/var/log") || run.keeps_out(&["/var/log"]) {
        return None;
    }
    run.commands().find(|(_, command)| {
        recognise(command).is_some_and(|(manager, kind, _)| {
            kind == PackageCommand::Install && manager.programs.contains(&"apt-get")
        })
    })
}
