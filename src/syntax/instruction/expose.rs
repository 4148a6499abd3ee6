//! `EXPOSE`

use crate::collect::sort_small;
use crate::syntax::ast::ExposeInstruction;
use crate::syntax::error::Fault;

use super::{Keyword, Request, at_least_one_argument};

pub(super) fn build(request: Request<'_>) -> Result<ExposeInstruction, Fault> {
    let meta = request.meta;
    let mut ports = request.args.list.args;
    if ports.is_empty() {
        return Err(at_least_one_argument(&meta, "EXPOSE"));
    }
    Keyword::Expose.check_flags(&meta)?;
    sort_small(&mut ports, |a, b| a.as_bytes().cmp(b.as_bytes()));
    Ok(ExposeInstruction { meta, ports })
}
