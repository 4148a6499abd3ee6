//! Dockerfiles to BuildKit LLB.
//!
//! ```text
//! bytes -> source -> syntax (lines, pest, AST) -> plan (stages, needs) -> lower (dispatch)
//!       -> llb (State, marshal) -> Definition -> gateway / file
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

#[cfg(any(feature = "llb", feature = "lint"))]
mod collect;
pub mod diagnostic;
pub mod expand;
pub mod go;
pub mod limits;
pub mod source;
pub mod syntax;

#[cfg(feature = "llb")]
pub mod image;
#[cfg(feature = "llb")]
pub mod llb;
#[cfg(feature = "llb")]
pub mod pb;

#[cfg(feature = "lint")]
pub mod lint;

#[cfg(feature = "compile")]
pub mod compile;
#[cfg(feature = "compile")]
pub mod explain;
#[cfg(feature = "compile")]
pub mod graph;
#[cfg(feature = "compile")]
pub mod ignore;
#[cfg(feature = "compile")]
pub mod lower;
#[cfg(feature = "compile")]
pub mod plan;
#[cfg(feature = "compile")]
pub mod remote;

#[cfg(feature = "gateway")]
pub mod gateway;

#[cfg(feature = "lock")]
pub mod lock;

#[cfg(feature = "frontend")]
pub mod frontend;

#[cfg(feature = "registry")]
pub mod registry;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "cli")]
pub mod cli;
