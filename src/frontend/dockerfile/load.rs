//! Loading the Dockerfile, and the ignore file beside it.

use std::sync::Arc;

use futures_util::future::join3;

use super::context::{BuildContext, DOCKERFILE, LOCAL_DOCKERFILE, session_for};
use super::lock::{self, FoundLock, Wish, lock_name};
use super::options::{Request, key};
use super::resolve::{marshal_error, single};
use crate::compile::IgnoreFile;
use crate::gateway::{Bridge, Ref, Result, SolveRequest, SolveResult};
use crate::go::path;
use crate::llb::{self, Constraints, DiffType, Differ, LocalOptions, MarshalOptions, SourceMap};
use crate::pb::ops::SourceInfo;

/// Language of the source map.
const LANGUAGE: &str = "Dockerfile";

/// The Dockerfile as it was loaded.
#[derive(Debug)]
pub(super) struct LoadedDockerfile {
    /// Bytes, name, and how they were loaded.
    pub(super) source_map: SourceMap,
    /// `<Dockerfile>.dockerignore`, if there is one.
    pub(super) ignore_file: Option<IgnoreFile>,
    /// Digest of the op that loads it; warnings refer to it.
    pub(super) vertex: String,
    /// The lock, if there is one and one is looked for.
    pub(super) lock: Option<FoundLock>,
    info: SourceInfo,
}

/// The file system with the Dockerfile, as the daemon has it.
#[derive(Debug)]
pub(super) struct RequestedFiles {
    /// The form that a build without a lock has; the source map records it.
    definition: llb::Definition,
    /// Digest of the op that was sent.
    vertex: String,
    result: Result<SolveResult>,
}

impl RequestedFiles {
    /// Asks for the local directory, with the lock in it where one is looked for. Nothing is sent before
    /// a file of it is read.
    pub(super) async fn of_local(
        bridge: &dyn Bridge,
        request: &Request,
        local: &str,
        filename: &str,
    ) -> Result<Self> {
        let state = local_state(request, local, filename, None);
        if !Wish::of(request)?.looks() {
            return RequestedFiles::of(bridge, &state).await;
        }
        let with_lock = local_state(request, local, filename, Some(lock_name(filename)));
        RequestedFiles::solve(bridge, marshal(&state)?, marshal(&with_lock)?).await
    }

    async fn of(bridge: &dyn Bridge, state: &llb::State) -> Result<Self> {
        let definition = marshal(state)?;
        RequestedFiles::solve(bridge, definition.clone(), definition).await
    }

    /// Asks for a main context that is no directory, by the commit or checksum of a lock that holds it.
    async fn of_context(
        bridge: &dyn Bridge,
        request: &Request,
        state: &llb::State,
        filename: &str,
        outside: Option<&FoundLock>,
    ) -> Result<Self> {
        let definition = marshal(state)?;
        let pinned = lock::pin_context(request, filename, outside, definition.clone())?;
        RequestedFiles::solve(bridge, definition, pinned).await
    }

    async fn solve(
        bridge: &dyn Bridge,
        definition: llb::Definition,
        solved: llb::Definition,
    ) -> Result<Self> {
        let head = solved.head().ok().flatten();
        let vertex = head
            .map(|digest| digest.as_str().to_owned())
            .unwrap_or_default();
        let result = bridge
            .solve(SolveRequest::definition(solved.into_pb()))
            .await;
        Ok(RequestedFiles {
            definition,
            vertex,
            result,
        })
    }
}

fn marshal(state: &llb::State) -> Result<llb::Definition> {
    state
        .marshal(&MarshalOptions::default())
        .map_err(|error| marshal_error(error).context("failed to marshal local source"))
}

