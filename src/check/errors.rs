//! Errors of a Dockerfile as diagnostics, and what is known about each kind: label, hint and page.

use super::hints;
use crate::compile::CompileError;
use crate::diagnostic::suggest::{Case, suggest};
use crate::diagnostic::{Diagnostic, ErrorCode, File, Relation};
use crate::limits::MAX_LISTED_STAGES;
use crate::syntax::{self, ParseError, Stage};

/// What is known about a kind of error.
#[derive(Clone, Copy, Debug)]
pub struct ErrorPage {
    /// The kind.
    pub code: ErrorCode,
    /// What it means, an example, what to do: Markdown.
    pub page: &'static str,
    /// Why the marked bytes are wrong; empty where the message says it all.
    label: &'static str,
    /// What to do; empty where that depends on the message.
    pub hint: &'static str,
}

impl ErrorPage {
    /// What is known about `code`.
    pub fn of(code: ErrorCode) -> ErrorPage {
        page(code)
    }

    /// The kind of that name; letter case does not matter.
    pub fn find(name: &str) -> Option<ErrorPage> {
        let mut codes = ErrorCode::ALL.iter().copied();
        let code = codes.find(|code| code.as_str().eq_ignore_ascii_case(name))?;
        Some(page(code))
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

macro_rules! pages {
    ($($code:ident $name:literal $label:literal $hint:literal;)*) => {
        fn page(code: ErrorCode) -> ErrorPage {
            match code {
                $(ErrorCode::$code => ErrorPage {
                    code,
                    page: include_str!(concat!("../../docs/errors/", $name, ".md")),
                    label: $label,
                    hint: $hint,
                },)*
            }
        }
    };
}

// Kind, page, label, hint.
pages! {
    EmptyFile "empty-file" "" "begin the file with `FROM <image>`";
    NoInstructions "no-instructions" "" "begin the file with `FROM <image>`";
    LineTooLong "line-too-long" "" "continue the instruction on another line";
    DuplicateDirective "duplicate-directive" "given a second time" "delete one of them";
    InvalidEscape "invalid-escape" "must be `\\` or a backtick" "";
    InvalidCheckDirective "invalid-check-directive" "" "write `skip=`, `error=` or `experimental=`, separated by `;`";
    UnterminatedHeredoc "unterminated-heredoc" "its end word is missing" "end it with a line that holds the word alone";
    InvalidHeredoc "invalid-heredoc" "" "close the quote or brace, or escape it";
    JsonNotStrings "json-not-strings" "" "put each word in double quotes: `[\"a\", \"b\"]`";
    JsonRequired "json-required" "not a JSON array" "write a JSON array: `[\"/bin/sh\", \"-c\"]`";
    MissingValue "missing-value" "has no value" "write `name=value`";
    UnknownInstruction "unknown-instruction" "no instruction has this name" "";
    InstructionBeforeFrom "instruction-before-from" "only ARG may stand above the first FROM" "begin the stage with `FROM <image>`";
    UnknownFlag "unknown-flag" "the instruction has no such flag" "";
    DuplicateFlag "duplicate-flag" "given a second time" "delete one of them";
    InvalidFlagValue "invalid-flag-value" "" "";
    InvalidMount "invalid-mount" "" "";
    ArgumentCount "argument-count" "" "";
    BlankArgument "blank-argument" "empty" "";
    HeredocDestination "heredoc-destination" "a destination must be a path" "write the destination after the heredoc";
    InvalidStageName "invalid-stage-name" "" "begin the name with a letter, and use letters, digits, `-`, `_` and `.`";
    InvalidTrigger "invalid-trigger" "" "";
    InvalidHealthcheck "invalid-healthcheck" "" "write `HEALTHCHECK CMD <command>` or `HEALTHCHECK NONE`";
    NoStages "no-stages" "" "add a stage: `FROM <image>`";
    UnterminatedQuote "unterminated-quote" "unterminated quote" "close the quote, or escape it";
    InvalidSubstitution "invalid-substitution" "" "";
    VariableNotSet "variable-not-set" "requires a variable that is not set" "set the variable, for a build argument by `--build-arg`";
    LimitExceeded "limit-exceeded" "" "";
    TargetNotFound "target-not-found" "" "run `rdf targets` to list the stages";
    EmptyBaseName "empty-base-name" "empty once its variables are replaced" "give the variable a default in an `ARG` above the first `FROM`";
    InvalidPlatform "invalid-platform" "" "write `<os>/<architecture>`, such as `linux/arm64`";
    InvalidImageReference "invalid-image-reference" "" "";
    InvalidNamedContext "invalid-named-context" "" "";
    VariableInFrom "variable-in-from" "cannot hold a variable" "define a stage, `FROM <variable> AS <name>`, and read from that";
    InvalidStageIndex "invalid-stage-index" "no stage has this number" "use the name of the stage";
    CircularDependency "circular-dependency" "read from here" "move what both stages need into a third one";
    InvalidIgnoreFile "invalid-ignore-file" "" "";
    InvalidSourceDateEpoch "invalid-source-date-epoch" "" "";
    ImageNotResolved "image-not-resolved" "" "";
    SourceNotResolved "source-not-resolved" "" "";
    InvalidImageConfig "invalid-image-config" "" "";
    StageUsedBeforeDefinition "stage-used-before-definition" "only earlier stages can be read" "move the stage that is read above this one";
    RemoteSourceInCopy "remote-source-in-copy" "" "write `ADD` in the place of `COPY`";
    InvalidGitSource "invalid-git-source" "" "";
    InvalidChecksum "invalid-checksum" "" "";
    InvalidChmod "invalid-chmod" "" "write an octal mode such as `755`, or a symbolic one such as `u=rwX,go=rX`";
    NamedOwnerWithLink "named-owner-with-link" "must be numeric with `--link`" "write numeric ids, `--chown=<uid>:<gid>`, or remove `--link`";
    InvalidWindowsPath "invalid-windows-path" "" "use a path on the drive `C:`";
    InvalidRunHeredoc "invalid-run-heredoc" "" "";
    InvalidPort "invalid-port" "" "write ports such as `80`, `8000-8010` or `53/udp`";
    InvalidSignal "invalid-signal" "" "write a name such as `SIGTERM`, or a number";
    CheckFailed "check-failed" "" "fix the findings, or turn the rules off by `# check=skip=<rules>`";
    InvalidUtf8 "invalid-utf8" "" "save the file as UTF-8";
    InvalidGraph "invalid-graph" "" "";
    Internal "internal" "" "report this as a fault of the program";
}

/// A problem in the syntax of a Dockerfile.
pub fn syntax_problem(error: &ParseError, file: &File<'_>) -> Diagnostic {
    build_problem(&CompileError::from(error), file)
}

/// Why there is no build.
pub fn build_problem(error: &CompileError, file: &File<'_>) -> Diagnostic {
    let page = page(error.code());
    let mut diagnostic = Diagnostic::error(page.code.as_str(), error.title());
    let lines = error.locations().iter().filter_map(|lines| lines.first());
    let mut places = lines.map(|lines| file.span_of_lines(*lines));
    let primary = error.span().or_else(|| places.next());
    let mistake = hints::mistake(error, file);
    let found = mistake.as_ref().and_then(|mistake| mistake.at);
    match (found, primary) {
        (Some((span, label)), _) => diagnostic = diagnostic.at(span, label),
        (None, Some(span)) => diagnostic = diagnostic.at(span, page.label),
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
        page.hint,
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
            let page = page(*code);
            let title = format!("# {}\n", code.as_str());
            assert!(page.page.starts_with(&title), "{}", code.as_str());
            assert!(page.page.contains("\n## What to do\n"), "{}", code.as_str());
            assert!(!page.summary().is_empty(), "{}", code.as_str());
        }
    }

    #[test]
    fn kinds_are_found_by_name() {
        let found = ErrorPage::find("Stage-Used-Before-Definition").map(|page| page.code);
        assert_eq!(found, Some(ErrorCode::StageUsedBeforeDefinition));
        assert_eq!(
            ErrorPage::nearest("unknown-fla").as_deref(),
            Some("unknown-flag")
        );
    }
}
