//! `ENV`

use crate::syntax::ast::EnvInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, key_values};

pub(super) fn build(mut request: Request<'_>) -> Result<EnvInstruction, Fault> {
    Keyword::Env.check_flags(&request.meta)?;
    Ok(EnvInstruction {
        pairs: key_values(&mut request, "ENV")?,
        meta: request.meta,
    })
}
