//! What accompanies an op: platform, metadata, capabilities, source locations.

use super::caps::Caps;
use super::description::Description;
use super::source_map::SourceLocation;
use super::values::{LinuxResources, ProgressGroup};
use crate::image::Platform;
use std::sync::Arc;

/// Key of the shown name of an op in [`Constraints::description`].
pub const CUSTOM_NAME: &str = "llb.customname";

/// What accompanies one op, given when the op is made.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// Platform of the op; the state's, or the one of the marshal options, when there is none.
    pub(crate) platform: Option<Arc<Platform>>,
    /// Worker filters, in containerd's syntax.
    pub(crate) worker_filters: Vec<String>,
    /// Metadata; capabilities that the op needs are added by the builder.
    pub(crate) metadata: OpMetadata,
    /// Identity of a local source that has no session.
    pub(crate) local_unique_id: Option<String>,
    /// Where the op comes from.
    pub(crate) locations: Vec<SourceLocation>,
}

impl Constraints {
    /// No constraints.
    pub fn new() -> Self {
        Constraints::default()
    }

    /// Sets the platform.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<Arc<Platform>>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// Adds a filter that a worker must match.
    #[must_use]
    pub fn worker_filter(mut self, filter: impl Into<String>) -> Self {
        self.worker_filters.push(filter.into());
        self
    }

    /// Sets what tells local sources of this build from those of others; [`MarshalOptions`](super::MarshalOptions) can set it for all.
    #[must_use]
    pub fn local_unique_id(mut self, id: impl Into<String>) -> Self {
        self.local_unique_id = Some(id.into());
        self
    }

    /// Sets the shown name of the op.
    #[must_use]
    pub fn custom_name(self, name: impl AsRef<str>) -> Self {
        self.description(CUSTOM_NAME, name)
    }

    /// Sets one entry of the description.
    #[must_use]
    pub fn description(mut self, key: impl AsRef<str>, text: impl AsRef<str>) -> Self {
        self.metadata.description.insert(key, text);
        self
    }

    /// Makes the op run always, if `yes`.
    #[must_use]
    pub fn ignore_cache(mut self, yes: bool) -> Self {
        self.metadata.ignore_cache |= yes;
        self
    }

    /// Puts the result into exported caches or keeps it out.
    #[must_use]
    pub fn export_cache(mut self, yes: bool) -> Self {
        self.metadata.export_cache = Some(yes);
        self
    }

    /// Puts the op into a progress group.
    #[must_use]
    pub fn progress_group(mut self, group: ProgressGroup) -> Self {
        self.metadata.progress_group = Some(Box::new(group));
        self
    }

    /// Limits CPU and memory.
    #[must_use]
    pub fn linux_resources(mut self, resources: impl Into<Arc<LinuxResources>>) -> Self {
        self.metadata.linux_resources = Some(resources.into());
        self
    }

    /// Adds a place that the op comes from.
    #[must_use]
    pub fn location(mut self, location: SourceLocation) -> Self {
        self.locations.reserve_exact(1);
        self.locations.push(location);
        self
    }
}

/// Metadata of an op: not part of its identity.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OpMetadata {
    /// Always run the op.
    pub ignore_cache: bool,
    /// Text that the daemon does not read, such as [`CUSTOM_NAME`].
    pub description: Description,
    /// Whether the result goes to exported caches.
    pub export_cache: Option<bool>,
    /// Capabilities that the op needs.
    pub caps: Caps,
    /// Group under which progress is shown.
    pub progress_group: Option<Box<ProgressGroup>>,
    /// Resource limits of the container.
    pub linux_resources: Option<Arc<LinuxResources>>,
}

impl OpMetadata {
    /// Lays `other` over this: its values win, flags and capabilities add up.
    pub(crate) fn merge(&mut self, other: &OpMetadata) {
        self.ignore_cache |= other.ignore_cache;
        self.description.merge(&other.description);
        if other.export_cache.is_some() {
            self.export_cache = other.export_cache;
        }
        self.caps.merge(&other.caps);
        if other.progress_group.is_some() {
            self.progress_group.clone_from(&other.progress_group);
        }
        if other.linux_resources.is_some() {
            self.linux_resources.clone_from(&other.linux_resources);
        }
    }
}
