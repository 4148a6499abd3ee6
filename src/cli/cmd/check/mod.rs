//! `rdf check`: what is wrong with Dockerfiles, and `--fix`.
//!
//! ```text
//! args -> files (which ones) -> input (config, ignore files, lock of each) -> check, on all processors -> output
//! ```

mod args;
mod baseline;
mod editor;
mod formats;
pub(in crate::cli) mod github;
mod hadolint;
mod input;
mod output;
mod sarif;
mod shellcheck;
mod watch;

use std::sync::Arc;

pub(in crate::cli) use args::CheckArguments;
pub(in crate::cli) use editor::Checker;

use super::super::exit::{Exit, Failure};
use super::super::files;
use super::super::inputs::{Found, Input, STDIN};
use super::super::shell::{Shell, counted};
use super::super::variant::usual;
use crate::check::config::FailOn;
use crate::check::{
    self, CheckInput, Checked, Fixed, ForeignComment, Images, Problem, Selection, Settings,
};
use crate::compile::Options;
use crate::diagnostic::File;
use crate::lint::{Rule, text_at};
use crate::source::unified_diff;
pub(super) use input::Configs;
use output::Format;

/// What came of one file.
struct Outcome {
    input: Input,
    /// The name, for people.
    name: String,
    bytes: Vec<u8>,
    problems: Vec<Problem>,
    /// What was found and is not reported, since its code is off.
    unselected: Vec<Problem>,
    /// The rules that were on.
    selection: Selection,
    /// What `--fix` or `--diff` made of it.
    fixed: Option<Fixed>,
    /// How bad a finding must be for the command to fail.
    fail_on: FailOn,
    /// What its lock does not hold.
    unlocked: Option<String>,
    foreign_comments: Vec<ForeignComment>,
}

impl Outcome {
    fn is_stdin(&self) -> bool {
        self.input.is_stdin()
    }

    fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }

    /// Whether a finding makes the command fail.
    fn fails(&self) -> bool {
        let mut levels = self.problems.iter().map(|it| it.diagnostic.severity);
        levels.any(|level| self.fail_on.includes(level))
    }
}

/// Checks, and says so; with `--watch` again and again.
pub(in crate::cli) fn run(arguments: &CheckArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    match arguments.watch {
        true => watch::run(arguments, shell),
        false => once(arguments, shell),
    }
}

fn once(arguments: &CheckArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    if arguments.import_hadolint {
        return hadolint::import(input::CONFIG, shell);
    }
    let flags = arguments.flags()?;
    let settings = settings(arguments)?;
    let configs = Arc::new(Configs::new(arguments, flags)?);
    let format = arguments.format.or(configs.format(arguments)?);
    let format = format.unwrap_or_default();
    let Found { inputs, mut exit } = arguments.dockerfiles.find(&configs.filter(), shell)?;
    take_scripts(&inputs, arguments, &settings, &configs);
    let mut outcomes = Vec::with_capacity(inputs.len());
    for outcome in files::each(&inputs, |input| {
        check_one(input, arguments, &settings, &configs)
    }) {
        match outcome {
            Ok(outcome) => outcomes.push(outcome),
            Err(failure) => {
                shell.error(&failure.message, &failure.hint);
                exit = exit.max(failure.exit);
            }
        }
    }
    for runner in configs.runners() {
        if let Some(why) = runner.failure() {
            let hint = "shell scripts were not checked; `--ignore ShellCheck` does without";
            shell.error(&format!("cannot run {why}"), hint);
            exit = exit.max(Exit::Usage);
        }
    }
    for (path, rules) in configs.used() {
        shell.detail(&format!("{}: {rules} rules on", path.display()));
    }
    for (path, left) in configs.left_out() {
        shell.detail(&format!("{}: {left}", path.display()));
    }
    outcomes.iter().for_each(|it| tell_comments(it, shell));
    if let Some(path) = &arguments.baseline {
        let is_looked_for = |outcome: &Outcome, rule: &Rule| {
            // A build of one target tells nothing of other stages.
            let is_whole = arguments.variant.target.is_none() && !outcome.has_errors();
            let is_run = rule.name != check::SHELLCHECK
                || configs
                    .shellcheck(outcome.input.path())
                    .is_ok_and(|runner| runner.works());
            is_whole && is_run && outcome.selection.has(rule)
        };
        baseline::apply(path, &mut outcomes, is_looked_for, shell)?;
    }
    if arguments.fix && !arguments.diff {
        for outcome in &mut outcomes {
            if let Some(failed) = write(outcome, shell) {
                exit = exit.max(failed);
                // What is told is what is there.
                if let Ok(unfixed) = look_at(&outcome.input, arguments, &settings, &configs, false)
                {
                    *outcome = unfixed;
                }
            }
        }
    }
    let is_missed = configs.runners().iter().any(|runner| runner.is_missed());
    exit = exit.max(report(arguments, format, shell, &outcomes, is_missed));
    Ok(match exit {
        Exit::Findings if arguments.exit_zero => Exit::Ok,
        exit => exit,
    })
}

/// Says which comments for other linters count, and for how much.
fn tell_comments(outcome: &Outcome, shell: &mut Shell) {
    let file = File::new(&outcome.name, &outcome.bytes);
    for comment in &outcome.foreign_comments {
        let line = file.place(comment.span.start).line;
        let text = text_at(&outcome.bytes, comment.span).unwrap_or_default();
        let suppressed = match comment.suppressed {
            0 => "nothing".to_owned(),
            count => counted(count, "finding"),
        };
        let name = &outcome.name;
        shell.detail(&format!("{name}:{line}: `{text}` suppresses {suppressed}"));
    }
}

