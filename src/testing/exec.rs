//! Processes of the fake daemon: a function answers in their place.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::gateway::{Error, ExecStream, NewProcess, Result, SecretEnv};
use crate::pb::gateway::exec_message::Input;
use crate::pb::gateway::{
    DoneMessage, ExecMessage, ExitMessage, FdMessage, InitMessage, StartedMessage,
};

/// What a process writes and how it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessAnswer {
    /// Bytes of stdout.
    pub stdout: Vec<u8>,
    /// Bytes of stderr.
    pub stderr: Vec<u8>,
    /// Exit code.
    pub code: u32,
}

/// Answers a process, given its start message and all of its stdin.
pub(super) type Handler = Arc<dyn Fn(&NewProcess, &[u8]) -> ProcessAnswer + Send + Sync>;

/// Serves the stream of one client.
pub(super) fn answer(
    handler: Option<Handler>,
    mut messages: mpsc::Receiver<ExecMessage>,
) -> ExecStream {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut running: HashMap<String, (InitMessage, Vec<u8>)> = HashMap::new();
        while let Some(message) = messages.recv().await {
            let id = message.process_id;
            let mut complete = false;
            match message.input {
                Some(Input::Init(init)) => {
                    complete = !init.fds.contains(&0);
                    running.insert(id.clone(), (init, Vec::new()));
                    send(&sender, &id, Input::Started(StartedMessage {})).await;
                }
                Some(Input::File(file)) => {
                    if let Some((_, stdin)) = running.get_mut(&id) {
                        stdin.extend_from_slice(&file.data);
                    }
                    complete = file.eof;
                }
                _ => {}
            }
            if !complete {
                continue;
            }
            if let Some((init, stdin)) = running.remove(&id) {
                let answer = match &handler {
                    Some(handler) => handler(&started(init), &stdin),
                    None => ProcessAnswer::default(),
                };
                finish(&sender, &id, answer).await;
            }
        }
    });
    receiver
}

/// What a frontend asked to run.
fn started(init: InitMessage) -> NewProcess {
    let meta = init.meta.unwrap_or_default();
    let secrets = init.secretenv.into_iter().map(|it| SecretEnv {
        id: it.id,
        name: it.name,
        optional: it.optional,
    });
    NewProcess {
        args: meta.args,
        env: meta.env,
        dir: meta.cwd,
        user: meta.user,
        secret_env: secrets.collect(),
        stdin: init.fds.contains(&0),
        tty: init.tty,
        insecure: init.security != 0,
    }
}

async fn finish(sender: &mpsc::Sender<Result<ExecMessage>>, id: &str, answer: ProcessAnswer) {
    for (fd, data) in [(1, answer.stdout), (2, answer.stderr)] {
        let data = Bytes::from(data);
        let eof = false;
        send(sender, id, Input::File(FdMessage { fd, eof, data })).await;
    }
    let code = answer.code;
    let error = (code != 0).then(|| Error::new(format!("exit code: {code}")).to_status());
    send(sender, id, Input::Exit(ExitMessage { code, error })).await;
    send(sender, id, Input::Done(DoneMessage {})).await;
}

async fn send(sender: &mpsc::Sender<Result<ExecMessage>>, id: &str, input: Input) {
    let message = ExecMessage {
        process_id: id.to_owned(),
        input: Some(input),
    };
    // A client that is gone needs no answer.
    let _ = sender.send(Ok(message)).await;
}
