//! HTTP requests: bodies have bounds, transient errors are retried, servers that
//! ask for patience get it, and credentials stay with the host that they are for.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url, redirect};

use super::host::{is_listed, is_loopback};
use super::{Config, Error, ErrorKind};
use crate::limits::{ERROR_BODY_TIMEOUT, MAX_ERROR_BODY_BYTES, MAX_HTTP_REDIRECTS};

/// What we call ourselves.
const USER_AGENT: &str = concat!("rdf/", env!("CARGO_PKG_VERSION"));

/// A request that may be sent more than once.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub method: Method,
    pub url: Url,
    pub accept: Option<&'static str>,
    pub authorization: Option<HeaderValue>,
    pub headers: Vec<(&'static str, String)>,
    /// Content type and body.
    pub body: Option<(&'static str, Vec<u8>)>,
}

impl Request {
    pub(super) fn get(url: Url) -> Self {
        Request {
            method: Method::GET,
            url,
            accept: None,
            authorization: None,
            headers: Vec::new(),
            body: None,
        }
    }
}

/// Who is asked: it decides what helps against a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Registry,
    File,
    Git,
}

#[derive(Debug)]
pub(super) struct Transport {
    client: reqwest::Client,
    /// For this machine itself, which no proxy leads to.
    here: reqwest::Client,
    /// Hosts on this machine, and whether they are behind TLS.
    tls: Mutex<HashMap<String, bool>>,
    pub(super) config: Config,
    /// Spreads waits of requests that failed together.
    turn: AtomicU32,
}

