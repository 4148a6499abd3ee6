//! Image registries: digests and configs of images, for a command line without a build daemon.
//!
//! Knows references and platforms, nothing about Dockerfiles.

mod auth;
mod client;

pub use auth::Credentials;
pub use client::{RegistryClient, RegistryError, Resolved};
