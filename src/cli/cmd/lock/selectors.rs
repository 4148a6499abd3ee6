//! Words that name sources, `--update REF` and `--precise REF=…`: each has to mean one that is there.

use std::path::Path;

use super::args::LockArgs;
use super::job::{Job, named_otherwise, names};
use super::report::Report;

use crate::diagnostic::suggest::{Case, suggest};
use crate::image::Reference;
use crate::lock::verify::show_git;

/// Sources that are listed where none is near.
const LISTED: usize = 5;

/// Whether every selector means a source; those that do not are reported, with what is nearest.
pub(super) fn all_match(args: &LockArgs, jobs: &[Job], report: &mut Report) -> bool {
    let mut all = true;
    let collected = || jobs.iter().map(|job| &job.collected);
    let images: Vec<&str> = collected()
        .flat_map(|it| it.images.keys().map(String::as_str))
        .collect();
    let git = collected().flat_map(|it| it.git.keys());
    let http = collected().flat_map(|it| it.http.keys().cloned());
    let others: Vec<String> = git
        .map(|key| show_git(&key.remote, &key.reference))
        .chain(http)
        .collect();
    let is_image = |word: &str| images.iter().any(|image| names(word, image));
    let is_other = |word: &str| others.iter().any(|other| named_otherwise(word, other));
    for word in args.update.iter().flatten() {
        if is_image(word) || is_other(word) {
            continue;
        }
        let known = others
            .iter()
            .map(String::as_str)
            .chain(images.iter().copied());
        let hint = match Path::new(word).exists() {
            true => format!("to name a file, put it first: `rdf lock {word} --update`"),
            false => nearest(word, known),
        };
        refuse(
            &format!("`--update {word}` names nothing that is fetched"),
            &hint,
            report,
        );
        all = false;
    }
    for word in &args.precise {
        let Some((name, _)) = word.split_once('=').filter(|(_, to)| !to.is_empty()) else {
            let message = format!("`--precise {word}` has neither a tag nor a digest");
            refuse(
                &message,
                "write `--precise REF=TAG` or `--precise REF=sha256:…`",
                report,
            );
            all = false;
            continue;
        };
        if is_image(name) {
            continue;
        }
        match is_other(name) {
            true => refuse(
                &format!("`--precise {word}`: `{name}` is not an image, and only images have tags"),
                &format!(
                    "name another ref in the Dockerfile, or move the pin with `--update {name}`"
                ),
                report,
            ),
            false => refuse(
                &format!("`--precise {word}` names no image that is fetched"),
                &nearest(name, images.iter().copied()),
                report,
            ),
        }
        all = false;
    }
    all
}

fn refuse(message: &str, hint: &str, report: &mut Report) {
    report.problem("", None, "no-such-source", message, hint);
}

/// The source that is nearest to a word, or the first of those that there are.
fn nearest<'s>(word: &str, known: impl Iterator<Item = &'s str> + Clone) -> String {
    let spellings = known.clone().flat_map(|source| {
        let reference = Reference::parse_normalized(source).ok();
        let familiar = reference.as_ref().map(Reference::familiar_string);
        let familiar = familiar.unwrap_or_else(|| source.to_owned());
        let untagged = reference.map(|it| it.familiar_name());
        let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
        let mut all = vec![source.to_owned(), last(&familiar), familiar];
        all.extend(untagged.iter().map(|name| last(name)));
        all.extend(untagged);
        all.into_iter().map(move |spelling| (spelling, source))
    });
    let spellings: Vec<(String, &str)> = spellings.collect();
    let near = suggest(
        word,
        spellings.iter().map(|(spelling, _)| spelling),
        Case::Sensitive,
    );
    let source = near.and_then(|near| {
        let (_, source) = spellings.iter().find(|(spelling, _)| *spelling == near)?;
        Some(*source)
    });
    if let Some(source) = source {
        return format!("did you mean `{source}`?");
    }
    let mut list: Vec<String> = known.map(|source| format!("`{source}`")).collect();
    list.sort();
    list.dedup();
    match list.len() {
        0 => "nothing is fetched at all".to_owned(),
        count => {
            list.truncate(LISTED);
            let more = if count > LISTED { ", …" } else { "" };
            format!("the build fetches {}{more}", list.join(", "))
        }
    }
}
