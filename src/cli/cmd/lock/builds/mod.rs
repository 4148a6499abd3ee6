//! Builds that other files describe, as inputs of locks: bake files (HCL and JSON) and compose files.
//!
//! ```text
//! bake  ── hcl_file (blocks) ── eval ─────────┐
//! compose ── yaml (nodes) ── interpolate       ├── Build ── one BuildFile for each Dockerfile
//! ```
//!
//! What decides which sources a build has is read: files, targets, arguments, platforms and contexts. What
//! cannot be evaluated here is refused with its place, and never guessed.

mod arguments;
mod bake;
mod compose;
mod dotenv;
mod eval;
mod functions;
mod hcl_file;
mod interpolate;
mod value;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::file::Subject;
use super::report::Report;
use crate::cli::files;
use crate::cli::inputs::{Input, place};
use crate::cli::variant::host;
use crate::diagnostic::suggest::{Case, suggest};
use crate::image::Platform;
use crate::limits::MAX_BUILD_FILE_BYTES;
use crate::lock::Inputs;
use crate::lock::contexts::key;

/// One file that is built, with everything it is built for.
#[derive(Clone, Debug, Default)]
pub(super) struct BuildFile {
    pub dockerfile: PathBuf,
    /// Names of the targets and services.
    names: BTreeSet<String>,
    targets: BTreeSet<String>,
    args: BTreeSet<BTreeMap<String, String>>,
    platforms: BTreeSet<String>,
    contexts: BTreeMap<String, String>,
}

/// One build, as a target or a service describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Build {
    /// Name of the target or the service.
    name: String,
    /// The line on which it is described; unknown in JSON.
    line: Option<u32>,
    context: String,
    dockerfile: String,
    target: String,
    args: BTreeMap<String, String>,
    platforms: Vec<String>,
    contexts: BTreeMap<String, String>,
}

/// A build that a file describes, for editors.
#[derive(Clone, Debug)]
pub(in crate::cli) struct NamedBuild {
    /// Name of the target or the service.
    pub(in crate::cli) name: String,
    /// The line, from one, on which it is described; unknown in JSON.
    pub(in crate::cli) line: Option<u32>,
    pub(in crate::cli) dockerfile: PathBuf,
    /// The stage; empty for the last one.
    pub(in crate::cli) target: String,
    pub(in crate::cli) args: BTreeMap<String, String>,
    pub(in crate::cli) platforms: Vec<String>,
    pub(in crate::cli) contexts: BTreeMap<String, String>,
}

/// The builds of files on this machine that a bake or compose file describes, in its own directory; none where it has an
/// error.
pub(in crate::cli) fn named_builds(path: &Path) -> Vec<NamedBuild> {
    let environment = |name: &str| std::env::var(name).ok();
    let is_yaml = path
        .extension()
        .is_some_and(|end| end == "yml" || end == "yaml");
    let described = match is_yaml {
        true => compose::read(&[path], &[], &environment).map(|described| described.builds),
        false => bake::read_every(path, &environment),
    };
    let directory = path.parent().unwrap_or(Path::new(""));
    let builds = described.unwrap_or_default();
    let local = builds
        .into_iter()
        .filter(|build| !is_remote(&build.context));
    let named = local.map(|build| {
        let dockerfile = match build.dockerfile.strip_prefix("cwd://") {
            Some(path) => directory.join(path),
            None => directory.join(&build.context).join(&build.dockerfile),
        };
        let clean = crate::go::path::clean(&dockerfile.to_string_lossy()).to_string();
        NamedBuild {
            name: build.name,
            line: build.line,
            dockerfile: PathBuf::from(clean),
            target: build.target,
            args: build.args,
            platforms: build.platforms,
            contexts: build.contexts,
        }
    });
    named.collect()
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    /// The file, where it is not the one that the flag names.
    file: Option<PathBuf>,
    line: Option<u32>,
    message: String,
    hint: String,
}

impl Problem {
    fn new(line: Option<u32>, message: impl Into<String>) -> Self {
        Problem {
            file: None,
            line,
            message: message.into(),
            hint: String::new(),
        }
    }

    /// Says in which file it is, unless that is known.
    fn in_file(mut self, path: &Path) -> Self {
        self.file.get_or_insert_with(|| path.to_owned());
        self
    }

    fn hint(mut self, hint: &str) -> Self {
        hint.clone_into(&mut self.hint);
        self
    }
}

/// What a file describes.
#[derive(Clone, Debug, Default)]
struct Described {
    builds: Vec<Build>,
    /// What was skipped, and why.
    notes: Vec<String>,
}

/// How the environment answers: the value of a variable.
type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

