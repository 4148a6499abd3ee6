//! `rdf lsp`: serves an editor over standard input and output.
//!
//! ```text
//! stdin -> transport ─┐
//! checks (a thread) ──┴-> events -> session (documents, settings) -> crate::lsp -> transport -> stdout
//! ```
//! One thread owns all state. Checks run on another one, and only the last version of a document is checked; what asks
//! git or a registry has a thread of its own. Nothing else is started, and nothing is sent anywhere.

mod ask;
mod beside;
mod builds;
mod capabilities;
mod checks;
mod later;
mod locks;
mod session;
mod settings;
mod tags;
mod transport;
mod uri;

use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::sync::mpsc::{self, Sender};
use std::thread;

use clap::Args;
use lsp_server::RequestId;
use serde_json::Value;

use super::super::exit::{Exit, Failure};
use super::super::shell::Shell;
use crate::lsp::News;
use session::Session;
use transport::{Client, Incoming, Refusal};

/// Examples of `rdf lsp`.
const EXAMPLES: &str = "\
Examples:
  rdf lsp                what editors start; docs/editors.md has their settings
  rdf lsp < /dev/null    does it start? Without an editor it ends at once";

/// `rdf lsp`
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct LspArguments {
    /// Use standard input and output, as is always done; editors give this flag
    #[arg(long, hide = true)]
    stdio: bool,
}

/// What the session waits for.
enum Event {
    Incoming(Incoming),
    /// The stream from the client broke.
    Broken(io::Error),
    Checked(checks::Outcome),
    /// What a thread of its own found out.
    Answer(RequestId, Result<Value, Refusal>),
    /// Files beside the documents are others.
    Changed,
    /// What registries said about the pins of a document.
    News(String, BTreeMap<String, News>),
    /// What a registry said about the tags of a repository.
    Tags(String, Result<Vec<String>, String>),
}

/// Serves until the client ends the session.
pub(in crate::cli) fn run(_: &LspArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let (sender, events) = mpsc::channel();
    read_stdin(sender.clone());
    let mut session = Session::new(Client::new(io::stdout()), sender);
    session.serve(&events).map_err(Failure::usage).map(|clean| {
        shell.detail("the session has ended");
        match clean {
            true => Exit::Ok,
            // The protocol's own code for an end without a shutdown.
            false => Exit::Findings,
        }
    })
}

fn read_stdin(events: Sender<Event>) {
    thread::spawn(move || {
        let mut input = BufReader::new(io::stdin().lock());
        loop {
            let event = match transport::read(&mut input) {
                Ok(incoming) => Event::Incoming(incoming),
                Err(error) => Event::Broken(error),
            };
            let is_last = matches!(event, Event::Broken(_) | Event::Incoming(Incoming::End));
            if events.send(event).is_err() || is_last {
                return;
            }
        }
    });
}
