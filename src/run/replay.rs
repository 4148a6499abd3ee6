//! Replaying: every answer comes from the recording, and what it does not hold ends the step.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::{self, Any};
use super::proxy::{Asked, Handler, refusal};
use super::record::request_of;
use super::report::{Missed, Report, Stop};
use super::store::Store;
use super::{Doing as _, Error, FILE_NAME};
use crate::image::Digest;
use crate::recording::{
    self, Answer, ByteRange, Failure, Fetch, Found, RangeError, Recording, Request, shown,
};

/// Requests that tools make beside their work and do without: hosts, and paths, whole or, with a slash at the end,
/// all below. They are refused where they were not recorded, and the step goes on.
const OPTIONAL: &[(&str, &str)] = &[
    // npm: audits, and the notice of a newer npm.
    ("registry.npmjs.org", "/-/npm/v1/security/"),
    ("registry.npmjs.org", "/npm"),
    // pip: the notice of a newer pip.
    ("pypi.org", "/simple/pip/"),
    ("pypi.org", "/pypi/pip/json"),
];

/// Answers from a recording.
#[derive(Debug)]
pub(super) struct Player {
    recording: Recording,
    /// Whether there is one: of a command that is not in the lock there is none.
    has_recording: bool,
    store: Arc<Store>,
    report: Arc<Report>,
    /// How often each request was made.
    turns: Mutex<BTreeMap<Request, usize>>,
}

impl Player {
    /// Reads the recording in `dir`.
    pub(super) fn of_folder(dir: &Path, report: Arc<Report>) -> Result<Self, Error> {
        let path = dir.join(FILE_NAME);
        let text = fs::read(&path).doing(|| format!("cannot read {}", path.display()))?;
        Ok(Self::of(Recording::parse(&text)?, Store::open(dir), report))
    }

    /// Reads the blob `recording` of the store in `dir`, whose fetches must be those that the lock lists: people read
    /// that list, and not the recording.
    pub(super) fn of_store(
        dir: &Path,
        recording: &Digest,
        fetches: &Digest,
        report: Arc<Report>,
    ) -> Result<Self, Error> {
        let store = Store::open(dir);
        let damaged = |what| Error::Damaged {
            digest: recording.clone(),
            what,
        };
        let text = store.read(recording).map_err(damaged)?;
        let read = Recording::parse(&text)?;
        if Fetch::digest_of(&read.fetches()) != *fetches {
            return Err(damaged("it lists other files than the lock".to_owned()));
        }
        Ok(Self::of(read, store, report))
    }

    /// Answers nothing.
    pub(super) fn of_nothing(report: Arc<Report>) -> Self {
        Player {
            has_recording: false,
            ..Self::of(Recording::default(), Store::open(Path::new("")), report)
        }
    }

    fn of(recording: Recording, store: Store, report: Arc<Report>) -> Self {
        Player {
            recording,
            has_recording: true,
            store: Arc::new(store),
            report,
            turns: Mutex::default(),
        }
    }

    fn turn(&self, request: &Request) -> usize {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let next = turns.entry(request.clone()).or_default();
        let turn = *next;
        *next += 1;
        turn
    }