impl BuildFile {
    /// The inputs that the flags give, with these builds in the place of their targets and arguments.
    pub(super) fn add_to(self, mut inputs: Inputs) -> Inputs {
        inputs.targets = self.targets;
        inputs.build_args = self.args;
        if !self.platforms.is_empty() {
            inputs.platforms = self.platforms;
        }
        inputs.contexts.extend(self.contexts);
        inputs
    }

    /// The inputs with these builds beside what is there.
    pub(super) fn widen(&self, inputs: &mut Inputs) {
        inputs.targets.extend(self.targets.iter().cloned());
        inputs.build_args.extend(self.args.iter().cloned());
        inputs.platforms.extend(self.platforms.iter().cloned());
        inputs.contexts.extend(self.contexts.clone());
    }
}

/// A Dockerfile to work on.
pub(super) struct Work {
    pub input: Input,
    /// The flags name it themselves.
    pub named: bool,
    /// What build files say of it.
    pub build: Option<BuildFile>,
}

impl Work {
    /// Reads the Dockerfile and its lock. Where that fails, a note says whose Dockerfile it is, unless the flags name
    /// it.
    pub(super) fn read(&self, report: &mut Report) -> Result<Subject, Exit> {
        let read = Subject::read(&self.input, report);
        if let (Err(_), Some(build), false) = (&read, &self.build, self.named) {
            let names: Vec<String> = build.names.iter().map(|name| format!("`{name}`")).collect();
            report.note(format!(
                "{}: the Dockerfile of {}",
                self.input.shown(),
                names.join(", ")
            ));
        }
        read
    }
}

/// The Dockerfiles that the flags name, or that the build files build, each once.
pub(super) fn works(args: &LockArgs, report: &mut Report) -> Result<Vec<Work>, Exit> {
    let builds = read(args, report)?;
    let mut works: BTreeMap<PathBuf, Work> = BTreeMap::new();
    let mut order = Vec::new();
    let plain = args.inputs.iter().cloned().map(|input| Work {
        input,
        named: true,
        build: None,
    });
    let built = builds.into_iter().map(|build| Work {
        input: Input::File(build.dockerfile.clone()),
        named: false,
        build: Some(build),
    });
    for work in plain.chain(built) {
        let place = place(work.input.path());
        match works.get_mut(&place) {
            Some(have) => have.build = work.build,
            None => {
                order.push(place.clone());
                works.insert(place, work);
            }
        }
    }
    Ok(order
        .iter()
        .filter_map(|place| works.remove(place))
        .collect())
}

/// The builds in all files that the flags name, one for each Dockerfile.
fn read(args: &LockArgs, report: &mut Report) -> Result<Vec<BuildFile>, Exit> {
    let mut files: BTreeMap<PathBuf, BuildFile> = BTreeMap::new();
    for build in describe(args, report)? {
        if let Err(problem) = add(build, &mut files) {
            let file = args.bake.first().or(args.compose.first());
            tell(
                problem,
                file.map_or(Path::new(""), PathBuf::as_path),
                report,
            );
            return Err(Exit::Usage);
        }
    }
    Ok(files.into_values().collect())
}

/// The builds as they are described. Bake files are one, and so are compose files: later ones lie over earlier ones.
fn describe(args: &LockArgs, report: &mut Report) -> Result<Vec<Build>, Exit> {
    let environment = |name: &str| std::env::var(name).ok();
    // Bake reads compose files as well.
    let is_yaml = |path: &&Path| {
        path.extension()
            .is_some_and(|end| end == "yml" || end == "yaml")
    };
    let all = args.bake.iter().map(PathBuf::as_path);
    let (mut compose, bake): (Vec<&Path>, Vec<&Path>) = all.partition(is_yaml);
    compose.extend(args.compose.iter().map(PathBuf::as_path));
    let wanted = &args.bake_target;
    let read_bake = || bake::read(&bake, wanted, &environment);
    let read_compose = || compose::read(&compose, wanted, &environment);
    let outcomes = [
        bake.first().map(|path| (*path, read_bake())),
        compose.first().map(|path| (*path, read_compose())),
    ];
    let mut builds = Vec::new();
    let mut failed = false;
    for (path, outcome) in outcomes.into_iter().flatten() {
        match outcome {
            Ok(described) => {
                for note in described.notes {
                    report.note(format!("{}: {note}", path.display()));
                }
                builds.extend(described.builds);
            }
            Err(problem) => {
                tell(problem, path, report);
                failed = true;
            }
        }
    }
    match failed {
        true => Err(Exit::Usage),
        false => Ok(builds),
    }
}

fn tell(problem: Problem, path: &Path, report: &mut Report) {
    let shown = problem
        .file
        .as_deref()
        .unwrap_or(path)
        .display()
        .to_string();
    report.problem(
        &shown,
        problem.line,
        "build-file",
        &problem.message,
        &problem.hint,
    );
}

