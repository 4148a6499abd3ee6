//! Flags of `rdf lock`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::inputs::{Dockerfiles, Input};
use crate::image::Reference;
use crate::lock::version::Level;
use crate::lock::{FrontendPin, LayoutName, Mode};

/// What `rdf lock --help` ends with.
const EXAMPLES: &str = "\
Examples:
  rdf lock                                  lock all Dockerfiles here, keep what is locked
  rdf lock app/ web/Dockerfile.prod         several files; a directory stands for its Dockerfiles
  rdf lock --platform linux/amd64,linux/arm64 --build-arg PY=3.13
  rdf lock --bake docker-bake.hcl           files, targets, arguments and contexts from there
  rdf lock --check --format github          in CI: offline, exit 1 when the lock is stale
  rdf lock --update                         the same tags, as they are now
  rdf lock --update python --level minor    also newer versions of python, not of the others
  rdf lock --precise python:3.12-slim=3.11-slim
  rdf lock --from-provenance app:1.2        of what this image was made of
  rdf lock --verify --image app:1.2         whether this image was made by the lock
  rdf lock --diff main --format markdown    what changed in the pins, for a pull request
  rdf lock --export source-policy           for builds by docker/dockerfile
  rdf lock --export rego                    the same, for buildx: Dockerfile.rego

Exit codes: 0 all is well, 1 the lock is stale or incomplete, 2 wrong usage or bad input, \
3 a source could not be resolved, 4 content does not match its digest.";

