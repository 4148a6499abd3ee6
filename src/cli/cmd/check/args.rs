//! Flags of `rdf check`.

use std::path::PathBuf;

use clap::Args;

use super::super::super::exit::Failure;
use super::super::super::inputs::Dockerfiles;
use super::super::super::variant::Variant;
use super::output::Format;
use crate::check::config::{self, FailOn, Flags};
use crate::diagnostic::Severity;

/// Examples, below the flags.
const EXAMPLES: &str = "\
Examples:
  rdf check                             all Dockerfiles below this directory
  rdf check --fix                       fix what can be fixed without changing the build
  rdf check --diff docker/              show what --fix would change
  rdf check --extend-select hadolint    with all rules that hadolint has as well
  rdf check --fail-on warning           fail for warnings and errors only
  rdf check --format sarif > out.sarif  for code scanning
  rdf check --watch                     again after each change
  rdf check - < Dockerfile              standard input

`rdf rule` lists the rules, `rdf rule NAME` explains one. A file `rdf.toml` in the directory or above it \
turns rules on and off ([check] select, extend-select, ignore, exclude, per-file-ignores); so does a \
comment `# rdf: ignore=NAME` above an instruction, and Docker's `# check=skip=NAME`.

Exit codes: 0 nothing found, 1 something found, 2 a Dockerfile has an error or can't be read.";

/// Levels of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Level {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// All but matters of taste
    Info,
    /// Everything
    Style,
    /// Nothing that a rule finds
    None,
}

impl From<Level> for FailOn {
    fn from(level: Level) -> FailOn {
        FailOn::Level(match level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Info,
            Level::Style => Severity::Style,
            Level::None => return FailOn::Nothing,
        })
    }
}

/// `rdf check`
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = EXAMPLES,
    mut_arg("target", |it| it.help("Check what this stage needs [default: all stages]")),
    mut_arg("platform", |it| it.help("Platform to build for [default: linux/amd64]")),
)]
pub(in crate::cli) struct CheckArguments {
    #[command(flatten)]
    pub(super) dockerfiles: Dockerfiles,

    /// Fix what can be fixed without changing what is built
    #[arg(long)]
    pub(super) fix: bool,

    /// Show what `--fix` would change, and change nothing
    #[arg(long)]
    pub(super) diff: bool,

    /// Apply fixes as well that may change what is built
    #[arg(long)]
    pub(super) unsafe_fixes: bool,

    /// Check again whenever a Dockerfile, its lock, an ignore file or a config changes; Ctrl-C ends
    #[arg(long, conflicts_with_all = ["fix", "diff", "baseline", "import_hadolint"])]
    pub(super) watch: bool,

    /// Rules and groups that are on: names, codes of hadolint, `docker`, `recommended`, `hadolint`, `rdf`, `all`
    /// [default: docker,recommended]
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) select: Option<Vec<String>>,

    /// Rules and groups that are on besides those
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) extend_select: Vec<String>,

    /// Rules and groups that are off
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,

    /// Form of the findings [default: text]
    #[arg(long, value_enum)]
    pub(super) format: Option<Format>,

    /// Level of findings that make the command fail: those that are less bad are told only [default: style, which is all]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) fail_on: Option<Level>,

    /// Config file, in the place of the nearest `rdf.toml`; one of hadolint's ends with `.yaml`
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(super) config: Option<PathBuf>,

    /// Read no config file
    #[arg(long)]
    pub(super) no_config: bool,

    /// Root of the build context [default: the directory of each Dockerfile]
    #[arg(long, value_name = "DIR")]
    pub(super) context: Option<PathBuf>,

    #[command(flatten)]
    pub(super) variant: Variant,

    /// JSON file with the config of images, by normalised reference
    #[arg(long, value_name = "FILE")]
    pub(super) metadata: Option<PathBuf>,

    /// JSON file of known findings, which are not reported; it is written where it does not exist, and what is fixed is
    /// taken out of it
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Print how often each rule was found, in the place of the findings
    #[arg(long, conflicts_with_all = ["format", "diff"])]
    pub(super) statistics: bool,

    /// Write `rdf.toml` from the `.hadolint.yaml` of this directory
    #[arg(long, conflicts_with_all = ["fix", "diff", "baseline"])]
    pub(super) import_hadolint: bool,

    /// End with 0 though something was found
    #[arg(long)]
    pub(super) exit_zero: bool,
}

impl CheckArguments {
    /// What the command line says about rules.
    pub(super) fn flags(&self) -> Result<Flags, Failure> {
        let read = |flag: &str, names: &[String]| {
            config::selectors(names).map_err(|why| {
                Failure::usage(format_args!("--{flag}: {why}"))
                    .hint("`rdf rule` lists the rules and groups")
            })
        };
        Ok(Flags {
            select: self
                .select
                .as_deref()
                .map(|names| read("select", names))
                .transpose()?,
            extend_select: read("extend-select", &self.extend_select)?,
            ignore: read("ignore", &self.ignore)?,
        })
    }
}
