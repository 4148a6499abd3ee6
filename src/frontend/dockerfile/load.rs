//! Loading the Dockerfile, with the ignore file and the lock beside it.

use std::sync::Arc;

use super::lock::{self, Found, FoundLock, LockRequest, StorePlace, lock_name};
use super::options::{Request, key};
use crate::frontend::beside::Beside;
use crate::frontend::context::BuildContext;
use crate::frontend::{BuildFile, LoadedFile};
use crate::gateway::{Bridge, Result};
use crate::go::path;
use crate::llb::SourceInfo;
use crate::llb::SourceMap;
use crate::lock::Mode;

/// The Dockerfile's usual name.
const DOCKERFILE: &str = "Dockerfile";

/// The same as some write it.
const LOWER_CASE: &str = "dockerfile";

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
    /// The lock, or what is in its place.
    pub(super) lock: Found,
    /// A lock that does not count.
    pub(super) other_lock: Option<OtherLock>,
    /// Where the lock's store is.
    pub(super) store: StorePlace,
}

/// A lock that a build does not obey, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OtherLock {
    /// In the main context, and the Dockerfile is not from there.
    InContext(String),
    /// Beside the Dockerfile, where the client brings another.
    Beside(String),
}

impl OtherLock {
    /// What the user is told.
    pub(super) fn message(&self) -> String {
        match self {
            OtherLock::InContext(name) => format!(
                "the context has a {name}, and the Dockerfile is not from there: the lock is not used (give it \
                 with `--build-context rdf-lock=DIR`)"
            ),
            OtherLock::Beside(name) => format!(
                "this build uses the {name} of `--build-context rdf-lock=…`, and not the one beside the Dockerfile, which \
                 differs (`rdf lock --record` proves a new lock in this way)"
            ),
        }
    }
}

impl LoadedDockerfile {
    /// Finds out what the client wants to build and loads its Dockerfile. The request is told the main context
    /// and the source map.
    pub(super) async fn open(bridge: &dyn Bridge, request: &mut Request) -> Result<Self> {
        let is_off = LockRequest::of(request)? == LockRequest::Mode(Mode::Off);
        let with_lock = BuildFile {
            beside: wanted_beside,
            ..build_file()
        };
        let client = &request.options.client;
        let mut context = BuildContext::detect(bridge, client, &with_lock).await?;
        let name = context.filename.clone();
        let outside = match lock::from_context(bridge, request, &name).await {
            Ok(outside) => outside,
            // What is not obeyed is no reason to fail.
            Err(error) if is_off => Found::Unreadable {
                name: lock_name(&name),
                why: error.message().to_owned(),
            },
            Err(error) => return Err(error),
        };
        if let Some(pin) = lock::context_pin(request, &name, &outside)? {
            context.pin(client, &pin);
        }
        let file = LoadedFile::load(bridge, client, &with_lock, &mut context).await?;
        // Of two locks the one beside the Dockerfile does not count.
        let (lock, passed_over) = match (outside, beside(&file)) {
            (Found::Nothing, own) => (own, None),
            (outside, Found::Nothing) => (outside, None),
            (outside, own) => {
                let bytes = |found: &Found| found.lock().map(|lock| lock.bytes.clone());
                let differs = bytes(&outside) != bytes(&own);
                (
                    outside,
                    differs.then(|| OtherLock::Beside(lock_name(&name))),
                )
            }
        };
        let local = match &lock {
            Found::Lock(found) => found.local.clone(),
            Found::Nothing | Found::Unreadable { .. } => None,
        };
        let store = match (local, &context.file) {
            (Some(local), _) => StorePlace::new(None, local, path::base(&name)),
            (None, state) => StorePlace::new(state.clone(), context.file_local.clone(), &name),
        };
        let context = context.main_context(client, file.ignore_file.clone());
        request.options.main_context = context;
        request.options.source_map = Some(file.source_map.clone());
        let asks = is_off || request.get(key::REQUEST_ID).is_some();
        let other_lock = match lock {
            Found::Nothing if !asks => {
                let found = lock::in_context(bridge, request, &name).await?;
                found.map(OtherLock::InContext)
            }
            _ => passed_over,
        };
        Ok(LoadedDockerfile {
            file,
            lock,
            other_lock,
            store,
        })
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

/// What is looked for beside a Dockerfile: its lock, then, for a name that some write in lower case, the lock of the
/// other spelling and the file of that.
fn wanted_beside(name: &str) -> Vec<String> {
    let other = other_spelling(name);
    let others = other.into_iter().flat_map(|name| [lock_name(&name), name]);
    [lock_name(name)].into_iter().chain(others).collect()
}

/// The lock beside a Dockerfile.
fn beside(file: &LoadedFile) -> Found {
    let found = |name: &str, beside: &Beside| match beside {
        Beside::Missing => Found::Nothing,
        Beside::File(bytes) => Found::Lock(FoundLock {
            bytes: bytes.clone(),
            outside: false,
            local: None,
        }),
        Beside::Unreadable(why) => Found::Unreadable {
            name: lock_name(name),
            why: why.clone(),
        },
    };
    let name = file.name();
    match (file.beside.as_slice(), other_spelling(name)) {
        ([Beside::Missing, lock, other_file], Some(other)) if *lock != Beside::Missing => {
            let is_read = file.listing.get(path::base(name)).is_none();
            match (is_read, other_file) {
                // The file that was read is the one of the other spelling.
                (true, _) => found(&other, lock),
                (false, Beside::Missing) => Found::Unreadable {
                    name: lock_name(&other),
                    why: format!(
                        "it is for a file `{other}`, and the Dockerfile is `{name}`: rename one of them"
                    ),
                },
                (false, _) => Found::Nothing,
            }
        }
        ([lock, ..], _) => found(name, lock),
        ([], _) => Found::Nothing,
    }
}

/// `dockerfile` for `Dockerfile` and the other way round, in the same directory; `None` for other names.
fn other_spelling(filename: &str) -> Option<String> {
    let other = match path::base(filename) {
        DOCKERFILE => LOWER_CASE,
        LOWER_CASE => DOCKERFILE,
        _ => return None,
    };
    Some(path::join(&[path::dir(filename).as_ref(), other]))
}

/// `Dockerfile` in lower case, in the same directory; `None` for other names.
fn lower_case_name(filename: &str) -> Option<String> {
    (path::base(filename) == DOCKERFILE)
        .then(|| path::join(&[path::dir(filename).as_ref(), LOWER_CASE]))
}
