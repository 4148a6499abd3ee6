//! Wire messages of BuildKit, derived by hand: one file per protobuf package.
//!
//! Field numbers, names and enum values are facts of the protocol. No logic lives here, and no
//! `protoc` or build script is involved. [`map`] gives map fields the bytes the reference writes.

pub mod map;
mod message;
pub mod ops;

#[cfg(feature = "gateway")]
pub mod apicaps;
#[cfg(feature = "gateway")]
pub mod fsutil;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "gateway")]
pub mod sourcepolicy;
#[cfg(feature = "gateway")]
pub mod status;
#[cfg(feature = "gateway")]
pub mod worker;
