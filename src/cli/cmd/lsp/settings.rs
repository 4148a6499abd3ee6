//! What the editor's user has set: for which build a Dockerfile is looked at.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::cli::variant::Variant;

/// The settings below `rdf`, or the options that the server was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Settings {
    /// Stage to build; empty is the last one, and then findings are those of all stages.
    pub(super) target: String,
    /// Platform to build for.
    pub(super) platform: String,
    /// Build arguments.
    pub(super) build_args: BTreeMap<String, String>,
    /// A target of a bake file, or a service of a compose file: in the place of the three above where it builds the file.
    pub(super) bake_target: String,
    /// Registries may be asked for the tags of an image that is typed.
    pub(super) registry_tags: bool,
}

impl Settings {
    /// Reads `{…}` or `{"rdf": {…}}`.
    ///
    /// # Errors
    /// A setting is unknown or has the wrong type.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let own = value.get("rdf").unwrap_or(value);
        match own {
            Value::Null => Ok(Settings::default()),
            own => {
                Settings::deserialize(own).map_err(|error| format!("the settings of rdf: {error}"))
            }
        }
    }

    /// The build in words; empty for the usual one.
    pub(super) fn shown(&self) -> String {
        let args: Vec<String> = (self.build_args.iter())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let parts = [self.target.clone(), self.platform.clone(), args.join(" ")];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }

    /// As flags of the command line have it.
    pub(super) fn variant(&self) -> Variant {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let args = self.build_args.iter();
        Variant {
            target: some(&self.target),
            platform: some(&self.platform),
            build_args: args
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_may_be_nested() {
        let plain = json!({ "target": "test", "buildArgs": { "A": "1" } });
        let nested = json!({ "rdf": plain });
        let read = Settings::read(&plain).unwrap();
        assert_eq!(read.target, "test");
        assert_eq!(Settings::read(&nested).unwrap(), read);
        assert_eq!(Settings::read(&Value::Null).unwrap(), Settings::default());
        let error = Settings::read(&json!({ "tarjet": "x" })).unwrap_err();
        assert!(error.contains("unknown field `tarjet`"), "{error}");
        assert!(Settings::read(&json!([1])).is_err());
    }
}