impl LoadedDockerfile {
    /// Loads the Dockerfile of `context`.
    pub(super) async fn load(
        bridge: &dyn Bridge,
        request: &Request,
        context: &mut BuildContext,
    ) -> Result<Self> {
        let requested = context.requested.take();
        let filename = context.filename.as_str();
        let looks = Wish::of(request)?.looks();
        let outside = match looks {
            true => lock::from_context(bridge, request, filename).await?,
            false => None,
        };
        let requested = match (&context.dockerfile, requested) {
            (Some(state), _) => {
                RequestedFiles::of_context(bridge, request, state, filename, outside.as_ref())
                    .await?
            }
            (None, Some(requested)) => requested,
            (None, None) => {
                RequestedFiles::of_local(bridge, request, &context.dockerfile_local, filename)
                    .await?
            }
        };
        let RequestedFiles {
            definition,
            vertex,
            result,
        } = requested;
        let result = result.map_err(|error| error.context("failed to resolve dockerfile"))?;
        let reference = single(result.single()?)?;

        let ignore_name = format!("{filename}.dockerignore");
        let (data, ignore, lock) = join3(
            read(bridge, reference, filename),
            bridge.read_file(reference, &ignore_name, None),
            read_lock(bridge, reference, filename, looks && outside.is_none()),
        )
        .await;
        let lock = outside.or(lock);
        let data: Arc<[u8]> = data.map_err(|error| error.context("failed to read dockerfile"))?;
        // Parity: whatever prevents reading it, the ignore file counts as missing.
        let ignore_file = ignore.ok().map(|data| IgnoreFile {
            name: ignore_name,
            data: Arc::from(data.as_ref()),
        });
        let info = SourceInfo {
            filename: filename.to_owned(),
            data: data.to_vec(),
            definition: Some(definition.to_pb()),
            language: LANGUAGE.to_owned(),
        };
        let source_map = SourceMap::new(filename, LANGUAGE, data).with_definition(definition);
        Ok(LoadedDockerfile {
            source_map,
            ignore_file,
            vertex,
            lock,
            info,
        })
    }

    /// The Dockerfile's name.
    pub(super) fn name(&self) -> &str {
        self.source_map.filename()
    }

    /// The Dockerfile's bytes.
    pub(super) fn data(&self) -> &Arc<[u8]> {
        self.source_map.data()
    }

    /// Name, bytes and origin, as errors and warnings carry them.
    pub(super) fn info(&self) -> &SourceInfo {
        &self.info
    }
}

impl Request {
    /// A Dockerfile that was read elsewhere, with the definition that a frontend would load it by.
    /// `unique_id` tells its directory from others where there is no session.
    ///
    /// # Errors
    /// Those of marshalling, which do not occur.
    pub fn source_map(&self, filename: &str, data: &[u8], unique_id: &str) -> Result<SourceMap> {
        let local = self.get(key::DOCKERFILE_KEY).unwrap_or(LOCAL_DOCKERFILE);
        let options = MarshalOptions {
            local_unique_id: Some(unique_id.to_owned()),
            ..MarshalOptions::default()
        };
        let definition = local_state(self, local, filename, None)
            .marshal(&options)
            .map_err(marshal_error)?;
        Ok(SourceMap::new(filename, LANGUAGE, data).with_definition(definition))
    }
}

/// The directory with the Dockerfile: only the files that are asked for are sent.
fn local_state(request: &Request, local: &str, filename: &str, lock: Option<String>) -> llb::State {
    let mut follow_paths = vec![filename.to_owned(), format!("{filename}.dockerignore")];
    follow_paths.extend(lower_case_name(filename));
    follow_paths.extend(lock);
    let options = LocalOptions {
        session_id: session_for(request, local).unwrap_or_default(),
        shared_key_hint: local.to_owned(),
        follow_paths,
        differ: Some(Differ {
            diff_type: DiffType::None,
            required: false,
        }),
        constraints: Constraints::new()
            .custom_name(format!("[internal] load build definition from {filename}")),
        ..LocalOptions::default()
    };
    llb::State::local(local, options)
}

/// Reads the lock beside the Dockerfile; whatever prevents it, there is none.
async fn read_lock(
    bridge: &dyn Bridge,
    reference: &Ref,
    filename: &str,
    looks: bool,
) -> Option<FoundLock> {
    if !looks {
        return None;
    }
    let data = bridge
        .read_file(reference, &lock_name(filename), None)
        .await
        .ok()?;
    Some(FoundLock {
        bytes: Arc::from(data.as_ref()),
        outside: false,
    })
}

/// Reads the Dockerfile; one with the usual name may also be written in lower case.
async fn read(bridge: &dyn Bridge, reference: &Ref, filename: &str) -> Result<Arc<[u8]>> {
    let error = match bridge.read_file(reference, filename, None).await {
        Ok(data) => return Ok(Arc::from(data.as_ref())),
        Err(error) => error,
    };
    if let Some(lower) = lower_case_name(filename)
        && let Ok(data) = bridge.read_file(reference, &lower, None).await
    {
        return Ok(Arc::from(data.as_ref()));
    }
    Err(error)
}

/// `Dockerfile` in lower case, in the same directory; `None` for other names.
fn lower_case_name(filename: &str) -> Option<String> {
    (path::base(filename) == DOCKERFILE)
        .then(|| path::join(&[path::dir(filename).as_ref(), "dockerfile"]))
}
