//! `rdf-run`: the program that stands before the command of a `RUN` step and records what it fetches, or answers from
//! what was recorded.
//!
//! ```text
//! rdf-run record --dir DIR -- COMMAND…     forwards to the real servers, keeps what they answer in DIR
//! rdf-run replay --dir DIR -- COMMAND…     answers from DIR and never opens a connection
//! ```
//! The command runs as a child with the proxy variables set to a proxy on loopback and the variables of
//! `trust.rs` set to a bundle of the image's own authorities and one made for this step; its output, signals and
//! exit code pass through. A request that a replay can't answer ends the command.
#![deny(missing_docs)]

mod body;
mod child;
mod proxy;
mod record;
mod replay;
mod report;
mod store;
mod trust;
mod upstream;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use thiserror::Error;

use crate::recording::{BODIES, FILE_NAME};
use record::Recorder;
use replay::Player;
use report::Report;
use trust::Trust;

/// Exit code of a step that asked for something that was not recorded.
pub const UNRECORDED: u8 = 97;

/// Exit code where the recording itself is damaged, or the program can't do its work.
pub const BROKEN: u8 = 98;

/// Where the certificates for the command lie: a file system in memory that every container has.
const SCRATCH: &str = "/dev/shm/.rdf-run";

const USAGE: &str = "usage: rdf-run record|replay --dir DIR -- COMMAND [ARGUMENT…]";

/// Why the program can't do its work.
#[derive(Debug, Error)]
enum Error {
    #[error("{USAGE}")]
    Usage,
    #[error("{doing}: {source}")]
    Io {
        doing: String,
        source: std::io::Error,
    },
    #[error("{0}")]
    Recording(#[from] crate::recording::ReadError),
    #[error("{doing}: {source}")]
    Certificate {
        doing: &'static str,
        source: rcgen::Error,
    },
    #[error("{doing}: {source}")]
    Tls {
        doing: &'static str,
        source: rustls::Error,
    },
    #[error("the client for the real servers can't be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// Says what was being done when an I/O error came.
trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            doing: what(),
            source,
        })
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Record,
    Replay,
}

/// The arguments.
#[derive(Debug)]
struct Arguments {
    mode: Mode,
    dir: PathBuf,
    command: Vec<OsString>,
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = OsString>) -> Result<Self, Error> {
        let mode = match given.next().as_deref().and_then(|word| word.to_str()) {
            Some("record") => Mode::Record,
            Some("replay") => Mode::Replay,
            _ => return Err(Error::Usage),
        };
        let dir = match given.next().as_deref().and_then(|word| word.to_str()) {
            Some("--dir") => given.next().ok_or(Error::Usage)?.into(),
            _ => return Err(Error::Usage),
        };
        if given.next().as_deref().and_then(|word| word.to_str()) != Some("--") {
            return Err(Error::Usage);
        }
        let command: Vec<OsString> = given.collect();
        match command.is_empty() {
            true => Err(Error::Usage),
            false => Ok(Arguments { mode, dir, command }),
        }
    }
}

/// Runs the program with the arguments of the process; what it returns is the exit code of the command, or
/// [`UNRECORDED`], or [`BROKEN`].
pub fn run() -> ExitCode {
    match Arguments::read(std::env::args_os().skip(1)).and_then(step) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("rdf-run: {error}");
            ExitCode::from(BROKEN)
        }
    }
}

fn step(arguments: Arguments) -> Result<u8, Error> {
    let report = Arc::new(Report::default());
    let trust = Trust::new(SCRATCH.as_ref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .doing(|| "the runtime can't be started".to_owned())?;
    match arguments.mode {
        Mode::Record => {
            let recorder = Arc::new(Recorder::new(&arguments.dir, Arc::clone(&report))?);
            let status =
                runtime.block_on(serve(&arguments, &trust, &report, Arc::clone(&recorder)))?;
            runtime.block_on(recorder.finish())?;
            Ok(status)
        }
        Mode::Replay => {
            let player = Arc::new(Player::new(&arguments.dir, Arc::clone(&report))?);
            let status = runtime.block_on(serve(&arguments, &trust, &report, player))?;
            Ok(report.exit_code().unwrap_or(status))
        }
    }
}

/// Runs the command with the proxy before it; gives its exit code.
async fn serve(
    arguments: &Arguments,
    trust: &Trust,
    report: &Report,
    handler: Arc<impl proxy::Handler>,
) -> Result<u8, Error> {
    let proxy = proxy::listen(handler, trust).await?;
    let variables = trust.variables(&proxy, arguments.mode)?;
    child::wait(child::start(&arguments.command, &variables)?, report).await
}
