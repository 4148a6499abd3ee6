//! `ARG`

use crate::syntax::args::split_argument;
use crate::syntax::ast::{ArgDefinition, ArgInstruction, Argument, Text};
use crate::syntax::error::Fault;

use super::{Request, at_least_one_argument, blank_name, doc_comment};

/// Parity: flags are read and ignored.
pub(super) fn build(request: Request<'_>) -> Result<ArgInstruction, Fault> {
    let meta = request.meta;
    let words = request.args.list.args;
    if words.is_empty() {
        return Err(at_least_one_argument(&meta, "ARG"));
    }
    let args = words
        .into_iter()
        .map(|word| definition(word, &meta.comments));
    Ok(ArgInstruction {
        args: args.collect::<Result<_, _>>()?,
        meta,
    })
}

fn definition(word: Argument, comments: &[Text]) -> Result<ArgDefinition, Fault> {
    let (key, value) = match split_argument(&word, '=') {
        Some((key, _)) if key.is_empty() => return Err(blank_name(&word, "ARG")),
        Some((key, value)) => (key, Some(value)),
        None => (word, None),
    };
    Ok(ArgDefinition {
        doc_comment: doc_comment(comments, key.as_bytes()),
        key,
        value,
    })
}
