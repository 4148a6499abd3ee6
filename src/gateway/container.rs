//! Containers and the processes in them, run by the daemon for a frontend.
//!
//! All processes of a client share one stream. [`Processes`] owns it: it opens the stream with the first
//! process and hands each message to the process it belongs to.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::client::call;
use super::detail::type_url;
use super::rpc::{Method, Rpc};
use super::{CapSet, Code, Error, FileRange, Ref, Result, Stat, gateway_cap};
use crate::image::Platform;
use crate::limits::PROCESS_BACKLOG;
use crate::llb::{CacheSharing, HostIp, NetMode};
use crate::pb::gateway::exec_message::Input;
use crate::pb::gateway::{self as pb, ExecMessage};
use crate::pb::ops as wire;

/// Exit code of a process that never started, or whose status could not be had.
const UNKNOWN_EXIT_CODE: u32 = 255;

/// A container to make.
#[derive(Clone, Debug, Default)]
pub struct NewContainer {
    mounts: Vec<wire::Mount>,
    /// Host name.
    pub hostname: String,
    /// Network mode.
    pub network: NetMode,
    /// Lines of `/etc/hosts`. Needs cap `gateway.exec.extrahosts`.
    pub extra_hosts: Vec<HostIp>,
    /// Platform.
    pub platform: Option<Platform>,
    /// Worker filters, in containerd's syntax.
    pub worker_filters: Vec<String>,
}

impl NewContainer {
    /// A container whose root file system is `root`. What processes write there is gone with the container.
    pub fn on(root: &Ref) -> Self {
        NewContainer::default().mount_writable("/", root)
    }

    /// Mounts the files of `reference` at `dest`, to be read only.
    #[must_use]
    pub fn mount(mut self, dest: &str, reference: &Ref) -> Self {
        self.mounts.push(wire::Mount {
            result_id: reference.id.clone(),
            readonly: true,
            ..wire::Mount::bind(dest)
        });
        self
    }

    /// Mounts the files of `reference` at `dest`. What is written there is gone with the container.
    #[must_use]
    pub fn mount_writable(mut self, dest: &str, reference: &Ref) -> Self {
        self.mounts.push(wire::Mount {
            result_id: reference.id.clone(),
            ..wire::Mount::bind(dest)
        });
        self
    }

    /// Mounts the cache directory `id` at `dest`.
    #[must_use]
    pub fn mount_cache(mut self, dest: &str, id: &str, sharing: CacheSharing) -> Self {
        self.mounts.push(wire::Mount {
            mount_type: wire::MountType::Cache as i32,
            cache_opt: Some(wire::CacheOpt {
                id: id.to_owned(),
                sharing: sharing as i32,
            }),
            ..wire::Mount::bind(dest)
        });
        self
    }

    /// Mounts an empty file system in memory at `dest`; a size of 0 bytes stands for the daemon's own limit.
    #[must_use]
    pub fn mount_tmpfs(mut self, dest: &str, size: i64) -> Self {
        self.mounts.push(wire::Mount {
            mount_type: wire::MountType::Tmpfs as i32,
            tmpfs_opt: Some(wire::TmpfsOpt { size }),
            ..wire::Mount::bind(dest)
        });
        self
    }
}

/// A process to start.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct NewProcess {
    /// The program and its arguments.
    pub args: Vec<String>,
    /// Variables, as `NAME=value`.
    pub env: Vec<String>,
    /// Working directory.
    pub dir: String,
    /// User, by name or number; empty for root.
    pub user: String,
    /// Environment variables from secrets. Needs cap `gateway.exec.secretenv`.
    pub secret_env: Vec<SecretEnv>,
    /// Whether stdin will be written; without it the process reads nothing.
    pub stdin: bool,
    /// Whether the process gets a terminal.
    pub tty: bool,
    /// Run with all privileges; the build must allow it.
    pub insecure: bool,
}

impl NewProcess {
    /// Runs a program with its arguments, in `/` and without input.
    pub fn args<S: Into<String>>(args: impl IntoIterator<Item = S>) -> Self {
        NewProcess {
            args: args.into_iter().map(Into::into).collect(),
            dir: "/".to_owned(),
            ..NewProcess::default()
        }
    }
}

/// A secret as an environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretEnv {
    /// Id of the secret.
    pub id: String,
    /// Name of the variable.
    pub name: String,
    /// Go on without it where the client has none.
    pub optional: bool,
}

