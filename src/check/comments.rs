//! Comments that suppress findings.
//!
//! ```text
//! # rdf: ignore=SudoInRun,LatestTag until=2027-01-31 reason="the image has no user yet"
//! # rdf: ignore-file=UnversionedPackage -- the mirror is pinned
//! # hadolint ignore=DL3008,SC2086
//! # hadolint global ignore=DL3003
//! # hadolint shell=powershell
//! # shellcheck disable=SC2086
//! ```
//! Those for an instruction stand above it or between its lines, those for a file anywhere. A list may have blanks
//! behind its commas. What `rdf:` cannot be read, names no rule, suppresses nothing or has come to its end is reported;
//! the comments of hadolint and ShellCheck are for those as well, and are taken as they are.

use std::collections::BTreeSet;
use std::ops::Range;

use super::catalogue::{self, Entry};
use super::selection::{SHELLCHECK, Selector, shell_code};
use super::{CheckInput, Problem};
use crate::diagnostic::Diagnostic;
use crate::lint::text_at;
use crate::recording::unknown_group;
use crate::source::{LineRange, Span};
use crate::syntax::{Dockerfile, InstructionMeta, Stage};

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
    /// The same as a comment of ours, if it is for hadolint: none where a code has no rule here.
    ours: Option<Option<String>>,
}

/// A comment for hadolint or ShellCheck, which counts here as well.
#[derive(Clone, Copy, Debug)]
pub struct ForeignComment {
    /// The comment.
    pub span: Span,
    /// How many findings it suppresses.
    pub suppressed: usize,
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
    /// It is for hadolint, and this follows.
    reason: Option<String>,
}

impl Comments {
    /// The comments that suppress something, and their lines.
    pub(super) fn places(&self) -> impl Iterator<Item = (Span, LineRange)> {
        let all = self.of_lines.iter().chain(&self.of_file);
        all.map(|ignore| (ignore.place.span, ignore.place.lines))
    }

    /// Those for hadolint, and each as a comment of ours; none where a code has no rule here.
    pub(super) fn of_hadolint(&self) -> impl Iterator<Item = (Span, LineRange, Option<String>)> {
        let all = self.of_lines.iter().chain(&self.of_file);
        all.filter_map(|ignore| {
            let ours = ignore.ours.clone()?;
            Some((ignore.place.span, ignore.place.lines, ours))
        })
    }

    pub(super) fn read(dockerfile: &Dockerfile, bytes: &[u8]) -> Self {
        let mut found = Comments::default();
        let has = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
        // Most files have none.
        if !has(b"rdf:") && !has(b"hadolint") && !has(b"shellcheck") {
            return found;
        }
        let args = dockerfile.meta_args.iter().map(|arg| &arg.meta);
        let stages = dockerfile.stages.iter().flat_map(Stage::metas);
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
        let (mut names, count) = (Vec::new(), said.names.len());
        for name in said.names {
            match Selector::parse(&name) {
                Ok(selector) => names.push((name, selector)),
                Err(why) if said.is_ours => {
                    self.unreadable
                        .push((place, "unknown-rule", why.to_string()));
                }
                // hadolint has rules that we have not.
                Err(_) => {
                    if let Some(selector) = shell_codes(&name) {
                        names.push((name, selector));
                    }
                }
            }
        }
        let ours = said.reason.map(|reason| {
            let is_known = names.len() == count;
            is_known.then(|| as_ours(said.of_file, &names, &reason))
        });
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
            ours,
        });
    }

    /// Marks the problems that are suppressed, and tells what is wrong with the comments and what those of others do.
    pub(super) fn apply(
        &self,
        problems: &mut [Problem],
        input: &CheckInput,
    ) -> (Vec<Problem>, Vec<ForeignComment>) {
        let (selection, today) = (&input.selection, input.today.as_deref());
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
        let all = || self.of_lines.iter().chain(&self.of_file);
        let (mut used, mut counts) = (BTreeSet::new(), vec![0; all().count()]);
        for problem in problems.iter_mut() {
            let Some(entry) = problem.rule.and_then(catalogue::of) else {
                continue;
            };
            for (index, ignore) in self.at(problem.location) {
                if ignore.is_over(today) {
                    continue;
                }
                let names = ignore.names.iter().enumerate();
                let mut suppresses = false;
                for (name, (_, selector)) in names {
                    if selector.selects(entry, problem.code) {
                        suppresses = true;
                        used.insert((index, name));
                    }
                }
                problem.ignored |= suppresses;
                if let Some(count) = counts.get_mut(index) {
                    *count += usize::from(suppresses && problem.is_selected(selection));
                }
            }
        }
        let has_errors = problems.iter().any(Problem::is_error);
        for (index, ignore) in all().enumerate().filter(|(_, ignore)| ignore.is_ours) {
            if let (true, Some(until)) = (ignore.is_over(today), &ignore.until) {
                let why = format!("the comment suppresses nothing since {until}");
                told.push(tell(ignore.place, "expired-ignore", why));
                continue;
            }
            for (name, (written, selector)) in ignore.names.iter().enumerate() {
                let is_on = catalogue::all().any(|it| {
                    // What nothing looks at may be there.
                    let is_looked_at = it.rule.name != SHELLCHECK || input.shellcheck.is_some();
                    is_looked_at && is_for(*selector, it) && selection.has(it.rule)
                });
                // Behind an error there may be more than could be looked at.
                if is_on && !has_errors && !used.contains(&(index, name)) {
                    let why = format!("`{written}` is ignored, and there is nothing to ignore");
                    told.push(tell(ignore.place, "unused-ignore", why));
                }
            }
        }
        let foreign = all().zip(counts).filter(|(ignore, _)| !ignore.is_ours);
        let foreign = foreign.map(|(ignore, suppressed)| ForeignComment {
            span: ignore.place.span,
            suppressed,
        });
        (told, foreign.collect())
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

/// Whether a word is about a rule; codes of ShellCheck are about its rule.
fn is_for(selector: Selector, entry: Entry) -> bool {
    match selector {
        Selector::Shell(..) => entry.rule.name == SHELLCHECK,
        _ => selector.selects(entry, None),
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
    ["rdf:", "hadolint", "shellcheck"]
        .iter()
        .any(|word| text.starts_with(word))
        .then_some(text)
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
    if let Some(rest) = text.strip_prefix("shellcheck") {
        return Ok(said_to_shellcheck(rest));
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
            "keep" => unknown_group(value).map_or(Ok(()), Err)?,
            // What `rdf lock` reads.
            "update" => {}
            _ => return Err(format!("unknown key `{key}`: write `ignore=RULE`")),
        }
    }
    Ok(Some(said).filter(|said| !said.names.is_empty()))
}

/// `ignore=DL3008, SC2086`, `global ignore = …`; anything may follow.
fn said_to_hadolint(rest: &str) -> Option<Said> {
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let global = rest.strip_prefix("global");
    let global = global.and_then(|rest| rest.strip_prefix(char::is_whitespace));
    let of_file = global.is_some();
    let list = hadolint_value(global.unwrap_or(rest), "ignore")?;
    let (mut names, mut rest) = (Vec::new(), list);
    loop {
        let end = rest.find([' ', '\t', ',']).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        names.extend(Some(name.to_owned()).filter(|name| !name.is_empty()));
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None => break,
        }
    }
    let reason = rest.trim().to_owned();
    Some(Said {
        of_file,
        names,
        reason: Some(reason),
        ..Said::default()
    })
}

