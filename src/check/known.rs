//! Compiling with what is known about images and files, and guesses for the rest.

use std::collections::BTreeSet;

use super::selection::Selection;
use super::{CheckInput, Purpose, Settings, catalogue};
use crate::compile::{Answer, Answers, Compiled, ImageAnswer, MainContext, Need, Options, Source};
#[cfg(feature = "cli")]
use crate::compile::{CompileError, ImageUse};
use crate::image::Platform;
use crate::lint;
use crate::syntax::{self, DirectiveKind};

/// Compiles with what is known, and guesses for the rest.
pub fn compile(bytes: &[u8], source: &Source, settings: &Settings, input: &CheckInput) -> Compiled {
    let needs = &mut BTreeSet::new();
    compile_for(Purpose::Everything, bytes, source, settings, input, needs)
}

/// The same as far as `purpose` wants it. `needs` are what it may ask for; what it asks for beyond them
/// is added.
pub(super) fn compile_for(
    purpose: Purpose,
    bytes: &[u8],
    source: &Source,
    settings: &Settings,
    input: &CheckInput,
    needs: &mut BTreeSet<Need>,
) -> Compiled {
    let options = options(bytes, settings, input, purpose);
    let platform = options.platform();
    let answer = |need: &Need| answer(need, settings, input, &platform);
    let mut answers = answered(needs, answer);
    source.complete(&options, &mut answers, |need| {
        needs.insert(need.clone());
        answer(need)
    })
}

/// The images that a build needs.
#[cfg(feature = "cli")]
pub(super) fn images(
    bytes: &[u8],
    source: &Source,
    settings: &Settings,
    input: &CheckInput,
    needs: &BTreeSet<Need>,
) -> Result<Vec<ImageUse>, CompileError> {
    let options = options(bytes, settings, input, Purpose::Findings);
    let platform = options.platform();
    let answer = |need: &Need| answer(need, settings, input, &platform);
    let mut answers = answered(needs, answer);
    source.planned_images(&options, &mut answers, answer)
}

/// What a file is compiled with.
fn options(bytes: &[u8], settings: &Settings, input: &CheckInput, purpose: Purpose) -> Options {
    let mut options = settings.options.clone();
    if let MainContext::Local { ignore_file, .. } = &mut options.main_context {
        ignore_file.clone_from(&input.own_ignore);
    }
    options.findings_only = purpose == Purpose::Findings;
    options.lint = experimental(bytes, &input.selection);
    options
}

/// Answers to what will be asked.
fn answered(needs: &BTreeSet<Need>, answer: impl Fn(&Need) -> Answer) -> Answers {
    let mut answers = Answers::new();
    for need in needs {
        answers.insert(need.clone(), answer(need));
    }
    answers
}

fn answer(need: &Need, settings: &Settings, input: &CheckInput, platform: &Platform) -> Answer {
    match need {
        Need::Image(image) => {
            let meta = settings.images.answer(image, platform);
            Answer::Image(Ok(ImageAnswer::Found(meta)))
        }
        Need::ContextIgnoreFile { .. } => Answer::File(Ok(input.context_ignore.clone())),
        Need::NamedContextIgnoreFile { .. } => Answer::File(Ok(None)),
        Need::Input { .. } => Answer::Input(Ok(None)),
        Need::SourceTime { .. } => Answer::Time(Ok(None)),
        Need::Pin(_) => Answer::Pin(None),
    }
}

/// The file's own lint options with the experimental rules of the selection; `None` where the file's own
/// will do, or cannot be read.
fn experimental(bytes: &[u8], selection: &Selection) -> Option<lint::Config> {
    let asked: Vec<String> = catalogue::all()
        .filter(|entry| entry.rule.experimental && selection.has(entry.rule))
        .map(|entry| entry.rule.name.to_owned())
        .collect();
    if asked.is_empty() {
        return None;
    }
    let own = syntax::parse_directive(DirectiveKind::Check, bytes);
    let own = own.map_or_else(String::new, |directive| directive.value.to_string());
    let mut config = lint::Config::parse(&own).ok()?;
    config.experimental.extend(asked);
    Some(config)
}
