//! What a `RUN` step fetched, as data: requests, answers, and which answer belongs to which request.
//!
//! A [`Recording`] is a list of [`Exchange`]s. As text it is one JSON object a line, sorted by request, so that
//! equal fetches give equal bytes whatever order a tool made them in. Bodies are not in it: an answer names
//! the digest of its body, and a store keeps the bytes by that name. Does no I/O.
#![deny(missing_docs)]

mod headers;
mod package;
mod range;
mod secret;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::collect::CollectSmall as _;
use crate::image::Digest;

pub use headers::{request_headers, response_headers};
pub use package::Package;
pub use range::{ByteRange, RangeError};
pub use secret::{credentials, shown, stable_location};
pub use step::{Fetch, StepKey};

/// Name of a recording in the directory of its step.
pub const FILE_NAME: &str = "recording.jsonl";

/// Directory of the bodies, each named by the hexadecimal digits of its SHA-256 digest.
pub const BODIES: &str = "sha256";

/// What a step says of a host that it asks with credentials, behind the host.
#[cfg(any(feature = "run", feature = "cli"))]
pub(crate) const NOT_KEPT: &str = ": fetched with credentials, so not kept";

/// How a step ends what it says of a request that was not recorded.
#[cfg(any(feature = "run", feature = "cli"))]
pub(crate) const RECORD_IT: &str = ": run `rdf lock --record`";

/// Groups of files that are tidied away at the end of a recorded step, as `# rdf: keep=` names them; the first is all of
/// them.
pub const TIDY_GROUPS: [&str; 5] = ["all", "caches", "ids", "logs", "pyc"];

/// What is wrong with the value of a `keep=`: the first of its groups that is unknown.
pub fn unknown_group(groups: &str) -> Option<String> {
    let unknown = groups
        .split(',')
        .find(|group| !TIDY_GROUPS.contains(group))?;
    let [known @ .., last] = TIDY_GROUPS;
    let known = known.map(|group| format!("`{group}`")).join(", ");
    Some(format!(
        "unknown group `{unknown}`, expected {known} or `{last}`"
    ))
}

/// Directory of a store's images, with [`BODIES`] below it.
pub const IMAGE_STORE: &str = "/store";

/// Variables by which `rdf-run` is told where its step stands, as in `rdf-place:RUN, Dockerfile:12`. They are proxy
/// variables, which are not part of what a daemon recognises a step by, and the command does not get them.
pub const PLACE_VARIABLES: [&str; 2] = ["ftp_proxy", "FTP_PROXY"];

/// How the value of such a variable begins.
pub const PLACE_PREFIX: &str = "rdf-place:";

/// Exit code of a step that asked for something that was not recorded.
pub const UNRECORDED: u8 = 97;

/// Exit code where the recording itself is damaged, or the program cannot do its work.
pub const BROKEN: u8 = 98;

/// Why a step that is recorded or replayed cannot go on, as `rdf-run` tells those around it: by the code of the error in
/// its output, and by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunError {
    /// It asked for something that was not recorded.
    Unrecorded,
    /// The recording itself is damaged, or the program cannot do its work.
    Damaged,
    /// What it fetched cannot be kept: the disk is full, or something else is wrong with it.
    Unkept,
    /// A server ended a connection within a body, and the step went on without the rest.
    Cut,
}

impl RunError {
    /// All of them.
    pub const ALL: [RunError; 4] = [
        RunError::Unrecorded,
        RunError::Damaged,
        RunError::Unkept,
        RunError::Cut,
    ];

    /// The code, as findings about locks have it.
    pub const fn code(self) -> &'static str {
        match self {
            RunError::Unrecorded => "lock-unrecorded",
            RunError::Damaged => "lock-damaged",
            RunError::Unkept => "lock-unkept",
            RunError::Cut => "lock-cut",
        }
    }

    /// The exit code of `rdf-run`.
    pub const fn exit_code(self) -> u8 {
        match self {
            RunError::Unrecorded => UNRECORDED,
            RunError::Damaged | RunError::Unkept | RunError::Cut => BROKEN,
        }
    }
}

/// What a request is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The whole URL, `https://deb.debian.org/debian/dists/sid/InRelease`, without a fragment.
    pub url: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// Headers on which the answer depends, names in lower case; credentials are never among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Digest of the body; `None` where it is empty.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_digest"
    )]
    pub body: Option<Digest>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Answer {
    /// A response of a server.
    Response(Response),
    /// No response; the reason, for people.
    Failed(Failure),
}

/// Why a request got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Failure {
    /// The host could not be reached: its name is unknown, nothing listens, or no answer came in time.
    Unreachable,
    /// The connection ended within the response.
    Cut,
}

/// A response of a server, its body by digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Status code, 200 to 599.
    pub status: u16,
    /// Headers that clients act on, names in lower case, in the order of the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Digest of the body as it was sent: still compressed where `content-encoding` says so.
    #[serde(with = "digest")]
    pub body: Digest,
    /// Length of the body in bytes.
    pub size: u64,
}

impl Response {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// A request with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What came.
    pub answer: Answer,
}

/// Why a text is not a recording.
#[derive(Debug, Error)]
#[error("line {line} of the recording is malformed: {source}")]
pub struct ReadError {
    /// The line, from one.
    pub line: usize,
    source: serde_json::Error,
}

/// Everything that a step fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// By request; answers to equal requests in the order in which they came, equal neighbours once.
    answers: BTreeMap<Request, Vec<Answer>>,
}

