//! From a line's arguments to typed instructions: one module per instruction.
//!
//! An instruction is read in two steps, as the reference does it in two phases: [`read_args`] finds
//! the form of the arguments, [`build`] gives them their meaning.

mod add;
mod arg;
mod cmd;
mod copy;
mod entrypoint;
mod env;
mod expose;
mod from;
mod healthcheck;
mod label;
mod maintainer;
mod onbuild;
mod run;
mod shell;
mod sources;
mod stopsignal;
mod user;
mod volume;
mod workdir;

pub(super) use run::parse_mount;

use std::ops::Range;

use crate::diagnostic::ErrorCode;
use crate::diagnostic::suggest::{Case, suggest};
use crate::go::text::to_lower;
use crate::source::Escape;

use super::args::{self, List};
use super::ast::Text;
use super::ast::{Argument, CommandLine, Heredoc, Instruction, InstructionMeta, KeyValue, Stage};
use super::error::Fault;
use super::flag;
use super::line::LogicalLine;

/// The instruction words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
}

/// Words as nearly all files have them, in the order of the alphabet and of the keywords.
const KEYWORDS: [(&str, Keyword); 18] = [
    ("ADD", Keyword::Add),
    ("ARG", Keyword::Arg),
    ("CMD", Keyword::Cmd),
    ("COPY", Keyword::Copy),
    ("ENTRYPOINT", Keyword::Entrypoint),
    ("ENV", Keyword::Env),
    ("EXPOSE", Keyword::Expose),
    ("FROM", Keyword::From),
    ("HEALTHCHECK", Keyword::Healthcheck),
    ("LABEL", Keyword::Label),
    ("MAINTAINER", Keyword::Maintainer),
    ("ONBUILD", Keyword::Onbuild),
    ("RUN", Keyword::Run),
    ("SHELL", Keyword::Shell),
    ("STOPSIGNAL", Keyword::Stopsignal),
    ("USER", Keyword::User),
    ("VOLUME", Keyword::Volume),
    ("WORKDIR", Keyword::Workdir),
];

impl Keyword {
    /// The instruction that a word in any case names.
    pub fn find(word: &[u8]) -> Option<Self> {
        let same = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if let Some((_, keyword)) = KEYWORDS.iter().find(|(name, _)| same(name)) {
            return Some(*keyword);
        }
        if word.is_ascii() {
            return None;
        }
        // Parity: letters whose lower case is ASCII count, e.g. the Kelvin sign
        let word = to_lower(std::str::from_utf8(word).ok()?);
        let found = KEYWORDS
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name));
        found.map(|(_, keyword)| *keyword)
    }

    /// The word that was found to name `keyword` as a text of its own.
    pub fn text(keyword: Option<Self>, word: &[u8]) -> Text {
        let usual = keyword.and_then(|keyword| KEYWORDS.get(keyword as usize));
        match usual.filter(|(name, _)| name.as_bytes() == word) {
            Some((name, _)) => Text::known(name),
            None => Text::from_bytes(word),
        }
    }

    /// Checks flags against those that it knows.
    fn check_flags(self, meta: &InstructionMeta) -> Result<(), Fault> {
        flag::check(&meta.flags, self.flags())
    }

    /// The flags that it knows.
    fn flags(self) -> &'static flag::Known {
        match self {
            Keyword::Add => add::FLAGS,
            Keyword::Copy => copy::FLAGS,
            Keyword::From => from::FLAGS,
            Keyword::Healthcheck => healthcheck::FLAGS,
            Keyword::Run => run::FLAGS,
            _ => &[],
        }
    }

    /// Whether its arguments can open heredocs.
    pub fn takes_heredocs(self) -> bool {
        matches!(self, Keyword::Add | Keyword::Copy | Keyword::Run)
    }
}

/// The words that Dockerfiles are made of, for whoever offers or explains them.
#[cfg(feature = "cli")]
pub(crate) mod vocabulary {
    use super::{KEYWORDS, Keyword, flag};

