//! What lies around a file on disk: the config that applies to it, ignore files, a lock.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use clap::ValueEnum as _;

use super::super::super::exit::Failure;
use super::args::CheckArguments;
use super::hadolint;
use super::output::Format;
use super::shellcheck::Runner;
use crate::check::config::{Config, FailOn, Flags, Style};
use crate::check::{CheckInput, ContextFiles};
use crate::cli::files::{Filter, Verdict, read_file, read_text};
use crate::cli::inputs::{STDIN, shown};
use crate::cli::lockfile::{self, LockPlace};
use crate::compile::IgnoreFile;
use crate::limits::{MAX_CONFIGS, MAX_FILE_BYTES, MAX_NAMES};

/// Name of the config file.
pub(super) const CONFIG: &str = "rdf.toml";
/// Name of a context's ignore file.
const IGNORE: &str = ".dockerignore";

/// A config and the directory that its patterns are relative to.
type Placed = Arc<(PathBuf, Config)>;

/// What a config of hadolint says that has no meaning here, by file.
type LeftOut = Mutex<BTreeMap<PathBuf, String>>;

/// Config files, each read once.
pub(in crate::cli::cmd) struct Configs {
    left_out: LeftOut,
    flags: Flags,
    /// The one that `--config` names, or none at all.
    fixed: Option<Placed>,
    /// Files of other tools count where there is none of ours.
    others_count: bool,
    /// By directory.
    found: Mutex<BTreeMap<PathBuf, Placed>>,
    /// The nearest file at each directory or above it, if there is one: directories share what is above them.
    files: Mutex<BTreeMap<PathBuf, Option<Placed>>>,
    /// By the program that a config names, if it does.
    runners: Mutex<BTreeMap<Option<PathBuf>, Arc<Runner>>>,
}

impl Configs {
    /// Reads the file that is named, and those that apply to the paths: what is wrong with one must be told
    /// before anything is checked.
    pub(super) fn new(arguments: &CheckArguments, flags: Flags) -> Result<Self, Failure> {
        let none = || Arc::new((PathBuf::new(), Config::default()));
        let fixed = match &arguments.config {
            Some(path) => Some(Arc::new((PathBuf::new(), read_named(path)?))),
            None => arguments.no_config.then(none),
        };
        let configs = Configs {
            flags,
            fixed,
            others_count: true,
            found: Mutex::default(),
            files: Mutex::default(),
            left_out: Mutex::default(),
            runners: Mutex::default(),
        };
        for path in &arguments.dockerfiles.places() {
            let directory = if path.is_dir() { path } else { parent(path) };
            let placed = configs.nearest(directory)?;
            configs.runner(&placed)?;
        }
        Ok(configs)
    }

    /// Those of our own that apply to the paths.
    pub(in crate::cli::cmd) fn of_files(paths: &[PathBuf]) -> Result<Self, Failure> {
        let configs = Configs {
            flags: Flags::default(),
            fixed: None,
            others_count: false,
            found: Mutex::default(),
            files: Mutex::default(),
            left_out: Mutex::default(),
            runners: Mutex::default(),
        };
        configs.read_for(paths)?;
        Ok(configs)
    }

    fn read_for(&self, paths: &[PathBuf]) -> Result<(), Failure> {
        for path in paths {
            let directory = if path.is_dir() { path } else { parent(path) };
            self.nearest(directory)?;
        }
        Ok(())
    }

    /// The style of a file.
    pub(in crate::cli::cmd) fn style(&self, path: &Path) -> Result<Style, Failure> {
        Ok(self.nearest(parent(path))?.1.style)
    }

    /// What runs ShellCheck for a config.
    fn runner(&self, placed: &Placed) -> Result<Arc<Runner>, Failure> {
        let named = placed.1.shellcheck.as_ref().map(PathBuf::from);
        let mut runners = self.runners.lock().unwrap_or_else(|it| it.into_inner());
        if let Some(runner) = runners.get(&named) {
            return Ok(runner.clone());
        }
        let runner = Arc::new(Runner::new(named.as_deref())?);
        runners.insert(named, runner.clone());
        Ok(runner)
    }

