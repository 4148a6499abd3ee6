//! Stdin and stdout as one byte stream.
//!
//! A daemon connects a frontend by pipes; sockets work too. Anything else (a file, `/dev/null`) is read and
//! written through the runtime's blocking threads, so that a wrong start ends with an error, not a hang.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

/// Both ends. Dropping it does not close the process's own descriptors.
pub(super) struct Stdio {
    input: Pin<Box<dyn AsyncRead + Send>>,
    output: Pin<Box<dyn AsyncWrite + Send>>,
}

enum DescriptorKind {
    Pipe,
    Socket,
    Other,
}

/// A copy of the descriptor and what it is.
fn duplicate(fd: BorrowedFd<'_>) -> io::Result<(OwnedFd, DescriptorKind)> {
    let file = File::from(fd.try_clone_to_owned()?);
    let file_type = file.metadata()?.file_type();
    let kind = if file_type.is_fifo() {
        DescriptorKind::Pipe
    } else if file_type.is_socket() {
        DescriptorKind::Socket
    } else {
        DescriptorKind::Other
    };
    Ok((OwnedFd::from(file), kind))
}

fn socket(fd: OwnedFd) -> io::Result<UnixStream> {
    let stream = StdUnixStream::from(fd);
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

impl Stdio {
    /// Takes stdin and stdout. Must be called within a runtime.
    pub(super) fn open() -> io::Result<Self> {
        let (fd, kind) = duplicate(io::stdin().as_fd())?;
        let input: Pin<Box<dyn AsyncRead + Send>> = match kind {
            DescriptorKind::Pipe => Box::pin(pipe::Receiver::from_owned_fd(fd)?),
            DescriptorKind::Socket => Box::pin(socket(fd)?),
            DescriptorKind::Other => Box::pin(tokio::io::stdin()),
        };
        let (fd, kind) = duplicate(io::stdout().as_fd())?;
        let output: Pin<Box<dyn AsyncWrite + Send>> = match kind {
            DescriptorKind::Pipe => Box::pin(pipe::Sender::from_owned_fd(fd)?),
            DescriptorKind::Socket => Box::pin(socket(fd)?),
            DescriptorKind::Other => Box::pin(tokio::io::stdout()),
        };
        Ok(Stdio { input, output })
    }
}

impl AsyncRead for Stdio {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.get_mut().input.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Stdio {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().output.as_mut().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().output.as_mut().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.output.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().output.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().output.as_mut().poll_shutdown(cx)
    }
}
