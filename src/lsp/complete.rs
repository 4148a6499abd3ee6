//! What can be written at the cursor.

use gen_lsp_types::{
    CompletionItem, CompletionItemKind, CompletionItemTextEdit, Documentation, MarkupContent,
    MarkupKind, Position, TextEdit,
};

use super::cursor::{self, Typed};
use super::document::Document;
use super::text::number;
use super::words;
use super::workspace::Workspace;
use crate::check::catalogue::{self, Entry, Group};
use crate::image::Reference;
use crate::lower::SIGNALS;
use crate::plan::PREDEFINED;
use crate::source::Span;
use crate::syntax::vocabulary::{self, FlagKind};
use crate::syntax::{DirectiveKind, TokenKind};

/// What a stage can be built on or copied from.
#[derive(Clone, Copy)]
struct Sources<'w> {
    around: &'w Workspace,
    /// Tags of the repository that is typed.
    tags: &'w [String],
}

/// Adds what can be written in the place of a span.
struct Offer<'d> {
    document: &'d Document,
    word: Span,
    items: Vec<CompletionItem>,
}

impl Offer<'_> {
    fn add(&mut self, label: &str, kind: CompletionItemKind, detail: &str, about: &str) {
        self.add_text(label, label, kind, detail, about);
    }

    /// Where what is written is not what is shown.
    fn add_text(
        &mut self,
        label: &str,
        text: &str,
        kind: CompletionItemKind,
        detail: &str,
        about: &str,
    ) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.items.push(CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            detail: some(detail),
            documentation: some(about).map(|value| {
                Documentation::MarkupContent(MarkupContent {
                    kind: MarkupKind::Markdown,
                    value,
                })
            }),
            filter_text: (label != text).then(|| text.to_owned()),
            text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit {
                range: self.document.text().range(self.word),
                new_text: text.to_owned(),
            })),
            ..CompletionItem::default()
        });
    }
}

/// The repository whose tag is typed at a position, by its whole name; none where it is something else.
pub(crate) fn repository_at(document: &Document, position: Position) -> Option<String> {
    let typed = cursor::typed(document, document.text().at(position))?;
    let word = |span: &Span| document.text().get(*span);
    let source = match &typed {
        Typed::Argument {
            instruction: "FROM",
            number: 0,
            word: span,
            ..
        } => word(span),
        Typed::Value {
            flag, word: span, ..
        } if flag == "from" => word(span),
        Typed::Value {
            flag, word: span, ..
        } if flag == "mount" => word(span).rsplit(',').next()?.strip_prefix("from=")?,
        _ => return None,
    };
    let (_, repository) = repository(source)?;
    Some(repository)
}

/// The name before the tag in a word, as written and whole.
fn repository(word: &str) -> Option<(&str, String)> {
    let (name, tag) = word.rsplit_once(':')?;
    // Behind the colon of a port there is a path.
    if tag.contains('/') || name.contains(['$', '@']) {
        return None;
    }
    let reference = Reference::parse_normalized(name).ok()?;
    Some((name, reference.name()))
}

/// What can be written at a position; `tags` are those of [`repository_at`], where they are known.
pub(crate) fn complete(
    document: &Document,
    position: Position,
    around: &Workspace,
    tags: &[String],
) -> Vec<CompletionItem> {
    let around = Sources { around, tags };
    let offset = document.text().at(position);
    let Some(typed) = cursor::typed(document, offset) else {
        return Vec::new();
    };
    let (Typed::Keyword(word)
    | Typed::Comment(word)
    | Typed::Heredoc { word }
    | Typed::Flag { word, .. }
    | Typed::Value { word, .. }
    | Typed::Argument { word, .. }) = &typed;
    let mut offer = Offer {
        document,
        word: *word,
        items: Vec::new(),
    };
    if !matches!(typed, Typed::Comment(_)) && variables(&mut offer, &typed, offset) {
        return offer.items;
    }
    match &typed {
        Typed::Keyword(span) => keywords(&mut offer, *span),
        Typed::Comment(span) => comment(&mut offer, *span),
        Typed::Flag { instruction, .. } => flags(&mut offer, instruction),
        Typed::Value {
            instruction, flag, ..
        } => value(&mut offer, instruction, flag, around),
        Typed::Argument {
            instruction,
            number,
            may_be_flag,
            ..
        } => {
            if *may_be_flag {
                flags(&mut offer, instruction);
            }
            argument(&mut offer, instruction, *number, around);
        }
        Typed::Heredoc { .. } => {}
    }
    offer.items
}