/// What `hadolint shell=…` says.
pub(super) fn shell_for_hadolint(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("hadolint")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    hadolint_value(rest, "shell").filter(|shell| !shell.is_empty())
}

/// What stands behind a word of hadolint's and `=`; there may be blanks around it.
fn hadolint_value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let rest = text.trim_start().strip_prefix(key)?.trim_start();
    Some(rest.strip_prefix('=')?.trim_start())
}

/// A comment of ours that says the same.
fn as_ours(of_file: bool, names: &[(String, Selector)], reason: &str) -> String {
    let mut rules: Vec<String> = Vec::new();
    for (written, selector) in names {
        let rule = match selector {
            Selector::Rule(name) => (*name).to_owned(),
            _ => written.clone(),
        };
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    let key = if of_file { "ignore-file" } else { "ignore" };
    let reason = reason.trim_start_matches(['-', '#', ' ']);
    let reason = match reason {
        "" => String::new(),
        reason => format!(" -- {reason}"),
    };
    format!("# rdf: {key}={}{reason}", rules.join(","))
}

/// `disable=SC2086,SC3000-SC4000`; other words may stand before and after.
fn said_to_shellcheck(rest: &str) -> Option<Said> {
    let rest = rest.strip_prefix(char::is_whitespace)?;
    let mut words = rest.split_whitespace();
    let list = words.find_map(|word| word.strip_prefix("disable="))?;
    let names = list.split(',').filter(|name| !name.is_empty());
    let names = names.map(|name| match name {
        "all" => SHELLCHECK,
        name => name,
    });
    Some(Said {
        names: names.map(str::to_owned).collect(),
        ..Said::default()
    })
}

/// What ShellCheck's comments may say beside a code: `2086`, `SC3000-SC4000`.
fn shell_codes(name: &str) -> Option<Selector> {
    let code = |text: &str| {
        let digits = text.get(..2).filter(|it| it.eq_ignore_ascii_case("SC"));
        let digits = digits.map_or(text, |it| text.get(it.len()..).unwrap_or_default());
        shell_code(&format!("SC{digits}"))
    };
    match name.split_once('-') {
        Some((first, last)) => Some(Selector::Shell(code(first)?, code(last)?)),
        None => code(name).map(|code| Selector::Shell(code, code)),
    }
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
            "hadolint ignore = A,B",
            "hadolint  global  ignore =A , B",
        ] {
            assert_eq!(names(text), ["A", "B"], "{text}");
        }
        assert_eq!(
            names("shellcheck shell=sh disable=SC2086,SC2046 # why"),
            ["SC2086", "SC2046"]
        );
        assert_eq!(names("shellcheck is run in CI"), [""; 0]);
        assert_eq!(shell_codes("2086"), Some(Selector::Shell(2086, 2086)));
        assert_eq!(
            shell_codes("SC3000-SC4000"),
            Some(Selector::Shell(3000, 4000))
        );
        assert_eq!(shell_codes("DL3000"), None);
        assert!(said("rdf: ignore-file=A").unwrap().unwrap().of_file);
        assert!(said("hadolint global ignore=A").unwrap().unwrap().of_file);
        assert_eq!(names("rdf: update=minor"), [""; 0]);
        assert_eq!(names("hadolint is run in CI"), [""; 0]);
        assert_eq!(names("hadolint globalignore=A"), [""; 0]);
        assert_eq!(shell_for_hadolint("hadolint shell = pwsh"), Some("pwsh"));
        assert_eq!(shell_for_hadolint("hadolint shell = "), None);
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
            "rdf: keep=logs,loggs",
        ] {
            assert!(said(text).is_err(), "{text}");
        }
    }
}
