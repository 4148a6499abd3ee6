//! `ENTRYPOINT`

use crate::syntax::ast::EntrypointInstruction;
use crate::syntax::error::Fault;

use super::{Request, command_line, no_flags};

pub(super) fn build(mut request: Request<'_>) -> Result<EntrypointInstruction, Fault> {
    no_flags(&request.meta)?;
    Ok(EntrypointInstruction {
        command: command_line(&mut request),
        meta: request.meta,
    })
}
