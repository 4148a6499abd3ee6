//! Findings of Docker's rules as diagnostics: the rules know lines, people want the word, the reason and
//! what to do about it.

use super::fix::{Offer, empty_lines};
use super::index::{Index, Item};
use super::text_at;
use crate::diagnostic::{Diagnostic, File};
use crate::lint::{Warning, rules};
use crate::source::Span;
use crate::syntax::{Instruction, LineWarningKind};

/// The diagnostic of a finding; `offer` is what would mend it.
pub(super) fn diagnostic(
    warning: &Warning,
    item: Option<Item<'_>>,
    offer: Option<&Offer>,
    index: &Index<'_>,
    bytes: &[u8],
    file: &File<'_>,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::warning(warning.rule.name, warning.detail.as_str());
    if !warning.rule.url.is_empty() {
        diagnostic = diagnostic.url(warning.rule.url);
    }
    let Some(lines) = warning.location.first() else {
        return diagnostic;
    };
    let (label, hint) = words(warning.rule.name);
    let span = item
        .and_then(|item| span(warning, item, index, bytes))
        .unwrap_or_else(|| file.span_of_lines(*lines));
    diagnostic = diagnostic.at(span, label);
    if warning.rule.name == rules::duplicate_stage_name::RULE.name
        && let Some(first) = item.and_then(|item| namesake(item, index))
    {
        diagnostic = diagnostic.label(first, "the name was given here");
    }
    match offer {
        Some(Ok(fix)) => diagnostic = diagnostic.hint(fix.title.clone()),
        Some(Err(why)) => {
            diagnostic = with_hint(diagnostic, hint).hint(format!("`--fix` leaves it: {why}"));
        }
        None => diagnostic = with_hint(diagnostic, hint),
    }
    if let Some(Ok(fix)) = offer
        && let Some(doubt) = &fix.doubt
    {
        diagnostic = diagnostic.hint(format!("only with `--unsafe-fixes`: {doubt}"));
    }
    diagnostic
}

fn with_hint(diagnostic: Diagnostic, hint: &str) -> Diagnostic {
    match hint {
        "" => diagnostic,
        hint => diagnostic.hint(hint),
    }
}

/// The bytes at fault.
fn span(warning: &Warning, item: Item<'_>, index: &Index<'_>, bytes: &[u8]) -> Option<Span> {
    let name = warning.rule.name;
    let is = |rule: &crate::lint::Rule| name == rule.name;
    let meta = item.meta();
    if is(&rules::consistent_instruction_casing::RULE) || is(&rules::maintainer_deprecated::RULE) {
        return Some(meta.keyword.span);
    }
    if is(&rules::no_empty_continuation::RULE) {
        let line = warning.location.first()?.start;
        let found = index.dockerfile.warnings.iter().find(|found| {
            found.kind == LineWarningKind::EmptyContinuation && found.location.start == line
        })?;
        let empty = empty_lines(bytes, found.span).next()?;
        return Some(Span::new(empty.start, empty.start));
    }
    let precise = match item {
        Item::Stage(_, stage) => {
            if is(&rules::from_as_casing::RULE) {
                stage.as_keyword.as_ref().map(|word| word.span)
            } else if is(&rules::stage_name_casing::RULE)
                || is(&rules::duplicate_stage_name::RULE)
                || is(&rules::reserved_stage_name::RULE)
            {
                stage.written_name.as_ref().map(|name| name.span)
            } else if is(&rules::redundant_target_platform::RULE)
                || is(&rules::from_platform_flag_const_disallowed::RULE)
            {
                stage.meta.flags.first().map(|flag| flag.span)
            } else if is(&rules::invalid_base_image_platform::RULE)
                || is(&rules::invalid_default_arg_in_from::RULE)
            {
                Some(stage.base_name.span)
            } else {
                None
            }
        }
        Item::Instruction(_, instruction) if is(&rules::legacy_key_value_format::RULE) => {
            let pairs = match instruction {
                Instruction::Env(env) => &env.pairs,
                Instruction::Label(label) => &label.pairs,
                _ => return None,
            };
            let pair = pairs.first()?;
            Some(Span::new(pair.key.span.start, pair.value.span.end))
        }
        _ => None,
    };
    let args = one_line(meta.args, bytes);
    precise
        .or_else(|| subject(&warning.detail, meta.span, bytes))
        .or((args.end > args.start).then_some(args))
}

