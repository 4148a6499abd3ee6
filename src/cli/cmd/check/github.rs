//! Findings as commands of GitHub Actions, which shows them beside the lines of a change.

use super::Outcome;
use crate::diagnostic::{File, Severity};

pub(super) fn commands(outcomes: &[Outcome]) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let file = File::new(&outcome.name, &outcome.bytes);
        for problem in &outcome.problems {
            let diagnostic = &problem.diagnostic;
            let level = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                _ => "notice",
            };
            let mut place = self::file(&outcome.name);
            if let Some(label) = &diagnostic.primary {
                let (start, end) = (file.place(label.span.start), file.place(label.span.end));
                place.push_str(&format!(",line={},endLine={}", start.line, end.line));
                // Columns are for places within one line.
                if start.line == end.line {
                    let end = end.column.max(start.column + 1);
                    place.push_str(&format!(",col={},endColumn={end}", start.column));
                }
            }
            let mut text = diagnostic.message.clone();
            for hint in &diagnostic.hints {
                text.push_str(&format!("\nhint: {hint}"));
            }
            out.push_str(&command(level, &place, &diagnostic.code, &text));
        }
    }
    out
}

/// One command, a line; `place` is made of [`file`] and of what else is known.
pub(in crate::cli) fn command(level: &str, place: &str, title: &str, text: &str) -> String {
    format!(
        "::{level} {place},title={}::{}\n",
        property(title),
        data(text)
    )
}

/// The property that names a file.
pub(in crate::cli) fn file(name: &str) -> String {
    format!("file={}", property(&name.replace('\\', "/")))
}

fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => out.push_str("%25"),
            '\r' => out.push_str("%0D"),
            '\n' => out.push_str("%0A"),
            // A log is shown by terminals, too.
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_the_format_are_escaped() {
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
        assert_eq!(data("a:b,c%\n"), "a:b,c%25%0A");
        assert_eq!(data("\u{1b}[2J\u{7}"), "\\u{1b}[2J\\u{7}");
    }
}
