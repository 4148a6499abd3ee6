//! The program `shellcheck`: scripts of all files are handed to it at once, and what it says is kept by script.
//!
//! ```text
//! files checked once, with a list that takes scripts down -> shellcheck, some hundred scripts a process
//!                                                         -> files checked again, with its answers
//! ```
//! A script that a fix made is looked at when it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::super::super::exit::Failure;
use super::super::super::files;
use crate::check::{SHELLCHECK_ARGUMENTS, ShellCheck, ShellComment, parse_shellcheck};
use crate::limits::{MAX_SCRIPTS_AT_ONCE, MAX_SHELLCHECK_BYTES, SHELLCHECK_TIMEOUT};

/// Name of the program.
const PROGRAM: &str = "shellcheck";

type Comments = Arc<[ShellComment]>;

/// The program, if there is one, and what it said.
#[derive(Debug)]
pub(super) struct Runner {
    /// Where it is; none where it is not installed.
    program: Option<PathBuf>,
    /// Scripts are only taken down.
    takes_down: AtomicBool,
    wanted: Mutex<BTreeSet<String>>,
    known: Mutex<BTreeMap<String, Comments>>,
    /// Why it could not be run, once.
    failure: Mutex<Option<String>>,
    /// A script came while there was no program.
    is_missed: AtomicBool,
}

impl Runner {
    /// The program that a config names, or the one on the search path.
    ///
    /// # Errors
    /// There is no such program; without one on the search path nothing is checked.
    pub(super) fn new(named: Option<&Path>) -> Result<Runner, Failure> {
        let program = match named {
            None => on_path(Path::new(PROGRAM)),
            Some(path) => {
                let is_name = path.components().count() == 1;
                let found = match is_name {
                    true => on_path(path),
                    false => path.is_file().then(|| path.to_owned()),
                };
                Some(found.ok_or_else(|| {
                    Failure::usage(format_args!("no such program: `{}`", path.display())).hint(
                        "install ShellCheck, or set `shellcheck` in rdf.toml to the path of the program",
                    )
                })?)
            }
        };
        Ok(Runner {
            takes_down: AtomicBool::new(program.is_some()),
            program,
            wanted: Mutex::default(),
            known: Mutex::default(),
            failure: Mutex::default(),
            is_missed: AtomicBool::new(false),
        })
    }

    /// Whether files are to be checked once to know their scripts.
    pub(super) fn takes_down(&self) -> bool {
        self.takes_down.load(Ordering::Relaxed)
    }

    /// Looks at all scripts that were taken down.
    pub(super) fn look(&self) {
        self.takes_down.store(false, Ordering::Relaxed);
        let wanted = self.wanted.lock().map(|mut it| std::mem::take(&mut *it));
        let wanted: Vec<String> = wanted.unwrap_or_default().into_iter().collect();
        let parts: Vec<Vec<String>> = wanted
            .chunks(MAX_SCRIPTS_AT_ONCE)
            .map(<[String]>::to_vec)
            .collect();
        for failure in files::each(&parts, |part| self.run(part))
            .into_iter()
            .flatten()
        {
            self.fail(failure);
        }
    }

    /// Whether scripts were looked at, if there were any.
    pub(super) fn works(&self) -> bool {
        self.program.is_some() && self.failure().is_none()
    }

    /// Why the program could not be run.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().ok()?.clone()
    }

    /// Whether there were scripts, and nothing to look at them.
    pub(super) fn is_missed(&self) -> bool {
        self.is_missed.load(Ordering::Relaxed)
    }

    fn fail(&self, why: String) {
        if let Ok(mut failure) = self.failure.lock() {
            failure.get_or_insert(why);
        }
    }

    /// Looks at some scripts; why that is not possible.
    fn run(&self, scripts: &[String]) -> Option<String> {
        let program = self.program.as_deref()?;
        match said(program, scripts) {
            Ok(comments) => {
                if let Ok(mut known) = self.known.lock() {
                    known.extend(scripts.iter().cloned().zip(comments));
                }
                None
            }
            Err(why) => Some(format!("{}: {why}", program.display())),
        }
    }
}

impl ShellCheck for Runner {
    fn is_there(&self) -> bool {
        self.program.is_some()
    }