    pub(crate) use super::super::flag::FlagKind;
    pub(crate) use super::run::MOUNT_OPTIONS;

    /// The instruction words, in the order of the alphabet.
    pub(crate) fn instructions() -> impl Iterator<Item = &'static str> {
        KEYWORDS.iter().map(|(word, _)| *word)
    }

    /// The instruction that a word in any case names, in upper case.
    pub(crate) fn instruction(word: &str) -> Option<&'static str> {
        let found = Keyword::find(word.as_bytes())?;
        let known = KEYWORDS.iter().find(|(_, keyword)| *keyword == found);
        known.map(|(word, _)| *word)
    }

    /// The flags of an instruction; none for a word that is not one.
    pub(crate) fn flags(word: &str) -> &'static flag::Known {
        Keyword::find(word.as_bytes()).map_or(&[], Keyword::flags)
    }
}

/// The arguments of an instruction, in one of the forms.
#[derive(Default)]
pub(super) struct Args {
    pub list: List,
    /// Only `ENV` and `LABEL`.
    pub pairs: Vec<KeyValue>,
    /// The line may open heredocs.
    pub heredocs: bool,
}

impl From<Vec<Argument>> for Args {
    fn from(args: Vec<Argument>) -> Self {
        List { args, array: None }.into()
    }
}

impl From<List> for Args {
    fn from(list: List) -> Self {
        Args {
            list,
            ..Args::default()
        }
    }
}

/// Everything known about an instruction before it gets its meaning.
pub(super) struct Request<'l> {
    /// The whole line.
    pub line: &'l LogicalLine<'l>,
    pub meta: InstructionMeta,
    pub args: Args,
    pub heredocs: Vec<Heredoc>,
}

/// What an instruction turned out to be.
pub(super) enum Built {
    /// `FROM`
    Stage(Stage),
    /// Anything else.
    Instruction(Instruction),
}

/// First step: the form of the arguments.
pub(super) fn read_args(
    keyword: Keyword,
    line: &LogicalLine<'_>,
    range: Range<usize>,
    escape: Escape,
) -> Result<Args, Fault> {
    let mut args: Args = match keyword {
        Keyword::Add | Keyword::Copy | Keyword::Volume => {
            args::json_or_separated(line, range)?.into()
        }
        Keyword::Cmd | Keyword::Entrypoint | Keyword::Run | Keyword::Shell => {
            args::json_or_whole(line, range)?.into()
        }
        Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir => {
            args::whole(line, range).into()
        }
        Keyword::Expose | Keyword::From => args::blank_separated(line, range).into(),
        Keyword::Arg => args::words(line, range, escape).into(),
        Keyword::Env => pairs(args::pairs(line, range, escape, "ENV")?),
        Keyword::Label => pairs(args::pairs(line, range, escape, "LABEL")?),
        Keyword::Healthcheck => healthcheck::read(line, range)?.into(),
        Keyword::Onbuild => return onbuild::read(line, range, escape),
    };
    args.heredocs = keyword.takes_heredocs() && !args.list.is_json();
    Ok(args)
}

fn pairs(pairs: Vec<KeyValue>) -> Args {
    Args {
        pairs,
        ..Args::default()
    }
}

