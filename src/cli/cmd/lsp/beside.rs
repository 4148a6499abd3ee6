//! What lies beside a document on disk, and compiling it without asking anyone.

use std::path::Path;
use std::sync::Arc;

use super::settings::Settings;
use crate::cli::offline;
use crate::compile::{Lowered, Options, Source};
use crate::lock::Lock;
use crate::lock::model::day_of;
use crate::lsp::Workspace;

/// What lies beside a Dockerfile; beside one that was never saved there is nothing.
pub(super) fn workspace(path: Option<&Path>, settings: &Settings) -> Workspace {
    let lock = path.and_then(|path| offline::find_lock(path, None).ok().flatten());
    let seconds = std::time::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_secs();
    Workspace {
        lock: lock.map(Arc::new),
        build: settings.shown(),
        today: day_of(seconds),
        ..Workspace::default()
    }
}

/// Compiles a text for the last stage, or for all of them; none where it has an error.
pub(super) fn compile(
    path: &Path,
    bytes: &[u8],
    settings: &Settings,
    lock: Option<&Lock>,
    all_stages: bool,
) -> Option<Lowered> {
    let mut variant = settings.variant();
    variant.target = None;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let options = Options {
        all_stages,
        ..offline::options(&variant, &name, bytes).ok()?
    };
    let (compiled, _) = offline::compile(&Source::new(bytes), &options, lock);
    compiled.result.ok()
}
