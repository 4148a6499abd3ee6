//! `rdf check`: what is wrong with Dockerfiles, and `--fix`.
//!
//! ```text
//! args -> files (which ones) -> around (config, ignore files, lock of each) -> check, on all processors -> output
//! ```

mod args;
mod around;
mod files;
mod github;
mod output;
mod sarif;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

pub(in crate::cli) use args::CheckArguments;
pub(super) use files::is_dockerfile;

use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;
use crate::check::{self, Checked, Fixed, Images, Problem, Settings, Surroundings, diff};
use crate::compile::Options;
use crate::image::Platform;
use crate::llb::CapSupport;
use around::Configs;
use files::Found;
use output::Format;

/// What came of one file.
struct Outcome {
    /// The name, for people.
    name: String,
    bytes: Vec<u8>,
    problems: Vec<Problem>,
    /// What `--fix` or `--diff` made of it.
    fixed: Option<Fixed>,
}

impl Outcome {
    fn new(name: String, bytes: Vec<u8>, checked: Checked, fixed: Option<Fixed>) -> Self {
        Outcome {
            name,
            bytes,
            problems: checked.problems,
            fixed,
        }
    }
}

/// Checks, and says so.
pub(in crate::cli) fn run(arguments: &CheckArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let flags = arguments.flags()?;
    let settings = settings(arguments)?;
    let configs = Configs::new(arguments, flags)?;
    let found = files::find(&arguments.paths, &configs)?;
    let mut exit = Exit::Ok;
    for failure in found.failures {
        shell.error(&failure.message, &failure.hint);
        exit = exit.max(failure.exit);
    }
    if found.files.is_empty() && exit == Exit::Ok {
        shell.warning(
            "there is no Dockerfile here",
            "name files, or folders with `Dockerfile`, `*.Dockerfile` or `Containerfile` in them",
        );
    }
    let (outcomes, failures) = check_all(&found.files, arguments, &settings, &configs);
    for failure in failures {
        shell.error(&failure.message, &failure.hint);
        exit = exit.max(failure.exit);
    }
    for (path, rules) in configs.used() {
        shell.detail(&format!("{}: {rules} rules on", path.display()));
    }
    exit = exit.max(report(arguments, shell, &found.files, &outcomes)?);
    Ok(match exit {
        Exit::Findings if arguments.exit_zero => Exit::Ok,
        exit => exit,
    })
}

/// Prints what was found, and writes what was mended.
fn report(
    arguments: &CheckArguments,
    shell: &mut Shell,
    files: &[Found],
    outcomes: &[Option<Outcome>],
) -> Result<Exit, Failure> {
    let outcomes_of = || files.iter().zip(outcomes);
    if arguments.diff {
        let mut changed = 0_usize;
        for outcome in outcomes.iter().flatten() {
            if let Some(fixed) = &outcome.fixed {
                let text = diff::unified(&outcome.name, &outcome.bytes, &fixed.bytes);
                changed += usize::from(!text.is_empty());
                shell.text(&text);
            }
        }
        let files = counted(changed, "file");
        shell.note(&format!("Would change {files}."));
        return Ok(if changed == 0 {
            Exit::Ok
        } else {
            Exit::Findings
        });
    }
    let mut exit = Exit::Ok;
    if arguments.fix {
        for (file, outcome) in outcomes_of() {
            let Some(outcome) = outcome else { continue };
            let Some(fixed) = &outcome.fixed else {
                continue;
            };
            if file.is_stdin() {
                shell.text(&String::from_utf8_lossy(&fixed.bytes));
            } else if fixed.count() > 0
                && let Err(error) = super::lock::write::replace(&file.path, &fixed.bytes)
            {
                let name = &outcome.name;
                shell.error(&format!("cannot write {name}: {error}"), "");
                exit = Exit::Usage;
            }
        }
    }
    let outcomes: Vec<&Outcome> = outcomes.iter().flatten().collect();
    let to_stdin = arguments.fix && files.iter().any(Found::is_stdin);
    output::print(arguments.format, &outcomes, shell, to_stdin);
    if arguments.format == Format::Text {
        shell.note(&output::summary(&outcomes, arguments));
    }
    let problems = || outcomes.iter().flat_map(|outcome| &outcome.problems);
    if problems().any(Problem::is_error) {
        exit = exit.max(Exit::Usage);
    } else if problems().next().is_some() {
        exit = exit.max(Exit::Findings);
    }
    Ok(exit)
}

/// `1 file`, `2 files`.
fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// Checks all files, on as many threads as there are processors, in their order.
fn check_all(
    files: &[Found],
    arguments: &CheckArguments,
    settings: &Settings,
    configs: &Configs,
) -> (Vec<Option<Outcome>>, Vec<Failure>) {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Result<Outcome, Failure>>> = Mutex::default();
    let work = || {
        while let Some((index, file)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|index| Some((index, files.get(index)?)))
        {
            let outcome = check_one(file, arguments, settings, configs);
            if let Ok(mut done) = done.lock() {
                done.insert(index, outcome);
            }
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = arguments.jobs.unwrap_or(processors).min(files.len()).max(1);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut outcomes = Vec::with_capacity(files.len());
    let mut failures = Vec::new();
    for outcome in done.into_inner().unwrap_or_default().into_values() {
        match outcome {
            Ok(outcome) => outcomes.push(Some(outcome)),
            Err(failure) => {
                outcomes.push(None);
                failures.push(failure);
            }
        }
    }
    (outcomes, failures)
}

fn check_one(
    file: &Found,
    arguments: &CheckArguments,
    settings: &Settings,
    configs: &Configs,
) -> Result<Outcome, Failure> {
    let bytes = super::read(&file.path)?;
    let around: Surroundings = around::of(file, arguments, configs);
    if !arguments.fix && !arguments.diff {
        let checked = check::check(&bytes, settings, &around);
        return Ok(Outcome::new(around.name, bytes, checked, None));
    }
    let fixed = check::fix(&bytes, settings, &around, arguments.unsafe_fixes);
    // What `--diff` is about is the file as it is, what `--fix` leaves the file as it will be.
    let bytes = match arguments.diff {
        true => bytes,
        false => fixed.bytes.clone(),
    };
    let checked = check::check(&bytes, settings, &around);
    Ok(Outcome::new(around.name, bytes, checked, Some(fixed)))
}

/// What a build would be given, and what is known about images.
fn settings(arguments: &CheckArguments) -> Result<Settings, Failure> {
    let host = Platform::new("linux", "amd64");
    let mut options = Options {
        caps: CapSupport::All,
        build_platforms: vec![host.clone()],
        target: arguments.target.clone().unwrap_or_default(),
        all_stages: arguments.target.is_none(),
        ..Options::default()
    };
    if let Some(platform) = &arguments.platform {
        let platform = Platform::parse(platform, &host)
            .map_err(|error| Failure::usage(format_args!("--platform: {error}")))?;
        options.target_platform = Some(platform);
    }
    options.build_args = super::inspect::build_args(&arguments.build_args);
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

/// The paths that are checked when none is given.
fn usual_paths() -> Vec<PathBuf> {
    vec![PathBuf::from(".")]
}