    async fn play(&self, asked: Asked) -> Response<Any> {
        let vary = self.recording.header_names(&asked.url);
        let request = request_of(&asked, Some(&vary));
        let Some(found) = self.recording.find(&request, self.turn(&request)) else {
            if is_optional(&asked.url) {
                return refusal(StatusCode::NOT_FOUND, "not recorded");
            }
            let why = match self.recording.has_url(&asked.url) {
                _ if !self.has_recording => Missed::Command,
                true => Missed::Headers,
                false => Missed::Request,
            };
            self.report.stop(Stop::Unrecorded {
                request: format!("{} {}", asked.method, shown(&asked.url)),
                why,
            });
            return refusal(StatusCode::BAD_GATEWAY, "not recorded");
        };
        match found {
            Found::Exactly(Answer::Response(response)) => {
                let whole = ByteRange {
                    start: 0,
                    end: response.size,
                };
                self.send(&asked.url, response, whole).await
            }
            Found::Exactly(Answer::Failed(Failure::Unreachable)) => refusal(
                StatusCode::BAD_GATEWAY,
                "the server was not reached when this was recorded",
            ),
            Found::Exactly(Answer::Failed(Failure::Cut)) => {
                let (pieces, body) = body::channel(None);
                let _ = pieces
                    .send(Err(std::io::Error::other("cut when this was recorded")))
                    .await;
                Response::new(body)
            }
            Found::Head(response) => {
                let mut head = head(response);
                head.headers_mut()
                    .insert(CONTENT_LENGTH, response.size.into());
                head
            }
            Found::Part(response, Ok(part)) => {
                let mut answer = self.send(&asked.url, response, part).await;
                if answer.status() == StatusCode::OK {
                    *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
                    let range = format!("bytes {}-{}/{}", part.start, part.end - 1, response.size);
                    if let Ok(range) = HeaderValue::from_str(&range) {
                        answer.headers_mut().insert(CONTENT_RANGE, range);
                    }
                }
                answer
            }
            Found::Part(response, Err(RangeError::Unsatisfiable)) => {
                let mut answer = refusal(StatusCode::RANGE_NOT_SATISFIABLE, "behind the end");
                if let Ok(range) = HeaderValue::from_str(&format!("bytes */{}", response.size)) {
                    answer.headers_mut().insert(CONTENT_RANGE, range);
                }
                answer
            }
            Found::Part(response, Err(RangeError::NotUnderstood)) => {
                let whole = ByteRange {
                    start: 0,
                    end: response.size,
                };
                self.send(&asked.url, response, whole).await
            }
        }
    }

    /// A part of a body, once the whole of it was checked: bytes that are not the recorded ones reach no command.
    async fn send(
        &self,
        url: &str,
        response: &recording::Response,
        part: ByteRange,
    ) -> Response<Any> {
        let (store, body, size) = (
            Arc::clone(&self.store),
            response.body.clone(),
            response.size,
        );
        if size > 0 {
            let checked = tokio::task::spawn_blocking(move || store.check(&body, size)).await;
            if let Err(what) = checked.unwrap_or_else(|error| Err(error.to_string())) {
                self.report.stop(Stop::Damaged {
                    url: url.to_owned(),
                    what,
                });
                return refusal(StatusCode::BAD_GATEWAY, "the recording is damaged");
            }
        }
        let (pieces, content) = body::channel(Some(part.end - part.start));
        let (store, body) = (Arc::clone(&self.store), response.body.clone());
        if part.start < part.end {
            tokio::task::spawn_blocking(move || {
                if let Err(error) = store.send(&body, part, &pieces) {
                    let _ = pieces.blocking_send(Err(error));
                }
            });
        }
        head(response).map(|_| content)
    }
}

impl Handler for Player {
    async fn answer(self: Arc<Self>, asked: Asked) -> Response<Any> {
        self.play(asked).await
    }
}

/// Status and headers as recorded.
fn head(response: &recording::Response) -> Response<Any> {
    let mut head = Response::new(body::empty());
    *head.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            head.headers_mut().append(name, value);
        }
    }
    head
}

fn is_optional(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let address = rest.split('?').next().unwrap_or_default();
    OPTIONAL.iter().any(|(host, known)| {
        address
            .strip_prefix(host)
            .is_some_and(|path| path == *known || (known.ends_with('/') && path.starts_with(known)))
    })
}

#[cfg(test)]
mod tests {
    use super::is_optional;

    #[test]
    fn only_what_a_tool_does_without_is_optional() {
        for url in [
            "https://registry.npmjs.org/npm",
            "https://registry.npmjs.org/-/npm/v1/security/audits/quick",
            "https://pypi.org/simple/pip/",
            "https://pypi.org/pypi/pip/json?x=1",
        ] {
            assert!(is_optional(url), "{url}");
        }
        for url in [
            "https://registry.npmjs.org/npm-run-all",
            "https://registry.npmjs.org/npm/-/npm-10.0.0.tgz",
            "https://pypi.org/simple/pipenv/",
            "https://pypi.org/pypi/pip/json/x",
            "https://other.test/npm",
            "https://registry.npmjs.org",
        ] {
            assert!(!is_optional(url), "{url}");
        }
    }
}
