//! Errors of a Dockerfile as diagnostics: those of its syntax, and the one that ends a build.

use crate::compile::{CompileError, Source};
use crate::diagnostic::{Diagnostic, File};
use crate::syntax::{ParseError, ParseErrorCode};

/// A problem in the syntax of a Dockerfile.
pub fn syntax_problem(error: &ParseError, file: &File<'_>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(error.code.as_str(), error.title.as_str());
    let span = error
        .span
        .or_else(|| error.location.map(|lines| file.span_of_lines(lines)));
    if let Some(span) = span {
        diagnostic = diagnostic.at(span, label(error.code));
    }
    match (&error.suggestion, hint(error.code)) {
        (Some(word), _) => diagnostic.hint(format!("did you mean `{word}`?")),
        (None, "") => diagnostic,
        (None, hint) => diagnostic.hint(hint),
    }
}

/// Why the place is at fault.
fn label(code: ParseErrorCode) -> &'static str {
    match code {
        ParseErrorCode::UnknownInstruction => "no instruction has this name",
        ParseErrorCode::InstructionBeforeFrom => "only ARG may stand above the first FROM",
        ParseErrorCode::UnknownFlag => "the instruction has no such flag",
        ParseErrorCode::DuplicateFlag => "was given before",
        ParseErrorCode::UnterminatedHeredoc => "the word that ends it does not come",
        _ => "",
    }
}

/// What to do.
fn hint(code: ParseErrorCode) -> &'static str {
    match code {
        ParseErrorCode::EmptyFile | ParseErrorCode::NoInstructions => {
            "a Dockerfile begins with `FROM <image>`"
        }
        ParseErrorCode::UnknownInstruction => {
            "to go on with the line above, that line must end with the escape token, `\\`"
        }
        ParseErrorCode::InstructionBeforeFrom => "begin the stage with `FROM <image>`",
        ParseErrorCode::UnterminatedHeredoc => "end it with a line that holds the word alone",
        ParseErrorCode::JsonNotStrings => "put each word in double quotes: `[\"a\", \"b\"]`",
        ParseErrorCode::JsonRequired => "write a JSON array: `[\"/bin/sh\", \"-c\"]`",
        ParseErrorCode::MissingValue => "write `name=value`",
        _ => "",
    }
}

/// Why there is no build, if not for the syntax.
pub fn build_problem(error: &CompileError, source: &Source, file: &File<'_>) -> Diagnostic {
    if let Some(syntax) = source
        .parsed()
        .error()
        .filter(|syntax| error.message == *syntax.message)
    {
        return syntax_problem(syntax, file);
    }
    let mut diagnostic = Diagnostic::error("compile", error.message.as_str());
    let mut places = error.locations.iter().filter_map(|lines| lines.first());
    if let Some(lines) = places.next() {
        diagnostic = diagnostic.at(file.span_of_lines(*lines), "");
    }
    let first = error.locations.first().and_then(|lines| lines.first());
    for lines in places.filter(|lines| Some(*lines) != first) {
        diagnostic = diagnostic.label(file.span_of_lines(*lines), "");
    }
    diagnostic
}
