//! `rdf explain`: what a change costs.

mod files;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::{self, build_problem};
use crate::cli::args::TextOrJson;
use crate::cli::exit::{Exit, Failure};
use crate::cli::files::read_file;
use crate::cli::git;
use crate::cli::inputs::{self, Input, STDIN, StdinName};
use crate::cli::offline;
use crate::cli::shell::Shell;
use crate::cli::variant::Variant;
use crate::compile::{CompileError, Source};
use crate::diagnostic::File;
use crate::explain::{self, Explanation, FileChange, Side};
use crate::ignore::{PatternMatcher, read_patterns};
use crate::image::ImageConfig;
use crate::limits::MAX_FILE_BYTES;
use crate::llb::Definition;
use crate::lock::Lock;
use files::{Context, Files};

const EXAMPLES: &str = "\
Examples:
  rdf explain HEAD                        what the changes in ./Dockerfile cost
  rdf explain HEAD~3 HEAD                 what the last three commits cost
  rdf explain v1.0:docker/Dockerfile docker/Dockerfile
  rdf explain Dockerfile.old Dockerfile --build-arg VERSION=2
  rdf explain Dockerfile --new-build-arg VERSION=2
  rdf explain HEAD --context .            with the files that COPY takes from here
  rdf explain old.pb new.pb               definitions, as `rdf compile -o` writes them

OLD and NEW are files, directories with a Dockerfile, revisions of git (of the other side's file, of \
that of `-f`, or of ./Dockerfile) or REVISION:PATH, where git takes PATH from the root of the repository. The lock beside \
a file tells the digests of its images; where one side alone has a lock, it counts for both.

The files of both build contexts are compared: those of a revision are as git has them, and beside it what git \
ignores does not count.
The exit code is 0 whatever the answer.";

/// `rdf explain`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct ExplainArguments {
    /// Before: a Dockerfile, a revision of git, REVISION:PATH or a definition (.pb)
    old: String,

    /// After [default: the Dockerfile here]
    new: Option<String>,

    /// Dockerfile that revisions are of, and the default of NEW
    #[arg(short, long, value_name = "FILE", help_heading = "Input")]
    file: Option<PathBuf>,

    #[command(flatten)]
    stdin: StdinName,

    #[command(flatten)]
    variant: Variant,

    /// Build argument of OLD, besides those of both
    #[arg(long, value_name = "KEY[=VALUE]")]
    old_build_arg: Vec<String>,

    /// Build argument of NEW, besides those of both
    #[arg(long, value_name = "KEY[=VALUE]")]
    new_build_arg: Vec<String>,

    /// Root of the build context, of a revision as it was there [default: the directory of each Dockerfile]
    #[arg(long, value_name = "DIR", help_heading = "Input")]
    context: Option<PathBuf>,

    /// Root of the build context of OLD, in the place of that
    #[arg(long, value_name = "DIR", help_heading = "Input")]
    old_context: Option<PathBuf>,

    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: TextOrJson,
}

pub(in crate::cli) fn run(
    arguments: &ExplainArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let [old, new] = arguments.versions()?;
    let read = [old.read()?, new.read()?];
    let locks = both_locks(read.each_ref().map(Read::lock));
    let own = [&arguments.old_build_arg, &arguments.new_build_arg];
    let mut built = Vec::new();
    for ((side, lock), own) in read.iter().zip(locks).zip(own) {
        let mut variant = arguments.variant.clone();
        variant.build_args.extend(own.iter().cloned());
        match side.build(lock, &variant, shell)? {
            Some(one) => built.push(one),
            None => return Ok(Exit::Usage),
        }
    }
    let [before, after] = built.as_slice() else {
        return Ok(Exit::Usage);
    };
    let answer = match arguments.changes(&old, &new) {
        Ok(Some(changes)) => explain::explain_files(&before.side(), &after.side(), &changes),
        Ok(None) => explain::explain(&before.side(), &after.side()),
        Err(why) => {
            shell.note(&format!(
                "The files of the contexts are not compared: {why}."
            ));
            explain::explain(&before.side(), &after.side())
        }
    };
    let answer = answer.map_err(Failure::usage)?;
    let text = match arguments.format {
        TextOrJson::Text => answer.to_text(),
        TextOrJson::Json => format!("{:#}\n", answer.to_json()),
    };
    shell.data(text.as_bytes())?;
    Ok(Exit::Ok)
}

