//! Credentials as Docker and Podman keep them: `DOCKER_AUTH_CONFIG`, their files, credential helpers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Error, ErrorKind};
use crate::limits::{CREDENTIAL_HELPER_TIMEOUT, MAX_CREDENTIALS_BYTES};

/// User name by which helpers mark an identity token.
const TOKEN_USER: &str = "<token>";
/// Key of Docker Hub in Docker's files.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// What a registry is shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// User name and password.
    Password {
        /// The user.
        user: String,
        /// The password, or a token in its place.
        password: String,
    },
    /// A token that buys tokens.
    IdentityToken(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

/// Where credentials are looked for, in order.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    sources: Vec<AuthFile>,
}

/// The parts of Docker's `config.json` and Podman's `auth.json` that matter.
#[derive(Clone, Default, serde::Deserialize)]
struct AuthFile {
    #[serde(default)]
    auths: BTreeMap<String, AuthEntry>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: Option<String>,
}

#[derive(Clone, Default, serde::Deserialize)]
struct AuthEntry {
    #[serde(default)]
    auth: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default, rename = "identitytoken")]
    identity_token: String,
}

impl fmt::Debug for AuthFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthFile")
            .field("hosts", &self.auths.keys())
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// No credentials.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads one document in the form of Docker's `config.json`.
    ///
    /// # Errors
    /// When it is not of that form; `name` tells where it comes from.
    pub fn from_json(name: &str, json: &[u8]) -> Result<Self, Error> {
        Ok(Credentials {
            sources: vec![parse(name, json)?],
        })
    }

    /// Looks where Docker and Podman look: `DOCKER_AUTH_CONFIG`, Docker's `config.json`, Podman's
    /// `auth.json`. `variable` reads an environment variable.
    ///
    /// # Errors
    /// When a file that exists can't be read.
    pub fn find_all(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut sources = Vec::new();
        if let Some(json) = variable("DOCKER_AUTH_CONFIG").filter(|json| !json.trim().is_empty()) {
            sources.push(parse("DOCKER_AUTH_CONFIG", json.as_bytes())?);
        }
        let home = variable("HOME").map(PathBuf::from);
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let docker = variable("DOCKER_CONFIG")
            .map(PathBuf::from)
            .or_else(|| in_home(".docker"));
        let runtime = variable("XDG_RUNTIME_DIR").map(PathBuf::from);
        let settings = variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| in_home(".config"));
        let podman = variable("REGISTRY_AUTH_FILE").map(PathBuf::from);
        let files = [
            docker.map(|dir| dir.join("config.json")),
            podman,
            runtime.map(|dir| dir.join("containers/auth.json")),
            settings.map(|dir| dir.join("containers/auth.json")),
        ];
        for file in files.into_iter().flatten() {
            sources.extend(load(&file)?);
        }
        Ok(Credentials { sources })
    }

    /// The credentials for a repository of a registry.
    pub(super) async fn find(
        &self,
        host: &str,
        repository: &str,
    ) -> Result<Option<Credential>, Error> {
        for source in &self.sources {
            let found = match source.helper(host) {
                Some(helper) => ask(helper, server_key(host)).await?,
                None => source.entry(host, repository)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl AuthFile {
    fn helper(&self, host: &str) -> Option<&str> {
        let own = keys(host).find_map(|key| self.helpers.get(&key));
        // An entry with content wins over the common store.
        let plain =
            keys(host).any(|key| self.auths.get(&key).is_some_and(|entry| !entry.is_empty()));
        own.or(self.store.as_ref().filter(|_| !plain))
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    fn entry(&self, host: &str, repository: &str) -> Result<Option<Credential>, Error> {
        // Podman keys by repository as well, the longest match first.
        let mut prefix = format!("{host}/{repository}");
        while let Some((shorter, _)) = prefix.rsplit_once('/') {
            if let Some(entry) = self.auths.get(&prefix) {
                return entry.read(&prefix);
            }
            prefix = shorter.to_owned();
        }
        match keys(host).find_map(|key| self.auths.get(&key)) {
            Some(entry) => entry.read(host),
            None => Ok(None),
        }
    }
}

impl AuthEntry {
    fn is_empty(&self) -> bool {
        self.auth.is_empty() && self.username.is_empty() && self.identity_token.is_empty()
    }

    fn read(&self, host: &str) -> Result<Option<Credential>, Error> {
        if !self.identity_token.is_empty() {
            return Ok(Some(Credential::IdentityToken(self.identity_token.clone())));
        }
        if !self.username.is_empty() {
            return Ok(Some(Credential::Password {
                user: self.username.clone(),
                password: self.password.clone(),
            }));
        }
        if self.auth.is_empty() {
            return Ok(None);
        }
        let decoded = STANDARD
            .decode(&self.auth)
            .or_else(|_| STANDARD_NO_PAD.decode(&self.auth))
            .ok();
        let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        match pair.as_deref().and_then(|pair| pair.split_once(':')) {
            Some((user, password)) => {
                let password = password.trim_end_matches('\0').to_owned();
                Ok(Some(Credential::Password {
                    user: user.to_owned(),
                    password,
                }))
            }
            None => Err(refused(format!(
                "the stored credentials for {host} can't be read"
            ))),
        }
    }
}

/// The spellings under which a host may be kept.
fn keys(host: &str) -> impl Iterator<Item = String> + '_ {
    let hub = (host == "docker.io").then(|| {
        [
            DOCKER_HUB_KEY.to_owned(),
            "index.docker.io".to_owned(),
            "registry-1.docker.io".to_owned(),
        ]
    });
    let own = [
        host.to_owned(),
        format!("https://{host}"),
        format!("https://{host}/"),
        format!("http://{host}"),
        format!("https://{host}/v1/"),
        format!("https://{host}/v2/"),
    ];
    hub.into_iter().flatten().chain(own)
}

fn server_key(host: &str) -> &str {
    if host == "docker.io" {
        DOCKER_HUB_KEY
    } else {
        host
    }
}

fn load(path: &Path) -> Result<Option<AuthFile>, Error> {
    let name = path.display().to_string();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > MAX_CREDENTIALS_BYTES => {
            return Err(refused(format!("{name} is too large")));
        }
        Ok(metadata) if !metadata.is_file() => {
            return Err(refused(format!("{name} is no regular file")));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(format!("{name} can't be read: {error}"))),
    }
    let json =
        std::fs::read(path).map_err(|error| refused(format!("{name} can't be read: {error}")))?;
    if json.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    parse(&name, &json).map(Some)
}

fn parse(name: &str, json: &[u8]) -> Result<AuthFile, Error> {
    // The text of the parser's error could quote a secret; its place does not.
    serde_json::from_slice(json).map_err(|error| {
        refused(format!(
            "{name} is no file of credentials (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

/// Asks `docker-credential-<helper>`.
async fn ask(helper: &str, server: &str) -> Result<Option<Credential>, Error> {
    if !helper
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    {
        return Err(refused(format!(
            "`{helper}` is no name of a credential helper"
        )));
    }
    let program = format!("docker-credential-{helper}");
    let failed = |why: String| refused(format!("{program}: {why}"));
    let mut child = tokio::process::Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (Some(mut stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(failed("it has no input".to_owned()));
    };
    let conversation = async {
        // A helper that does not listen will say so by its answer.
        let _ = stdin.write_all(server.as_bytes()).await;
        drop(stdin);
        let mut answer = Vec::new();
        stdout
            .take(MAX_CREDENTIALS_BYTES)
            .read_to_end(&mut answer)
            .await?;
        Ok::<_, std::io::Error>((child.wait().await?, answer))
    };
    let outcome = tokio::time::timeout(CREDENTIAL_HELPER_TIMEOUT, conversation).await;
    let (status, answer) = outcome
        .map_err(|_| failed("it did not answer in time".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        let text = String::from_utf8_lossy(&answer);
        // The words by which every helper says that it has nothing.
        return match text.contains("credentials not found") {
            true => Ok(None),
            false => Err(failed(format!("it failed ({status})"))),
        };
    }
    #[derive(serde::Deserialize)]
    struct Reply {
        #[serde(default, rename = "Username")]
        user: String,
        #[serde(default, rename = "Secret")]
        secret: String,
    }
    let reply: Reply = serde_json::from_slice(&answer)
        .map_err(|_| failed("its answer can't be read".to_owned()))?;
    Ok(match (reply.user.as_str(), reply.secret.is_empty()) {
        (_, true) => None,
        (TOKEN_USER, _) => Some(Credential::IdentityToken(reply.secret)),
        _ => Some(Credential::Password {
            user: reply.user,
            password: reply.secret,
        }),
    })
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Refused, message)
}
