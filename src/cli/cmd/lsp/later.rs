//! What takes longer than a glance: git, registries. Each on a thread of its own.

use std::sync::mpsc::Sender;

use gen_lsp_types::{CodeLensParams, ExecuteCommandParams, MessageType, ShowMessageParams};
use lsp_server::ErrorCode;
use serde_json::Value;

use super::Event;
use super::locks;
use super::session::{Session, read, written};
use super::transport::Refusal;
use crate::cli::cmd::explain::against_head;
use crate::lsp;

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
            locks::LOCK => None,
            locks::UPDATE => Some(word(1)),
            other => {
                let why = format!("unknown command `{other}`");
                return Err(Refusal::new(ErrorCode::InvalidParams, why));
            }
        };
        let open = self.find(&word(0).unwrap_or_default())?;
        let Some(path) = open.path.clone() else {
            return Err(Refusal::failed(
                "save the file first: a lock lies beside a file",
            ));
        };
        let document = open.document.clone();
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
}
