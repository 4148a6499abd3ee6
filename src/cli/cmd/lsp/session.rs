//! A session with an editor: its documents and settings, and which part of the library answers what.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;

use gen_lsp_types::{
    CompletionParams, DefinitionParams, Diagnostic, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams, LanguageKind,
    MessageType, PublishDiagnosticsParams, ShowMessageParams, TextDocumentContentChangeEvent, Uri,
};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Event;
use super::beside;
use super::builds;
use super::capabilities::{self, Abilities};
use super::checks::{self, Job, Outcome};
use super::later;
use super::settings::Settings;
use super::tags::Tags;
use super::transport::{Client, Incoming, Refusal};
use super::uri;
use crate::check::Memory;
use crate::cli::cmd::lock;
use crate::cli::files::{is_dockerfile, read_text};
use crate::cli::variant::Variant;
use crate::limits::{LSP_PATIENCE, MAX_FILE_BYTES};
use crate::lsp::{self, Document, Finding, News, Workspace};

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Fresh,
    Running,
    ShutDown,
}

/// An open document.
pub(super) struct Open {
    pub(super) uri: Uri,
    pub(super) path: Option<PathBuf>,
    pub(super) document: Arc<Document>,
    /// It is a Dockerfile, and not a file that builds one.
    pub(super) is_dockerfile: bool,
    /// What was found in it, and in which version.
    pub(super) findings: Vec<Finding>,
    pub(super) checked: Option<i32>,
    /// What lies beside it.
    pub(super) workspace: Workspace,
    /// The build that is looked at.
    pub(super) variant: Variant,
    /// Why it is not the build that the settings or the environment name.
    failure: Option<String>,
}

impl Open {
    /// What is found in the text as it is: where that was not checked yet, it is.
    pub(super) fn current(&self) -> Cow<'_, [Finding]> {
        match self.checked == Some(self.document.version()) {
            true => Cow::Borrowed(&self.findings),
            false => Cow::Owned(checks::check(job(self), &mut Memory::default()).0.findings),
        }
    }
}

/// The check of a document.
fn job(open: &Open) -> Job {
    Job {
        uri: open.uri.to_string(),
        path: open.path.clone(),
        document: open.document.clone(),
        variant: open.variant.clone(),
        failure: open.failure.clone(),
        workspace: open.workspace.clone(),
    }
}

pub(super) struct Session {
    pub(super) client: Client,
    jobs: Sender<Job>,
    events: Sender<Event>,
    phase: Phase,
    pub(super) abilities: Abilities,
    pub(super) settings: Settings,
    documents: BTreeMap<String, Open>,
    pub(super) tags: Tags,
    /// The last failure that was shown, which is not shown again.
    shown: Option<String>,
}

impl Session {
    pub(super) fn new(client: Client, events: Sender<Event>) -> Self {
        Session {
            client,
            jobs: checks::start(events.clone()),
            events,
            phase: Phase::Fresh,
            abilities: Abilities::default(),
            settings: Settings::default(),
            documents: BTreeMap::new(),
            tags: Tags::default(),
            shown: None,
        }
    }

