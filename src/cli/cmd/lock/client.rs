//! The client that a recording is built with, `docker buildx`: how it is started, and what of its output matters.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::super::exit::Exit;
use super::args::{LockArgs, pairs};
use crate::recording::{NOT_KEPT, RECORD_IT, RunError};

/// Why a file was not recorded.
pub(super) struct Failed {
    pub line: Option<u32>,
    pub code: &'static str,
    pub message: String,
    pub hint: String,
    pub exit: Exit,
}

pub(super) fn failed(exit: Exit, message: impl Into<String>) -> Failed {
    Failed {
        line: None,
        code: "lock-record",
        message: message.into(),
        hint: String::new(),
        exit,
    }
}

pub(super) fn cannot<E: std::fmt::Display>(what: String) -> impl FnOnce(E) -> Failed {
    move |error| failed(Exit::Usage, format!("cannot {what}: {error}"))
}

/// A build of one Dockerfile by the client that there is.
pub(super) struct Build {
    arguments: Vec<String>,
    context: String,
    /// Whether the flags name it.
    has_context: bool,
    dockerfile: String,
}

impl Build {
    pub(super) fn new(args: &LockArgs, path: &Path) -> Result<Self, Failed> {
        let found = Command::new("docker")
            .args(["buildx", "version"])
            .stdin(Stdio::null())
            .output();
        if !found.is_ok_and(|output| output.status.success()) {
            return Err(Failed {
                hint: "without it, `docker build --build-arg RDF_LOCK=record -o . .` on another machine writes the \
                       lock and its store, without the proof"
                    .to_owned(),
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
        for secret in &args.secret {
            add("secret", &secret.given);
        }
        Ok(Build {
            arguments,
            has_context: args.context.is_some(),
            context: args.context.clone().unwrap_or(directory),
            dockerfile: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        })
    }

    /// Builds; what the client prints is passed on where someone watches. Gives the hosts that a step asked with credentials.
    pub(super) fn run(
        &self,
        doing: &str,
        build_args: &[&str],
        more: &[String],
        is_watched: bool,
        exit: Exit,
    ) -> Result<Vec<String>, Failed> {
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
        let mut printed = Printed {
            has_context: self.has_context,
            ..Printed::default()
        };
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
            true => Ok(printed.private),
            false => Err(printed.failed(doing, exit)),
        }
    }
}

impl Failed {
    /// Says what a build offline lacks, where that was fetched with credentials from one of `hosts`.
    pub(super) fn of_private(self, hosts: &[String]) -> Self {
        let host = hosts.iter().find(|host| self.message.contains(*host));
        let Some(host) = host.filter(|_| self.code == RunError::Unrecorded.code()) else {
            return self;
        };
        let line = self.line.map_or("LINE".to_owned(), |line| line.to_string());
        Failed {
            hint: format!(
                "what {host} gives to credentials is kept in no store: fetch it without them, or let the step keep its \
                 network with `--allow-network {line}`"
            ),
            ..self
        }
    }
}

/// What matters of what a client printed.
#[derive(Default)]
struct Printed {
    /// What `rdf-run` said last.
    told: Option<(RunError, String)>,
    /// The line of the Dockerfile that failed.
    line: Option<u32>,
    /// Hosts that a step asked with credentials, so that nothing of theirs was kept.
    private: Vec<String>,
    /// The error at the end.
    error: String,
    /// Whether the flags name the context.
    has_context: bool,
}

impl Printed {
    fn take(&mut self, line: &str, dockerfile: &str) {
        for error in RunError::ALL {
            let code = format!("[{}] ", error.code());
            let said = line.split_once(&code).map(|(_, said)| said);
            if let Some(said) = said.filter(|_| !line.starts_with("ERROR")) {
                self.told = Some((error, said.to_owned()));
            }
        }
        let note = line.split_once("[lock-record] ").map(|(_, note)| note);
        let host = note.and_then(|note| note.strip_suffix(NOT_KEPT));
        self.private.extend(host.map(str::to_owned));
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
            // Whoever records need not be told to.
            Some((error, said)) => (error.code(), said.trim_end_matches(RECORD_IT).to_owned()),
            None if self.error.is_empty() => {
                ("lock-record", "the client gave no reason".to_owned())
            }
            None => ("lock-record", self.error),
        };
        Failed {
            line: self.line,
            code,
            // The daemon's own words, for a file that a COPY names.
            hint: match message.contains(": not found") && !self.has_context {
                true => {
                    "if the context of the build is another directory, give it with `--context DIR`"
                }
                false => "the old lock and its store are as they were",
            }
            .to_owned(),
            message: format!("{doing} failed: {message}"),
            exit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(lines: &[&str]) -> Failed {
        let mut printed = Printed::default();
        lines
            .iter()
            .for_each(|line| printed.take(line, "Dockerfile"));
        printed.failed("recording", Exit::Unresolved)
    }

    #[test]
    fn what_was_fetched_with_credentials_is_told_where_it_is_missed() {
        let mut recording = Printed::default();
        let note = "#9 0.1 [lock-record] http://h: fetched with credentials, so not kept";
        recording.take(note, "Dockerfile");
        assert_eq!(recording.private, ["http://h"]);
        let missed = || {
            printed(&[
                "#9 0.1 [lock-unrecorded] GET http://h/x (RUN, Dockerfile:6): run `rdf lock --record`",
                "Dockerfile:6",
            ])
        };
        let failed = missed().of_private(&recording.private);
        assert!(
            failed.hint.contains("`--allow-network 6`"),
            "{}",
            failed.hint
        );
        assert_eq!(missed().of_private(&[]).hint, missed().hint);
    }

    #[test]
    fn a_failure_has_its_line_and_what_was_asked_for() {
        let failed = printed(&[
            "#9 0.1 [lock-unrecorded] GET http://h/x (RUN, Dockerfile:6): run `rdf lock --record`",
            "Dockerfile:6",
            "ERROR: failed to solve: exit code: 97 ([lock-unrecorded] this RUN made a request)",
        ]);
        assert_eq!((failed.line, failed.code), (Some(6), "lock-unrecorded"));
        assert_eq!(
            failed.message,
            "recording failed: GET http://h/x (RUN, Dockerfile:6)"
        );
        let failed = printed(&[
            "#9 0.1 [lock-unkept] http://h/x (RUN, Dockerfile:6): cannot be kept: No space left",
        ]);
        assert_eq!(failed.code, "lock-unkept");
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
}
