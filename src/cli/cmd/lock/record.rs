//! `rdf lock --record`: a client of the daemon builds, records and proves; what comes of it is checked, then moved into
//! place, the lock last.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::super::super::exit::Exit;
use super::args::{LockArgs, pairs};
use super::file::Subject;
use super::report::Report;
use super::store::{Store, digest_of};
use super::write;
use crate::cli::files::read_file;
use crate::cli::shell::counted;
use crate::limits::MAX_LOCK_BYTES;
use crate::lock::{Recordings, file};
use crate::recording::BODIES;
use crate::syntax::DirectiveKind;

/// How codes of `rdf-run` begin in what a build prints.
const TOLD: [&str; 2] = ["[lock-unrecorded] ", "[lock-damaged] "];

/// Why a file was not recorded.
struct Failed {
    line: Option<u32>,
    code: &'static str,
    message: String,
    hint: &'static str,
    exit: Exit,
}

pub(super) fn record(args: &LockArgs, report: &mut Report) -> Exit {
    let subjects = match Subject::read_all(&args.paths(), report) {
        Ok(subjects) => subjects,
        Err(exit) => return exit,
    };
    for (path, subject) in args.paths().iter().zip(&subjects) {
        match record_one(args, path, subject, report.is_watched) {
            Ok(told) => report.note(told),
            Err(failed) => {
                let (message, hint) = (failed.message, failed.hint);
                let (code, exit) = (failed.code, failed.exit);
                report.item(&subject.shown, failed.line, code, "", &message, hint, exit);
            }
        }
    }
    Exit::Ok
}

fn failed(exit: Exit, message: impl Into<String>) -> Failed {
    Failed {
        line: None,
        code: "lock-record",
        message: message.into(),
        hint: "",
        exit,
    }
}

fn cannot<E: std::fmt::Display>(what: String) -> impl FnOnce(E) -> Failed {
    move |error| failed(Exit::Usage, format!("cannot {what}: {error}"))
}

/// Records one Dockerfile; gives what is said about it.
fn record_one(
    args: &LockArgs,
    path: &Path,
    subject: &Subject,
    is_watched: bool,
) -> Result<String, Failed> {
    let directives = &subject.document.source().parsed().dockerfile.directives;
    if !directives.iter().any(|it| it.kind == DirectiveKind::Syntax) {
        return Err(Failed {
            hint: "begin the Dockerfile with `# syntax=` and the image of this project's frontend",
            ..failed(
                Exit::Usage,
                "a Dockerfile that names no frontend cannot be recorded",
            )
        });
    }
    let build = Build::new(args, path)?;
    let store = Store::of(path);
    let incoming = store.incoming();
    let incoming = incoming.map_err(cannot(format!("create {}", store.root.display())))?;

    let started = Instant::now();
    build.run(
        "recording",
        &["RDF_LOCK=record"],
        &[format!("--output=type=local,dest={}", incoming.0.display())],
        is_watched,
        Exit::Unresolved,
    )?;
    let lock_name = subject.lock_path.file_name().unwrap_or_default();
    let limit = u64::try_from(MAX_LOCK_BYTES).unwrap_or(u64::MAX);
    let text = read_file(&incoming.0.join(lock_name), limit).map_err(|_| Failed {
        hint: "the image after `# syntax=` must be this project's frontend, of a version that records",
        ..failed(Exit::Usage, "the build gave no lock")
    })?;
    let lock = file::read(&text)
        .map_err(|error| failed(Exit::Integrity, format!("the new lock: {error}")))?;
    let recordings = lock.recordings.clone().unwrap_or_default();
    let fresh = incoming
        .0
        .join(store.root.file_name().unwrap_or_default())
        .join(BODIES);
    let kept = store.bodies;
    check(&recordings, &fresh, &kept)?;
    let recorded = started.elapsed();

    let started = Instant::now();
    build.run(
        "building offline from what was recorded",
        &["RDF_LOCK=hermetic"],
        &[
            "--no-cache".to_owned(),
            "--output=type=cacheonly".to_owned(),
            format!("--build-context=rdf-lock={}", incoming.0.display()),
        ],
        is_watched,
        Exit::Findings,
    )?;
    let proved = started.elapsed();

    let with_fetches = recordings.runs.values();
    let recorded_steps = with_fetches.filter(|run| run.recording.is_some()).count();
    // Bodies before the lock that names them: whatever stops this, the old lock still has its own.
    take(&fresh, &kept)?;
    let written = write::replace(&subject.lock_path, &text);
    written.map_err(cannot(format!("write {}", subject.lock_path.display())))?;
    Ok(format!(
        "{}: {} of {} recorded in {:.1} s, built offline in {:.1} s; {} holds {} KiB for it",
        subject.lock_path.display(),
        counted(recordings.fetches().count(), "fetch").replace("fetchs", "fetches"),
        counted(recorded_steps, "RUN step"),
        recorded.as_secs_f32(),
        proved.as_secs_f32(),
        store.root.display(),
        size(&recordings, &kept).div_ceil(1024),
    ))
}

