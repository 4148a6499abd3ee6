//! Images as seen from outside: references, digests, platforms and image configs.
//!
//! Pure values and their texts; nothing here talks to a registry.

pub mod digest;
mod gostub;
pub mod platform;
pub mod platform_match;
pub mod reference;

pub use digest::{Digest, DigestError};
pub use platform::{Platform, PlatformError};
pub use platform_match::PlatformMatcher;
pub use reference::{Reference, ReferenceError};
