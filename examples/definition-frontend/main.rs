//! A frontend that builds no Dockerfile but a graph that was made before: the output of
//! `rdf compile --format pb -o build.pb --image-config build.pb.json`.
//!
//! ```text
//! docker build --build-arg BUILDKIT_SYNTAX=registry.example/definition-frontend -f build.pb .
//! ```
//!
//! The file that a build calls its Dockerfile is the definition; the image config is read from the file of the same
//! name with `.json` behind it, and a build without one has no config. Nothing is compiled when the build runs, so
//! what was looked at before, or signed, or changed by another program is what is built.

use std::process::ExitCode;

use dockerfile_llb::gateway::{self, Bridge, Error, Ref, Result, SolveRequest, SolveResult};
use dockerfile_llb::llb::{Constraints, Definition, LocalOptions, MarshalOptions, State};

/// Local source in which a client puts the directory of the file that it calls the Dockerfile.
const LOCAL: &str = "dockerfile";
/// Where exporters look for the image config.
const IMAGE_CONFIG: &str = "containerimage.config";

fn main() -> ExitCode {
    gateway::run(build)
}

async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
    let filename = bridge.environment().opts.get("filename");
    let filename = filename.map_or("build.pb", String::as_str);
    let config_name = format!("{filename}.json");

    let files = load(bridge, [filename, &config_name]).await?;
    let bytes = bridge.read_file(&files, filename, None).await?;
    let definition = Definition::decode(&bytes)
        .map_err(|error| Error::new(format!("{filename} is not a valid definition: {error}")))?;
    let config = bridge.read_file(&files, &config_name, None).await.ok();

    let mut result = bridge.solve(SolveRequest::definition(definition)).await?;
    if let Some(config) = config {
        result
            .metadata
            .insert(IMAGE_CONFIG.to_owned(), config.to_vec());
    }
    Ok(result)
}

/// Fetches these files from the client.
async fn load(bridge: &dyn Bridge, names: [&str; 2]) -> Result<Ref> {
    let mut options = LocalOptions::default();
    options.session_id = bridge.environment().session_id.clone();
    options.shared_key_hint = LOCAL.to_owned();
    options.follow_paths = names.map(str::to_owned).to_vec();
    options.constraints = Constraints::new().custom_name("load the definition");
    let definition = State::local(LOCAL, options)
        .marshal(&MarshalOptions::default())
        .map_err(|error| Error::new(error.to_string()))?;
    let request = SolveRequest::definition(definition);
    let files = bridge.solve(request).await?.single()?.cloned();
    files.ok_or_else(|| Error::new("the client sent no files"))
}
