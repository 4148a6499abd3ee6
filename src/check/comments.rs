//! Comments that suppress findings.
//!
//! ```text
//! # rdf: ignore=SudoInRun,LatestTag until=2027-01-31 reason="the image has no user yet"
//! # rdf: ignore-file=UnversionedPackage -- the mirror is pinned
//! # hadolint ignore=DL3008,SC2086
//! # hadolint global ignore=DL3003
//! ```
//! Those for an instruction stand above it or between its lines, those for a file anywhere. A list may have blanks
//! behind its commas. What `rdf:` cannot be read, names no rule, suppresses nothing or has come to its end is reported;
//! hadolint's comments are for hadolint as well, and are taken as they are.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Problem;
use super::catalogue;
use super::selection::{Selection, Selector};
use crate::diagnostic::Diagnostic;
use crate::lint::text_at;
use crate::source::{LineRange, Span};
use crate::syntax::{Dockerfile, InstructionMeta};

/// The comments of a file that suppress findings.
#[derive(Debug, Default)]
pub(super) struct Comments {
    /// Those for an instruction, in the order of their lines.
    of_lines: Vec<Ignore>,
    /// Those for the whole file.
    of_file: Vec<Ignore>,
    /// What cannot be read: the place, a code and why.
    unreadable: Vec<(CommentPosition, &'static str, String)>,
}

/// A comment that suppresses findings of some rules.
#[derive(Debug)]
struct Ignore {
    place: CommentPosition,
    /// The lines of the instruction; none for the whole file.
    lines: Option<LineRange>,
    /// What is named, as written, and what it selects.
    names: Vec<(String, Selector)>,
    /// The last day on which it counts.
    until: Option<String>,
    /// Its use is checked.
    is_ours: bool,
}

/// Where a comment stands, and what it says of an instruction.
#[derive(Clone, Copy, Debug)]
struct CommentPosition {
    /// The comment, where its bytes are known; else the keyword of its instruction.
    span: Span,
    lines: LineRange,
}

/// What a comment says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    of_file: bool,
    names: Vec<String>,
    until: Option<String>,
    is_ours: bool,
}

impl Comments {
    pub(super) fn read(dockerfile: &Dockerfile, bytes: &[u8]) -> Self {
        let mut found = Comments::default();
        let has = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
        // Most files have none.
        if !has(b"rdf:") && !has(b"hadolint") {
            return found;
        }
        let args = dockerfile.meta_args.iter().map(|arg| &arg.meta);
        let stages = dockerfile.stages.iter().flat_map(|stage| {
            std::iter::once(&stage.meta).chain(stage.instructions.iter().map(|it| it.meta()))
        });
        let metas: Vec<&InstructionMeta> = args.chain(stages).collect();
        let mut metas = metas.as_slice();
        // The instructions below a comment: the next one, or the one that it stands in.
        for (number, offset, line) in lines(bytes) {
            let Some(text) = comment(line) else {
                continue;
            };
            while let [first, rest @ ..] = metas
                && first.location.end < number
            {
                metas = rest;
            }
            let skipped = line.len() - line.trim_ascii_start().len();
            let start = u32::try_from(offset + skipped).unwrap_or(u32::MAX);
            let length = u32::try_from(line.trim_ascii().len()).unwrap_or(u32::MAX);
            let place = CommentPosition {
                span: Span::new(start, start.saturating_add(length)),
                lines: LineRange::new(number, number),
            };
            let owner = metas
                .first()
                .filter(|meta| is_comment_of(meta, number, bytes, text));
            found.add(text, place, owner.map(|meta| meta.location));
        }
        found
    }

    fn add(&mut self, text: &str, place: CommentPosition, owner: Option<LineRange>) {
        let said = match said(text) {
            Ok(Some(said)) => said,
            Ok(None) => return,
            Err(why) => return self.unreadable.push((place, "invalid-comment", why)),
        };
        let lines = match (said.of_file, owner) {
            (true, _) => None,
            (false, Some(lines)) => Some(lines),
            // Below it there is nothing.
            (false, None) => return,
        };
        let mut names = Vec::new();
        for name in said.names {
            match Selector::parse(&name) {
                Ok(selector) => names.push((name, selector)),
                Err(why) if said.is_ours => {
                    self.unreadable
                        .push((place, "unknown-rule", why.to_string()));
                }
                // hadolint has rules that we have not.
                Err(_) => {}
            }
        }
        let list = match lines {
            Some(_) => &mut self.of_lines,
            None => &mut self.of_file,
        };
        list.push(Ignore {
            place,
            lines,
            names,
            until: said.until,
            is_ours: said.is_ours,
        });
    }

