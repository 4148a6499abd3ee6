//! The command: started with some variables more, its end waited for, signals passed on, orphans reaped.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use tokio::signal::unix::{SignalKind, signal};

use super::report::Report;
use super::user::User;
use super::{Doing as _, Error};
use crate::recording::{PLACE_PREFIX, PLACE_VARIABLES};

/// How long a command may take to end once it was told to.
const GRACE: Duration = Duration::from_millis(200);

/// Signals that a command expects to get itself.
const PASSED_ON: [(SignalKind, Signal); 5] = [
    (SignalKind::hangup(), Signal::HUP),
    (SignalKind::interrupt(), Signal::INT),
    (SignalKind::quit(), Signal::QUIT),
    (SignalKind::terminate(), Signal::TERM),
    (SignalKind::user_defined1(), Signal::USR1),
];

/// Starts the command in a process group of its own, as `user` where there is one. What cannot be started gives the exit
/// codes of a shell.
pub(super) fn start(
    command: &[OsString],
    variables: &[(&'static str, OsString)],
    user: Option<&User>,
) -> Result<Result<Pid, u8>, Error> {
    let (program, arguments) = command.split_first().ok_or(Error::Usage)?;
    let mut process = Command::new(program);
    process
        .args(arguments)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .process_group(0);
    for name in PLACE_VARIABLES {
        if std::env::var(name).is_ok_and(|value| value.starts_with(PLACE_PREFIX)) {
            process.env_remove(name);
        }
    }
    let spawned = match user {
        None => process.spawn(),
        Some(user) => spawn_as(user, &mut process),
    };
    match spawned {
        Ok(child) => {
            let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let id = id.ok_or_else(|| std::io::Error::other("the process has no number"));
            // It is waited for by number, together with everything that it leaves behind.
            Ok(Ok(id.doing(|| "cannot start the command".to_owned())?))
        }
        Err(error) => {
            eprintln!("rdf-run: {}: {error}", program.to_string_lossy());
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            Ok(Err(if missing { 127 } else { 126 }))
        }
    }
}

/// Starts a process in a thread of its own, since it inherits whom that thread has become.
fn spawn_as(user: &User, process: &mut Command) -> std::io::Result<Child> {
    user.own_pipes();
    let spawned = std::thread::scope(|scope| {
        let start = scope.spawn(|| user.enter().and_then(|()| process.spawn()));
        start.join()
    });
    spawned.map_err(|_| std::io::Error::other("the thread that starts it ended early"))?
}

/// Waits for the end of the command, and gives its exit code: 128 and the number of the signal that killed it.
pub(super) async fn wait(child: Result<Pid, u8>, report: &Report) -> Result<u8, Error> {
    let child = match child {
        Ok(child) => child,
        Err(code) => return Ok(code),
    };
    for (kind, name) in PASSED_ON {
        let mut signals = signal(kind).doing(|| "cannot receive signals".to_owned())?;
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                let _ = rustix::process::kill_process_group(child, name);
            }
        });
    }
    let mut end = tokio::task::spawn_blocking(move || reap(child));
    let status = tokio::select! {
        status = &mut end => status,
        () = report.stopped() => {
            let _ = rustix::process::kill_process_group(child, Signal::TERM);
            match tokio::time::timeout(GRACE, &mut end).await {
                Ok(status) => status,
                Err(_) => {
                    let _ = rustix::process::kill_process_group(child, Signal::KILL);
                    end.await
                }
            }
        }
    };
    status
        .map_err(std::io::Error::other)
        .and_then(|status| status)
        .doing(|| "cannot wait for the command".to_owned())
}

/// Waits for every child until `command` has ended.
fn reap(command: Pid) -> std::io::Result<u8> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((id, status))) if id == command => return Ok(exit_code(status)),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn exit_code(status: WaitStatus) -> u8 {
    let code = status
        .exit_status()
        .or_else(|| status.terminating_signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}
