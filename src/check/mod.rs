//! Everything that can be said about a Dockerfile without building it, and what can be fixed.
//!
//! ```text
//! bytes -> compile (Docker's rules, errors) ─┐
//!       -> rules (our own)                  ─┴-> Problem { diagnostic, rule, fix } -> cli
//!                                                     fix -> bytes, compiled again: the same ops?
//! ```
//! Pure: files, configs and image configs are handed in, nothing is asked for. Images that nothing is known
//! about are taken for ones that set nothing but a search path.

pub(crate) mod catalogue;
mod comments;
pub(crate) mod config;
mod errors;
mod fix;
mod hints;
mod images;
mod known;
mod labels;
mod rest;
mod rules;
pub(crate) mod selection;
mod shellcheck;
pub(crate) mod tidy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use crate::lint::{Fix, Rule};
pub use comments::ForeignComment;
pub use errors::{ErrorPage, build_problem, definition, syntax_problem};
#[cfg(feature = "cli")]
pub(crate) use fix::fix_one;
pub use fix::{Fixed, fix};
pub use images::Images;
pub use known::compile;
pub use labels::LabelKind;
#[cfg(feature = "cli")]
pub(crate) use rules::stage_meant;
#[cfg(feature = "cli")]
pub(crate) use selection::SHELLCHECK;
pub use selection::{Selection, Selector};
pub use shellcheck::{SHELLCHECK_ARGUMENTS, ShellCheck, ShellComment, parse_shellcheck};
#[cfg(feature = "internals")]
pub use shellcheck::{ShellFix, ShellReplacement};

use crate::compile::{Compiled, IgnoreFile, Lowered, Need, Options, Source};
use crate::diagnostic::{Diagnostic, File, Severity};
use crate::lint::{Advice, Base, Context, Warning};
use crate::plan::{ImageUse, UseKind};
use crate::shell::KnownScripts;
use crate::source::LineRange;
use crate::syntax::{Dockerfile, Stage};
use comments::Comments;
use rest::Rest;
use selection::Code;

/// What all files of a run have in common.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Target, platforms, build arguments, contexts: what a build would be given.
    pub options: Options,
    /// What is known about images.
    pub images: Images,
}

/// What is known beside a file, and which rules are on for it.
#[derive(Clone, Debug)]
pub struct CheckInput {
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
    /// It holds what the steps fetch.
    pub recorded: bool,
    /// Directories that may be the build context, the most likely one first.
    pub contexts: Vec<Arc<dyn ContextFiles>>,
    /// The first of them is the context for sure.
    pub context_is_named: bool,
    /// The day, as `2026-11-29`: comments that ignore a rule may have an end. `None` where none has come to its end.
    pub today: Option<String>,
    /// Registries that images may come from, for the rule UntrustedRegistry: `docker.io`, `*.example.com`,
    /// `quay.io/team`. None of them allows all.
    pub trusted_registries: Vec<String>,
    /// Labels that images must have, and the forms of their values.
    pub labels: BTreeMap<String, LabelKind>,
    /// They may have no others.
    pub strict_labels: bool,
    /// How bad findings are, in the place of what their rules say; of words that select the same the most exact counts,
    /// and of two alike the later one.
    pub severities: Vec<(Selector, Severity)>,
    /// What looks at shell scripts, if anything does.
    pub shellcheck: Option<Arc<dyn ShellCheck>>,
}

/// The files of a build context.
pub trait ContextFiles: std::fmt::Debug + Send + Sync {
    /// Whether there is a file or directory of that path, from the context on, with slashes.
    fn exists(&self, path: &str) -> bool;

    /// The names in a directory, sorted; none where there is no such directory, or more than are worth looking at.
    fn names(&self, directory: &str) -> Vec<String>;
}

impl CheckInput {
    /// A file with nothing beside it.
    pub fn new(name: impl Into<String>, selection: Selection) -> Self {
        CheckInput {
            name: name.into(),
            selection,
            own_ignore: None,
            context_ignore: None,
            has_ignore_file: None,
            locked: false,
            recorded: false,
            contexts: Vec::new(),
            context_is_named: false,
            today: None,
            trusted_registries: Vec::new(),
            labels: BTreeMap::new(),
            strict_labels: false,
            severities: Vec::new(),
            shellcheck: None,
        }
    }

