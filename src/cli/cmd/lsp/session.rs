//! A session with an editor: its documents and settings, and which part of the library answers what.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use gen_lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, CodeActionResponse, Diagnostic,
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentFormattingParams, DocumentRangeFormattingParams, DocumentSymbolParams,
    FoldingRangeParams, InitializeParams, LanguageKind, MessageType, PublishDiagnosticsParams,
    ShowMessageParams, TextDocumentContentChangeEvent, Uri,
};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Event;
use super::capabilities::{self, Abilities};
use super::checks::{self, Job, Outcome};
use super::settings::Settings;
use super::transport::{Client, Incoming, Refusal};
use super::uri;
use crate::cli::files::is_dockerfile;
use crate::lsp::{self, Document, Finding};

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
}

impl Open {
    /// The findings, if they are those of the text as it is.
    fn current(&self) -> &[Finding] {
        match self.checked == Some(self.document.version()) {
            true => &self.findings,
            false => &[],
        }
    }
}

/// What a code action without an edit is about.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unresolved {
    fix_all: String,
}

pub(super) struct Session {
    client: Client,
    jobs: Sender<Job>,
    phase: Phase,
    abilities: Abilities,
    settings: Settings,
    documents: BTreeMap<String, Open>,
    /// The last failure that was shown, which is not shown again.
    shown: Option<String>,
}

impl Session {
    pub(super) fn new(client: Client, events: Sender<Event>) -> Self {
        Session {
            client,
            jobs: checks::start(events),
            phase: Phase::Fresh,
            abilities: Abilities::default(),
            settings: Settings::default(),
            documents: BTreeMap::new(),
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
                    return Ok(self.phase == Phase::ShutDown);
                };
                waiting.push_back(event);
            }
            // All that is there: what was cancelled meanwhile is not begun.
            waiting.extend(events.try_iter());
            self.cancel(&mut waiting);
            match waiting.pop_front() {
                None => {}
                Some(Event::Broken(error)) => return Err(error.to_string()),
                Some(Event::Incoming(Incoming::End)) => return Ok(self.phase == Phase::ShutDown),
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
            (Phase::Running, method) => self.ask(method, params),
            (Phase::ShutDown, _) => Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "the session is shut down",
            )),
        };
        self.client.answer(id, result);
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
        match Settings::read(settings) {
            Ok(settings) => self.settings = settings,
            Err(why) => self.show(why),
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

    fn ask(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        match method {
            "textDocument/documentSymbol" => self.on(params, |open, _: DocumentSymbolParams| {
                lsp::symbols(&open.document)
            }),
            "textDocument/foldingRange" => self.on(params, |open, _: FoldingRangeParams| {
                lsp::folding_ranges(&open.document)
            }),
            "textDocument/formatting" => self.on(params, |open, _: DocumentFormattingParams| {
                lsp::format(&open.document)
            }),
            "textDocument/rangeFormatting" => {
                self.on(params, |open, asked: DocumentRangeFormattingParams| {
                    lsp::format_range(&open.document, asked.range)
                })
            }
            "textDocument/codeAction" => self.on(params, |open, asked| self.actions(open, &asked)),
            "codeAction/resolve" => {
                let action = self.resolve(read(params)?)?;
                written(action)
            }
            method => Err(Refusal::new(
                ErrorCode::MethodNotFound,
                format!("unknown method `{method}`"),
            )),
        }
    }

    /// Answers a question about an open Dockerfile.
    fn on<P: DeserializeOwned, R: Serialize>(
        &self,
        params: Value,
        answer: impl FnOnce(&Open, P) -> R,
    ) -> Result<Value, Refusal> {
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
        let open = self.find(uri.unwrap_or_default())?;
        let params = read(params)?;
        written(answer(open, params))
    }

    fn find(&self, uri: &str) -> Result<&Open, Refusal> {
        let open = self.documents.get(uri).filter(|open| open.is_dockerfile);
        open.ok_or_else(|| {
            Refusal::new(
                ErrorCode::InvalidParams,
                format!("no Dockerfile is open as `{uri}`"),
            )
        })
    }

    fn actions(&self, open: &Open, asked: &CodeActionParams) -> Vec<CodeActionResponse> {
        let only = asked.context.only.as_deref();
        let wants =
            |kind: &CodeActionKind| only.is_none_or(|only| only.iter().any(|it| covers(it, kind)));
        let mut actions = Vec::new();
        if wants(&CodeActionKind::QuickFix) {
            let path = checks::path_of(open.path.as_deref());
            let (checker, _) = checks::checker(path, &self.settings.variant());
            let verify = |rule, fix: &_| {
                let bytes = open.document.bytes();
                checker
                    .as_ref()
                    .is_some_and(|it| it.is_proven(path, bytes, rule, fix))
            };
            let range = asked.range;
            actions = lsp::actions(&open.document, &open.uri, open.current(), range, verify);
        }
        let fixable = open.current().iter().any(|finding| finding.is_fixable());
        if wants(&CodeActionKind::SourceFixAll) && fixable {
            let data = Unresolved {
                fix_all: open.uri.to_string(),
            };
            let action = CodeAction {
                title: "fix all problems that can be fixed safely".to_owned(),
                kind: Some(CodeActionKind::SourceFixAll),
                data: serde_json::to_value(data).ok(),
                ..CodeAction::default()
            };
            let action = match self.abilities.resolves_edits {
                true => Some(action),
                false => self
                    .resolve(action)
                    .ok()
                    .filter(|action| action.edit.is_some()),
            };
            actions.extend(action);
        }
        actions
            .into_iter()
            .map(CodeActionResponse::CodeAction)
            .collect()
    }

    /// Completes a code action with its edit.
    fn resolve(&self, action: CodeAction) -> Result<CodeAction, Refusal> {
        let Some(data) = action.data.clone() else {
            return Ok(action);
        };
        let Unresolved { fix_all } = read(data)?;
        let open = self.find(&fix_all)?;
        let path = checks::path_of(open.path.as_deref());
        let (checker, failure) = checks::checker(path, &self.settings.variant());
        let Some(checker) = checker else {
            return Err(Refusal::failed(failure.unwrap_or_default()));
        };
        let fixed = checker.fix(path, open.document.bytes());
        Ok(CodeAction {
            edit: lsp::fix_all(&open.document, &open.uri, &fixed.bytes),
            ..action
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
        };
        self.documents.insert(key.clone(), open);
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

    fn check_all(&self) {
        self.documents.keys().for_each(|key| self.check(key));
    }

    fn check(&self, key: &str) {
        let Some(open) = self.documents.get(key).filter(|open| open.is_dockerfile) else {
            return;
        };
        // The thread lives as long as the session.
        let _ = self.jobs.send(Job {
            uri: key.to_owned(),
            path: open.path.clone(),
            document: open.document.clone(),
            variant: self.settings.variant(),
        });
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

/// Whether a kind of actions that is asked for has this one in it.
fn covers(asked: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let word = |kind: &CodeActionKind| serde_json::to_value(kind).ok();
    let (Some(Value::String(asked)), Some(Value::String(kind))) = (word(asked), word(kind)) else {
        return false;
    };
    let rest = kind.strip_prefix(asked.as_str());
    asked.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn read<P: DeserializeOwned>(params: Value) -> Result<P, Refusal> {
    serde_json::from_value(params)
        .map_err(|error| Refusal::new(ErrorCode::InvalidParams, error.to_string()))
}

fn written(result: impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(result)
        .map_err(|error| Refusal::new(ErrorCode::InternalError, error.to_string()))
}