    /// What runs ShellCheck for a file.
    pub(super) fn shellcheck(&self, path: &Path) -> Result<Arc<Runner>, Failure> {
        let placed = self.nearest(parent(path));
        self.runner(&placed.unwrap_or_default())
    }

    /// Whether the scripts of a file are to be taken down. What is wrong with a config is told when the file is checked.
    pub(super) fn wants_scripts(&self, path: &Path) -> bool {
        let (placed, relative) = self.of_file(path);
        let selection = placed.1.selection(&relative, &self.flags);
        let rule = crate::check::catalogue::find("ShellCheck");
        rule.is_some_and(|entry| selection.has(entry.rule))
            && self.runner(&placed).is_ok_and(|runner| runner.takes_down())
    }

    /// Everything that ran ShellCheck.
    pub(super) fn runners(&self) -> Vec<Arc<Runner>> {
        let runners = self.runners.lock().unwrap_or_else(|it| it.into_inner());
        runners.values().cloned().collect()
    }

    /// The config of a directory: the nearest file, upwards.
    fn nearest(&self, folder: &Path) -> Result<Placed, Failure> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone());
        }
        let known = |folder: &Path| {
            let found = self.found.lock().ok()?;
            found.get(folder).cloned()
        };
        if let Some(config) = known(folder) {
            return Ok(config);
        }
        let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let placed = match self.at_or_above(&whole)? {
            Some(placed) => placed,
            None => Arc::new((whole, Config::default())),
        };
        if let Ok(mut found) = self.found.lock() {
            found.insert(folder.to_owned(), placed.clone());
        }
        Ok(placed)
    }

    /// The nearest config file, if there is one.
    fn at_or_above(&self, whole: &Path) -> Result<Option<Placed>, Failure> {
        let known = |folder: &Path| self.files.lock().ok()?.get(folder).cloned();
        let mut passed = Vec::new();
        let mut nearest = None;
        for folder in whole.ancestors() {
            if let Some(known) = known(folder) {
                nearest = known;
                break;
            }
            passed.push(folder);
            if let Some(file) = self.file_in(folder) {
                nearest = Some(self.read_file(&file)?);
                break;
            }
        }
        if let Ok(mut files) = self.files.lock() {
            files.extend(
                passed
                    .into_iter()
                    .map(|it| (it.to_owned(), nearest.clone())),
            );
        }
        Ok(nearest)
    }

    /// The config file of a directory.
    fn file_in(&self, folder: &Path) -> Option<PathBuf> {
        let others = match self.others_count {
            true => &hadolint::NAMES[..],
            false => &[],
        };
        let names = [CONFIG].into_iter().chain(others.iter().copied());
        let mut files = names.map(|name| folder.join(name));
        files.find(|file| std::fs::symlink_metadata(file).is_ok() && !file.is_dir())
    }

    fn read_file(&self, file: &Path) -> Result<Placed, Failure> {
        let config = match file.ends_with(CONFIG) {
            true => read(file, &[])?,
            false => {
                let foreign = hadolint::read(file)?;
                let left = foreign.left_out();
                if let (Ok(mut all), false) = (self.left_out.lock(), left.is_empty()) {
                    all.insert(file.to_owned(), left);
                }
                foreign.config
            }
        };
        Ok(Arc::new((parent(file).to_owned(), config)))
    }

    /// What a config says of a path below a directory.
    pub(super) fn verdict(&self, path: &Path) -> Verdict {
        let (placed, relative) = self.of_file(path);
        match &placed.1 {
            config if config.excludes(&relative) => Verdict::Excluded,
            config if config.includes(&relative) => Verdict::Included,
            _ => Verdict::Unnamed,
        }
    }

    /// The same, for those who look for Dockerfiles.
    pub(in crate::cli::cmd) fn filter(self: &Arc<Self>) -> Filter {
        let configs = self.clone();
        Arc::new(move |path| configs.verdict(path))
    }

    /// The config of a file, and the file's path from there.
    fn of_file(&self, path: &Path) -> (Placed, String) {
        // A broken file deeper down does not keep others from being checked.
        let placed = self.nearest(parent(path)).unwrap_or_default();
        let relative = relative(path, &placed.0);
        (placed, relative)
    }

    /// What findings of a file must be for the command to fail.
    pub(super) fn fail_on(&self, path: &Path) -> FailOn {
        let (placed, _) = self.of_file(path);
        placed.1.fail_on.unwrap_or_default()
    }

    /// The form of the findings that the configs say: the one of the first path counts.
    ///
    /// # Errors
    /// There is no such form.
    pub(super) fn format(&self, arguments: &CheckArguments) -> Result<Option<Format>, Failure> {
        let Some(path) = arguments.dockerfiles.places().into_iter().next() else {
            return Ok(None);
        };
        let folder = if path.is_dir() { &path } else { parent(&path) };
        let placed = self.nearest(folder)?;
        let Some(name) = &placed.1.format else {
            return Ok(None);
        };
        match Format::from_str(name, false) {
            Ok(format) => Ok(Some(format)),
            Err(_) => {
                let names = Format::value_variants().iter();
                let names =
                    names.filter_map(|it| Some(it.to_possible_value()?.get_name().to_owned()));
                let hint = format!("write one of {}", names.collect::<Vec<_>>().join(", "));
                let message = format!("`{name}` is not a valid value of `format`");
                Err(Failure::usage(message).hint(hint))
            }
        }
    }

    /// What configs of hadolint say that has no meaning here.
    pub(super) fn left_out(&self) -> BTreeMap<PathBuf, String> {
        let all = self.left_out.lock();
        all.map(|all| all.clone()).unwrap_or_default()
    }

    /// The directories of the config files that were found, with how many rules are on.
    pub(super) fn used(&self) -> Vec<(PathBuf, usize)> {
        let found = self.found.lock().map(|found| found.clone());
        let mut used: Vec<(PathBuf, usize)> = found
            .unwrap_or_default()
            .values()
            .map(|placed| {
                let selection = placed.1.selection("", &self.flags);
                let rules = crate::check::catalogue::all();
                let on = rules.filter(|entry| selection.has(entry.rule)).count();
                (placed.0.clone(), on)
            })
            .collect();
        used.sort();
        used.dedup();
        used
    }
}