    fn comments(&self, scripts: &[&str]) -> Vec<Comments> {
        let nothing = || scripts.iter().map(|_| Comments::default()).collect();
        if self.program.is_none() {
            self.is_missed.store(true, Ordering::Relaxed);
            return nothing();
        }
        if self.takes_down() {
            if let Ok(mut wanted) = self.wanted.lock() {
                wanted.extend(scripts.iter().map(|script| (*script).to_owned()));
            }
            return nothing();
        }
        // After a failure nothing is known of any script.
        if self.failure().is_some() {
            return nothing();
        }
        let is_known = |script: &str| self.known.lock().is_ok_and(|it| it.contains_key(script));
        let new: BTreeSet<String> = scripts
            .iter()
            .filter(|script| !is_known(script))
            .map(|script| (*script).to_owned())
            .collect();
        let new: Vec<String> = new.into_iter().collect();
        for part in new.chunks(MAX_SCRIPTS_AT_ONCE) {
            if let Some(why) = self.run(part) {
                self.fail(why);
                return nothing();
            }
        }
        let known = self.known.lock();
        let comments = |script: &&str| {
            let known = known.as_ref().ok()?;
            known.get(*script).cloned()
        };
        scripts
            .iter()
            .map(|script| comments(script).unwrap_or_default())
            .collect()
    }
}

/// What the program says about each script.
fn said(program: &Path, scripts: &[String]) -> Result<Vec<Comments>, String> {
    let dir = ScriptDir::new(scripts).map_err(|error| format!("cannot write scripts: {error}"))?;
    let names: Vec<String> = (0..scripts.len()).map(file_name).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let report = runtime.block_on(report(program, &dir.0, &names))?;
    let mut of_scripts: Vec<Vec<ShellComment>> = scripts.iter().map(|_| Vec::new()).collect();
    for comment in parse_shellcheck(&report).map_err(|why| format!("unexpected output: {why}"))? {
        let index = names.iter().position(|name| *name == comment.file);
        let Some(of_script) = index.and_then(|index| of_scripts.get_mut(index)) else {
            return Err(format!(
                "unexpected output: a comment on the file `{}`",
                comment.file
            ));
        };
        of_script.push(comment);
    }
    Ok(of_scripts.into_iter().map(Arc::from).collect())
}

/// Runs the program in a directory, and gives what it prints.
async fn report(program: &Path, dir: &Path, names: &[String]) -> Result<Vec<u8>, String> {
    let mut child = Command::new(program)
        .args(SHELLCHECK_ARGUMENTS)
        .args(names)
        .current_dir(dir)
        // Flags of the user's are for scripts of the user's.
        .env_remove("SHELLCHECK_OPTS")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("it has no output".to_owned());
    };
    let (mut report, mut words) = (Vec::new(), Vec::new());
    let conversation = async {
        let (mut stdout, mut stderr) = (
            stdout.take(MAX_SHELLCHECK_BYTES),
            stderr.take(MAX_SHELLCHECK_BYTES),
        );
        tokio::try_join!(
            stdout.read_to_end(&mut report),
            stderr.read_to_end(&mut words)
        )?;
        child.wait().await
    };
    let seconds = SHELLCHECK_TIMEOUT.as_secs();
    let status = tokio::time::timeout(SHELLCHECK_TIMEOUT, conversation)
        .await
        .map_err(|_| format!("timed out after {seconds} seconds"))?
        .map_err(|error| error.to_string())?;
    if u64::try_from(report.len()).is_ok_and(|length| length >= MAX_SHELLCHECK_BYTES) {
        return Err(format!(
            "the output exceeds the limit of {} MiB",
            MAX_SHELLCHECK_BYTES >> 20
        ));
    }
    // 1 says that there are comments.
    match status.code() {
        Some(0 | 1) => Ok(report),
        _ => {
            let words = String::from_utf8_lossy(&words);
            let first = words.lines().find(|line| !line.trim().is_empty());
            let why = first.map_or_else(String::new, |line| format!(": {}", line.trim()));
            Err(format!("ended with {status}{why}"))
        }
    }
}

fn file_name(index: usize) -> String {
    format!("{index}.sh")
}

/// A directory of scripts that nobody else can read, which is removed in the end.
struct ScriptDir(PathBuf);

impl ScriptDir {
    fn new(scripts: &[String]) -> io::Result<ScriptDir> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rdf-shellcheck-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // One that is there already is somebody else's.
        builder.create(&path)?;
        let dir = ScriptDir(path);
        for (index, script) in scripts.iter().enumerate() {
            fs::write(dir.0.join(file_name(index)), script)?;
        }
        Ok(dir)
    }
}

impl Drop for ScriptDir {
    fn drop(&mut self) {
        // A directory that stays is of no use, and does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program by its name.
fn on_path(name: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut directories = std::env::split_paths(&path).filter(|it| it.is_absolute());
    // What follows a dot may be a version.
    let mut file = name.as_os_str().to_owned();
    file.push(std::env::consts::EXE_SUFFIX);
    directories.find_map(|dir| Some(dir.join(&file)).filter(|path| is_program(path)))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
