//! `ENV`

use crate::syntax::ast::EnvInstruction;
use crate::syntax::error::Fault;

use super::{Request, key_values, no_flags};

pub(super) fn build(mut request: Request<'_>) -> Result<EnvInstruction, Fault> {
    no_flags(&request.meta)?;
    Ok(EnvInstruction {
        pairs: key_values(&mut request, "ENV")?,
        meta: request.meta,
    })
}
