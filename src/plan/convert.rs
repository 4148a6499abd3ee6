//! The compiler's values in the terms of LLB.

use crate::expand::Env;
use crate::image::Platform;
use crate::llb::{self, Constraints, EnvList};
use crate::remote::GitSource;

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

impl GitSource {
    /// The repository's files.
    pub(crate) fn state(&self, constraints: Constraints) -> llb::State {
        let remote = llb::GitRemote {
            scheme: self.scheme.clone(),
            host: self.host.clone(),
            path: self.path.clone(),
            url: self.url.clone(),
        };
        let options = llb::GitOptions {
            reference: self.reference.clone(),
            subdir: self.subdir.clone(),
            keep_git_dir: self.keep_git_dir,
            checksum: self.checksum.clone(),
            skip_submodules: self.skip_submodules,
            mtime: self.mtime.clone(),
            fetch_by_commit: self.fetch_by_commit,
            constraints,
            ..Default::default()
        };
        llb::State::git(&remote, options)
    }
}
