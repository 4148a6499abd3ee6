//! Errors of a Dockerfile as diagnostics, and what is known about each kind: label, hint and page.

use super::{Problem, hints};
use crate::compile::{CompileError, Compiled, Lowered, Source};
use crate::diagnostic::suggest::{Case, suggest};
use crate::diagnostic::{Diagnostic, ErrorCode, File, Relation, number};
use crate::limits::MAX_LISTED_STAGES;
use crate::llb;
use crate::source::{LineRange, Span};
use crate::syntax::{self, ParseError, Stage};

/// What is known about a kind of error.
#[derive(Clone, Copy, Debug)]
pub struct ErrorPage {
    /// What it means, an example, what to do: Markdown.
    pub page: &'static str,
    /// What to do; empty where that depends on the message.
    pub hint: &'static str,
}

impl ErrorPage {
    /// What is known about `code`.
    pub fn of(code: ErrorCode) -> ErrorPage {
        ErrorPage {
            page: code.page(),
            hint: code.hint(),
        }
    }

    /// The kind of that name; letter case does not matter.
    pub fn find(name: &str) -> Option<ErrorPage> {
        let mut codes = ErrorCode::ALL.iter().copied();
        let code = codes.find(|code| code.as_str().eq_ignore_ascii_case(name))?;
        Some(ErrorPage::of(code))
    }

    /// The name that was probably meant.
    pub fn nearest(name: &str) -> Option<String> {
        let names = ErrorCode::ALL.iter().map(|code| code.as_str());
        suggest(&name.to_lowercase(), names, Case::Sensitive)
    }

    /// The first sentence of the page.
    pub fn summary(&self) -> &'static str {
        let text = self.page.lines().skip(1).find(|line| !line.is_empty());
        let text = text.unwrap_or_default();
        text.split(". ").next().unwrap_or_default()
    }
}

/// Every error of the syntax; or else the one that ends the build.
pub(super) fn problems(source: &Source, compiled: &Compiled, file: &File<'_>) -> Vec<Problem> {
    let syntax = &source.parsed().errors;
    if !syntax.is_empty() {
        // Every line of such a file is an error, and all for one reason.
        let count = match hints::is_utf16(file.bytes()) {
            true => 1,
            false => syntax.len(),
        };
        let syntax = syntax.get(..count).unwrap_or_default();
        let told = |found| Problem::bare(syntax_problem(found, file), found.location);
        return syntax.iter().map(told).collect();
    }
    match &compiled.result {
        Ok(lowered) => lowered
            .invalid_text
            .map(|lines| build_error(&not_utf8(lines, file), file)),
        Err(error) => Some(build_error(error, file)),
    }
    .into_iter()
    .collect()
}

/// [`Lowered::definition`], with an error that has its place.
pub fn definition(lowered: &Lowered, file: &File<'_>) -> Result<llb::Definition, CompileError> {
    match lowered.invalid_text {
        Some(lines) => Err(not_utf8(lines, file)),
        None => lowered.definition(),
    }
}

/// What ends the build once its graph is marshalled; the place is known here alone.
fn not_utf8(lines: LineRange, file: &File<'_>) -> CompileError {
    let whole = file.span_of_lines(lines);
    let error = CompileError::new(ErrorCode::InvalidUtf8, "the command is not UTF-8").at(&[lines]);
    match std::str::from_utf8(whole.of(file.bytes())) {
        Ok(_) => error,
        Err(found) => {
            let start = whole.start + number(found.valid_up_to());
            let length = found.error_len().map_or(whole.end - start, number);
            error.with_span(Span::new(start, start + length))
        }
    }
}

/// An error at its instruction.
pub(super) fn build_error(error: &CompileError, file: &File<'_>) -> Problem {
    let location = error.locations().first().and_then(|lines| lines.first());
    let by_span = || {
        let line = file.place(error.span()?.start).line;
        Some(LineRange::new(line, line))
    };
    Problem::bare(
        build_problem(error, file),
        location.copied().or_else(by_span),
    )
}

