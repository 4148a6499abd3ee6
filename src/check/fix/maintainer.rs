//! `MAINTAINER` as the label that took its place.

use super::{Fix, Offer, Scene};
use crate::check::text_at;
use crate::source::Edit;
use crate::source::Span;
use crate::syntax::{Instruction, MaintainerInstruction};

const LABEL: &str = "org.opencontainers.image.authors";

pub(super) fn offer(stage: usize, maintainer: &MaintainerInstruction, scene: &Scene<'_>) -> Offer {
    let written = &maintainer.maintainer;
    let stage = scene.index.dockerfile.stages.get(stage);
    let labelled = stage.into_iter().flat_map(|stage| &stage.instructions).any(|it| {
        matches!(it, Instruction::Label(label) if label.pairs.iter().any(|pair| pair.key.trim_matches('"') == LABEL))
    });
    if labelled {
        return Err(format!("there is a label `{LABEL}` already"));
    }
    let keyword = &maintainer.meta.keyword;
    let span = Span::new(keyword.span.start, written.span.end);
    let plain = text_at(scene.bytes, written.span) == Some(written.as_str());
    let between = text_at(scene.bytes, Span::new(keyword.span.end, written.span.start));
    let blank = between.is_some_and(|text| text.bytes().all(|byte| matches!(byte, b' ' | b'\t')));
    if !plain || !blank {
        return Err("the name is not written in one piece".to_owned());
    }
    let word = if keyword.is_lower_case() {
        "label"
    } else if keyword.is_upper_case() {
        "LABEL"
    } else {
        "Label"
    };
    let value = quoted(unquoted(written), scene.escape().char());
    Ok(Fix::new(
        format!("write `{word} {LABEL}={value}`"),
        vec![Edit::replace(span, format!("{word} {LABEL}={value}"))],
    ))
}

/// The name without quotes around it: `MAINTAINER` keeps them, and nobody means them.
fn unquoted(name: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| {
            let inner = name.strip_prefix(*quote)?.strip_suffix(*quote)?;
            (!inner.contains(*quote)).then_some(inner)
        })
        .unwrap_or(name)
}

/// The text in double quotes, with everything escaped that means something there.
fn quoted(text: &str, escape: char) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c == '"' || c == '$' || c == escape {
            out.push(escape);
        }
        out.push(c);
    }
    out.push('"');
    out
}
