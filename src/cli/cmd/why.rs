//! `rdf why`: why a step is built, and what it loses its cache key for.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::check::{self, build_problem};
use crate::cli::args::TextOrJson;
use crate::cli::exit::{Exit, Failure};
use crate::cli::inputs::{self, Input, StdinName};
use crate::cli::offline;
use crate::cli::shell::Shell;
use crate::cli::variant::Variant;
use crate::compile::Source;
use crate::diagnostic::File;
use crate::diagnostic::suggest::{Case, suggest};
use crate::explain::{self, Side, StepName, WhyAnswer};
use crate::syntax::Stage;

const EXAMPLES: &str = "\
Examples:
  rdf why 2                    the instruction on line 2 of ./Dockerfile
  rdf why build                the last step of the stage `build`
  rdf why docker/Dockerfile:2 --target test

Nothing is asked from the network; the lock beside the Dockerfile tells about images.
The exit code is 0 whatever the answer.";

/// `rdf why`
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct WhyArguments {
    /// A line, FILE:LINE or the name of a stage
    #[arg(value_name = "STEP")]
    step: String,

    /// Dockerfile, or the directory that it is in; `-` is standard input [default: .]
    #[arg(short, long, value_name = "FILE", help_heading = "Input")]
    file: Option<PathBuf>,

    #[command(flatten)]
    stdin: StdinName,

    #[command(flatten)]
    variant: Variant,

    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: TextOrJson,
}

pub(in crate::cli) fn run(arguments: &WhyArguments, shell: &mut Shell) -> Result<Exit, Failure> {
    let (input, name) = arguments.asked()?;
    let bytes = input.read()?;
    let shown = input.shown();
    let source = Source::new(&bytes);
    let lock = offline::find_lock(input.path(), None)?;
    let options = offline::options(&arguments.variant, &input.file_name(), &bytes)?;
    let (compiled, _) = offline::compile(&source, &options, lock.as_ref());
    let file = File::new(&shown, &bytes);
    let lowered = compiled.result;
    let definition = match lowered.and_then(|lowered| check::definition(&lowered, &file)) {
        Ok(definition) => definition,
        Err(error) => {
            shell.diagnostic(&build_problem(&error, &file), &file);
            return Ok(Exit::Usage);
        }
    };
    let side = Side {
        name: &shown,
        definition: &definition,
        image: None,
    };
    let dockerfile = &source.parsed().dockerfile;
    let answer = explain::why(&side, dockerfile, &name).map_err(Failure::usage)?;
    let target = match (&arguments.variant.target, dockerfile.stages.last()) {
        (Some(name), _) => format!("target `{name}`"),
        (None, Some(stage)) if !stage.name().is_empty() => {
            format!("target `{}`", stage.name())
        }
        (None, _) => "the last stage".to_owned(),
    };
    let why = match answer {
        WhyAnswer::Built(why) => match arguments.format {
            TextOrJson::Text => why.to_text(&target),
            TextOrJson::Json => format!("{:#}\n", why.to_json()),
        },
        WhyAnswer::NotNeeded { stage } => told(
            arguments.format,
            &format!("stage `{stage}` is not built: {target} does not need it"),
        ),
        WhyAnswer::NoStep { instruction } => told(
            arguments.format,
            &format!(
                "{instruction} makes no step here: it sets what the image is run with, which costs no step its key"
            ),
        ),
        WhyAnswer::Unknown => return Err(unknown(&name, &shown, &dockerfile.stages)),
    };
    shell.data(why.as_bytes())?;
    Ok(Exit::Ok)
}

fn told(format: TextOrJson, text: &str) -> String {
    match format {
        TextOrJson::Text => format!("{text}\n"),
        TextOrJson::Json => format!(
            "{:#}\n",
            serde_json::json!({ "version": explain::WHY_VERSION, "step": null, "reason": text })
        ),
    }
}

impl WhyArguments {
    /// The file, and what is asked about in it.
    fn asked(&self) -> Result<(Input, StepName), Failure> {
        self.stdin.is_for(self.file.as_deref().into_iter())?;
        let file = |path: &Path| inputs::one(path, &self.stdin);
        let named = self.file.as_deref();
        let line = |text: &str| text.parse::<u32>().ok().map(StepName::Line);
        if let Some(line) = line(&self.step) {
            return Ok((file(named.unwrap_or(Path::new(".")))?, line));
        }
        if let Some((path, line)) = self
            .step
            .rsplit_once(':')
            .and_then(|(path, number)| Some((path, line(number)?)))
        {
            if named.is_some() {
                let failure = Failure::usage("`FILE:LINE` cannot be used with `--file`");
                return Err(failure.hint("name the line alone"));
            }
            return Ok((file(Path::new(path))?, line));
        }
        let stage = StepName::Stage(self.step.clone());
        Ok((file(named.unwrap_or(Path::new(".")))?, stage))
    }
}

/// That a file does not have what is asked about.
fn unknown(name: &StepName, shown: &str, stages: &[Stage]) -> Failure {
    match name {
        StepName::Line(line) => Failure::usage(format_args!(
            "`{shown}` has no step on line {line} or after it"
        ))
        .hint("name a line between the first FROM and the end"),
        StepName::Stage(stage) => {
            let names = || {
                stages
                    .iter()
                    .map(Stage::name)
                    .filter(|name| !name.is_empty())
            };
            let hint = match suggest(stage, names(), Case::Insensitive) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`rdf targets` lists the stages".to_owned(),
            };
            Failure::usage(format_args!("unknown stage `{stage}`")).hint(hint)
        }
    }
}
