//! Tests of everything that is visible from outside, in one binary.

#[cfg(all(feature = "testing", feature = "frontend"))]
mod conformance;
mod expand;
mod go;
#[cfg(feature = "llb")]
mod llb;
#[cfg(feature = "llb")]
mod llb_rebuild;
