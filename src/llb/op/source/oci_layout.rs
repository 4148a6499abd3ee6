//! OCI layouts of the client.

use super::super::super::caps;
use super::super::super::constraints::Constraints;
use super::super::super::state::State;
use super::SourceBuilder;

/// How to use an OCI layout.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OciLayoutOptions {
    /// Session that has the layout.
    pub session_id: String,
    /// Id of the layout in that session.
    pub store_id: String,
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
        source.attr_if("oci.session", options.session_id);
        source.attr_if("oci.store", options.store_id);
        if let Some(limit) = options.layer_limit {
            source.attr("oci.layerlimit", limit.to_string());
        }
        source.state()
    }
}
