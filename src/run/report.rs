//! What went wrong in a step: told on stderr when it happens, and kept for the exit code.

use std::sync::Mutex;

use tokio::sync::Notify;

use super::secrets::Secrets;
use crate::recording::{RECORD_IT, RunError};

/// Why a step cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A request that was not recorded: method and URL.
    Unrecorded { request: String, why: Missed },
    /// What the recording holds for a URL is missing or is not what its digest says.
    Damaged { url: String, what: String },
    /// What was fetched cannot be kept, since the disk is full or for another reason.
    Unkept { url: String, what: String },
    /// The server ended the connection within the body, and the command did not get the rest: method and URL.
    Cut(String),
}

/// What a request that was not recorded is beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// Nothing of the command was recorded.
    Command,
    /// The address was recorded, of a request that is not equal.
    Headers,
    /// The address was not recorded.
    Request,
}

impl Stop {
    fn error(&self) -> RunError {
        match self {
            Stop::Unrecorded { .. } => RunError::Unrecorded,
            Stop::Damaged { .. } => RunError::Damaged,
            Stop::Unkept { .. } => RunError::Unkept,
            Stop::Cut(_) => RunError::Cut,
        }
    }
}

/// What went wrong so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Where the step stands.
    place: Option<String>,
    /// What no message shows.
    secrets: Secrets,
    stop: Mutex<Option<Stop>>,
    stopped: Notify,
}

impl Report {
    /// Of the step at `place`, as in `RUN, Dockerfile:12`.
    pub(super) fn new(place: Option<String>, secrets: Secrets) -> Self {
        Report {
            place,
            secrets,
            ..Report::default()
        }
    }

    /// The secrets of the step.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    fn tell(&self, text: &str) {
        eprintln!("{}", self.secrets.masked(text));
    }

    /// Ends the step.
    pub(super) fn stop(&self, why: Stop) {
        let place = match &self.place {
            Some(place) => format!(" ({place})"),
            None => String::new(),
        };
        let code = why.error().code();
        match &why {
            Stop::Unrecorded { request, why } => {
                let why = match why {
                    Missed::Command => ": nothing was recorded of this command, which may be new or changed",
                    Missed::Headers => ": recorded with other headers or another body",
                    Missed::Request => "",
                };
                self.tell(&format!("[{code}] {request}{place}{why}{RECORD_IT}"));
            }
            Stop::Damaged { url, what } => self.tell(&format!(
                "[{code}] {url}{place}: {what}: restore the store, or run `rdf lock --record`"
            )),
            Stop::Unkept { url, what } => {
                self.tell(&format!("[{code}] {url}{place}: cannot be kept: {what}"));
            }
            Stop::Cut(request) => self.tell(&format!(
                "[{code}] {request}{place}: the server ended the connection within the body: record again"
            )),
        }
        let mut stop = self.lock();
        if stop.is_none() {
            *stop = Some(why);
        }
        drop(stop);
        self.stopped.notify_one();
    }

    /// Waits until the step must end.
    pub(super) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// The exit code, where it is not the command's.
    pub(super) fn exit_code(&self) -> Option<u8> {
        self.lock().as_ref().map(|stop| stop.error().exit_code())
    }

    /// Tells of what the step goes on without.
    pub(super) fn note(&self, text: &str) {
        self.tell(&format!("[lock-record] {text}"));
    }

    /// Tells what was removed at the end of a step.
    pub(super) fn tidied(&self, paths: &[String]) {
        eprintln!("[lock-tidy] removed {}", paths.join(", "));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Stop>> {
        self.stop
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
