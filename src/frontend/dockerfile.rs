//! Loading the Dockerfile, and the ignore file beside it.

use std::sync::Arc;

use futures_util::future::join;

use super::context::{BuildContext, DOCKERFILE, LOCAL_DOCKERFILE, session_for};
use super::options::{Request, key};
use super::resolve::{marshal_error, single};
use crate::compile::IgnoreFile;
use crate::gateway::{Bridge, Ref, Result, SolveRequest};
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
    info: SourceInfo,
}

impl LoadedDockerfile {
    /// Loads the Dockerfile of `context`.
    pub(super) async fn load(
        bridge: &dyn Bridge,
        request: &Request,
        context: &BuildContext,
    ) -> Result<Self> {
        let filename = context.filename.as_str();
        let state = match &context.dockerfile {
            Some(state) => state.clone(),
            None => local_state(request, &context.dockerfile_local, filename),
        };
        let definition = state
            .marshal(&MarshalOptions::default())
            .map_err(|error| marshal_error(error).context("failed to marshal local source"))?;
        let vertex = definition
            .head()
            .ok()
            .flatten()
            .map(|digest| digest.as_str().to_owned())
            .unwrap_or_default();
        let result = bridge
            .solve(SolveRequest::definition(definition.to_pb()))
            .await
            .map_err(|error| error.context("failed to resolve dockerfile"))?;
        let reference = single(result.single()?)?;

        let ignore_name = format!("{filename}.dockerignore");
        let (data, ignore) = join(
            read(bridge, reference, filename),
            bridge.read_file(reference, &ignore_name, None),
        )
        .await;
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
            info,
        })
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
        let definition = local_state(self, local, filename)
            .marshal(&options)
            .map_err(marshal_error)?;
        Ok(SourceMap::new(filename, LANGUAGE, data).with_definition(definition))
    }
}

/// The directory with the Dockerfile: only the files that are asked for are sent.
fn local_state(request: &Request, local: &str, filename: &str) -> llb::State {
    let mut follow_paths = vec![filename.to_owned(), format!("{filename}.dockerignore")];
    follow_paths.extend(lower_case_name(filename));
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
