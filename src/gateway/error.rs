//! Errors that travel through the gateway, with the typed details that clients read.
//!
//! On the wire an error is a `google.rpc.Status` whose details are JSON values (`github.com/moby/buildkit/…
//! +json`). Each detail is a layer around the error below it. The reference rebuilds that chain on every hop
//! and writes it outermost first, so the order of typed details turns round with each hop; the same is done
//! here, because clients print source excerpts in that order. What is not understood is passed on as it came.

use std::borrow::Cow;
use std::fmt;

use super::CapError;
use super::detail;
use crate::llb::{DecodeError, MarshalError, Range, SourceInfo};
use crate::pb::status::{Any, Status};

/// Words about a policy that put another source in the place of an image; the image and the source follow, with an
/// arrow in between.
const NOT_AN_IMAGE: &str = "ref mutated by policy to non-image: ";

/// An error of a call, or of the frontend itself.
///
/// Cheap to move. Its text is what the user sees; [`context`](Error::context) puts words before it.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    code: Code,
    message: String,
    state: State,
    /// Typed details, innermost first: their type URLs and their values.
    layers: Vec<Any>,
    /// Stack traces and details of unknown type, as they came.
    other: Vec<Any>,
}

/// What an error is about, beyond its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Other,
    /// The daemon is gone.
    Lost,
    /// A policy put this source in the place of an image.
    OtherSource(String),
}

/// gRPC status codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are gRPC's")]
pub enum Code {
    Ok = 0,
    Cancelled = 1,
    #[default]
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

impl Code {
    /// The code of a number; numbers out of range are `Unknown`.
    pub(crate) const fn from_number(number: i32) -> Code {
        match number {
            0 => Code::Ok,
            1 => Code::Cancelled,
            3 => Code::InvalidArgument,
            4 => Code::DeadlineExceeded,
            5 => Code::NotFound,
            6 => Code::AlreadyExists,
            7 => Code::PermissionDenied,
            8 => Code::ResourceExhausted,
            9 => Code::FailedPrecondition,
            10 => Code::Aborted,
            11 => Code::OutOfRange,
            12 => Code::Unimplemented,
            13 => Code::Internal,
            14 => Code::Unavailable,
            15 => Code::DataLoss,
            16 => Code::Unauthenticated,
            _ => Code::Unknown,
        }
    }

    /// The number on the wire.
    pub(crate) const fn number(self) -> i32 {
        self as i32
    }
}

/// The file and lines that an error is about (`errdefs.Source`): clients print them as a code frame.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SourceDetail {
    /// File name, content, language, and the definition that the file came from.
    pub info: Option<SourceInfo>,
    /// Lines; characters stay 0.
    pub ranges: Vec<Range>,
}

impl Error {
    /// An error of code `Unknown`, the one that carries a plain message.
    pub fn new(message: impl Into<String>) -> Self {
        Error::with_code(Code::Unknown, message)
    }

    /// An error with a code. `Ok` is turned into `Unknown`.
    pub fn with_code(code: Code, message: impl Into<String>) -> Self {
        let code = if code == Code::Ok {
            Code::Unknown
        } else {
            code
        };
        Error(Box::new(Inner {
            code,
            message: message.into(),
            state: State::Other,
            layers: Vec::new(),
            other: Vec::new(),
        }))
    }

    /// `unsupported frontend capability <name>`, code `Unimplemented`, detail `FrontendCap`.
    pub(crate) fn unsupported_frontend_cap(name: &str) -> Self {
        Error::with_code(
            Code::Unimplemented,
            format!("unsupported frontend capability {name}"),
        )
        .with_detail(detail::FRONTEND_CAP, detail::named(name))
    }

    /// `unsupported request <name>`, detail `Subrequest`.
    pub(crate) fn unsupported_subrequest(name: &str) -> Self {
        Error::new(format!("unsupported request {name}"))
            .with_detail(detail::SUBREQUEST, detail::named(name))
    }

    /// The source that a policy put in the place of an image, where that is why the image has no config: the
    /// identifier of the other source, such as `https://host/path`.
    pub(crate) fn other_source(&self) -> Option<&str> {
        match &self.0.state {
            State::OtherSource(updated) => Some(updated),
            _ => None,
        }
    }

