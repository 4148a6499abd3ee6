//! The options of a build as a daemon gives them, and what a frontend must be able to do.

use crate::gateway::{Environment, Error, Result};
use crate::go::number::parse_bool;
use crate::image::Platform;
use crate::llb::{CapSupport, caps};
use crate::options::{ClientOptions, key};

impl ClientOptions {
    /// Reads the options of a build.
    ///
    /// # Errors
    /// With the reference's text, for the option that it complains about first.
    pub fn read(environment: &Environment) -> Result<ClientOptions> {
        refuse_what_is_gone(environment)?;
        let options = ClientOptions::parse(environment.opts.clone(), host_platform());
        let mut options = options.map_err(Error::new)?;
        let worker = environment.workers.first();
        if let Some(platform) = worker.and_then(|worker| worker.platforms.first()) {
            options.build_platform = platform.clone();
        }
        options.session_id = Some(environment.session_id.clone()).filter(|id| !id.is_empty());
        options.caps = llb_caps(environment);
        Ok(options)
    }

    /// What the client asks of a frontend that can do what this kit can: inputs, subrequests and contexts.
    pub fn frontend_caps(&self) -> FrontendCaps {
        let list = self.get(key::FRONTEND_CAPS).unwrap_or("");
        FrontendCaps::check(list, &KIT_CAPS)
    }
}

/// What a frontend that uses this kit for inputs, subrequests and contexts can do.
pub const KIT_CAPS: [&str; 5] = [
    "moby.buildkit.frontend.inputs",
    "moby.buildkit.frontend.subrequests",
    "moby.buildkit.frontend.contexts",
    "moby.buildkit.frontend.gitquerystring",
    "moby.buildkit.frontend.contexts.zstd",
];

/// Whether a frontend can do what the client insists on.
#[derive(Debug)]
pub enum FrontendCaps {
    /// Everything.
    Supported,
    /// Not everything, but another frontend that the build is forwarded to may.
    OnlyForwarded(Error),
    /// No.
    Unsupported(Error),
}

impl FrontendCaps {
    /// Compares `list`, the option `frontend.caps`, with what a frontend has.
    pub fn check(list: &str, supported: &[&str]) -> FrontendCaps {
        let mut missing = None;
        for cap in list.split(',').filter(|_| !list.is_empty()) {
            let name = cap.split('+').next().unwrap_or(cap);
            if supported.contains(&name) {
                continue;
            }
            let error = Error::unsupported_frontend_cap(name);
            if !cap.contains("+forward") {
                return FrontendCaps::Unsupported(error);
            }
            missing = Some(error);
        }
        missing.map_or(FrontendCaps::Supported, FrontendCaps::OnlyForwarded)
    }

    /// An error unless the frontend, which forwards to no other, can do everything.
    ///
    /// # Errors
    /// With the first capability that is missing.
    pub fn require(self) -> Result<()> {
        match self {
            FrontendCaps::Supported => Ok(()),
            FrontendCaps::OnlyForwarded(error) | FrontendCaps::Unsupported(error) => Err(error),
        }
    }
}

/// Daemons that are too old and options that are no longer there.
fn refuse_what_is_gone(environment: &Environment) -> Result<()> {
    let opts = &environment.opts;
    if let Err(error) = environment.llb_caps.require(caps::FILE_BASE) {
        return Err(Error::from(error).context("needs BuildKit 0.5 or later"));
    }
    if opts
        .get(key::OVERRIDE_COPY_IMAGE)
        .is_some_and(|image| !image.is_empty())
    {
        return Err(Error::new(
            "support for \"override-copy-image\" was removed in BuildKit 0.11",
        ));
    }
    if opts
        .get(key::DISABLE_FILEOP)
        .is_some_and(|value| parse_bool(value) == Ok(true))
    {
        return Err(Error::new(
            "support for \"BUILDKIT_DISABLE_FILEOP\" build-arg was removed in BuildKit 0.11",
        ));
    }
    Ok(())
}

/// The platform that this program was built for.
fn host_platform() -> Platform {
    Platform::new(std::env::consts::OS, host_architecture())
}

/// The architecture that this program was built for, as images have it.
pub(crate) fn host_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        "loongarch64" => "loong64",
        other => other,
    }
}

/// Capabilities of the daemon, as the compiler wants them.
fn llb_caps(environment: &Environment) -> CapSupport {
    CapSupport::Only(
        caps::ALL
            .iter()
            .copied()
            .filter(|cap| environment.llb_caps.supports(cap))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str) -> FrontendCaps {
        FrontendCaps::check(list, &KIT_CAPS)
    }

    #[test]
    fn unknown_frontend_cap_is_refused_unless_forwarded() {
        assert!(matches!(check(""), FrontendCaps::Supported));
        assert!(matches!(
            check("moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests+forward"),
            FrontendCaps::Supported
        ));
        assert!(matches!(check("x+forward"), FrontendCaps::OnlyForwarded(_)));
        let FrontendCaps::Unsupported(error) = check("x+forward,y") else {
            panic!()
        };
        assert_eq!(error.message(), "unsupported frontend capability y");
    }
}
