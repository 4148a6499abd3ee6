//! Forwarding: a Dockerfile whose syntax line names another frontend is built by that one.

use std::collections::BTreeMap;

use super::dockerfile::LoadedDockerfile;
use super::options::{Request, key};
use super::problem;
use crate::gateway::{Bridge, Error, Result, SolveRequest, SolveResult, gateway_cap};
use crate::source::LineRange;
use crate::syntax;

/// The frontend that runs other frontends.
const GATEWAY: &str = "gateway.v0";

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
        let image = crate::go::text::trim_space(cmdline).split(' ').next().unwrap_or("");
        return Some(Target { image: image.to_owned(), cmdline: cmdline.to_owned(), location: None });
    }
    let found = syntax::detect_syntax(dockerfile.data())?;
    Some(Target { image: found.value, cmdline: found.full, location: Some(found.location) })
}

/// Lets the other frontend build. An error that has no place of its own gets that of the syntax line.
pub(super) async fn forward(
    bridge: &dyn Bridge,
    request: &Request,
    target: Target,
    dockerfile: &LoadedDockerfile,
) -> Result<SolveResult> {
    let error = match solve(bridge, request, &target).await {
        Ok(result) => return Ok(result),
        Err(error) if !error.sources().is_empty() => return Err(error),
        Err(error) => error,
    };
    Err(match target.location {
        Some(location) => problem::at(error, dockerfile.info(), &[location]),
        None => error.context(format!("failed with {} = {}", key::SYNTAX, target.cmdline)),
    })
}

async fn solve(bridge: &dyn Bridge, request: &Request, target: &Target) -> Result<SolveResult> {
    let mut frontend_opt = request.opts.clone();
    frontend_opt.insert(key::CMDLINE.to_owned(), target.cmdline.clone());
    frontend_opt.insert(key::SOURCE.to_owned(), target.image.clone());
    let frontend_inputs = match bridge.environment().caps.supports(gateway_cap::FRONTEND_INPUTS) {
        Ok(()) => inputs(bridge).await?,
        Err(_) => BTreeMap::new(),
    };
    let request = SolveRequest { frontend: GATEWAY.to_owned(), frontend_opt, frontend_inputs, ..SolveRequest::default() };
    bridge.solve(request).await
}

async fn inputs(bridge: &dyn Bridge) -> Result<BTreeMap<String, crate::pb::ops::Definition>> {
    bridge.inputs().await.map_err(|error: Error| error.context("failed to get frontend inputs"))
}