/// Has ShellCheck look at the scripts of all files.
fn take_scripts(
    inputs: &[Input],
    arguments: &CheckArguments,
    settings: &Settings,
    configs: &Configs,
) {
    // Standard input can be read once; its scripts are looked at then.
    let has_scripts = |input: &&Input| !input.is_stdin() && configs.wants_scripts(input.path());
    let inputs: Vec<&Input> = inputs.iter().filter(has_scripts).collect();
    files::each(&inputs, |input| {
        let _ = look_at(input, arguments, settings, configs, false);
    });
    for runner in configs.runners() {
        runner.look();
    }
}

/// Prints what was found.
fn report(
    arguments: &CheckArguments,
    format: Format,
    shell: &mut Shell,
    outcomes: &[Outcome],
    lacks_shellcheck: bool,
) -> Exit {
    if arguments.diff {
        return print_changes(shell, outcomes);
    }
    let aside = arguments.fix && outcomes.iter().any(Outcome::is_stdin);
    match arguments.statistics {
        true => shell.text(&formats::statistics(outcomes)),
        false => output::print(format, outcomes, shell, aside),
    }
    if format == Format::Text && !outcomes.is_empty() {
        let notes = outcomes
            .iter()
            .filter_map(|outcome| outcome.unlocked.as_ref());
        notes.for_each(|note| shell.note(note));
        shell.note(&output::summary(outcomes, arguments));
    }
    if lacks_shellcheck {
        shell.note("Shell scripts were not checked: `shellcheck` is not installed.");
    }
    if outcomes.iter().any(Outcome::has_errors) {
        Exit::Usage
    } else if outcomes.iter().any(Outcome::fails) {
        Exit::Findings
    } else {
        Exit::Ok
    }
}

/// What `--fix` would change.
fn print_changes(shell: &mut Shell, outcomes: &[Outcome]) -> Exit {
    let mut changed = 0_usize;
    for outcome in outcomes {
        if let Some(fixed) = outcome.fixed.as_ref().filter(|fixed| fixed.count() > 0) {
            changed += 1;
            shell.text(&unified_diff(&outcome.name, &outcome.bytes, &fixed.bytes));
        }
    }
    let changed_files = counted(changed, "file");
    shell.note(&format!(
        "Would change {changed_files}.{}",
        output::left(outcomes)
    ));
    match changed {
        0 => Exit::Ok,
        _ => Exit::Findings,
    }
}

/// Writes what was fixed; how to end if that is not possible.
fn write(outcome: &Outcome, shell: &mut Shell) -> Option<Exit> {
    let fixed = outcome.fixed.as_ref()?;
    if outcome.is_stdin() {
        if let Err(failure) = shell.data(&fixed.bytes) {
            shell.error(&failure.message, &failure.hint);
            return Some(failure.exit);
        }
    } else if fixed.count() > 0
        && let Err(error) = super::lock::write::replace(outcome.input.path(), &fixed.bytes)
    {
        shell.error(&format!("cannot write {}: {error}", outcome.name), "");
        return Some(Exit::Usage);
    }
    None
}

fn check_one(
    input: &Input,
    arguments: &CheckArguments,
    settings: &Settings,
    configs: &Configs,
) -> Result<Outcome, Failure> {
    let fixes = arguments.fix || arguments.diff;
    look_at(input, arguments, settings, configs, fixes)
}

fn look_at(
    file: &Input,
    arguments: &CheckArguments,
    settings: &Settings,
    configs: &Configs,
    fixes: bool,
) -> Result<Outcome, Failure> {
    let path = file.path();
    let mut bytes = file.read()?;
    let input: CheckInput = input::of(path, arguments, configs)?;
    let mut fixed = None;
    if fixes {
        let result = check::fix(&bytes, settings, &input, arguments.unsafe_fixes);
        // `--diff` is about the file as it is, `--fix` about what is left of the findings.
        if !arguments.diff {
            bytes.clone_from(&result.bytes);
        }
        fixed = Some(result);
    }
    let checked: Checked = check::check(&bytes, settings, &input);
    let unlocked = match path.as_os_str() == STDIN {
        true => None,
        false => super::lock::unlocked(path, &input.name, &bytes),
    };
    Ok(Outcome {
        unlocked,
        input: file.clone(),
        name: input.name,
        bytes,
        problems: checked.problems,
        unselected: checked.unselected,
        selection: input.selection,
        foreign_comments: checked.foreign_comments,
        fixed,
        fail_on: arguments
            .fail_on
            .map_or_else(|| configs.fail_on(path), FailOn::from),
    })
}

/// What a build would be given, and what is known about images.
fn settings(arguments: &CheckArguments) -> Result<Settings, Failure> {
    let host = usual();
    let options = Options {
        all_stages: arguments.variant.target.is_none(),
        ..arguments.variant.options(host.clone())?
    };
    let mut images = Images::default();
    if let Some(path) = &arguments.metadata {
        let configs = super::super::answers::configs(path, &host)?;
        images.known.extend(
            configs
                .into_iter()
                .map(|(reference, config)| (reference, Arc::from(config))),
        );
    }
    Ok(Settings { options, images })
}