    /// Marks the problems that are suppressed, and tells what is wrong with the comments.
    pub(super) fn apply(
        &self,
        problems: &mut [Problem],
        selection: &Selection,
        today: Option<&str>,
    ) -> Vec<Problem> {
        let mut told = Vec::new();
        let tell = |place: CommentPosition, code: &'static str, why: String| {
            Problem::bare(
                Diagnostic::warning(code, why).at(place.span, ""),
                Some(place.lines),
            )
        };
        for (place, code, why) in &self.unreadable {
            told.push(tell(*place, code, why.clone()));
        }
        let mut used = BTreeSet::new();
        for problem in problems.iter_mut() {
            let Some(entry) = problem.rule.and_then(|rule| catalogue::find(rule.name)) else {
                continue;
            };
            for (index, ignore) in self.at(problem.location) {
                if ignore.is_over(today) {
                    continue;
                }
                let names = ignore.names.iter().enumerate();
                for (name, (_, selector)) in names {
                    if selector.selects(entry) {
                        problem.ignored = true;
                        used.insert((index, name));
                    }
                }
            }
        }
        let has_errors = problems.iter().any(Problem::is_error);
        let all = self.of_lines.iter().chain(&self.of_file).enumerate();
        for (index, ignore) in all.filter(|(_, ignore)| ignore.is_ours) {
            if let (true, Some(until)) = (ignore.is_over(today), &ignore.until) {
                let why = format!("the comment suppresses nothing since {until}");
                told.push(tell(ignore.place, "expired-ignore", why));
                continue;
            }
            for (name, (written, selector)) in ignore.names.iter().enumerate() {
                let is_on =
                    catalogue::all().any(|it| selector.selects(it) && selection.has(it.rule));
                // Behind an error there may be more than could be looked at.
                if is_on && !has_errors && !used.contains(&(index, name)) {
                    let why = format!("`{written}` is ignored, and there is nothing to ignore");
                    told.push(tell(ignore.place, "unused-ignore", why));
                }
            }
        }
        told
    }

    /// The comments that count at a place, numbered: those for instructions first.
    fn at(&self, lines: Option<LineRange>) -> impl Iterator<Item = (usize, &Ignore)> {
        let line = lines.map_or(0, |lines| lines.start);
        let ends_before = |ignore: &Ignore| ignore.lines.is_some_and(|own| own.end < line);
        let from = self.of_lines.partition_point(ends_before);
        let here = move |ignore: &&Ignore| ignore.lines.is_some_and(|own| own.start <= line);
        let of_lines = self.of_lines.iter().skip(from).take_while(here);
        let of_lines = (from..).zip(of_lines);
        of_lines.chain((self.of_lines.len()..).zip(&self.of_file))
    }
}

impl Ignore {
    fn is_over(&self, today: Option<&str>) -> bool {
        // Dates of this form are in the order of their letters.
        matches!((&self.until, today), (Some(until), Some(today)) if until.as_str() < today)
    }
}

/// Number, offset and bytes of each line.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (u32, usize, &[u8])> {
    let mut offset = 0;
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    lines.map(move |(line, number)| {
        let start = offset;
        offset += line.len() + 1;
        (number, start, line)
    })
}

/// The text of a comment that may say something to us.
fn comment(line: &[u8]) -> Option<&str> {
    let line = line.trim_ascii().strip_prefix(b"#")?;
    let text = std::str::from_utf8(line).ok()?.trim();
    (text.starts_with("rdf:") || text.starts_with("hadolint")).then_some(text)
}

/// Whether a line is a comment above or inside of an instruction, and not text of a heredoc.
fn is_comment_of(meta: &InstructionMeta, number: u32, bytes: &[u8], text: &str) -> bool {
    if number < meta.location.start {
        return meta.comments.iter().any(|comment| comment.as_str() == text);
    }
    // Lines of a heredoc are behind the arguments.
    let inside = text_at(bytes, Span::new(meta.span.start, meta.args.end)).unwrap_or_default();
    let line = usize::try_from(number - meta.location.start).unwrap_or(usize::MAX);
    inside
        .lines()
        .nth(line)
        .is_some_and(|line| line.trim_start().starts_with('#'))
}