impl Transport {
    pub(super) fn new(config: Config) -> Result<Self, Error> {
        let mut certificates = Vec::new();
        for pem in &config.authorities {
            let read = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| {
                Error::refused(format!("a certificate is malformed: {}", chain(&error)))
            })?;
            if read.is_empty() {
                let message = "a file of authorities has no certificate";
                return Err(Error::refused(message).hint("use a PEM file"));
            }
            certificates.extend(read);
        }
        let builder = || {
            let builder = reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .redirect(redirect::Policy::none())
                .connect_timeout(config.connect_timeout)
                .read_timeout(config.read_timeout)
                .pool_max_idle_per_host(64);
            let certificates = certificates.iter().cloned();
            certificates.fold(builder, reqwest::ClientBuilder::add_root_certificate)
        };
        let built = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|error| Error::refused(format!("no HTTP client: {}", chain(&error))))
        };
        Ok(Transport {
            client: built(builder())?,
            here: built(builder().no_proxy())?,
            tls: Mutex::default(),
            config,
            turn: AtomicU32::new(0),
        })
    }

    /// Sends until an answer is final: redirects followed, transient errors retried. Any status that is
    /// neither is handed back.
    pub(super) async fn send(&self, request: &Request) -> Result<Response, Error> {
        let mut request = request.clone();
        for _ in 0..=MAX_HTTP_REDIRECTS {
            let response = self.send_patiently(&request).await?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let Some(to) = response
                .headers()
                .get(LOCATION)
                .and_then(|to| to.to_str().ok())
            else {
                return Ok(response);
            };
            let to = request.url.join(to).map_err(|error| {
                malformed(&request.url, format!("a malformed redirect: {error}"))
            })?;
            request = redirected(request, to)?;
        }
        Err(malformed(&request.url, "too many redirects"))
    }

    async fn send_patiently(&self, request: &Request) -> Result<Response, Error> {
        let begin = Instant::now();
        let mut attempt = 1;
        loop {
            let outcome = self.send_once(request).await;
            // Who was silent for long is not asked again.
            let silent = outcome.is_err() && begin.elapsed() >= self.config.read_timeout;
            let last = silent || attempt >= self.config.attempts;
            let wait = match &outcome {
                Ok(response) if passes(response.status()) => retry_after(response.headers()),
                Ok(_) => return outcome,
                Err(_) => None,
            };
            // Who wants more time than there is says why, and for how long.
            if last || wait.is_some_and(|wait| wait > self.config.max_wait) {
                return outcome;
            }
            tokio::time::sleep(wait.unwrap_or_else(|| self.backoff(attempt))).await;
            attempt += 1;
        }
    }

    async fn send_once(&self, request: &Request) -> Result<Response, Error> {
        let host = place(&request.url);
        if request.url.scheme() != "http" || !is_loopback(&host) || self.is_plain(&host) {
            return self.attempt(request, &request.url).await;
        }
        // On this machine a registry may be behind TLS or not, and nothing says which.
        let mut secure = request.url.clone();
        // Neither scheme is special in a way that the other is not.
        let _ = secure.set_scheme("https");
        match self.known_tls(&host) {
            Some(true) => return self.attempt(request, &secure).await,
            Some(false) => return self.attempt(request, &request.url).await,
            None => {}
        }
        let first = self.attempt(request, &request.url).await;
        let is_odd = match &first {
            Ok(response) => response.status() == StatusCode::BAD_REQUEST,
            Err(error) => error.kind == ErrorKind::BrokeOff,
        };
        let second = match is_odd {
            true => self.attempt(request, &secure).await.ok(),
            false => None,
        };
        if let Ok(mut known) = self.tls.lock()
            && (first.is_ok() || second.is_some())
        {
            known.insert(host, second.is_some());
        }
        second.map_or(first, Ok)
    }

    fn known_tls(&self, host: &str) -> Option<bool> {
        self.tls.lock().ok()?.get(host).copied()
    }

    /// Whether the user says that a host speaks plain HTTP; without a port, on any.
    fn is_plain(&self, host: &str) -> bool {
        is_listed(&self.config.plain_http, host)
    }

    async fn attempt(&self, request: &Request, url: &Url) -> Result<Response, Error> {
        let client = match is_loopback(&place(url)) {
            true => &self.here,
            false => &self.client,
        };
        let mut builder = client.request(request.method.clone(), url.clone());
        if let Some(accept) = request.accept {
            builder = builder.header(ACCEPT, accept);
        }
        if let Some(authorization) = &request.authorization {
            builder = builder.header(AUTHORIZATION, authorization);
        }
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some((kind, body)) = &request.body {
            builder = builder
                .header(reqwest::header::CONTENT_TYPE, *kind)
                .body(body.clone());
        }
        // A head that comes byte by byte is never silent.
        match tokio::time::timeout(self.config.answer_timeout, builder.send()).await {
            Ok(answer) => answer.map_err(|error| self.unreachable(url, &error)),
            Err(_) => Err(too_slow(url, self.config.answer_timeout)),
        }
    }

    /// The whole body, of at most `limit` bytes, in at most the time of an answer.
    pub(super) async fn body(&self, response: Response, limit: usize) -> Result<Vec<u8>, Error> {
        let url = response.url().clone();
        match tokio::time::timeout(self.config.answer_timeout, body(response, limit)).await {
            Ok(bytes) => bytes.map_err(|broken| match broken {
                Broken::TooLarge => {
                    let host = place(&url);
                    let message = format!("the answer of {host} is larger than {limit} bytes");
                    Error::new(ErrorKind::TooLarge, message).unnamed()
                }
                Broken::Off(error) => self.unreachable(&url, &error),
            }),
            Err(_) => Err(too_slow(&url, self.config.answer_timeout)),
        }
    }

    /// No answer, or one that broke off.
    pub(super) fn unreachable(&self, url: &Url, error: &reqwest::Error) -> Error {
        let host = place(url);
        let unreachable = |message| (ErrorKind::Unreachable, message);
        let (kind, message) = match (error.is_timeout(), error.is_connect()) {
            (true, true) => unreachable(format!(
                "{host} could not be reached within {}",
                seconds(self.config.connect_timeout)
            )),
            (true, false) => unreachable(format!(
                "{host} timed out after {}",
                seconds(self.config.read_timeout)
            )),
            (false, true) => unreachable(format!("{host} could not be reached: {}", chain(error))),
            (false, false) => (
                ErrorKind::BrokeOff,
                format!(
                    "{host} could not be understood, or broke off: {}",
                    chain(error)
                ),
            ),
        };
        Error::new(kind, message)
            .unnamed()
            .hint("check the network, the proxy settings and the name of the host")
    }

    fn backoff(&self, attempt: u32) -> Duration {
        let base = self
            .config
            .backoff
            .saturating_mul(1 << attempt.saturating_sub(1).min(6));
        // A golden-ratio sequence spreads well and needs no source of chance.
        let turn = self
            .turn
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(0x9e37_79b9);
        base + base.mul_f64(f64::from(turn) / f64::from(u32::MAX) / 2.0)
    }
}

/// Why a body is not whole.
enum Broken {
    TooLarge,
    Off(reqwest::Error),
}

