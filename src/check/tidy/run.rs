//! The lines of a `RUN`: where they begin, how far they are indented, and one for each package of a long list.

use super::super::rules::packages::{self, PackageCommand};
use super::text::{Place, canonical, places};
use crate::shell::{self, Command, Word};

/// In front of lines that continue an instruction.
const INDENT: usize = 4;

/// A list of so many packages gets a line for each.
const LONG_LIST: usize = 4;

/// A line that is longer is broken where one command follows another.
const LONG_LINE: usize = 120;

/// Programs whose lists of packages are broken and sorted: their order means nothing to them.
const SORTED: [&str; 9] = [
    "apt-get", "apt", "aptitude", "apk", "dnf", "microdnf", "yum", "tdnf", "zypper",
];

/// A line of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Comments in front of it.
    pub comments: Vec<String>,
    /// How far it is indented.
    pub indent: usize,
    /// Its text, without the white space around it.
    pub text: String,
}

/// A command that goes over several lines, as written.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// Each line with its white space, and with the comments in front of it.
    pub lines: Vec<(Vec<String>, String)>,
    /// Comments behind the last line.
    pub rest: Vec<String>,
}

impl Written {
    /// The text that the shell gets.
    pub(super) fn joined(&self) -> String {
        self.lines.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The lines as they should be; none where white space at the start or end of a line means something.
    pub(super) fn tidy(&self, prefix: usize) -> Option<Vec<Line>> {
        let joined = self.joined();
        let places = places(&joined)?;
        let mut lines = self.cut(&places)?;
        level(&mut lines);
        move_signs(&mut lines);
        let mut lines = filled(lines);
        let is_simple = !has_compounds(&joined);
        let before = lines.len();
        lists(&mut lines);
        let is_long = lines
            .iter()
            .any(|line| prefix + line.indent + line.text.chars().count() > LONG_LINE);
        if is_simple && (before > 1 || lines.len() > 1 || is_long) {
            lines = break_conditions(lines);
        }
        level(&mut lines);
        let after: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        (sorted(&after.join(" "))? == sorted(&joined)?).then_some(lines)
    }

    /// The lines without their white space, if they are cut between words.
    fn cut(&self, places: &[Place]) -> Option<Vec<Line>> {
        let mut lines: Vec<Line> = Vec::new();
        let mut at = 0_usize;
        let mut was_apart = true;
        for (index, (comments, text)) in self.lines.iter().enumerate() {
            let begins_apart = text.starts_with([' ', '\t']);
            let is_between = at
                .checked_sub(1)
                .is_none_or(|before| place(places, before) != Some(Place::Text));
            let is_open = place(places, at).is_none_or(|place| place != Place::Text);
            if index > 0 && !((was_apart || begins_apart) && is_between && is_open) {
                return None;
            }
            at += text.len();
            was_apart = text.ends_with([' ', '\t']);
            let trimmed = text.trim_matches([' ', '\t']);
            let start = text.len() - text.trim_start_matches([' ', '\t']).len();
            let blanks = text.get(..start).unwrap_or_default().chars();
            lines.push(Line {
                comments: comments.clone(),
                indent: blanks.map(|c| if c == '\t' { INDENT } else { 1 }).sum(),
                text: trimmed.to_owned(),
            });
        }
        Some(lines)
    }
}

/// The lines with a text; comments of the others go to the next.
fn filled(lines: Vec<Line>) -> Vec<Line> {
    let mut filled = Vec::with_capacity(lines.len());
    let mut waiting = Vec::new();
    for mut line in lines {
        waiting.append(&mut line.comments);
        if !line.text.is_empty() {
            line.comments = std::mem::take(&mut waiting);
            filled.push(line);
        }
    }
    filled
}

fn place(places: &[Place], at: usize) -> Option<Place> {
    places.get(at).copied()
}

/// Indents all lines but the first such that the least of them has the usual indentation.
fn level(lines: &mut [Line]) {
    let rest = lines.iter().skip(1).filter(|line| !line.text.is_empty());
    let least = rest.map(|line| line.indent).min().unwrap_or(INDENT);
    for (index, line) in lines.iter_mut().enumerate() {
        line.indent = match index {
            0 => 0,
            _ => line.indent.saturating_sub(least) + INDENT,
        };
    }
}

/// The sign at the end of a line that joins its command with the next one.
fn sign_at_end(text: &str) -> Option<&'static str> {
    let sign = ["&&", "||", "|"]
        .into_iter()
        .find(|sign| text.ends_with(sign))?;
    let before = text.strip_suffix(sign)?;
    // `>|`, `&&&`, an escaped one.
    let is_sign = !before.ends_with(['&', '|', '>', '\\']);
    let places = places(text)?;
    let at = before.len();
    (is_sign && places.get(at) != Some(&Place::Text)).then_some(sign)
}

