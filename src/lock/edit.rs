//! Pins written into the Dockerfile itself, and taken out again: edits by span, every other byte stays.
//!
//! What was written in the place of a pin is remembered in the lock ([`Lock::pinned`]), so that taking the
//! pins out gives back the same bytes, and the author's own digests stay.

use std::collections::BTreeMap;

use super::collect::{Collected, Document};
use super::model::{GitKey, ImageLookup, Lock, pinned_reference};
use crate::image::Reference;
use crate::remote::{self, GitRefResult};
use crate::source::{Edit, LineRange, Span, apply};
use crate::syntax::{AddInstruction, Instruction};

/// A Dockerfile with other bytes in places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// The new file.
    pub bytes: Vec<u8>,
    /// For each pin that was written, what stood there before; [`Lock::pinned`].
    pub pinned: BTreeMap<String, String>,
    /// What could not be pinned in place, and why.
    pub refused: Vec<Refused>,
    /// Places that changed.
    pub changes: usize,
}

/// A place that stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The instruction.
    pub location: LineRange,
    /// Why.
    pub message: String,
}

/// A piece of the file that names a source.
struct Place {
    location: LineRange,
    span: Span,
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An image reference.
    Image,
    /// A source of `ADD`; the end of its keyword.
    Add {
        keyword: u32,
        alone: bool,
        checked: bool,
    },
}

/// Writes the pins of `lock` into the file.
pub fn pin(document: &Document, lock: &Lock, collected: &Collected) -> Edited {
    let mut edited = Edited {
        pinned: lock.pinned.clone(),
        ..Edited::default()
    };
    let mut edits = Vec::new();
    let places = places(document);
    let written: Vec<String> = places.iter().map(|place| place.text.clone()).collect();
    for place in places {
        match replacement(&place, lock, collected) {
            Ok(None) => {}
            Ok(Some((span, new, key, original))) => {
                // The same pin must lead back to one text only.
                let clash = edited
                    .pinned
                    .get(&key)
                    .is_some_and(|have| *have != original)
                    || (matches!(place.kind, Kind::Image) && written.contains(&key));
                match clash {
                    true => edited.refused.push(Refused {
                        location: place.location,
                        message: format!("`{original}` and another spelling of it would be the same pin; write both alike"),
                    }),
                    false => {
                        edited.pinned.insert(key, original);
                        edits.push(Edit::replace(span, new));
                    }
                }
            }
            Err(message) => edited.refused.push(Refused {
                location: place.location,
                message,
            }),
        }
    }
    edited.changes = edits.len();
    edited.bytes = apply(document.bytes(), edits).bytes;
    edited
}

/// Takes out what [`pin`] wrote.
pub fn unpin(document: &Document, lock: &Lock) -> Edited {
    let mut edits = Vec::new();
    for place in places(document) {
        if let Some(original) = lock.pinned.get(&place.text) {
            edits.push(Edit::replace(place.span, original.clone()));
        }
        if let Kind::Add { keyword, .. } = place.kind {
            for key in lock.pinned.keys() {
                let Some((flag, url)) = key.split_once(' ').filter(|(_, url)| *url == place.text)
                else {
                    continue;
                };
                let length = u32::try_from(flag.len() + 1).unwrap_or(0);
                let span = Span::new(keyword, keyword.saturating_add(length));
                if text_at(document.bytes(), span).is_some_and(|text| text == format!(" {flag}"))
                    && !url.is_empty()
                {
                    edits.push(Edit::delete(span));
                }
            }
        }
    }
    Edited {
        changes: edits.len(),
        bytes: apply(document.bytes(), edits).bytes,
        ..Edited::default()
    }
}

type Replacement = (Span, String, String, String);

/// Where to write what, the pin as it will be found again, and what stood there.
fn replacement(
    place: &Place,
    lock: &Lock,
    collected: &Collected,
) -> Result<Option<Replacement>, String> {
    match place.kind {
        Kind::Image => image(place, lock, collected),
        Kind::Add {
            keyword,
            alone,
            checked,
        } => {
            if let Some(seen) = collected
                .http
                .get(&place.text)
                .filter(|seen| seen.lines.contains(&place.location))
            {
                if checked || seen.given.is_some() {
                    return Ok(None);
                }
                if !alone {
                    return Err(format!(
                        "`{}` is one of several sources of its ADD, and a checksum holds for one",
                        place.text
                    ));
                }
                let Some(pin) = lock.http.get(&place.text) else {
                    return Err(unlocked(&place.text));
                };
                let flag = format!("--checksum={}", pin.digest);
                let at = Span::new(keyword, keyword);
                return Ok(Some((
                    at,
                    format!(" {flag}"),
                    format!("{flag} {}", place.text),
                    String::new(),
                )));
            }
            git(place, lock)
        }
    }
}

