//! What an editor asks, and which part of the library answers.

use gen_lsp_types::{
    CodeAction, CodeActionKind, CodeActionParams, CodeActionResponse, CompletionParams,
    DefinitionParams, DocumentFormattingParams, DocumentHighlightParams, DocumentLinkParams,
    DocumentOnTypeFormattingParams, DocumentRangeFormattingParams, DocumentSymbolParams,
    FoldingRangeParams, HoverParams, InlayHintParams, PrepareRenameParams, ReferenceParams,
    RenameParams, SelectionRangeParams, SemanticTokensParams, SemanticTokensRangeParams,
    SignatureHelpParams,
};
use lsp_server::ErrorCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::beside;
use super::checks;
use super::locks;
use super::session::{Open, Session, read, written};
use super::transport::Refusal;
use crate::cli::cmd::fmt;
use crate::compile::Lowered;
use crate::limits::MAX_LSP_INDENT;
use crate::lsp;

/// What a code action without an edit is about.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unresolved {
    fix_all: String,
}

impl Session {
    pub(super) fn ask(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        match method {
            "textDocument/documentSymbol" => self.on(params, |open, _: DocumentSymbolParams| {
                lsp::symbols(&open.document)
            }),
            "textDocument/foldingRange" => self.on(params, |open, _: FoldingRangeParams| {
                lsp::folding_ranges(&open.document)
            }),
            "textDocument/formatting" => {
                self.on(
                    params,
                    |open, _: DocumentFormattingParams| match fmt::tidy_of(
                        open.path.as_deref(),
                        open.document.bytes(),
                    ) {
                        Some(tidied) => lsp::difference(&open.document, &tidied),
                        None => lsp::format(&open.document),
                    },
                )
            }
            "textDocument/rangeFormatting" => {
                self.on(params, |open, asked: DocumentRangeFormattingParams| {
                    lsp::format_range(&open.document, asked.range)
                })
            }
            "textDocument/completion" => self.on(params, |open, asked: CompletionParams| {
                let position = asked.text_document_position_params.position;
                let repository = lsp::repository_at(&open.document, position);
                let (tags, is_incomplete) = self.tags.of(repository.as_deref());
                let items = lsp::complete(&open.document, position, &open.workspace, tags);
                match is_incomplete {
                    true => json!({ "isIncomplete": true, "items": items }),
                    false => json!(items),
                }
            }),
            "textDocument/hover" => self.on(params, |open, asked: HoverParams| {
                let position = asked.text_document_position_params.position;
                let compile = |bytes: &[u8], all| self.compile(open, bytes, all);
                lsp::hover(&open.document, position, &open.workspace, &compile)
            }),
            "textDocument/definition" => self.on(params, |open, asked: DefinitionParams| {
                let position = asked.text_document_position_params.position;
                lsp::definition(&open.document, &open.uri, position, &open.workspace)
            }),
            "textDocument/references" => self.on(params, |open, asked: ReferenceParams| {
                let position = asked.text_document_position_params.position;
                let all = asked.context.include_declaration;
                lsp::references(&open.document, &open.uri, position, all, &open.workspace)
            }),
            "textDocument/documentHighlight" => {
                self.on(params, |open, asked: DocumentHighlightParams| {
                    let position = asked.text_document_position_params.position;
                    lsp::highlights(&open.document, position)
                })
            }
            "textDocument/prepareRename" => self.on(params, |open, asked: PrepareRenameParams| {
                let position = asked.text_document_position_params.position;
                lsp::prepare_rename(&open.document, position)
            }),
            "textDocument/rename" => {
                let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
                let open = self.find(uri.unwrap_or_default())?;
                let asked: RenameParams = read(params.clone())?;
                let position = asked.text_document_position_params.position;
                let compile = |bytes: &[u8], all| self.compile(open, bytes, all);
                let (document, name) = (&open.document, &asked.new_name);
                let edit = lsp::rename(document, &open.uri, position, name, &compile);
                written(edit.map_err(Refusal::failed)?)
            }
            "textDocument/signatureHelp" => self.on(params, |open, asked: SignatureHelpParams| {
                let position = asked.text_document_position_params.position;
                lsp::signature_help(&open.document, position)
            }),
            "textDocument/documentLink" => self.on(params, |open, _: DocumentLinkParams| {
                lsp::links(&open.document)
            }),
            "textDocument/selectionRange" => {
                self.on(params, |open, asked: SelectionRangeParams| {
                    let positions = asked.positions.into_iter();
                    positions
                        .map(|position| lsp::selection_range(&open.document, position))
                        .collect::<Vec<_>>()
                })
            }
            "textDocument/semanticTokens/full" => self
                .on(params, |open, _: SemanticTokensParams| {
                    lsp::tokens(&open.document, None)
                }),
            "textDocument/semanticTokens/range" => {
                self.on(params, |open, asked: SemanticTokensRangeParams| {
                    let within = open.document.text().span(asked.range);
                    lsp::tokens(&open.document, Some(within))
                })
            }
            "textDocument/inlayHint" => self.on(params, |open, asked: InlayHintParams| {
                let compile = |bytes: &[u8], all| self.compile(open, bytes, all);
                lsp::inlay_hints(&open.document, asked.range, &open.workspace, &compile)
            }),
            "textDocument/onTypeFormatting" => {
                self.on(params, |open, asked: DocumentOnTypeFormattingParams| {
                    let options = &asked.options;
                    let width =
                        usize::try_from(options.tab_size.min(MAX_LSP_INDENT)).unwrap_or_default();
                    let indent = match options.insert_spaces {
                        true => " ".repeat(width),
                        false => "\t".to_owned(),
                    };
                    lsp::format_new_line(&open.document, asked.position, &indent)
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

    fn actions(&self, open: &Open, asked: &CodeActionParams) -> Vec<CodeActionResponse> {
        let only = asked.context.only.as_deref();
        let wants =
            |kind: &CodeActionKind| only.is_none_or(|only| only.iter().any(|it| covers(it, kind)));
        let findings = open.current();
        let mut actions = Vec::new();
        if wants(&CodeActionKind::QuickFix) {
            let path = checks::path_of(open.path.as_deref());
            let (checker, _) = checks::checker(path, &open.variant);
            let verify = |rule, fix: &_| {
                let bytes = open.document.bytes();
                checker
                    .as_ref()
                    .is_some_and(|it| it.is_proven(bytes, rule, fix))
            };
            let range = asked.range;
            actions = lsp::actions(&open.document, &open.uri, &findings, range, verify);
        }
        if wants(&CodeActionKind::Source) || wants(&CodeActionKind::RefactorRewrite) {
            let all = locks::actions(open, asked.range).into_iter();
            actions.extend(all.filter(|action| action.kind.as_ref().is_some_and(wants)));
        }
        let fixable = findings.iter().any(|finding| finding.is_fixable());
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
        let (checker, failure) = checks::checker(path, &open.variant);
        let Some(checker) = checker else {
            return Err(Refusal::failed(failure.unwrap_or_default()));
        };
        let fixed = checker.fix(open.document.bytes());
        Ok(CodeAction {
            edit: lsp::fix_all(&open.document, &open.uri, &fixed.bytes),
            ..action
        })
    }

    /// A text in the place of the document, compiled for the build that is looked at.
    fn compile(&self, open: &Open, bytes: &[u8], all_stages: bool) -> Option<Lowered> {
        let path = checks::path_of(open.path.as_deref());
        let lock = open.workspace.lock.as_deref();
        beside::compile(path, bytes, &open.variant, lock, all_stages)
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
