//! `rdf pin` and `rdf unpin`: the lock's pins written into the Dockerfile, and taken out again.

use clap::Args;

use super::super::super::exit::{Exit, Failure};
use super::args::Format;
use super::file::Subject;
use super::report::Report;
use super::{found, write};
use crate::cli::inputs::{Dockerfiles, Found};
use crate::cli::shell::{Shell, counted};
use crate::cli::variant::host;
use crate::lock::collect::{Collected, Document};
use crate::lock::edit::{self, Edited};
use crate::lock::verify::{self, FindingKind};
use crate::lock::{Lock, file};

const EXAMPLES: &str = "\
Examples:
  rdf lock && rdf pin     the digests of the lock into the Dockerfiles here, for other frontends
  rdf pin --dry-run       how many places would change
  rdf unpin               take out what `rdf pin` wrote, and nothing else";

/// Flags of both.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct PinArgs {
    #[command(flatten)]
    dockerfiles: Dockerfiles,
    /// Say what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Writes the pins of the lock into the Dockerfiles.
pub(in crate::cli) fn pin(args: &PinArgs, shell: &mut Shell) -> Result<Exit, Failure> {
    edit_all(args, pin_one, shell)
}

/// Takes out what `rdf pin` wrote.
pub(in crate::cli) fn unpin(args: &PinArgs, shell: &mut Shell) -> Result<Exit, Failure> {
    edit_all(args, unpin_one, shell)
}

type EditOne = fn(&Subject, &Lock, &mut Report) -> Option<(Edited, Lock)>;

fn edit_all(args: &PinArgs, edit_one: EditOne, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut report = Report::new(Format::Text);
    if args.dockerfiles.has_stdin() {
        let message = "a Dockerfile from standard input has no lock beside it";
        return Err(Failure::usage(message).hint("name the file"));
    }
    let Found { inputs, exit } = found(&args.dockerfiles, shell)?;
    for input in &inputs {
        // What cannot be read is reported, and the others are worked on.
        let Ok(subject) = Subject::read(input, &mut report) else {
            continue;
        };
        let Some(lock) = &subject.lock else {
            let hint = format!("run `rdf lock {}`", subject.shown);
            report.problem(
                &subject.shown,
                None,
                "lock-missing",
                &format!("`{}` has no lock", subject.shown),
                &hint,
            );
            continue;
        };
        let Some((edited, lock)) = edit_one(&subject, lock, &mut report) else {
            continue;
        };
        report.note(format!(
            "{}: {} changed",
            subject.shown,
            counted(edited.changes, "place")
        ));
        if args.dry_run || edited.changes == 0 {
            continue;
        }
        // What leads back is on disk before what needs it.
        let written = write::replace(&subject.lock_file, file::print(&lock).as_bytes())
            .and_then(|()| write::replace(input.path(), &edited.bytes));
        if let Err(error) = written {
            report.problem(
                &subject.shown,
                None,
                "unwritable",
                &format!("cannot write it: {error}"),
                "check the permissions",
            );
        }
    }
    report.print(shell)?;
    Ok(exit.max(report.worst()))
}

fn pin_one(subject: &Subject, lock: &Lock, report: &mut Report) -> Option<(Edited, Lock)> {
    let mut checked = verify::check(&subject.document, lock, &host());
    // Whoever pins may do so because builds do not look at the lock.
    checked
        .findings
        .retain(|finding| finding.kind != FindingKind::Off);
    if !checked.findings.is_empty() {
        checked
            .findings
            .iter()
            .for_each(|finding| report.finding(&subject.shown, finding));
        return None;
    }
    pinned(
        &subject.document,
        lock,
        &checked.collected,
        &subject.shown,
        report,
    )
}

/// The Dockerfile with the pins of `lock`, and the lock that leads back; what cannot be pinned is told.
pub(super) fn pinned(
    document: &Document,
    lock: &Lock,
    collected: &Collected,
    shown: &str,
    report: &mut Report,
) -> Option<(Edited, Lock)> {
    let edited = edit::pin(document, lock, collected);
    for refused in &edited.refused {
        report.item(
            shown,
            Some(refused.location.start),
            "pin-refused",
            "",
            &refused.message,
            "",
            Exit::Findings,
        );
    }
    let lock = Lock {
        pinned: edited.pinned.clone(),
        ..lock.clone()
    };
    // The promise is kept before anything is written.
    if !is_reversible(document, &edited, &lock) {
        let message =
            "the pins could not be taken out again without a difference; nothing was written";
        report.problem(
            shown,
            None,
            "pin-lossy",
            message,
            "please report this Dockerfile",
        );
        return None;
    }
    Some((edited, lock))
}

/// Whether taking the pins out again leads back to the same file.
fn is_reversible(document: &Document, edited: &Edited, lock: &Lock) -> bool {
    let after = Document::new(document.name(), edited.bytes.clone());
    edit::unpin(&after, lock).bytes == edit::unpin(document, lock).bytes
}

/// Which way pins go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum PinDirection {
    /// From the lock into the Dockerfile.
    In,
    /// Out of it.
    Out,
}

/// A text with the pins of its lock or without them, and the lock that belongs to it. None where nothing changes, or the
/// lock is not what the text needs.
pub(in crate::cli) fn pins(
    document: &Document,
    lock: &Lock,
    direction: PinDirection,
) -> Option<(Vec<u8>, Lock)> {
    if direction == PinDirection::Out {
        let edited = edit::unpin(document, lock);
        return (edited.changes > 0).then(|| (edited.bytes, lock.clone()));
    }
    let checked = verify::check(document, lock, &host());
    let mut findings = checked.findings.iter();
    if findings.any(|finding| finding.kind != FindingKind::Off) {
        return None;
    }
    let edited = edit::pin(document, lock, &checked.collected);
    let lock = Lock {
        pinned: edited.pinned.clone(),
        ..lock.clone()
    };
    let is_fine = edited.changes > 0 && is_reversible(document, &edited, &lock);
    is_fine.then_some((edited.bytes, lock))
}

fn unpin_one(subject: &Subject, lock: &Lock, _report: &mut Report) -> Option<(Edited, Lock)> {
    Some((edit::unpin(&subject.document, lock), lock.clone()))
}
