//! The main context: what a build reads that names nothing else.

use std::sync::Arc;

use super::IgnoreFileError;
use crate::ignore;
use crate::llb::{self, Constraints, LocalOptions};

/// Name of the local source with the main context, and of the input that takes its place.
pub const LOCAL_CONTEXT: &str = "context";

/// An ignore file that was read together with the file that says what to build.
#[derive(Clone, Debug)]
pub struct IgnoreFile {
    /// Its name, for errors: `Dockerfile.dockerignore`.
    pub name: String,
    /// Its bytes.
    pub data: Arc<[u8]>,
}

impl IgnoreFile {
    /// Its patterns.
    ///
    /// # Errors
    /// When a line is too long; the text names the file.
    pub(crate) fn patterns(&self) -> Result<Vec<String>, IgnoreFileError> {
        ignore::read_patterns(&self.data).map_err(|error| IgnoreFileError {
            name: self.name.clone(),
            error,
        })
    }
}

/// Where a build reads that says no more than "the context".
#[derive(Clone, Debug)]
pub enum MainContext {
    /// A directory that the client sends.
    Local {
        /// Name of the local source, `context` unless the client says otherwise.
        name: String,
        /// Session that offers it; `None` leaves it out of the op, so that any client can solve it.
        session_id: Option<String>,
        /// The ignore file beside the file that says what to build (`Dockerfile.dockerignore`); without it
        /// the `.dockerignore` at the root of the context counts.
        ignore_file: Option<IgnoreFile>,
    },
    /// A source or an input that is not a directory of the client: git, HTTP, another build's result.
    State(llb::State),
}

impl Default for MainContext {
    fn default() -> Self {
        MainContext::Local {
            name: LOCAL_CONTEXT.into(),
            session_id: None,
            ignore_file: None,
        }
    }
}

impl MainContext {
    /// The files. Of a directory of the client those are left out that match `exclude_patterns`, and sent are
    /// only `follow_paths`, where there are any; both change nothing of another source.
    pub fn state(&self, exclude_patterns: Vec<String>, follow_paths: Vec<String>) -> llb::State {
        match self {
            MainContext::State(state) => state.clone(),
            MainContext::Local {
                name, session_id, ..
            } => {
                let options = LocalOptions {
                    session_id: session_id.clone().unwrap_or_default(),
                    shared_key_hint: name.clone(),
                    exclude_patterns,
                    follow_paths,
                    constraints: Constraints::new().custom_name("[internal] load build context"),
                    ..Default::default()
                };
                llb::State::local(name, options)
            }
        }
    }
}
