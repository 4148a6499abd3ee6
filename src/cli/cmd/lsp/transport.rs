//! Messages on a byte stream: read up to a bound, so that no client can ask for all of the memory, and answered where
//! they cannot be understood.
//!
//! The messages are those of lsp-server. Its own reader is not used: it ends the session at the first message that is not
//! valid, and reserves as much memory as a header asks for.

use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, Mutex};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError};
use serde::Serialize;
use serde_json::{Value, json};

use crate::limits::{MAX_LSP_HEADER_BYTES, MAX_LSP_MESSAGE_BYTES};

/// What came in.
pub(super) enum Incoming {
    Message(Message),
    /// Something that is not a message, and why.
    Malformed(String),
    /// Nothing more will come.
    End,
}

/// Reads the next message.
///
/// # Errors
/// When the stream breaks, or where the next message begins cannot be known.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Incoming> {
    let Some(length) = read_header(input)? else {
        return Ok(Incoming::End);
    };
    if length > MAX_LSP_MESSAGE_BYTES {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        let why = format!("the message exceeds the limit of {MAX_LSP_MESSAGE_BYTES} bytes");
        return Ok(Incoming::Malformed(why));
    }
    let mut body = Vec::new();
    input.by_ref().take(length).read_to_end(&mut body)?;
    if u64::try_from(body.len()).ok() != Some(length) {
        return Ok(Incoming::End);
    }
    Ok(match serde_json::from_slice(&body) {
        Ok(message) => Incoming::Message(message),
        Err(error) => Incoming::Malformed(error.to_string()),
    })
}

/// The length that a header tells; none at the end of the stream.
fn read_header(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    let mut left = MAX_LSP_HEADER_BYTES;
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(left).read_until(b'\n', &mut line)?;
        if read == 0 && left > 0 {
            return Ok(None);
        }
        left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        if !line.ends_with(b"\n") {
            return Err(invalid("the header of a message is too long or cut off"));
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            return match length {
                Some(length) => Ok(Some(length)),
                None => Err(invalid("the header of a message has no Content-Length")),
            };
        }
        let Some((name, value)) = text.split_once(':') else {
            return Err(invalid("a line of a header has no colon"));
        };
        if name.trim().eq_ignore_ascii_case("Content-Length") {
            let value = value.trim().parse::<u64>();
            length = Some(value.map_err(|_| invalid("Content-Length is not a number"))?);
        }
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// The other end, to which any thread may write.
#[derive(Clone)]
pub(super) struct Client {
    output: Arc<Mutex<Box<dyn Write + Send>>>,
}

impl Client {
    pub(super) fn new(output: impl Write + Send + 'static) -> Self {
        Client {
            output: Arc::new(Mutex::new(Box::new(output))),
        }
    }

    /// Writes a message. A client that is gone is noticed when nothing more is read from it.
    fn send(&self, message: &Message) {
        let mut output = self
            .output
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        let _ = message.write(&mut *output);
    }

    pub(super) fn notify(&self, method: &str, params: impl Serialize) {
        if let Ok(params) = serde_json::to_value(params) {
            let method = method.to_owned();
            self.send(&Message::Notification(Notification { method, params }));
        }
    }

    /// Asks for something whose answer changes nothing.
    pub(super) fn request(&self, id: String, method: &str, params: impl Serialize) {
        if let Ok(params) = serde_json::to_value(params) {
            let (id, method) = (RequestId::from(id), method.to_owned());
            self.send(&Message::Request(Request { id, method, params }));
        }
    }

    pub(super) fn answer(&self, id: RequestId, result: Result<Value, Refusal>) {
        let response_result = result.map_err(|refusal| ResponseError {
            code: refusal.code as i32,
            message: refusal.message,
            data: None,
        });
        self.send(&Message::Response(Response {
            id,
            response_result,
        }));
    }

    /// Answers what has no id that could be read.
    pub(super) fn complain(&self, why: &str) {
        let text = json!({
            "jsonrpc": "2.0",
            "id": null,
            "error": { "code": ErrorCode::ParseError as i32, "message": why },
        })
        .to_string();
        let mut output = self
            .output
            .lock()
            .unwrap_or_else(|poison| poison.into_inner());
        let _ = write!(output, "Content-Length: {}\r\n\r\n{text}", text.len());
        let _ = output.flush();
    }
}

/// Why a request has no result.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Refusal {
            code,
            message: message.into(),
        }
    }

    /// What was asked for cannot be done.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Refusal::new(ErrorCode::RequestFailed, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(mut bytes: &[u8]) -> Vec<String> {
        let mut kinds = Vec::new();
        loop {
            match read(&mut bytes) {
                Ok(Incoming::Message(message)) => kinds.push(match message {
                    Message::Request(request) => request.method,
                    Message::Notification(notification) => notification.method,
                    Message::Response(_) => "response".to_owned(),
                }),
                Ok(Incoming::Malformed(_)) => kinds.push("malformed".to_owned()),
                Ok(Incoming::End) => return kinds,
                Err(error) => {
                    kinds.push(error.to_string());
                    return kinds;
                }
            }
        }
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn what_cannot_be_read_does_not_hide_what_follows() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        let bytes = [framed("{"), framed("[1]"), framed("\u{e9}"), good].concat();
        assert_eq!(
            kinds(bytes.as_bytes()),
            ["malformed", "malformed", "malformed", "exit"]
        );
    }

    #[test]
    fn headers_are_read_up_to_a_bound() {
        let long = "x".repeat(1 << 20);
        assert_eq!(
            kinds(long.as_bytes()),
            ["the header of a message is too long or cut off"]
        );
        let unbounded = "a: b\r\n".repeat(10_000);
        assert_eq!(kinds(unbounded.as_bytes()).len(), 1);
        assert_eq!(
            kinds(b"Content-Length: x\r\n\r\n"),
            ["Content-Length is not a number"]
        );
        assert_eq!(
            kinds(b"A: 1\r\n\r\n"),
            ["the header of a message has no Content-Length"]
        );
        let huge = format!("Content-Length: {}\r\n\r\n{{}}", u64::MAX);
        assert_eq!(kinds(huge.as_bytes()), ["malformed"]);
        assert_eq!(kinds(b"Content-Length: 9\r\n\r\n{}"), [""; 0]);
    }
}