    /// How bad the config says that a finding is.
    fn severity(&self, rule: &Rule, code: Option<Code>) -> Option<Severity> {
        if self.severities.is_empty() {
            return None;
        }
        let entry = catalogue::of(rule)?;
        let said = self.severities.iter();
        let exact = said.filter_map(|(it, level)| Some((it.exactness(entry, code)?, *level)));
        exact
            .max_by_key(|(exactness, _)| *exactness)
            .map(|(_, level)| level)
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
    /// What others call it, where that says more than the rule.
    code: Option<Code>,
}

impl Problem {
    fn is_selected(&self, selection: &Selection) -> bool {
        self.rule
            .is_none_or(|rule| selection.reports(rule, self.code))
    }

    /// ShellCheck's code, for what that found.
    pub(crate) fn shell_code(&self) -> Option<u16> {
        match self.code {
            Some(Code::Shell(shell)) => Some(shell.code),
            _ => None,
        }
    }

    /// One that no rule is about.
    pub(crate) fn bare(diagnostic: Diagnostic, location: Option<LineRange>) -> Self {
        Problem {
            diagnostic,
            rule: None,
            location,
            fix: None,
            ignored: false,
            code: None,
        }
    }

    /// Nothing can be built.
    pub fn is_error(&self) -> bool {
        self.rule.is_none() && self.diagnostic.severity == Severity::Error
    }
}

/// What a check of a text may take from the one before, of a text much like it.
#[cfg(feature = "cli")]
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// What the compiler asked for.
    pub(crate) needs: BTreeSet<Need>,
    pub(crate) scripts: KnownScripts,
}

/// What a file is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To tell what the rules that are on find.
    Findings,
    /// To fix it: by every rule, and for what is built, which a fix must leave as it is.
    Everything,
}

/// What is wrong with a file.
#[derive(Debug)]
pub struct Checked {
    /// In the order of their places.
    pub problems: Vec<Problem>,
    /// Comments for other linters, and what they suppress.
    pub foreign_comments: Vec<ForeignComment>,
    /// What was found on the way by rules and of codes that are off.
    pub unselected: Vec<Problem>,
    /// What is built; none of a check for findings alone.
    lowered: Option<Lowered>,
}

