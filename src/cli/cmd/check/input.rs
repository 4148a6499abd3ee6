//! What lies around a file on disk: the config that applies to it, ignore files, a lock.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::super::super::exit::Failure;
use super::args::CheckArguments;
use super::hadolint;
use crate::check::config::{Config, Flags};
use crate::check::{CheckInput, Selection};
use crate::cli::files::{read_file, read_text};
use crate::cli::lockfile::{self, LockPlace};
use crate::compile::IgnoreFile;
use crate::format::Style;
use crate::limits::MAX_FILE_BYTES;

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
}

impl Configs {
    /// Reads the file that is named, and those that apply to the paths: what is wrong with one must be told
    /// before anything is checked.
    pub(super) fn new(arguments: &CheckArguments, flags: Flags) -> Result<Self, Failure> {
        let none = || Arc::new((PathBuf::new(), Config::default()));
        let fixed = match &arguments.config {
            Some(path) => Some(Arc::new((PathBuf::new(), read(path)?))),
            None => arguments.no_config.then(none),
        };
        let configs = Configs {
            flags,
            fixed,
            others_count: true,
            found: Mutex::default(),
            left_out: Mutex::default(),
        };
        configs.read_for(&arguments.paths.paths)?;
        Ok(configs)
    }

    /// Those of our own that apply to the paths.
    pub(in crate::cli::cmd) fn of_files(paths: &[PathBuf]) -> Result<Self, Failure> {
        let configs = Configs {
            flags: Flags::default(),
            fixed: None,
            others_count: false,
            found: Mutex::default(),
            left_out: Mutex::default(),
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
        let others = match self.others_count {
            true => &hadolint::NAMES[..],
            false => &[],
        };
        let names = || [CONFIG].into_iter().chain(others.iter().copied());
        let file = whole
            .ancestors()
            .flat_map(|folder| names().map(|name| folder.join(name)))
            .find(|file| !file.is_dir() && std::fs::symlink_metadata(file).is_ok());
        let placed: Placed = Arc::new(match file {
            Some(file) if file.ends_with(CONFIG) => (parent(&file).to_owned(), read(&file)?),
            Some(file) => {
                let foreign = hadolint::read(&file)?;
                let left = foreign.left_out();
                if let (Ok(mut all), false) = (self.left_out.lock(), left.is_empty()) {
                    all.insert(file.clone(), left);
                }
                (parent(&file).to_owned(), foreign.config())
            }
            None => (whole, Config::default()),
        });
        if let Ok(mut found) = self.found.lock() {
            found.insert(folder.to_owned(), placed.clone());
        }
        Ok(placed)
    }

    /// Whether a config says to pass a path over.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        self.nearest(parent(path))
            .is_ok_and(|placed| placed.1.excludes(&relative(path, &placed.0)))
    }

    /// The rules that are on for a file, and the registries that are trusted.
    fn selection(&self, path: &Path) -> (Selection, Vec<String>) {
        match self.nearest(parent(path)) {
            Ok(placed) => {
                let selection = placed.1.selection(&relative(path, &placed.0), &self.flags);
                (selection, placed.1.trusted_registries.clone())
            }
            // A broken file deeper down does not keep others from being checked.
            Err(_) => (Config::default().selection("", &self.flags), Vec::new()),
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

/// What lies around a file.
pub(super) fn of(path: &Path, arguments: &CheckArguments, configs: &Configs) -> CheckInput {
    let (selection, trusted_registries) = configs.selection(path);
    let mut input = CheckInput::new(super::super::shown(path), selection);
    input.today = today();
    input.trusted_registries = trusted_registries;
    if path.as_os_str() == "-" {
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
    input.locked = matches!(lockfile::find(path), LockPlace::File(_));
    input
}

fn read(path: &Path) -> Result<Config, Failure> {
    let shown = path.display();
    let text = read_text(path, MAX_FILE_BYTES)
        .map_err(|error| Failure::usage(format_args!("cannot read {shown}: {error}")))?;
    Config::parse(&text).map_err(|error| Failure::usage(format_args!("{shown}: {error}")))
}

fn ignore_file(folder: &Path) -> Option<Arc<[u8]>> {
    let read = read_file(&folder.join(IGNORE), MAX_FILE_BYTES);
    read.ok().map(Arc::from)
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
