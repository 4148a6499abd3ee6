//! A frontend whose build is planned by a script: the script runs in a container while the build is made, and what it
//! prints are the steps. Builds LLB and runs a process; needs no more than `gateway`.
//!
//! ```sh
//! # syntax=registry.example/script-frontend
//! # image=alpine:3.20
//! for module in core net; do
//!     echo "make -C /src/$module >/$module.log"
//! done
//! ```
//!
//! `docker build -f steps.sh --output out .` Each line that the script prints is a step on the image, cached as any
//! other; what it writes to stderr are warnings; when it fails, so does the build.

use std::process::ExitCode;

use dockerfile_llb::gateway::{
    self, Bridge, Error, NewContainer, NewProcess, Ref, Result, SolveRequest, SolveResult,
    WarnRequest,
};
use dockerfile_llb::llb::{
    Constraints, ImageOptions, LocalOptions, MarshalOptions, RunOptions, State,
};

/// Local source in which a client puts the directory of the file that it calls the Dockerfile.
const LOCAL: &str = "dockerfile";

fn main() -> ExitCode {
    gateway::run(build)
}

async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
    let filename = bridge.environment().opts.get("filename");
    let filename = filename.map_or("steps.sh", String::as_str);
    let folder = solve(bridge, &folder(bridge, filename)).await?;
    let script = bridge.read_file(&folder, filename, None).await?;
    let image = image(&String::from_utf8_lossy(&script))?;

    let root = solve(bridge, &image).await?;
    let container = NewContainer::on(&root).mount("/script", &folder);
    let container = bridge.new_container(container).await?;
    let process = NewProcess::args(["/bin/sh", &format!("/script/{filename}")]);
    let finished = container.start(process).await?.finish().await?;
    container.release().await?;

    for line in String::from_utf8_lossy(&finished.stderr).lines() {
        warn(bridge, line).await?;
    }
    finished
        .exit
        .into_result()
        .map_err(|error| error.context(filename))?;

    let mut state = image;
    for step in String::from_utf8_lossy(&finished.stdout).lines() {
        let mut run = RunOptions::args(["/bin/sh", "-ec", step]);
        run.constraints = Constraints::new().custom_name(step);
        state = state.run(run).root();
    }
    Ok(SolveResult::of(Some(solve(bridge, &state).await?)))
}

/// The image that the script names, by a comment before its first command.
fn image(script: &str) -> Result<State> {
    let mut comments = script
        .lines()
        .map_while(|line| line.strip_prefix('#'))
        .map(str::trim);
    let image = comments
        .find_map(|comment| comment.strip_prefix("image="))
        .ok_or_else(|| Error::new("the script must name its image: # image=NAME"))?;
    Ok(State::image(image, ImageOptions::default()))
}

/// The directory of the script, of which only the script is sent.
fn folder(bridge: &dyn Bridge, filename: &str) -> State {
    let mut options = LocalOptions::default();
    options.session_id = bridge.environment().session_id.clone();
    options.shared_key_hint = LOCAL.to_owned();
    options.follow_paths = vec![filename.to_owned()];
    options.constraints = Constraints::new().custom_name(format!("load {filename}"));
    State::local(LOCAL, options)
}

/// What the daemon makes of a state that is not empty.
async fn solve(bridge: &dyn Bridge, state: &State) -> Result<Ref> {
    let definition = state.marshal(&MarshalOptions::default())?;
    let request = SolveRequest::definition(definition);
    let reference = bridge.solve(request).await?.single()?.cloned();
    reference.ok_or_else(|| Error::new("nothing came of a step"))
}

async fn warn(bridge: &dyn Bridge, line: &str) -> Result<()> {
    bridge.warn(WarnRequest::new(line)).await
}