/// Moves `&&`, `||` and `|` from the end of a line to the start of the next.
fn move_signs(lines: &mut [Line]) {
    for index in 1..lines.len() {
        let Some((above, [line, ..])) = lines.split_at_mut_checked(index) else {
            return;
        };
        // A line of its own for the sign is none any more; the one before it is looked at.
        let Some(above) = above.iter_mut().rev().find(|above| !above.text.is_empty()) else {
            continue;
        };
        if line.text.is_empty() {
            continue;
        }
        if let Some(sign) = sign_at_end(&above.text) {
            let kept = above.text.len() - sign.len();
            above.text.truncate(kept);
            above.text.truncate(above.text.trim_end().len());
            line.text = format!("{sign} {}", line.text);
        }
    }
}

/// Reserved words: what stands in them is laid out by hand.
fn has_compounds(joined: &str) -> bool {
    let reserved = [
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
        "select", "function", "{", "}", "[[",
    ];
    let mut words = joined.split([' ', '\t', ';', '(', ')', '&', '|']);
    words.any(|word| reserved.contains(&word))
}

/// A list of packages in a script.
struct List {
    /// Where the command begins, and the first package.
    command: usize,
    first: usize,
    /// Where the last one ends.
    end: usize,
    packages: Vec<String>,
    /// Each word is what it says, and stands for itself alone.
    is_plain: bool,
}

/// The lists of packages that a script installs.
fn found(script: &str) -> Vec<List> {
    let commands = shell::commands(script);
    let commands = commands.iter().filter(|command| !command.nested);
    commands.filter_map(list_of).collect()
}

fn list_of(command: &Command) -> Option<List> {
    let (manager, kind, words) = packages::recognise(command)?;
    let is_sorted = command
        .program()
        .is_some_and(|program| SORTED.contains(&program));
    if kind != PackageCommand::Install || !is_sorted {
        return None;
    }
    let packages: Vec<&Word> = packages::packages(manager, words).collect();
    let first = packages.first()?;
    // Flags between the packages may be about those behind them.
    let from_first = words.iter().skip_while(|word| word.range != first.range);
    if from_first.count() != packages.len() || command.redirects {
        return None;
    }
    let is_plain = |word: &&Word| {
        !word.expands && is_plain_word(&word.text) && word.range.len() == word.text.len()
    };
    Some(List {
        command: command.range().start,
        first: first.range.start,
        end: packages.last()?.range.end,
        is_plain: packages.iter().all(is_plain),
        packages: packages.iter().map(|word| word.text.clone()).collect(),
    })
}

/// Written without quotes it is the same.
fn is_plain_word(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-._:=~/@!,%".contains(c);
    !word.is_empty() && word.chars().all(is_plain)
}

/// The text with the packages of each list in order.
pub(super) fn sorted(text: &str) -> Option<String> {
    let mut text = canonical(text)?;
    let mut lists = found(&text);
    lists.sort_by_key(|list| std::cmp::Reverse(list.first));
    for list in lists.iter().filter(|list| list.is_plain) {
        let mut packages = list.packages.clone();
        packages.sort();
        let is_written = text.get(list.first..list.end) == Some(list.packages.join(" ").as_str());
        if is_written {
            text.replace_range(list.first..list.end, &packages.join(" "));
        }
    }
    Some(text)
}

/// Gives each package of a long list a line, in order if none of the words stands for others.
fn lists(lines: &mut Vec<Line>) {
    // Lines joined by a blank each: an offset is a line and a place in it.
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let script = texts.join(" ");
    let mut starts = Vec::with_capacity(lines.len());
    let mut at = 0;
    for line in lines.iter() {
        starts.push(at);
        at += line.text.len() + 1;
    }
    let line_of = |offset: usize| {
        starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    };
    let mut all = found(&script);
    all.sort_by_key(|list| std::cmp::Reverse(list.first));
    for list in all {
        let (first, last) = (line_of(list.first), line_of(list.end.saturating_sub(1)));
        let is_long = list.packages.len() >= LONG_LIST || (first < last && list.packages.len() > 1);
        let has_comments = lines
            .get(first + 1..=last)
            .is_some_and(|lines| lines.iter().any(|line| !line.comments.is_empty()));
        let written = script.get(list.first..list.end).unwrap_or_default();
        let words: Vec<&str> = written
            .split([' ', '\t'])
            .filter(|it| !it.is_empty())
            .collect();
        if !is_long || has_comments || words.len() != list.packages.len() {
            continue;
        }
        let place = |offset: usize, line: usize| {
            offset.saturating_sub(starts.get(line).copied().unwrap_or(0))
        };
        let text = |line: usize| lines.get(line).map_or("", |line| line.text.as_str());
        let head = text(first)
            .get(..place(list.first, first))
            .unwrap_or_default();
        let tail = text(last).get(place(list.end, last)..).unwrap_or_default();
        let (head, tail) = (head.trim_end().to_owned(), tail.trim_start().to_owned());
        let command_line = line_of(list.command);
        let before = text(command_line).get(..place(list.command, command_line));
        // A command behind `&&` gets a line of its own.
        let is_first = command_line == 0 && before.is_none_or(|before| !before.contains("&&"));
        let goes_on = !tail.is_empty() || last + 1 < lines.len() || !is_first;
        let own = lines.get(command_line).map_or(0, |line| line.indent);
        let own = if goes_on { own.max(INDENT) } else { own };
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        if list.is_plain {
            words.sort();
        }
        let mut tail_line = None;
        match tail.as_str() {
            "" => {}
            tail if tail.starts_with("&&") || tail.starts_with('|') => {
                tail_line = Some(tail.to_owned());
            }
            tail => {
                // `;` and brackets stay behind the last word, and what a `;` begins is a line.
                let (glued, rest) = match tail.strip_prefix(';') {
                    Some(rest) if !rest.starts_with(';') => (";", rest.trim_start()),
                    _ => ("", tail),
                };
                let is_bracket = rest.starts_with(')');
                if let Some(word) = words.last_mut() {
                    word.push_str(glued);
                    if glued.is_empty() {
                        if !is_bracket {
                            word.push(' ');
                        }
                        word.push_str(rest);
                    } else if !rest.is_empty() {
                        tail_line = Some(rest.to_owned());
                    }
                }
            }
        }
        let Some(old) = lines.get(first).cloned() else {
            continue;
        };
        let mut made = Vec::new();
        let mut comments = old.comments;
        if !head.is_empty() {
            made.push(Line {
                comments: std::mem::take(&mut comments),
                indent: old.indent,
                text: head,
            });
        }
        for text in words {
            made.push(Line {
                comments: std::mem::take(&mut comments),
                indent: own + INDENT,
                text,
            });
        }
        made.extend(tail_line.map(|text| Line {
            comments: Vec::new(),
            indent: own,
            text,
        }));
        drop(lines.splice(first..=last.min(lines.len().saturating_sub(1)), made));
    }
}