/// A container of the daemon. It ends with the build, or with [`release`](Container::release).
pub struct Container {
    id: String,
    rpc: Arc<dyn Rpc>,
    processes: Arc<Processes>,
    caps: CapSet,
}

impl Container {
    pub(super) async fn create(
        rpc: Arc<dyn Rpc>,
        processes: Arc<Processes>,
        caps: &CapSet,
        container: NewContainer,
    ) -> Result<Container> {
        if !container.extra_hosts.is_empty() {
            caps.require(gateway_cap::EXEC_EXTRA_HOSTS)?;
        }
        let id = random_id();
        let extra_hosts = container.extra_hosts.into_iter().map(|it| wire::HostIp {
            host: it.host,
            ip: it.ip,
        });
        let request = pb::NewContainerRequest {
            container_id: id.clone(),
            mounts: container.mounts,
            network: container.network as i32,
            platform: container.platform.as_ref().map(Into::into),
            constraints: (!container.worker_filters.is_empty()).then_some(
                wire::WorkerConstraints {
                    filter: container.worker_filters,
                },
            ),
            extra_hosts: extra_hosts.collect(),
            hostname: container.hostname,
        };
        let _: pb::NewContainerResponse = call(&*rpc, Method::NewContainer, &request).await?;
        Ok(Container {
            id,
            rpc,
            processes,
            caps: caps.clone(),
        })
    }

    /// Starts a process and waits until it runs.
    ///
    /// # Errors
    /// When the daemon cannot start it, or lacks a capability it needs.
    pub async fn start(&self, process: NewProcess) -> Result<Process> {
        if !process.secret_env.is_empty() {
            self.caps.require(gateway_cap::EXEC_SECRET_ENV)?;
        }
        let id = format!("{}:{}", self.id, random_id());
        let mut fds = if process.tty { vec![1] } else { vec![1, 2] };
        if process.stdin {
            fds.insert(0, 0);
        }
        let secrets = process.secret_env.into_iter().map(|it| wire::SecretEnv {
            id: it.id,
            name: it.name,
            optional: it.optional,
        });
        let init = pb::InitMessage {
            container_id: self.id.clone(),
            meta: Some(wire::Meta {
                args: process.args,
                env: process.env,
                cwd: process.dir,
                user: process.user,
                ..Default::default()
            }),
            fds,
            tty: process.tty,
            security: i32::from(process.insecure),
            secretenv: secrets.collect(),
        };
        let (sender, messages) = self.processes.register(&id);
        let mut process = Process {
            id,
            sender,
            messages,
            exit: None,
            processes: Arc::clone(&self.processes),
            caps: self.caps.clone(),
        };
        process.send(Input::Init(init)).await?;
        match process.receive().await? {
            Some(Input::Started(_)) => Ok(process),
            // The daemon could not start it: the message says why.
            Some(Input::Exit(exit)) => Err(Exit::from_pb(exit)
                .error
                .unwrap_or_else(|| Error::new("failed to receive started message"))),
            _ => Err(Error::new("failed to receive started message")),
        }
    }

    /// Reads a file of the mount with this index. Needs cap `gateway.exec.filesystem`.
    pub async fn read_file(
        &self,
        mount_index: i32,
        path: &str,
        range: Option<FileRange>,
    ) -> Result<Vec<u8>> {
        self.caps.require(gateway_cap::EXEC_FILESYSTEM)?;
        let request = pb::ReadFileRequest {
            r#ref: self.id.clone(),
            file_path: path.to_owned(),
            range: range.map(Into::into),
            mount_index,
        };
        let answer: pb::ReadFileResponse =
            call(&*self.rpc, Method::ReadFileContainer, &request).await?;
        Ok(answer.data.into())
    }

    /// Lists a directory of the mount with this index. Needs cap `gateway.exec.filesystem`.
    pub async fn read_dir(
        &self,
        mount_index: i32,
        path: &str,
        include_pattern: &str,
    ) -> Result<Vec<Stat>> {
        self.caps.require(gateway_cap::EXEC_FILESYSTEM)?;
        let request = pb::ReadDirRequest {
            r#ref: self.id.clone(),
            dir_path: path.to_owned(),
            include_pattern: include_pattern.to_owned(),
            mount_index,
        };
        let answer: pb::ReadDirResponse =
            call(&*self.rpc, Method::ReadDirContainer, &request).await?;
        Ok(answer.entries.into_iter().map(Stat::from).collect())
    }

