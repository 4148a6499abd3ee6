//! A case: a directory with a Dockerfile, the options of its build, and the images there are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::Outcome;

/// `case.json`, as testdata/conformance/README.md describes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    build_args: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    target: Option<String>,
    target_platform: Option<String>,
    multi_platform_requested: bool,
    image_resolve_mode: Option<String>,
    shm_size: Option<Value>,
    ulimits: Vec<String>,
    cgroup_parent: Option<String>,
    network: Option<String>,
    extra_hosts: Vec<String>,
    hostname: Option<String>,
    epoch: Option<Value>,
    no_cache: Option<Vec<String>>,
    resources: BTreeMap<String, Value>,
    context: Option<String>,
    contexts: BTreeMap<String, String>,
    opts: BTreeMap<String, String>,
    /// Image metadata by normalised reference.
    pub images: BTreeMap<String, Image>,
    /// Metadata of remote sources, by source identifier.
    pub sources: BTreeMap<String, Remote>,
    /// Channel of the reference that the case was recorded from; since 1.27 there is no difference.
    pub channel: Option<String>,
    /// The case records `frontend.convertllb` as well.
    pub convertllb: bool,
}

/// An image.
#[derive(Debug, Deserialize)]
pub struct Image {
    /// Digest that resolving gives.
    pub digest: String,
    /// Its config.
    #[serde(default)]
    pub config: Value,
    /// Configs of single platforms, by platform string.
    #[serde(default)]
    pub platforms: BTreeMap<String, Value>,
}

/// A remote source.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Remote {
    /// `Last-Modified` of an HTTP source.
    pub last_modified: Option<Value>,
    /// Raw commit of a git source.
    pub commit_object: Option<String>,
}

/// A case and the directory it is in.
#[derive(Debug)]
pub struct Case {
    /// Name of the directory.
    pub name: String,
    /// The directory.
    pub dir: PathBuf,
    /// `case.json`.
    pub settings: Settings,
}

impl Case {
    /// Reads the case in `dir`.
    pub fn read(dir: &Path) -> Outcome<Case> {
        let name = dir
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let file = dir.join("case.json");
        let settings = match file.exists() {
            true => serde_json::from_slice(&fs::read(&file)?)
                .map_err(|error| format!("{}: {error}", file.display()))?,
            false => Settings::default(),
        };
        Ok(Case {
            name,
            dir: dir.to_owned(),
            settings,
        })
    }

    /// All cases below `root`, by name.
    pub fn read_all(root: &Path) -> Outcome<Vec<Case>> {
        let mut dirs = Vec::new();
        for entry in fs::read_dir(root)? {
            let path = entry?.path();
            if path.join("Dockerfile").exists() || path.join("case.json").exists() {
                dirs.push(path);
            }
        }
        dirs.sort();
        dirs.iter().map(|dir| Case::read(dir)).collect()
    }

    /// Whether directories and images are all that the case needs.
    pub fn is_plain(&self) -> bool {
        let settings = &self.settings;
        let has_platforms = settings
            .images
            .values()
            .any(|image| !image.platforms.is_empty());
        settings.context.is_none()
            && settings.contexts.is_empty()
            && settings.sources.is_empty()
            && settings.opts.is_empty()
            && !settings.multi_platform_requested
            && !has_platforms
    }

    /// The frontend options that the case stands for.
    pub fn opts(&self) -> BTreeMap<String, String> {
        let settings = &self.settings;
        let mut opts = BTreeMap::from([("filename".to_owned(), "Dockerfile".to_owned())]);
        let mut set = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                opts.insert(key.to_owned(), value);
            }
        };
        let list = |list: &[String]| (!list.is_empty()).then(|| list.join(","));
        set("target", settings.target.clone());
        set("platform", settings.target_platform.clone());
        set(
            "multi-platform",
            settings.multi_platform_requested.then(|| "true".to_owned()),
        );
        set("image-resolve-mode", settings.image_resolve_mode.clone());
        set("shm-size", settings.shm_size.as_ref().map(text));
        set("ulimit", list(&settings.ulimits));
        set("cgroup-parent", settings.cgroup_parent.clone());
        set("force-network-mode", settings.network.clone());
        set("add-hosts", list(&settings.extra_hosts));
        set("hostname", settings.hostname.clone());
        set(
            "build-arg:SOURCE_DATE_EPOCH",
            settings.epoch.as_ref().map(text),
        );
        set(
            "no-cache",
            settings.no_cache.as_ref().map(|stages| stages.join(",")),
        );
        set("context", settings.context.clone());
        for (key, value) in &settings.resources {
            set(key, Some(text(value)));
        }
        for (prefix, values) in [
            ("build-arg:", &settings.build_args),
            ("label:", &settings.labels),
            ("context:", &settings.contexts),
        ] {
            for (key, value) in values {
                set(&format!("{prefix}{key}"), Some(value.clone()));
            }
        }
        for (key, value) in &settings.opts {
            set(key, Some(value.clone()));
        }
        opts
    }
}

/// A string as it is, anything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
