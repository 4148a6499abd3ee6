//! What an editor asks about a Dockerfile: places, names, findings, layout, pins.
//!
//! ```text
//! text (positions) -> document (tree, names; each made once) -> one file for each question -> cli/cmd/lsp
//! ```
//! Pure: documents, locks and settings are handed in; answers are values of the protocol. Syntax, rules, fixes and layout are
//! those of the other modules: nothing is read a second way here.

mod document;
mod layout;
mod outline;
mod problems;
mod text;

pub(crate) use document::Document;
pub(crate) use layout::{format, format_range};
pub(crate) use outline::{folding_ranges, symbols};
pub(crate) use problems::{Finding, actions, diagnostics, fix_all};
pub(crate) use text::{Encoding, Text};
