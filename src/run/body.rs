//! Bodies of the proxy's responses.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// A body of any kind; an error ends the connection, so that a client sees that it did not get all.
pub(super) type Any = UnsyncBoxBody<Bytes, io::Error>;

fn never<T>(error: Infallible) -> T {
    match error {}
}

/// No bytes.
pub(super) fn empty() -> Any {
    Empty::new().map_err(never).boxed_unsync()
}

/// A text of ours.
pub(super) fn text(text: String) -> Any {
    Full::new(Bytes::from(text)).map_err(never).boxed_unsync()
}

/// What comes out of a channel.
pub(super) struct Channel {
    pub(super) pieces: mpsc::Receiver<io::Result<Bytes>>,
    /// How many bytes will come, where that is known.
    pub(super) size: Option<u64>,
}

impl Body for Channel {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = self.pieces.poll_recv(context);
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.size
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// A body that someone else fills.
pub(super) fn channel(size: Option<u64>) -> (mpsc::Sender<io::Result<Bytes>>, Any) {
    // A few pieces on their way keep both sides busy.
    let (sender, pieces) = mpsc::channel(8);
    (sender, Channel { pieces, size }.boxed_unsync())
}
