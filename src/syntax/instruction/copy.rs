//! `COPY`

use crate::syntax::ast::CopyInstruction;
use crate::syntax::error::Fault;
use crate::syntax::flag::{self, FlagKind, Known};

use super::sources;
use super::{Keyword, Request};

pub(super) const FLAGS: &Known = &[
    ("chown", FlagKind::Single),
    ("from", FlagKind::Single),
    ("chmod", FlagKind::Single),
    ("link", FlagKind::Switch),
    ("exclude", FlagKind::List),
    ("parents", FlagKind::Switch),
];

pub(super) fn build(mut request: Request<'_>) -> Result<CopyInstruction, Fault> {
    sources::check_count(&request, "COPY")?;
    Keyword::Copy.check_flags(&request.meta)?;
    let paths = sources::build(&mut request, "COPY")?;
    let meta = request.meta;
    let flags = &meta.flags;
    Ok(CopyInstruction {
        paths,
        from: flag::single(flags, "from"),
        chown: flag::single(flags, "chown"),
        chmod: flag::single(flags, "chmod"),
        exclude: flag::list(flags, "exclude"),
        link: flag::switched(flags, "link").unwrap_or(false),
        parents: flag::switched(flags, "parents").unwrap_or(false),
        meta,
    })
}
