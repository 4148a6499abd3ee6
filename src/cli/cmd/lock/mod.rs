//! `rdf lock`: makes, checks, moves and shows lockfiles.
//!
//! ```text
//! args -> file (Dockerfile and lock as they are) -> resolve (walk, asking the world) -> report, write
//! ```

mod args;
mod bake;
mod check;
mod file;
mod input;
mod outdated;
mod report;
mod resolve;
mod show;
mod world;
pub(crate) mod write;

pub use args::LockArgs;

use std::io::Write;

use self::args::Action;
use super::super::exit::Exit;
use report::Report;

/// Runs the command: results go to `out`, everything else to `err`.
pub async fn run(args: &LockArgs, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let mut report = Report::new(args.format);
    let exit = match args.action() {
        Ok(Action::Make) => resolve::make(args, &mut report).await,
        Ok(Action::Check) => check::check(args, &mut report),
        Ok(Action::Outdated) => outdated::outdated(args, &mut report).await,
        Ok(Action::Verify) => outdated::verify(args, &mut report).await,
        Ok(Action::Export(form)) => show::export(args, form, &mut report),
        Ok(Action::Diff(revision)) => show::diff(args, &revision, &mut report),
        Err(message) => {
            report.problem("", None, "usage", &message, "see `rdf lock --help`");
            Exit::Usage
        }
    };
    // A reader that went away is no reason to fail.
    let _ = report.print(out, err);
    exit.max(report.worst())
}