/// What lies around a file, and what looks at its scripts.
///
/// # Errors
/// The program that its config names for ShellCheck does not exist.
pub(super) fn of(
    path: &Path,
    arguments: &CheckArguments,
    configs: &Configs,
) -> Result<CheckInput, Failure> {
    let mut input = without_programs(path, arguments, configs);
    input.shellcheck = Some(configs.shellcheck(path)?);
    Ok(input)
}

/// What lies around a file. Nothing looks at its scripts.
pub(super) fn without_programs(
    path: &Path,
    arguments: &CheckArguments,
    configs: &Configs,
) -> CheckInput {
    let (placed, relative) = configs.of_file(path);
    let config = &placed.1;
    let selection = config.selection(&relative, &configs.flags);
    let mut input = CheckInput::new(shown(path), selection);
    input.today = today();
    input
        .trusted_registries
        .clone_from(&config.trusted_registries);
    input.labels.clone_from(&config.labels);
    input.strict_labels = config.strict_labels.unwrap_or(false);
    input.severities.clone_from(&config.severities);
    if path.as_os_str() == STDIN {
        input.context_ignore = arguments.context.as_deref().and_then(ignore_file);
        input.has_ignore_file = arguments
            .context
            .as_ref()
            .map(|_| input.context_ignore.is_some());
        return input;
    }
    let folder = arguments.context.as_deref().unwrap_or(parent(path));
    let own = with_suffix(path, ".dockerignore");
    input.own_ignore = read_file(&own, MAX_FILE_BYTES).ok().map(|data| IgnoreFile {
        name: own
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        data: data.into(),
    });
    input.context_ignore = ignore_file(folder);
    let here = input.own_ignore.is_some() || input.context_ignore.is_some();
    input.has_ignore_file = Some(here || is_ignored_above(folder));
    if let LockPlace::File(lock) = lockfile::find(path) {
        input.locked = true;
        let lock = read_file(&lock, MAX_FILE_BYTES).ok();
        let lock = lock.and_then(|bytes| crate::lock::file::read(&bytes).ok());
        input.recorded = lock.is_some_and(|lock| lock.recordings.is_some());
    }
    input.context_is_named = arguments.context.is_some();
    input.contexts = match &arguments.context {
        Some(context) => vec![Arc::new(Directory(context.clone()))],
        None => possible_contexts(folder),
    };
    input
}