/// What the text of a finding has in quotes, where it stands in the instruction: the rules hand on nothing
/// but their text.
fn subject(detail: &str, instruction: Span, bytes: &[u8]) -> Option<Span> {
    let quote = detail.find(['\'', '"'])?;
    let sign = detail.get(quote..)?.chars().next()?;
    let rest = detail.get(quote + 1..)?;
    let subject = rest.get(..rest.find(sign)?)?.trim_start_matches('$');
    let text = text_at(bytes, instruction)?;
    let keyword = text.find(char::is_whitespace)?;
    let arguments = text.get(keyword..)?;
    let braced = format!("${{{subject}");
    let plain = format!("${subject}");
    let (at, length) = if let Some(at) = arguments.find(&braced) {
        let rest = arguments.get(at..)?;
        (at, rest.find('}').map_or(braced.len(), |end| end + 1))
    } else if let Some(at) = arguments.find(&plain) {
        (at, plain.len())
    } else {
        (
            arguments.find(subject).filter(|_| !subject.is_empty())?,
            subject.len(),
        )
    };
    let start = instruction
        .start
        .checked_add(u32::try_from(keyword + at).ok()?)?;
    Some(Span::new(
        start,
        start.checked_add(u32::try_from(length).ok()?)?,
    ))
}

/// The first line of a part of the file.
fn one_line(span: Span, bytes: &[u8]) -> Span {
    let text = span.of(bytes);
    let length = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let line = text.get(..length).unwrap_or_default().trim_ascii_end();
    let line = line.strip_suffix(b"\\").unwrap_or(line).trim_ascii_end();
    let end =
        u32::try_from(line.len()).map_or(span.end, |length| span.start.saturating_add(length));
    Span::new(span.start, end)
}

/// The stage above that has the same name.
fn namesake(item: Item<'_>, index: &Index<'_>) -> Option<Span> {
    let Item::Stage(at, stage) = item else {
        return None;
    };
    let mut above = index.dockerfile.stages.iter().take(at);
    let first = above.find(|above| above.name() == stage.name())?;
    first.written_name.as_ref().map(|name| name.span)
}

/// Why here, and what to do where no fix says it.
fn words(rule: &str) -> (&'static str, &'static str) {
    match rule {
        "ConsistentInstructionCasing" => ("not like the others", "write it like the others"),
        "CopyIgnoredFile" => (
            "never reaches the builder",
            "take it out of the ignore file, or do not copy it",
        ),
        "DuplicateStageName" => ("taken", "give the stage a name of its own"),
        "ExposeInvalidFormat" => (
            "an image knows the ports of its container only",
            "name the container's port; `docker run --publish` says where it leads",
        ),
        "ExposeProtoCasing" => ("", "write the protocol in lower case"),
        "FromAsCasing" => ("not like its FROM", "write both alike"),
        "FromPlatformFlagConstDisallowed" => (
            "the same, whatever is built for",
            "leave the flag out, or take `$BUILDPLATFORM`",
        ),
        "InvalidBaseImagePlatform" => ("not for this platform", ""),
        "InvalidDefaultArgInFrom" => (
            "no image, if no build argument is given",
            "give the ARG a default",
        ),
        "InvalidDefinitionDescription" => (
            "the comment above does not begin with this name",
            "begin the comment with the name, or put an empty `#` line below it",
        ),
        "JSONArgsRecommended" => (
            "run by a shell, which keeps signals to itself",
            "write a JSON array, or say by `SHELL` that a shell is wanted",
        ),
        "LegacyKeyValueFormat" => (
            "everything behind the first blank is the value",
            "write `name=value`",
        ),
        "MaintainerDeprecated" => ("", "write `LABEL org.opencontainers.image.authors=\"…\"`"),
        "MultipleInstructionsDisallowed" => (
            "replaced by a later one",
            "take this one out, or put both into one",
        ),
        "NoEmptyContinuation" => ("the instruction goes on", "take the empty line out"),
        "RedundantTargetPlatform" => ("is so without it", "leave the flag out"),
        "ReservedStageName" => ("means something else", "give the stage another name"),
        "SecretsUsedInArgOrEnv" => (
            "stays in the config or the history of the image",
            "give it to the step that needs it: `RUN --mount=type=secret,id=…,env=…`",
        ),
        "StageNameCasing" => ("", "write it in lower case"),
        "UndefinedArgInFrom" => (
            "empty",
            "declare it above the first FROM: `ARG NAME=default`",
        ),
        "UndefinedVar" => (
            "empty, unless the base image sets it",
            "declare it in this stage with ARG or ENV",
        ),
        "WorkdirRelativePath" => (
            "relative to wherever the base image starts",
            "begin the path with `/`",
        ),
        _ => ("", ""),
    }
}