fn image(place: &Place, lock: &Lock, collected: &Collected) -> Result<Option<Replacement>, String> {
    let here: Vec<&String> = collected
        .images
        .iter()
        .filter(|(reference, seen)| {
            seen.lines.contains(&place.location) && stands_for(&place.text, reference)
        })
        .map(|(reference, _)| reference)
        .collect();
    let reference = match here.as_slice() {
        [] => return Ok(None),
        [one] => *one,
        several => {
            let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
            return Err(format!(
                "`{}` stands for several images: {}",
                place.text,
                names.join(", ")
            ));
        }
    };
    if reference.contains('@') {
        return Ok(None);
    }
    let ImageLookup::Found(key, pin) = lock.image(reference) else {
        return Err(unlocked(reference));
    };
    let pinned =
        pinned_reference(key, pin).and_then(|pinned| Reference::parse_normalized(&pinned).ok());
    let Some(pinned) = pinned.map(|pinned| pinned.familiar_string()) else {
        return Err(unlocked(reference));
    };
    Ok(Some((
        place.span,
        pinned.clone(),
        pinned,
        place.text.clone(),
    )))
}

/// Whether a word of the file can be this image: the same one, or one with variables in it.
fn stands_for(text: &str, reference: &str) -> bool {
    text.contains('$')
        || Reference::parse_normalized(text)
            .is_ok_and(|named| named.tag_name_only().to_string() == reference)
}

fn git(place: &Place, lock: &Lock) -> Result<Option<Replacement>, String> {
    let GitRefResult::Git(git) = remote::parse_git_ref(&place.text) else {
        return Ok(None);
    };
    if git.indistinguishable_from_local {
        return Ok(None);
    }
    let source = git.source();
    let key = GitKey {
        remote: source.url.clone(),
        reference: source.reference.clone(),
    };
    let Some((_, pin)) = lock.git_pin(&key) else {
        return Err(unlocked(&place.text));
    };
    if pin.commit == key.reference {
        return Ok(None);
    }
    let base = place.text.split('#').next().unwrap_or_default();
    if base.contains('?') {
        return Err(format!(
            "`{}` names its ref in the query, which is not rewritten; use `#ref`",
            place.text
        ));
    }
    let subdir = if source.subdir.is_empty() {
        String::new()
    } else {
        format!(":{}", source.subdir)
    };
    let pinned = format!("{base}#{}{subdir}", pin.commit);
    Ok(Some((
        place.span,
        pinned.clone(),
        pinned,
        place.text.clone(),
    )))
}

fn unlocked(subject: &str) -> String {
    format!("`{subject}` is not in the lock")
}

/// Every place that can name a source, with the text that stands there.
fn places(document: &Document) -> Vec<Place> {
    let bytes = document.bytes();
    let mut places = Vec::new();
    let mut add = |location, span: Span, kind| {
        if let Some(text) = text_at(bytes, span).filter(|text| !text.is_empty()) {
            places.push(Place {
                location,
                span,
                text: text.to_owned(),
                kind,
            });
        }
    };
    let dockerfile = &document.source().parsed().dockerfile;
    for directive in &dockerfile.directives {
        if directive.kind == crate::syntax::DirectiveKind::Syntax
            && let Some(span) = within(
                bytes,
                directive.span,
                directive.value.split(' ').next().unwrap_or_default(),
            )
        {
            add(directive.location, span, Kind::Image);
        }
    }
    for stage in &dockerfile.stages {
        add(stage.meta.location, stage.base_name.span, Kind::Image);
        for instruction in &stage.instructions {
            let location = instruction.meta().location;
            match instruction {
                Instruction::Copy(copy) => {
                    if let Some(from) = &copy.from {
                        add(location, from.span, Kind::Image);
                    }
                }
                Instruction::Run(run) => {
                    for mount in &run.mounts {
                        if let Some(span) = mount_from(bytes, mount.span) {
                            add(location, span, Kind::Image);
                        }
                    }
                }
                Instruction::Add(it) => add_places(it, location, &mut add),
                _ => {}
            }
        }
    }
    places
}

fn add_places(
    it: &AddInstruction,
    location: LineRange,
    add: &mut impl FnMut(LineRange, Span, Kind),
) {
    let alone = it.paths.sources.len() == 1 && it.paths.contents.is_empty();
    let keyword = it.meta.keyword.span.end;
    for source in &it.paths.sources {
        add(
            location,
            source.span,
            Kind::Add {
                keyword,
                alone,
                checked: it.checksum.is_some(),
            },
        );
    }
}

/// The value of `from=` in a mount.
fn mount_from(bytes: &[u8], span: Span) -> Option<Span> {
    let text = text_at(bytes, span)?;
    let mut at = span.start;
    for option in text.split(',') {
        let length = u32::try_from(option.len()).ok()?;
        if option
            .get(..5)
            .is_some_and(|key| key.eq_ignore_ascii_case("from="))
        {
            return Some(Span::new(at + 5, at + length));
        }
        at += length + 1;
    }
    None
}

/// Where `text` stands within a span.
fn within(bytes: &[u8], span: Span, text: &str) -> Option<Span> {
    let whole = text_at(bytes, span)?;
    let at = u32::try_from(whole.find(text).filter(|_| !text.is_empty())?).ok()?;
    let length = u32::try_from(text.len()).ok()?;
    Some(Span::new(span.start + at, span.start + at + length))
}

fn text_at(bytes: &[u8], span: Span) -> Option<&str> {
    std::str::from_utf8(bytes.get(span.range())?).ok()
}