/// Prints the builds in the form that `docker buildx bake --print` has.
pub(super) fn print(args: &LockArgs, report: &mut Report) -> Exit {
    let builds = match describe(args, report) {
        Ok(builds) => builds,
        Err(exit) => return exit,
    };
    // What is printed may be read again as a bake file.
    let quoted = |text: &str| text.replace("${", "$${").replace("%{", "%%{");
    let quoted_map = |map: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        map.iter()
            .map(|(key, value)| (key.clone(), quoted(value)))
            .collect()
    };
    let mut targets = serde_json::Map::new();
    for build in builds {
        let mut target = serde_json::json!({
            "context": quoted(&build.context), "dockerfile": quoted(&build.dockerfile),
        });
        if let Some(target) = target.as_object_mut() {
            for (key, map) in [("args", &build.args), ("contexts", &build.contexts)] {
                if !map.is_empty() {
                    target.insert(key.to_owned(), serde_json::json!(quoted_map(map)));
                }
            }
            if !build.target.is_empty() {
                target.insert("target".to_owned(), quoted(&build.target).into());
            }
            if !build.platforms.is_empty() {
                target.insert("platforms".to_owned(), build.platforms.into());
            }
        }
        targets.insert(build.name, target);
    }
    let text = serde_json::to_string_pretty(&serde_json::json!({ "target": targets }));
    report.write(&format!("{}\n", text.unwrap_or_default()));
    Exit::Ok
}

fn read_text(path: &Path) -> Result<String, Problem> {
    let unreadable = |why: String| Problem::new(None, format!("cannot read it: {why}"));
    files::read_text(path, MAX_BUILD_FILE_BYTES).map_err(|error| unreadable(error.to_string()))
}

/// Whether a context is not on this machine: a lock beside its Dockerfile lies inside it.
fn is_remote(context: &str) -> bool {
    (context.contains("://") && !context.starts_with("cwd://")) || context.starts_with("git@")
}

/// What to say where a flag names a build that is not there.
fn unknown_build<'n>(name: &str, known: impl Iterator<Item = &'n String> + Clone) -> String {
    if let Some(near) = suggest(name, known.clone(), Case::Sensitive) {
        return format!("did you mean `{near}`?");
    }
    let known: BTreeSet<String> = known.map(|name| format!("`{name}`")).collect();
    match known.is_empty() {
        true => String::new(),
        false => format!("there are {}", Vec::from_iter(known).join(", ")),
    }
}

/// Adds a build to the others of its Dockerfile.
fn add(build: Build, files: &mut BTreeMap<PathBuf, BuildFile>) -> Result<(), Problem> {
    let local = |path: &str| path.strip_prefix("cwd://").unwrap_or(path).to_owned();
    let dockerfile = match build.dockerfile.strip_prefix("cwd://") {
        Some(path) => PathBuf::from(path),
        None => Path::new(&local(&build.context)).join(&build.dockerfile),
    };
    let path: PathBuf = dockerfile.components().collect();
    let file = files.entry(place(&path)).or_insert_with(|| BuildFile {
        dockerfile: path,
        ..BuildFile::default()
    });
    for text in build.platforms.iter().flat_map(|text| text.split(',')) {
        let platform = match text.trim() {
            "local" => host(),
            text => Platform::parse(text, &host()).map_err(|error| {
                Problem::new(
                    None,
                    format!("`{}`: platform `{text}`: {error}", build.name),
                )
            })?,
        };
        file.platforms.insert(platform.normalized().format_all());
    }
    file.names.insert(build.name.clone());
    file.targets.insert(build.target);
    file.args.insert(build.args);
    for (name, value) in build.contexts {
        if crate::lock::model::has_credentials(&value) {
            let message = format!(
                "the context `{name}` of `{}` has credentials in its URL, which never enter a lock",
                build.name
            );
            return Err(Problem::new(None, message));
        }
        let value = match value
            .strip_prefix("target:")
            .or_else(|| value.strip_prefix("service:"))
        {
            Some(other) => format!("input:{other}"),
            None if value.starts_with("oci-layout://") => {
                super::input::context(&name, &value).map_err(|why| Problem::new(None, why))?
            }
            None if is_remote(&value) => value,
            None => "local:context".to_owned(),
        };
        if let Some(have) = file.contexts.insert(key(&name), value.clone())
            && have != value
        {
            let message = format!(
                "the context `{name}` is `{have}` in one build of {} and `{value}` in another; a lock can pin one only",
                file.dockerfile.display()
            );
            return Err(Problem::new(None, message)
                .hint("give the two contexts two names, or lock one build with `--bake-target`"));
        }
    }
    Ok(())
}
