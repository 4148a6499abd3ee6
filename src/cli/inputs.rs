//! Which Dockerfiles a command works on: named in the same way for all commands.
//!
//! ```text
//! several files, and all below directories   check, fmt, lock, pin, unpin
//! one file, or that of a directory           compile, explain, graph, outline, parse, targets
//! ```

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{Exit, Failure};
use super::files::{Filter, dockerfiles_below, is_dockerfile, plain, read_file, read_stdin};
use super::shell::Shell;
use crate::limits::MAX_LOCKED_FILE_BYTES;

/// Standard input, in the place of a file.
pub(super) const STDIN: &str = "-";

/// Names of the Dockerfile of a directory; the first one counts more.
const NAMES: [&str; 2] = ["Dockerfile", "Containerfile"];

const HEADING: &str = "Input";

/// A Dockerfile to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    File(PathBuf),
    /// What standard input gives, and the file that it is the text of.
    Stdin(Option<PathBuf>),
}

impl Input {
    pub(super) fn is_stdin(&self) -> bool {
        matches!(self, Input::Stdin(_))
    }

    /// Where the text is from, and what lies beside it; `-` where nobody says.
    pub(super) fn path(&self) -> &Path {
        match self {
            Input::File(path) | Input::Stdin(Some(path)) => path,
            Input::Stdin(None) => Path::new(STDIN),
        }
    }

    /// The name for people.
    pub(super) fn shown(&self) -> String {
        shown(self.path())
    }

    /// The name of the file alone, as a client sends it.
    pub(super) fn file_name(&self) -> String {
        match self {
            Input::Stdin(None) => "Dockerfile".to_owned(),
            named => {
                let name = named.path().file_name().unwrap_or_default();
                name.to_string_lossy().into_owned()
            }
        }
    }

    /// The text.
    ///
    /// # Errors
    /// It cannot be read: the message names the file, the hint says what to do.
    pub(super) fn read(&self) -> Result<Vec<u8>, Failure> {
        match self {
            Input::Stdin(_) => read_stdin(MAX_LOCKED_FILE_BYTES).map_err(|error| {
                Failure::usage(format_args!("cannot read standard input: {error}"))
            }),
            Input::File(path) => read_file(path, MAX_LOCKED_FILE_BYTES).map_err(|error| {
                let shown = path.display();
                match error.kind() {
                    ErrorKind::NotFound => Failure::usage(format_args!("no such file: `{shown}`"))
                        .hint(what_to_name(path.parent().unwrap_or(Path::new("")))),
                    _ => Failure::usage(format_args!("cannot read `{shown}`: {error}")),
                }
            }),
        }
    }
}

/// The name of a file for people.
pub(super) fn shown(path: &Path) -> String {
    match path.as_os_str() == STDIN {
        true => "<stdin>".to_owned(),
        false => path.display().to_string(),
    }
}

/// What standard input is the text of.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct StdinName {
    /// File that standard input is the text of: for messages, for `rdf.toml` and for what lies beside it
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    stdin_filename: Option<PathBuf>,
}

impl StdinName {
    /// The input that a path means, which is not a directory.
    pub(super) fn input(&self, path: &Path) -> Input {
        match path.as_os_str() == STDIN {
            true => Input::Stdin(self.stdin_filename.clone()),
            false => Input::File(path.to_owned()),
        }
    }

    /// Looks for standard input among what is named.
    ///
    /// # Errors
    /// There is a name, and nothing that has it.
    pub(super) fn is_for<'a>(
        &self,
        mut paths: impl Iterator<Item = &'a Path>,
    ) -> Result<(), Failure> {
        match self.stdin_filename.is_none() || paths.any(|path| path.as_os_str() == STDIN) {
            true => Ok(()),
            false => Err(Failure::usage("`--stdin-filename` requires `-`")
                .hint("name `-` to read standard input")),
        }
    }
}

/// One Dockerfile.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct OneDockerfile {
    /// Dockerfile, or the directory that it is in; `-` is standard input [default: .]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,

    /// Dockerfile, in the place of PATH
    #[arg(short, long, value_name = "FILE", conflicts_with = "path", help_heading = HEADING)]
    file: Option<PathBuf>,

    #[command(flatten)]
    stdin: StdinName,
}

impl OneDockerfile {
    /// The Dockerfile that is meant.
    ///
    /// # Errors
    /// A directory has none.
    pub(super) fn find(&self) -> Result<Input, Failure> {
        let named = self.path.as_ref().or(self.file.as_ref());
        self.stdin.is_for(named.into_iter().map(PathBuf::as_path))?;
        one(named.map_or(Path::new("."), PathBuf::as_path), &self.stdin)
    }
}

/// The Dockerfile that a path means: that of a directory, as builds take it.
///
/// # Errors
/// The directory has none.
pub(super) fn one(path: &Path, stdin: &StdinName) -> Result<Input, Failure> {
    if !path.is_dir() {
        not_a_build_file(path)?;
        return Ok(stdin.input(path));
    }
    let mut files = NAMES.iter().map(|name| path.join(name));
    match files.find(|file| file.is_file()) {
        Some(file) => Ok(Input::File(plain(&file).to_owned())),
        None => Err(nothing_in(&[path])),
    }
}

/// Several Dockerfiles.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Dockerfiles {
    /// Dockerfiles, and directories to look for them in; `-` is standard input [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Dockerfile, besides PATH
    #[arg(short, long = "file", value_name = "FILE", help_heading = HEADING)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    stdin: StdinName,

    /// Look into what git ignores, too
    #[arg(long, help_heading = HEADING)]
    no_ignore: bool,
}