fn keywords(offer: &mut Offer<'_>, written: Span) {
    // In the case in which one types.
    let typed = offer.document.text().get(written);
    let is_lower = !typed.is_empty() && typed.bytes().all(|byte| !byte.is_ascii_uppercase());
    for word in vocabulary::instructions() {
        let known = words::instruction(word);
        let about = known.map_or("", |it| it.about);
        let form = known.and_then(|it| Some(it.written(it.forms.first()?)));
        let text = match is_lower {
            true => word.to_ascii_lowercase(),
            false => word.to_owned(),
        };
        offer.add(
            &text,
            CompletionItemKind::Keyword,
            form.as_deref().unwrap_or_default(),
            about,
        );
    }
    if is_top(offer.document, written.start) {
        directives(offer, "# ");
    }
}

/// Whether nothing but directives stands above an offset.
fn is_top(document: &Document, offset: u32) -> bool {
    let above = document.tree().tokens().iter();
    let mut above = above.take_while(|token| token.span.end <= offset);
    above.all(|token| {
        matches!(
            token.kind,
            TokenKind::Directive | TokenKind::LineEnd | TokenKind::Space | TokenKind::ByteOrderMark
        )
    })
}

fn directives(offer: &mut Offer<'_>, prefix: &str) {
    for kind in [
        DirectiveKind::Syntax,
        DirectiveKind::Escape,
        DirectiveKind::Check,
    ] {
        let there = &offer.document.dockerfile().directives;
        if !there.iter().any(|it| it.kind == kind) {
            let name = kind.as_str();
            let text = format!("{prefix}{name}=");
            offer.add(
                &text,
                CompletionItemKind::Property,
                "parser directive",
                words::directive(name),
            );
        }
    }
}

/// The word of a list that ends at the cursor.
fn last_of(span: Span, text: &str, separators: &[char]) -> Span {
    let tail = text.rsplit(separators).next().unwrap_or_default();
    Span::new(
        span.end.saturating_sub(number(tail.trim_start().len())),
        span.end,
    )
}

/// Directives, their values, and names of rules.
fn comment(offer: &mut Offer<'_>, span: Span) {
    let text = offer.document.text().get(span).to_owned();
    let said = text.trim_start_matches('#').trim_start();
    let is_top = is_top(offer.document, span.start);
    match said.split_once('=') {
        None if is_top => directives(offer, "# "),
        Some((name, value)) if is_top && name.trim().eq_ignore_ascii_case("syntax") => {
            offer.word = last_of(span, value, &[]);
            for image in ["docker/dockerfile:1", "docker/dockerfile:1-labs"] {
                offer.add(image, CompletionItemKind::Module, "frontend", "");
            }
        }
        Some((name, value)) if is_top && name.trim().eq_ignore_ascii_case("escape") => {
            offer.word = last_of(span, value, &[]);
            for token in ["\\", "`"] {
                offer.add(token, CompletionItemKind::Value, "", "");
            }
        }
        Some((name, value)) if name.trim().eq_ignore_ascii_case("check") => {
            check_directive(offer, span, value);
        }
        _ => {}
    }
    let Some(said) = said.strip_prefix("rdf:") else {
        return;
    };
    let list = said.split_whitespace().next_back().unwrap_or_default();
    match list.split_once('=') {
        Some(("ignore" | "ignore-file", names)) => {
            offer.word = last_of(span, names, &[',']);
            rules(offer, catalogue::all());
        }
        Some(_) => {}
        None => {
            offer.word = last_of(span, said, &[' ']);
            for (word, about) in [
                (
                    "ignore=",
                    "Rules that report nothing about the next instruction.",
                ),
                ("ignore-file=", "Rules that report nothing about the file."),
                (
                    "until=",
                    "Last day on which the comment counts: `2027-01-31`.",
                ),
                (
                    "update=",
                    "How far `rdf lock --update` may move an image: `patch`, `minor` or `major`.",
                ),
            ] {
                offer.add(word, CompletionItemKind::Property, "", about);
            }
        }
    }
}