/// Locks what Dockerfiles fetch to exact content.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct LockArgs {
    #[command(flatten)]
    pub(super) dockerfiles: Dockerfiles,

    /// The files that these stand for.
    #[arg(skip)]
    pub(super) inputs: Vec<Input>,

    /// Compare the lock with the Dockerfile, offline; exit 1 and say what is stale or missing.
    #[arg(long, group = "action", help_heading = "Actions")]
    pub(super) check: bool,
    /// Resolve again: everything, or the references given (`python`, `python:3.12`, a URL).
    #[arg(long, group = "action", value_name = "REF", num_args = 0.., help_heading = "Actions")]
    pub(super) update: Option<Vec<String>>,
    /// Hold a reference to this tag or digest.
    #[arg(long, value_name = "REF=TAG|DIGEST", help_heading = "Actions")]
    pub(super) precise: Vec<String>,
    /// Show which pins are behind: locked, current, newest.
    #[arg(long, group = "action", help_heading = "Actions")]
    pub(super) outdated: bool,
    /// Ask whether everything is still there and unchanged.
    #[arg(long, group = "action", help_heading = "Actions")]
    pub(super) verify: bool,
    /// Make the lock of what an image was made of: its provenance, in a file or in a registry.
    #[arg(
        long,
        value_name = "FILE|IMAGE",
        group = "action",
        help_heading = "Actions"
    )]
    pub(super) from_provenance: Option<String>,
    /// With `--verify`, hold the provenance of this image against the lock.
    #[arg(
        long,
        value_name = "IMAGE",
        requires = "verify",
        help_heading = "Actions"
    )]
    pub(super) image: Option<String>,
    /// Print the pins for builds without this frontend, or as a bill of materials.
    #[arg(long, group = "action", value_name = "FORM", help_heading = "Actions")]
    pub(super) export: Option<Export>,
    /// Build with Docker and keep what RUN steps fetch, then build offline to prove it; the lock becomes hermetic. With
    /// `--update`, move the pins first.
    #[arg(long, conflicts_with_all = ["bake", "compose", "check", "outdated", "verify", "export", "prune", "diff",
        "print_builds"],
        help_heading = "Actions")]
    pub(super) record: bool,
    /// Remove from the store what the lock does not name.
    #[arg(long, group = "action", help_heading = "Actions")]
    pub(super) prune: bool,
    /// Show what changed in the pins, and in the packages that RUN steps fetch, since a revision of git.
    #[arg(long, group = "action", value_name = "REV", num_args = 0..=1, default_missing_value = "HEAD",
        help_heading = "Actions")]
    pub(super) diff: Option<String>,

    /// Where what was fetched is kept: `folder`, the directory beside the lock, `oci-layout://app.store`, an OCI image layout
    /// beside it, or a repository of a registry, as `ghcr.io/me/app-store`. Without this flag it stays where it is.
    #[arg(
        long,
        value_name = "folder|LAYOUT|REF",
        requires = "record",
        value_parser = store,
        help_heading = "Recording"
    )]
    pub(super) store: Option<StoreTarget>,
    /// Builder of `docker buildx` to record with.
    #[arg(
        long,
        value_name = "NAME",
        requires = "record",
        help_heading = "Recording"
    )]
    pub(super) builder: Option<String>,
    /// Image of `rdf-run`, instead of the one beside the frontend.
    #[arg(
        long,
        value_name = "IMAGE",
        requires = "record",
        help_heading = "Recording"
    )]
    pub(super) run_image: Option<String>,
    /// Record twice and compare: what differs is told, and nothing is written.
    #[arg(long, requires = "record", help_heading = "Recording")]
    pub(super) twice: bool,
    /// Line of a RUN that keeps its network instead of being recorded; the lock says so. `none` takes that back.
    #[arg(
        long,
        value_name = "LINE",
        value_delimiter = ',',
        requires = "record",
        help_heading = "Recording"
    )]
    pub(super) allow_network: Vec<String>,
    /// Host name for RUN steps, as for `docker buildx build`.
    #[arg(
        long,
        value_name = "HOST:IP",
        requires = "record",
        help_heading = "Recording"
    )]
    pub(super) add_host: Vec<String>,

    /// How far `--update` may go without a `# rdf: update=` comment: `digest` (the default), `patch`, `minor`, `major`.
    #[arg(long, value_name = "LEVEL", value_parser = level, help_heading = "Updates")]
    pub(super) level: Option<Level>,
    /// Let `--update` take pre-releases.
    #[arg(long, help_heading = "Updates")]
    pub(super) pre_release: bool,
    /// Take no image younger than this many days when updating.
    #[arg(long, value_name = "DAYS", value_parser = days, help_heading = "Updates")]
    pub(super) min_age: Option<u64>,

    /// Build argument; together they are one more set to lock for.
    #[arg(long, value_name = "NAME=VALUE", help_heading = "What to lock for")]
    pub(super) build_arg: Vec<String>,
    /// Named context, as for `docker buildx build`.
    #[arg(long, value_name = "NAME=VALUE", help_heading = "What to lock for")]
    pub(super) build_context: Vec<String>,
    /// The main context, where it is a git repository or a URL and the lock is kept outside it; with `--record` also a
    /// directory that is not the Dockerfile's.
    #[arg(long, value_name = "URL|DIR")]
    pub(super) context: Option<String>,
    /// Platforms to lock for, instead of those in the lock.
    #[arg(long, value_delimiter = ',', help_heading = "What to lock for")]
    pub(super) platform: Vec<String>,
    /// Targets to lock for, instead of those in the lock.
    #[arg(long, help_heading = "What to lock for")]
    pub(super) target: Vec<String>,
    /// Also lock the SBOM scanner, the usual one or the one given.
    #[arg(long, value_name = "IMAGE", num_args = 0..=1, default_missing_value = DEFAULT_SCANNER,
        help_heading = "What to lock for")]
    pub(super) sbom: Option<String>,
    /// What builds make of the lock: off, auto, locked or hermetic.
    #[arg(long, value_name = "MODE", value_parser = mode, help_heading = "What to lock for")]
    pub(super) mode: Option<Mode>,
    /// Which frontend may build: a release of the same major version as the locked one, or the locked one alone.
    #[arg(long, value_name = "major|exact", value_parser = frontend, help_heading = "What to lock for")]
    pub(super) frontend: Option<FrontendPin>,
    /// A build argument that hermetic builds may have with any value.
    #[arg(long, value_name = "NAME", help_heading = "What to lock for")]
    pub(super) free_arg: Vec<String>,
    /// A secret that steps of hermetic builds may have; with `--record` also its value, as for `docker buildx build`.
    #[arg(long, value_name = "ID|id=ID,src=FILE", value_parser = secret, help_heading = "What to lock for")]
    pub(super) secret: Vec<SecretArg>,
    /// Forget the inputs in the lock.
    #[arg(long, help_heading = "What to lock for")]
    pub(super) reset_inputs: bool,
    /// Take files, targets, arguments and contexts from a bake file.
    #[arg(long, value_name = "FILE", help_heading = "What to lock for")]
    pub(super) bake: Vec<PathBuf>,
    /// Take files, targets, arguments and contexts from a compose file.
    #[arg(long, value_name = "FILE", help_heading = "What to lock for")]
    pub(super) compose: Vec<PathBuf>,
    /// Of bake and compose files only these targets, groups or services.
    #[arg(long, value_name = "NAME", help_heading = "What to lock for")]
    pub(super) bake_target: Vec<String>,

    /// Print the builds that bake and compose files describe, as JSON, and lock nothing.
    #[arg(long, group = "action", help_heading = "Actions")]
    pub(super) print_builds: bool,

    /// Ask no network: keep, prune, and fail where a pin is missing.
    #[arg(long, help_heading = "Network")]
    pub(super) offline: bool,
    /// Questions asked at once.
    #[arg(long, default_value_t = 64, help_heading = "Network")]
    pub(super) jobs: usize,
    /// Seconds that a server may say nothing; a whole answer, and that of a credential helper, may take twice as long.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600),
        help_heading = "Network")]
    pub(super) timeout: u64,
    /// Ask this mirror first.
    #[arg(long, value_name = "HOST=URL", help_heading = "Network")]
    pub(super) mirror: Vec<String>,
    /// Registry that speaks plain HTTP.
    #[arg(long, value_name = "HOST", help_heading = "Network")]
    pub(super) plain_http: Vec<String>,
    /// Certificates of further authorities, PEM.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    pub(super) ca: Vec<PathBuf>,

    /// Say what would be written, and write nothing.
    #[arg(long, help_heading = "Output")]
    pub(super) dry_run: bool,
    /// Form of the report.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: Format,
}