impl ExplainArguments {
    /// Both sides, the older one first.
    fn versions(&self) -> Result<[Version; 2], Failure> {
        let all = [
            Some(Path::new(&self.old)),
            self.new.as_deref().map(Path::new),
        ];
        let all = all.into_iter().chain([self.file.as_deref()]);
        self.stdin.is_for(all.flatten())?;
        // A revision is of the file on the other side, if there is one.
        let sides = [Some(&self.old), self.new.as_ref()];
        let mut files = sides.into_iter().flatten().map(Path::new);
        let named = self.file.as_deref();
        let file = named.or_else(|| files.find(|path| path.exists() || path.as_os_str() == STDIN));
        let file = || inputs::one(file.unwrap_or(Path::new(".")), &self.stdin);
        let side = |text: &str| match Version::find(text, &self.stdin)? {
            Some(version) => Ok(version),
            None => Ok(Version::of_revision(text, &file()?)),
        };
        let new = match &self.new {
            Some(new) => side(new)?,
            None => Version::File(inputs::one(named.unwrap_or(Path::new(".")), &self.stdin)?),
        };
        Ok([side(&self.old)?, new])
    }

    /// The files that differ; none where a side has no context.
    ///
    /// # Errors
    /// Why that cannot be told.
    fn changes(&self, old: &Version, new: &Version) -> Result<Option<Vec<FileChange>>, String> {
        let named = self.context.as_deref();
        let old = old.files(self.old_context.as_deref().or(named))?;
        let new = new.files(named)?;
        match (old, new) {
            (Some(old), Some(new)) => files::changes(&old, &new).map(Some),
            _ => Ok(None),
        }
    }
}

/// What an ignore file is called: by itself, or behind the name of a Dockerfile.
const IGNORE: &str = ".dockerignore";

/// The last commit.
const HEAD: &str = "HEAD";

/// Where a side is.
enum Version {
    File(Input),
    Definition(PathBuf),
    /// What git has, and the directory in which it is asked.
    Revision {
        blob: GitPath,
        directory: PathBuf,
    },
}

/// A side, read.
enum Read {
    Definition {
        name: String,
        definition: Definition,
    },
    Dockerfile {
        name: String,
        bytes: Vec<u8>,
        lock: Option<Box<Lock>>,
    },
}

/// The lock of each side; one that the other side lacks counts for both, so that a new lock does not look like new images.
fn both_locks([old, new]: [Option<&Lock>; 2]) -> [Option<&Lock>; 2] {
    [old.or(new), new.or(old)]
}

/// A file or a directory of a revision; with `./` the path is one of the directory in which git is asked.
struct GitPath {
    revision: String,
    path: String,
}

impl GitPath {
    /// As git wants it.
    fn spec(&self) -> String {
        format!("{}:{}", self.revision, self.path)
    }

    /// For people.
    fn shown(&self) -> String {
        let path = self.path.strip_prefix("./").unwrap_or(&self.path);
        format!("{}:{path}", self.revision)
    }

    /// Another path of the revision.
    fn other(&self, path: String) -> GitPath {
        GitPath {
            revision: self.revision.clone(),
            path,
        }
    }

    fn with_suffix(&self, suffix: &str) -> GitPath {
        self.other(format!("{}{suffix}", self.path))
    }
}

/// A side, compiled.
struct Built {
    name: String,
    definition: Definition,
    image: Option<ImageConfig>,
}

impl Built {
    fn side(&self) -> Side<'_> {
        Side {
            name: &self.name,
            definition: &self.definition,
            image: self.image.as_ref(),
        }
    }
}

