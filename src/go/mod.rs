//! Go's semantics, where they show in bytes or texts that the reference writes.
//!
//! Owns formats and parsers of Go's standard library, and of the small libraries that the
//! reference adds for sizes and option lists, re-made from their behaviour: one module a topic,
//! one function for each function that is needed. Knows nothing about Dockerfiles. Error texts
//! are Go's, to the letter.

pub mod byte_text;
pub mod csv;
#[cfg_attr(
    not(feature = "llb"),
    allow(dead_code, unused_imports, reason = "most of it is for image configs")
)]
pub mod json;
pub mod number;
pub mod path;
pub mod quote;
pub mod regexp;
pub mod text;
#[cfg_attr(
    not(feature = "llb"),
    allow(dead_code, reason = "dates are for locks and image configs")
)]
pub mod time;
pub mod unicode;
pub mod units;
pub mod url;
pub mod utf8;
