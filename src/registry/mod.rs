//! Asking the world what a reference is right now: registries, git remotes, web servers.
//!
//! ```text
//! resolve_image / resolve_file ── transport (bounds, retries, redirects) ── one connection pool
//!        └ auth ── credentials (Docker's and Podman's files, helpers)
//! resolve_git ── smart HTTP over the same transport, or the user's `git`
//! ```
//!
//! Knows images and nothing of Dockerfiles or locks. The types of manifests and of registry errors come
//! from the OCI client library; its requests do not, because what is promised of them cannot be kept on it:
//! `tests/it/lock/promises.rs` shows what.

mod attestation;
mod auth;
pub mod credentials;
mod error;
mod file;
mod git;
mod host;
mod image;
pub mod store;
mod transport;

pub use error::{Error, ErrorKind};

use std::collections::BTreeMap;
use std::time::Duration;

use crate::limits::{
    MAX_DOWNLOAD_BYTES, REGISTRY_ANSWER_TIMEOUT, REGISTRY_ATTEMPTS, REGISTRY_CONNECT_TIMEOUT,
    REGISTRY_MAX_WAIT, REGISTRY_READ_TIMEOUT,
};
use credentials::Credentials;
use host::Hosts;
use transport::Transport;

/// How to reach the world.
#[derive(Clone, Debug)]
pub struct Config {
    /// Registries that are asked first, by the host that references name: `docker.io` to `http://mirror:5000`.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// Hosts, with their port, that speak plain HTTP. Loopback needs no mention.
    pub plain_http: Vec<String>,
    /// Certificates of further authorities, PEM.
    pub authorities: Vec<Vec<u8>>,
    /// Until a connection counts as failed.
    pub connect_timeout: Duration,
    /// Until a silent connection counts as failed.
    pub read_timeout: Duration,
    /// Until an answer that comes in small pieces has to be whole, and a credential helper has to have answered; files
    /// may take longer.
    pub answer_timeout: Duration,
    /// Attempts for one request.
    pub attempts: u32,
    /// Wait before the second attempt; doubles with each.
    pub backoff: Duration,
    /// Longest wait that a server may ask for.
    pub max_wait: Duration,
    /// Largest file that is downloaded to find its digest, in bytes.
    pub max_file: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            mirrors: BTreeMap::new(),
            plain_http: Vec::new(),
            authorities: Vec::new(),
            connect_timeout: REGISTRY_CONNECT_TIMEOUT,
            read_timeout: REGISTRY_READ_TIMEOUT,
            answer_timeout: REGISTRY_ANSWER_TIMEOUT,
            attempts: REGISTRY_ATTEMPTS,
            backoff: Duration::from_millis(250),
            max_wait: REGISTRY_MAX_WAIT,
            max_file: MAX_DOWNLOAD_BYTES,
        }
    }
}

/// Asks registries, git remotes and web servers; one connection pool for all.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    hosts: Hosts,
    auth: auth::Tokens,
}

impl Client {
    /// A client that reaches the world as `config` says, with `credentials`.
    ///
    /// # Errors
    /// When a certificate cannot be read.
    pub fn new(config: Config, credentials: Credentials) -> Result<Self, Error> {
        let hosts = Hosts::new(&config);
        Ok(Client {
            transport: Transport::new(config)?,
            hosts,
            auth: auth::Tokens::new(credentials),
        })
    }
}
