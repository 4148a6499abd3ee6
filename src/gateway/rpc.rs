//! The wire level: encoded messages to a method, encoded messages back.
//!
//! [`Rpc`] is the seam between the client's logic and what carries it: gRPC in a frontend image, a plain
//! function call into a fake daemon in tests. Messages are bytes here so that one code path serves all
//! methods.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{BoxFuture, Result};
use crate::pb::gateway::ExecMessage;

/// Carries calls to a daemon.
pub trait Rpc: Send + Sync {
    /// One request, one answer, both encoded. Errors are the daemon's, with details, or the transport's.
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>>;

    /// Opens the stream that the processes of all containers share (`ExecProcess`). The daemon answers nothing
    /// before the first message, so there is nothing to wait for. Needs a tokio runtime.
    fn exec(&self, messages: mpsc::Receiver<ExecMessage>) -> ExecStream;
}

/// The daemon's half of the `ExecProcess` stream; ends with the stream or with its error.
pub type ExecStream = mpsc::Receiver<Result<ExecMessage>>;

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A method with one request and one answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Method {
            $($(#[$doc])* $name,)*
        }

        impl Method {
            /// All of them.
            pub const ALL: &[Method] = &[$(Method::$name),*];

            /// The name in the service, such as `Solve`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Method::$name => stringify!($name),)*
                }
            }

            /// The HTTP/2 path.
            pub const fn path(self) -> &'static str {
                match self {
                    $(Method::$name => concat!(
                        "/moby.buildkit.v1.frontend.LLBBridge/",
                        stringify!($name)
                    ),)*
                }
            }
        }
    };
}

/// The HTTP/2 path of the stream of [`Rpc::exec`].
pub const EXEC_PATH: &str = "/moby.buildkit.v1.frontend.LLBBridge/ExecProcess";

methods! {
    /// Capabilities and workers.
    Ping,
    /// Digest and config of an image.
    ResolveImageConfig,
    /// Metadata of any source.
    ResolveSourceMeta,
    /// Builds a definition or runs a frontend.
    Solve,
    /// Reads a file of a ref.
    ReadFile,
    /// Lists a directory of a ref.
    ReadDir,
    /// Metadata of a file of a ref.
    StatFile,
    /// Builds a ref now.
    Evaluate,
    /// The frontend's result or error.
    Return,
    /// Definitions handed to the frontend.
    Inputs,
    /// Makes a container.
    NewContainer,
    /// Ends a container.
    ReleaseContainer,
    /// Reads a file of a container's mount.
    ReadFileContainer,
    /// Lists a directory of a container's mount.
    ReadDirContainer,
    /// Metadata of a file of a container's mount.
    StatFileContainer,
    /// Shows a warning.
    Warn,
}
