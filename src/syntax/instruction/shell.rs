//! `SHELL`

use crate::diagnostic::ErrorCode;
use crate::syntax::ast::ShellInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, at_least_one_argument};

pub(super) fn build(request: Request<'_>) -> Result<ShellInstruction, Fault> {
    let meta = request.meta;
    Keyword::Shell.check_flags(&meta)?;
    let list = request.args.list;
    if list.args.is_empty() {
        return Err(at_least_one_argument(&meta, "SHELL"));
    }
    if !list.is_json() {
        let title = "SHELL requires the arguments to be in JSON form";
        return Err(Fault::new(ErrorCode::JsonRequired, title).at(meta.args));
    }
    Ok(ShellInstruction {
        meta,
        shell: list.args,
    })
}
