//! The main context, where a lock outside it can hold it: a git repository, a file on the web.

use super::{Collected, Problem, SESSION};
use crate::compile::{ErrorCode, MainContext, RemoteSource};
use crate::llb::{Constraints, HttpOptions, State};
use crate::lock::model::Inputs;
use crate::remote::{self, is_http_context};

/// Name of the context that a client sends.
const LOCAL: &str = "context";

/// The main context as the compiler takes it.
pub(super) fn main(inputs: &Inputs) -> MainContext {
    match inputs.context.as_deref().and_then(state) {
        Some(state) => MainContext::State(state),
        None => MainContext::Local {
            name: LOCAL.to_owned(),
            session_id: Some(SESSION.to_owned()),
            ignore_file: None,
        },
    }
}

/// What is behind a URL; `None` where it is not a remote context.
fn state(spec: &str) -> Option<State> {
    if let Some(git) = remote::detect_git_context(spec) {
        return Some(git.ok()?.state(Constraints::new()));
    }
    is_http_context(spec).then(|| State::http(spec, HttpOptions::default()))
}

impl Collected {
    /// Adds the main context, whether an instruction takes something of it or not: the Dockerfile itself may
    /// come from there.
    pub(super) fn add_context(&mut self, inputs: &Inputs) {
        let Some(spec) = &inputs.context else {
            return;
        };
        match RemoteSource::of_context(spec) {
            Some(source) => self.add_remote(&source, "", None),
            None => drop(self.problems.insert(Problem {
                code: ErrorCode::InvalidNamedContext,
                message: format!("the context `{spec}` is neither a git repository nor a URL"),
                location: None,
            })),
        }
    }
}