impl Checked {
    /// Whether something keeps the file from being built.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// Finds what is wrong, by the rules that are on.
pub fn check(bytes: &[u8], settings: &Settings, input: &CheckInput) -> Checked {
    check_source(
        bytes,
        &Source::new(bytes),
        settings,
        input,
        &mut BTreeSet::new(),
        || None,
    )
}

/// What the rules of our own that are on find in bytes that were read, while these are compiled elsewhere: they need
/// nothing of it but the images, which planning knows. `None` where the bytes have an error.
#[cfg(feature = "cli")]
pub(crate) fn own_problems(
    bytes: &[u8],
    source: &Source,
    settings: &Settings,
    input: &CheckInput,
    needs: &BTreeSet<Need>,
    scripts: &mut KnownScripts,
) -> Option<Vec<Problem>> {
    if source.parsed().error().is_some() {
        return None;
    }
    let uses = known::images(bytes, source, settings, input, needs).ok()?;
    let view = View::new(bytes, source, &uses, settings);
    Some(view.of_ours(input, &input.selection, scripts))
}

/// The same for bytes that were read. `needs` are what the compiler may ask for, as it did when it compiled a text like
/// this one: what is answered beforehand is planned once. What it asks for beyond them is added. `own` gives what
/// `own_problems` made of them meanwhile, if anything did.
pub(crate) fn check_source(
    bytes: &[u8],
    source: &Source,
    settings: &Settings,
    input: &CheckInput,
    needs: &mut BTreeSet<Need>,
    own: impl FnOnce() -> Option<Vec<Problem>>,
) -> Checked {
    let mut checked = examine(
        bytes,
        source,
        settings,
        input,
        Purpose::Findings,
        needs,
        own,
    );
    checked.problems.retain(|problem| !problem.ignored);
    let (on, off) = std::mem::take(&mut checked.problems)
        .into_iter()
        .partition(|problem| problem.is_selected(&input.selection));
    (checked.problems, checked.unselected) = (on, off);
    checked
}

/// Finds what is wrong by every rule, and what a comment asks not to report.
fn check_all(bytes: &[u8], settings: &Settings, input: &CheckInput) -> Checked {
    let source = Source::new(bytes);
    examine(
        bytes,
        &source,
        settings,
        input,
        Purpose::Everything,
        &mut BTreeSet::new(),
        || None,
    )
}

fn examine(
    bytes: &[u8],
    source: &Source,
    settings: &Settings,
    input: &CheckInput,
    purpose: Purpose,
    needs: &mut BTreeSet<Need>,
    own: impl FnOnce() -> Option<Vec<Problem>>,
) -> Checked {
    let every;
    let selection = match purpose {
        Purpose::Findings => &input.selection,
        Purpose::Everything => {
            every = Selection::new(&[Selector::All], &[]);
            &every
        }
    };
    let file = File::new(&input.name, bytes);
    let compiled = known::compile_for(purpose, bytes, source, settings, input, needs);
    let mut problems = errors::problems(source, &compiled, &file);
    let rest = match compiled.result {
        Ok(_) => None,
        Err(_) => Rest::of(bytes, source, &compiled, settings, input),
    };
    let warnings = compiled.warnings.as_slice();
    match &rest {
        None => {
            let view = View::new(bytes, source, uses_of(&compiled), settings);
            problems.extend(view.of_docker(warnings.iter()));
            let own = own().filter(|_| compiled.result.is_ok());
            problems.extend(
                own.unwrap_or_else(|| view.of_ours(input, selection, &mut KnownScripts::default())),
            );
        }
        Some(rest) => {
            let whole = View::new(bytes, source, uses_of(&compiled), settings);
            let uses = uses_of(&rest.compiled);
            let left = View::new(&rest.bytes, &rest.source, uses, settings);
            let is_known = |warning: &&Warning| {
                let mut known = warnings.iter();
                known.any(|it| it.rule == warning.rule && it.location == warning.location)
            };
            let others = rest.compiled.warnings.iter();
            let others = others.filter(|warning| !is_known(warning));
            problems.extend(whole.of_docker(warnings.iter()));
            let mut found: Vec<Problem> = left.of_docker(others).collect();
            found.extend(left.of_ours(input, selection, &mut KnownScripts::default()));
            found.retain(|problem| {
                let rule = problem.rule.map_or("", |rule| rule.name);
                rest.is_genuine(rule, problem.location)
            });
            problems.extend(found);
            problems.extend(
                rest.errors
                    .iter()
                    .map(|error| errors::build_error(error, &file)),
            );
        }
    }
    for problem in &mut problems {
        let rule = problem.rule;
        if let Some(severity) = rule.and_then(|rule| input.severity(rule, problem.code)) {
            problem.diagnostic.severity = severity;
        }
    }
    let comments = Comments::read(&source.parsed().dockerfile, bytes);
    let (told, foreign_comments) = comments.apply(&mut problems, input);
    problems.extend(told);
    problems.sort_by_key(|problem| {
        let place = problem.diagnostic.primary.as_ref().map(|label| label.span);
        (place, !problem.is_error())
    });
    Checked {
        problems,
        foreign_comments,
        unselected: Vec::new(),
        lowered: compiled
            .result
            .ok()
            .filter(|_| purpose == Purpose::Everything)
            .map(|mut lowered| {
                // Local sources of no session want to be told apart from those of other builds.
                lowered.marshal.local_unique_id = Some("check".to_owned());
                lowered
            }),
    }
}

/// A file and what the compiler made of it.
struct View<'s> {
    bytes: &'s [u8],
    dockerfile: &'s Dockerfile,
    uses: &'s [ImageUse],
    bases: Vec<Option<Base>>,
}

impl<'s> View<'s> {
    fn new(bytes: &'s [u8], source: &'s Source, uses: &'s [ImageUse], settings: &Settings) -> Self {
        let dockerfile = &source.parsed().dockerfile;
        View {
            bytes,
            dockerfile,
            uses,
            bases: bases(dockerfile, uses, &settings.images),
        }
    }

