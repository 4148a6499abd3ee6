//! What lies beside a document on disk, and compiling it without asking anyone.

use std::path::Path;
use std::sync::Arc;

use super::builds;
use super::settings::Settings;
use crate::cli::exit::Failure;
use crate::cli::offline;
use crate::cli::variant::{Variant, host, usual};
use crate::compile::{Lowered, Options, Source};
use crate::lock::Lock;
use crate::lock::model::day_of;
use crate::lsp::Workspace;

/// What lies beside a Dockerfile, and the build that is looked at; beside one that was never saved there is nothing. Where
/// that build has no valid platform, also why; it is then looked at for the usual one.
pub(super) fn look(
    path: Option<&Path>,
    settings: &Settings,
) -> (Workspace, Variant, Option<Failure>) {
    let builds = path.map_or_else(Vec::new, builds::of);
    let chosen = builds
        .iter()
        .find(|(_, build)| !settings.bake_target.is_empty() && build.name == settings.bake_target);
    let variant = match chosen {
        Some((_, build)) => Settings {
            target: build.target.clone(),
            platform: build.platforms.first().cloned().unwrap_or_default(),
            build_args: build.args.clone(),
            ..Settings::default()
        }
        .variant(),
        None => settings.variant(),
    };
    let lock = path.and_then(|path| offline::find_lock(path, None).ok().flatten());
    let seconds = std::time::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_secs();
    let workspace = Workspace {
        lock: lock.map(Arc::new),
        build: match chosen {
            Some((_, build)) => build.name.clone(),
            None => settings.shown(),
        },
        targets: (builds.iter())
            .map(|(file, build)| builds::target(file, build))
            .collect(),
        today: day_of(seconds),
        ..Workspace::default()
    };
    let (variant, failure) = buildable(variant);
    (workspace, variant, failure)
}

/// The build with a valid platform, and what is wrong about the one that is named.
fn buildable(variant: Variant) -> (Variant, Option<Failure>) {
    match variant.platform(&host()) {
        Ok(_) => (variant, None),
        Err(failure) => {
            let platform = Some(usual().to_string());
            (
                Variant {
                    platform,
                    ..variant
                },
                Some(failure),
            )
        }
    }
}

/// Compiles a text for the last stage, or for all of them; none where it has an error.
pub(super) fn compile(
    path: &Path,
    bytes: &[u8],
    variant: &Variant,
    lock: Option<&Lock>,
    all_stages: bool,
) -> Option<Lowered> {
    let variant = Variant {
        target: None,
        ..variant.clone()
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let options = Options {
        all_stages,
        ..offline::options(&variant, &name, bytes).ok()?
    };
    let (compiled, _) = offline::compile(&Source::new(bytes), &options, lock);
    compiled.result.ok()
}