/// What was found, and how to end for what could not be looked into.
pub(super) struct Found {
    pub(super) inputs: Vec<Input>,
    pub(super) exit: Exit,
}

impl Dockerfiles {
    /// The one at `path`.
    pub(super) fn only(path: &Path) -> Self {
        Dockerfiles {
            paths: vec![path.to_owned()],
            ..Dockerfiles::default()
        }
    }

    /// Whether nothing was named, which stands for the current directory.
    pub(super) fn is_unnamed(&self) -> bool {
        self.paths.is_empty() && self.files.is_empty()
    }

    /// Whether standard input is among them.
    pub(super) fn has_stdin(&self) -> bool {
        self.named().any(|path| path.as_os_str() == STDIN)
    }

    fn named(&self) -> impl Iterator<Item = &PathBuf> {
        self.paths.iter().chain(&self.files)
    }

    /// What was named, where it is; the current directory if nothing was.
    pub(super) fn places(&self) -> Vec<PathBuf> {
        let places = self
            .named()
            .map(|path| self.stdin.input(path).path().to_owned());
        let places: Vec<PathBuf> = places.collect();
        match places.is_empty() {
            true => vec![PathBuf::from(".")],
            false => places,
        }
    }

    /// The files that are meant, each once, in order of paths and names. A file that is named is always taken. A
    /// directory stands for the Dockerfiles below it, but for what git ignores, what `filter` excludes, hidden
    /// directories and those of packages; links to directories are not followed. What cannot be looked into is told.
    ///
    /// # Errors
    /// There are none.
    pub(super) fn find(&self, filter: &Filter, shell: &mut Shell) -> Result<Found, Failure> {
        self.stdin.is_for(self.named().map(PathBuf::as_path))?;
        let here = PathBuf::from(".");
        let named: Vec<&PathBuf> = match self.is_unnamed() {
            true => vec![&here],
            false => self.named().collect(),
        };
        let mut seen = BTreeSet::new();
        let mut inputs = Vec::new();
        let mut exit = Exit::Ok;
        for path in &named {
            let found = match path.is_dir() {
                true => {
                    let below = dockerfiles_below(path, self.no_ignore, filter, shell, &mut exit);
                    below.into_iter().map(Input::File).collect()
                }
                false => {
                    not_a_build_file(path)?;
                    vec![self.stdin.input(path)]
                }
            };
            let new = |input: &Input| seen.insert(place(input.path()));
            inputs.extend(found.into_iter().filter(new));
        }
        if inputs.is_empty() && exit == Exit::Ok {
            let directories: Vec<&Path> = named.iter().map(|path| path.as_path()).collect();
            return Err(nothing_in(&directories));
        }
        Ok(Found { inputs, exit })
    }
}

/// Refuses a file that describes builds and is handed in as one of them, known by the names that tools look for.
fn not_a_build_file(path: &Path) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, kind) = match name.rsplit_once('.') {
        Some((stem, "yml" | "yaml")) => (stem, "compose"),
        Some((stem, "hcl" | "json")) => (stem, "bake"),
        _ => return Ok(()),
    };
    // `docker-compose.override.yml`, too.
    let stem = stem.split('.').next().unwrap_or_default();
    if !matches!(
        (kind, stem),
        ("compose", "compose" | "docker-compose") | ("bake", "docker-bake")
    ) {
        return Ok(());
    }
    let shown = path.display();
    Err(
        Failure::usage(format_args!("`{shown}` is a {kind} file, not a Dockerfile")).hint(format!(
            "name the Dockerfiles; `rdf lock --{kind} {shown}` locks what it builds"
        )),
    )
}

/// What two spellings of a file have in common: its directory without links and detours, and its name. A link as
/// the last part of it is a file of its own, with a lock of its own.
pub(super) fn place(path: &Path) -> PathBuf {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match (directory.canonicalize(), path.file_name()) {
        (Ok(directory), Some(name)) => directory.join(name),
        _ => path.components().collect(),
    }
}

/// Directories without a Dockerfile.
fn nothing_in(directories: &[&Path]) -> Failure {
    let names: Vec<String> = directories
        .iter()
        .map(|directory| format!("`{}`", directory.display()))
        .collect();
    let first = directories.first().copied().unwrap_or(Path::new(""));
    Failure::usage(format_args!("no Dockerfile in {}", names.join(", "))).hint(what_to_name(first))
}

/// What can be named in the place of what is not there: a file in that directory, or right below it, if one looks like it.
fn what_to_name(directory: &Path) -> String {
    let below = || {
        let mut directories = entries(directory);
        directories.sort_unstable();
        directories.iter().find_map(|below| dockerfile_in(below))
    };
    let offer = dockerfile_in(directory).or_else(below);
    let such = offer.map_or_else(String::new, |path| {
        format!(", such as `{}`", plain(&path).display())
    });
    format!("name a Dockerfile{such}, or `-` for standard input")
}

/// The first file of a directory whose name is that of a Dockerfile.
fn dockerfile_in(directory: &Path) -> Option<PathBuf> {
    let names_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        // Of a link, what it leads to counts.
        is_dockerfile(&name.to_string_lossy()) && path.is_file()
    };
    entries(directory).into_iter().filter(names_one).min()
}

/// What a directory holds; nothing where it cannot be read.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let here = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    let entries = std::fs::read_dir(here).into_iter().flatten().flatten();
    let paths = entries.map(|entry| directory.join(entry.file_name()));
    paths.collect()
}