/// Reads a comment; `None` if it is about something else.
fn said(text: &str) -> Result<Option<Said>, String> {
    if let Some(rest) = text.strip_prefix("hadolint") {
        return Ok(said_to_hadolint(rest));
    }
    let Some(rest) = text.strip_prefix("rdf:") else {
        return Ok(None);
    };
    let mut said = Said {
        is_ours: true,
        ..Said::default()
    };
    let mut rest = rest.trim_start();
    while !rest.is_empty() && !rest.starts_with("--") {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let Some((key, value)) = word.split_once('=') else {
            let why = match word {
                "ignore" | "ignore-file" => format!("`{word}` has no rules: write `{word}=RULE`"),
                _ => format!("unknown word `{word}`: write `ignore=RULE`, and a reason after `--`"),
            };
            return Err(why);
        };
        rest = after.trim_start();
        match key {
            // Versions, which are for `rdf lock`.
            "ignore" if value.starts_with(['<', '>', '=', '~', '^']) => {}
            "ignore" | "ignore-file" => {
                said.of_file = key == "ignore-file";
                // `A, B`: the list goes on behind a comma.
                let mut list = value.to_owned();
                while (list.ends_with(',') || rest.starts_with(',')) && !rest.is_empty() {
                    let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                    list.push_str(word);
                    rest = after.trim_start();
                }
                let names = list
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty());
                said.names = names.map(str::to_owned).collect();
                if said.names.is_empty() {
                    return Err(format!("`{key}` has no rules: write `{key}=RULE`"));
                }
            }
            "until" if is_date(value) => said.until = Some(value.to_owned()),
            "until" => {
                return Err(format!(
                    "`{value}` is not a valid date: write `until=2027-01-31`"
                ));
            }
            "reason" => {
                // The quoted text may have blanks in it.
                let quoted = value
                    .strip_prefix('"')
                    .filter(|value| !value.ends_with('"') || value.is_empty());
                if quoted.is_some() {
                    rest = rest
                        .split_once('"')
                        .map_or("", |(_, after)| after.trim_start());
                }
            }
            // What `rdf lock` reads.
            "update" => {}
            _ => return Err(format!("unknown key `{key}`: write `ignore=RULE`")),
        }
    }
    Ok(Some(said).filter(|said| !said.names.is_empty()))
}

/// `ignore=DL3008, SC2086`, `global ignore=…`; anything may follow.
fn said_to_hadolint(rest: &str) -> Option<Said> {
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (of_file, rest) = match rest.strip_prefix("global") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, rest),
    };
    let list = rest.strip_prefix("ignore=")?;
    let mut names = Vec::new();
    for part in list.split(',') {
        let mut words = part.split_whitespace();
        names.extend(words.next().map(str::to_owned));
        if words.next().is_some() {
            break;
        }
    }
    Some(Said {
        of_file,
        names,
        ..Said::default()
    })
}

/// `2027-01-31`
fn is_date(text: &str) -> bool {
    let form = text
        .bytes()
        .map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    if !form.eq(*b"0000-00-00") {
        return false;
    }
    let number = |range: Range<usize>| text.get(range)?.parse::<u8>().ok();
    matches!((number(5..7), number(8..10)), (Some(1..=12), Some(1..=31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        said(text).unwrap().map_or_else(Vec::new, |said| said.names)
    }

    #[test]
    fn lists_may_have_blanks() {
        for text in [
            "rdf: ignore=A,B",
            "rdf: ignore=A, B",
            "rdf: ignore=A , B -- because",
            "rdf: update=minor ignore=A,B until=2027-01-31 reason=\"a b=c\"",
            "hadolint ignore=A,B",
            "hadolint   ignore=A , B  and why",
            "hadolint global ignore=A,B",
        ] {
            assert_eq!(names(text), ["A", "B"], "{text}");
        }
        assert!(said("rdf: ignore-file=A").unwrap().unwrap().of_file);
        assert!(said("hadolint global ignore=A").unwrap().unwrap().of_file);
        assert_eq!(names("rdf: update=minor"), [""; 0]);
        assert_eq!(names("hadolint is run in CI"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for text in [
            "rdf: ignore A",
            "rdf: ignore",
            "rdf: ignore=",
            "rdf: ignroe=A",
            "rdf: ignore=A until=tomorrow",
            "rdf: ignore=A until=2027-13-01",
            "rdf: ignore=A B",
        ] {
            assert!(said(text).is_err(), "{text}");
        }
    }
}
