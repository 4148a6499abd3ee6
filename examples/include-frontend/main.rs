//! A frontend around Dockerfiles that adds an instruction: it reads a Dockerfile, changes it, and lowers what comes of
//! it with the compiler of this library.
//!
//! ```dockerfile
//! # syntax=registry.example/include-frontend
//! FROM alpine:3.20
//! INCLUDE ci/tools.Dockerfile
//! ```
//!
//! `INCLUDE path` stands for the lines of a file of the main context; included files include further ones. All else is
//! as Dockerfiles have it: options, named contexts, platforms, errors with a code frame of the file that was made.

use std::process::ExitCode;

use dockerfile_llb::compile::{self, Source};
use dockerfile_llb::frontend::dockerfile::{self, platform_result};
use dockerfile_llb::frontend::{BuildSource, ClientOptions, build_platforms, solve};
use dockerfile_llb::gateway::{self, Bridge, Error, Ref, Result, SolveRequest, SolveResult};

/// How often an included file may include another.
const MAX_DEPTH: usize = 10;

fn main() -> ExitCode {
    gateway::run(build)
}

async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
    let options = ClientOptions::read(bridge.environment())?;
    options.frontend_caps().require()?;
    let source = BuildSource::open(bridge, &options, &dockerfile::build_file()).await?;
    let context = source.context_state(bridge).await?;
    let context = solve(bridge, &options, &context, &options.build_platform).await?;
    let text = String::from_utf8_lossy(source.file.data()).into_owned();
    let text = included(bridge, context.as_ref(), text).await?;
    let file = source.file.with_data(text.into_bytes());
    let dockerfile = Source::new(file.data());
    build_platforms(&options, async |platform| {
        let mut options_here = compile::Options::from(options.clone());
        options_here.target_platform = options.platforms.first().map(|_| platform.clone());
        options_here.main_context = source.context.clone();
        options_here.source_map = Some(file.source_map.clone());
        let compiled = dockerfile::compile(bridge, &dockerfile, &options_here).await;
        let failed = |error| dockerfile::located(error, file.info());
        let lowered = compiled.result.map_err(failed)?;
        let definition = lowered.definition().map_err(failed)?;
        let mut request = SolveRequest::definition(definition);
        request.cache_imports = options.cache_imports.clone();
        let reference = bridge.solve(request).await?.single()?.cloned();
        Ok(platform_result(platform, lowered, reference))
    })
    .await
}

/// `text` with the files in the place of the lines that include them.
async fn included(bridge: &dyn Bridge, context: Option<&Ref>, text: String) -> Result<String> {
    let mut text = text;
    for _ in 0..MAX_DEPTH {
        let mut found = false;
        let mut lines = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let Some(path) = line.strip_prefix("INCLUDE ").map(str::trim) else {
                lines.push_str(line);
                continue;
            };
            found = true;
            let files = context.ok_or_else(|| Error::new("INCLUDE needs a context"))?;
            let data = bridge.read_file(files, path, None).await;
            let data = data.map_err(|error| error.context(format!("INCLUDE {path}")))?;
            lines.push_str(&String::from_utf8_lossy(&data));
            if !lines.ends_with('\n') {
                lines.push('\n');
            }
        }
        text = lines;
        if !found {
            return Ok(text);
        }
    }
    Err(Error::new(format!("INCLUDE: more than {MAX_DEPTH} levels")))
}
