//! `rdf-run`: the program that stands before the command of a `RUN` step and records what it fetches, or answers from
//! what was recorded.
//!
//! ```text
//! rdf-run record --dir DIR -- COMMAND…     forwards to the real servers, keeps what they answer in DIR
//! rdf-run replay --dir DIR -- COMMAND…     answers from DIR and never opens a connection
//! rdf-run replay [--store DIR --recording DIGEST --fetches DIGEST] -- COMMAND…
//!                                          the same, of a recording that is a blob of the store and lists these
//!                                          fetches; without one every request is refused
//!
//! --user USER        the command runs as `user` or `user:group`, names or numbers; `rdf-run` must be root for that
//! --home DIR         HOME of that user, in the place of its entry's
//! --epoch SECONDS    SOURCE_DATE_EPOCH of the command, unless its environment has one
//! --settle DIR       afterwards, what the command changed below DIR is not younger than the epoch
//! --keep GROUP       not tidied away then: `logs`, `caches`, `pyc` or `all`
//! --secret-variable NAME, --secret-file FILE
//!                    a secret of the step: what is fetched with it is not kept, and no message shows it
//! --nonce TEXT       not looked at: it tells two recordings of one command apart
//! ```
//! The command runs as a child with the proxy variables set to a proxy on loopback and the variables of
//! `trust.rs` set to a bundle of the image's own authorities and one made for this step; its output, signals and
//! exit code pass through. A request that a replay cannot answer ends the command.
#![deny(missing_docs)]

mod body;
mod child;
mod clock;
mod jvm;
mod proxy;
mod record;
mod replay;
mod report;
mod secrets;
mod store;
mod tidy;
mod trust;
mod upstream;
mod user;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use thiserror::Error;

use crate::image::Digest;
use crate::recording::BROKEN;
use crate::recording::{BODIES, FILE_NAME, PLACE_PREFIX, PLACE_VARIABLES, RunError};
use clock::Start;
use record::Recorder;
use replay::Player;
use report::Report;
use secrets::Secrets;
use tidy::Tidy;
use trust::Trust;
use user::User;

/// Where the certificates for the command lie: a file system in memory that every container has.
const SCRATCH: &str = "/dev/shm/.rdf-run";

const USAGE: &str = "usage: rdf-run record --dir DIR [OPTION…] -- COMMAND [ARGUMENT…], \
    or rdf-run replay [--dir DIR | --store DIR --recording DIGEST --fetches DIGEST] [OPTION…] -- COMMAND [ARGUMENT…]; \
    options: --user USER, --home DIR, --epoch SECONDS, --settle DIR, --keep GROUP, --secret-variable NAME, --secret-file FILE, --nonce TEXT";

/// Variable with the time that tools write into files instead of the current one.
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Why the program cannot do its work.
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
    #[error(
        "[{}] the recording {digest}: {what}: restore the store, or run `rdf lock --record`",
        RunError::Damaged.code()
    )]
    Damaged { digest: Digest, what: String },
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
    #[error(
        "unknown user or group `{0}`: /etc/passwd and /etc/group of the image have no such name"
    )]
    User(String),
    #[error("cannot make the client for the real servers: {0}")]
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
#[derive(Debug, Default)]
struct Arguments {
    record: bool,
    dir: Option<PathBuf>,
    store: Option<PathBuf>,
    recording: Option<Digest>,
    fetches: Option<Digest>,
    user: Option<String>,
    home: Option<PathBuf>,
    epoch: Option<i64>,
    settle: Option<PathBuf>,
    tidy: Tidy,
    secrets: Secrets,
    command: Vec<OsString>,
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = OsString>) -> Result<Self, Error> {
        let mut arguments = Arguments::default();
        match given.next().as_deref().and_then(|word| word.to_str()) {
            Some("record") => arguments.record = true,
            Some("replay") => {}
            _ => return Err(Error::Usage),
        }
        loop {
            let word = given.next().ok_or(Error::Usage)?;
            let word = word.to_str().ok_or(Error::Usage)?;
            if word == "--" {
                break;
            }
            let value = given.next().ok_or(Error::Usage)?;
            let text = value.to_str();
            match word {
                "--dir" => arguments.dir = Some(value.into()),
                "--store" => arguments.store = Some(value.into()),
                "--settle" => arguments.settle = Some(value.into()),
                "--user" => arguments.user = Some(text.ok_or(Error::Usage)?.to_owned()),
                "--home" => arguments.home = Some(value.into()),
                "--nonce" => {}
                // What is not there was optional.
                "--secret-variable" => {
                    if let Some(secret) = std::env::var_os(value) {
                        arguments.secrets.add(secret.as_encoded_bytes());
                    }
                }
                "--secret-file" => {
                    if let Ok(secret) = std::fs::read(value) {
                        arguments.secrets.add(&secret);
                    }
                }
                "--keep" => arguments
                    .tidy
                    .kept
                    .push(text.ok_or(Error::Usage)?.to_owned()),
                "--recording" | "--fetches" => {
                    let digest = text.and_then(|text| Digest::parse(text).ok());
                    let field = match word {
                        "--recording" => &mut arguments.recording,
                        _ => &mut arguments.fetches,
                    };
                    *field = Some(digest.ok_or(Error::Usage)?);
                }
                "--epoch" => {
                    let seconds = text.and_then(|text| text.parse().ok());
                    arguments.epoch = Some(seconds.ok_or(Error::Usage)?);
                }
                _ => return Err(Error::Usage),
            }
        }
        arguments.command = given.collect();
        let stored = arguments.store.is_some();
        let whole = match arguments.record {
            true => arguments.dir.is_some() && !stored && arguments.recording.is_none(),
            false => {
                stored == arguments.recording.is_some()
                    && stored == arguments.fetches.is_some()
                    && !(stored && arguments.dir.is_some())
            }
        };
        let settles = arguments.settle.is_none() || arguments.epoch.is_some();
        match whole && settles && !arguments.command.is_empty() {
            true => Ok(arguments),
            false => Err(Error::Usage),
        }
    }

    fn mode(&self) -> Mode {
        match self.record {
            true => Mode::Record,
            false => Mode::Replay,
        }
    }

    /// Whom the command runs as, where that is not whom `rdf-run` runs as.
    fn user(&self) -> Result<Option<User>, Error> {
        let Some(text) = &self.user else {
            return Ok(None);
        };
        let mut user = User::find(text, Path::new("/"))?;
        if let Some(home) = &self.home {
            user.home.clone_from(home);
        }
        Ok(Some(user))
    }

    /// Who answers in a replay.
    fn player(&self, report: Arc<Report>) -> Result<Player, Error> {
        match (&self.dir, &self.store, &self.recording, &self.fetches) {
            (Some(dir), ..) => Player::of_folder(dir, report),
            (None, Some(store), Some(recording), Some(fetches)) => {
                Player::of_store(store, recording, fetches, report)
            }
            _ => Ok(Player::of_nothing(report)),
        }
    }
}

