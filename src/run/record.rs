//! Recording: requests are forwarded to the real servers, and what they answer is kept while it passes through.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{HeaderValue, LOCATION};
use hyper::{Method, Response, StatusCode};
use tokio::task::JoinSet;

use super::body::{self, Any};
use super::proxy::{Asked, Handler, end_to_end, pairs, refusal};
use super::report::{Report, Stop};
use super::store::{Draft, Store};
use super::{Doing as _, Error, FILE_NAME, upstream};
use crate::image::Digest;
use crate::recording::{
    self, Answer, Exchange, Failure, NOT_KEPT, Recording, Request, credentials, request_headers,
    response_headers, shown, stable_location,
};

/// Forwards and keeps.
#[derive(Debug)]
pub(super) struct Recorder {
    dir: PathBuf,
    store: Store,
    client: reqwest::Client,
    report: Arc<Report>,
    recording: Mutex<Recording>,
    /// What stable addresses of this step stand for.
    signed: Mutex<BTreeMap<String, String>>,
    /// Bodies on their way.
    transfers: Mutex<JoinSet<()>>,
}

/// Why a body was not passed on to its end.
enum Broken {
    /// The server, or the way to it.
    Upstream(std::io::Error),
    /// It cannot be kept.
    Store(std::io::Error),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// A recorder into `dir`, which is made.
    pub(super) fn new(dir: &Path, report: Arc<Report>) -> Result<Self, Error> {
        Ok(Recorder {
            dir: dir.to_owned(),
            store: Store::create(dir)?,
            client: upstream::client()?,
            report,
            recording: Mutex::default(),
            signed: Mutex::default(),
            transfers: Mutex::default(),
        })
    }

    /// Waits for what is on its way, and writes the recording. What a server cut, and never gave whole, ends the step
    /// in an error: a replay could not give the command the part that it has seen.
    pub(super) async fn finish(&self) -> Result<(), Error> {
        let mut transfers = std::mem::take(&mut *lock(&self.transfers));
        while transfers.join_next().await.is_some() {}
        let text = {
            let recording = lock(&self.recording);
            for request in recording.cut() {
                let asked = format!("{} {}", request.method, shown(&request.url));
                self.report.stop(Stop::Cut(asked));
            }
            recording.print()
        };
        let path = self.dir.join(FILE_NAME);
        let draft = self.dir.join(format!(".{FILE_NAME}"));
        fs::write(&draft, text)
            .and_then(|()| fs::rename(&draft, &path))
            .doing(|| format!("cannot write {}", path.display()))
    }

    fn add(&self, request: Request, answer: Answer) {
        lock(&self.recording).add(Exchange { request, answer });
    }

    fn has_a_secret(&self, asked: &Asked) -> bool {
        let mut headers = asked.headers.values();
        let secrets = self.report.secrets();
        secrets.are_in(asked.url.as_bytes())
            || secrets.are_in(&asked.body)
            || headers.any(|value| secrets.are_in(value.as_bytes()))
    }

    async fn forward(self: Arc<Self>, asked: Asked) -> Response<Any> {
        let private = credentials(&asked.url, asked.header_pairs()) || self.has_a_secret(&asked);
        if private {
            let host = shown(&asked.url);
            let host = host.split('/').take(3).collect::<Vec<_>>().join("/");
            self.report.note(&format!("{host}{NOT_KEPT}"));
        }
        let real = lock(&self.signed).get(&asked.url).cloned();
        let request = self
            .client
            .request(asked.method.clone(), real.as_deref().unwrap_or(&asked.url))
            .headers(asked.headers.clone())
            .body(asked.body.clone());
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                if !private {
                    self.add(
                        request_of(&asked, None),
                        Answer::Failed(Failure::Unreachable),
                    );
                }
                return refusal(StatusCode::BAD_GATEWAY, &chain(&error));
            }
        };
        let status = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        end_to_end(&mut headers);
        self.stabilise(&asked.url, &mut headers);
        let vary: Vec<&str> = pairs(&headers)
            .filter(|(name, _)| *name == "vary")
            .map(|(_, value)| value)
            .collect();
        let key = request_of(&asked, Some(&vary.join(",")));
        let kept = recording::Response {
            status: status.as_u16(),
            headers: response_headers(pairs(&headers)),
            body: Digest::sha256(b""),
            size: 0,
        };
        let has_body = asked.method != Method::HEAD
            && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let size = response.content_length().filter(|_| has_body);
        let (pieces, answer) = body::channel(size);
        let recorder = Arc::clone(&self);
        let transfer = async move {
            match recorder.transfer(&mut response, &pieces, private).await {
                Ok(Some((body, size))) => {
                    recorder.add(
                        key,
                        Answer::Response(recording::Response { body, size, ..kept }),
                    );
                }
                Ok(None) => {}
                Err(Broken::Upstream(error)) => {
                    let _ = pieces.send(Err(error)).await;
                    if !private {
                        recorder.add(key, Answer::Failed(Failure::Cut));
                    }
                }
                // Not what the server did, so it must not be replayed as if it were.
                Err(Broken::Store(error)) => {
                    recorder.report.stop(Stop::Unkept {
                        url: shown(&asked.url),
                        what: error.to_string(),
                    });
                    let _ = pieces.send(Err(error)).await;
                }
            }
        };
        lock(&self.transfers).spawn(transfer);
        let mut response = Response::new(if has_body { answer } else { body::empty() });
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    /// Passes a body on; gives its name in the store, or nothing for one that is not kept. A client that hangs up
    /// early changes nothing: a replay has the whole body.
    async fn transfer(
        &self,
        response: &mut reqwest::Response,
        pieces: &tokio::sync::mpsc::Sender<std::io::Result<bytes::Bytes>>,
        private: bool,
    ) -> Result<Option<(Digest, u64)>, Broken> {
        let mut draft: Option<Draft> = match private {
            true => None,
            false => Some(self.store.draft().map_err(Broken::Store)?),
        };
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| Broken::Upstream(std::io::Error::other(chain(&error))))?
        {
            if let Some(draft) = &mut draft {
                draft.write(&piece).map_err(Broken::Store)?;
            }
            let _ = pieces.send(Ok(piece)).await;
        }
        draft.map(Draft::keep).transpose().map_err(Broken::Store)
    }

    /// Puts a stable address in the place of a signed one that a redirect leads to.
    fn stabilise(&self, url: &str, headers: &mut hyper::HeaderMap) {
        let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) else {
            return;
        };
        let Some(stable) = stable_location(location) else {
            return;
        };
        let Ok(value) = HeaderValue::from_str(&stable) else {
            return;
        };
        // A redirect may be relative to the address that was asked for.
        let absolute = |location: &str| {
            let base = reqwest::Url::parse(url).ok()?;
            base.join(location).ok().map(String::from)
        };
        if let (Some(stable), Some(real)) = (absolute(&stable), absolute(location)) {
            lock(&self.signed).insert(stable, real);
        }
        headers.insert(LOCATION, value);
    }
}

impl Handler for Recorder {
    async fn answer(self: Arc<Self>, asked: Asked) -> Response<Any> {
        self.forward(asked).await
    }
}

/// What `asked` is recognised by, if the answer has this `Vary`.
pub(super) fn request_of(asked: &Asked, vary: Option<&str>) -> Request {
    Request {
        url: asked.url.clone(),
        method: asked.method.as_str().to_owned(),
        headers: request_headers(asked.header_pairs(), vary),
        body: (!asked.body.is_empty()).then(|| Digest::sha256(&asked.body)),
    }
}

/// An error with its causes, which say what really happened.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
