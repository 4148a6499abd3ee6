//! What in a document leads to a page: images, and files on the web.

use gen_lsp_types::{DocumentLink, Range};

use super::document::Document;
use super::names::{self, Role, Subject};
use crate::image::Reference;
use crate::source::Span;
use crate::syntax::{BranchKind, DirectiveKind, Instruction};

/// A place that names an image.
#[derive(Clone, Debug)]
pub(super) struct ImagePlace {
    pub(super) span: Span,
    text: String,
}

impl ImagePlace {
    /// The image, normalised; none where a variable is in it.
    pub(super) fn reference(&self) -> Option<String> {
        if self.text.contains('$') {
            return None;
        }
        let reference = Reference::parse_normalized(&self.text).ok()?;
        Some(reference.tag_name_only().to_string())
    }

    /// Whether a stage of this name would be taken in its place.
    pub(super) fn is(&self, name: &str) -> bool {
        self.text.eq_ignore_ascii_case(name)
    }
}

/// The places that name images and no stages: of `FROM`, of `--from` and of mounts.
pub(super) fn images(document: &Document) -> Vec<ImagePlace> {
    let names = document.names();
    let text = document.text();
    let mut places = Vec::new();
    let mut add = |span: Span| {
        let written = text.get(span);
        let is_stage = names
            .exactly(span)
            .any(|it| matches!(it.subject, Subject::Stage(_)) && it.role != Role::Definition);
        if !is_stage && !written.is_empty() && written != "scratch" {
            places.push(ImagePlace {
                span,
                text: written.to_owned(),
            });
        }
    };
    for stage in names.stages() {
        stage.base.into_iter().for_each(&mut add);
    }
    let tree = document.tree();
    for (index, branch) in tree.branches().iter().enumerate() {
        if branch.kind != BranchKind::Flag {
            continue;
        }
        let value = tree.branches_of(index).next();
        let Some(value) = value.and_then(|at| tree.branches().get(at)) else {
            continue;
        };
        let written = text.get(branch.span);
        if written.starts_with("--from=") {
            add(value.span);
        } else if written.starts_with("--mount=")
            && let Some(span) = names::option(text.get(value.span), value.span, "from")
        {
            add(span);
        }
    }
    places
}

/// The name of an image or context at an offset.
pub(super) fn name_at(document: &Document, offset: u32) -> Option<(Span, String)> {
    let holds = |place: &ImagePlace| place.span.start <= offset && offset <= place.span.end;
    let place = images(document).into_iter().find(holds)?;
    Some((place.span, place.text))
}

/// The image that a range touches: none where there is no image, and none within where a variable is in its name.
pub(crate) fn image_at(document: &Document, range: Range) -> Option<Option<String>> {
    let span = document.text().span(range);
    let touches = |place: &ImagePlace| place.span.start <= span.end && span.start <= place.span.end;
    let place = images(document).into_iter().find(touches)?;
    Some(
        place
            .reference()
            .map(|name| super::workspace::familiar(&name)),
    )
}

/// The page of an image in its registry, where it is known to have one.
pub(super) fn address(reference: &str) -> Option<String> {
    let reference = Reference::parse_normalized(reference).ok()?;
    let path = reference.path();
    Some(match (reference.domain(), path.strip_prefix("library/")) {
        ("docker.io", Some(name)) => format!("https://hub.docker.com/_/{name}"),
        ("docker.io", None) => format!("https://hub.docker.com/r/{path}"),
        ("quay.io", _) => format!("https://quay.io/repository/{path}"),
        ("mcr.microsoft.com", _) => format!("https://mcr.microsoft.com/artifact/mar/{path}"),
        ("public.ecr.aws", _) => format!("https://gallery.ecr.aws/{path}"),
        (domain @ ("ghcr.io" | "gcr.io"), _) => format!("https://{domain}/{path}"),
        _ => return None,
    })
}

/// The links of a document.
pub(crate) fn links(document: &Document) -> Vec<DocumentLink> {
    let text = document.text();
    let link = |span: Span, target: String| DocumentLink {
        range: text.range(span),
        target: Some(target.into()),
        ..DocumentLink::default()
    };
    let mut links = Vec::new();
    for directive in &document.dockerfile().directives {
        let value = directive.value.as_str();
        let image = value.split(' ').next().unwrap_or_default();
        let written = text.get(directive.span);
        if directive.kind == DirectiveKind::Syntax
            && let (Some(target), Some(at)) = (address(image), written.rfind(value))
        {
            let start = directive.span.start + super::text::number(at);
            let end = start + super::text::number(image.len());
            links.push(link(Span::new(start, end), target));
        }
    }
    for place in images(document) {
        let target = place.reference().and_then(|reference| address(&reference));
        links.extend(target.map(|target| link(place.span, target)));
    }
    let stages = document.dockerfile().stages.iter();
    for instruction in stages.flat_map(|stage| &stage.instructions) {
        if let Instruction::Add(add) = instruction {
            for source in &add.paths.sources {
                let url = source.as_str();
                let is_web = url.starts_with("https://") || url.starts_with("http://");
                if is_web && !url.contains('$') {
                    links.push(link(source.span, url.to_owned()));
                }
            }
        }
    }
    links.sort_by_key(|link| (link.range.start.line, link.range.start.character));
    links
}
