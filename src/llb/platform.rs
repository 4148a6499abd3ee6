//! Platforms of the graph and platforms as images have them: the same five texts.

use super::Platform;
use crate::image::{self, platform::is_normal_name};

impl From<&image::Platform> for Platform {
    fn from(platform: &image::Platform) -> Self {
        Platform {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            os_version: platform.os_version.clone(),
            os_features: platform.os_features.clone(),
        }
    }
}

impl From<&Platform> for image::Platform {
    fn from(platform: &Platform) -> Self {
        image::Platform {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            os_version: platform.os_version.clone(),
            os_features: platform.os_features.clone(),
        }
    }
}

/// Whether [`normalized`] changes nothing.
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

/// The same platform as everybody writes it: `x86_64` is `amd64`, and so on.
pub(super) fn normalized(platform: &Platform) -> Platform {
    (&image::Platform::from(platform).normalized()).into()
}
