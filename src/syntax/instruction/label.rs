//! `LABEL`

use crate::syntax::ast::LabelInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, key_values};

pub(super) fn build(mut request: Request<'_>) -> Result<LabelInstruction, Fault> {
    Keyword::Label.check_flags(&request.meta)?;
    Ok(LabelInstruction {
        pairs: key_values(&mut request, "LABEL")?,
        meta: request.meta,
    })
}
