//! The fake daemon's side of gRPC, so that the transport is tested too.

use std::future::poll_fn;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Request, Response};
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::gateway::rpc::EXEC_PATH;
use crate::gateway::{Code, Error, Method, Result, Rpc};
use crate::limits::MAX_GRPC_MESSAGE_BYTES;
use crate::pb::gateway::ExecMessage;

/// Length of a gRPC message's head: a compression flag and the length.
const HEAD: usize = 5;

/// Serves `rpc` as gRPC on a byte stream until the client ends it. Needs a tokio runtime.
///
/// # Errors
/// When the stream breaks or the client does not speak HTTP/2.
pub async fn serve<T>(io: T, rpc: Arc<dyn Rpc>) -> Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |error: h2::Error| Error::with_code(Code::Unavailable, error.to_string());
    let mut connection = h2::server::handshake(io).await.map_err(broken)?;
    while let Some(accepted) = connection.accept().await {
        let (request, response) = accepted.map_err(broken)?;
        let rpc = Arc::clone(&rpc);
        // A stream that breaks is the client's to notice.
        tokio::spawn(async move { answer(request, response, rpc).await });
    }
    Ok(())
}

async fn answer(
    request: Request<RecvStream>,
    mut response: SendResponse<Bytes>,
    rpc: Arc<dyn Rpc>,
) -> Option<()> {
    let mut head = Response::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    head.headers_mut().insert(http::header::CONTENT_TYPE, grpc);
    let path = request.uri().path().to_owned();
    let body = Messages {
        body: request.into_body(),
        buffer: BytesMut::new(),
    };
    if path == EXEC_PATH {
        let mut stream = response.send_response(head, false).ok()?;
        let status = exchange(body, &mut stream, &*rpc).await;
        return trailers(&mut stream, status);
    }
    let answered = unary(&path, body, &*rpc).await;
    let mut stream = response.send_response(head, false).ok()?;
    let status = match answered {
        Ok(message) => {
            send(&mut stream, &message).await?;
            Ok(())
        }
        Err(error) => Err(error),
    };
    trailers(&mut stream, status)
}

async fn unary(path: &str, mut body: Messages, rpc: &dyn Rpc) -> Result<Bytes> {
    let method = Method::ALL.iter().find(|method| method.path() == path);
    let method = method
        .ok_or_else(|| Error::with_code(Code::Unimplemented, format!("unknown method {path}")))?;
    let request = body.next().await?;
    let missing = || Error::with_code(Code::Internal, "no message in the request");
    rpc.unary(*method, request.ok_or_else(missing)?).await
}

async fn exchange(mut body: Messages, stream: &mut SendStream<Bytes>, rpc: &dyn Rpc) -> Result<()> {
    let (sender, receiver) = mpsc::channel(16);
    let mut answers = rpc.exec(receiver);
    let mut sender = Some(sender);
    loop {
        tokio::select! {
            message = body.next(), if sender.is_some() => match (message?, &sender) {
                (Some(message), Some(open)) => {
                    let _ = open.send(ExecMessage::decode(message).map_err(Error::undecodable)?).await;
                }
                // The end of the client's half ends the process side too.
                _ => sender = None,
            },
            answer = answers.recv() => match answer {
                Some(message) => {
                    if send(stream, &message?.encode_to_vec()).await.is_none() {
                        return Ok(());
                    }
                }
                None => return Ok(()),
            },
        }
    }
}

/// The messages of a request body.
struct Messages {
    body: RecvStream,
    buffer: BytesMut,
}

impl Messages {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            let Some(data) = poll_fn(|cx| self.body.poll_data(cx)).await else {
                return Ok(None);
            };
            let data = data.map_err(|error| Error::new(error.to_string()))?;
            let _ = self.body.flow_control().release_capacity(data.len());
            self.buffer.put(data);
        }
    }

    fn take(&mut self) -> Result<Option<Bytes>> {
        let mut head = self.buffer.as_ref();
        if head.len() < HEAD {
            return Ok(None);
        }
        let compressed = head.get_u8() != 0;
        let length = usize::try_from(head.get_u32()).unwrap_or(usize::MAX);
        if compressed || length > MAX_GRPC_MESSAGE_BYTES {
            return Err(Error::with_code(
                Code::ResourceExhausted,
                "unreadable message",
            ));
        }
        if self.buffer.len() < HEAD + length {
            return Ok(None);
        }
        self.buffer.advance(HEAD);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

async fn send(stream: &mut SendStream<Bytes>, message: &[u8]) -> Option<()> {
    let mut framed = BytesMut::with_capacity(HEAD + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).ok()?);
    framed.put(message);
    crate::gateway::send_data(stream, framed.freeze(), false).await
}

fn trailers(stream: &mut SendStream<Bytes>, status: Result<()>) -> Option<()> {
    let mut trailers = HeaderMap::new();
    let code = status.as_ref().err().map_or(Code::Ok, Error::code);
    trailers.insert("grpc-status", HeaderValue::from(code.number()));
    if let Err(error) = status {
        let message = percent_encode(error.message());
        trailers.insert("grpc-message", HeaderValue::from_str(&message).ok()?);
        let details = STANDARD_NO_PAD.encode(error.to_status().encode_to_vec());
        let details = HeaderValue::from_str(&details).ok()?;
        trailers.insert("grpc-status-details-bin", details);
    }
    stream.send_trailers(trailers).ok()
}

/// Text as a gRPC trailer holds it.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (b' '..=b'~').contains(&byte) && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