    /// Serves until the client goes; whether it said so before.
    ///
    /// # Errors
    /// Why messages cannot be told apart any more.
    pub(super) fn serve(&mut self, events: &Receiver<Event>) -> Result<bool, String> {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                let Ok(event) = events.recv() else {
                    return Ok(self.phase != Phase::Running);
                };
                waiting.push_back(event);
            }
            // All that is there: what was cancelled meanwhile is not begun.
            waiting.extend(events.try_iter());
            self.cancel(&mut waiting);
            match waiting.pop_front() {
                None => {}
                Some(Event::Broken(error)) => return Err(error.to_string()),
                Some(Event::Incoming(Incoming::End)) => return Ok(self.phase != Phase::Running),
                Some(Event::Incoming(Incoming::Malformed(why))) => self.client.complain(&why),
                Some(Event::Incoming(Incoming::Message(message))) => match message {
                    Message::Request(request) => self.request(request),
                    Message::Notification(it) if it.method == "exit" => {
                        return Ok(self.phase == Phase::ShutDown);
                    }
                    Message::Notification(notification) => self.notification(notification),
                    // Answers to what was asked change nothing.
                    Message::Response(_) => {}
                },
                Some(Event::Checked(outcome)) => self.checked(outcome),
                Some(Event::Answer(id, result)) => self.client.answer(id, result),
                Some(Event::Changed) => self.check_all(),
                Some(Event::News(key, news)) => self.heard(&key, news),
                Some(Event::Tags(repository, told)) => self.take_tags(&repository, told),
            }
        }
    }

    /// Takes requests out of the queue that a later message cancels, and answers them.
    fn cancel(&self, waiting: &mut VecDeque<Event>) {
        let cancelled: Vec<RequestId> = waiting
            .iter()
            .filter_map(|event| match event {
                Event::Incoming(Incoming::Message(Message::Notification(it)))
                    if it.method == "$/cancelRequest" =>
                {
                    serde_json::from_value(it.params.get("id")?.clone()).ok()
                }
                _ => None,
            })
            .collect();
        if cancelled.is_empty() {
            return;
        }
        waiting.retain(|event| match event {
            Event::Incoming(Incoming::Message(Message::Request(it)))
                if cancelled.contains(&it.id) =>
            {
                let refusal = Refusal::new(ErrorCode::RequestCanceled, "cancelled");
                self.client.answer(it.id.clone(), Err(refusal));
                false
            }
            _ => true,
        });
    }

    fn request(&mut self, request: Request) {
        if let Some(repository) = self.must_ask(&request) {
            let events = self.events.clone();
            thread::spawn(move || {
                let told = lock::tags(&repository, LSP_PATIENCE);
                let _ = events.send(Event::Tags(repository, told));
                // The question is asked again, of whoever knows now.
                let again = Incoming::Message(Message::Request(request));
                let _ = events.send(Event::Incoming(again));
            });
            return;
        }
        let Request { id, method, params } = request;
        let result = match (self.phase, method.as_str()) {
            (Phase::Fresh, "initialize") => self.initialize(params),
            (Phase::Fresh, _) => Err(Refusal::new(
                ErrorCode::ServerNotInitialized,
                "the session is not initialized",
            )),
            (Phase::Running, "initialize") => Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "the session is initialized",
            )),
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            (Phase::Running, method) if later::is_slow(method) => {
                match self.later(method, params, &self.events) {
                    Ok(work) => {
                        let events = self.events.clone();
                        thread::spawn(move || {
                            let _ = events.send(Event::Answer(id, work()));
                        });
                        return;
                    }
                    Err(refusal) => Err(refusal),
                }
            }
            // From a file that builds Dockerfiles to these.
            (Phase::Running, "textDocument/definition") if self.is_build_file(&params) => {
                self.definition_in_build_file(params)
            }
            (Phase::Running, method) => self.ask(method, params),
            (Phase::ShutDown, _) => Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "the session is shut down",
            )),
        };
        self.client.answer(id, result);
    }

    /// The repository whose tags a completion needs, where they are not known and may be asked for.
    fn must_ask(&mut self, request: &Request) -> Option<String> {
        let may_ask = self.settings.registry_tags && self.phase == Phase::Running;
        if !may_ask || request.method != "textDocument/completion" {
            return None;
        }
        let asked: CompletionParams = serde_json::from_value(request.params.clone()).ok()?;
        let asked = asked.text_document_position_params;
        let open = self.find(asked.text_document.uri.as_ref()).ok()?;
        let repository = lsp::repository_at(&open.document, asked.position)?;
        self.tags.begin(&repository).then_some(repository)
    }

    fn take_tags(&mut self, repository: &str, told: Result<Vec<String>, String>) {
        let tags = told.unwrap_or_else(|why| {
            self.log(&why);
            Vec::new()
        });
        self.tags.end(repository, tags);
    }

    fn is_build_file(&self, params: &Value) -> bool {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        let open = uri.and_then(|uri| self.documents.get(uri));
        open.is_some_and(|open| !open.is_dockerfile)
    }

    fn definition_in_build_file(&self, params: Value) -> Result<Value, Refusal> {
        let asked: DefinitionParams = read(params)?;
        let asked = asked.text_document_position_params;
        let Some(path) = uri::path(asked.text_document.uri.as_ref()) else {
            return Ok(Value::Null);
        };
        let encoding = self.abilities.encoding;
        let read = |path: &Path| {
            let text = read_text(path, MAX_FILE_BYTES).ok()?;
            Some(Document::new(text, 0, encoding))
        };
        written(builds::definition(&path, asked.position, read))
    }

    fn initialize(&mut self, params: Value) -> Result<Value, Refusal> {
        let params: InitializeParams = read(params)?;
        self.abilities = Abilities::of(&params.capabilities);
        self.phase = Phase::Running;
        if let Some(options) = &params.initialization_options {
            self.configure(options);
        }
        written(capabilities::offer(self.abilities))
    }

    fn configure(&mut self, settings: &Value) {
        let (settings, wrong) = Settings::read(settings);
        self.settings = settings;
        if !wrong.is_empty() {
            self.show(format!("the settings of rdf: {}", wrong.join("; ")));
        }
    }

    /// Shows a failure, once.
    fn show(&mut self, message: String) {
        if self.shown.as_ref() != Some(&message) {
            self.client.notify(
                "window/showMessage",
                ShowMessageParams {
                    kind: MessageType::Warning,
                    message: message.clone(),
                },
            );
            self.shown = Some(message);
        }
    }

    /// Answers a question about an open Dockerfile.
    pub(super) fn on<P: DeserializeOwned, R: Serialize>(
        &self,
        params: Value,
        answer: impl FnOnce(&Open, P) -> R,
    ) -> Result<Value, Refusal> {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        let open = self.find(uri.unwrap_or_default())?;
        let params = read(params)?;
        written(answer(open, params))
    }

    pub(super) fn find(&self, uri: &str) -> Result<&Open, Refusal> {
        let open = self.documents.get(uri).filter(|open| open.is_dockerfile);
        open.ok_or_else(|| {
            Refusal::new(
                ErrorCode::InvalidParams,
                format!("no Dockerfile is open as `{uri}`"),
            )
        })
    }

    fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        if self.phase != Phase::Running {
            return;
        }
        match method.as_str() {
            "initialized" if self.abilities.watches_files => self.client.request(
                "files".to_owned(),
                "client/registerCapability",
                capabilities::watched(),
            ),
            "textDocument/didOpen" => self.tell(params, Self::opened),
            "textDocument/didChange" => self.tell(params, Self::changed),
            "textDocument/didClose" => self.tell(params, Self::closed),
            "workspace/didChangeConfiguration" => {
                self.configure(params.get("settings").unwrap_or(&Value::Null));
                self.check_all();
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.check_all(),
            // What is not known may be ignored.
            _ => {}
        }
    }

    /// Takes a notification; one that cannot be read is told about.
    fn tell<P: DeserializeOwned>(&mut self, params: Value, take: impl FnOnce(&mut Self, P)) {
        match serde_json::from_value(params) {
            Ok(params) => take(self, params),
            Err(error) => self.log(&error.to_string()),
        }
    }

    fn log(&self, message: &str) {
        let params = json!({ "type": 2, "message": message });
        self.client.notify("window/logMessage", params);
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let item = params.text_document;
        let path = uri::path(item.uri.as_ref());
        let name = path.as_ref().and_then(|path| path.file_name());
        let named = name.is_some_and(|name| is_dockerfile(&name.to_string_lossy()));
        let document = Document::new(item.text, item.version, self.abilities.encoding);
        let key = item.uri.to_string();
        let open = Open {
            uri: item.uri,
            path,
            document: Arc::new(document),
            is_dockerfile: named || item.language_id == LanguageKind::Dockerfile,
            findings: Vec::new(),
            checked: None,
            workspace: Workspace::default(),
            variant: Variant::default(),
            failure: None,
        };
        self.documents.insert(key.clone(), open);
        self.look_around();
        self.check(&key);
    }

    fn changed(&mut self, params: DidChangeTextDocumentParams) {
        let key = params
            .text_document
            .text_document_identifier
            .uri
            .to_string();
        let Some(open) = self.documents.get_mut(&key) else {
            return self.log(&format!("a change of `{key}`, which is not open"));
        };
        let encoding = self.abilities.encoding;
        let mut text = open.document.text().clone();
        for change in params.content_changes {
            match change {
                TextDocumentContentChangeEvent::TextDocumentContentChangePartial(it) => {
                    text.replace(it.range, &it.text);
                }
                TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(it) => {
                    text = lsp::Text::new(it.text, encoding);
                }
            }
        }
        open.document = Arc::new(Document::of(text, params.text_document.version));
        self.check(&key);
    }

    fn closed(&mut self, params: DidCloseTextDocumentParams) {
        if let Some(open) = self.documents.remove(params.text_document.uri.as_ref()) {
            self.publish(open.uri, None, Vec::new());
        }
    }

    /// Reads again what lies beside the documents. What registries said is kept: they are not asked again.
    fn look_around(&mut self) {
        for open in self.documents.values_mut() {
            let news = open.workspace.news.clone();
            let (workspace, variant, failure) = beside::look(open.path.as_deref(), &self.settings);
            (open.workspace, open.variant) = (workspace, variant);
            open.failure = failure.map(checks::told);
            open.workspace.news = news;
        }
    }

    /// Takes what registries said about the pins of a document.
    fn heard(&mut self, key: &str, news: BTreeMap<String, News>) {
        if let Some(open) = self.documents.get_mut(key) {
            open.workspace.news = Arc::new(news);
            self.check(key);
            if self.abilities.refreshes_hints {
                self.client.request(
                    "hints".to_owned(),
                    "workspace/inlayHint/refresh",
                    Value::Null,
                );
            }
        }
    }

    fn check_all(&mut self) {
        self.look_around();
        self.documents.keys().for_each(|key| self.check(key));
    }

    fn check(&self, key: &str) {
        let Some(open) = self.documents.get(key).filter(|open| open.is_dockerfile) else {
            return;
        };
        // The thread lives as long as the session.
        let _ = self.jobs.send(job(open));
    }

    /// Publishes what was found, unless the text has changed since.
    fn checked(&mut self, outcome: Outcome) {
        if let Some(failure) = outcome.failure {
            self.show(failure);
        }
        let Some(open) = self.documents.get_mut(&outcome.uri) else {
            return;
        };
        if open.document.version() != outcome.version {
            return;
        }
        open.findings = outcome.findings;
        open.checked = Some(outcome.version);
        let told = lsp::diagnostics(&open.document, &open.uri, &open.findings);
        let uri = open.uri.clone();
        self.publish(uri, Some(outcome.version), told);
    }

    fn publish(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<Diagnostic>) {
        let params = PublishDiagnosticsParams {
            uri,
            version,
            diagnostics,
        };
        self.client
            .notify("textDocument/publishDiagnostics", params);
    }
}

pub(super) fn read<P: DeserializeOwned>(params: Value) -> Result<P, Refusal> {
    serde_json::from_value(params)
        .map_err(|error| Refusal::new(ErrorCode::InvalidParams, error.to_string()))
}

pub(super) fn written(result: impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(result)
        .map_err(|error| Refusal::new(ErrorCode::InternalError, error.to_string()))
}
