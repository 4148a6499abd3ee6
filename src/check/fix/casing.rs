//! Keywords and names of stages in other letters.

use super::{Fix, Item, Offer, Scene};
use crate::lint::rules::consistent_instruction_casing::majority_is_lower;
use crate::source::Edit;
use crate::syntax::{Argument, Stage};

/// The keyword in the letters of the others. An `AS` that had the letters of its `FROM` goes with it.
pub(super) fn keyword(item: Item<'_>, scene: &Scene<'_>) -> Offer {
    let lower = majority_is_lower(scene.index.dockerfile);
    let meta = item.meta();
    let mut edits = vec![cased(&meta.keyword, lower, scene)?];
    if let Item::Stage(_, stage) = item
        && let Some(word) = &stage.as_keyword
        && stage.as_matches_from_casing()
    {
        edits.push(cased(word, lower, scene)?);
    }
    Ok(Fix::new(write(&meta.keyword, lower), edits))
}

/// `AS` in the letters of its `FROM`.
pub(super) fn as_keyword(stage: &Stage, scene: &Scene<'_>) -> Offer {
    let word = stage.as_keyword.as_ref().ok_or_else(not_plain)?;
    let lower = stage.meta.keyword.is_lower_case();
    Ok(Fix::new(
        write(word, lower),
        vec![cased(word, lower, scene)?],
    ))
}

/// The name of a stage in lower case, which is what it counts as anyway.
pub(super) fn stage_name(stage: &Stage, scene: &Scene<'_>) -> Offer {
    let name = stage.written_name.as_ref().ok_or_else(not_plain)?;
    Ok(Fix::new(write(name, true), vec![cased(name, true, scene)?]))
}

fn cased(word: &Argument, lower: bool, scene: &Scene<'_>) -> Result<Edit, String> {
    // A word that is continued on another line, or not ASCII, is for a person to change.
    let plain = word.is_ascii() && word.span.of(scene.bytes) == word.as_bytes();
    plain
        .then(|| Edit::replace(word.span, in_case(word, lower)))
        .ok_or_else(not_plain)
}

fn in_case(word: &str, lower: bool) -> String {
    match lower {
        true => word.to_ascii_lowercase(),
        false => word.to_ascii_uppercase(),
    }
}

fn write(word: &str, lower: bool) -> String {
    format!("write `{}`", in_case(word, lower))
}

fn not_plain() -> String {
    "the word is not written in one piece".to_owned()
}
