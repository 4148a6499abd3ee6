//! `WORKDIR`

use crate::syntax::ast::WorkdirInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, exactly_one_argument};

pub(super) fn build(request: Request<'_>) -> Result<WorkdirInstruction, Fault> {
    let meta = request.meta;
    let path = exactly_one_argument(request.args, &meta, "WORKDIR")?;
    Keyword::Workdir.check_flags(&meta)?;
    Ok(WorkdirInstruction { meta, path })
}