impl Version {
    /// What `text` names; none where it is a revision alone.
    fn find(text: &str, stdin: &StdinName) -> Result<Option<Version>, Failure> {
        let path = Path::new(text);
        if path.exists() || text == STDIN {
            return Ok(Some(match path.extension().is_some_and(|it| it == "pb") {
                true => Version::Definition(path.to_owned()),
                false => Version::File(inputs::one(path, stdin)?),
            }));
        }
        if let Some((revision, path)) = text.split_once(':') {
            let (revision, path) = (revision.to_owned(), path.to_owned());
            return Ok(Some(Version::Revision {
                blob: GitPath { revision, path },
                directory: PathBuf::from("."),
            }));
        }
        // A path that does not exist is better told to be none than taken for a revision.
        let is_path = path.components().count() > 1 && path.parent().is_some_and(Path::is_dir);
        Ok(is_path.then(|| Version::File(stdin.input(path))))
    }

    /// A file as it was in a revision.
    fn of_revision(revision: &str, file: &Input) -> Version {
        let parent = file.path().parent();
        let directory = parent.filter(|parent| !parent.as_os_str().is_empty());
        Version::Revision {
            blob: GitPath {
                revision: revision.to_owned(),
                path: format!("./{}", file.file_name()),
            },
            directory: directory.unwrap_or(Path::new(".")).to_owned(),
        }
    }

    /// The files of its context, whose root may be named; none for a definition.
    fn files(&self, root: Option<&Path>) -> Result<Option<Files>, String> {
        let here = || root.map(Path::to_owned);
        let (context, own, general) = match self {
            Version::Definition(_) => return Ok(None),
            Version::File(input) => {
                let beside = input.path().parent().unwrap_or(Path::new("."));
                let root = here().unwrap_or_else(|| Path::new(".").join(beside));
                let mut own = input.path().as_os_str().to_owned();
                own.push(IGNORE);
                let read = |path: &Path| read_file(path, MAX_FILE_BYTES).ok();
                let general = read(&root.join(IGNORE));
                (Context::Directory(root), read(Path::new(&own)), general)
            }
            Version::Revision { blob, directory } => {
                // The path behind the revision is that of the Dockerfile.
                let tree = blob.other(match (root, blob.path.rsplit_once('/')) {
                    (Some(_), _) | (None, Some((".", _))) => "./".to_owned(),
                    (None, beside) => beside.unwrap_or_default().0.to_owned(),
                });
                let root = here().unwrap_or_else(|| directory.clone());
                let below = match tree.path.is_empty() || tree.path.ends_with('/') {
                    true => tree.with_suffix(IGNORE),
                    false => tree.with_suffix(&format!("/{IGNORE}")),
                };
                let read = |path: &GitPath, directory: &Path| show(path, directory).ok()?.ok();
                let (own, general) = (
                    read(&blob.with_suffix(IGNORE), directory),
                    read(&below, &root),
                );
                let (spec, directory) = (tree.spec(), root);
                (Context::Tree { spec, directory }, own, general)
            }
        };
        let ignored = match own.or(general) {
            Some(bytes) => read_patterns(&bytes)
                .map_err(|error| error.to_string())
                .and_then(|it| PatternMatcher::new(&it).map_err(|error| error.to_string()))
                .map_err(|why| format!("cannot read `{IGNORE}`: {why}"))?,
            None => PatternMatcher::default(),
        };
        Ok(Some(Files { context, ignored }))
    }

    fn read(&self) -> Result<Read, Failure> {
        match self {
            Version::Definition(path) => {
                let name = path.display().to_string();
                let bytes = Input::File(path.clone()).read()?;
                let definition = Definition::decode(&bytes)
                    .map_err(|error| Failure::usage(format_args!("{name}: {error}")))?;
                Ok(Read::Definition { name, definition })
            }
            Version::File(input) => Ok(Read::Dockerfile {
                name: input.shown(),
                bytes: input.read()?,
                lock: offline::find_lock(input.path(), None)?.map(Box::new),
            }),
            Version::Revision { blob, directory } => {
                let name = blob.shown();
                let bytes =
                    show(blob, directory)?.map_err(|why| not_in_git(blob, directory, &why))?;
                let lock = match show(&blob.with_suffix(".lock"), directory)? {
                    Ok(bytes) => {
                        let lock = offline::read_lock(&bytes, &format!("{name}.lock"))?;
                        Some(Box::new(lock))
                    }
                    Err(_) => None,
                };
                Ok(Read::Dockerfile { name, bytes, lock })
            }
        }
    }
}