/// Reads the config that `--config` names, ours or hadolint's.
fn read_named(path: &Path) -> Result<Config, Failure> {
    let extension = path.extension().unwrap_or_default();
    match extension == "yaml" || extension == "yml" {
        true => Ok(hadolint::read(path)?.config),
        false => read(path, &[]),
    }
}

/// Reads a config and those that it is built on; `open` are the ones that led here.
fn read(path: &Path, open: &[PathBuf]) -> Result<Config, Failure> {
    let shown = path.display();
    let text = read_text(path, MAX_FILE_BYTES)
        .map_err(|error| Failure::usage(format_args!("cannot read {shown}: {error}")))?;
    let mut config =
        Config::parse(&text).map_err(|error| Failure::usage(format_args!("{shown}: {error}")))?;
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if open.contains(&whole) {
        let failure = Failure::usage(format_args!("{shown}: `extend` is cyclic"));
        return Err(failure.hint("remove one of the `extend` that lead back here"));
    }
    let open = [open, &[whole]].concat();
    if open.len() > MAX_CONFIGS {
        let message = format_args!("{shown}: `extend` exceeds the limit of {MAX_CONFIGS} files");
        return Err(Failure::usage(message));
    }
    // Of several the later one counts more, and a file itself most.
    let mut base = Config::default();
    for below in std::mem::take(&mut config.extend) {
        base = read(&parent(path).join(below), &open)?.on_top_of(base);
    }
    // The program is named from where its config is.
    if let Some(program) = &config.shellcheck
        && Path::new(program).components().count() > 1
    {
        let program = parent(path).join(program);
        config.shellcheck = Some(program.to_string_lossy().into_owned());
    }
    Ok(config.on_top_of(base))
}

fn ignore_file(folder: &Path) -> Option<Arc<[u8]>> {
    let read = read_file(&folder.join(IGNORE), MAX_FILE_BYTES);
    read.ok().map(Arc::from)
}

/// A directory as a build context.
#[derive(Debug)]
struct Directory(PathBuf);

impl ContextFiles for Directory {
    fn exists(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.0.join(path)).is_ok()
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.0.join(directory)) else {
            return Vec::new();
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.take(MAX_NAMES + 1).collect();
        if names.len() > MAX_NAMES {
            return Vec::new();
        }
        names.sort();
        names
    }
}

/// The directories that a build may be given: that of the Dockerfile, and those above it up to the root of the
/// repository.
fn possible_contexts(folder: &Path) -> Vec<Arc<dyn ContextFiles>> {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let mut contexts: Vec<Arc<dyn ContextFiles>> = Vec::new();
    for folder in whole.ancestors() {
        contexts.push(Arc::new(Directory(folder.to_owned())));
        if folder.join(".git").exists() {
            return contexts;
        }
    }
    // Without a repository there is nothing to say where it ends.
    contexts.truncate(1);
    contexts
}

/// An ignore file above, up to the root of the repository: the context may be that directory.
fn is_ignored_above(folder: &Path) -> bool {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    for folder in whole.ancestors() {
        if folder.join(IGNORE).is_file() {
            return true;
        }
        if folder.join(".git").exists() {
            return false;
        }
    }
    false
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// The day, in UTC: `2026-11-29`.
fn today() -> Option<String> {
    let since = std::time::UNIX_EPOCH.elapsed().ok()?;
    let days = i64::try_from(since.as_secs() / 86_400).ok()?;
    let (year, month, day) = crate::go::time::date_of_day(days);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// The directory of a file.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The path from `root` on, with slashes.
fn relative(path: &Path, root: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let rest = match root.as_os_str().is_empty() {
        true => path,
        false => whole.strip_prefix(root).unwrap_or(path),
    };
    let parts: Vec<_> = rest
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}
