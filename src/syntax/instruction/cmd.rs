//! `CMD`

use crate::syntax::ast::CmdInstruction;
use crate::syntax::error::Fault;

use super::{Request, command_line, no_flags};

pub(super) fn build(mut request: Request<'_>) -> Result<CmdInstruction, Fault> {
    no_flags(&request.meta)?;
    Ok(CmdInstruction {
        command: command_line(&mut request),
        meta: request.meta,
    })
}
