//! `ENTRYPOINT`

use crate::syntax::ast::EntrypointInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, command_line};

pub(super) fn build(mut request: Request<'_>) -> Result<EntrypointInstruction, Fault> {
    Keyword::Entrypoint.check_flags(&request.meta)?;
    Ok(EntrypointInstruction {
        command: command_line(&mut request),
        meta: request.meta,
    })
}