fn size(recordings: &Recordings, store: &Path) -> u64 {
    let blobs = recordings.blobs().into_iter();
    let sizes = blobs.filter_map(|digest| fs::metadata(store.join(digest.encoded())).ok());
    sizes.map(|metadata| metadata.len()).sum()
}

/// Whether everything that the lock names is there and is what its name says.
fn check(recordings: &Recordings, fresh: &Path, kept: &Path) -> Result<(), Failed> {
    for digest in recordings.blobs() {
        let places = [fresh, kept].map(|folder| folder.join(digest.encoded()));
        let found = places.iter().find(|path| path.is_file());
        let Some(path) = found else {
            let message = format!("the build gave no {digest}, which the new lock names");
            return Err(failed(Exit::Integrity, message));
        };
        let is = digest_of(path).map_err(cannot(format!("read {}", path.display())))?;
        if is != *digest {
            let message = format!("{} has the digest {is}", path.display());
            return Err(failed(Exit::Integrity, message));
        }
    }
    Ok(())
}

/// Moves new blobs into the store, in the place of any that are there under the same names.
fn take(fresh: &Path, kept: &Path) -> Result<(), Failed> {
    let made = fs::create_dir_all(kept);
    made.map_err(cannot(format!("create {}", kept.display())))?;
    let entries = fs::read_dir(fresh);
    let entries = entries.map_err(cannot(format!("read {}", fresh.display())))?;
    for entry in entries.flatten() {
        let target = kept.join(entry.file_name());
        let moved = fs::rename(entry.path(), &target);
        moved.map_err(cannot(format!("write {}", target.display())))?;
    }
    Ok(())
}

/// A build of one Dockerfile by the client that there is.
struct Build {
    arguments: Vec<String>,
    context: String,
    dockerfile: String,
}

impl Build {
    fn new(args: &LockArgs, path: &Path) -> Result<Self, Failed> {
        let found = Command::new("docker")
            .args(["buildx", "version"])
            .stdin(Stdio::null())
            .output();
        if !found.is_ok_and(|output| output.status.success()) {
            return Err(Failed {
                hint: "without it, `docker build --build-arg RDF_LOCK=record -o . .` on another machine writes the \
                       lock and its store, without the proof",
                ..failed(
                    Exit::Usage,
                    "`--record` builds with `docker buildx`, and `docker buildx version` does not run",
                )
            });
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.display().to_string(),
            _ => ".".to_owned(),
        };
        let mut arguments: Vec<String> =
            ["buildx", "build", "--progress=plain", "--provenance=false"]
                .map(str::to_owned)
                .to_vec();
        let mut add = |flag: &str, value: &str| arguments.push(format!("--{flag}={value}"));
        add("file", &path.display().to_string());
        if let Some(builder) = &args.builder {
            add("builder", builder);
        }
        if let Some(image) = &args.run_image {
            add("build-arg", &format!("RDF_RUN={image}"));
        }
        match args.target.as_slice() {
            [] => {}
            [target] => add("target", target),
            _ => {
                return Err(failed(
                    Exit::Usage,
                    "`--record` takes one `--target` at a time",
                ));
            }
        }
        if !args.platform.is_empty() {
            add("platform", &args.platform.join(","));
        }
        let usage = |message| failed(Exit::Usage, message);
        for (name, value) in pairs(&args.build_arg).map_err(usage)? {
            add("build-arg", &format!("{name}={value}"));
        }
        for (name, value) in pairs(&args.build_context).map_err(usage)? {
            add("build-context", &format!("{name}={value}"));
        }
        for host in &args.add_host {
            add("add-host", host);
        }
        Ok(Build {
            arguments,
            context: args.context.clone().unwrap_or(directory),
            dockerfile: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        })
    }

