//! The names of errors: one list of everything that keeps a Dockerfile from being built.

use crate::source::Span;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
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
        }
    };
}

codes! {
    /// The file has no bytes.
    EmptyFile = "empty-file",
    /// The file has no instructions.
    NoInstructions = "no-instructions",
    /// A physical line is longer than the limit.
    LineTooLong = "line-too-long",
    /// A parser directive is repeated.
    DuplicateDirective = "duplicate-directive",
    /// `# escape=` with something else than `\` or a backtick.
    InvalidEscape = "invalid-escape",
    /// `# check=` with an option that there is none of.
    InvalidCheckDirective = "invalid-check-directive",
    /// The file ends inside a heredoc.
    UnterminatedHeredoc = "unterminated-heredoc",
    /// The word that names a heredoc cannot be read.
    InvalidHeredoc = "invalid-heredoc",
    /// A JSON array holds something else than strings.
    JsonNotStrings = "json-not-strings",
    /// The arguments must be a JSON array.
    JsonRequired = "json-required",
    /// A word of `ENV` or `LABEL` has no value.
    MissingValue = "missing-value",
    /// The instruction word is unknown.
    UnknownInstruction = "unknown-instruction",
    /// An instruction other than `ARG` stands before the first `FROM`.
    InstructionBeforeFrom = "instruction-before-from",
    /// A flag is unknown.
    UnknownFlag = "unknown-flag",
    /// A flag is repeated.
    DuplicateFlag = "duplicate-flag",
    /// A flag has no value or a wrong one.
    InvalidFlagValue = "invalid-flag-value",
    /// An option of `RUN --mount` is unknown, incomplete or does not go with the type.
    InvalidMount = "invalid-mount",
    /// Too many or too few arguments.
    ArgumentCount = "argument-count",
    /// A name or path is empty.
    BlankArgument = "blank-argument",
    /// A heredoc stands where none can.
    HeredocDestination = "heredoc-destination",
    /// The name of a stage has the wrong form.
    InvalidStageName = "invalid-stage-name",
    /// The instruction cannot be a trigger.
    InvalidTrigger = "invalid-trigger",
    /// `HEALTHCHECK` is neither `CMD` nor `NONE`.
    InvalidHealthcheck = "invalid-healthcheck",
    /// The file has no stage.
    NoStages = "no-stages",

    /// A quote is not closed in a text with variables.
    UnterminatedQuote = "unterminated-quote",
    /// `${…}` is incomplete, or has an operator or a pattern that there is none of.
    InvalidSubstitution = "invalid-substitution",
    /// `${name:?message}` of a variable that is not set.
    VariableNotSet = "variable-not-set",
    /// The build would grow beyond a limit.
    LimitExceeded = "limit-exceeded",

    /// The target is not a stage of the file.
    TargetNotFound = "target-not-found",
    /// `FROM` names nothing once its variables are replaced.
    EmptyBaseName = "empty-base-name",
    /// A platform is empty or cannot be read.
    InvalidPlatform = "invalid-platform",
    /// The name of an image cannot be read.
    InvalidImageReference = "invalid-image-reference",
    /// A named context cannot be read.
    InvalidNamedContext = "invalid-named-context",
    /// `from` of `COPY` or of a mount holds a variable.
    VariableInFrom = "variable-in-from",
    /// `COPY --from` has the number of a stage that does not exist.
    InvalidStageIndex = "invalid-stage-index",
    /// Stages read from each other in a circle.
    CircularDependency = "circular-dependency",
    /// An ignore file has a pattern that cannot be read.
    InvalidIgnoreFile = "invalid-ignore-file",
    /// `SOURCE_DATE_EPOCH` is neither a time nor something that has one.
    InvalidSourceDateEpoch = "invalid-source-date-epoch",
    /// What an image is could not be found out.
    ImageNotResolved = "image-not-resolved",
    /// An ignore file, an input or the time of a source could not be read.
    SourceNotResolved = "source-not-resolved",
    /// The config of an image cannot be read.
    InvalidImageConfig = "invalid-image-config",

    /// A stage is read before the file has come to it.
    StageUsedBeforeDefinition = "stage-used-before-definition",
    /// `COPY` of a URL or a git repository.
    RemoteSourceInCopy = "remote-source-in-copy",
    /// The address of a git repository cannot be read, or contradicts the flags.
    InvalidGitSource = "invalid-git-source",
    /// `--checksum` cannot be read, or there is nothing that it could be of.
    InvalidChecksum = "invalid-checksum",
    /// `--chmod` is neither octal nor symbolic.
    InvalidChmod = "invalid-chmod",
    /// `--link` with a `--chown` that names a user or group.
    NamedOwnerWithLink = "named-owner-with-link",
    /// A path has a drive or a form that Windows images cannot have.
    InvalidWindowsPath = "invalid-windows-path",
    /// A `RUN` with a heredoc has words that cannot be put together.
    InvalidRunHeredoc = "invalid-run-heredoc",
    /// `EXPOSE` of something that is not a port.
    InvalidPort = "invalid-port",
    /// `STOPSIGNAL` of something that is not a signal.
    InvalidSignal = "invalid-signal",
    /// The file says that warnings are errors, and there are some.
    CheckFailed = "check-failed",
    /// Text that must be UTF-8 is not.
    InvalidUtf8 = "invalid-utf8",
    /// The graph has a step that no daemon could run.
    InvalidGraph = "invalid-graph",
    /// A fault of this program.
    Internal = "internal",
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