    /// Findings of Docker's rules.
    fn of_docker<'w>(
        &'w self,
        warnings: impl Iterator<Item = &'w Warning>,
    ) -> impl Iterator<Item = Problem> {
        let cx = Context {
            bytes: self.bytes,
            dockerfile: self.dockerfile,
            bases: &self.bases,
            trigger: None,
        };
        warnings.filter_map(move |warning| docker_problem(warning, cx))
    }

    /// Findings of our own rules.
    fn of_ours(
        &self,
        input: &CheckInput,
        selection: &Selection,
        scripts: &mut KnownScripts,
    ) -> Vec<Problem> {
        if !selection.has_own() {
            return Vec::new();
        }
        let (bytes, dockerfile) = (self.bytes, self.dockerfile);
        let triggers = rules::Triggers::read(bytes, dockerfile);
        let facts = rules::Facts::new(
            bytes,
            dockerfile,
            self.uses,
            &self.bases,
            input,
            &triggers,
            scripts,
        );
        let found = rules::check(&facts, selection).into_iter();
        let own = found.map(|found| {
            let (message, advice) = (found.message.as_str(), Some(found.advice));
            let mut problem = problem(found.rule, message, Some(found.location), advice);
            if let Some(Code::Shell(shell)) = found.code {
                let code = format!("SC{}", shell.code);
                let url = format!("https://www.shellcheck.net/wiki/{code}");
                problem.diagnostic.url = Some(url.into());
                problem.diagnostic.code = code.into();
                problem.diagnostic.severity = shell.level;
            }
            problem.code = found.code;
            problem
        });
        own.collect()
    }
}

/// The images of what compiles.
fn uses_of(compiled: &Compiled) -> &[ImageUse] {
    match &compiled.result {
        Ok(lowered) => lowered.image_uses.as_slice(),
        Err(_) => &[],
    }
}

/// What is known about the image of each stage's `FROM`.
fn bases(dockerfile: &Dockerfile, uses: &[ImageUse], images: &Images) -> Vec<Option<Base>> {
    let from = uses.iter().filter(|image| image.kind == UseKind::From);
    let by_place: BTreeMap<Option<LineRange>, &str> = from
        .map(|image| (image.location, image.reference.as_str()))
        .collect();
    let mut known: BTreeMap<&str, Base> = BTreeMap::new();
    let mut base = |stage: &Stage| {
        let image = by_place.get(&Some(stage.meta.location)).copied()?;
        let base = known.entry(image).or_insert_with(|| Base {
            image: image.to_owned(),
            start: images.start(image),
            is_windows: shellcheck::is_image_of_windows(image),
        });
        Some(base.clone())
    };
    dockerfile.stages.iter().map(&mut base).collect()
}

/// What a warning says to people; none for one that is a guess.
fn docker_problem(warning: &Warning, cx: Context<'_>) -> Option<Problem> {
    let location = warning.location.first().copied();
    let fires = |stage: &&Stage| Some(stage.meta.location) == location;
    let cx = Context {
        trigger: match warning.in_trigger {
            true => cx.dockerfile.stages.iter().find(fires),
            false => None,
        },
        ..cx
    };
    if location.is_some() && warning.violation.is_guess(&cx) {
        return None;
    }
    let advice = location.map(|_| warning.violation.advise(&cx));
    let mut problem = problem(warning.rule, &warning.detail, location, advice);
    if !warning.rule.url.is_empty() {
        problem.diagnostic.url = Some(warning.rule.url.into());
    }
    Some(problem)
}

fn problem(
    rule: &'static Rule,
    message: &str,
    location: Option<LineRange>,
    advice: Option<Advice>,
) -> Problem {
    let mut diagnostic = Diagnostic::warning(rule.name, message);
    diagnostic.severity = rule.severity;
    let mut fix = None;
    if let Some(advice) = advice {
        diagnostic.severity = advice.severity.unwrap_or(rule.severity);
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
            Some(Err(why)) => Some(format!("not fixed: {why}")),
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
        ignored: false,
        code: None,
    }
}
