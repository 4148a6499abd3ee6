//! `WORKDIR`

use crate::syntax::ast::WorkdirInstruction;
use crate::syntax::error::Fault;

use super::{Request, exactly_one_argument, no_flags};

pub(super) fn build(request: Request<'_>) -> Result<WorkdirInstruction, Fault> {
    let meta = request.meta;
    let path = exactly_one_argument(request.args, &meta, "WORKDIR")?;
    no_flags(&meta)?;
    Ok(WorkdirInstruction { meta, path })
}
