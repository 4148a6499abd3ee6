//! What an image's configuration says about the state that starts from it.

use super::state::State;
use crate::image::Platform;
use serde::Deserialize;

/// The configuration of an image is not readable.
#[derive(Debug, thiserror::Error)]
#[error("failed to parse image config: {0}")]
pub struct ImageConfigError(#[from] serde_json::Error);

/// The parts of an OCI image configuration that matter here.
#[derive(Deserialize)]
struct ImageConfig {
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default, rename = "os.version")]
    os_version: Option<String>,
    #[serde(default, rename = "os.features")]
    os_features: Option<Vec<String>>,
    #[serde(default)]
    config: Option<ContainerConfig>,
}

#[derive(Default, Deserialize)]
struct ContainerConfig {
    #[serde(default, rename = "Env")]
    env: Option<Vec<String>>,
    #[serde(default, rename = "WorkingDir")]
    working_dir: Option<String>,
}

impl State {
    /// Takes environment, working directory and platform from the JSON configuration of an image.
    ///
    /// # Errors
    /// When the bytes are not an image configuration.
    pub fn with_image_config(self, json: &[u8]) -> Result<State, ImageConfigError> {
        let image: ImageConfig = serde_json::from_slice(json)?;
        let config = image.config.unwrap_or_default();
        let mut state = self;
        for pair in config.env.unwrap_or_default() {
            let (key, value) = pair.split_once('=').unwrap_or((&pair, ""));
            if !key.is_empty() {
                state = state.with_env(key, value);
            }
        }
        state = state.with_dir(&config.working_dir.unwrap_or_default());
        let (os, architecture) = (
            image.os.unwrap_or_default(),
            image.architecture.unwrap_or_default(),
        );
        if !os.is_empty() && !architecture.is_empty() {
            state = state.with_platform(Platform {
                architecture,
                os,
                variant: image.variant.unwrap_or_default(),
                os_version: image.os_version.unwrap_or_default(),
                os_features: image.os_features.unwrap_or_default(),
            });
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_directory_and_platform_come_from_the_config() {
        let json = br#"{"architecture":"arm","os":"linux","variant":"v7","config":
            {"Env":["PATH=/bin","=x","FLAG","PATH=/sbin"],"WorkingDir":"srv/../app","Cmd":null}}"#;
        let state = State::scratch().with_image_config(json).unwrap();
        assert_eq!(
            state.env().pairs().collect::<Vec<_>>(),
            ["FLAG=", "PATH=/sbin"]
        );
        assert_eq!(state.dir(), "/app");
        assert_eq!(state.platform().map(|p| p.variant.as_str()), Some("v7"));
        let state = State::scratch().with_image_config(b"{}").unwrap();
        assert_eq!((state.dir(), state.platform()), ("/", None));
        assert!(State::scratch().with_image_config(b"[").is_err());
    }
}
