//! Everything that can be said about a Dockerfile without building it, and what can be mended.
//!
//! ```text
//! bytes -> compile (Docker's rules, errors) ─┐
//!       -> rules (our own)                  ─┴-> Problem { diagnostic, rule, fix } -> cli
//!                                                     fix -> bytes, compiled again: the same ops?
//! ```
//! Pure: files, configs and image configs are handed in, nothing is asked for. Images that nothing is known
//! about are taken for ones that set nothing but a search path.

pub mod catalogue;
pub mod config;
mod errors;
mod fix;
mod images;
mod rules;
pub mod selection;

use std::sync::Arc;

pub use crate::lint::Fix;
pub use errors::{ErrorPage, build_problem, syntax_problem};
pub use fix::{Fixed, Refused, fix};
pub use images::Images;
pub use selection::{Selection, Selector, UnknownRule};

use crate::compile::{
    Answer, Compiled, IgnoreFile, ImageAnswer, Lowered, MainContext, Need, Options, Source,
};
use crate::diagnostic::{Diagnostic, File};
use crate::image::Platform;
use crate::lint::{self, Advice, Base, Context, Rule, Warning};
use crate::plan::{ImageUse, UseKind};
use crate::source::LineRange;
use crate::syntax::{self, DirectiveKind, Dockerfile, Stage};
use selection::Comments;

/// What all files of a run have in common.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Target, platforms, build arguments, contexts: what a build would be given.
    pub options: Options,
    /// What is known about images.
    pub images: Images,
}

/// What lies around a file, and which rules are on for it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Name of the file, for messages.
    pub name: String,
    /// The rules that are on.
    pub selection: Selection,
    /// `<Dockerfile>.dockerignore`, if there is one.
    pub own_ignore: Option<IgnoreFile>,
    /// `.dockerignore` at the root of the context.
    pub context_ignore: Option<Arc<[u8]>>,
    /// Whether the context has an ignore file; `None` when there is no telling.
    pub has_ignore_file: Option<bool>,
    /// A lock lies beside the file.
    pub locked: bool,
}

