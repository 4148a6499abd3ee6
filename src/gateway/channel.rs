//! gRPC over one HTTP/2 connection on any byte stream.
//!
//! tonic frames messages and reads status and trailers; h2 speaks HTTP/2. There is no pool, no reconnect and
//! no TLS: a frontend has exactly one daemon, on its stdin and stdout. A connection task drives h2 and pings
//! the daemon; when it ends, every call in flight fails with the reason.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use h2::client::SendRequest;
use h2::{Ping, PingPong, RecvStream, SendStream};
use http::uri::PathAndQuery;
use http::{HeaderMap, Uri};
use http_body::Frame;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use super::rpc::{EXEC_PATH, ExecStream, Method, Rpc};
use super::{BoxFuture, Error, Result};
use crate::limits::{
    GRPC_WINDOW_BYTES, MAX_GRPC_MESSAGE_BYTES, PING_INTERVAL, PING_TIMEOUT, PROCESS_BACKLOG,
};
use crate::pb::gateway::ExecMessage;
use crate::pb::status::Status;

/// When the other side is taken for dead.
#[derive(Clone, Copy, Debug)]
pub struct KeepAlive {
    /// Time between HTTP/2 pings.
    pub interval: Duration,
    /// Longest time to wait for the answer of one.
    pub timeout: Duration,
}

impl Default for KeepAlive {
    /// A ping every 30 seconds, with 120 seconds for its answer.
    fn default() -> Self {
        KeepAlive {
            interval: PING_INTERVAL,
            timeout: PING_TIMEOUT,
        }
    }
}

/// A connection to a daemon.
#[derive(Clone)]
pub struct Channel {
    http2: SendRequest<Bytes>,
    /// Why the connection ended.
    end: Arc<OnceLock<String>>,
}

impl Channel {
    /// Starts HTTP/2 on `io` and a task that drives it, on the current runtime.
    ///
    /// # Errors
    /// When the stream cannot be written to. An answer is not waited for.
    pub async fn connect<T>(io: T, keep_alive: KeepAlive) -> Result<Channel>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (http2, mut connection) = h2::client::Builder::new()
            .initial_window_size(GRPC_WINDOW_BYTES)
            .initial_connection_window_size(GRPC_WINDOW_BYTES)
            .enable_push(false)
            .handshake(io)
            .await
            .map_err(|error| Error::lost(&error.to_string()))?;
        let end = Arc::new(OnceLock::new());
        let reason = Arc::clone(&end);
        let pings = connection.ping_pong();
        tokio::spawn(async move {
            let why = tokio::select! {
                ended = connection => match ended {
                    Ok(()) => "closed by the daemon".to_owned(),
                    Err(error) => error.to_string(),
                },
                why = watch(pings, keep_alive) => why,
            };
            // Set before the connection is dropped, which is what wakes the calls.
            let _ = reason.set(why);
        });
        Ok(Channel { http2, end })
    }

    fn grpc(&self) -> Grpc<Http2> {
        Grpc::with_origin(
            Http2(self.http2.clone()),
            Uri::from_static("http://localhost"),
        )
        .max_decoding_message_size(MAX_GRPC_MESSAGE_BYTES)
        .max_encoding_message_size(MAX_GRPC_MESSAGE_BYTES)
    }

    /// The error of a failed call: the daemon's, or the reason why there is no daemon any more.
    fn error(&self, status: &tonic::Status) -> Error {
        if let Some(why) = self.end.get() {
            return Error::lost(why);
        }
        if std::error::Error::source(status).is_some_and(|source| source.is::<h2::Error>()) {
            return Error::lost(status.message());
        }
        let details = Status::decode(status.details()).unwrap_or_default().details;
        Error::from_status(Status {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details,
        })
    }
}

/// Pings until an answer is overdue.
async fn watch(pings: Option<PingPong>, keep_alive: KeepAlive) -> String {
    let Some(mut pings) = pings else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(keep_alive.interval).await;
        match tokio::time::timeout(keep_alive.timeout, pings.ping(Ping::opaque())).await {
            Ok(Ok(_)) => {}
            // The connection has ended; its own task knows why.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => return format!("no sign of life for {:?}", keep_alive.timeout),
        }
    }
}

