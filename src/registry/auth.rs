//! Credentials for registries, as Docker's configuration file has them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// The key under which credentials of Docker Hub are kept.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// User names and passwords by registry.
#[derive(Clone, Default)]
pub struct Credentials(BTreeMap<String, (String, String)>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConfigFile {
    auths: BTreeMap<String, Entry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
}

impl Credentials {
    /// Reads Docker's configuration file, if there is one; what it cannot read counts as none.
    pub fn from_docker_config() -> Self {
        let dir = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
        let dir = dir.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker")));
        let text = dir.and_then(|dir| std::fs::read(dir.join("config.json")).ok());
        text.map(|text| Credentials::from_json(&text)).unwrap_or_default()
    }

    /// Reads the content of such a file.
    pub fn from_json(text: &[u8]) -> Self {
        let file: ConfigFile = serde_json::from_slice(text).unwrap_or_default();
        let pairs = file.auths.into_iter().filter_map(|(key, entry)| Some((registry_name(&key), entry.pair()?)));
        Credentials(pairs.collect())
    }

    /// User name and password for a registry, such as `docker.io` or `localhost:5000`.
    pub fn get(&self, registry: &str) -> Option<(&str, &str)> {
        self.0.get(registry).map(|(user, password)| (user.as_str(), password.as_str()))
    }
}

impl Entry {
    fn pair(self) -> Option<(String, String)> {
        if !self.username.is_empty() {
            return Some((self.username, self.password));
        }
        let decoded = String::from_utf8(STANDARD.decode(self.auth.trim()).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        (!user.is_empty()).then(|| (user.to_owned(), password.trim_end_matches('\0').to_owned()))
    }
}

/// The registry of a key: keys may be URLs.
fn registry_name(key: &str) -> String {
    if key == DOCKER_HUB {
        return "docker.io".to_owned();
    }
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

#[cfg(test)]
mod tests {
    use super::Credentials;

    #[test]
    fn keys_may_be_urls_and_hub_has_a_key_of_its_own() {
        let credentials = Credentials::from_json(
            br#"{"auths": {
                "https://index.docker.io/v1/": {"auth": "dXNlcjpzZWNyZXQ="},
                "https://registry.test/v2/": {"username": "a", "password": "b"},
                "broken": {"auth": "?"}
            }}"#,
        );
        assert_eq!(credentials.get("docker.io"), Some(("user", "secret")));
        assert_eq!(credentials.get("registry.test"), Some(("a", "b")));
        assert_eq!(credentials.get("broken"), None);
    }

    #[test]
    fn a_file_that_is_no_json_has_no_credentials() {
        assert_eq!(Credentials::from_json(b"{").get("docker.io"), None);
    }
}