    /// Builds; what the client prints is passed on where someone watches.
    fn run(
        &self,
        doing: &str,
        build_args: &[&str],
        more: &[String],
        is_watched: bool,
        exit: Exit,
    ) -> Result<(), Failed> {
        if is_watched {
            eprintln!("{doing}");
        }
        let start = || cannot("start `docker buildx build`".to_owned());
        let mut child = Command::new("docker")
            .args(&self.arguments)
            .args(build_args.iter().flat_map(|arg| ["--build-arg", arg]))
            .args(more)
            .arg(&self.context)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(start())?;
        let mut printed = Printed::default();
        if let Some(stderr) = child.stderr.take() {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if is_watched {
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
                printed.take(&line, &self.dockerfile);
            }
        }
        let status = child.wait().map_err(start())?;
        match status.success() {
            true => Ok(()),
            false => Err(printed.failed(doing, exit)),
        }
    }
}

/// What matters of what a client printed.
#[derive(Default)]
struct Printed {
    /// What `rdf-run` said last.
    told: Option<(&'static str, String)>,
    /// The line of the Dockerfile that failed.
    line: Option<u32>,
    /// The error at the end.
    error: String,
}

impl Printed {
    fn take(&mut self, line: &str, dockerfile: &str) {
        for code in TOLD {
            if let Some((_, said)) = line.split_once(code).filter(|_| !line.starts_with("ERROR")) {
                self.told = Some((code, said.to_owned()));
            }
        }
        let place = line
            .strip_prefix(dockerfile)
            .and_then(|rest| rest.strip_prefix(':'));
        if let Some(line) = place.and_then(|line| line.parse().ok()) {
            self.line = Some(line);
        }
        if let Some(error) = line.strip_prefix("ERROR: ") {
            self.error = error.to_owned();
        }
    }

    fn failed(self, doing: &str, exit: Exit) -> Failed {
        let (code, message) = match self.told {
            Some((code, said)) => (code.trim_matches(['[', ']', ' ']), said),
            None if self.error.is_empty() => {
                ("lock-record", "the client gave no reason".to_owned())
            }
            None => ("lock-record", self.error),
        };
        Failed {
            line: self.line,
            code,
            message: format!("{doing} failed: {message}"),
            hint: "the old lock and its store are as they were",
            exit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Digest;

    fn printed(lines: &[&str]) -> Failed {
        let mut printed = Printed::default();
        lines
            .iter()
            .for_each(|line| printed.take(line, "Dockerfile"));
        printed.failed("recording", Exit::Unresolved)
    }

    #[test]
    fn a_failure_has_its_line_and_what_was_asked_for() {
        let failed = printed(&[
            "#9 0.1 [lock-unrecorded] GET http://h/x (RUN, Dockerfile:6): run `rdf lock --record`",
            "Dockerfile:6",
            "ERROR: failed to solve: exit code: 97 ([lock-unrecorded] this RUN made a request)",
        ]);
        assert_eq!((failed.line, failed.code), (Some(6), "lock-unrecorded"));
        let message =
            "recording failed: GET http://h/x (RUN, Dockerfile:6): run `rdf lock --record`";
        assert_eq!(failed.message, message);
        let failed = printed(&["Dockerfile:6", "ERROR: failed to solve: no such host"]);
        assert_eq!(
            failed.message,
            "recording failed: failed to solve: no such host"
        );
        assert_eq!(
            printed(&[]).message,
            "recording failed: the client gave no reason"
        );
    }

    #[test]
    fn only_what_has_its_digest_is_taken() {
        let root = std::env::temp_dir().join(format!("rdf-record-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let (fresh, kept) = (root.join("fresh"), root.join("kept"));
        fs::create_dir_all(&fresh).unwrap();
        let body = Digest::sha256(b"body");
        let recordings = Recordings {
            programs: [("linux/amd64".to_owned(), body.clone())].into(),
            ..Recordings::default()
        };
        assert_eq!(
            check(&recordings, &fresh, &kept).unwrap_err().exit,
            Exit::Integrity
        );
        fs::write(fresh.join(body.encoded()), "BODY").unwrap();
        let error = check(&recordings, &fresh, &kept).unwrap_err();
        assert!(
            error.message.contains("has the digest sha256:"),
            "{}",
            error.message
        );
        fs::write(fresh.join(body.encoded()), "body").unwrap();
        check(&recordings, &fresh, &kept).ok().unwrap();
        take(&fresh, &kept).ok().unwrap();
        check(&recordings, &fresh, &kept).ok().unwrap();
        assert_eq!(size(&recordings, &kept), 4);
        fs::remove_dir_all(&root).unwrap();
    }
}
