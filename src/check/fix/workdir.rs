//! A relative `WORKDIR` from the root on.

use super::{Fix, Offer, Scene};
use crate::check::text_at;
use crate::source::Edit;
use crate::syntax::WorkdirInstruction;

pub(super) fn offer(stage: usize, workdir: &WorkdirInstruction, scene: &Scene<'_>) -> Offer {
    let path = workdir.path.as_str();
    if scene.is_windows() || path.contains('\\') {
        return Err("a path of Windows may have a drive".to_owned());
    }
    if path.contains('$') {
        return Err("the path comes out of a variable".to_owned());
    }
    if text_at(scene.bytes, workdir.path.span) != Some(path) {
        return Err("the path is not written in one piece".to_owned());
    }
    let chain = scene.index.chain(stage, scene.uses);
    let known = chain.start(scene.images).workdir;
    let base = known.as_deref().unwrap_or("/").trim_end_matches('/');
    let mut rest = path;
    while let Some(shorter) = rest.strip_prefix("./") {
        rest = shorter.trim_start_matches('/');
    }
    let absolute = match rest {
        "." | "" if base.is_empty() => "/".to_owned(),
        "." | "" => base.to_owned(),
        rest => format!("{base}/{rest}"),
    };
    let mut fix = Fix::new(
        format!("write `{absolute}`"),
        vec![Edit::replace(workdir.path.span, absolute)],
    );
    if known.is_none() {
        let image = chain.image.as_deref().unwrap_or("the base image");
        fix.doubt = Some(format!(
            "it is not known in which directory `{image}` starts"
        ));
    }
    Ok(fix)
}
