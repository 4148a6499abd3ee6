//! From a name to its other places: definition, references, highlights, another name for it.

use gen_lsp_types::{
    DocumentHighlight, DocumentHighlightKind, Location, LocationLink, Position,
    PrepareRenamePlaceholder, Range, Uri, WorkspaceEdit,
};

use super::document::Document;
use super::layout;
use super::links;
use super::names::{self, Names, Occurrence, Role, Subject};
use super::problems;
use super::workspace::{Compile, Target, Workspace};
use crate::compile::ImageUse;
use crate::plan::PREDEFINED;
use crate::source::{self, Edit};

fn at(document: &Document, position: Position) -> Option<(&Names, &Occurrence)> {
    let names = document.names();
    Some((names, names.at(document.text().at(position))?))
}

/// Where the name at a position gets its meaning: in the file; of a named context in the file that gives it; and of a stage
/// also the targets that build it.
pub(crate) fn definition(
    document: &Document,
    uri: &Uri,
    position: Position,
    workspace: &Workspace,
) -> Option<Vec<LocationLink>> {
    let text = document.text();
    let Some((names, found)) = at(document, position) else {
        return context(document, position, workspace);
    };
    let link = |selected, whole| LocationLink {
        origin_selection_range: Some(text.range(found.span)),
        target_uri: uri.clone(),
        target_range: text.range(whole),
        target_selection_range: text.range(selected),
    };
    // A stage without a name has its `FROM`.
    if let (Subject::Stage(index), Role::Number) = (found.subject, found.role) {
        let stage = names.stages().get(index)?;
        return Some(vec![link(stage.base.unwrap_or(stage.from), stage.from)]);
    }
    let target = names.definition(found)?;
    let whole = document.instruction_at(target.span.start)?.1.span;
    let mut links = vec![link(target.span, whole)];
    if found.role == Role::Definition {
        let builds = builds(names, found, workspace);
        links.extend(builds.map(|it| outside(it, text.range(found.span))));
    }
    Some(links)
}

/// The builds that have a stage as their target.
fn builds<'w>(
    names: &'w Names,
    found: &Occurrence,
    workspace: &'w Workspace,
) -> impl Iterator<Item = &'w Target> {
    let (index, last) = match found.subject {
        Subject::Stage(index) => (Some(index), names.stages().len().checked_sub(1)),
        Subject::Variable(_) => (None, None),
    };
    let name = names.name(found.subject);
    workspace
        .targets
        .iter()
        .filter(move |target| match target.stage.as_str() {
            "" => index.is_some() && index == last,
            stage => index.is_some() && stage.eq_ignore_ascii_case(name),
        })
}

fn outside(target: &Target, origin: Range) -> LocationLink {
    LocationLink {
        origin_selection_range: Some(origin),
        target_uri: target.uri.clone(),
        target_range: target.range(),
        target_selection_range: target.range(),
    }
}

/// The targets that give the named context at a position.
fn context(
    document: &Document,
    position: Position,
    workspace: &Workspace,
) -> Option<Vec<LocationLink>> {
    let (span, name) = links::name_at(document, document.text().at(position))?;
    let has = |target: &&Target| {
        target
            .contexts
            .iter()
            .any(|it| it.eq_ignore_ascii_case(&name))
    };
    let origin = document.text().range(span);
    let found = workspace.targets.iter().filter(has);
    let found: Vec<LocationLink> = found.map(|it| outside(it, origin)).collect();
    (!found.is_empty()).then_some(found)
}

/// Every place of the name at a position.
pub(crate) fn references(
    document: &Document,
    uri: &Uri,
    position: Position,
    with_definitions: bool,
    workspace: &Workspace,
) -> Option<Vec<Location>> {
    let (names, found) = at(document, position)?;
    let places = names.of(found.subject);
    let places = places.filter(|it| with_definitions || it.role != Role::Definition);
    let location = |it: &Occurrence| Location {
        uri: uri.clone(),
        range: document.text().range(it.span),
    };
    let outside = builds(names, found, workspace).map(|target| Location {
        uri: target.uri.clone(),
        range: target.range(),
    });
    Some(places.map(location).chain(outside).collect())
}

/// The same for showing them at once.
pub(crate) fn highlights(
    document: &Document,
    position: Position,
) -> Option<Vec<DocumentHighlight>> {
    let (names, found) = at(document, position)?;
    let highlight = |it: &Occurrence| DocumentHighlight {
        range: document.text().range(it.span),
        kind: Some(match it.role {
            Role::Definition => DocumentHighlightKind::Write,
            _ => DocumentHighlightKind::Read,
        }),
    };
    Some(names.of(found.subject).map(highlight).collect())
}

