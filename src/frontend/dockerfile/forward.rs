//! Forwarding: a Dockerfile whose syntax line names another frontend is built by that one.

use super::load::LoadedDockerfile;
use super::lock::{ActiveLock, HANDED_OVER, LockRequest, LockedFrontend};
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

/// The frontend to forward to, if any: by its pin, where there is a lock. A build that was forwarded already stays here.
///
/// # Errors
/// When there is a lock that cannot be read, or that does not hold the frontend and is strict.
pub(super) fn target(request: &Request, dockerfile: &LoadedDockerfile) -> Result<Option<Target>> {
    let Some(target) = wanted(request, dockerfile) else {
        return Ok(None);
    };
    let location = target.location;
    target
        .locked(request, dockerfile)
        .map(Some)
        .map_err(|error| match location {
            Some(location) => problem::at(error, dockerfile.info(), &[location]),
            None => error,
        })
}

impl Target {
    fn locked(mut self, request: &Request, dockerfile: &LoadedDockerfile) -> Result<Self> {
        let requested = LockRequest::of(request)?;
        // What makes a lock, or asks about a Dockerfile, does so by what is there.
        if requested.makes_a_lock() || request.get(key::REQUEST_ID).is_some() {
            return Ok(self);
        }
        if let Some(lock) = ActiveLock::find(requested, dockerfile.name(), &dockerfile.lock)? {
            self.image = lock.forwarded(&self.image, self.location)?;
        }
        Ok(self)
    }
}

/// The frontend that the client or the syntax line asks for.
fn wanted(request: &Request, dockerfile: &LoadedDockerfile) -> Option<Target> {
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

/// Lets the frontend of the lock build, which is told that it was called by one that was not.
pub(super) async fn hand_over(
    bridge: &dyn Bridge,
    frontend: &LockedFrontend,
    mut request: Request,
    dockerfile: &LoadedDockerfile,
) -> Result<SolveResult> {
    let opts = &mut request.options.client.all;
    opts.insert(HANDED_OVER.to_owned(), frontend.digest.clone());
    let target = Target {
        image: frontend.image.clone(),
        cmdline: opts.get(key::CMDLINE).unwrap_or(&frontend.image).clone(),
        location: syntax::detect_syntax(dockerfile.data()).map(|found| found.location),
    };
    forward(bridge, target, request, dockerfile).await
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
