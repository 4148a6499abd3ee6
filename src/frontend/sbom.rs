//! Scans for a bill of materials: the scanner image, run over what was built.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ClientOptions;
use super::Sbom;
use super::daemon::marshal_error;
use crate::collect::CollectSmall as _;
use crate::gateway::{Attestation, AttestationKind, Bridge, Error, Result, SolveRequest};
use crate::image::Platform;
use crate::llb::{
    Constraints, FileAction, ImageOptions, MarshalOptions, MkdirOptions, Mount, RunOptions, State,
};
use crate::options::key;
use crate::pb::gateway::ResolveImageConfigRequest;

/// Name of the scan of the result itself.
const CORE: &str = "sbom";

/// Where the scanner finds what to scan.
const SOURCE: &str = "/run/src/core/sbom";
const EXTRAS: &str = "/run/src/extras";

/// Where the scanner leaves its findings.
const DESTINATION: &str = "/run/out/";

/// Predicate type of an SPDX document.
const SPDX: &str = "https://spdx.dev/Document";

/// A scanner image, resolved: what runs over a result when the client wants a bill of materials
/// ([`ClientOptions::sbom`]).
#[derive(Clone, Debug)]
pub struct Scanner {
    image: String,
    platform: Platform,
    args: Vec<String>,
    dir: String,
    env: Vec<(String, String)>,
}

/// What is scanned.
#[derive(Clone, Debug)]
pub struct ScanTarget<'s> {
    /// Id of the platform, for the step's name.
    pub platform: &'s str,
    /// The result.
    pub state: &'s State,
    /// What the scanner should look at beside the result, by name: contexts, earlier stages.
    pub extras: &'s BTreeMap<String, State>,
    /// Whether the scan, too, must not use the cache.
    pub ignore_cache: bool,
}

/// The part of an image config that says how to run it.
#[derive(Default, Deserialize)]
struct Config {
    #[serde(default, rename = "Entrypoint")]
    entrypoint: Option<Vec<String>>,
    #[serde(default, rename = "Cmd")]
    cmd: Option<Vec<String>>,
    #[serde(default, rename = "Env")]
    env: Option<Vec<String>>,
    #[serde(default, rename = "WorkingDir")]
    working_dir: Option<String>,
}

#[derive(Deserialize)]
struct Image {
    #[serde(default)]
    config: Option<Config>,
}

impl Scanner {
    /// Finds out how to run the scanner that the client asks for; it runs on the build platform.
    ///
    /// # Errors
    /// When the image cannot be resolved, or says no command.
    pub async fn resolve(
        bridge: &dyn Bridge,
        options: &ClientOptions,
        sbom: &Sbom,
    ) -> Result<Scanner> {
        let platform = options.build_platform.clone();
        let answer = bridge
            .resolve_image_config(ResolveImageConfigRequest {
                r#ref: sbom.generator.clone(),
                platform: Some((&platform).into()),
                resolve_mode: options
                    .get(key::IMAGE_RESOLVE_MODE)
                    .unwrap_or("")
                    .to_owned(),
                ..ResolveImageConfigRequest::default()
            })
            .await?;
        let image: Image = serde_json::from_slice(&answer.config)
            .map_err(|error| Error::new(error.to_string()))?;
        let config = image.config.unwrap_or_default();
        let args: Vec<String> = [config.entrypoint, config.cmd]
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        if args.is_empty() {
            return Err(Error::new(format!(
                "scanner {} does not have cmd",
                answer.r#ref
            )));
        }
        let mut env: Vec<(String, String)> = config
            .env
            .unwrap_or_default()
            .iter()
            .map(|pair| split(pair))
            .collect();
        env.push(("BUILDKIT_SCAN_DESTINATION".into(), DESTINATION.into()));
        env.push(("BUILDKIT_SCAN_SOURCE".into(), SOURCE.into()));
        env.push(("BUILDKIT_SCAN_SOURCE_EXTRAS".into(), EXTRAS.into()));
        env.extend(
            sbom.parameters
                .iter()
                .map(|(key, value)| (format!("BUILDKIT_SCAN_{key}"), value.clone())),
        );
        Ok(Scanner {
            image: answer.r#ref,
            platform,
            args,
            dir: config.working_dir.unwrap_or_default(),
            env,
        })
    }

    /// Scans a result; what comes is to be attached to its platform.
    ///
    /// # Errors
    /// When the scan cannot be built.
    pub async fn scan(&self, bridge: &dyn Bridge, target: &ScanTarget<'_>) -> Result<Attestation> {
        let definition = self
            .state(target)
            .marshal(&MarshalOptions::default())
            .map_err(marshal_error)?;
        let result = bridge.solve(SolveRequest::definition(definition)).await?;
        Ok(Attestation {
            kind: AttestationKind::Bundle,
            metadata: [("reason", "sbom"), ("sbom-core", CORE)]
                .map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()))
                .into_iter()
                .collect_small(),
            reference: result.single()?.cloned(),
            predicate_type: SPDX.to_owned(),
            ..Attestation::default()
        })
    }

    /// The directory with the scanner's findings.
    fn state(&self, target: &ScanTarget<'_>) -> State {
        let constraints = Constraints::new().platform(self.platform.clone());
        let image = State::image(
            &self.image,
            ImageOptions {
                constraints,
                ..ImageOptions::default()
            },
        );
        let extras = target.extras;
        let mut mounts = vec![
            self.temporary(&image),
            Mount::bind(SOURCE, target.state).readonly(),
        ];
        mounts.extend(
            extras.iter().map(|(name, state)| {
                Mount::bind(format!("{EXTRAS}/{CORE}-{name}"), state).readonly()
            }),
        );
        mounts.push(Mount::bind(DESTINATION, &State::scratch()));
        let has_extras = !extras.is_empty();
        let env = self
            .env
            .iter()
            .filter(|(key, _)| has_extras || key != "BUILDKIT_SCAN_SOURCE_EXTRAS");
        let run = RunOptions {
            mounts,
            env: env.cloned().collect(),
            dir: Some(self.dir.clone()),
            constraints: Constraints::new()
                .custom_name(format!(
                    "[{}] generating sbom using {}",
                    target.platform, self.image
                ))
                .ignore_cache(target.ignore_cache),
            ..RunOptions::args(self.args.iter().cloned())
        };
        image.run(run).mount(DESTINATION).unwrap_or_default()
    }

    fn temporary(&self, image: &State) -> Mount {
        if self.platform.os != "windows" {
            return Mount::tmpfs("/tmp", 0);
        }
        let options = MkdirOptions {
            make_parents: true,
            ..MkdirOptions::default()
        };
        let directory = image.file(
            FileAction::new().mkdir("/tmp", 0o777, options),
            Constraints::new(),
        );
        Mount::bind("/tmp", &directory).selector("/tmp").no_output()
    }
}

fn split(pair: &str) -> (String, String) {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    (key.to_owned(), value.to_owned())
}
