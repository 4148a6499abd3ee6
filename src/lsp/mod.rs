//! What an editor asks about a Dockerfile: places, names, findings, layout, pins.
//!
//! ```text
//! text (positions) -> document (tree, names; each made once) -> one file for each question -> cli/cmd/lsp
//! ```
//! Pure: documents, locks and settings are handed in; answers are values of the protocol. Syntax, rules, fixes and layout are
//! those of the other modules: nothing is read a second way here.

mod complete;
mod cursor;
mod document;
mod hover;
mod layout;
mod lens;
mod links;
mod names;
mod navigate;
mod outline;
mod pins;
mod problems;
mod signature;
mod stages;
mod text;
mod tokens;
mod value;
mod words;
mod workspace;

pub(crate) use complete::{complete, repository_at};
pub(crate) use document::Document;
pub(crate) use hover::hover;
pub(crate) use layout::{difference, format, format_new_line, format_range};
pub(crate) use lens::{SHOW, lenses};
pub(crate) use links::{image_at, links};
pub(crate) use navigate::{definition, highlights, prepare_rename, references, rename};
pub(crate) use outline::{folding_ranges, selection_range, symbols};
pub(crate) use pins::{inlay_hints, outdated};
pub(crate) use problems::{Finding, actions, diagnostics, fix_all};
pub(crate) use signature::signature_help;
pub(crate) use stages::{stage_range, unneeded};
pub(crate) use text::{Encoding, Text};
pub(crate) use tokens::{KINDS, MODIFIERS, tokens};
pub(crate) use workspace::{News, Target, Workspace};
