//! The protocol of a port in lower case.

use super::{Fix, Offer, Scene};
use crate::check::text_at;
use crate::source::Edit;
use crate::syntax::ExposeInstruction;

pub(super) fn offer(expose: &ExposeInstruction, scene: &Scene<'_>) -> Offer {
    let mut edits = Vec::new();
    let mut written = Vec::new();
    for port in &expose.ports {
        let Some((number, protocol)) = port.split_once('/') else {
            continue;
        };
        let lower = format!("{number}/{}", protocol.to_ascii_lowercase());
        if lower == port.as_str() {
            continue;
        }
        let plain = text_at(scene.bytes, port.span) == Some(port.as_str());
        if !plain || protocol.contains(['$', '"', '\'', '\\', '`']) {
            return Err("the port is not written as it is".to_owned());
        }
        written.push(lower.clone());
        edits.push(Edit::replace(port.span, lower));
    }
    match edits.is_empty() {
        true => Err("the protocol comes out of a variable".to_owned()),
        false => Ok(Fix::new(format!("write `{}`", written.join(" ")), edits)),
    }
}