    /// A policy put the source `updated` in the place of the image `asked`, both identifiers.
    pub(super) fn not_an_image(asked: &str, updated: &str) -> Self {
        let mut error = Error::new(format!("{NOT_AN_IMAGE}{asked} -> {updated}"));
        error.0.state = State::OtherSource(updated.to_owned());
        error
    }

    /// The gRPC code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The text, without details.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The daemon is gone, for this reason.
    pub(super) fn lost(why: &str) -> Self {
        let message = format!("lost the connection to the build daemon: {why}");
        let mut error = Error::with_code(Code::Unavailable, message);
        error.0.state = State::Lost;
        error
    }

    /// Whether the daemon is gone.
    pub(super) fn is_lost(&self) -> bool {
        self.0.state == State::Lost
    }

    /// The same error with `words` and a colon before its text.
    pub fn context(mut self, words: impl fmt::Display) -> Self {
        self.0.message = format!("{words}: {}", self.0.message);
        self
    }

    /// The same error, details included, with another text.
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// The same error about a place in a file, as the outermost layer.
    pub fn with_source(self, source: &SourceDetail) -> Self {
        let json = detail::source_to_json(source);
        self.with_detail(detail::SOURCE, json)
    }

    /// The same error with a typed detail as its outermost layer. `type_url` is one of
    /// `github.com/moby/buildkit/errdefs.<Name>+json`; `json` its value.
    pub fn with_detail(mut self, type_url: &str, json: Vec<u8>) -> Self {
        self.0.layers.push(Any {
            type_url: type_url.to_owned(),
            value: json,
        });
        self
    }

    /// Typed details, innermost first: their type URLs and their values.
    pub fn details(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let layers = self.0.layers.iter();
        layers.map(|any| (any.type_url.as_str(), any.value.as_slice()))
    }

    /// Places in files, innermost first. Details that cannot be read are left out.
    pub fn sources(&self) -> Vec<SourceDetail> {
        self.0
            .layers
            .iter()
            .filter(|any| any.type_url == detail::SOURCE)
            .filter_map(|any| detail::source_from_json(&any.value))
            .collect()
    }

    /// An answer that is not the message that it should be.
    pub(crate) fn undecodable(error: prost::DecodeError) -> Self {
        Error::with_code(Code::Internal, format!("cannot decode answer: {error}"))
    }

    /// Whether a detail of this type is there.
    pub fn has_detail(&self, type_url: &str) -> bool {
        self.0.layers.iter().any(|any| any.type_url == type_url)
    }

    /// The wire form: unknown details and stacks as they came, then the layers, outermost first.
    pub(crate) fn to_status(&self) -> Status {
        let mut details = self.0.other.clone();
        details.extend(self.0.layers.iter().rev().cloned());
        Status {
            code: self.0.code.number(),
            message: self.0.message.clone(),
            details,
        }
    }

    /// The error of a wire form; the first typed detail is the innermost layer.
    pub(crate) fn from_status(status: Status) -> Self {
        let (layers, other) = status
            .details
            .into_iter()
            .partition(|any| detail::is_layer(&any.type_url));
        // Older daemons say this in words only.
        let change = status.message.split_once(NOT_AN_IMAGE);
        let updated = change.and_then(|(_, change)| change.split_once(" -> "));
        let state = match updated {
            Some((_, updated)) => State::OtherSource(updated.to_owned()),
            None => State::Other,
        };
        let mut error = Error::with_code(Code::from_number(status.code), status.message);
        error.0.state = state;
        error.0.layers = layers;
        error.0.other = other;
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details: Vec<&str> = self.0.layers.iter().map(|any| &*any.type_url).collect();
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("details", &details)
            .finish()
    }
}

impl std::error::Error for Error {}

impl From<CapError> for Error {
    fn from(error: CapError) -> Self {
        Error::new(error.to_string())
    }
}

impl From<MarshalError> for Error {
    fn from(error: MarshalError) -> Self {
        Error::new(error.to_string())
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Error::with_code(Code::Internal, format!("cannot decode answer: {error}"))
    }
}

impl From<Cow<'_, str>> for Error {
    fn from(message: Cow<'_, str>) -> Self {
        Error::new(message)
    }
}
