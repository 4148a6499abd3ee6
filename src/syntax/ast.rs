//! The syntax tree of a Dockerfile: a value, text as written, nothing expanded.
//!
//! [`Dockerfile`] has the global `ARG`s and the [`Stage`]s, a stage has [`Instruction`]s, and each
//! instruction has an [`InstructionMeta`] with what all share: keyword, source text, lines,
//! comments, spans. Byte spans refer to the parsed file (in a trigger, to the trigger's text).

mod instruction;
mod text;

pub use crate::go::byte_text::Text;
pub use instruction::*;
pub use text::Spanned;

use crate::source::{Escape, LineRange, Span};

/// A piece of an instruction's arguments with its place.
pub type Argument = Spanned<Text>;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dockerfile {
    /// The active escape token.
    pub escape: Escape,
    /// Parser directives at the top, in order.
    pub directives: Vec<Directive>,
    /// `ARG`s before the first `FROM`.
    pub meta_args: Vec<ArgInstruction>,
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// Instructions with empty lines in them, in order.
    pub(crate) empty_continuations: Vec<EmptyContinuation>,
}

/// A parser directive, `# name=value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Directive {
    /// Which one.
    pub kind: DirectiveKind,
    /// The text after `=`, trimmed.
    pub value: Text,
    /// Its line.
    pub location: LineRange,
    /// The whole comment.
    pub span: Span,
}

/// The parser directives there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DirectiveKind {
    /// `# syntax=`: the frontend image to use.
    Syntax,
    /// `# escape=`: the escape token.
    Escape,
    /// `# check=`: configuration of lint rules.
    Check,
}

impl DirectiveKind {
    /// The name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            DirectiveKind::Syntax => "syntax",
            DirectiveKind::Escape => "escape",
            DirectiveKind::Check => "check",
        }
    }
}

/// Empty lines inside a continued instruction (rule `NoEmptyContinuation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EmptyContinuation {
    /// The line upstream reports: the last one of the instruction, before heredoc bodies.
    pub location: LineRange,
    /// The lines meant, from the instruction's first to its last.
    pub span: Span,
}

/// An instruction that stands in no stage because of an error; its words are known all the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LostInstruction {
    /// What all instructions have.
    pub meta: InstructionMeta,
    /// The arguments as words, none of them checked.
    pub args: Vec<Argument>,
}

/// `FROM` and everything up to the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Common facts of the `FROM` instruction. `meta.code` is its source text, `meta.keyword` the
    /// word `FROM` as written, `meta.location` and `meta.comments` are the stage's.
    pub meta: InstructionMeta,
    /// The image, stage or context it starts from, as written.
    pub base_name: Argument,
    /// `--platform=`; an empty value means the same as none.
    pub platform: Option<Argument>,
    /// The word between base and name, any casing of `as`; present exactly when `name` is.
    pub as_keyword: Option<Argument>,
    /// The name as written.
    pub written_name: Option<Argument>,
    /// The name in lower case, which is what other instructions refer to.
    pub name: Option<Box<str>>,
    /// Rest of the first comment above that starts with the (lower-case) name and a space.
    pub doc_comment: Option<Text>,
    /// The instructions after `FROM`.
    pub instructions: Vec<Instruction>,
}

impl Stage {
    /// `FROM`, then its instructions.
    pub(crate) fn metas(&self) -> impl Iterator<Item = &InstructionMeta> {
        std::iter::once(&self.meta).chain(self.instructions.iter().map(|it| it.meta()))
    }

    /// The name in lower case, empty when there is none.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("")
    }

    /// `AS` has the casing of `FROM`; also true when `FROM` itself mixes cases.
    pub(crate) fn as_matches_from_casing(&self) -> bool {
        let written = self.as_keyword.as_ref();
        written.is_none_or(|word| self.meta.has_word_in_its_casing(word))
    }

    /// The comment right above describes something else than the stage: the word it should start
    /// with (rule `InvalidDefinitionDescription`).
    pub(crate) fn misplaced_description(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        describes_none_of(&self.meta.comments, std::iter::once(name)).then_some(name)
    }
}

impl ArgInstruction {
    /// The comment right above describes none of the names: the word it should start with, or
    /// `<arg_key>` for several names (rule `InvalidDefinitionDescription`).
    pub(crate) fn misplaced_description(&self) -> Option<&str> {
        let keys = self.args.iter().map(|arg| arg.key.as_str());
        if !describes_none_of(&self.meta.comments, keys) {
            return None;
        }
        match self.args.as_slice() {
            [arg] => Some(arg.key.as_str()),
            _ => Some("<arg_key>"),
        }
    }
}

fn describes_none_of<'a>(comments: &[Text], mut names: impl Iterator<Item = &'a str>) -> bool {
    let Some(comment) = comments.last() else {
        return false;
    };
    let first_word = comment.split(' ').next().unwrap_or("");
    !names.any(|name| name == first_word)
}