/// Runs the program with the arguments of the process; what it returns is the exit code of the command, 97 where
/// something fetched is not recorded, or 98 where a recording cannot be made or used.
pub fn run() -> ExitCode {
    match Arguments::read(std::env::args_os().skip(1)).and_then(step) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("rdf-run: {error}");
            ExitCode::from(BROKEN)
        }
    }
}

fn step(mut arguments: Arguments) -> Result<u8, Error> {
    let secrets = std::mem::take(&mut arguments.secrets);
    let report = Arc::new(Report::new(place(), secrets));
    let user = arguments.user()?;
    let home = match &user {
        Some(user) => user.home.clone(),
        None => std::env::var_os("HOME").unwrap_or_default().into(),
    };
    let trust = Trust::new(SCRATCH.as_ref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .doing(|| "cannot start the runtime".to_owned())?;
    let start = Start::now(SCRATCH.as_ref())?;
    let status = match (arguments.mode(), arguments.dir.clone()) {
        (Mode::Record, Some(dir)) => {
            let recorder = Arc::new(Recorder::new(&dir, Arc::clone(&report))?);
            let handler = Arc::clone(&recorder);
            let serve = serve(&arguments, user.as_ref(), &home, &trust, &report, handler);
            let status = runtime.block_on(serve)?;
            runtime.block_on(recorder.finish())?;
            report.exit_code().unwrap_or(status)
        }
        (Mode::Record, None) => return Err(Error::Usage),
        (Mode::Replay, _) => {
            let player = Arc::new(arguments.player(Arc::clone(&report))?);
            let serve = serve(&arguments, user.as_ref(), &home, &trust, &report, player);
            let status = runtime.block_on(serve)?;
            report.exit_code().unwrap_or(status)
        }
    };
    if let (0, Some(root), Some(epoch)) = (status, &arguments.settle, arguments.epoch) {
        start.settle(root, epoch, &arguments.tidy, &home, &report)?;
    }
    Ok(status)
}

/// Where the step stands, if whoever started it says so. It comes with the proxy variables, since they are the only
/// part of a step that may change without making it another step.
fn place() -> Option<String> {
    let values = PLACE_VARIABLES
        .iter()
        .filter_map(|name| std::env::var(name).ok());
    let mut places = values.filter_map(|value| Some(value.strip_prefix(PLACE_PREFIX)?.to_owned()));
    places.next()
}

/// Runs the command with the proxy before it; gives its exit code.
async fn serve(
    arguments: &Arguments,
    user: Option<&User>,
    home: &Path,
    trust: &Trust,
    report: &Report,
    handler: Arc<impl proxy::Handler>,
) -> Result<u8, Error> {
    let proxy = proxy::listen(handler, trust).await?;
    let mut variables = trust.variables(&proxy, arguments.mode(), home)?;
    if user.is_some() {
        variables.push(("HOME", home.into()));
    }
    if let Some(epoch) = arguments.epoch
        && std::env::var_os(SOURCE_DATE_EPOCH).is_none()
    {
        variables.push((SOURCE_DATE_EPOCH, epoch.to_string().into()));
    }
    child::wait(child::start(&arguments.command, &variables, user)?, report).await
}
