//! Images of the fake daemon: a digest and a config per reference.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::image::Platform;

/// An image that the fake daemon resolves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Digest that the reference resolves to, whatever the platform.
    pub digest: String,
    /// Config JSON. Where it has no `architecture`, the asked platform's architecture and variant are filled
    /// in; where it has no `os`, its os and os.version.
    pub config: Vec<u8>,
    /// Configs of single platforms, by platform string such as `linux/arm/v7`.
    pub platforms: BTreeMap<String, Vec<u8>>,
}

impl Image {
    /// An image with this digest and config JSON.
    pub fn new(digest: impl Into<String>, config: impl Into<Vec<u8>>) -> Self {
        Image {
            digest: digest.into(),
            config: config.into(),
            platforms: BTreeMap::new(),
        }
    }

    /// The config for a platform. What is not a JSON object is returned as it is.
    pub(super) fn config_for(&self, platform: &Platform) -> Vec<u8> {
        let config = self.platforms.get(&platform_string(platform));
        let config = config.unwrap_or(&self.config);
        let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(config) else {
            return config.clone();
        };
        let mut fill = |needed: &str, fields: [(&str, &str); 2]| {
            if object.contains_key(needed) {
                return false;
            }
            for (key, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
                object.insert(key.to_owned(), Value::from(value));
            }
            true
        };
        let architecture = [
            ("architecture", platform.architecture.as_str()),
            ("variant", platform.variant.as_str()),
        ];
        let os = [
            ("os", platform.os.as_str()),
            ("os.version", platform.os_version.as_str()),
        ];
        let filled = [fill("architecture", architecture), fill("os", os)];
        if filled == [false, false] {
            return config.clone();
        }
        Value::Object(object).to_string().into_bytes()
    }
}

/// `os/architecture[/variant]`
fn platform_string(platform: &Platform) -> String {
    let parts = [&platform.os, &platform.architecture, &platform.variant];
    let parts: Vec<&str> = parts.into_iter().map(String::as_str).collect();
    parts.join("/").trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm() -> Platform {
        Platform {
            os: "linux".to_owned(),
            architecture: "arm".to_owned(),
            variant: "v7".to_owned(),
            ..Platform::default()
        }
    }

    fn config(image: &Image) -> String {
        String::from_utf8(image.config_for(&arm())).unwrap()
    }

    #[test]
    fn missing_platform_fields_are_filled_in() {
        let image = Image::new("sha256:1", r#"{"config":{}}"#);
        let filled = r#"{"config":{},"architecture":"arm","variant":"v7","os":"linux"}"#;
        assert_eq!(config(&image), filled);
    }

    #[test]
    fn written_platform_fields_stay_byte_for_byte() {
        let written = r#"{ "architecture": "amd64", "os": "linux" }"#;
        assert_eq!(config(&Image::new("sha256:1", written)), written);
    }

    #[test]
    fn a_platform_may_have_its_own_config() {
        let mut image = Image::new("sha256:1", "{}");
        let own = r#"{"architecture":"arm","os":"linux","x":1}"#;
        image
            .platforms
            .insert("linux/arm/v7".to_owned(), own.into());
        assert_eq!(config(&image), own);
    }
}
