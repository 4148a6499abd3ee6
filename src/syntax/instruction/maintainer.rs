//! `MAINTAINER`

use crate::syntax::ast::MaintainerInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, exactly_one_argument};

pub(super) fn build(request: Request<'_>) -> Result<MaintainerInstruction, Fault> {
    let meta = request.meta;
    let maintainer = exactly_one_argument(request.args, &meta, "MAINTAINER")?;
    Keyword::Maintainer.check_flags(&meta)?;
    Ok(MaintainerInstruction { meta, maintainer })
}
