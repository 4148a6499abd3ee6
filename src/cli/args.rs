//! Arguments. Flags are named as `docker build` names them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::cmd::fmt::FmtStyle;
use super::inputs::{Dockerfiles, OneDockerfile, StdinName};
use super::shell::{ColourWhen, Shell, Verbosity};
use super::variant::Variant;

const EXAMPLES: &str = "\
Examples:
  rdf check              what is wrong with the Dockerfiles here
  rdf check --fix        fix what can be fixed without changing the build
  rdf lock               pin everything a build fetches to its exact content
  rdf lock --check       offline: is the lock complete?
  rdf compile . -o x.pb  the definition that a BuildKit daemon solves

`rdf COMMAND --help` says more, with examples.

Exit codes: 0 fine, 1 something was found, 2 wrong usage or input, 3 something could not be reached, \
4 content is not what its digest says.";

/// What the program is, in a line.
pub(super) const ABOUT: &str = "Checks, locks and compiles Dockerfiles, without a daemon";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "rdf", version, about = ABOUT, after_help = EXAMPLES, propagate_version = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Tell problems and results only
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        display_order = 900
    )]
    quiet: bool,

    /// Tell what is looked at, too
    #[arg(short, long, global = true, display_order = 901)]
    verbose: bool,

    /// When to print in colours
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        display_order = 902
    )]
    color: ColourWhen,
}

impl Arguments {
    /// The printer that was asked for.
    pub(super) fn shell(&self) -> Shell {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Usual,
        };
        Shell::new(self.color, verbosity)
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find problems in Dockerfiles and fix them
    #[command(alias = "lint")]
    Check(Box<super::cmd::check::CheckArguments>),
    /// Compile a Dockerfile to the definition that a BuildKit daemon solves
    Compile(Box<CompileArguments>),
    /// Say which steps keep their cache key after a change, which lose it, and why
    Explain(Box<super::cmd::explain::ExplainArguments>),
    /// Say why a step is built, what it needs, and what it loses its cache key for
    Why(Box<super::cmd::why::WhyArguments>),
    /// Draw the stages or ops of a build
    Graph(Box<super::cmd::graph::GraphArguments>),
    /// Give Dockerfiles the usual layout
    Fmt(FmtArguments),
    /// Write a config to begin with, a hook and a workflow
    Init(super::cmd::init::InitArguments),
    /// Lock what Dockerfiles fetch to exact content
    Lock(Box<super::cmd::lock::LockArgs>),
    /// Write the pins of the lock into the Dockerfile
    Pin(super::cmd::lock::PinArgs),
    /// Take out what `rdf pin` wrote
    Unpin(super::cmd::lock::PinArgs),
    /// Serve an editor over the Language Server Protocol
    Lsp(super::cmd::lsp::LspArguments),
    /// List the stages that can be built
    Targets(super::cmd::inspect::TargetsArguments),
    /// List the build arguments, secrets and SSH sockets that a stage takes
    Outline(super::cmd::inspect::OutlineArguments),
    /// Print the syntax tree of a Dockerfile as JSON
    Parse(ParseArguments),
    /// Explain a rule of `rdf check`, or list them all
    Rule(super::cmd::rule::RuleArguments),
    /// Print completions for a shell
    Completions(super::cmd::completions::CompletionsArguments),
    /// Print the manual, or write a page for each command
    Man(super::cmd::man::ManArguments),
}

/// Examples of `rdf compile`.
const COMPILE_EXAMPLES: &str = "\
Examples:
  rdf compile . -o build.pb                    for a BuildKit client, such as buildctl
  rdf compile --format json --target test .    for reading
  rdf compile --offline --metadata images.json --format json .";

/// `rdf compile`
#[derive(Debug, Args)]
#[command(after_help = COMPILE_EXAMPLES)]
pub(super) struct CompileArguments {
    /// Build context: a directory, or the URL of a git repository or an archive
    #[arg(default_value = ".")]
    pub(super) context: String,

