//! Settings of the image: what differs without costing a step anything.

use serde_json::{Map, Value};

use crate::image::ImageConfig;

/// A setting that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// Its name in the config: `Cmd`, `Env PATH`, `Labels version`.
    pub field: String,
    /// Its value before; none if it was not set.
    pub old: Option<String>,
    /// Its value now; none if it is not set.
    pub new: Option<String>,
}

/// Every setting that differs, in the order of the old config, then of the new.
pub(super) fn compare(old: &ImageConfig, new: &ImageConfig) -> Vec<ConfigChange> {
    let (old, new) = (settings(old), settings(new));
    let added = new.keys().filter(|name| !old.contains_key(*name));
    let names = old.keys().chain(added);
    let value = |settings: &Map<String, Value>, name: &str| settings.get(name).map(shown);
    names
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| ConfigChange {
            field: name.clone(),
            old: value(&old, name),
            new: value(&new, name),
        })
        .collect()
}

/// The settings by name; maps and variables one by one.
fn settings(image: &ImageConfig) -> Map<String, Value> {
    let mut settings = Map::new();
    let text = image.to_json();
    let whole: Value = serde_json::from_str(&text).unwrap_or_default();
    let Some(config) = whole.get("config").and_then(Value::as_object) else {
        return settings;
    };
    for (name, value) in config {
        match (name.as_str(), value) {
            ("Env", Value::Array(entries)) => {
                for entry in entries.iter().filter_map(Value::as_str) {
                    let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
                    settings.insert(format!("Env {key}"), Value::from(value));
                }
            }
            ("Labels" | "ExposedPorts" | "Volumes", Value::Object(entries)) => {
                for (key, value) in entries {
                    settings.insert(format!("{name} {key}"), value.clone());
                }
            }
            (_, Value::Null) => {}
            _ => drop(settings.insert(name.clone(), value.clone())),
        }
    }
    settings
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(entries) if entries.is_empty() => "set".to_owned(),
        other => other.to_string(),
    }
}