impl Recording {
    /// Adds an exchange. Failures are kept only until the same request has a response: a tool that tried
    /// again needs no second try in a replay.
    pub fn add(&mut self, exchange: Exchange) {
        let answers = self.answers.entry(exchange.request).or_default();
        match &exchange.answer {
            Answer::Failed(_) if !answers.is_empty() => return,
            Answer::Failed(_) => {}
            Answer::Response(_) => answers.retain(|known| matches!(known, Answer::Response(_))),
        }
        if answers.last() != Some(&exchange.answer) {
            answers.push(exchange.answer);
        }
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// The first line that is not an exchange.
    pub fn parse(text: &[u8]) -> Result<Self, ReadError> {
        let mut recording = Recording::default();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let exchange: Exchange = serde_json::from_slice(line).map_err(|source| ReadError {
                line: index + 1,
                source,
            })?;
            let answers = recording.answers.entry(exchange.request).or_default();
            answers.push(exchange.answer);
        }
        Ok(recording)
    }

    /// The text form.
    pub fn print(&self) -> String {
        let mut text = String::new();
        for (request, answers) in &self.answers {
            for answer in answers {
                let exchange = Exchange {
                    request: request.clone(),
                    answer: answer.clone(),
                };
                // Strings, numbers and lists: there is nothing that JSON cannot hold.
                text.push_str(&serde_json::to_string(&exchange).unwrap_or_default());
                text.push('\n');
            }
        }
        text
    }

    /// The exchanges, sorted by request.
    pub fn exchanges(&self) -> impl Iterator<Item = (&Request, &Answer)> {
        let all = self.answers.iter();
        all.flat_map(|(request, answers)| answers.iter().map(move |answer| (request, answer)))
    }

    /// Requests whose answers all ended within their bodies: a tool that asked again has had the whole.
    pub fn cut(&self) -> impl Iterator<Item = &Request> {
        let cut = |answer: &Answer| matches!(answer, Answer::Failed(Failure::Cut));
        let all = self.answers.iter();
        all.filter(move |(_, answers)| answers.iter().any(cut))
            .map(|(request, _)| request)
    }

    /// The bodies that a store must have, each once for a URL; empty bodies are not stored.
    pub fn fetches(&self) -> BTreeSet<Fetch> {
        let responses = self
            .exchanges()
            .filter_map(|(request, answer)| match answer {
                Answer::Response(response) if response.size > 0 => Some((request, response)),
                _ => None,
            });
        let fetches = responses.map(|(request, response)| Fetch {
            url: request.url.clone(),
            digest: response.body.clone(),
            size: response.size,
        });
        fetches.collect_small()
    }

    /// Answers to `request` in the order in which they were given; empty where there is none.
    pub fn answers(&self, request: &Request) -> &[Answer] {
        self.answers.get(request).map_or(&[], Vec::as_slice)
    }

    /// Names of the headers by which requests for `url` are told apart, joined by commas, as in `Vary`.
    pub fn header_names(&self, url: &str) -> String {
        let names: BTreeSet<&str> = self
            .answers
            .keys()
            .filter(|request| request.url == url)
            .flat_map(|request| request.headers.keys().map(String::as_str))
            .collect_small();
        names.into_iter().collect::<Vec<_>>().join(",")
    }

    /// Whether any request for `url` is in it.
    pub fn has_url(&self, url: &str) -> bool {
        self.answers.keys().any(|request| request.url == url)
    }

    /// What the recording can tell of `request`: its own answers, else what follows from another request.
    /// A whole body serves every range of it and `HEAD`. `turn` counts equal requests, from zero; the last
    /// answer is repeated.
    pub fn find(&self, request: &Request, turn: usize) -> Option<Found<'_>> {
        let own = self.answers(request);
        if let Some(answer) = own.get(turn).or(own.last()) {
            return Some(Found::Exactly(answer));
        }
        let range = request.headers.get("range");
        let head = request.method == "HEAD";
        if range.is_none() && !head {
            return None;
        }
        let mut whole = request.clone();
        whole.headers.remove("range");
        let condition = whole.headers.remove("if-range");
        whole.method = "GET".to_owned();
        let answer = self.answers(&whole).last()?;
        let Answer::Response(response) = answer else {
            return Some(Found::Exactly(answer));
        };
        if head {
            return Some(Found::Head(response));
        }
        let holds = condition.is_none_or(|condition| {
            [response.header("etag"), response.header("last-modified")]
                .contains(&Some(condition.as_str()))
        });
        match range {
            Some(range) if holds && response.status == 200 => Some(Found::Part(
                response,
                ByteRange::parse(range, response.size),
            )),
            _ => Some(Found::Exactly(answer)),
        }
    }
}

/// How a recording answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found<'r> {
    /// As it was answered.
    Exactly(&'r Answer),
    /// The headers of this response.
    Head(&'r Response),
    /// A part of this response's body, or the whole where the range is not understood, as RFC 9110 wants.
    Part(&'r Response, Result<ByteRange, RangeError>),
}

mod digest {
    use super::Digest;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(digest.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        Digest::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

mod optional_digest {
    use super::Digest;
    use serde::{Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(
        digest: &Option<Digest>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => super::digest::serialize(digest, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Digest>, D::Error> {
        super::digest::deserialize(from).map(Some)
    }
}

#[cfg(test)]
mod tests;
