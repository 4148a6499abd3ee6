//! Running a frontend in its image: connect, build, return, and an exit code that tells the truth.
//!
//! Only the protocol goes to stdout; the reason of a failure goes to stderr, which daemons log.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::channel::{Channel, KeepAlive};
use super::client::Client;
use super::stdio::Stdio;
use super::{Code, Environment, Error, Frontend, Result};
use crate::limits::{CONNECT_TIMEOUT, FINISH_TIMEOUT};

/// Time limits of a run. Builds themselves have none: the daemon ends them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the first answer of the daemon.
    pub connect: Duration,
    /// For the daemon to take the result.
    pub finish: Duration,
    /// For a silent daemon in between.
    pub keep_alive: KeepAlive,
}

impl Default for Limits {
    /// 15 seconds to connect, 60 to finish.
    fn default() -> Self {
        Limits {
            connect: CONNECT_TIMEOUT,
            finish: FINISH_TIMEOUT,
            keep_alive: KeepAlive::default(),
        }
    }
}

/// The `main` of a frontend image: serves one build on stdin and stdout.
///
/// Exits with 0 when the daemon has taken the result; otherwise the reason is on stderr: the build failed
/// (the daemon has been told), the daemon refused the result, or it is gone.
pub fn run(frontend: impl Frontend) -> ExitCode {
    match run_with(frontend, Environment::from_process(), Limits::default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when stderr is gone too.
            let _ = writeln!(io::stderr(), "error: {}", printable(error.message()));
            ExitCode::FAILURE
        }
    }
}

/// As [`run`], with an environment and limits of your own.
///
/// # Errors
/// Those named at [`run`].
pub fn run_with(frontend: impl Frontend, environment: Environment, limits: Limits) -> Result<()> {
    if io::stdin().is_terminal() || io::stdout().is_terminal() {
        return Err(Error::with_code(
            Code::FailedPrecondition,
            "this is a BuildKit frontend: a build daemon talks to it on stdin and stdout, \
             it cannot be run on a terminal",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(format!("cannot start the runtime: {error}")))?;
    let outcome = runtime.block_on(async {
        let stdio = Stdio::open()
            .map_err(|error| Error::new(format!("cannot use stdin and stdout: {error}")))?;
        run_on(stdio, frontend, environment, limits).await
    });
    // A thread may be stuck in reading stdin.
    runtime.shutdown_background();
    outcome
}

/// One build with the daemon at the other end of `io`, on the current tokio runtime.
///
/// # Errors
/// Those named at [`run`].
pub async fn run_on<T>(
    io: T,
    frontend: impl Frontend,
    environment: Environment,
    limits: Limits,
) -> Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let channel = Channel::connect(io, limits.keep_alive).await?;
    let connect = Client::connect(Arc::new(channel), environment);
    let client = within(limits.connect, "did not answer", connect).await?;
    let outcome = frontend.build(&client).await;
    within(
        limits.finish,
        "did not take the result",
        client.finish(outcome),
    )
    .await
}

async fn within<T>(
    limit: Duration,
    what: &str,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    timeout(limit, future).await.unwrap_or_else(|_| {
        let text = format!("the build daemon {what} within {limit:?}");
        Err(Error::with_code(Code::DeadlineExceeded, text))
    })
}

/// Text for a log that ends on somebody's terminal: control characters but for line ends are escaped.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\t' => printable.push(char),
            char if char.is_control() => printable.extend(char.escape_default()),
            char => printable.push(char),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        let text = "a\u{1b}[31mb\r\n\tc\u{9b}\u{e9}";
        assert_eq!(super::printable(text), "a\\u{1b}[31mb\\r\n\tc\\u{9b}\u{e9}");
    }
}