/// Lets each `&&` begin a line.
fn break_conditions(lines: Vec<Line>) -> Vec<Line> {
    let mut out = Vec::with_capacity(lines.len());
    // Brackets may go over lines.
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let Some(places) = places(&texts.join(" ")) else {
        return lines;
    };
    let mut start = 0;
    for line in lines {
        let mut cuts = vec![0];
        for (at, _) in line.text.match_indices("&&") {
            let is_bare = places.get(start + at) == Some(&Place::Bare);
            let before = line.text.get(..at).unwrap_or_default();
            if is_bare && at > 0 && !before.trim_end().is_empty() && !before.ends_with('&') {
                cuts.push(at);
            }
        }
        start += line.text.len() + 1;
        cuts.push(line.text.len());
        let indent = line.indent.max(INDENT);
        let mut comments = line.comments;
        for (index, cut) in cuts.windows(2).enumerate() {
            let [from, to] = cut else { continue };
            let text = line.text.get(*from..*to).unwrap_or_default();
            out.push(Line {
                comments: std::mem::take(&mut comments),
                indent: if index == 0 { line.indent } else { indent },
                text: text.trim().to_owned(),
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(lines: &[&str]) -> String {
        let written = Written {
            lines: lines
                .iter()
                .map(|line| (Vec::new(), (*line).to_owned()))
                .collect(),
            rest: Vec::new(),
        };
        let Some(lines) = written.tidy(4) else {
            return "as it is".to_owned();
        };
        let lines = lines.iter();
        let lines = lines.map(|line| format!("{}{}", " ".repeat(line.indent), line.text));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn signs_begin_lines() {
        assert_eq!(tidied(&["a && ", "b | ", "  c"]), "a\n    && b\n      | c");
        assert_eq!(tidied(&["a ", "&&", " b && c"]), "a\n    && b\n    && c");
        assert_eq!(tidied(&["a && b"]), "a && b");
        assert_eq!(tidied(&["a \\&& ", "b"]), "a \\&&\n    b");
    }

    #[test]
    fn long_lists_are_sorted_one_a_line() {
        assert_eq!(
            tidied(&["apt-get update && apt-get install -y d c=1 b a && rm x"]),
            "apt-get update\n    && apt-get install -y\n        a\n        b\n        c=1\n        d\n    && rm x"
        );
        assert_eq!(tidied(&["apk add c b a"]), "apk add c b a");
        assert_eq!(
            tidied(&["apk update && apk add d c b a"]),
            "apk update\n    && apk add\n        a\n        b\n        c\n        d"
        );
        assert_eq!(tidied(&["apk add ", " b ", " a"]), "apk add\n    a\n    b");
        assert_eq!(
            tidied(&["apk add d \"$X\" b a; c"]),
            "apk add\n        d\n        \"$X\"\n        b\n        a;\n    c"
        );
        assert_eq!(
            tidied(&["apt-get install d c b -t x a"]),
            "apt-get install d c b -t x a"
        );
    }

    #[test]
    fn white_space_that_is_text_stays() {
        assert_eq!(tidied(&["echo 'a ", "  b'"]), "as it is");
        assert_eq!(tidied(&["echo a", "b"]), "as it is");
        assert_eq!(tidied(&["a ", " # b"]), "as it is");
        assert_eq!(
            tidied(&["if a; then ", "\tb && c; ", "fi"]),
            "if a; then\n        b && c;\n    fi"
        );
    }
}
