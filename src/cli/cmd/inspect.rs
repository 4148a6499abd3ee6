//! `rdf targets` and `rdf outline`: what `docker build --call` answers, without a daemon.

use clap::Args;

use super::super::args::TextOrJson;
use super::super::exit::{Exit, Failure};
use super::super::inputs::OneDockerfile;
use super::super::shell::Shell;
use super::super::variant::{Variant, host};
use crate::check::{
    CheckInput, Images, Selection, Settings, build_problem, compile, syntax_problem,
};
use crate::compile::Source;
use crate::diagnostic::File;
use crate::frontend::SubrequestAnswer;
use crate::frontend::dockerfile::{outline_report, targets_report};

/// Examples of `rdf targets`.
const TARGETS_EXAMPLES: &str = "\
Examples:
  rdf targets                    ./Dockerfile
  rdf targets docker/
  rdf targets --format json - < Dockerfile

A comment `# NAME what it is` above a FROM describes the stage.";

/// `rdf targets`
#[derive(Args, Clone, Debug)]
#[command(after_help = TARGETS_EXAMPLES)]
pub(in crate::cli) struct TargetsArguments {
    #[command(flatten)]
    dockerfile: OneDockerfile,

    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: TextOrJson,
}

/// Examples of `rdf outline`.
const OUTLINE_EXAMPLES: &str = "\
Examples:
  rdf outline                       what the default target of ./Dockerfile takes
  rdf outline --target test docker/
  rdf outline --build-arg GO=1.25 --format json .

A comment `# NAME what it is` above an ARG describes it. Images are not asked for: what a variable of \
a base image would change is not seen.";

/// `rdf outline`
#[derive(Args, Clone, Debug)]
#[command(
    after_help = OUTLINE_EXAMPLES,
    mut_arg("target", |it| it.help("Stage to describe [default: the last one]")),
)]
pub(in crate::cli) struct OutlineArguments {
    #[command(flatten)]
    dockerfile: OneDockerfile,

    #[command(flatten)]
    variant: Variant,

    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: TextOrJson,
}

/// Lists the stages.
pub(in crate::cli) fn targets(
    arguments: &TargetsArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let input = arguments.dockerfile.find()?;
    let (name, bytes) = (input.shown(), input.read()?);
    let source = Source::new(&bytes);
    let parsed = source.parsed();
    let file = File::new(&name, &bytes);
    if !parsed.errors.is_empty() {
        for error in &parsed.errors {
            shell.diagnostic(&syntax_problem(error, &file), &file);
        }
        return Ok(Exit::Usage);
    }
    let report = targets_report(&parsed.dockerfile.stages, &bytes);
    print(report, arguments.format, shell)
}

/// Lists what a stage can be given.
pub(in crate::cli) fn outline(
    arguments: &OutlineArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    let input = arguments.dockerfile.find()?;
    let (name, bytes) = (input.shown(), input.read()?);
    let source = Source::new(&bytes);
    let settings = Settings {
        options: arguments.variant.options(host())?,
        images: Images::default(),
    };
    let check_input = CheckInput::new(name.as_str(), Selection::new(&[], &[]));
    let compiled = compile(&bytes, &source, &settings, &check_input);
    match compiled.result {
        Ok(lowered) => {
            let report = outline_report(&lowered.outline, &bytes);
            print(report, arguments.format, shell)
        }
        Err(error) => {
            let file = File::new(&name, &bytes);
            shell.diagnostic(&build_problem(&error, &file), &file);
            Ok(Exit::Usage)
        }
    }
}

/// What is told in the place of an empty outline.
const NOTHING: &str = "Nothing to tell: no build argument, secret or SSH socket is asked for.";

fn print(report: SubrequestAnswer, format: TextOrJson, shell: &mut Shell) -> Result<Exit, Failure> {
    let metadata = report.into_result().metadata;
    let key = match format {
        TextOrJson::Text => "result.txt",
        TextOrJson::Json => "result.json",
    };
    let bytes = metadata.get(key).map(Vec::as_slice).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\n');
    match text.is_empty() {
        true => shell.note(NOTHING),
        false => shell.text(&format!("{text}\n")),
    }
    Ok(Exit::Ok)
}
