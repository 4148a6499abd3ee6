//! Sources that a lock does not answer for: those of the main context, unless the lock names it, and those of
//! other builds' results, which the locks of those builds hold.

use std::collections::BTreeSet;

use super::InForce;
use crate::compile::{MainContext, Options};
use crate::frontend::dockerfile::resolve::input_state;
use crate::gateway::{Bridge, Result};
use crate::llb::{MarshalOptions, SourceDescription, State};

/// How clients name another build's result.
const INPUT: &str = "input:";

/// The sources that are left alone.
#[derive(Clone, Debug, Default)]
pub(in crate::frontend::dockerfile) struct Exempt(BTreeSet<SourceDescription>);

impl Exempt {
    /// What `lock` does not answer for in a build with `options`.
    pub(in crate::frontend::dockerfile) async fn find(
        bridge: &dyn Bridge,
        options: &Options,
        lock: &InForce,
    ) -> Result<Self> {
        let mut exempt = Exempt::default();
        if !lock.holds_context() {
            exempt.0.extend(main_context(options));
        }
        if options
            .client
            .contexts
            .values()
            .any(|spec| spec.starts_with(INPUT))
        {
            for definition in bridge.inputs().await?.values() {
                exempt.0.extend(sources(&input_state(definition)?));
            }
        }
        Ok(exempt)
    }

    pub(super) fn has(&self, source: &SourceDescription) -> bool {
        self.0.contains(source)
    }
}

/// The sources of the main context; none where it is a directory.
pub(super) fn main_context(options: &Options) -> Vec<SourceDescription> {
    match &options.main_context {
        MainContext::State(state) => sources(state),
        MainContext::Local { .. } => Vec::new(),
    }
}

fn sources(state: &State) -> Vec<SourceDescription> {
    let definition = state.marshal(&MarshalOptions::default()).ok();
    definition
        .and_then(|definition| definition.sources().ok())
        .unwrap_or_default()
}
