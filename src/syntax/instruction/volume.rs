//! `VOLUME`

use crate::diagnostic::ErrorCode;
use crate::syntax::ast::{Argument, Spanned, Text, VolumeInstruction};
use crate::syntax::blank;
use crate::syntax::error::Fault;

use super::{Keyword, Request, at_least_one_argument};

pub(super) fn build(request: Request<'_>) -> Result<VolumeInstruction, Fault> {
    let meta = request.meta;
    let args = request.args.list.args;
    if args.is_empty() {
        return Err(at_least_one_argument(&meta, "VOLUME"));
    }
    Keyword::Volume.check_flags(&meta)?;
    let volumes = args.into_iter().map(trimmed).collect::<Result<_, _>>()?;
    Ok(VolumeInstruction { meta, volumes })
}

fn trimmed(volume: Argument) -> Result<Argument, Fault> {
    let bytes = blank::trim(volume.as_bytes());
    if bytes.is_empty() {
        let title = "VOLUME specified can not be an empty string";
        return Err(Fault::new(ErrorCode::BlankArgument, title).at(volume.span));
    }
    if bytes.len() == volume.as_bytes().len() {
        return Ok(volume);
    }
    Ok(Spanned::new(Text::from_bytes(bytes), volume.span))
}