/// What is missing: the revision, or the file in it.
fn not_in_git(blob: &GitPath, directory: &Path, why: &str) -> Failure {
    let revision = &blob.revision;
    let path = blob.path.trim_start_matches("./");
    let is_revision = matches!(show(&blob.other("./".to_owned()), directory), Ok(Ok(_)));
    match is_revision {
        true => Failure::usage(format_args!("revision `{revision}` has no file `{path}`")).hint(
            format!("`git ls-tree -r --name-only {revision}` lists its files"),
        ),
        false => Failure::usage(format_args!(
            "`{revision}` is neither a file nor a git revision ({why})"
        ))
        .hint("name a Dockerfile, or a revision such as `HEAD`"),
    }
}

impl Read {
    fn lock(&self) -> Option<&Lock> {
        match self {
            Read::Definition { .. } => None,
            Read::Dockerfile { lock, .. } => lock.as_deref(),
        }
    }

    /// Compiles; `None` when the Dockerfile's problem was told.
    fn build(
        &self,
        lock: Option<&Lock>,
        variant: &Variant,
        shell: &mut Shell,
    ) -> Result<Option<Built>, Failure> {
        let (name, bytes) = match self {
            Read::Definition { name, definition } => {
                return Ok(Some(Built {
                    name: name.clone(),
                    definition: definition.clone(),
                    image: None,
                }));
            }
            Read::Dockerfile { name, bytes, .. } => (name, bytes),
        };
        match built(name, bytes, lock, variant)? {
            Ok(built) => Ok(Some(built)),
            Err(error) => {
                let file = File::new(name, bytes);
                shell.diagnostic(&build_problem(&error, &file), &file);
                Ok(None)
            }
        }
    }
}

/// A side; the inner error is the Dockerfile's.
fn built(
    name: &str,
    bytes: &[u8],
    lock: Option<&Lock>,
    variant: &Variant,
) -> Result<Result<Built, CompileError>, Failure> {
    let source = Source::new(bytes);
    let options = offline::options(variant, "Dockerfile", bytes)?;
    let (compiled, _) = offline::compile(&source, &options, lock);
    let file = File::new(name, bytes);
    let built = compiled
        .result
        .and_then(|lowered| Ok((check::definition(&lowered, &file)?, lowered.image)));
    Ok(built.map(|(definition, image)| Built {
        name: name.to_owned(),
        definition,
        image: Some(image),
    }))
}

/// What an editor's text costs beside the file of the last commit; none where git does not have it, or one of them has an
/// error.
pub(in crate::cli) fn against_head(
    path: &Path,
    bytes: &[u8],
    variant: &Variant,
) -> Option<Explanation> {
    let name = path.file_name()?.to_string_lossy();
    let directory = path.parent()?;
    let blob = GitPath {
        revision: HEAD.to_owned(),
        path: format!("./{name}"),
    };
    let before = show(&blob, directory).ok()?.ok()?;
    let old_lock = show(&blob.with_suffix(".lock"), directory).ok()?.ok();
    let old_lock = old_lock.and_then(|bytes| offline::read_lock(&bytes, HEAD).ok());
    let new_lock = offline::find_lock(path, None).ok().flatten();
    let [old_lock, new_lock] = both_locks([old_lock.as_ref(), new_lock.as_ref()]);
    let old = built(HEAD, &before, old_lock, variant).ok()?.ok()?;
    let new = built(&name, bytes, new_lock, variant).ok()?.ok()?;
    explain::explain(&old.side(), &new.side()).ok()
}

/// What git has; the inner error is git's.
fn show(path: &GitPath, directory: &Path) -> Result<Result<Vec<u8>, String>, Failure> {
    if path.revision.starts_with('-') {
        return Ok(Err("a revision cannot begin with `-`".to_owned()));
    }
    let spec = path.spec();
    let answer = git::ask(directory, &["show", &spec, "--"], MAX_FILE_BYTES)
        .map_err(|error| Failure::usage(format_args!("cannot read {spec}: {error}")))?;
    Ok(answer.failure.map_or(Ok(answer.bytes), Err))
}
