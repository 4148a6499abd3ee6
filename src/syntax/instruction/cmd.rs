//! `CMD`

use crate::syntax::ast::CmdInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, command_line};

pub(super) fn build(mut request: Request<'_>) -> Result<CmdInstruction, Fault> {
    Keyword::Cmd.check_flags(&request.meta)?;
    Ok(CmdInstruction {
        command: command_line(&mut request),
        meta: request.meta,
    })
}
