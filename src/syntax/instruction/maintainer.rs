//! `MAINTAINER`

use crate::syntax::ast::MaintainerInstruction;
use crate::syntax::error::Fault;

use super::{Request, exactly_one_argument, no_flags};

pub(super) fn build(request: Request<'_>) -> Result<MaintainerInstruction, Fault> {
    let meta = request.meta;
    let maintainer = exactly_one_argument(request.args, &meta, "MAINTAINER")?;
    no_flags(&meta)?;
    Ok(MaintainerInstruction { meta, maintainer })
}
