//! `FROM --platform=$TARGETPLATFORM` without its flag.

use super::{Fix, Offer, Scene};
use crate::check::text_at;
use crate::source::Edit;
use crate::source::Span;
use crate::syntax::Stage;

pub(super) fn offer(stage: &Stage, scene: &Scene<'_>) -> Offer {
    let [flag] = stage.meta.flags.as_slice() else {
        return Err("there are other flags".to_owned());
    };
    let span = Span::new(flag.span.start, stage.base_name.span.start);
    let between = text_at(scene.bytes, Span::new(flag.span.end, span.end));
    if !between.is_some_and(|text| text.bytes().all(|byte| matches!(byte, b' ' | b'\t'))) {
        return Err("the line goes on behind the flag".to_owned());
    }
    Ok(Fix::new("leave the flag out", vec![Edit::delete(span)]))
}
