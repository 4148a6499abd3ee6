//! What the server offers, and what of it a client understands.

use gen_lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProvider, CodeLensOptions,
    CompletionOptions, DefinitionProvider, DidChangeWatchedFilesRegistrationOptions,
    DocumentFormattingProvider, DocumentHighlightProvider, DocumentLinkOptions,
    DocumentOnTypeFormattingOptions, DocumentRangeFormattingProvider, DocumentSymbolProvider,
    ExecuteCommandOptions, FileSystemWatcher, FoldingRangeProvider, Full, GlobPattern,
    HoverProvider, InitializeResult, InlayHintProvider, PositionEncodingKind, ReferencesProvider,
    Registration, RegistrationParams, RenameOptions, RenameProvider, Save, SelectionRangeProvider,
    SemanticTokensLegend, SemanticTokensOptions, SemanticTokensOptionsRange,
    SemanticTokensProvider, ServerCapabilities, ServerInfo, SignatureHelpOptions, TextDocumentSync,
    TextDocumentSyncKind, TextDocumentSyncOptions,
};

use super::locks;
use crate::lsp::{Encoding, KINDS, MODIFIERS, SHOW};

/// What matters of a client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Abilities {
    pub(super) encoding: Encoding,
    /// It asks for the edit of a code action once that is chosen.
    pub(super) resolves_edits: bool,
    /// It can be told which files to watch.
    pub(super) watches_files: bool,
    /// It asks again for hints when it is told to.
    pub(super) refreshes_hints: bool,
}

impl Abilities {
    pub(super) fn of(capabilities: &ClientCapabilities) -> Self {
        let general = capabilities.general.as_ref();
        let encodings = general.and_then(|general| general.position_encodings.as_deref());
        let knows = |kind| encodings.unwrap_or_default().contains(&kind);
        // Bytes are what the text is stored in.
        let encoding = match (
            knows(PositionEncodingKind::UTF8),
            knows(PositionEncodingKind::UTF32),
        ) {
            (true, _) => Encoding::Utf8,
            _ if knows(PositionEncodingKind::UTF16) => Encoding::Utf16,
            (_, true) => Encoding::Utf32,
            _ => Encoding::Utf16,
        };
        let document = capabilities.text_document.as_ref();
        let action = document.and_then(|it| it.code_action.as_ref());
        let resolve = action.and_then(|it| it.resolve_support.as_ref());
        let workspace = capabilities.workspace.as_ref();
        let hints = workspace.and_then(|it| it.inlay_hint.as_ref());
        let watched = workspace.and_then(|it| it.did_change_watched_files.as_ref());
        Abilities {
            encoding,
            resolves_edits: resolve
                .is_some_and(|it| it.properties.iter().any(|name| name == "edit")),
            refreshes_hints: hints.is_some_and(|it| it.refresh_support == Some(true)),
            watches_files: watched.is_some_and(|it| it.dynamic_registration == Some(true)),
        }
    }
}

/// The answer to `initialize`.
pub(super) fn offer(abilities: Abilities) -> InitializeResult {
    let capabilities = ServerCapabilities {
        position_encoding: Some(match abilities.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(TextDocumentSync::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::Incremental),
            save: Some(Save::Bool(true)),
            ..TextDocumentSyncOptions::default()
        })),
        document_symbol_provider: Some(DocumentSymbolProvider::Bool(true)),
        folding_range_provider: Some(FoldingRangeProvider::Bool(true)),
        document_formatting_provider: Some(DocumentFormattingProvider::Bool(true)),
        document_range_formatting_provider: Some(DocumentRangeFormattingProvider::Bool(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(
                ["$", "{", "=", ",", "-", " ", "#", ":"]
                    .map(str::to_owned)
                    .into(),
            ),
            ..CompletionOptions::default()
        }),
        code_lens_provider: Some(CodeLensOptions::default()),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: [SHOW, locks::LOCK, locks::UPDATE, locks::OUTDATED]
                .map(str::to_owned)
                .into(),
            ..ExecuteCommandOptions::default()
        }),
        hover_provider: Some(HoverProvider::Bool(true)),
        definition_provider: Some(DefinitionProvider::Bool(true)),
        references_provider: Some(ReferencesProvider::Bool(true)),
        document_highlight_provider: Some(DocumentHighlightProvider::Bool(true)),
        rename_provider: Some(RenameProvider::RenameOptions(RenameOptions {
            prepare_provider: Some(true),
            ..RenameOptions::default()
        })),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some([" ", "="].map(str::to_owned).into()),
            ..SignatureHelpOptions::default()
        }),
        document_link_provider: Some(DocumentLinkOptions::default()),
        selection_range_provider: Some(SelectionRangeProvider::Bool(true)),
        inlay_hint_provider: Some(InlayHintProvider::Bool(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "\n".to_owned(),
            more_trigger_character: None,
        }),
        semantic_tokens_provider: Some(SemanticTokensProvider::SemanticTokensOptions(
            SemanticTokensOptions {
                legend: SemanticTokensLegend {
                    token_types: KINDS.map(str::to_owned).into(),
                    token_modifiers: MODIFIERS.map(str::to_owned).into(),
                },
                range: Some(SemanticTokensOptionsRange::Bool(true)),
                full: Some(Full::Bool(true)),
                ..SemanticTokensOptions::default()
            },
        )),
        code_action_provider: Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QuickFix,
                CodeActionKind::Source,
                CodeActionKind::SourceFixAll,
                CodeActionKind::RefactorRewrite,
            ]),
            resolve_provider: Some(true),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    };
    InitializeResult {
        capabilities,
        server_info: Some(ServerInfo {
            name: "rdf".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    }
}

/// Files beside a Dockerfile that change what is found in it.
pub(super) fn watched() -> RegistrationParams {
    let globs = [
        "**/rdf.toml",
        "**/.hadolint.{yaml,yml}",
        "**/{.dockerignore,*.dockerignore}",
        "**/*.lock",
        "**/docker-bake*.{hcl,json}",
        "**/{docker-,}compose*.{yaml,yml}",
    ];
    let watchers = globs.map(|glob| FileSystemWatcher {
        glob_pattern: GlobPattern::Pattern(glob.to_owned()),
        kind: None,
    });
    let options = DidChangeWatchedFilesRegistrationOptions {
        watchers: watchers.into(),
    };
    RegistrationParams {
        registrations: vec![Registration {
            id: "files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        }],
    }
}
