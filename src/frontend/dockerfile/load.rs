//! Loading the Dockerfile, with the ignore file and the lock beside it.

use std::sync::Arc;

use super::lock::{self, FoundLock, Wish, lock_name};
use super::options::Request;
use crate::frontend::context::BuildContext;
use crate::frontend::{BuildFile, LoadedFile};
use crate::gateway::{Bridge, Result};
use crate::go::path;
use crate::llb::SourceMap;
use crate::pb::ops::SourceInfo;

/// The Dockerfile's usual name.
const DOCKERFILE: &str = "Dockerfile";

/// Where Dockerfiles are: `Dockerfile`, or `dockerfile` where there is none, unless the client says otherwise.
pub fn build_file() -> BuildFile {
    BuildFile {
        spellings: |name| lower_case_name(name).into_iter().collect(),
        ..BuildFile::new(DOCKERFILE, DOCKERFILE)
    }
}

/// The Dockerfile as it was loaded.
#[derive(Debug)]
pub(super) struct LoadedDockerfile {
    /// The file.
    pub(super) file: LoadedFile,
    /// The lock, if there is one and one is looked for.
    pub(super) lock: Option<FoundLock>,
}

impl LoadedDockerfile {
    /// Finds out what the client wants to build and loads its Dockerfile. The request is told the main context
    /// and the source map.
    pub(super) async fn open(bridge: &dyn Bridge, request: &mut Request) -> Result<Self> {
        let looks = Wish::of(request)?.looks();
        let with_lock = BuildFile {
            beside: |name| vec![lock_name(name)],
            ..build_file()
        };
        let file = if looks { with_lock } else { build_file() };
        let mut context = BuildContext::detect(bridge, &request.options.client, &file).await?;
        let name = context.filename.clone();
        let outside = match looks {
            true => lock::from_context(bridge, request, &name).await?,
            false => None,
        };
        // Of two locks the one beside the Dockerfile does not count.
        let read = if outside.is_some() {
            build_file()
        } else {
            file
        };
        let pin = |definition| lock::pin_context(request, &name, outside.as_ref(), definition);
        let file =
            LoadedFile::load(bridge, &request.options.client, &read, &mut context, pin).await?;
        let beside = file.beside.first().cloned().flatten();
        let beside = beside.map(|bytes| FoundLock {
            bytes,
            outside: false,
        });
        let lock = outside.or(beside);
        let context = context.main_context(&request.options.client, file.ignore_file.clone());
        request.options.main_context = context;
        request.options.source_map = Some(file.source_map.clone());
        Ok(LoadedDockerfile { file, lock })
    }

    /// The Dockerfile's name.
    pub(super) fn name(&self) -> &str {
        self.file.name()
    }

    /// The Dockerfile's bytes.
    pub(super) fn data(&self) -> &Arc<[u8]> {
        self.file.data()
    }

    /// Name, bytes and origin, as errors and warnings carry them.
    pub(super) fn info(&self) -> &SourceInfo {
        self.file.info()
    }
}

impl Request {
    /// A Dockerfile that was read elsewhere, with the definition that a frontend would load it by.
    /// `unique_id` tells its directory from others where there is no session.
    ///
    /// # Errors
    /// Those of marshalling, which do not occur.
    pub fn source_map(&self, filename: &str, data: &[u8], unique_id: &str) -> Result<SourceMap> {
        build_file().source_map(&self.options.client, filename, data, unique_id)
    }
}

/// `Dockerfile` in lower case, in the same directory; `None` for other names.
fn lower_case_name(filename: &str) -> Option<String> {
    (path::base(filename) == DOCKERFILE)
        .then(|| path::join(&[path::dir(filename).as_ref(), "dockerfile"]))
}
