//! Handing a build to another frontend image.

use std::collections::BTreeMap;

use super::{Bridge, Result, SolveRequest, SolveResult, gateway_cap};

/// Option that names the frontend image.
pub const OPT_SOURCE: &str = "source";
/// Option that holds the rest of the syntax line.
pub const OPT_CMDLINE: &str = "cmdline";
/// The frontend that runs frontend images.
pub const GATEWAY_FRONTEND: &str = "gateway.v0";

/// Runs the frontend image `source` with these options and this build's inputs, and gives its result.
///
/// `cmdline` is the whole value of the syntax line: image and arguments. A plain forward hands on all of them.
/// The called frontend's error comes back as it is.
pub async fn forward(
    bridge: &dyn Bridge,
    source: &str,
    cmdline: &str,
    opts: BTreeMap<String, String>,
) -> Result<SolveResult> {
    let environment = bridge.environment();
    let mut request = SolveRequest {
        frontend: GATEWAY_FRONTEND.to_owned(),
        frontend_opt: opts,
        ..SolveRequest::default()
    };
    for (key, value) in [(OPT_SOURCE, source), (OPT_CMDLINE, cmdline)] {
        request
            .frontend_opt
            .insert(key.to_owned(), value.to_owned());
    }
    if environment.caps.supports(gateway_cap::FRONTEND_INPUTS) {
        request.frontend_inputs = bridge
            .inputs()
            .await
            .map_err(|error| error.context("failed to get frontend inputs"))?;
    }
    bridge.solve(request).await
}