fn rules(offer: &mut Offer<'_>, entries: impl Iterator<Item = Entry>) {
    for Entry { rule, .. } in entries {
        offer.add(
            rule.name,
            CompletionItemKind::EnumMember,
            "rule",
            rule.description,
        );
    }
}

fn check_directive(offer: &mut Offer<'_>, span: Span, value: &str) {
    let option = value.rsplit(';').next().unwrap_or_default();
    match option.split_once('=') {
        Some(("skip" | "experimental", names)) => {
            offer.word = last_of(span, names, &[',']);
            offer.add("all", CompletionItemKind::EnumMember, "every rule", "");
            let docker = catalogue::all().filter(|entry| entry.group == Group::Docker);
            rules(offer, docker);
        }
        Some(("error", word)) => {
            offer.word = last_of(span, word, &[]);
            for value in ["true", "false"] {
                offer.add(value, CompletionItemKind::Value, "", "");
            }
        }
        Some(_) => {}
        None => {
            offer.word = last_of(span, option, &[]);
            for word in ["skip=", "error=", "experimental="] {
                offer.add(word, CompletionItemKind::Property, "", "");
            }
        }
    }
}

fn flags(offer: &mut Offer<'_>, instruction: &str) {
    for (name, kind) in vocabulary::flags(instruction) {
        let text = match kind {
            FlagKind::Switch => format!("--{name}"),
            _ => format!("--{name}="),
        };
        let about = words::flag(instruction, name);
        offer.add(&text, CompletionItemKind::Property, "", about);
    }
}

fn value(offer: &mut Offer<'_>, instruction: &str, flag: &str, around: Sources<'_>) {
    let known = vocabulary::flags(instruction).iter();
    let kind = known
        .filter(|(name, _)| *name == flag)
        .map(|(_, kind)| kind)
        .next();
    if matches!(kind, Some(FlagKind::Switch)) {
        for word in ["true", "false"] {
            offer.add(word, CompletionItemKind::Value, "", "");
        }
    }
    match flag {
        "from" => sources(offer, around),
        "mount" => mount(offer, around),
        _ => {
            for value in words::values(instruction, flag) {
                offer.add(value, CompletionItemKind::Value, "", "");
            }
        }
    }
}

/// Options of `RUN --mount`, or the value of one.
fn mount(offer: &mut Offer<'_>, around: Sources<'_>) {
    let whole = offer.word;
    let text = offer.document.text().get(whole).to_owned();
    let field = text.rsplit(',').next().unwrap_or_default();
    let before: Vec<&str> = text
        .split(',')
        .filter_map(|it| it.split('=').next())
        .collect();
    match field.split_once('=') {
        Some((option, value)) => {
            offer.word = last_of(whole, value, &[]);
            if option == "from" {
                return sources(offer, around);
            }
            for value in words::mount_values(option) {
                offer.add(value, CompletionItemKind::Value, "", "");
            }
        }
        None => {
            offer.word = last_of(whole, field, &[]);
            for option in vocabulary::MOUNT_OPTIONS {
                let is_switch =
                    matches!(option, "readonly" | "ro" | "readwrite" | "rw" | "required");
                let text = match is_switch {
                    true => option.to_owned(),
                    false => format!("{option}="),
                };
                if !before.contains(&option) {
                    let about = words::mount_option(option);
                    offer.add(&text, CompletionItemKind::Property, "", about);
                }
            }
        }
    }
}

