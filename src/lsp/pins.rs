//! What the lock says about the images of a document.

use gen_lsp_types::{InlayHint, InlayHintKind, Label, MarkupContent, MarkupKind, Range, Tooltip};

use super::document::Document;
use super::problems::Finding;
use super::workspace::{Compile, Workspace, familiar};
use crate::check::Problem;
use crate::diagnostic::{Diagnostic, Severity};
use crate::go::time::day_of_date;
use crate::lock::model::{ConfigFacts, ImageLookup, ImagePin};
use crate::source::Span;

/// Code of findings about outdated pins.
const OUTDATED: &str = "lock-outdated";

/// How many digits of a digest are shown.
const SHORT: usize = 12;

/// The pin of an image, with its key.
pub(super) fn pin<'w>(
    workspace: &'w Workspace,
    reference: &str,
) -> Option<(&'w str, &'w ImagePin)> {
    match workspace.lock.as_ref()?.image(reference) {
        ImageLookup::Found(key, pin) => Some((key, pin)),
        _ => None,
    }
}

/// A pin in words, Markdown.
pub(super) fn about(workspace: &Workspace, key: &str, pin: &ImagePin) -> String {
    let mut text = format!("\n\nLocked to `{}`", pin.digest);
    if let Some(tag) = &pin.tag {
        text.push_str(&format!(" of the tag `{tag}`"));
    }
    text.push_str(&format!(", {}", since(workspace, pin)));
    if let Some(news) = workspace.news_of(key, pin) {
        text.push_str(&format!("\n\nOutdated: {}.", news.words()));
    }
    let platforms: Vec<String> = pin.platforms.keys().map(|it| format!("`{it}`")).collect();
    if !platforms.is_empty() {
        text.push_str(&format!("\n\nFor {}.", platforms.join(", ")));
    }
    for (platform, facts) in &pin.config {
        text.push_str(&facts_text(platform, facts));
    }
    text.push_str(&format!("\n\nEntry `{key}` of the lock."));
    text
}

fn facts_text(platform: &str, facts: &ConfigFacts) -> String {
    let mut text = String::new();
    if !facts.env.is_empty() {
        text.push_str(&format!(
            "\n\nSets on {platform}:\n```\n{}\n```",
            facts.env.join("\n")
        ));
    }
    if !facts.onbuild.is_empty() {
        text.push_str(&format!(
            "\n\nTriggers on {platform}:\n```dockerfile\n{}\n```",
            facts.onbuild.join("\n")
        ));
    }
    text
}

/// How long ago a pin was taken.
fn since(workspace: &Workspace, pin: &ImagePin) -> String {
    let days = day(&workspace.today)
        .zip(day(&pin.locked))
        .map(|(now, then)| now - then);
    match days {
        Some(0) => "taken today".to_owned(),
        Some(1) => "taken yesterday".to_owned(),
        Some(days) if days > 1 => format!("taken {days} days ago"),
        _ => format!("taken on {}", pin.locked),
    }
}

/// A day, `2026-11-29`, as a number: those of two days differ by what lies between.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut next = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    Some(day_of_date(year, month, day))
}

/// Digest and age of each image's pin, behind its name, and the variables that it sets.
pub(crate) fn inlay_hints(
    document: &Document,
    range: Range,
    workspace: &Workspace,
    compile: Compile<'_>,
) -> Vec<InlayHint> {
    if workspace.lock.is_none() {
        return Vec::new();
    }
    let within = document.text().span(range);
    let Some(lowered) = compile(document.bytes(), true) else {
        return Vec::new();
    };
    let mut hints = Vec::new();
    for found in &lowered.image_uses {
        let Some(span) = found.span.filter(|span| touches(within, *span)) else {
            continue;
        };
        let position = document.text().range(span).end;
        let mut hint = |label: String, tooltip: Option<String>| {
            hints.push(InlayHint {
                position,
                label: Label::String(label),
                kind: Some(InlayHintKind::Parameter),
                text_edits: None,
                tooltip: tooltip.map(|value| {
                    Tooltip::MarkupContent(MarkupContent {
                        kind: MarkupKind::Markdown,
                        value,
                    })
                }),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            });
        };
        let Some((key, pin)) = pin(workspace, &found.reference) else {
            hint("not locked".to_owned(), None);
            continue;
        };
        let hex = pin.digest.split_once(':').map_or("", |(_, hex)| hex);
        let short: String = hex.chars().take(SHORT).collect();
        let tag = pin
            .tag
            .as_ref()
            .map_or(String::new(), |tag| format!("{tag} "));
        let mut shown = format!("{tag}{short}, {}", since(workspace, pin));
        if let Some(news) = workspace.news_of(key, pin) {
            shown.push_str(&format!(", {}", news.words()));
        }
        let title = format!("`{}`", familiar(&found.reference));
        hint(
            shown,
            Some(format!("{title}{}", about(workspace, key, pin))),
        );
        let mut env: Vec<&str> = pin
            .config
            .values()
            .flat_map(|it| &it.env)
            .map(String::as_str)
            .collect();
        env.sort_unstable();
        env.dedup();
        if !env.is_empty() {
            hint(format!("sets {}", env.join(" ")), None);
        }
    }
    hints.sort_by_key(|hint| (hint.position.line, hint.position.character));
    hints
}

/// The images whose pins are outdated, as far as registries were asked.
pub(crate) fn outdated(
    document: &Document,
    workspace: &Workspace,
    compile: Compile<'_>,
) -> Vec<Finding> {
    if workspace.news.is_empty() {
        return Vec::new();
    }
    let Some(lowered) = compile(document.bytes(), true) else {
        return Vec::new();
    };
    let uses = lowered.image_uses.iter();
    let found = uses.filter_map(|found| {
        let span = found.span?;
        let (key, pin) = pin(workspace, &found.reference)?;
        let news = workspace.news_of(key, pin)?;
        let image = familiar(&found.reference);
        let message = format!("the pin of `{image}` is outdated: {}", news.words());
        let mut told = Diagnostic::new(Severity::Info, OUTDATED, message).at(span, "");
        told = told.hint("update the pin, a code action of this image");
        Some(Finding::from(Problem::bare(told, found.location)))
    });
    found.collect()
}

fn touches(within: Span, span: Span) -> bool {
    span.start <= within.end && within.start <= span.end
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_over_months_and_years() {
        let between = |a: &str, b: &str| day(b).unwrap() - day(a).unwrap();
        assert_eq!(between("2026-02-28", "2026-03-01"), 1);
        assert_eq!(between("2024-02-28", "2024-03-01"), 2);
        assert_eq!(between("2025-12-31", "2026-01-01"), 1);
        assert_eq!(between("2025-11-29", "2026-11-29"), 365);
        assert_eq!(day("x"), None);
    }
}