/// A secret of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SecretArg {
    /// Its name.
    pub(super) id: String,
    /// What gives its value, as `docker buildx build` takes it.
    pub(super) given: String,
}

/// The SBOM scanner that engines use unless told otherwise.
pub(super) const DEFAULT_SCANNER: &str = "docker/buildkit-syft-scanner:stable-1";

/// Forms of `--export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Export {
    /// BuildKit source policy, JSON.
    SourcePolicy,
    /// Policy that buildx loads from beside the Dockerfile: `> Dockerfile.rego`.
    Rego,
    /// Flags `--build-context`, one a line.
    BuildContext,
    /// Bake file, JSON.
    Bake,
    /// CycloneDX 1.6, JSON: everything that the lock holds, with package URLs and digests.
    Sbom,
}

/// Forms of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, JSON, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// For a comment in a pull request.
    Markdown,
}

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StoreTarget {
    /// Beside the lock.
    Folder,
    /// An image layout beside the lock.
    Layout(LayoutName),
    /// A repository, perhaps with the tag that the store's index gets.
    Registry(Reference),
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Make,
    Builds,
    Check,
    Outdated,
    Verify,
    Export(Export),
    Diff(String),
    Record,
    Prune,
}

impl LockArgs {
    pub(super) fn action(&self) -> Result<Action, String> {
        if self.jobs == 0 {
            return Err("`--jobs` must be at least 1".to_owned());
        }
        let asks = self.update.is_some() || self.from_provenance.is_some();
        if self.offline && (asks || self.outdated || self.verify || !self.precise.is_empty()) {
            return Err("`--offline` cannot be used with `--update`, `--outdated`, `--verify`, `--precise` or `--from-provenance`".to_owned());
        }
        if self.record && self.offline {
            return Err("`--record` cannot be used with `--offline`".to_owned());
        }
        if self.level.is_some() && self.update.is_none() {
            return Err("`--level` requires `--update`".to_owned());
        }
        if self.pre_release && self.update.is_none() && !self.outdated {
            return Err("`--pre-release` requires `--update` or `--outdated`".to_owned());
        }
        let action = self.kind();
        let has_findings = !matches!(
            action,
            Action::Outdated | Action::Export(_) | Action::Diff(_) | Action::Builds
        );
        if self.format == Format::Sarif && !has_findings {
            return Err("`--format sarif` is for findings: it cannot be used with `--outdated`, `--export`, `--diff` or `--print-builds`".to_owned());
        }
        if action != Action::Make && self.dockerfiles.has_stdin() {
            return Err("a Dockerfile from standard input has no lock beside it".to_owned());
        }
        Ok(action)
    }

