//! Platforms of the graph and platforms as images have them: the same five texts.

use super::Platform;
use crate::image;

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

/// The same platform as everybody writes it: `x86_64` is `amd64`, and so on.
pub(super) fn normalized(platform: &Platform) -> Platform {
    (&image::Platform::from(platform).normalized()).into()
}
