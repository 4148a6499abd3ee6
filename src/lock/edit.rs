//! Pins written into the Dockerfile itself, and taken out again: edits by span, every other byte stays.
//!
//! What was written in the place of a pin is remembered in the lock ([`Lock::pinned`]), so that taking the
//! pins out gives back the same bytes, and the author's own digests stay.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::{Collected, Document};
use super::model::{GitKey, ImageLookup, Lock, pinned_reference};
use super::role::ImageRole;
use super::verify::show_git;
use crate::collect::CollectSmall as _;
use crate::image::Reference;
use crate::remote::{self, GitRefResult};
use crate::source::{Edit, LineRange, Span, apply};
use crate::syntax::{AddInstruction, Instruction, parse_trigger};

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
struct EditPosition {
    location: LineRange,
    span: Span,
    text: String,
    kind: EditKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EditKind {
    /// An image reference, and how it is used.
    Image(&'static ImageRole),
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
    let mut places = places(document);
    let written: Vec<String> = places.iter().map(|place| place.text.clone()).collect();
    // Where a word with variables and a plain one would be the same pin, it is the plain one's.
    places.sort_by_key(|place| is_word(&place.text));
    let mut numbered = BTreeSet::new();
    for place in places {
        let replaced = replacement(&place, lock, collected);
        if matches!(replaced, Ok(None)) && place.text.parse::<usize>().is_ok() {
            numbered.insert(place.location);
        }
        match replaced {
            Ok(None) => {}
            Ok(Some((span, new, key, original))) => {
                // The same pin must lead back to one text only.
                let clash = edited
                    .pinned
                    .get(&key)
                    .is_some_and(|have| *have != original)
                    || (matches!(place.kind, EditKind::Image(_)) && written.contains(&key));
                match clash {
                    true => edited.refused.push(Refused {
                        location: place.location,
                        message: format!("`{original}` is not pinned, for another spelling of it is the same pin, `{key}`; write both alike"),
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
    edited.refused.extend(taken_by_number(collected, &numbered));
    edited.refused.extend(unpinned_triggers(document));
    edited.refused.sort_by_key(|refused| refused.location);
    edited.bytes = apply(document.bytes(), edits).bytes;
    edited
}

/// Images that the instructions `numbered` take without naming them: a number behind those of the stages stands for an
/// image that another `--from=` names.
fn taken_by_number(collected: &Collected, numbered: &BTreeSet<LineRange>) -> Vec<Refused> {
    let images = collected.images.iter();
    let open = images.filter(|(reference, _)| !reference.contains('@'));
    let refused = open.filter_map(|(reference, seen)| {
        Some(Refused {
            location: *seen.lines.intersection(numbered).next()?,
            message: format!(
                "`{reference}` is not pinned, for it is not named here, but by another instruction"
            ),
        })
    });
    refused.collect_small()
}

/// Takes out what [`pin`] wrote.
pub fn unpin(document: &Document, lock: &Lock) -> Edited {
    let mut edits = Vec::new();
    for place in places(document) {
        if let Some(original) = lock.pinned.get(&place.text) {
            edits.push(Edit::replace(place.span, original.clone()));
        }
        if let EditKind::Add { keyword, .. } = place.kind {
            // What `pin` would have written here, for each file that the lock has ever had.
            let rest = Span::new(keyword, place.span.start);
            let written = text_at(document.bytes(), rest).unwrap_or_default();
            let flag = written.split_whitespace().next().unwrap_or_default();
            let length = u32::try_from(flag.len() + 1).unwrap_or(0);
            if written.starts_with(&format!(" {flag}"))
                && lock.pinned.contains_key(&checksum_key(flag, &place.text))
            {
                edits.push(Edit::delete(Span::new(
                    keyword,
                    keyword.saturating_add(length),
                )));
            }
        }
    }
    Edited {
        changes: edits.len(),
        bytes: apply(document.bytes(), edits).bytes,
        ..Edited::default()
    }
}

/// Under what the lock remembers that `flag` was written before the URL of a file.
fn checksum_key(flag: &str, url: &str) -> String {
    format!("{flag} {url}")
}

type Replacement = (Span, String, String, String);

/// Where to write what, the pin as it will be found again, and what stood there.
fn replacement(
    place: &EditPosition,
    lock: &Lock,
    collected: &Collected,
) -> Result<Option<Replacement>, String> {
    match place.kind {
        EditKind::Image(role) => image(place, role, lock, collected),
        EditKind::Add {
            keyword,
            alone,
            checked,
        } => {
            if let Some((url, given)) = file(place, collected)? {
                if checked || given {
                    return Ok(None);
                }
                if !alone {
                    return Err(format!(
                        "`{}` is one of several sources of its ADD, and a checksum holds for one",
                        place.text
                    ));
                }
                let Some(pin) = lock.http.get(url) else {
                    return Err(unlocked(url));
                };
                let flag = format!("--checksum={}", pin.digest);
                let at = Span::new(keyword, keyword);
                return Ok(Some((
                    at,
                    format!(" {flag}"),
                    checksum_key(&flag, &place.text),
                    String::new(),
                )));
            }
            git(place, lock, collected)
        }
    }
}

/// The file that a source of `ADD` is, if it is one, and whether the Dockerfile has its digest.
fn file<'c>(
    place: &EditPosition,
    collected: &'c Collected,
) -> Result<Option<(&'c str, bool)>, String> {
    let here = collected.http.iter().filter(|(url, seen)| {
        seen.lines.contains(&place.location) && (**url == place.text || is_word(&place.text))
    });
    let here: Vec<_> = here
        .map(|(url, seen)| (url.as_str(), !seen.given.is_empty()))
        .collect();
    the_only(here, place, "files", |(url, _)| (*url).to_owned())
}

/// What stands at a place; an error when that is more than one thing.
fn the_only<T>(
    mut here: Vec<T>,
    place: &EditPosition,
    what: &str,
    name: impl Fn(&T) -> String,
) -> Result<Option<T>, String> {
    if here.len() > 1 {
        let names: Vec<String> = here.iter().map(name).collect();
        let (text, names) = (&place.text, names.join(", "));
        return Err(format!("`{text}` stands for several {what}: {names}"));
    }
    Ok(here.pop())
}

/// Whether the text is not yet what it stands for: it has variables, quotes or escapes in it.
fn is_word(text: &str) -> bool {
    text.contains(['$', '"', '\'', '\\', '`'])
}

fn image(
    place: &EditPosition,
    role: &ImageRole,
    lock: &Lock,
    collected: &Collected,
) -> Result<Option<Replacement>, String> {
    let here = collected.images.iter().filter(|(reference, seen)| {
        seen.lines.contains(&place.location)
            && seen.used_by.contains(role)
            && stands_for(&place.text, reference)
    });
    let here: Vec<&String> = here.map(|(reference, _)| reference).collect();
    let Some(reference) = the_only(here, place, "images", |name| (*name).clone())? else {
        return Ok(None);
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
    is_word(text)
        || Reference::parse_normalized(text)
            .is_ok_and(|named| named.tag_name_only().to_string() == reference)
}

/// A git source: its key, and what follows the ref.
fn repository(
    place: &EditPosition,
    collected: &Collected,
) -> Result<Option<(GitKey, String)>, String> {
    if !is_word(&place.text) {
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
        let subdir = match source.subdir.as_str() {
            "" => String::new(),
            subdir => format!(":{subdir}"),
        };
        return Ok(Some((key, subdir)));
    }
    let here = collected
        .git
        .iter()
        .filter(|(_, seen)| seen.lines.contains(&place.location));
    let here: Vec<&GitKey> = here.map(|(key, _)| key).collect();
    let name = |key: &&GitKey| show_git(&key.remote, &key.reference);
    let Some(key) = the_only(here, place, "repositories", name)? else {
        return Ok(None);
    };
    // Only where the text has the ref apart can it be replaced alone.
    match place.text.split_once('#') {
        Some((_, fragment)) => {
            // A quote that is open stays to be closed.
            let quote = fragment.len() - usize::from(fragment.ends_with(['"', '\'']));
            let tail = fragment.get(fragment.find(':').unwrap_or(quote)..);
            Ok(Some((key.clone(), tail.unwrap_or_default().to_owned())))
        }
        None => Err(format!(
            "`{}` may have its ref in a variable, which is not rewritten; write `#ref`",
            place.text
        )),
    }
}

fn git(
    place: &EditPosition,
    lock: &Lock,
    collected: &Collected,
) -> Result<Option<Replacement>, String> {
    let Some((key, subdir)) = repository(place, collected)? else {
        return Ok(None);
    };
    let Some((_, pin)) = lock.git_pin(&key) else {
        return Err(unlocked(&place.text));
    };
    if pin.commit == key.reference {
        return Ok(None);
    }
    let seen = collected.git.get(&key);
    let mut given = seen.into_iter().flat_map(|seen| seen.given.keys());
    if given.any(|given| !pin.commit.starts_with(given.as_str())) {
        return Err(format!(
            "the checksum of `{}` is that of its tag object, which the commit in the place of the tag would not have; write the commit, `--checksum={}`",
            place.text, pin.commit
        ));
    }
    let base = place.text.split('#').next().unwrap_or_default();
    if base.contains('?') {
        return Err(format!(
            "`{}` names its ref in the query, which is not rewritten; use `#ref`",
            place.text
        ));
    }
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
fn places(document: &Document) -> Vec<EditPosition> {
    let bytes = document.bytes();
    let mut places = Vec::new();
    let mut add = |location, span, kind| places.extend(position(bytes, location, span, kind));
    let dockerfile = &document.source().parsed().dockerfile;
    for directive in &dockerfile.directives {
        if directive.kind == crate::syntax::DirectiveKind::Syntax
            && let Some(span) = within(
                bytes,
                directive.span,
                directive.value.split(' ').next().unwrap_or_default(),
            )
        {
            add(
                directive.location,
                span,
                EditKind::Image(&ImageRole::Syntax),
            );
        }
    }
    for stage in &dockerfile.stages {
        add(
            stage.meta.location,
            stage.base_name.span,
            EditKind::Image(&ImageRole::From),
        );
        for instruction in &stage.instructions {
            instruction_places(bytes, instruction, &mut add);
        }
    }
    places
}

fn position(bytes: &[u8], location: LineRange, span: Span, kind: EditKind) -> Option<EditPosition> {
    let text = text_at(bytes, span).filter(|text| !text.is_empty())?;
    Some(EditPosition {
        location,
        span,
        text: text.to_owned(),
        kind,
    })
}

/// The sources that an instruction names, with their spans in `bytes`.
fn instruction_places(
    bytes: &[u8],
    instruction: &Instruction,
    add: &mut impl FnMut(LineRange, Span, EditKind),
) {
    let location = instruction.meta().location;
    match instruction {
        Instruction::Copy(copy) => {
            if let Some(from) = &copy.from {
                add(location, from.span, EditKind::Image(&ImageRole::CopyFrom));
            }
        }
        Instruction::Run(run) => {
            for mount in &run.mounts {
                if let Some(span) = mount_from(bytes, mount.span) {
                    add(location, span, EditKind::Image(&ImageRole::RunMount));
                }
            }
        }
        Instruction::Add(it) => add_places(it, location, add),
        _ => {}
    }
}

/// What `ONBUILD` names and no digest holds. Other Dockerfiles run it, and this one's lock need not know it.
fn unpinned_triggers(document: &Document) -> Vec<Refused> {
    let stages = &document.source().parsed().dockerfile.stages;
    let is_stage = |text: &str| {
        text.parse::<usize>().is_ok() || {
            let mut names = stages.iter().filter_map(|stage| stage.name.as_ref());
            names.any(|name| text.eq_ignore_ascii_case(name))
        }
    };
    let mut refused = Vec::new();
    for instruction in stages.iter().flat_map(|stage| &stage.instructions) {
        let Instruction::Onbuild(it) = instruction else {
            continue;
        };
        let (bytes, location) = (it.expression.as_bytes(), it.meta.location);
        let Ok(trigger) = parse_trigger(bytes, location) else {
            continue;
        };
        let mut tell = |location, span, kind| {
            let Some(place) = position(bytes, location, span, kind) else {
                return;
            };
            let is_open = match place.kind {
                EditKind::Image(_) => !is_stage(&place.text) && !place.text.contains('@'),
                EditKind::Add { checked, .. } => {
                    !checked && remote::is_http_source(&place.text)
                        || matches!(remote::parse_git_ref(&place.text), GitRefResult::Git(git) if !git.indistinguishable_from_local)
                }
            };
            if is_open {
                refused.push(Refused {
                    location,
                    message: format!(
                        "`{}` is named by a trigger, which is not rewritten: the locks of the Dockerfiles that run it hold it",
                        place.text
                    ),
                });
            }
        };
        instruction_places(bytes, &trigger, &mut tell);
    }
    refused
}

fn add_places(
    it: &AddInstruction,
    location: LineRange,
    add: &mut impl FnMut(LineRange, Span, EditKind),
) {
    let alone = it.paths.sources.len() == 1 && it.paths.contents.is_empty();
    let keyword = it.meta.keyword.span.end;
    for source in &it.paths.sources {
        add(
            location,
            source.span,
            EditKind::Add {
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