    fn kind(&self) -> Action {
        if self.print_builds {
            return Action::Builds;
        }
        if self.record {
            return Action::Record;
        }
        match (
            self.check,
            self.outdated,
            self.verify,
            self.export,
            &self.diff,
        ) {
            (true, ..) => Action::Check,
            (_, true, ..) => Action::Outdated,
            (_, _, true, ..) => Action::Verify,
            (.., Some(form), _) => Action::Export(form),
            (.., Some(revision)) => Action::Diff(revision.clone()),
            _ if self.prune => Action::Prune,
            _ => Action::Make,
        }
    }
}

/// `NAME=VALUE` words as a map; a name without value takes it from the environment.
pub(super) fn pairs(words: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut map = BTreeMap::new();
    for word in words {
        match word.split_once('=') {
            Some((name, value)) => drop(map.insert(name.to_owned(), value.to_owned())),
            None => match std::env::var(word) {
                Ok(value) => drop(map.insert(word.clone(), value)),
                Err(_) => {
                    return Err(format!(
                        "`{word}` has no value, neither here nor in the environment"
                    ));
                }
            },
        }
    }
    Ok(map)
}

fn mode(text: &str) -> Result<Mode, String> {
    Mode::parse(text).ok_or_else(|| "expected `off`, `auto`, `locked` or `hermetic`".to_owned())
}

fn frontend(text: &str) -> Result<FrontendPin, String> {
    FrontendPin::parse(text).ok_or_else(|| "one of `major` and `exact`".to_owned())
}

fn store(text: &str) -> Result<StoreTarget, String> {
    if text == "folder" {
        return Ok(StoreTarget::Folder);
    }
    if let Some(name) = LayoutName::parse(text) {
        return name.map(StoreTarget::Layout);
    }
    if text.contains("://") {
        return Err(
            "must be `folder`, `oci-layout://NAME.store` or a repository, without a scheme"
                .to_owned(),
        );
    }
    let reference = Reference::parse_normalized(text).map_err(|error| error.to_string())?;
    match reference.digest() {
        None => Ok(StoreTarget::Registry(reference)),
        Some(_) => Err("must not have a digest, which the recording gives it".to_owned()),
    }
}

/// `ID`, or what `docker buildx build` takes.
fn secret(text: &str) -> Result<SecretArg, String> {
    if !text.contains('=') {
        return Ok(SecretArg {
            id: text.to_owned(),
            given: format!("id={text}"),
        });
    }
    let mut fields = text.split(',');
    match fields.find_map(|field| field.strip_prefix("id=")) {
        Some(id) if !id.is_empty() => Ok(SecretArg {
            id: id.to_owned(),
            given: text.to_owned(),
        }),
        _ => Err("must be a name, `id=NAME,src=FILE` or `id=NAME,env=VARIABLE`".to_owned()),
    }
}

fn level(text: &str) -> Result<Level, String> {
    Level::parse(text).ok_or_else(|| "expected `digest`, `patch`, `minor` or `major`".to_owned())
}

/// `7`, `7d` or `2w`.
fn days(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix('w') {
        Some(number) => (number, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "expected a number of days, such as `14d`".to_owned())?;
    Ok(number.saturating_mul(unit))
}
