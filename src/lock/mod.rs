//! The lock: what a build takes from outside, held to exact content.
//!
//! ```text
//! collect (what the compiler would fetch) -> verify (against the file) -> apply (pinned answers)
//!                                         -> update (choose new pins)  -> file (print)
//! ```
//!
//! Nothing here reads a file, asks a network or knows the time: [`collect`] and [`apply`] are given
//! answers, `rdf lock` and the frontend find them.

pub mod apply;
mod assume;
pub mod collect;
pub mod command;
pub mod contexts;
pub mod diff;
pub mod directive;
pub mod edit;
pub mod export;
pub mod file;
pub mod hermetic;
pub mod model;
pub mod update;
pub mod verify;
pub mod version;

pub use assume::assume;
pub use file::FileError;
pub use hermetic::KnownValue;
pub use model::{
    ConfigFacts, GitKey, GitPin, HttpPin, ImagePin, Inputs, Lock, Mode, RecordedRun, Recordings,
};