/// A problem in the syntax of a Dockerfile.
pub fn syntax_problem(error: &ParseError, file: &File<'_>) -> Diagnostic {
    build_problem(&CompileError::from(error), file)
}

/// Why there is no build.
pub fn build_problem(error: &CompileError, file: &File<'_>) -> Diagnostic {
    let code = error.code();
    let mut diagnostic = Diagnostic::error(code.as_str(), error.title());
    let lines = error.locations().iter().filter_map(|lines| lines.first());
    let mut places = lines.map(|lines| file.span_of_lines(*lines));
    let primary = error.span().or_else(|| places.next());
    let mistake = hints::mistake(error, file);
    let found = mistake.as_ref().and_then(|mistake| mistake.at);
    match (found, primary) {
        (Some((span, label)), _) => diagnostic = diagnostic.at(span, label),
        (None, Some(span)) => diagnostic = diagnostic.at(span, code.label()),
        (None, None) => {}
    }
    if let Some((span, label)) = mistake.as_ref().and_then(|mistake| mistake.related) {
        diagnostic = diagnostic.label(span, label);
    }
    for related in error.related() {
        let text = match related.relation {
            Relation::Above => continue,
            Relation::Earlier => "first given here",
            Relation::CurrentStage => "the current stage",
            Relation::Definition => "defined here",
            Relation::AlsoReads => "and from here",
        };
        diagnostic = diagnostic.label(related.span, text);
    }
    if error.related().is_empty() {
        // Lines around the bytes at fault say nothing new.
        for place in places.filter(|place| !primary.is_some_and(|span| place.contains(span))) {
            diagnostic = diagnostic.label(place, "");
        }
    }
    match (
        mistake
            .map(|mistake| mistake.hint)
            .or_else(|| hint(error, file)),
        code.hint(),
    ) {
        (Some(hint), _) => diagnostic.hint(hint),
        (None, "") => diagnostic,
        (None, hint) => diagnostic.hint(hint),
    }
}

/// What to do about this very error.
fn hint(error: &CompileError, file: &File<'_>) -> Option<String> {
    if let Some(word) = error.suggestion() {
        return Some(match error.code() {
            ErrorCode::UnknownFlag => format!("did you mean `--{word}`?"),
            _ => format!("did you mean `{word}`?"),
        });
    }
    if error.code() == ErrorCode::TargetNotFound {
        return stage_names(file);
    }
    let above = |it: &crate::diagnostic::Related| it.relation == Relation::Above;
    error.related().iter().any(above).then(|| {
        "to go on with the line above, that line must end with the escape token, `\\` unless `# escape=` sets another".to_owned()
    })
}

/// The stages that can be built by their names.
fn stage_names(file: &File<'_>) -> Option<String> {
    let parsed = syntax::parse(file.bytes());
    let names = parsed.dockerfile.stages.iter().map(Stage::name);
    let names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(|name| format!("`{name}`"))
        .collect();
    let can_be_listed = (1..=MAX_LISTED_STAGES).contains(&names.len());
    can_be_listed.then(|| format!("stages with a name: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_page_of_its_name() {
        for code in ErrorCode::ALL {
            let page = ErrorPage::of(*code);
            let title = format!("# {}\n", code.as_str());
            assert!(page.page.starts_with(&title), "{}", code.as_str());
            assert!(page.page.contains("\n## What to do\n"), "{}", code.as_str());
            assert!(!page.summary().is_empty(), "{}", code.as_str());
        }
    }

    #[test]
    fn kinds_are_found_by_name() {
        let found = ErrorPage::find("Stage-Used-Before-Definition").map(|page| page.page);
        assert_eq!(found, Some(ErrorCode::StageUsedBeforeDefinition.page()));
        assert_eq!(
            ErrorPage::nearest("unknown-fla").as_deref(),
            Some("unknown-flag")
        );
    }
}
