//! Images as seen from outside: references, digests, platforms and image configs.
//!
//! Pure values and their texts; nothing here talks to a registry.

pub mod digest;
pub mod reference;

pub use digest::{Digest, DigestError};
pub use reference::{Reference, ReferenceError};
