//! What the editor's user has set: for which build a Dockerfile is looked at.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::variant::Variant;

/// The settings below `rdf`, or the options that the server was started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Reads `{…}` or `{"rdf": {…}}`, and tells what of it is wrong; the rest counts.
    pub(super) fn read(value: &Value) -> (Self, Vec<String>) {
        let mut settings = Settings::default();
        let mut wrong = Vec::new();
        match value.get("rdf").unwrap_or(value) {
            Value::Null => {}
            Value::Object(own) => {
                for (name, value) in own {
                    wrong.extend(settings.take(name, value));
                }
            }
            _ => wrong.push("they must be a map".to_owned()),
        }
        (settings, wrong)
    }

    /// Takes a setting; what is wrong about it.
    fn take(&mut self, name: &str, value: &Value) -> Vec<String> {
        let must_be = |what: &str| vec![format!("`{name}` must be {what}")];
        let text = match name {
            "target" => &mut self.target,
            "platform" => &mut self.platform,
            "bakeTarget" => &mut self.bake_target,
            "buildArgs" => return self.take_build_args(value),
            "registryTags" => match value.as_bool() {
                Some(value) => {
                    self.registry_tags = value;
                    return Vec::new();
                }
                None => return must_be("`true` or `false`"),
            },
            _ => return vec![format!("unknown setting `{name}`")],
        };
        match value.as_str() {
            Some(value) => value.clone_into(text),
            None => return must_be("a string"),
        }
        Vec::new()
    }

    fn take_build_args(&mut self, value: &Value) -> Vec<String> {
        let Some(args) = value.as_object() else {
            return vec!["`buildArgs` must be a map".to_owned()];
        };
        let mut wrong = Vec::new();
        for (name, value) in args {
            match value.as_str() {
                Some(value) => {
                    self.build_args.insert(name.clone(), value.to_owned());
                }
                None => wrong.push(format!("`buildArgs`: `{name}` must be a string")),
            }
        }
        wrong
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
        let read = Settings::read(&plain);
        assert_eq!((read.0.target.as_str(), read.1.len()), ("test", 0));
        assert_eq!(Settings::read(&nested), read);
        assert_eq!(Settings::read(&Value::Null), Default::default());
    }

    #[test]
    fn what_is_right_counts_beside_what_is_wrong() {
        let mixed = json!({
            "bakeTarget": ["app"],
            "buildArgs": { "A": "1", "B": 2 },
            "platform": "linux/arm64",
            "registryTags": "yes",
            "tarjet": "x",
        });
        let (settings, wrong) = Settings::read(&mixed);
        let expected = Settings {
            platform: "linux/arm64".to_owned(),
            build_args: BTreeMap::from([("A".to_owned(), "1".to_owned())]),
            ..Settings::default()
        };
        assert_eq!(settings, expected);
        let told = [
            "`bakeTarget` must be a string",
            "`buildArgs`: `B` must be a string",
            "`registryTags` must be `true` or `false`",
            "unknown setting `tarjet`",
        ];
        assert_eq!(wrong, told);
        assert_eq!(Settings::read(&json!([1])).1, ["they must be a map"]);
        let (_, wrong) = Settings::read(&json!({ "buildArgs": "A=1" }));
        assert_eq!(wrong, ["`buildArgs` must be a map"]);
    }
}
