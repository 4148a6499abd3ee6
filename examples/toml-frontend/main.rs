//! A frontend for a small language of its own: images of a base, packages, files and settings, in TOML.
//!
//! ```toml
//! # syntax=registry.example/toml-frontend
//! from = "debian:bookworm"
//! packages = ["ca-certificates"]
//! files = { "/app/" = "bin/*" }
//! env = { LANG = "C.UTF-8" }
//! entrypoint = ["/app/server"]
//! ```
//!
//! `docker build -f image.toml .` builds it, for every `--platform`. Bases are images or named contexts
//! (`--build-context`, a linked target of bake), files come from the main context without what is ignored, and a
//! mistake is shown with its line. The frontend's image says that it can do so by its label
//! `moby.buildkit.frontend.caps=moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use dockerfile_llb::frontend::{
    BuildFile, BuildSource, ClientOptions, Contexts, LoadedFile, PlatformResult, build_platforms,
    solve,
};
use dockerfile_llb::gateway::{self, Bridge, Error, Result, SolveResult};
use dockerfile_llb::image::{ImageConfig, Platform};
use dockerfile_llb::llb::{Constraints, CopyOptions, FileAction, State};
use serde::Deserialize;

/// Installs its arguments with the package manager that the base has.
const INSTALL: &str = r#"
if command -v apk >/dev/null; then exec apk add --no-cache "$@"; fi
apt-get update && exec apt-get install --yes --no-install-recommends "$@"
"#;

/// What a file may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    from: String,
    #[serde(default)]
    packages: Vec<String>,
    /// Destination to source; a pattern is allowed.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    entrypoint: Vec<String>,
}

fn main() -> ExitCode {
    gateway::run(build)
}

async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
    let options = ClientOptions::read(bridge.environment())?;
    options.frontend_caps().require()?;
    let file = BuildFile::new("image.toml", "TOML");
    let source = BuildSource::open(bridge, &options, &file).await?;
    let recipe = Recipe::read(&source.file)?;
    let context = source.context_state(bridge).await?;
    build_platforms(&options, async |platform| {
        let base = Contexts::new(bridge, &options)
            .base(&recipe.from, platform)
            .await?;
        let state = recipe.state(base.state_with_config()?, &context, &options);
        let reference = solve(bridge, &options, &state, platform).await?;
        let image = recipe.image(base.image, platform);
        Ok(PlatformResult::new(platform, reference).with_image(image))
    })
    .await
}

impl Recipe {
    fn read(file: &LoadedFile) -> Result<Self> {
        let text =
            std::str::from_utf8(file.data()).map_err(|error| Error::new(error.to_string()))?;
        toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| file.line_at(span.start));
            file.error(Error::new(error.message()), line)
        })
    }

    /// The base with everything on it.
    fn state(&self, base: State, context: &State, options: &ClientOptions) -> State {
        let mut state = base;
        if !self.packages.is_empty() {
            let mut args = vec!["/bin/sh", "-ec", INSTALL, "install"];
            args.extend(self.packages.iter().map(String::as_str));
            let name = format!("install {}", self.packages.join(", "));
            let mut install = options.run(args);
            install.user = Some("0".to_owned());
            install.constraints = Constraints::new()
                .custom_name(name)
                .ignore_cache(options.no_cache.covers("packages"));
            state = state.run(install).root();
        }
        for (to, from) in &self.files {
            let mut copy = CopyOptions::default();
            copy.create_dest_path = true;
            copy.allow_wildcard = true;
            let name = Constraints::new().custom_name(format!("copy {from} to {to}"));
            state = state.file(FileAction::new().copy(context, from, to, copy), name);
        }
        state
    }

    /// The base's settings with those of the file on top.
    fn image(&self, base: Option<ImageConfig>, platform: &Platform) -> ImageConfig {
        let mut image = base.unwrap_or_else(|| ImageConfig::empty(platform));
        let env = &mut image.config.env;
        for (name, value) in &self.env {
            env.retain(|pair| pair.split('=').next() != Some(name));
            env.push(format!("{name}={value}"));
        }
        if !self.entrypoint.is_empty() {
            let words = self.entrypoint.iter().map(|word| word.as_str().into());
            image.config.entrypoint = words.collect();
            image.config.cmd.clear();
        }
        image
    }
}
