//! The compiler's values in the terms of LLB.

use crate::expand::Env;
use crate::image::Platform;
use crate::llb::{self, EnvList};

impl From<&Platform> for llb::Platform {
    fn from(platform: &Platform) -> Self {
        llb::Platform {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            os_version: platform.os_version.clone(),
            os_features: platform.os_features.clone(),
        }
    }
}

impl From<&llb::Platform> for Platform {
    fn from(platform: &llb::Platform) -> Self {
        Platform {
            architecture: platform.architecture.clone(),
            os: platform.os.clone(),
            variant: platform.variant.clone(),
            os_version: platform.os_version.clone(),
            os_features: platform.os_features.clone(),
        }
    }
}

impl Env for EnvList {
    fn get(&self, name: &str) -> Option<&str> {
        EnvList::get(self, name)
    }

    fn keys(&self) -> Vec<&str> {
        self.iter().map(|(key, _)| key).collect()
    }
}
