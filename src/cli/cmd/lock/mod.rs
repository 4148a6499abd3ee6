//! `rdf lock`: makes, checks, moves and shows lockfiles.
//!
//! ```text
//! args -> file (Dockerfile and lock as they are) -> resolve (walk, asking the world) -> report, write
//! ```

mod args;
mod artifact;
mod builds;
mod check;
mod client;
mod failed;
mod file;
mod images;
mod input;
mod job;
mod layout;
mod outdated;
mod pin;
mod progress;
mod provenance;
mod record;
mod report;
mod resolve;
mod selectors;
mod show;
mod store;
mod tags;
mod world;
pub(crate) mod write;

pub(in crate::cli) use args::LockArgs;
pub(in crate::cli) use check::unlocked;
pub(in crate::cli) use outdated::PinState;
pub(in crate::cli) use pin::{PinArgs, pin, unpin};

use std::sync::Arc;

use self::args::{Action, Format};
use super::super::exit::{Exit, Failure};
use super::super::inputs::{Dockerfiles, Found};
use super::super::shell::Shell;
use super::check::Configs;
use report::Report;

pub(in crate::cli) use builds::{NamedBuild, named_builds};
pub(in crate::cli) use pin::{PinDirection, pins};
pub(in crate::cli) use tags::tags;

/// Runs the command: results go to stdout, everything else to stderr.
pub(in crate::cli) fn run(args: &LockArgs, shell: &mut Shell) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Failure {
        exit: Exit::Unresolved,
        message: error.to_string(),
        hint: String::new(),
    })?;
    let (args, found_exit) = &with_inputs(args, shell)?;
    let mut report = Report::new(args.format);
    report.is_watched = args.format == Format::Text && !shell.is_quiet();
    let exit = runtime.block_on(act(args, &mut report));
    report.print(shell)?;
    Ok(exit.max(*found_exit).max(report.worst()))
}

/// The files that are meant, by the config that applies to them.
fn found(dockerfiles: &Dockerfiles, shell: &mut Shell) -> Result<Found, Failure> {
    let configs = Arc::new(Configs::of_files(&dockerfiles.places())?);
    dockerfiles.find(&configs.filter(), shell)
}

/// The arguments with the files that they stand for: those of bake and compose files alone where nothing else is named.
fn with_inputs(args: &LockArgs, shell: &mut Shell) -> Result<(LockArgs, Exit), Failure> {
    let mut args = args.clone();
    let has_builds = !(args.bake.is_empty() && args.compose.is_empty());
    if has_builds && args.dockerfiles.is_unnamed() {
        return Ok((args, Exit::Ok));
    }
    let Found { inputs, exit } = found(&args.dockerfiles, shell)?;
    args.inputs = inputs;
    Ok((args, exit))
}

async fn act(args: &LockArgs, report: &mut Report) -> Exit {
    match args.action() {
        Ok(Action::Make) => resolve::make(args, report).await,
        Ok(Action::Builds) => builds::print(args, report),
        Ok(Action::Check) => check::check(args, report),
        Ok(Action::Outdated) => outdated::outdated(args, report).await,
        Ok(Action::Verify) => outdated::verify(args, report).await,
        Ok(Action::Export(form)) => show::export(args, form, report),
        Ok(Action::Record) => record::record(args, report).await,
        Ok(Action::Prune) => store::prune(args, report),
        Ok(Action::Diff(revision)) => show::diff(args, &revision, report),
        Err(message) => {
            report.usage("", &message);
            Exit::Usage
        }
    }
}
