//! Tests of everything that is visible from outside, in one binary.

#[cfg(feature = "llb")]
mod llb;
#[cfg(feature = "llb")]
mod llb_graph;
#[cfg(feature = "llb")]
mod llb_rebuild;