impl Rpc for Channel {
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        Box::pin(async move {
            let mut grpc = self.grpc();
            let path = PathAndQuery::from_static(method.path());
            grpc.unary(tonic::Request::new(request), path, BytesCodec)
                .await
                .map(tonic::Response::into_inner)
                .map_err(|status| self.error(&status))
        })
    }

    fn exec(&self, messages: mpsc::Receiver<ExecMessage>) -> ExecStream {
        let (sender, receiver) = mpsc::channel(PROCESS_BACKLOG);
        let channel = self.clone();
        tokio::spawn(async move {
            if let Err(status) = channel.exchange(messages, &sender).await {
                let _ = sender.send(Err(channel.error(&status))).await;
            }
        });
        receiver
    }
}

impl Channel {
    /// Sends what comes from `messages` and hands on what the daemon answers, until either side ends.
    async fn exchange(
        &self,
        messages: mpsc::Receiver<ExecMessage>,
        sender: &mpsc::Sender<Result<ExecMessage>>,
    ) -> Result<(), tonic::Status> {
        let requests = futures_util::stream::unfold(messages, async |mut messages| {
            let message = messages.recv().await?;
            Some((Bytes::from(message.encode_to_vec()), messages))
        });
        let request = tonic::Request::new(requests);
        let path = PathAndQuery::from_static(EXEC_PATH);
        let answers = self.grpc().streaming(request, path, BytesCodec).await?;
        let mut answers = answers.into_inner();
        while let Some(bytes) = answers.message().await? {
            let message = ExecMessage::decode(bytes).map_err(Error::undecodable);
            if sender.send(message).await.is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Leaves messages encoded.
#[derive(Clone, Copy)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = BytesCodec;
    type Decoder = BytesCodec;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        dst.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(src.copy_to_bytes(src.remaining())))
    }
}

/// tonic's view of an HTTP/2 connection.
struct Http2(SendRequest<Bytes>);

impl GrpcService<Body> for Http2 {
    type ResponseBody = Incoming;
    type Error = h2::Error;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Incoming>, h2::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), h2::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let http2 = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let head = http::Request::from_parts(parts, ());
            let (response, stream) = http2.ready().await?.send_request(head, false)?;
            // What is there already leaves with the head, in one write: all of a single message. Answers may come
            // before all is sent, and messages after that, so the rest is sent on its own.
            let mut sending = Box::pin(send(body, stream));
            if poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx).is_pending())).await {
                tokio::spawn(sending);
            }
            Ok(response.await?.map(Incoming))
        })
    }
}

/// Sends a body as the peer's windows allow. A stream that the peer reset ends it; the response tells why.
async fn send(body: Body, mut stream: SendStream<Bytes>) {
    let mut body = std::pin::pin!(body);
    let mut frame = next_frame(body.as_mut()).await;
    while let Some(Ok(this)) = frame {
        // Known by now of a single message: then its own frame ends the stream, not an empty one after it.
        let next = poll_fn(|cx| Poll::Ready(http_body::Body::poll_frame(body.as_mut(), cx))).await;
        let end = matches!(next, Poll::Ready(None));
        let data = this.into_data().unwrap_or_default();
        if send_data(&mut stream, data, end).await.is_none() {
            return;
        }
        frame = match next {
            Poll::Ready(None) => return,
            Poll::Ready(next) => next,
            Poll::Pending => next_frame(body.as_mut()).await,
        };
    }
    match frame {
        Some(_) => stream.send_reset(h2::Reason::CANCEL),
        None => drop(stream.send_data(Bytes::new(), true)),
    }
}

async fn next_frame(mut body: Pin<&mut Body>) -> Option<Result<Frame<Bytes>, tonic::Status>> {
    poll_fn(|cx| http_body::Body::poll_frame(body.as_mut(), cx)).await
}

/// Sends bytes as the peer's window allows; `None` when the stream has ended. The last ones, whose `end` ends the
/// stream, are handed over at once: nothing follows that could pile up behind them.
pub(crate) async fn send_data(
    stream: &mut SendStream<Bytes>,
    mut data: Bytes,
    end: bool,
) -> Option<()> {
    if end {
        return stream.send_data(data, true).ok();
    }
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let capacity = poll_fn(|cx| stream.poll_capacity(cx)).await?.ok()?;
        let part = data.split_to(capacity.min(data.len()));
        stream.send_data(part, false).ok()?;
    }
    Some(())
}

/// A response body that gives the window back as it is read.
struct Incoming(RecvStream);

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(data) = ready!(self.0.poll_data(cx)) {
            let data = data?;
            self.0.flow_control().release_capacity(data.len())?;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let trailers: Option<HeaderMap> = ready!(self.0.poll_trailers(cx))?;
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }
}
