//! `FROM`

use crate::diagnostic::ErrorCode;
use crate::go::quote::quote;
use crate::go::text::{equal_fold, to_lower};
use crate::syntax::ast::{Argument, InstructionMeta, Stage};
use crate::syntax::error::Fault;
use crate::syntax::flag::{self, FlagKind, Known};

use super::{Keyword, Request, doc_comment};

pub(super) const FLAGS: &Known = &[("platform", FlagKind::Single)];

pub(super) fn build(request: Request<'_>) -> Result<Stage, Fault> {
    let meta = request.meta;
    let mut args = request.args.list.args.into_iter();
    let (base_name, named) = match (args.next(), args.next(), args.next(), args.next()) {
        (Some(base_name), None, _, _) => (base_name, None),
        (Some(base_name), Some(as_keyword), Some(written), None)
            if equal_fold(&as_keyword, "as") =>
        {
            (base_name, Some((as_keyword, written)))
        }
        _ => return Err(wrong_count(&meta)),
    };
    let (as_keyword, written_name) = named.unzip();
    let name = written_name.as_ref().map(stage_name).transpose()?;
    Keyword::From.check_flags(&meta)?;
    let doc = name.as_deref().unwrap_or("");
    Ok(Stage {
        base_name,
        platform: flag::single(&meta.flags, "platform"),
        as_keyword,
        written_name,
        doc_comment: doc_comment(&meta.comments, doc.as_bytes()),
        name,
        instructions: Vec::with_capacity(ROOM),
        meta,
    })
}

/// How many instructions an ordinary stage has: they are large, and a list that grows moves them.
const ROOM: usize = 16;

#[cold]
fn wrong_count(meta: &InstructionMeta) -> Fault {
    let title = "FROM requires either one or three arguments";
    Fault::new(ErrorCode::ArgumentCount, title).at(meta.args)
}

/// The name in lower case; it must begin with a letter and hold letters, digits, `-`, `_`, `.`.
fn stage_name(written: &Argument) -> Result<Box<str>, Fault> {
    let name = to_lower(written);
    let is_valid = name.bytes().enumerate().all(|(at, byte)| match byte {
        b'a'..=b'z' => true,
        b'0'..=b'9' | b'-' | b'_' | b'.' => at > 0,
        _ => false,
    });
    if is_valid && !name.is_empty() {
        return Ok(name.into());
    }
    let quoted = quote(written.as_bytes());
    let title = format!(
        "invalid name for build stage: {quoted}, \
         name can't start with a number or contain symbols"
    );
    Err(Fault::new(ErrorCode::InvalidStageName, title).at(written.span))
}
