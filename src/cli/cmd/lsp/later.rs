//! What takes longer than a glance: git, registries. Each on a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use gen_lsp_types::{CodeLensParams, ExecuteCommandParams, MessageType, ShowMessageParams};
use lsp_server::ErrorCode;
use serde_json::Value;

use super::Event;
use super::locks;
use super::session::{Session, read, written};
use super::transport::Refusal;
use crate::cli::cmd::explain::against_head;
use crate::lsp::{self, Document, News};

/// Finds an answer.
type Work = Box<dyn FnOnce() -> Result<Value, Refusal> + Send>;

/// Whether a method is answered here.
pub(super) fn is_slow(method: &str) -> bool {
    matches!(method, "textDocument/codeLens" | "workspace/executeCommand")
}

impl Session {
    /// What finds the answer.
    pub(super) fn later(
        &self,
        method: &str,
        params: Value,
        events: &Sender<Event>,
    ) -> Result<Work, Refusal> {
        match method {
            "textDocument/codeLens" => self.code_lenses(params),
            _ => self.execute(read(params)?, events),
        }
    }

    fn code_lenses(&self, params: Value) -> Result<Work, Refusal> {
        let asked: CodeLensParams = read(params)?;
        let open = self.find(asked.text_document.uri.as_ref())?;
        let (document, path, variant) = (
            open.document.clone(),
            open.path.clone(),
            open.variant.clone(),
        );
        Ok(Box::new(move || {
            let explained = path.and_then(|path| against_head(&path, document.bytes(), &variant));
            written(explained.map(|explained| lsp::lenses(&document, &explained)))
        }))
    }

    fn execute(
        &self,
        asked: ExecuteCommandParams,
        events: &Sender<Event>,
    ) -> Result<Work, Refusal> {
        let words = asked.arguments.unwrap_or_default();
        let word = |at: usize| words.get(at).and_then(Value::as_str).map(str::to_owned);
        let client = self.client.clone();
        let show = move |kind: MessageType, message: String| {
            client.notify("window/showMessage", ShowMessageParams { kind, message });
        };
        let update = match asked.command.as_str() {
            lsp::SHOW => {
                let text = word(0).unwrap_or_default();
                return Ok(Box::new(move || {
                    show(MessageType::Info, text);
                    Ok(Value::Null)
                }));
            }
            locks::OUTDATED => return self.outdated(&word(0).unwrap_or_default(), events, show),
            locks::LOCK => None,
            locks::UPDATE => Some(word(1)),
            other => {
                let why = format!("unknown command `{other}`");
                return Err(Refusal::new(ErrorCode::InvalidParams, why));
            }
        };
        let (path, document) = self.saved(&word(0).unwrap_or_default())?;
        let events = events.clone();
        Ok(Box::new(move || {
            let done = locks::run(&path, document.bytes(), update);
            let _ = events.send(Event::Changed);
            let told = done.map_err(Refusal::failed)?;
            if !told.is_empty() {
                show(MessageType::Info, told);
            }
            Ok(Value::Null)
        }))
    }

    /// Asks registries about the pins of a document, which is not done otherwise.
    fn outdated(
        &self,
        key: &str,
        events: &Sender<Event>,
        show: impl Fn(MessageType, String) + Send + 'static,
    ) -> Result<Work, Refusal> {
        let (path, document) = self.saved(key)?;
        let (key, events) = (key.to_owned(), events.clone());
        Ok(Box::new(move || {
            let news = locks::outdated(&path, document.bytes()).map_err(Refusal::failed)?;
            if !news.values().any(News::is_outdated) {
                show(MessageType::Info, "no pin is outdated".to_owned());
            }
            let _ = events.send(Event::News(key, news));
            Ok(Value::Null)
        }))
    }

    /// The path and the text of a document that a lock may lie beside.
    fn saved(&self, key: &str) -> Result<(PathBuf, Arc<Document>), Refusal> {
        let open = self.find(key)?;
        let unsaved = || Refusal::failed("save the file first: a lock lies beside a file");
        let path = open.path.clone().ok_or_else(unsaved)?;
        Ok((path, open.document.clone()))
    }
}