/// Second step: the meaning.
pub(super) fn build(keyword: Keyword, request: Request<'_>) -> Result<Built, Fault> {
    let instruction = match keyword {
        Keyword::From => return from::build(request).map(Built::Stage),
        Keyword::Add => add::build(request).map(Instruction::Add),
        Keyword::Arg => arg::build(request).map(Instruction::Arg),
        Keyword::Cmd => cmd::build(request).map(Instruction::Cmd),
        Keyword::Copy => copy::build(request).map(Instruction::Copy),
        Keyword::Entrypoint => entrypoint::build(request).map(Instruction::Entrypoint),
        Keyword::Env => env::build(request).map(Instruction::Env),
        Keyword::Expose => expose::build(request).map(Instruction::Expose),
        Keyword::Healthcheck => healthcheck::build(request).map(Instruction::Healthcheck),
        Keyword::Label => label::build(request).map(Instruction::Label),
        Keyword::Maintainer => maintainer::build(request).map(Instruction::Maintainer),
        Keyword::Onbuild => onbuild::build(request).map(Instruction::Onbuild),
        Keyword::Run => run::build(request).map(Instruction::Run),
        Keyword::Shell => shell::build(request).map(Instruction::Shell),
        Keyword::Stopsignal => stopsignal::build(request).map(Instruction::Stopsignal),
        Keyword::User => user::build(request).map(Instruction::User),
        Keyword::Volume => volume::build(request).map(Instruction::Volume),
        Keyword::Workdir => workdir::build(request).map(Instruction::Workdir),
    };
    instruction.map(Built::Instruction)
}

/// A word that is not an instruction.
#[cold]
pub(super) fn unknown(keyword: &Argument) -> Fault {
    let names = KEYWORDS.map(|(name, _)| name.to_ascii_lowercase());
    let names = names.iter().map(String::as_str);
    let title = Text::concat([b"unknown instruction: ", keyword.as_bytes()]);
    // Parity: a word with broken characters is in neither case, so the name is given as it is
    let nearest = match keyword.is_utf8() {
        true => suggest(keyword, names, Case::Insensitive),
        false => suggest(&to_lower(keyword), names, Case::Sensitive),
    };
    Fault::new(ErrorCode::UnknownInstruction, title)
        .at(keyword.span)
        .suggest(nearest)
}

#[cold]
fn at_least_one_argument(meta: &InstructionMeta, name: &str) -> Fault {
    let title = format!("{name} requires at least one argument");
    Fault::new(ErrorCode::ArgumentCount, title).at(meta.keyword.span)
}

/// The only argument, or the error that there is none. Comes before the check of flags.
fn exactly_one_argument(args: Args, meta: &InstructionMeta, name: &str) -> Result<Argument, Fault> {
    let mut args = args.list.args.into_iter();
    match (args.next(), args.next()) {
        (Some(arg), None) => Ok(arg),
        _ => {
            let title = format!("{name} requires exactly one argument");
            Err(Fault::new(ErrorCode::ArgumentCount, title).at(meta.keyword.span))
        }
    }
}

/// `ENV` and `LABEL`: at least one pair, no blank keys.
fn key_values(request: &mut Request<'_>, name: &str) -> Result<Vec<KeyValue>, Fault> {
    let pairs = std::mem::take(&mut request.args.pairs);
    if pairs.is_empty() {
        return Err(at_least_one_argument(&request.meta, name));
    }
    if let Some(pair) = pairs.iter().find(|pair| pair.key.is_empty()) {
        return Err(blank_name(&pair.key, name));
    }
    Ok(pairs)
}

#[cold]
fn blank_name(key: &Argument, name: &str) -> Fault {
    let title = format!("{name} names can not be blank");
    Fault::new(ErrorCode::BlankArgument, title).at(key.span)
}

/// The command of `RUN`, `CMD` and `ENTRYPOINT`.
fn command_line(request: &mut Request<'_>) -> CommandLine {
    let list = std::mem::take(&mut request.args.list);
    CommandLine {
        shell: !list.is_json(),
        args: list.args,
        files: std::mem::take(&mut request.heredocs),
    }
}

/// Rest of the first comment that starts with `name` and a space.
fn doc_comment(comments: &[Text], name: &[u8]) -> Option<Text> {
    if name.is_empty() {
        return None;
    }
    comments.iter().find_map(|comment| {
        let rest = comment.as_bytes().strip_prefix(name)?;
        rest.strip_prefix(b" ").map(Text::from_bytes)
    })
}
