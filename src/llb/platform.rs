//! Platforms, as messages and as everybody has them: the same five texts.

use crate::image::{Platform, platform::is_normal_name};
use crate::pb::ops as pb;

impl From<&Platform> for pb::Platform {
    fn from(platform: &Platform) -> Self {
        pb::Platform {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            os_version: platform.os_version.clone(),
            os_features: platform.os_features.clone(),
        }
    }
}

impl From<&pb::Platform> for Platform {
    fn from(platform: &pb::Platform) -> Self {
        Platform {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            os_version: platform.os_version.clone(),
            os_features: platform.os_features.clone(),
        }
    }
}

/// Whether [`Platform::normalized`] changes nothing.
pub(super) fn is_normal(platform: &Platform) -> bool {
    let Platform {
        architecture,
        os,
        variant,
        os_features,
        ..
    } = platform;
    // Features have an order; nearly no platform has any.
    os_features.is_empty() && is_normal_name(os, architecture, variant)
}