/// The name at a position, if it can have another.
pub(crate) fn prepare_rename(
    document: &Document,
    position: Position,
) -> Option<PrepareRenamePlaceholder> {
    let (names, found) = at(document, position)?;
    let is_defined = names
        .of(found.subject)
        .any(|it| it.role == Role::Definition);
    let name = document.text().get(found.span);
    let is_ours = is_defined && found.role != Role::Number && !is_predefined(found, name);
    is_ours.then(|| PrepareRenamePlaceholder {
        range: document.text().range(found.span),
        placeholder: name.to_owned(),
    })
}

/// Variables that have their meaning from the builder.
fn is_predefined(found: &Occurrence, name: &str) -> bool {
    matches!(found.subject, Subject::Variable(_)) && PREDEFINED.contains(&name)
}

/// Gives the name at a position another, wherever it stands.
///
/// # Errors
/// Why it cannot have it.
pub(crate) fn rename(
    document: &Document,
    uri: &Uri,
    position: Position,
    name: &str,
    compile: Compile<'_>,
) -> Result<WorkspaceEdit, String> {
    if prepare_rename(document, position).is_none() {
        return Err("this is not the name of a stage or variable of the file".to_owned());
    }
    let Some((names, found)) = at(document, position) else {
        return Err("there is no name here".to_owned());
    };
    let is_other = |it: &&Occurrence| it.subject != found.subject;
    match found.subject {
        Subject::Stage(_) => {
            if !is_stage_name(name) {
                return Err(format!(
                    "`{name}` is not a valid name of a stage: it must begin with a letter and hold letters, digits, `-`, `_` and `.`"
                ));
            }
            let same = |stage: &str| stage.eq_ignore_ascii_case(name);
            let mut others = names.all().iter().filter(is_other);
            if others
                .any(|it| matches!(it.subject, Subject::Stage(_)) && same(names.name(it.subject)))
            {
                return Err(format!("another stage is named `{name}`"));
            }
            let means_image =
                same("scratch") || links::images(document).iter().any(|it| it.is(name));
            if means_image {
                return Err(format!("an image is named `{name}`"));
            }
            // What `AS` takes, `FROM` looks for among images, whose names have no capitals.
            let lower = name.to_ascii_lowercase();
            if lower != name {
                return Err(format!(
                    "`{name}` is not a valid name of a stage: `FROM` finds only names in lower case; write `{lower}`"
                ));
            }
        }
        Subject::Variable(_) => {
            if !names::is_name(name) {
                return Err(format!(
                    "`{name}` is not a valid name of a variable: it must begin with a letter or `_` and hold letters, digits and `_`"
                ));
            }
            let mut others = names.all().iter().filter(is_other);
            if others.any(|it| {
                matches!(it.subject, Subject::Variable(_)) && names.name(it.subject) == name
            }) || PREDEFINED.contains(&name)
            {
                return Err(format!("another variable is named `{name}`"));
            }
        }
    }
    let places = names.of(found.subject).filter(|it| it.role != Role::Number);
    let edits: Vec<Edit> = places.map(|it| Edit::replace(it.span, name)).collect();
    if let Subject::Stage(_) = found.subject {
        takes_the_same_images(document, &edits, compile)?;
    }
    Ok(problems::edit(uri, layout::edits(document, edits)))
}

/// A variable may name the stage, or an image that has the new name.
fn takes_the_same_images(
    document: &Document,
    edits: &[Edit],
    compile: Compile<'_>,
) -> Result<(), String> {
    let images = |bytes: &[u8]| Some(compile(bytes, true)?.image_uses);
    let renamed = source::apply(document.bytes(), edits.iter().cloned());
    let Some(before) = images(document.bytes()) else {
        return Ok(());
    };
    let Some(after) = images(&renamed.bytes) else {
        return Err("the file would have an error".to_owned());
    };
    let line = |it: &ImageUse| it.location.map_or(0, |lines| lines.start);
    let only_in = |one: &[ImageUse], other: &[ImageUse]| {
        let is_there = |it: &&ImageUse| {
            let mut other = other.iter();
            other.any(|known| known.location == it.location && known.reference == it.reference)
        };
        one.iter().find(|it| !is_there(it)).cloned()
    };
    if let Some(image) = only_in(&after, &before) {
        let (line, image) = (line(&image), image.reference);
        return Err(format!(
            "a variable names the stage: line {line} would take the image `{image}`"
        ));
    }
    match only_in(&before, &after) {
        None => Ok(()),
        Some(image) => Err(format!(
            "a variable names an image like this: line {} would take the stage in place of `{}`",
            line(&image),
            image.reference
        )),
    }
}

fn is_stage_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
