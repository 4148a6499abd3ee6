//! Tests of everything that is visible from outside, in one binary.

mod expand;
mod go;
#[cfg(feature = "compile")]
mod lint;
#[cfg(feature = "llb")]
mod llb;
#[cfg(feature = "llb")]
mod llb_graph;
#[cfg(feature = "llb")]
mod llb_rebuild;
