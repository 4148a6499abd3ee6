//! `rdf graph`: the stages or ops of a build as a picture.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::exit::{Exit, Failure};
use super::super::inputs::{Input, OneDockerfile};
use super::super::offline;
use super::super::shell::Shell;
use super::super::variant::Variant;
use crate::check::build_problem;
use crate::compile::{CompileError, Options, Source};
use crate::diagnostic::File;
use crate::graph::{self, Graph, Level};

const EXAMPLES: &str = "\
Examples:
  rdf graph -o graph.svg                  draw the stages of ./Dockerfile
  rdf graph --target test --level ops     the ops of a target
  rdf graph --needed-only                 without what no build of the target looks at
  rdf graph --format mermaid              for a README: wrap it in a ```mermaid block
  rdf graph -o graph.html                 a page to move about in; it loads nothing
  rdf graph --format dot | dot -Tpng -o graph.png
  rdf graph --format json | jq '.nodes[] | select(.needed | not) | .title'

Nothing is asked from the network: images are known as far as the lock beside the \
Dockerfile remembers them, and are taken for plain ones otherwise.";

/// `rdf graph`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct GraphArguments {
    #[command(flatten)]
    dockerfile: OneDockerfile,

    #[command(flatten)]
    variant: Variant,

    /// Form of the picture [default: what the ending of `--output` says, or svg]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// What the nodes are
    #[arg(long, value_enum, default_value_t)]
    level: GraphLevel,

    /// Leave out what the target does not need
    #[arg(long)]
    needed_only: bool,

    /// Where a picture goes on [default: what reads best]
    #[arg(long, value_enum)]
    direction: Option<Direction>,

    /// Lock that tells about images [default: FILE.lock, if it is there]
    #[arg(long, value_name = "PATH")]
    lock: Option<PathBuf>,

    /// File for the picture [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A drawing that stands on its own
    Svg,
    /// For Graphviz
    Dot,
    /// For Mermaid, which many forges draw
    Mermaid,
    /// Nodes and edges as data
    Json,
    /// A page of its own, to move about in, to search and to ask
    Html,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum GraphLevel {
    /// Stages, and what they take from outside
    #[default]
    Stages,
    /// Ops, as a daemon executes them
    Ops,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Direction {
    /// To the right
    Right,
    /// Downwards
    Down,
}

impl GraphArguments {
    /// The form asked for, or that of the file's name.
    fn format(&self) -> Result<Format, Failure> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let ending = self.output.as_deref().and_then(Path::extension);
        let Some(ending) = ending.map(|it| it.to_string_lossy().to_lowercase()) else {
            return Ok(Format::Svg);
        };
        match ending.as_str() {
            "svg" => Ok(Format::Svg),
            "dot" | "gv" => Ok(Format::Dot),
            "mermaid" | "mmd" => Ok(Format::Mermaid),
            "json" => Ok(Format::Json),
            "html" | "htm" => Ok(Format::Html),
            _ => {
                let failure =
                    Failure::usage(format_args!("no form of a picture ends with `.{ending}`"));
                Err(failure.hint(match ending.as_str() {
                    "png" | "pdf" | "jpg" | "jpeg" | "gif" | "webp" => format!(
                        "`rdf graph --format dot | dot -T{ending} -o FILE` draws it with Graphviz"
                    ),
                    _ => "name a form with `--format`".to_owned(),
                }))
            }
        }
    }
}

pub(in crate::cli) fn run(arguments: &GraphArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let format = arguments.format()?;
    let input = arguments.dockerfile.find()?;
    let bytes = input.read()?;
    let shown = input.shown();
    let source = Source::new(&bytes);
    let Drawn { graph, ops } = match draw(arguments, format, &input, &source, &bytes)? {
        Ok(drawn) => drawn,
        Err(error) => {
            let file = File::new(&shown, &bytes);
            shell.diagnostic(&build_problem(&error, &file), &file);
            return Ok(Exit::Usage);
        }
    };
    let graph = match arguments.needed_only {
        true => graph.needed_only(),
        false => graph,
    };
    let direction = arguments.direction.map(|direction| match direction {
        Direction::Right => graph::Direction::Right,
        Direction::Down => graph::Direction::Down,
    });
    let text = match format {
        Format::Svg => graph.print(graph::Format::Svg, direction),
        Format::Dot => graph.print(graph::Format::Dot, direction),
        Format::Mermaid => graph.print(graph::Format::Mermaid, direction),
        Format::Json => graph.print(graph::Format::Json, direction),
        Format::Html => graph.page(direction, ops.as_ref()),
    };
    let text = text.map_err(Failure::usage)?;
    if format == Format::Mermaid {
        warn_of_mermaid(graph.edges.len(), &text, shell);
    }
    super::deliver(arguments.output.as_deref(), text.as_bytes(), shell)?;
    Ok(Exit::Ok)
}

/// What Mermaid draws unless it is configured otherwise; a reader of a forge cannot do that.
const MERMAID_EDGES: usize = 500;
const MERMAID_CHARACTERS: usize = 50_000;

fn warn_of_mermaid(edges: usize, text: &str, shell: &mut Shell) {
    let characters = text.encode_utf16().count();
    let (count, most, what) = match edges > MERMAID_EDGES {
        true => (edges, MERMAID_EDGES, "edges"),
        false => (characters, MERMAID_CHARACTERS, "characters"),
    };
    if count > most {
        shell.warning(
            &format!(
                "the picture has {count} {what}, and Mermaid draws no more than {most} by default"
            ),
            "`--format svg` has no such limit",
        );
    }
}

/// What there is to print.
struct Drawn {
    graph: Graph,
    /// The ops of a graph of stages, where their digests are told.
    ops: Option<Graph>,
}

fn draw(
    arguments: &GraphArguments,
    format: Format,
    input: &Input,
    source: &Source,
    bytes: &[u8],
) -> Result<Result<Drawn, CompileError>, Failure> {
    let lock = offline::find_lock(input.path(), arguments.lock.as_deref())?;
    let name = input.file_name();
    let level = match arguments.level {
        GraphLevel::Stages => Level::Stages,
        GraphLevel::Ops => Level::Ops,
    };
    let options = offline::options(&arguments.variant, &name, bytes)?;
    let (compiled, mut answers) = offline::compile(source, &options, lock.as_ref());
    Ok(compiled.result.and_then(|target| {
        let mut shape = source.shape(&options, &answers)?;
        let is_page = format == Format::Html;
        let needs_all = level == Level::Ops || is_page || shape.has_variables();
        let all = needs_all.then(|| {
            let all_stages = Options {
                all_stages: true,
                ..options
            };
            offline::complete(source, &all_stages, lock.as_ref(), &mut answers)
        });
        let all = all.and_then(|all| all.result.ok());
        match level {
            Level::Stages => {
                shape.expand(&all.as_ref().unwrap_or(&target).remote_uses);
                let graph = graph::stages(&name, &shape);
                let ops = is_page.then(|| graph::ops(&name, &shape, &target, all.as_ref()));
                Ok(Drawn {
                    graph,
                    ops: ops.transpose()?,
                })
            }
            Level::Ops => {
                let graph = graph::ops(&name, &shape, &target, all.as_ref())?;
                Ok(Drawn { graph, ops: None })
            }
        }
    }))
}
