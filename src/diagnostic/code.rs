//! The kinds of errors: one list of everything that keeps a Dockerfile from being built, and what is known of each.

use crate::source::Span;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $label:literal, $hint:literal;)*) => {
        /// What kind of error it is. The name is stable: texts may be worded anew, a code keeps its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order in which a build can meet them.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),*];

            /// The name as shown to people, kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $text,)*
                }
            }

            /// Why the marked bytes are wrong; empty where the message says it all.
            #[cfg(feature = "check")]
            pub(crate) const fn label(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $label,)*
                }
            }

            /// What to do; empty where that depends on the message.
            #[cfg(feature = "check")]
            pub(crate) const fn hint(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $hint,)*
                }
            }

            /// Its page, `docs/errors/<name>.md`: what it means, an example, what to do.
            #[cfg(feature = "check")]
            pub(crate) const fn page(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => {
                        include_str!(concat!("../../docs/errors/", $text, ".md"))
                    })*
                }
            }
        }
    };
}

// Kind, name, label of the marked bytes, hint.
codes! {
    /// The file has no bytes.
    EmptyFile = "empty-file", "", "begin the file with `FROM <image>`";
    /// The file has no instructions.
    NoInstructions = "no-instructions", "", "begin the file with `FROM <image>`";
    /// A physical line is longer than the limit.
    LineTooLong = "line-too-long", "", "continue the instruction on another line";
    /// A parser directive is repeated.
    DuplicateDirective = "duplicate-directive", "given a second time", "delete one of them";
    /// `# escape=` with something else than `\` or a backtick.
    InvalidEscape = "invalid-escape", "must be `\\` or a backtick", "";
    /// `# check=` with an option that there is none of.
    InvalidCheckDirective = "invalid-check-directive", "", "write `skip=`, `error=` or `experimental=`, separated by `;`";
    /// The file ends inside a heredoc.
    UnterminatedHeredoc = "unterminated-heredoc", "its end word is missing", "end it with a line that holds the word alone";
    /// The word that names a heredoc cannot be read.
    InvalidHeredoc = "invalid-heredoc", "", "close the quote or brace, or escape it";
    /// A JSON array holds something else than strings.
    JsonNotStrings = "json-not-strings", "", "put each word in double quotes: `[\"a\", \"b\"]`";
    /// The arguments must be a JSON array.
    JsonRequired = "json-required", "not a JSON array", "write a JSON array: `[\"/bin/sh\", \"-c\"]`";
    /// A word of `ENV` or `LABEL` has no value.
    MissingValue = "missing-value", "has no value", "write `name=value`";
    /// The instruction word is unknown.
    UnknownInstruction = "unknown-instruction", "no instruction has this name", "";
    /// An instruction other than `ARG` stands before the first `FROM`.
    InstructionBeforeFrom = "instruction-before-from", "only ARG may stand above the first FROM", "begin the stage with `FROM <image>`";
    /// A flag is unknown.
    UnknownFlag = "unknown-flag", "the instruction has no such flag", "";
    /// A flag is repeated.
    DuplicateFlag = "duplicate-flag", "given a second time", "delete one of them";
    /// A flag has no value or a wrong one.
    InvalidFlagValue = "invalid-flag-value", "", "";
    /// An option of `RUN --mount` is unknown, incomplete or does not go with the type.
    InvalidMount = "invalid-mount", "", "";
    /// Too many or too few arguments.
    ArgumentCount = "argument-count", "", "";
    /// A name or path is empty.
    BlankArgument = "blank-argument", "empty", "";
    /// A heredoc stands where none can.
    HeredocDestination = "heredoc-destination", "a destination must be a path", "write the destination after the heredoc";
    /// The name of a stage has the wrong form.
    InvalidStageName = "invalid-stage-name", "", "begin the name with a letter, and use letters, digits, `-`, `_` and `.`";
    /// The instruction cannot be a trigger.
    InvalidTrigger = "invalid-trigger", "", "";
    /// `HEALTHCHECK` is neither `CMD` nor `NONE`.
    InvalidHealthcheck = "invalid-healthcheck", "", "write `HEALTHCHECK CMD <command>` or `HEALTHCHECK NONE`";
    /// The file has no stage.
    NoStages = "no-stages", "", "add a stage: `FROM <image>`";

    /// A quote is not closed in a text with variables.
    UnterminatedQuote = "unterminated-quote", "unterminated quote", "close the quote, or escape it";
    /// `${…}` is incomplete, or has an operator or a pattern that there is none of.
    InvalidSubstitution = "invalid-substitution", "", "";
    /// `${name:?message}` of a variable that is not set.
    VariableNotSet = "variable-not-set", "requires a variable that is not set", "set the variable, for a build argument by `--build-arg`";
    /// The build would grow beyond a limit.
    LimitExceeded = "limit-exceeded", "", "";

    /// The target is not a stage of the file.
    TargetNotFound = "target-not-found", "", "run `rdf targets` to list the stages";
    /// `FROM` names nothing once its variables are replaced.
    EmptyBaseName = "empty-base-name", "empty once its variables are replaced", "give the variable a default in an `ARG` above the first `FROM`";
    /// A platform is empty or cannot be read.
    InvalidPlatform = "invalid-platform", "", "write `<os>/<architecture>`, such as `linux/arm64`";
    /// The name of an image cannot be read.
    InvalidImageReference = "invalid-image-reference", "", "";
    /// A named context cannot be read.
    InvalidNamedContext = "invalid-named-context", "", "";
    /// `from` of `COPY` or of a mount holds a variable.
    VariableInFrom = "variable-in-from", "cannot hold a variable", "define a stage, `FROM <variable> AS <name>`, and read from that";
    /// `COPY --from` has the number of a stage that does not exist.
    InvalidStageIndex = "invalid-stage-index", "no stage has this number", "use the name of the stage";
    /// Stages read from each other in a circle.
    CircularDependency = "circular-dependency", "read from here", "move what both stages need into a third one";
    /// An ignore file has a pattern that cannot be read.
    InvalidIgnoreFile = "invalid-ignore-file", "", "";
    /// `SOURCE_DATE_EPOCH` is neither a time nor something that has one.
    InvalidSourceDateEpoch = "invalid-source-date-epoch", "", "";
    /// What an image is could not be found out.
    ImageNotResolved = "image-not-resolved", "", "";
    /// An ignore file, an input or the time of a source could not be read.
    SourceNotResolved = "source-not-resolved", "", "";
    /// The config of an image cannot be read.
    InvalidImageConfig = "invalid-image-config", "", "";

    /// A stage is read before the file has come to it.
    StageUsedBeforeDefinition = "stage-used-before-definition", "only earlier stages can be read", "move the stage that is read above this one";
    /// `COPY` of a URL or a git repository.
    RemoteSourceInCopy = "remote-source-in-copy", "", "write `ADD` in the place of `COPY`";
    /// The address of a git repository cannot be read, or contradicts the flags.
    InvalidGitSource = "invalid-git-source", "", "";
    /// `--checksum` cannot be read, or there is nothing that it could be of.
    InvalidChecksum = "invalid-checksum", "", "";
    /// `--chmod` is neither octal nor symbolic.
    InvalidChmod = "invalid-chmod", "", "write an octal mode such as `755`, or a symbolic one such as `u=rwX,go=rX`";
    /// `--link` with a `--chown` that names a user or group.
    NamedOwnerWithLink = "named-owner-with-link", "must be numeric with `--link`", "write numeric ids, `--chown=<uid>:<gid>`, or remove `--link`";
    /// A path has a drive or a form that Windows images cannot have.
    InvalidWindowsPath = "invalid-windows-path", "", "use a path on the drive `C:`";
    /// A `RUN` with a heredoc has words that cannot be put together.
    InvalidRunHeredoc = "invalid-run-heredoc", "", "";
    /// `EXPOSE` of something that is not a port.
    InvalidPort = "invalid-port", "", "write ports such as `80`, `8000-8010` or `53/udp`";
    /// `STOPSIGNAL` of something that is not a signal.
    InvalidSignal = "invalid-signal", "", "write a name such as `SIGTERM`, or a number";
    /// The file says that warnings are errors, and there are some.
    CheckFailed = "check-failed", "", "fix the findings, or turn the rules off by `# check=skip=<rules>`";
    /// Text that must be UTF-8 is not.
    InvalidUtf8 = "invalid-utf8", "", "save the file as UTF-8";
    /// The graph has a step that no daemon could run.
    InvalidGraph = "invalid-graph", "", "";
    /// A fault of this program.
    Internal = "internal", "", "report this as a fault of the program";
}

/// Another place in the file that has to do with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Related {
    /// The bytes.
    pub span: Span,
    /// What they have to do with it.
    pub relation: Relation,
}

/// What a place has to do with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Relation {
    /// The instruction right above.
    Above,
    /// The same was written before.
    Earlier,
    /// The stage with the instruction at fault.
    CurrentStage,
    /// What the word at fault names is defined here.
    Definition,
    /// One more step of a circle.
    AlsoReads,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_different() {
        let mut names: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        let fine = |name: &&str| {
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'8')
        };
        assert!(names.iter().all(fine));
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "each once");
    }
}
