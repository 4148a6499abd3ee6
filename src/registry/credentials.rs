//! Credentials as Docker and Podman keep them: `DOCKER_AUTH_CONFIG`, their files, credential helpers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Error;
use crate::limits::MAX_CREDENTIALS_BYTES;

/// User name by which helpers mark an identity token.
const TOKEN_USER: &str = "<token>";
/// Key of Docker Hub in Docker's files.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";
const DOCKER_IO: &str = "docker.io";
/// Hosts that are Docker Hub as well.
const DOCKER_HUBS: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];
/// How much of what a failing helper says is told, in characters.
const HELPER_WORDS: usize = 200;

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
#[derive(Debug, Default)]
pub struct Credentials {
    sources: Vec<AuthFile>,
    /// Why some could not be looked at; no reason to give up what needs none.
    troubles: Mutex<BTreeSet<String>>,
    /// What helpers said, by helper and server: each is asked once.
    helped: tokio::sync::Mutex<BTreeMap<(String, String), Option<Credential>>>,
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
    /// Looks where Docker and Podman look: `DOCKER_AUTH_CONFIG`, Docker's `config.json`, Podman's
    /// `auth.json`. `variable` reads an environment variable. What is there and cannot be read is told where
    /// credentials turn out to be needed.
    pub fn find_all(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut sources = Vec::new();
        let mut troubles = BTreeSet::new();
        let mut add = |read: Result<Option<AuthFile>, Error>| match read {
            Ok(file) => sources.extend(file),
            Err(error) => drop(troubles.insert(error.message)),
        };
        if let Some(json) = variable("DOCKER_AUTH_CONFIG").filter(|json| !json.trim().is_empty()) {
            add(parse("DOCKER_AUTH_CONFIG", json.as_bytes()).map(Some));
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
            add(load(&file));
        }
        Credentials {
            sources,
            troubles: Mutex::new(troubles),
            ..Credentials::default()
        }
    }

    /// The credentials for a repository of a registry, if any can be had; a helper may take `limit` for its answer.
    pub(super) async fn find(
        &self,
        host: &str,
        repository: &str,
        limit: Duration,
    ) -> Option<Credential> {
        for source in &self.sources {
            let found = match source.helper(host) {
                Some(helper) => self.ask_once(helper, server_key(host), limit).await,
                None => source.entry(host, repository),
            };
            match found {
                Ok(None) => {}
                Ok(found) => return found,
                Err(error) => self.note(error.message),
            }
        }
        None
    }

    /// Why credentials could not be looked at, for whoever turns out to need some.
    pub(super) fn troubles(&self) -> Option<String> {
        let troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<&str> = troubles.iter().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn note(&self, trouble: String) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.insert(trouble);
    }

    async fn ask_once(
        &self,
        helper: &str,
        server: &str,
        limit: Duration,
    ) -> Result<Option<Credential>, Error> {
        let key = (helper.to_owned(), server.to_owned());
        // Others wait: a helper may ask its user, once.
        let mut helped = self.helped.lock().await;
        if let Some(known) = helped.get(&key) {
            return Ok(known.clone());
        }
        let answer = ask(helper, server, limit).await;
        helped.insert(key, answer.as_ref().ok().cloned().flatten());
        answer
    }
}

impl AuthFile {
    fn helper(&self, host: &str) -> Option<&str> {
        let own = of_host(&self.helpers, host);
        // An entry with content wins over the common store.
        let plain = of_host(&self.auths, host).is_some_and(|entry| !entry.is_empty());
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
        match of_host(&self.auths, host) {
            Some(entry) => entry.read(host),
            None => Ok(None),
        }
    }
}

/// What a table has for a host: under its name, or under an address that means it.
fn of_host<'t, T>(table: &'t BTreeMap<String, T>, host: &str) -> Option<&'t T> {
    let means = |key: &str| {
        let bare = key.split_once("://").map_or(key, |(_, rest)| rest);
        let bare = bare.trim_end_matches('/');
        let bare = ["/v1", "/v2"]
            .iter()
            .find_map(|end| bare.strip_suffix(end))
            .unwrap_or(bare);
        bare == host || (host == DOCKER_IO && DOCKER_HUBS.contains(&bare))
    };
    let hub = (host == DOCKER_IO)
        .then(|| table.get(DOCKER_HUB_KEY))
        .flatten();
    hub.or_else(|| table.get(host)).or_else(|| {
        table
            .iter()
            .find(|(key, _)| means(key))
            .map(|(_, value)| value)
    })
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
                "cannot read the stored credentials for {host}"
            ))),
        }
    }
}

fn server_key(host: &str) -> &str {
    if host == DOCKER_IO {
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
            return Err(refused(format!("{name} is not a regular file")));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(format!("cannot read {name}: {error}"))),
    }
    let json =
        std::fs::read(path).map_err(|error| refused(format!("cannot read {name}: {error}")))?;
    if json.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    parse(&name, &json).map(Some)
}

fn parse(name: &str, json: &[u8]) -> Result<AuthFile, Error> {
    // The text of the parser's error could quote a secret; its place does not.
    serde_json::from_slice(json).map_err(|error| {
        refused(format!(
            "{name} is not a valid file of credentials (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

/// Asks `docker-credential-<helper>`.
async fn ask(helper: &str, server: &str, limit: Duration) -> Result<Option<Credential>, Error> {
    if !helper
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    {
        return Err(refused(format!(
            "`{helper}` is not a valid name of a credential helper"
        )));
    }
    let program = format!("docker-credential-{helper}");
    let failed = |why: String| refused(format!("{program}: {why}"));
    let mut child = tokio::process::Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(failed("it has no input".to_owned()));
    };
    let conversation = async {
        // A helper that does not listen will say so by its answer.
        let _ = stdin.write_all(server.as_bytes()).await;
        drop(stdin);
        let (mut answer, mut words) = (Vec::new(), Vec::new());
        let (mut stdout, mut stderr) = (
            stdout.take(MAX_CREDENTIALS_BYTES),
            stderr.take(MAX_CREDENTIALS_BYTES),
        );
        futures_util::future::try_join(
            stdout.read_to_end(&mut answer),
            stderr.read_to_end(&mut words),
        )
        .await?;
        Ok::<_, std::io::Error>((child.wait().await?, answer, words))
    };
    let outcome = tokio::time::timeout(limit, conversation).await;
    let (status, answer, words) = outcome
        .map_err(|_| {
            let time = limit.as_secs();
            failed(format!("it did not answer within {time} seconds"))
        })?
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        let text = String::from_utf8_lossy(&answer);
        // The words by which every helper says that it has nothing.
        return match text.contains("credentials not found") {
            true => Ok(None),
            // Some fail with their reason as the answer.
            false => match [words, answer].iter().find_map(|said| first_words(said)) {
                Some(said) => Err(failed(format!("it failed ({status}): {said}"))),
                None => Err(failed(format!("it failed ({status})"))),
            },
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
        .map_err(|_| failed("its answer is malformed".to_owned()))?;
    Ok(match (reply.user.as_str(), reply.secret.is_empty()) {
        (_, true) => None,
        (TOKEN_USER, _) => Some(Credential::IdentityToken(reply.secret)),
        _ => Some(Credential::Password {
            user: reply.user,
            password: reply.secret,
        }),
    })
}

/// What a helper says, as one line; nothing that could be an answer with a secret in it.
fn first_words(said: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(said);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let line: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(HELPER_WORDS)
        .collect();
    (!line.is_empty() && !line.starts_with('{')).then_some(line)
}

fn refused(message: String) -> Error {
    Error::refused(message).unnamed()
}