    /// Dockerfile; `-` reads it from standard input [default: that of CONTEXT]
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) stdin: StdinName,

    #[command(flatten)]
    pub(super) variant: Variant,

    /// Label of the image
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(super) labels: Vec<String>,

    /// Additional context: a directory, `docker-image://…`, a URL, …
    #[arg(long = "build-context", value_name = "NAME=VALUE")]
    pub(super) build_contexts: Vec<String>,

    /// Do not use the cache
    #[arg(long)]
    pub(super) no_cache: bool,

    /// Do not use the cache for these stages
    #[arg(long, value_name = "STAGES", conflicts_with = "no_cache")]
    pub(super) no_cache_filter: Vec<String>,

    /// Additional host and its address
    #[arg(long = "add-host", value_name = "HOST:IP")]
    pub(super) add_hosts: Vec<String>,

    /// Size of /dev/shm
    #[arg(long, value_name = "SIZE")]
    pub(super) shm_size: Option<String>,

    /// Resource limit of processes, such as nofile=1024:2048
    #[arg(long = "ulimit", value_name = "LIMIT")]
    pub(super) ulimits: Vec<String>,

    /// Network of RUN instructions: default, none or host
    #[arg(long, value_name = "MODE")]
    pub(super) network: Option<String>,

    /// Parent control group of containers
    #[arg(long, value_name = "PATH")]
    pub(super) cgroup_parent: Option<String>,

    /// Any frontend option
    #[arg(long = "opt", value_name = "KEY=VALUE")]
    pub(super) opts: Vec<String>,

    /// Session that offers local directories; without it, any client can solve the definition
    #[arg(long, value_name = "ID")]
    pub(super) session: Option<String>,

    /// JSON file with the digest and config of images, by normalised reference
    #[arg(long, value_name = "FILE")]
    pub(super) metadata: Option<PathBuf>,

    /// Never ask the network
    #[arg(long)]
    pub(super) offline: bool,

    /// Form of the output
    #[arg(long, value_enum, default_value_t = Format::Pb)]
    pub(super) format: Format,

    /// File for the output [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// File for the config of the resulting image
    #[arg(long, value_name = "FILE")]
    pub(super) image_config: Option<PathBuf>,
}

/// Forms of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The marshalled definition, ready for a BuildKit client
    Pb,
    /// Ops and source map for reading
    Json,
}

/// Forms of an answer that is a text or its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Examples of `rdf parse`.
const PARSE_EXAMPLES: &str = "\
Examples:
  rdf parse                    ./Dockerfile
  rdf parse docker/            the Dockerfile in a directory
  rdf parse - < Dockerfile | jq '.stages[].base.text'";

/// `rdf parse`
#[derive(Debug, Args)]
#[command(after_help = PARSE_EXAMPLES)]
pub(super) struct ParseArguments {
    #[command(flatten)]
    pub(super) dockerfile: OneDockerfile,
}

/// `rdf fmt`
#[derive(Debug, Args)]
#[command(after_help = FMT_EXAMPLES)]
pub(super) struct FmtArguments {
    #[command(flatten)]
    pub(super) dockerfiles: Dockerfiles,

    /// Style [default: that of `[fmt]` in the nearest rdf.toml, or usual]
    #[arg(long, value_enum)]
    pub(super) style: Option<FmtStyle>,

    /// Change nothing; name the files whose layout would change, and fail if there are any
    #[arg(long)]
    pub(super) check: bool,

    /// Change nothing; show what would change, and fail if anything does
    #[arg(long)]
    pub(super) diff: bool,
}

const FMT_EXAMPLES: &str = "\
In the usual style, what is built never changes: the ops of the build, and so its cache, stay the same. In the \
tidy style they may; how many steps lose their cache is told first. What stands between the comments \
`# fmt: off` and `# fmt: on` stays as it is.

Examples:
  rdf fmt                      every Dockerfile below the current directory
  rdf fmt --check              for CI: fails where a file would change
  rdf fmt --diff Dockerfile    what would change
  rdf fmt - < Dockerfile       as a filter, for editors
  rdf fmt --style tidy --diff  what the tidy style would change, and what it costs";
