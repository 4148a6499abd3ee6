//! The image config: what an image is for and how its containers start.
//!
//! Owns the fields that the Docker flavour of the OCI config has and their JSON form; what an
//! instruction does to them is not known here. Fields that this flavour lacks are dropped when a
//! config is read, as the reference implementation drops them.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

#[cfg(feature = "compile")]
use super::digest::Digest;
use super::platform::Platform;
pub use super::timestamp::Timestamp;
use crate::go::byte_text::Text;

/// Search path of images for anything but windows.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Search path of windows images.
pub const DEFAULT_PATH_WINDOWS: &str =
    "c:\\Windows\\System32;c:\\Windows;C:\\Windows\\System32\\WindowsPowerShell\\v1.0";

/// The search path that an image for `os` gets if it has none.
pub(crate) fn default_path(os: &str) -> &'static str {
    match os {
        "windows" => DEFAULT_PATH_WINDOWS,
        _ => DEFAULT_PATH,
    }
}

/// Why an image config cannot be read: the text of Go's `encoding/json`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// An image config document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// When the image was made.
    pub created: Option<Timestamp>,
    /// Who made it.
    pub author: Text,
    /// What it runs on.
    pub platform: Platform,
    /// Its layers.
    pub rootfs: RootFs,
    /// How its layers came to be, oldest first.
    pub history: Vec<History>,
    /// How its containers start.
    pub config: ContainerConfig,
}

impl ImageConfig {
    /// The config of an image without a base: root as working directory, a search path except on
    /// windows, where the system sets it.
    pub fn empty(platform: &Platform) -> Self {
        let env = match platform.os.as_str() {
            "windows" => Vec::new(),
            os => vec![format!("PATH={}", default_path(os))],
        };
        ImageConfig {
            platform: platform.clone(),
            rootfs: RootFs {
                kind: "layers".to_owned(),
                diff_ids: None,
            },
            config: ContainerConfig {
                working_dir: "/".to_owned(),
                env,
                ..ContainerConfig::default()
            },
            ..ImageConfig::default()
        }
    }

    /// The config of an image that nobody has looked at: [`ImageConfig::empty`] with a layer, since it is not scratch.
    #[cfg(feature = "compile")]
    pub(crate) fn stand_in(platform: &Platform) -> Self {
        let mut config = ImageConfig::empty(platform);
        config.rootfs.diff_ids = Some(vec![Digest::sha256(b"").to_string()]);
        config
    }

    /// Reads a config, as lenient as Go: letter case of names does not matter, null is nothing,
    /// unknown names are skipped.
    ///
    /// # Errors
    /// Broken syntax, or the first value of a wrong type.
    pub fn from_json(text: &[u8]) -> Result<Self, ConfigError> {
        read::image(text).map_err(ConfigError)
    }

    /// Whether JSON has a form for all its times, which must lie in the years 0 to 9999.
    pub(crate) fn has_json_times(&self) -> bool {
        let of_history = self.history.iter().filter_map(|entry| entry.created);
        of_history.chain(self.created).all(Timestamp::has_json_form)
    }

    /// The config as Go's `encoding/json` prints it, byte for byte.
    pub fn to_json(&self) -> String {
        write::image(self)
    }

    /// The image has no layers: none listed, and no history entry that made one.
    pub fn is_scratch(&self) -> bool {
        self.rootfs.diff_ids.as_ref().is_none_or(Vec::is_empty)
            && self.history.iter().all(|entry| entry.empty_layer)
    }
}

/// The layers of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootFs {
    /// `layers`.
    pub kind: String,
    /// Digests of the unpacked layers, lowest first. `None` prints as null.
    pub diff_ids: Option<Vec<String>>,
}

/// How one layer, or one change of the config, came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When.
    pub created: Option<Timestamp>,
    /// By which command.
    pub created_by: Text,
    /// By whom.
    pub author: String,
    /// Free text.
    pub comment: String,
    /// Only the config changed.
    pub empty_layer: bool,
}

/// How containers of an image start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerConfig {
    /// User or id, with an optional group.
    pub user: String,
    /// `port/protocol`.
    pub exposed_ports: BTreeSet<String>,
    /// `name=value`, in order.
    pub env: Vec<String>,
    /// Fixed start of the command line.
    pub entrypoint: Vec<Text>,
    /// Default rest of the command line.
    pub cmd: Vec<Text>,
    /// Paths whose content outlives the container.
    pub volumes: BTreeSet<String>,
    /// Where the command starts.
    pub working_dir: String,
    /// Free names and values.
    pub labels: BTreeMap<String, String>,
    /// Signal that asks the container to stop.
    pub stop_signal: String,
    /// Windows: the command line is one text, already escaped.
    pub args_escaped: bool,
    /// How to find out whether the container works.
    pub healthcheck: Option<Healthcheck>,
    /// Instructions for builds on top of this image.
    pub on_build: Vec<Text>,
    /// What runs commands that are not in exec form.
    pub shell: Vec<String>,
}

/// A health check. Durations are nanoseconds; zero means inherited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Healthcheck {
    /// `NONE`, `CMD` and arguments, or `CMD-SHELL` and a command line.
    pub test: Vec<Text>,
    /// Between checks.
    pub interval: i64,
    /// Until a check counts as hung.
    pub timeout: i64,
    /// Before failures count.
    pub start_period: i64,
    /// Between checks while failures do not count.
    pub start_interval: i64,
    /// Failures in a row until the container counts as unhealthy.
    pub retries: i64,
}

#[cfg(test)]
mod tests;
