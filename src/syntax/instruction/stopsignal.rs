//! `STOPSIGNAL`

use crate::syntax::ast::StopsignalInstruction;
use crate::syntax::error::Fault;

use super::{Request, exactly_one_argument};

/// Parity: flags are read and ignored.
pub(super) fn build(request: Request<'_>) -> Result<StopsignalInstruction, Fault> {
    let meta = request.meta;
    let signal = exactly_one_argument(request.args, &meta, "STOPSIGNAL")?;
    Ok(StopsignalInstruction { meta, signal })
}
