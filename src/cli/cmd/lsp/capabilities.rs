//! What the server offers, and what of it a client understands.

use gen_lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProvider,
    DidChangeWatchedFilesRegistrationOptions, DocumentFormattingProvider,
    DocumentRangeFormattingProvider, DocumentSymbolProvider, FileSystemWatcher,
    FoldingRangeProvider, GlobPattern, InitializeResult, PositionEncodingKind, Registration,
    RegistrationParams, Save, ServerCapabilities, ServerInfo, TextDocumentSync,
    TextDocumentSyncKind, TextDocumentSyncOptions,
};

use crate::lsp::Encoding;

/// What matters of a client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Abilities {
    pub(super) encoding: Encoding,
    /// It asks for the edit of a code action once that is chosen.
    pub(super) resolves_edits: bool,
    /// It can be told which files to watch.
    pub(super) watches_files: bool,
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
        let watched = workspace.and_then(|it| it.did_change_watched_files.as_ref());
        Abilities {
            encoding,
            resolves_edits: resolve
                .is_some_and(|it| it.properties.iter().any(|name| name == "edit")),
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
        code_action_provider: Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QuickFix, CodeActionKind::SourceFixAll]),
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
