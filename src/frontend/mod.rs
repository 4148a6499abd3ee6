//! Frontends: what they read of a build's options and what they return.
//!
//! [`dockerfile`] is the frontend for Dockerfiles.

pub mod dockerfile;

pub use dockerfile::{Dockerfile, FrontendCaps, Request, SYNTAX_VERSION, Sbom, version_line};
