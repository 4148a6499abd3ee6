//! `rdf fmt`: one layout for Dockerfiles.

use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;

use super::super::args::FmtArguments;
use super::super::exit::{Exit, Failure};
use super::super::files;
use super::super::inputs::{Found, Input, shown};
use super::super::offline;
use super::super::shell::{Shell, counted};
use super::super::variant::{Variant, usual};
use super::check::Configs;
use super::lock::write;
use crate::check::config::Style;
use crate::check::{Images, Settings, syntax_problem, tidy};
use crate::compile::{Options, Source};
use crate::diagnostic::File;
use crate::explain::{self, Fate, Side};
use crate::format::{FormatError, format};
use crate::llb::Definition;
use crate::lock::Lock;
use crate::source::unified_diff;
use crate::syntax::ParseError;

/// Styles on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum FmtStyle {
    /// White space and casing, never another build
    Usual,
    /// Besides, lines of RUN, lists of packages, ENV name=value, comments; steps may lose their cache
    Tidy,
}

impl From<FmtStyle> for Style {
    fn from(style: FmtStyle) -> Style {
        match style {
            FmtStyle::Usual => Style::Usual,
            FmtStyle::Tidy => Style::Tidy,
        }
    }
}

/// What came of a file.
enum Outcome {
    /// It has the layout.
    Fine,
    /// It would have another one.
    Changed(Change),
    /// It stays as it is: what is wrong in its bytes.
    Rejected(Vec<u8>, Vec<ParseError>),
    Failed(Failure),
}

/// A file with another layout.
struct Change {
    old: Vec<u8>,
    new: Vec<u8>,
    /// Steps that lose their cache.
    lost: usize,
}

/// How it went.
#[derive(Default)]
struct Tally {
    changed: usize,
    fine: usize,
    lost: usize,
}

pub(in crate::cli) fn run(arguments: &FmtArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let configs = Arc::new(Configs::of_files(&arguments.dockerfiles.places())?);
    let Found { inputs, mut exit } = arguments.dockerfiles.find(&configs.filter(), shell)?;
    let outcomes = files::each(&inputs, |input| one(input, arguments, &configs));
    let mut tally = Tally::default();
    for outcome in &outcomes {
        match outcome {
            Outcome::Fine => tally.fine += 1,
            Outcome::Changed(change) => {
                tally.changed += 1;
                tally.lost += change.lost;
            }
            Outcome::Rejected(..) | Outcome::Failed(_) => {}
        }
    }
    let only_looks = arguments.check || arguments.diff;
    // What it costs is told before anything is written.
    if tally.lost > 0 {
        shell.note(&format!(
            "{} {} the cache: `rdf fmt --style usual` keeps it",
            counted(tally.lost, "step"),
            match (only_looks, tally.lost) {
                (true, _) => "would lose",
                (false, 1) => "loses",
                (false, _) => "lose",
            }
        ));
    }
    for (input, outcome) in inputs.iter().zip(outcomes) {
        exit = exit.max(tell(input, outcome, arguments, shell)?);
    }
    let is_filter = inputs.iter().any(Input::is_stdin);
    if !is_filter && tally.changed + tally.fine > 0 {
        shell.note(&tally.words(only_looks));
    }
    Ok(exit)
}

impl Tally {
    fn words(&self, only_looks: bool) -> String {
        let changed = counted(self.changed, "file");
        let rest = match self.fine {
            0 => String::new(),
            fine => format!(
                ", {fine} left as {}",
                if fine == 1 { "it is" } else { "they are" }
            ),
        };
        match (self.changed, only_looks) {
            (0, _) => format!("Nothing to do in {}.", counted(self.fine, "file")),
            (_, true) => format!("Would format {changed}{rest}."),
            (_, false) => format!("Formatted {changed}{rest}."),
        }
    }
}

