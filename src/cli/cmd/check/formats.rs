//! Findings in the forms of other tools: Checkstyle, GitLab, JUnit, GNU, and in a line each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Outcome;
use crate::check::Problem;
use crate::diagnostic::{File, Severity, sanitize};

/// Where a problem is, from one; the first line where no bytes are known.
fn place(problem: &Problem, file: &File<'_>) -> (u32, u32) {
    match &problem.diagnostic.primary {
        Some(label) => {
            let place = file.place(label.span.start);
            (place.line, place.column)
        }
        None => (problem.location.map_or(1, |lines| lines.start), 1),
    }
}

fn level(problem: &Problem) -> &'static str {
    problem.diagnostic.severity.as_str()
}

/// The same in Checkstyle's words.
fn checkstyle_level(problem: &Problem) -> &'static str {
    match problem.diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "info",
    }
}

/// The same in GNU's words.
fn gnu_level(problem: &Problem) -> &'static str {
    match problem.diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

/// `file:line:column: warning: message [Rule]`, a line each.
pub(super) fn gnu(outcomes: &[Outcome]) -> String {
    lines(outcomes, |problem, message| {
        let code = &problem.diagnostic.code;
        format!("{}: {message} [{code}]", gnu_level(problem))
    })
}

/// `file:line:column: Rule message`, a line each.
pub(super) fn concise(outcomes: &[Outcome]) -> String {
    lines(outcomes, |problem, message| {
        format!("{} {message}", problem.diagnostic.code)
    })
}

/// A line each: the place, and what is told of the problem and its message, with nothing that a terminal would obey.
fn lines(outcomes: &[Outcome], tell: impl Fn(&Problem, &str) -> String) -> String {
    let mut out = String::new();
    each(outcomes, |outcome, problem, (line, column)| {
        let name = sanitize(&outcome.name).replace('\n', "\\x0a");
        let message = sanitize(&problem.diagnostic.message).replace('\n', " ");
        let told = tell(problem, &message);
        let _ = writeln!(out, "{name}:{line}:{column}: {told}");
    });
    out
}

fn each<'o>(outcomes: &'o [Outcome], mut tell: impl FnMut(&'o Outcome, &'o Problem, (u32, u32))) {
    for outcome in outcomes {
        let file = File::new(&outcome.name, &outcome.bytes);
        for problem in &outcome.problems {
            tell(outcome, problem, place(problem, &file));
        }
    }
}

/// Checkstyle's XML; every file has an element.
pub(super) fn checkstyle(outcomes: &[Outcome]) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n".to_owned();
    for outcome in outcomes {
        let file = File::new(&outcome.name, &outcome.bytes);
        let _ = writeln!(out, "  <file name=\"{}\">", xml(&outcome.name));
        for problem in &outcome.problems {
            let (line, column) = place(problem, &file);
            let diagnostic = &problem.diagnostic;
            let _ = writeln!(
                out,
                "    <error line=\"{line}\" column=\"{column}\" severity=\"{}\" message=\"{}\" source=\"rdf.{}\"/>",
                checkstyle_level(problem),
                xml(&diagnostic.message),
                xml(&diagnostic.code)
            );
        }
        out.push_str("  </file>\n");
    }
    out.push_str("</checkstyle>\n");
    out
}

/// JUnit's XML: a file is a suite, a finding a failed case, and a file without any a case that passed.
pub(super) fn junit(outcomes: &[Outcome]) -> String {
    let mut out =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rdf check\">\n".to_owned();
    for outcome in outcomes {
        let file = File::new(&outcome.name, &outcome.bytes);
        let failures = outcome.problems.len();
        let name = xml(&outcome.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">",
            failures.max(1)
        );
        if failures == 0 {
            let _ = writeln!(
                out,
                "    <testcase name=\"rdf check\" classname=\"{name}\"/>"
            );
        }
        for problem in &outcome.problems {
            let (line, column) = place(problem, &file);
            let diagnostic = &problem.diagnostic;
            let hints = diagnostic.hints.join("\n");
            let _ = writeln!(
                out,
                "    <testcase name=\"{}:{line}\" classname=\"{name}\">\n      <failure type=\"{}\" message=\"{}\">{name}:{line}:{column}\n{}</failure>\n    </testcase>",
                xml(&diagnostic.code),
                level(problem),
                xml(&diagnostic.message),
                xml(&hints)
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// GitLab's report of code quality, a part of Code Climate's format. Findings are told apart by file, rule, message and
/// how often that came before, so that a line that moves does not make a new one.
pub(super) fn gitlab(outcomes: &[Outcome]) -> Value {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    each(outcomes, |outcome, problem, (line, _)| {
        let diagnostic = &problem.diagnostic;
        let path = outcome.name.replace('\\', "/");
        let key = format!("{path}\n{}\n{}", diagnostic.code, diagnostic.message);
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        let fingerprint = crate::image::Digest::sha256(format!("{key}\n{count}").as_bytes());
        let severity = match diagnostic.severity {
            Severity::Error => "critical",
            Severity::Warning => "minor",
            _ => "info",
        };
        findings.push(json!({
            "description": diagnostic.message,
            "check_name": diagnostic.code,
            "fingerprint": fingerprint.encoded(),
            "severity": severity,
            "location": { "path": path, "lines": { "begin": line } },
        }));
    });
    Value::Array(findings)
}

/// How often each rule and error was found, most often first.
pub(super) fn statistics(outcomes: &[Outcome]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in outcomes.iter().flat_map(|outcome| &outcome.problems) {
        *counts.entry(&problem.diagnostic.code).or_default() += 1;
    }
    let mut rows: Vec<(usize, &str)> = counts
        .into_iter()
        .map(|(code, count)| (count, code))
        .collect();
    rows.sort_by_key(|(count, code)| (std::cmp::Reverse(*count), *code));
    let width = rows.first().map_or(0, |(count, _)| count.to_string().len());
    rows.iter()
        .map(|(count, code)| format!("{count:width$}  {code}\n"))
        .collect()
}

/// Text in an attribute or element; XML has no place for other control characters.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn signs_of_xml_are_escaped() {
        assert_eq!(
            xml("a<b>&\"c\"\n\u{1b}é"),
            "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}é"
        );
    }
}
