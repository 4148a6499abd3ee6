//! Bake and compose files around a Dockerfile: the targets and services that build it.

use std::path::{Path, PathBuf};

use gen_lsp_types::{LocationLink, Position, Uri};

use super::uri;
use crate::cli::cmd::lock::{NamedBuild, named_builds};
use crate::limits::MAX_LSP_ABOVE;
use crate::lsp::{Document, Target};

/// Names of files that describe builds.
const NAMES: [&str; 8] = [
    "docker-bake.hcl",
    "docker-bake.json",
    "docker-bake.override.hcl",
    "docker-bake.override.json",
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// The builds of a Dockerfile that files in its directory and above it describe, up to the root of the repository.
pub(super) fn of(dockerfile: &Path) -> Vec<(PathBuf, NamedBuild)> {
    let mut found = Vec::new();
    for directory in dockerfile.ancestors().skip(1).take(MAX_LSP_ABOVE) {
        for name in NAMES {
            let file = directory.join(name);
            if file.is_file() {
                let builds = named_builds(&file).into_iter();
                let own = builds.filter(|build| build.dockerfile == dockerfile);
                found.extend(own.map(|build| (file.clone(), build)));
            }
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    found
}

/// A build as the library knows it.
pub(super) fn target(file: &Path, build: &NamedBuild) -> Target {
    Target {
        stage: build.target.clone(),
        contexts: build.contexts.keys().cloned().collect(),
        uri: Uri::from(uri::of(file)),
        line: build.line.unwrap_or(1).saturating_sub(1),
    }
}

/// From a position in a file that describes builds to the stage that the build there has as its target.
pub(super) fn definition(
    file: &Path,
    position: Position,
    read: impl Fn(&Path) -> Option<Document>,
) -> Option<Vec<LocationLink>> {
    let line = position.line.saturating_add(1);
    let mut builds = named_builds(file);
    builds.sort_by_key(|build| build.line);
    // A block begins on the line of its name, or on the one below.
    let here = |build: &&NamedBuild| {
        build
            .line
            .is_some_and(|first| first <= line.saturating_add(1))
    };
    let build = builds.iter().rfind(here)?;
    let dockerfile = read(&build.dockerfile)?;
    let range = crate::lsp::stage_range(&dockerfile, &build.target);
    Some(vec![LocationLink {
        origin_selection_range: None,
        target_uri: Uri::from(uri::of(&build.dockerfile)),
        target_range: range,
        target_selection_range: range,
    }])
}
