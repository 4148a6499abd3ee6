//! `USER`

use crate::syntax::ast::UserInstruction;
use crate::syntax::error::Fault;

use super::{Request, exactly_one_argument, no_flags};

pub(super) fn build(request: Request<'_>) -> Result<UserInstruction, Fault> {
    let meta = request.meta;
    let user = exactly_one_argument(request.args, &meta, "USER")?;
    no_flags(&meta)?;
    Ok(UserInstruction { meta, user })
}
