//! `rdf check --watch`: again after each change.
//!
//! Files are looked at in turn, not through what a system tells of changes: that is another interface on each system, has a
//! bound on how much is watched, and hears nothing on network drives and of what a container mounts. A file is what stands
//! under its name, so that editors may write another one and rename it. Directories are searched for new Dockerfiles less
//! often.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::input::CONFIG;
use super::{CheckArguments, Configs, once};
use crate::cli::exit::{Exit, Failure};
use crate::cli::lockfile;
use crate::cli::shell::{Shell, Verbosity, counted};

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_millis(300);

/// Looks at files for each search of directories.
const LOOKS: usize = 10;

/// Files beside and above a Dockerfile that a finding may depend on.
const ABOVE: [&str; 4] = [CONFIG, ".hadolint.yaml", ".hadolint.yml", ".dockerignore"];

/// What a file is told apart by; none where it does not exist.
type Stamp = Option<(Option<SystemTime>, u64, u64)>;

/// Checks until the program is stopped, or nobody reads what it prints.
pub(super) fn run(arguments: &CheckArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    if arguments.dockerfiles.has_stdin() {
        let failure = Failure::usage("`--watch` cannot be used with standard input");
        return Err(failure.hint("name the file"));
    }
    loop {
        let dockerfiles = dockerfiles(arguments);
        let watched = watched(arguments, &dockerfiles);
        let before = stamps(&watched);
        shell.clear();
        let exit = match once(arguments, shell) {
            Ok(exit) => exit,
            Err(failure) => {
                shell.error(&failure.message, &failure.hint);
                failure.exit
            }
        };
        if shell.is_lost() {
            return Ok(exit);
        }
        shell.note(&match dockerfiles.len() {
            0 => "Waiting for a change; Ctrl-C ends.".to_owned(),
            count => format!("Watching {}; Ctrl-C ends.", counted(count, "file")),
        });
        let mut looks = 0;
        loop {
            std::thread::sleep(PAUSE);
            looks += 1;
            let is_searched = looks % LOOKS == 0;
            if stamps(&watched) != before
                || is_searched && self::dockerfiles(arguments) != dockerfiles
            {
                break;
            }
        }
    }
}

/// The files that are checked; what is wrong with their names or configs is told by the check itself.
fn dockerfiles(arguments: &CheckArguments) -> BTreeSet<PathBuf> {
    let mut nobody = Shell::new(Default::default(), Verbosity::Silent);
    let flags = arguments.flags().unwrap_or_default();
    let configs = Configs::new(arguments, flags).map(std::sync::Arc::new);
    let found = configs.and_then(|it| arguments.dockerfiles.find(&it.filter(), &mut nobody));
    match found {
        Ok(found) => found.inputs.iter().map(|it| it.path().to_owned()).collect(),
        Err(_) => BTreeSet::new(),
    }
}

/// The Dockerfiles, what lies beside and above them, and what flags name.
fn watched(arguments: &CheckArguments, dockerfiles: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let mut watched: BTreeSet<PathBuf> = dockerfiles.clone();
    watched.extend(dockerfiles.iter().map(|path| lockfile::path_of(path)));
    watched.extend(dockerfiles.iter().map(|path| {
        let mut own = path.clone().into_os_string();
        own.push(".dockerignore");
        PathBuf::from(own)
    }));
    let named = [&arguments.config, &arguments.metadata];
    watched.extend(named.into_iter().flatten().cloned());
    let places = arguments.dockerfiles.places();
    for path in dockerfiles.iter().chain(&places) {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        for directory in whole.ancestors() {
            // Those of this directory are known already with all above it.
            if !watched.insert(directory.join(CONFIG)) {
                break;
            }
            watched.extend(ABOVE.iter().map(|name| directory.join(name)));
        }
    }
    watched
}

fn stamps(watched: &BTreeSet<PathBuf>) -> BTreeMap<&Path, Stamp> {
    let stamp = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok(), metadata.len(), number(&metadata)))
    };
    watched
        .iter()
        .map(|path| (path.as_path(), stamp(path)))
        .collect()
}

/// Tells a file from another that took its name within the same moment.
#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}