fn tell(
    input: &Input,
    outcome: Outcome,
    arguments: &FmtArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let name = input.shown();
    let failed = |failure: Failure, shell: &mut Shell| {
        shell.error(&failure.message, &failure.hint);
        Ok(Exit::Usage)
    };
    match outcome {
        Outcome::Fine => Ok(Exit::Ok),
        Outcome::Changed(change) if arguments.diff => {
            shell.data(unified_diff(&name, &change.old, &change.new).as_bytes())?;
            Ok(Exit::Findings)
        }
        Outcome::Changed(_) if arguments.check => {
            shell.data(format!("{name}\n").as_bytes())?;
            Ok(Exit::Findings)
        }
        Outcome::Changed(change) if input.is_stdin() => {
            shell.data(&change.new)?;
            Ok(Exit::Ok)
        }
        Outcome::Changed(change) => match write::replace(input.path(), &change.new) {
            Ok(()) => {
                shell.data(format!("{name}\n").as_bytes())?;
                Ok(Exit::Ok)
            }
            Err(error) => {
                let failure = Failure::usage(format_args!("cannot write {name}: {error}"));
                failed(failure, shell)
            }
        },
        Outcome::Rejected(bytes, errors) => {
            let file = File::new(&name, &bytes);
            for error in &errors {
                shell.diagnostic(&syntax_problem(error, &file), &file);
            }
            Ok(Exit::Usage)
        }
        Outcome::Failed(failure) => failed(failure, shell),
    }
}

/// Formats one file.
fn one(input: &Input, arguments: &FmtArguments, configs: &Configs) -> Outcome {
    try_one(input, arguments, configs).unwrap_or_else(Outcome::Failed)
}

fn try_one(input: &Input, arguments: &FmtArguments, configs: &Configs) -> Result<Outcome, Failure> {
    let name = input.shown();
    let old = input.read()?;
    let style = match arguments.style {
        Some(style) => style.into(),
        None => configs.style(input.path())?,
    };
    let result = match style {
        Style::Tidy => tidied(&name, &old)?,
        _ => format(&old),
    };
    let new = match result {
        Ok(new) => new,
        Err(FormatError::Rejected(errors)) => return Ok(Outcome::Rejected(old, errors)),
        Err(error) => return Err(Failure::usage(format_args!("{name}: {error}"))),
    };
    let lost = match style {
        Style::Tidy if new != old => lost_steps(input.path(), &old, &new)?,
        _ => 0,
    };
    // A filter gives its text, changed or not.
    let is_filter = input.is_stdin() && !arguments.check && !arguments.diff;
    Ok(match new != old || is_filter {
        true => Outcome::Changed(Change { old, new, lost }),
        false => Outcome::Fine,
    })
}

/// For an editor: the text in the tidy style, where the config chooses that for the file and it can be had.
pub(super) fn tidy_of(path: Option<&Path>, bytes: &[u8]) -> Option<Vec<u8>> {
    let path = path?;
    let configs = Configs::of_files(&[path.to_owned()]).ok()?;
    match configs.style(path).ok()? {
        Style::Tidy => tidied(&shown(path), bytes).ok()?.ok(),
        Style::Usual => None,
    }
}

fn tidied(name: &str, bytes: &[u8]) -> Result<Result<Vec<u8>, FormatError>, Failure> {
    let settings = Settings {
        options: Options {
            all_stages: true,
            ..Variant::default().options(usual())?
        },
        images: Images::default(),
    };
    Ok(tidy::tidy(name, bytes, &settings))
}

/// How many steps of all stages have another key in the new text.
fn lost_steps(path: &Path, old: &[u8], new: &[u8]) -> Result<usize, Failure> {
    let lock = offline::find_lock(path, None).unwrap_or_default();
    let both = [old, new].map(|bytes| every_stage(bytes, lock.as_ref()));
    let [Some(old), Some(new)] = both else {
        return Ok(0);
    };
    let side = |definition| Side {
        name: "",
        definition,
        image: None,
    };
    let answer = explain::explain(&side(&old), &side(&new)).map_err(Failure::usage)?;
    let is_lost = |fate: &Fate| matches!(fate, Fate::Changed { .. } | Fate::Lost(_) | Fate::Added);
    let steps = answer.steps.iter();
    Ok(steps
        .filter(|step| !step.place.is_empty() && is_lost(&step.fate))
        .count())
}

/// What all stages are built of; none where they cannot be.
fn every_stage(bytes: &[u8], lock: Option<&Lock>) -> Option<Definition> {
    let options = Options {
        all_stages: true,
        ..offline::options(&Variant::default(), "Dockerfile", bytes).ok()?
    };
    let (compiled, _) = offline::compile(&Source::new(bytes), &options, lock);
    compiled.result.ok()?.every_stage().ok()
}
