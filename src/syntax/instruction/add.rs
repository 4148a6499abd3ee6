//! `ADD`

use crate::syntax::ast::AddInstruction;
use crate::syntax::error::Fault;
use crate::syntax::flag::{self, FlagKind, Known};

use super::sources;
use super::{Keyword, Request};

pub(super) const FLAGS: &Known = &[
    ("chown", FlagKind::Single),
    ("chmod", FlagKind::Single),
    ("link", FlagKind::Switch),
    ("keep-git-dir", FlagKind::Switch),
    ("checksum", FlagKind::Single),
    ("unpack", FlagKind::Switch),
    ("exclude", FlagKind::List),
];

pub(super) fn build(mut request: Request<'_>) -> Result<AddInstruction, Fault> {
    sources::check_count(&request, "ADD")?;
    Keyword::Add.check_flags(&request.meta)?;
    let paths = sources::build(&mut request, "ADD")?;
    let meta = request.meta;
    let flags = &meta.flags;
    Ok(AddInstruction {
        paths,
        chown: flag::single(flags, "chown"),
        chmod: flag::single(flags, "chmod"),
        checksum: flag::single(flags, "checksum"),
        exclude: flag::list(flags, "exclude"),
        link: flag::switched(flags, "link").unwrap_or(false),
        keep_git_dir: flag::switched(flags, "keep-git-dir"),
        unpack: flag::switched(flags, "unpack"),
        meta,
    })
}