/// What every instruction has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstructionMeta {
    /// The instruction word in its own casing, e.g. `Run`.
    pub keyword: Argument,
    /// The instruction as one line: continuations joined, comments between them dropped, trimmed.
    /// Heredoc bodies are not part of it.
    pub code: Text,
    /// All its lines, heredoc bodies included.
    pub location: LineRange,
    /// Comments above it, without `#`, trimmed; an empty comment line starts anew, blank lines
    /// do not. Directives are not among them.
    pub comments: Vec<Text>,
    /// Flags in order, as far as the line level sees them (an unknown one is an error later).
    pub flags: Vec<Flag>,
    /// All its bytes, from the keyword to the end of the last line, heredoc bodies included.
    pub span: Span,
    /// The arguments: what follows the flags, up to the end of the logical line.
    pub args: Span,
}

impl InstructionMeta {
    /// The texts of the `# rdf:` comments above it.
    pub(crate) fn rdf_comments(&self) -> impl Iterator<Item = &str> {
        self.comments
            .iter()
            .filter_map(|comment| comment.as_str().strip_prefix("rdf:"))
    }

    /// The values of `# rdf: keep=` above it: groups of files, with commas between.
    #[cfg(feature = "compile")]
    pub(crate) fn kept_groups(&self) -> impl Iterator<Item = &str> {
        self.rdf_comments()
            .flat_map(str::split_whitespace)
            .filter_map(|word| word.strip_prefix("keep="))
    }

    /// `word` has the casing of the keyword; also true when the keyword itself mixes cases.
    pub(crate) fn has_word_in_its_casing(&self, word: &Text) -> bool {
        match (self.keyword.is_lower_case(), self.keyword.is_upper_case()) {
            (true, _) => word.is_lower_case(),
            (false, true) => word.is_upper_case(),
            (false, false) => true,
        }
    }
}

/// A flag as written.
///
/// ```text
/// COPY --from=build /a /b
///      ^^^^^^^^^^^^ span
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// The name without the dashes.
    pub name: Box<str>,
    /// The text after `=`, quotes and escapes removed; `None` without a `=`.
    ///
    /// The reference reads flags byte by byte as Latin-1, so that text outside ASCII is garbled
    /// here too; it is always valid UTF-8.
    pub value: Option<Argument>,
    /// Where it was written.
    pub span: Span,
}

/// An instruction other than `FROM`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Instruction {
    Add(AddInstruction),
    Arg(ArgInstruction),
    Cmd(CmdInstruction),
    Copy(CopyInstruction),
    Entrypoint(EntrypointInstruction),
    Env(EnvInstruction),
    Expose(ExposeInstruction),
    Healthcheck(HealthcheckInstruction),
    Label(LabelInstruction),
    Maintainer(MaintainerInstruction),
    Onbuild(OnbuildInstruction),
    Run(RunInstruction),
    Shell(ShellInstruction),
    Stopsignal(StopsignalInstruction),
    User(UserInstruction),
    Volume(VolumeInstruction),
    Workdir(WorkdirInstruction),
}

impl Instruction {
    /// Common facts.
    pub fn meta(&self) -> &InstructionMeta {
        match self {
            Instruction::Add(it) => &it.meta,
            Instruction::Arg(it) => &it.meta,
            Instruction::Cmd(it) => &it.meta,
            Instruction::Copy(it) => &it.meta,
            Instruction::Entrypoint(it) => &it.meta,
            Instruction::Env(it) => &it.meta,
            Instruction::Expose(it) => &it.meta,
            Instruction::Healthcheck(it) => &it.meta,
            Instruction::Label(it) => &it.meta,
            Instruction::Maintainer(it) => &it.meta,
            Instruction::Onbuild(it) => &it.meta,
            Instruction::Run(it) => &it.meta,
            Instruction::Shell(it) => &it.meta,
            Instruction::Stopsignal(it) => &it.meta,
            Instruction::User(it) => &it.meta,
            Instruction::Volume(it) => &it.meta,
            Instruction::Workdir(it) => &it.meta,
        }
    }

    /// The instruction word in upper case, e.g. `"RUN"`.
    pub fn name(&self) -> &'static str {
        match self {
            Instruction::Add(_) => "ADD",
            Instruction::Arg(_) => "ARG",
            Instruction::Cmd(_) => "CMD",
            Instruction::Copy(_) => "COPY",
            Instruction::Entrypoint(_) => "ENTRYPOINT",
            Instruction::Env(_) => "ENV",
            Instruction::Expose(_) => "EXPOSE",
            Instruction::Healthcheck(_) => "HEALTHCHECK",
            Instruction::Label(_) => "LABEL",
            Instruction::Maintainer(_) => "MAINTAINER",
            Instruction::Onbuild(_) => "ONBUILD",
            Instruction::Run(_) => "RUN",
            Instruction::Shell(_) => "SHELL",
            Instruction::Stopsignal(_) => "STOPSIGNAL",
            Instruction::User(_) => "USER",
            Instruction::Volume(_) => "VOLUME",
            Instruction::Workdir(_) => "WORKDIR",
        }
    }
}
