//! What frontends ask the daemon again and again: small files of directories, inputs as states, solved states.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ClientOptions;
use crate::gateway::{Bridge, Error, Ref, Result, SolveRequest};
use crate::image::Platform;
use crate::llb::{
    self, Constraints, Definition, DiffType, Differ, LocalOptions, MarshalOptions, State,
};

/// Name of the ignore file at the root of a context.
pub(super) const IGNORE_FILE: &str = ".dockerignore";

/// Builds `state` for `platform` and gives what the daemon made of it; `None` is the empty file system.
///
/// The daemon builds when the result is used: [`Bridge::evaluate`] builds now.
///
/// # Errors
/// When the graph has no definition, or the daemon refuses it.
pub async fn solve(
    bridge: &dyn Bridge,
    options: &ClientOptions,
    state: &State,
    platform: &Platform,
) -> Result<Option<Ref>> {
    let definition = state
        .marshal(&options.marshal_options(platform))
        .map_err(marshal_error)?;
    let request = SolveRequest {
        cache_imports: options.cache_imports.clone(),
        ..SolveRequest::definition(definition)
    };
    Ok(bridge.solve(request).await?.single()?.cloned())
}

/// The frontend inputs as states: results of other builds that the client links to this one.
///
/// # Errors
/// When the daemon has no inputs for frontends, or one is not a graph.
pub async fn inputs(bridge: &dyn Bridge) -> Result<BTreeMap<String, State>> {
    let mut states = BTreeMap::new();
    for (name, definition) in bridge.inputs().await? {
        states.insert(name, input_state(&definition)?);
    }
    Ok(states)
}

/// The only file system of a result that cannot be empty.
pub(super) fn single(reference: Option<&Ref>) -> Result<&Ref> {
    reference.ok_or_else(|| Error::new("no ref was returned"))
}

/// An input of the frontend as a state.
pub(super) fn input_state(definition: &Definition) -> Result<State> {
    State::from_definition(definition).map_err(|error| Error::new(error.to_string()))
}

/// A graph that has no definition, as an error of the build.
pub(super) fn marshal_error(error: llb::MarshalError) -> Error {
    Error::from(error)
}

/// How an ignore file is loaded.
pub(super) struct IgnoreFileLoad {
    /// Session that offers the directory.
    pub(super) session_id: Option<String>,
    /// Key by which the daemon knows what was sent.
    pub(super) shared_key_hint: String,
    /// Name of the step.
    pub(super) name: String,
    /// Whether it is loaded before it is read.
    pub(super) evaluate: bool,
}

impl IgnoreFileLoad {
    /// That of a main context.
    pub(super) fn main(local: &str, session_id: Option<String>) -> Self {
        IgnoreFileLoad {
            session_id,
            shared_key_hint: format!("{local}-{IGNORE_FILE}"),
            name: format!("[internal] load {IGNORE_FILE}"),
            evaluate: false,
        }
    }

    /// That of the named context `key`.
    pub(super) fn named(key: &str, session_id: Option<String>) -> Self {
        IgnoreFileLoad {
            session_id,
            shared_key_hint: format!("context:{key}-{IGNORE_FILE}"),
            name: format!("[context {key}] load {IGNORE_FILE}"),
            evaluate: true,
        }
    }

    /// Reads `.dockerignore` at the root of a directory of the client; `None` without one.
    pub(super) async fn read(self, bridge: &dyn Bridge, local: &str) -> Result<Option<Arc<[u8]>>> {
        let options = LocalOptions {
            session_id: self.session_id.unwrap_or_default(),
            shared_key_hint: self.shared_key_hint,
            follow_paths: vec![IGNORE_FILE.to_owned()],
            differ: Some(Differ {
                diff_type: DiffType::None,
                required: false,
            }),
            constraints: Constraints::new().custom_name(self.name),
            ..LocalOptions::default()
        };
        let definition = State::local(local, options)
            .marshal(&MarshalOptions::default())
            .map_err(marshal_error)?;
        let request = SolveRequest {
            evaluate: self.evaluate,
            ..SolveRequest::definition(definition)
        };
        let result = bridge.solve(request).await?;
        // Parity: whatever prevents reading it, the file counts as missing.
        let data = match result.single()? {
            Some(reference) => bridge.read_file(reference, IGNORE_FILE, None).await.ok(),
            None => None,
        };
        Ok(data.map(|data| Arc::from(data.as_ref())))
    }
}
