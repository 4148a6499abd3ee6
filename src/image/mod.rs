//! Images as seen from outside: references, digests, platforms and image configs.
//!
//! Pure values and their texts; nothing here talks to a registry.

pub(crate) mod config;
pub(crate) mod digest;
pub(crate) mod platform;
pub(crate) mod platform_match;
mod platform_names;
pub(crate) mod reference;
mod timestamp;

pub use config::{
    ConfigError, ContainerConfig, Healthcheck, History, ImageConfig, RootFs, Timestamp,
};
pub(crate) use digest::Hasher;
pub use digest::{Digest, DigestError};
pub use platform::{Platform, PlatformError};
pub(crate) use platform_match::PlatformMatcher;
pub use reference::{Reference, ReferenceError};
pub use timestamp::TimestampError;
