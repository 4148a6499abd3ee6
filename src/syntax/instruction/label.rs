//! `LABEL`

use crate::syntax::ast::LabelInstruction;
use crate::syntax::error::Fault;

use super::{Request, key_values, no_flags};

pub(super) fn build(mut request: Request<'_>) -> Result<LabelInstruction, Fault> {
    no_flags(&request.meta)?;
    Ok(LabelInstruction {
        pairs: key_values(&mut request, "LABEL")?,
        meta: request.meta,
    })
}
