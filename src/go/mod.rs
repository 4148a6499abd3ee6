//! Go's semantics, where they show in bytes or texts that the reference writes.
//!
//! Owns formats and parsers of Go's standard library (and of the two small libraries that the
//! reference adds for sizes), re-made from their documented behaviour: one module per package,
//! one function per function that is needed. Knows nothing about Dockerfiles. Error texts are
//! Go's, to the letter.

pub mod quote;
pub mod regexp;
pub mod unicode;
pub mod utf8;