/// Stages above, named contexts, and images that the lock knows.
fn sources(offer: &mut Offer<'_>, around: Sources<'_>) {
    let Sources { around, tags } = around;
    let names = offer.document.names();
    let here = names.stage_at(offer.word.start).unwrap_or_default();
    for stage in names.stages().iter().take(here) {
        if !stage.name.is_empty() {
            let base = stage
                .base
                .map_or("", |span| offer.document.text().get(span));
            offer.add(&stage.name, CompletionItemKind::Class, base, "");
        }
    }
    for context in around.contexts() {
        offer.add(context, CompletionItemKind::Module, "named context", "");
    }
    for image in around.images() {
        offer.add(&image, CompletionItemKind::Module, "image, in the lock", "");
    }
    for image in around.newer_images() {
        offer.add(
            &image,
            CompletionItemKind::Module,
            "image, newer than the lock",
            "",
        );
    }
    let word = offer.document.text().get(offer.word).to_owned();
    if let Some((name, _)) = repository(&word) {
        for tag in tags {
            let image = format!("{name}:{tag}");
            if !offer.items.iter().any(|item| item.label == image) {
                offer.add(
                    &image,
                    CompletionItemKind::Module,
                    "image, in the registry",
                    "",
                );
            }
        }
    }
}

fn argument(offer: &mut Offer<'_>, instruction: &str, number: usize, around: Sources<'_>) {
    match (instruction, number) {
        ("FROM", 0) => {
            sources(offer, around);
            offer.add("scratch", CompletionItemKind::Module, "no image", "");
        }
        ("FROM", 1) => offer.add("AS", CompletionItemKind::Keyword, "", "Names the stage."),
        ("HEALTHCHECK", 0) => {
            offer.add(
                "CMD",
                CompletionItemKind::Keyword,
                "",
                "The command that checks.",
            );
            offer.add(
                "NONE",
                CompletionItemKind::Keyword,
                "",
                "Turns off the check of the base image.",
            );
        }
        ("STOPSIGNAL", 0) => {
            for name in SIGNALS {
                offer.add(&format!("SIG{name}"), CompletionItemKind::Constant, "", "");
            }
        }
        // Global arguments that a stage has not taken yet.
        ("ARG", _) => {
            let names = offer.document.names();
            let stage = names.stage_at(offer.word.start);
            if stage.is_none() {
                return;
            }
            let known = names.variables_at(u32::MAX, true);
            let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
            for name in known {
                offer.add(&name, CompletionItemKind::Constant, "global argument", "");
            }
            for name in PREDEFINED {
                let about = words::predefined(name).unwrap_or_default();
                offer.add(name, CompletionItemKind::Constant, "predefined", about);
            }
        }
        _ => {}
    }
}

/// Variables, where one is typed: whether it is.
fn variables(offer: &mut Offer<'_>, typed: &Typed, offset: u32) -> bool {
    let text = offer.document.text().get(offer.word).to_owned();
    let Some((_, tail)) = text.rsplit_once('$') else {
        return false;
    };
    let name = tail.strip_prefix('{').unwrap_or(tail);
    let is_part = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_part {
        return false;
    }
    offer.word = Span::new(offset.saturating_sub(number(name.len())), offset);
    let close = match tail.starts_with('{') {
        true => "}",
        false => "",
    };
    let is_from = matches!(
        typed,
        Typed::Value {
            instruction: "FROM",
            ..
        } | Typed::Argument {
            instruction: "FROM",
            ..
        }
    );
    let names = offer.document.names();
    let is_global = is_from || names.stage_at(offset).is_none();
    let found = names.variables_at(offset, is_global);
    let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
    for name in &found {
        let text = format!("{name}{close}");
        offer.add_text(name, &text, CompletionItemKind::Variable, "", "");
    }
    if is_global {
        for name in PREDEFINED {
            let text = format!("{name}{close}");
            let about = words::predefined(name).unwrap_or_default();
            offer.add_text(
                name,
                &text,
                CompletionItemKind::Constant,
                "predefined",
                about,
            );
        }
    }
    true
}
