//! A frontend around another one: it lets a frontend image do the work and changes what comes of it, here by a label
//! on every image.
//!
//! ```text
//! docker build --build-arg BUILDKIT_SYNTAX=registry.example/wrapper --build-arg WRAPPED=docker/dockerfile:1 .
//! ```
//!
//! The other frontend is called as a plain client calls it, so a syntax line in the Dockerfile still counts.

use std::process::ExitCode;

use dockerfile_llb::gateway::{
    self, Bridge, Error, GATEWAY_FRONTEND, OPT_CMDLINE, OPT_SOURCE, Result, SolveRequest,
    SolveResult,
};
use serde_json::{Value, json};

/// The build argument that names the other frontend.
const WRAPPED: &str = "build-arg:WRAPPED";
/// What brought the build here, and must not do so again.
const OWN_OPTIONS: [&str; 4] = [
    WRAPPED,
    OPT_CMDLINE,
    OPT_SOURCE,
    "build-arg:BUILDKIT_SYNTAX",
];
/// Start of the metadata keys that hold an image config; that of a platform follows.
const IMAGE_CONFIG: &str = "containerimage.config";

fn main() -> ExitCode {
    gateway::run(build)
}

async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
    let environment = bridge.environment();
    let wrapped = environment
        .opts
        .get(WRAPPED)
        .ok_or_else(|| Error::new("--build-arg WRAPPED=IMAGE must name the frontend to call"))?;
    let mut request = SolveRequest::frontend(GATEWAY_FRONTEND, environment.opts.clone());
    for key in OWN_OPTIONS {
        request.frontend_opt.remove(key);
    }
    request
        .frontend_opt
        .insert(OPT_SOURCE.to_owned(), wrapped.clone());
    if environment.caps.supports("frontend.inputs") {
        request.frontend_inputs = bridge.inputs().await?;
    }

    let mut result = bridge.solve(request).await?;
    for (key, config) in &mut result.metadata {
        if key.starts_with(IMAGE_CONFIG) {
            label(config, wrapped);
        }
    }
    Ok(result)
}

/// Says in the image config which frontend made the image; what is not such a config stays as it is.
fn label(config: &mut Vec<u8>, wrapped: &str) {
    let Ok(mut value) = serde_json::from_slice::<Value>(config) else {
        return;
    };
    let Some(settings) = value.get_mut("config").and_then(Value::as_object_mut) else {
        return;
    };
    let labels = settings.entry("Labels").or_insert(Value::Null);
    if labels.is_null() {
        *labels = json!({});
    }
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("org.example.frontend".to_owned(), json!(wrapped));
    }
    *config = value.to_string().into_bytes();
}
