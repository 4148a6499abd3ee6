//! All tests of the crate's visible behaviour, in one binary.

mod expand;
mod go;
#[cfg(feature = "compile")]
mod lint;
