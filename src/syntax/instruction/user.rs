//! `USER`

use crate::syntax::ast::UserInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, exactly_one_argument};

pub(super) fn build(request: Request<'_>) -> Result<UserInstruction, Fault> {
    let meta = request.meta;
    let user = exactly_one_argument(request.args, &meta, "USER")?;
    Keyword::User.check_flags(&meta)?;
    Ok(UserInstruction { meta, user })
}
