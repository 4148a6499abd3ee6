//! What a lock is for, as options of compilations, and what these are given besides sources.

use std::collections::BTreeMap;

use super::{Collected, SESSION};
use crate::compile::Options;
use crate::go::text::to_lower;
use crate::image::Platform;
use crate::llb::{CapSupport, Definition, NetMode, SourceMap};
use crate::lock::hermetic::doors;
use crate::lock::model::Inputs;
use crate::options::ClientOptions;

/// The platforms of `inputs`, or `host`.
pub fn platforms_of(inputs: &Inputs, host: &Platform) -> Vec<Platform> {
    let platforms: Vec<Platform> = inputs
        .platforms
        .iter()
        .filter_map(|text| Platform::parse(text, host).ok())
        .collect();
    if platforms.is_empty() {
        vec![host.clone()]
    } else {
        platforms
    }
}

pub(super) fn options(
    inputs: &Inputs,
    target: &str,
    args: &BTreeMap<String, String>,
    platform: &Platform,
    builder: &Platform,
    map: &SourceMap,
) -> Options {
    let client = ClientOptions {
        build_args: args.clone(),
        target: target.to_owned(),
        build_platform: builder.clone(),
        contexts: inputs.contexts.clone(),
        session_id: Some(SESSION.to_owned()),
        caps: CapSupport::All,
        ..ClientOptions::default()
    };
    Options {
        target_platform: Some(platform.clone()),
        main_context: super::context::main(inputs),
        lint: Some(crate::lint::Config::default()),
        source_map: Some(map.clone()),
        ..client.into()
    }
}

/// What a hermetic build makes of options: no network, no caches that other builds fill, and one spelling of the target,
/// which steps can read.
pub fn close(options: &mut Options) {
    options.client.target = to_lower(&options.client.target).into_owned();
    options.client.network = NetMode::None;
    options.hermetic = true;
}

impl Collected {
    /// Adds what the steps of a compiled Dockerfile are given besides files.
    pub(crate) fn add_steps(&mut self, definition: &Definition) {
        for (exec, lines) in definition.steps().unwrap_or_default() {
            let given = self.steps.entry(lines.unwrap_or_default()).or_default();
            given.extend(doors(&exec));
        }
    }
}
