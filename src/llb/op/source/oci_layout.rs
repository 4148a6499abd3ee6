//! OCI layouts of the client.

use super::super::super::caps;
use super::super::super::constraints::Constraints;
use super::super::super::state::State;
use super::super::super::values::OciStore;
use super::SourceBuilder;

/// How to use an OCI layout.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OciLayoutOptions {
    /// Store that has the layout.
    pub store: OciStore,
    /// Takes only so many layers, from the lowest on.
    pub layer_limit: Option<i64>,
    /// What accompanies the op.
    pub constraints: Constraints,
}

impl State {
    /// The image `reference` (`name@sha256:…`) of an OCI layout.
    pub fn oci_layout(reference: &str, options: OciLayoutOptions) -> State {
        let mut source = SourceBuilder::new(
            format!("oci-layout://{reference}"),
            caps::SOURCE_OCI_LAYOUT,
            options.constraints,
        );
        source.oci_store(options.store);
        if let Some(limit) = options.layer_limit {
            source.attr("oci.layerlimit", limit.to_string());
        }
        source.state()
    }
}