    /// Metadata of a file of the mount with this index. Needs cap `gateway.exec.filesystem`.
    pub async fn stat_file(&self, mount_index: i32, path: &str) -> Result<Stat> {
        self.caps.require(gateway_cap::EXEC_FILESYSTEM)?;
        let request = pb::StatFileRequest {
            r#ref: self.id.clone(),
            path: path.to_owned(),
            mount_index,
        };
        let answer: pb::StatFileResponse =
            call(&*self.rpc, Method::StatFileContainer, &request).await?;
        Ok(answer.stat.unwrap_or_default().into())
    }

    /// Ends the container and what runs in it.
    pub async fn release(self) -> Result<()> {
        let request = pb::ReleaseContainerRequest {
            container_id: self.id,
        };
        let _: pb::ReleaseContainerResponse =
            call(&*self.rpc, Method::ReleaseContainer, &request).await?;
        Ok(())
    }
}

/// A process of a container. Dropping it leaves it running, unheard.
pub struct Process {
    id: String,
    sender: mpsc::Sender<ExecMessage>,
    messages: mpsc::Receiver<Result<Input>>,
    exit: Option<Exit>,
    processes: Arc<Processes>,
    caps: CapSet,
}

/// Bytes that a process wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessOutput {
    /// To stdout, or to the terminal.
    Stdout(Vec<u8>),
    /// To stderr.
    Stderr(Vec<u8>),
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Exit code; 255 may mean that it never ran.
    pub code: u32,
    /// The daemon's words when the code is not 0.
    pub error: Option<Error>,
}

/// Everything a process wrote, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Bytes of stdout.
    pub stdout: Vec<u8>,
    /// Bytes of stderr.
    pub stderr: Vec<u8>,
    /// How it ended.
    pub exit: Exit,
}

impl Exit {
    fn from_pb(exit: pb::ExitMessage) -> Self {
        let error = (exit.code != 0).then(|| {
            let error = exit.error.map(Error::from_status);
            let error = error.unwrap_or_else(|| Error::new(format!("exit code: {}", exit.code)));
            if exit.code == UNKNOWN_EXIT_CODE || error.has_detail(type_url::EXIT) {
                return error;
            }
            let json = format!("{{\"Code\":{}}}", exit.code);
            error.with_detail(type_url::EXIT, json.into_bytes())
        });
        Exit {
            code: exit.code,
            error,
        }
    }

    /// An error unless the code is 0.
    pub fn into_result(self) -> Result<()> {
        self.error.map_or(Ok(()), Err)
    }
}

impl Process {
    /// The next output, or `None` when the process has ended and all was read.
    pub async fn next(&mut self) -> Result<Option<ProcessOutput>> {
        loop {
            match self.receive().await? {
                Some(Input::File(file)) if file.data.is_empty() => {}
                Some(Input::File(file)) if file.fd == 1 => {
                    return Ok(Some(ProcessOutput::Stdout(file.data.into())));
                }
                Some(Input::File(file)) if file.fd == 2 => {
                    return Ok(Some(ProcessOutput::Stderr(file.data.into())));
                }
                Some(Input::File(file)) => {
                    let fd = file.fd;
                    return Err(Error::new(format!("output on unknown descriptor {fd}")));
                }
                // Output may follow; the last message is Done.
                Some(Input::Exit(exit)) => self.exit = Some(Exit::from_pb(exit)),
                Some(Input::Done(_)) | None => return Ok(None),
                Some(_) => {
                    let id = &self.id;
                    return Err(Error::new(format!("unexpected exec message for pid {id}")));
                }
            }
        }
    }

    /// Waits for the end; output is dropped.
    pub async fn wait(mut self) -> Result<Exit> {
        while self.next().await?.is_some() {}
        self.take_exit()
    }

