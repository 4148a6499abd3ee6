//! Tests of everything that is visible from outside, in one binary.

mod expand;
mod go;
#[cfg(feature = "llb")]
mod llb;
#[cfg(feature = "llb")]
mod llb_rebuild;
mod parse;
mod parse_dump;
