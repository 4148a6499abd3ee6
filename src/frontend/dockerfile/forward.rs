//! Forwarding: a Dockerfile whose syntax line names another frontend is built by that one.

use super::load::LoadedDockerfile;
use super::options::{Request, key};
use super::problem;
use crate::gateway::{self, Bridge, Result, SolveResult};
use crate::source::LineRange;
use crate::syntax;

/// Another frontend, and who asks for it.
pub(super) struct Target {
    /// Image of the frontend.
    image: String,
    /// The whole value of the option or syntax line; the frontend gets it as `cmdline`.
    cmdline: String,
    /// Place of the syntax line; `None` when an option asks.
    location: Option<LineRange>,
}

/// The frontend to forward to, if any. A build that was forwarded already stays here.
pub(super) fn target(request: &Request, dockerfile: &LoadedDockerfile) -> Option<Target> {
    if request.get(key::CMDLINE).is_some() {
        return None;
    }
    if let Some(cmdline) = request.get(key::SYNTAX) {
        let image = crate::go::text::trim_space(cmdline)
            .split(' ')
            .next()
            .unwrap_or("");
        return Some(Target {
            image: image.to_owned(),
            cmdline: cmdline.to_owned(),
            location: None,
        });
    }
    let found = syntax::detect_syntax(dockerfile.data())?;
    Some(Target {
        image: found.value.into_string(),
        cmdline: found.full.into_string(),
        location: Some(found.location),
    })
}

/// Lets the other frontend build. An error that has no place of its own gets that of the syntax line.
pub(super) async fn forward(
    bridge: &dyn Bridge,
    target: Target,
    request: Request,
    dockerfile: &LoadedDockerfile,
) -> Result<SolveResult> {
    let opts = request.options.client.all;
    let error = match gateway::forward(bridge, &target.image, &target.cmdline, opts).await {
        Ok(result) => return Ok(result),
        Err(error) if !error.sources().is_empty() => return Err(error),
        Err(error) => error,
    };
    Err(match target.location {
        Some(location) => problem::at(error, dockerfile.info(), &[location]),
        None => error.context(format!("failed with {} = {}", key::SYNTAX, target.cmdline)),
    })
}