    /// Waits for the end and keeps all output in memory.
    pub async fn finish(mut self) -> Result<Finished> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        while let Some(output) = self.next().await? {
            match output {
                ProcessOutput::Stdout(data) => stdout.extend_from_slice(&data),
                ProcessOutput::Stderr(data) => stderr.extend_from_slice(&data),
            }
        }
        let exit = self.take_exit()?;
        Ok(Finished {
            stdout,
            stderr,
            exit,
        })
    }

    fn take_exit(&mut self) -> Result<Exit> {
        let lost = || Error::with_code(Code::Unavailable, "the process ended without a status");
        self.exit.take().ok_or_else(lost)
    }

    /// Writes to stdin.
    pub async fn write_stdin(&self, data: impl Into<Vec<u8>>) -> Result<()> {
        let (fd, eof, data) = (0, false, Bytes::from(data.into()));
        self.send(Input::File(pb::FdMessage { fd, eof, data }))
            .await
    }

    /// Ends stdin.
    pub async fn close_stdin(&self) -> Result<()> {
        let (fd, eof, data) = (0, true, Bytes::new());
        self.send(Input::File(pb::FdMessage { fd, eof, data }))
            .await
    }

    /// Tells the terminal's new size.
    pub async fn resize(&self, rows: u32, cols: u32) -> Result<()> {
        self.send(Input::Resize(pb::ResizeMessage { rows, cols }))
            .await
    }

    /// Sends a signal by its name without `SIG`, such as `TERM`. Needs cap `gateway.exec.signals`.
    pub async fn signal(&self, name: &str) -> Result<()> {
        self.caps.require(gateway_cap::EXEC_SIGNALS)?;
        let name = name.to_owned();
        self.send(Input::Signal(pb::SignalMessage { name })).await
    }

    async fn send(&self, input: Input) -> Result<()> {
        let message = ExecMessage {
            process_id: self.id.clone(),
            input: Some(input),
        };
        let ended = |_| Error::new(format!("process {} has ended", self.id));
        self.sender.send(message).await.map_err(ended)
    }

    async fn receive(&mut self) -> Result<Option<Input>> {
        self.messages.recv().await.transpose()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.processes.forget(&self.id);
    }
}

/// Where the messages of each process go.
type Table = HashMap<String, mpsc::Sender<Result<Input>>>;

/// The stream that all processes of a client share.
pub(super) struct Processes {
    rpc: Arc<dyn Rpc>,
    /// The frontend's half of the stream, once there is one.
    stream: Mutex<Option<mpsc::Sender<ExecMessage>>>,
    table: Arc<Mutex<Table>>,
}

impl Processes {
    pub(super) fn new(rpc: Arc<dyn Rpc>) -> Self {
        Processes {
            rpc,
            stream: Mutex::default(),
            table: Arc::default(),
        }
    }

    fn register(&self, id: &str) -> (mpsc::Sender<ExecMessage>, mpsc::Receiver<Result<Input>>) {
        let (sender, receiver) = mpsc::channel(PROCESS_BACKLOG);
        lock(&self.table).insert(id.to_owned(), sender);
        (self.stream(), receiver)
    }

    fn forget(&self, id: &str) {
        lock(&self.table).remove(id);
    }

    /// The open stream, opened anew when it has ended.
    fn stream(&self) -> mpsc::Sender<ExecMessage> {
        let mut stream = lock(&self.stream);
        if let Some(open) = stream.as_ref().filter(|open| !open.is_closed()) {
            return open.clone();
        }
        let (sender, receiver) = mpsc::channel(PROCESS_BACKLOG);
        let answers = self.rpc.exec(receiver);
        tokio::spawn(dispatch(answers, Arc::clone(&self.table)));
        *stream = Some(sender.clone());
        sender
    }
}

/// Hands messages to their processes. A process that does not read holds up the others, as the stream is one.
async fn dispatch(mut answers: super::rpc::ExecStream, table: Arc<Mutex<Table>>) {
    while let Some(answer) = answers.recv().await {
        match answer {
            Ok(message) => {
                let process = lock(&table).get(&message.process_id).cloned();
                if let (Some(process), Some(input)) = (process, message.input) {
                    let _ = process.send(Ok(input)).await;
                }
            }
            Err(error) => {
                let processes: Vec<_> = lock(&table).drain().collect();
                for (_, process) in processes {
                    let _ = process.send(Err(error.clone())).await;
                }
            }
        }
    }
    // Whoever still waits is told by the end of its channel.
    lock(&table).clear();
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 128 bits nobody else has: the daemon uses container ids for all builds that it runs.
fn random_id() -> String {
    let random = || RandomState::new().hash_one(0_u8);
    format!("{:016x}{:016x}", random(), random())
}