impl Surroundings {
    /// A file that nothing lies around.
    pub fn new(name: impl Into<String>, selection: Selection) -> Self {
        Surroundings {
            name: name.into(),
            selection,
            own_ignore: None,
            context_ignore: None,
            has_ignore_file: None,
            locked: false,
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// For people.
    pub diagnostic: Diagnostic,
    /// The rule; `None` for an error.
    pub rule: Option<&'static Rule>,
    /// The lines of the instruction.
    pub location: Option<LineRange>,
    /// What fixes it.
    pub fix: Option<Fix>,
    /// A comment asks not to report it.
    ignored: bool,
}

impl Problem {
    /// Nothing can be built.
    pub fn is_error(&self) -> bool {
        self.rule.is_none() && self.diagnostic.severity == crate::diagnostic::Severity::Error
    }
}

/// What is wrong with a file.
#[derive(Debug)]
pub struct Checked {
    /// In the order of their places.
    pub problems: Vec<Problem>,
    lowered: Option<Lowered>,
}

impl Checked {
    /// Whether something keeps the file from being built.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// Finds what is wrong, by the rules that are on.
pub fn check(bytes: &[u8], settings: &Settings, around: &Surroundings) -> Checked {
    let mut checked = examine(bytes, settings, around, &around.selection);
    checked.problems.retain(|problem| {
        let on = problem.rule.is_none_or(|rule| around.selection.has(rule));
        on && !problem.ignored
    });
    checked
}

/// Finds what is wrong by every rule, and what a comment asks not to report.
fn check_all(bytes: &[u8], settings: &Settings, around: &Surroundings) -> Checked {
    let every = Selection::new(&[Selector::All], &[]);
    examine(bytes, settings, around, &every)
}

fn examine(
    bytes: &[u8],
    settings: &Settings,
    around: &Surroundings,
    selection: &Selection,
) -> Checked {
    let source = Source::new(bytes);
    let dockerfile = &source.parsed().dockerfile;
    let file = File::new(&around.name, bytes);
    let compiled = compile(bytes, &source, settings, around);
    let uses = match &compiled.result {
        Ok(lowered) => lowered.image_uses.as_slice(),
        Err(_) => &[],
    };
    let comments = Comments::read(dockerfile, bytes);
    let cx = Context {
        bytes,
        dockerfile,
        bases: &bases(dockerfile, uses, &settings.images),
        trigger: None,
    };
    let mut problems = errors(&source, &compiled, &file);
    let of_docker = compiled.warnings.iter();
    problems.extend(of_docker.map(|warning| docker_problem(warning, cx, &comments)));
    if selection.has_own() {
        let facts = rules::Facts::new(bytes, dockerfile, uses, around);
        let found = rules::check(&facts, selection);
        problems.extend(found.into_iter().map(|found| {
            let message = found.message.as_str();
            let advice = Some(found.advice);
            problem(found.rule, message, Some(found.location), advice, &comments)
        }));
    }
    problems.extend(comments.unknown.iter().map(|(meta, why)| {
        let diagnostic = Diagnostic::warning("unknown-rule", why.as_str());
        Problem {
            diagnostic: diagnostic.at(meta.keyword.span, "a comment for this instruction names it"),
            rule: None,
            location: Some(meta.location),
            fix: None,
            ignored: false,
        }
    }));
    problems.sort_by_key(|problem| {
        let place = problem.diagnostic.primary.as_ref().map(|label| label.span);
        (place, !problem.is_error())
    });
    Checked {
        problems,
        lowered: compiled.result.ok().map(|mut lowered| {
            // Local sources of no session want to be told apart from those of other builds.
            lowered.marshal.local_unique_id = Some("check".to_owned());
            lowered
        }),
    }
}

/// Every error of the syntax; or else the one that ends the build.
fn errors(source: &Source, compiled: &Compiled, file: &File<'_>) -> Vec<Problem> {
    let syntax = &source.parsed().errors;
    let problem = |diagnostic, location| Problem {
        diagnostic,
        rule: None,
        location,
        fix: None,
        ignored: false,
    };
    if !syntax.is_empty() {
        let error = |error| syntax_problem(error, file);
        return syntax
            .iter()
            .map(|found| problem(error(found), found.location))
            .collect();
    }
    let error = compiled.result.as_ref().err();
    let problems = error.map(|error| {
        let location = error.locations().first().and_then(|lines| lines.first());
        problem(build_problem(error, file), location.copied())
    });
    problems.into_iter().collect()
}

/// What is known about the image of each stage's `FROM`.
fn bases(dockerfile: &Dockerfile, uses: &[ImageUse], images: &Images) -> Vec<Option<Base>> {
    let base = |stage: &Stage| {
        let names = |image: &&ImageUse| {
            image.kind == UseKind::From && image.location == Some(stage.meta.location)
        };
        let image = uses.iter().find(names)?.reference.clone();
        let start = images.start(&image);
        Some(Base { image, start })
    };
    dockerfile.stages.iter().map(base).collect()
}

fn docker_problem(warning: &Warning, cx: Context<'_>, comments: &Comments<'_>) -> Problem {
    let location = warning.location.first().copied();
    let fires = |stage: &&Stage| Some(stage.meta.location) == location;
    let cx = Context {
        trigger: match warning.in_trigger {
            true => cx.dockerfile.stages.iter().find(fires),
            false => None,
        },
        ..cx
    };
    let advice = location.map(|_| warning.violation.advise(&cx));
    let mut problem = problem(warning.rule, &warning.detail, location, advice, comments);
    if !warning.rule.url.is_empty() {
        problem.diagnostic.url = Some(warning.rule.url.into());
    }
    problem
}

fn problem(
    rule: &'static Rule,
    message: &str,
    location: Option<LineRange>,
    advice: Option<Advice>,
    comments: &Comments<'_>,
) -> Problem {
    let mut diagnostic = Diagnostic::warning(rule.name, message);
    let mut fix = None;
    if let Some(advice) = advice {
        diagnostic = diagnostic.at(advice.span, advice.label);
        for (span, label) in advice.related {
            diagnostic = diagnostic.label(span, label);
        }
        let hint = match &advice.fix {
            Some(Ok(fix)) => fix.title.clone(),
            _ => advice.hint.into_owned(),
        };
        let why = match advice.fix {
            None => None,
            Some(Err(why)) => Some(format!("`--fix` leaves it: {why}")),
            Some(Ok(offered)) => {
                let because = offered.unsafe_because.as_ref();
                let why = because.map(|why| format!("only with `--unsafe-fixes`: {why}"));
                fix = Some(offered);
                why
            }
        };
        let hints = [Some(hint).filter(|hint| !hint.is_empty()), why];
        diagnostic.hints.extend(hints.into_iter().flatten());
    }
    Problem {
        diagnostic,
        rule: Some(rule),
        location,
        fix,
        ignored: location.is_some_and(|lines| comments.ignores(rule, lines)),
    }
}

/// Compiles with what is known, and guesses for the rest.
pub fn compile(
    bytes: &[u8],
    source: &Source,
    settings: &Settings,
    around: &Surroundings,
) -> Compiled {
    let mut options = settings.options.clone();
    if let MainContext::Local { ignore_file, .. } = &mut options.main_context {
        ignore_file.clone_from(&around.own_ignore);
    }
    options.lint = experimental(bytes, &around.selection);
    let platform = options.platform();
    source.compile_with(&options, |need| answer(need, settings, around, &platform))
}

fn answer(need: &Need, settings: &Settings, around: &Surroundings, platform: &Platform) -> Answer {
    match need {
        Need::Image(image) => {
            let meta = settings.images.answer(image, platform);
            Answer::Image(Ok(ImageAnswer::Found(meta)))
        }
        Need::ContextIgnoreFile { .. } => Answer::File(Ok(around.context_ignore.clone())),
        Need::NamedContextIgnoreFile { .. } => Answer::File(Ok(None)),
        Need::Input { .. } => Answer::Input(Ok(None)),
        Need::SourceTime { .. } => Answer::Time(Ok(None)),
    }
}

/// The file's own lint options with the experimental rules of the selection; `None` where the file's own
/// will do, or can't be read.
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
