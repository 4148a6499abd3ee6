//! `frontend.explain`: `docker buildx build --call=explain`. Ours, not the reference's.
//!
//! The older Dockerfile comes out of the named context `rdf-old`: a directory or a git repository. It is
//! compiled with the same options, and the lock beside it counts for it.

use std::sync::Arc;

use super::super::build::Build;
use super::super::lock::{ActiveLock, Found, FoundLock, LockRequest, lock_name};
use super::super::options::key;
use super::super::problem;
use super::super::resolve::{marshal_error, single};
use super::SubrequestAnswer;
use crate::compile::{CompileError, ErrorCode, Source};
use crate::explain::{self, Side};
use crate::frontend::beside::{Beside, Listing, look};
use crate::gateway::{Error, Result, SolveRequest};
use crate::go::path;
use crate::image::ImageConfig;
use crate::llb::{Constraints, Definition, DiffType, Differ, LocalOptions, MarshalOptions, State};
use crate::remote;

pub(super) const NAME: &str = "frontend.explain";
pub(super) const VERSION: &str = "1.0.0";

/// Named context with the older Dockerfile.
const OLD: &str = "rdf-old";

/// A Dockerfile and its lock.
struct Files {
    dockerfile: Arc<[u8]>,
    lock: Found,
}

/// What the change from the older Dockerfile to this one does to the cache.
pub(super) async fn answer(build: &Build<'_>) -> Result<SubrequestAnswer> {
    let name = build.dockerfile.name();
    let wanted = build
        .request
        .get(key::EXPLAIN)
        .filter(|path| !path.is_empty());
    let old = load(build, wanted.unwrap_or(name)).await?;
    let new = Files {
        dockerfile: build.dockerfile.data().clone(),
        lock: build.dockerfile.lock.clone(),
    };
    let (before, old_image) = compile(build, &old)
        .await
        .map_err(|error| problem::plain(error.context(OLD)))?;
    let (after, new_image) = compile(build, &new).await.map_err(problem::plain)?;
    let explanation = explain::explain(
        &Side {
            name: &format!("{OLD}:{}", wanted.unwrap_or(name)),
            definition: &before,
            image: Some(&old_image),
        },
        &Side {
            name,
            definition: &after,
            image: Some(&new_image),
        },
    )
    .map_err(|error| Error::new(error.to_string()))?;
    Ok(SubrequestAnswer::new(&explanation.to_json(), VERSION).text(explanation.to_text()))
}

async fn compile(
    build: &Build<'_>,
    files: &Files,
) -> std::result::Result<(Definition, ImageConfig), CompileError> {
    let source = Source::new(&files.dockerfile);
    let name = build.dockerfile.name();
    let lock = ActiveLock::find(LockRequest::Unsaid, name, &files.lock)
        .map_err(|error| CompileError::new(ErrorCode::Internal, error.to_string()))?;
    let mut options = build.request.options.clone();
    let map = options.source_map.take();
    options.source_map = map.map(|map| {
        crate::llb::SourceMap::new(
            map.info().filename.as_str(),
            "Dockerfile",
            files.dockerfile.clone(),
        )
    });
    let (compiled, _) = build.compile_other(&source, &options, lock.as_ref()).await;
    let lowered = compiled.result?;
    Ok((lowered.definition()?, lowered.image))
}

/// Reads the older Dockerfile, and its lock if there is one.
async fn load(build: &Build<'_>, file: &str) -> Result<Files> {
    let options = &build.request.options;
    let Some(spec) = options.client.contexts.get(OLD) else {
        return Err(Error::new(format!(
            "explain compares with an older Dockerfile: name its directory or git repository by --build-context {OLD}=…"
        )));
    };
    // A directory of old versions may have no directories.
    let bare = path::base(file);
    let names = [file.to_owned(), bare.to_owned()];
    let state = if let Some(local) = spec.strip_prefix("local:") {
        let wanted = names
            .iter()
            .flat_map(|name| [name.clone(), lock_name(name)]);
        let options = LocalOptions {
            session_id: options.client.session_id.clone().unwrap_or_default(),
            shared_key_hint: local.to_owned(),
            follow_paths: wanted.collect(),
            differ: Some(Differ {
                diff_type: DiffType::None,
                required: false,
            }),
            constraints: Constraints::new().custom_name(format!("[internal] load {OLD}")),
            ..LocalOptions::default()
        };
        State::local(local, options)
    } else if let Some(git) = remote::detect_git_context(spec) {
        let git = git.map_err(|error| Error::new(error.to_string()).context(OLD))?;
        git.state(Constraints::new().custom_name(format!("[internal] load {OLD}")))
    } else {
        return Err(Error::new(format!(
            "the context {OLD} must be a directory or a git repository"
        )));
    };
    let definition = state
        .marshal(&MarshalOptions::default())
        .map_err(marshal_error)?;
    let request = SolveRequest::definition(definition);
    let result = build.bridge.solve(request).await;
    let result = result.map_err(|error| error.context(OLD))?;
    let reference = single(result.single()?)?;
    let mut failed = None;
    for name in names {
        match build.bridge.read_file(reference, &name, None).await {
            Ok(data) => {
                let lock = lock_name(&name);
                let listing = Listing::read(build.bridge, reference, &path::dir(&name)).await;
                let lock = match look(build.bridge, reference, &lock, &listing).await {
                    Beside::Missing => Found::Nothing,
                    Beside::File(bytes) => Found::Lock(FoundLock {
                        bytes,
                        outside: false,
                        local: None,
                    }),
                    Beside::Unreadable(why) => Found::Unreadable { name: lock, why },
                };
                return Ok(Files {
                    dockerfile: Arc::from(data.as_ref()),
                    lock,
                });
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    let error = failed.unwrap_or_else(|| Error::new("nothing to read"));
    Err(error.context(format!("the context {OLD} has no {file}")))
}
