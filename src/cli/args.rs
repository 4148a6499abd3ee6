//! Arguments. Flags are named as `docker build` names them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Dockerfiles to BuildKit LLB, and back to what they mean.
#[derive(Debug, Parser)]
#[command(name = "rdf", version, about)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compile a Dockerfile to the definition that a BuildKit daemon solves
    Compile(Box<CompileArguments>),
    /// Say which steps keep their cache key after a change, which lose it, and why
    Explain(Box<super::cmd::explain::ExplainArguments>),
    /// Draw the stages or ops of a build
    Graph(Box<super::cmd::graph::GraphArguments>),
    /// Give Dockerfiles the usual layout
    Fmt(FmtArguments),
    /// Lock what Dockerfiles fetch to exact content
    Lock(Box<super::cmd::lock::LockArgs>),
    /// Write the pins of the lock into the Dockerfile
    Pin(super::cmd::lock::PinArgs),
    /// Take out what `rdf pin` wrote
    Unpin(super::cmd::lock::PinArgs),
    /// Print the syntax tree of a Dockerfile as JSON
    Parse(ParseArguments),
}

/// `rdf compile`
#[derive(Debug, Args)]
pub(super) struct CompileArguments {
    /// Build context: a directory, or the URL of a git repository or an archive
    #[arg(default_value = ".")]
    pub(super) context: String,

    /// Dockerfile; `-` reads it from standard input [default: CONTEXT/Dockerfile]
    #[arg(short, long, value_name = "PATH")]
    pub(super) file: Option<PathBuf>,

    /// Stage to build
    #[arg(long, value_name = "NAME")]
    pub(super) target: Option<String>,

    /// Platform to build for
    #[arg(long, value_name = "PLATFORM")]
    pub(super) platform: Option<String>,

    /// Build argument; without a value, that of the environment
    #[arg(long = "build-arg", value_name = "KEY[=VALUE]")]
    pub(super) build_args: Vec<String>,

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

/// `rdf parse`
#[derive(Debug, Args)]
pub(super) struct ParseArguments {
    /// Dockerfile; `-` reads it from standard input
    #[arg(default_value = "Dockerfile")]
    pub(super) file: PathBuf,
}

/// `rdf fmt`
#[derive(Debug, Args)]
#[command(after_help = FMT_EXAMPLES)]
pub(super) struct FmtArguments {
    /// Dockerfiles, and folders to look for them in; `-` reads standard input and prints
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    /// Change nothing; name the files whose layout would change, and fail if there are any
    #[arg(long)]
    pub(super) check: bool,

    /// Change nothing; show what would change, and fail if anything does
    #[arg(long)]
    pub(super) diff: bool,
}

const FMT_EXAMPLES: &str = "\
What is built never changes: the ops of the build, and so its cache, stay the same.

Examples:
  rdf fmt                    every Dockerfile below the current folder
  rdf fmt --check            for CI: fails where a file would change
  rdf fmt --diff Dockerfile  what would change
  rdf fmt - < Dockerfile     as a filter, for editors";