async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, Broken> {
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(Broken::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Broken::Off)? {
        if bytes.len() + chunk.len() > limit {
            return Err(Broken::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

/// A server that sends so little that it never ends.
pub(super) fn too_slow(url: &Url, time: Duration) -> Error {
    let message = format!(
        "{} is too slow: it did not complete its answer within {}",
        place(url),
        seconds(time)
    );
    let hint = "try again, or allow more with `--timeout`";
    Error::new(ErrorKind::Unreachable, message)
        .unnamed()
        .hint(hint)
}

/// An answer that is not what was asked for, as an error.
pub(super) async fn failure(response: Response, what: &str, asked: Asked) -> Error {
    let status = response.status();
    let wait = retry_after(response.headers()).filter(|_| passes(status));
    let host = place(response.url());
    let told = told_reason(response).await;
    let reason = told.map(|reason| format!(": {reason}")).unwrap_or_default();
    let wait = wait.map(|wait| format!(", and asks to wait {}", seconds(wait)));
    let wait = wait.unwrap_or_default();
    let (kind, text) = match status {
        StatusCode::UNAUTHORIZED => (ErrorKind::Unauthorized, "asks for credentials"),
        StatusCode::FORBIDDEN => (ErrorKind::Forbidden, "refuses access"),
        StatusCode::NOT_FOUND | StatusCode::GONE => (ErrorKind::NotFound, "does not have it"),
        StatusCode::TOO_MANY_REQUESTS => (ErrorKind::RateLimited, "has had too many requests"),
        StatusCode::NO_CONTENT => (ErrorKind::Malformed, "answered without any content"),
        StatusCode::PARTIAL_CONTENT => (ErrorKind::Malformed, "sent a part of it only"),
        status if status.is_server_error() => (ErrorKind::Server, "failed"),
        _ => (ErrorKind::Malformed, "gave an unexpected answer"),
    };
    let error = Error::new(
        kind,
        format!("{what}: {host} {text} ({}){reason}{wait}", status.as_u16()),
    );
    match (kind, asked) {
        (ErrorKind::Unauthorized, Asked::Registry) => error.hint(format!(
            "log in with `docker login {host}`, or check the credentials"
        )),
        (ErrorKind::Unauthorized | ErrorKind::Forbidden, Asked::File) => error.hint(
            "`rdf lock` has no credentials for files: give the checksum yourself, `ADD --checksum=sha256:…`, which is then taken as it is",
        ),
        (ErrorKind::Unauthorized | ErrorKind::Forbidden, Asked::Git) => error.hint(
            "your own git is asked as well: check that `git ls-remote` works for it in a terminal",
        ),
        (ErrorKind::Forbidden, Asked::Registry) => {
            error.hint("the credentials in use may not read this; ask its owner")
        }
        (ErrorKind::NotFound, Asked::Registry) => error
            .hint("check the spelling; private repositories look like this without credentials"),
        (ErrorKind::NotFound, _) => error.hint("check the URL"),
        (ErrorKind::RateLimited, Asked::Registry) => {
            error.hint("log in for a higher limit, use a mirror, use fewer `--jobs`, or try later")
        }
        (ErrorKind::RateLimited | ErrorKind::Server, _) => {
            error.hint("try later, or use fewer `--jobs`")
        }
        _ => error,
    }
}

/// What the registry says about its refusal.
async fn told_reason(response: Response) -> Option<String> {
    let body = tokio::time::timeout(ERROR_BODY_TIMEOUT, body(response, MAX_ERROR_BODY_BYTES));
    let bytes = body.await.ok()?.ok()?;
    let envelope: oci_distribution::errors::OciEnvelope = serde_json::from_slice(&bytes).ok()?;
    let first = envelope.errors.into_iter().next()?;
    let text: String = first
        .message
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    (!text.is_empty()).then_some(text)
}

/// Where a request goes now: credentials go along only to the same host.
fn redirected(mut request: Request, to: Url) -> Result<Request, Error> {
    if !matches!(to.scheme(), "http" | "https") {
        return Err(refused(
            &request.url,
            format!("a redirect to a URL of scheme `{}`", to.scheme()),
        ));
    }
    if request.url.scheme() == "https" && to.scheme() == "http" {
        return Err(refused(
            &request.url,
            format!("a redirect from https to plain http on {}", place(&to)),
        ));
    }
    if to.host_str() != request.url.host_str()
        || to.port_or_known_default() != request.url.port_or_known_default()
        || to.scheme() != request.url.scheme()
    {
        request.authorization = None;
    }
    request.url = to;
    Ok(request)
}

/// A failure that may pass by itself.
fn passes(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// How long a server asks to wait. Only seconds are read: registries send nothing else.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

pub(super) fn malformed(url: &Url, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Malformed, format!("{}: {what}", place(url))).unnamed()
}

fn refused(url: &Url, what: impl std::fmt::Display) -> Error {
    Error::refused(format!("{} answers with {what}", place(url))).unnamed()
}

/// Host and port: enough to know who is meant, and never a secret.
pub(super) fn place(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => url.scheme().to_owned(),
    }
}

/// The causes of an error without the URL, which may hold a token.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    if text.is_empty() {
        "no further reason given".to_owned()
    } else {
        text
    }
}
