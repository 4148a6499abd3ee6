//! `rdf compile`: a Dockerfile as the definition that a daemon solves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::answers::{Answerer, Unresolved};
use super::super::args::{CompileArguments, Format};
use super::super::exit::{Exit, Failure};
use super::super::files::read_file;
use super::super::inputs::{self, Input, STDIN};
use super::super::shell::Shell;
use super::super::variant::{host, platform_of_environment};
use crate::check::{self, build_problem};
use crate::compile::{Answers, Compiled, IgnoreFile, MainContext, Options, Rounds, Source};
use crate::diagnostic::{Diagnostic, File};
use crate::frontend::dockerfile::Request;
use crate::gateway::{CapList, CapSet, Environment};
use crate::go::units::ram_in_bytes;
use crate::image::Digest;
use crate::limits::MAX_FILE_BYTES;
use crate::lint::Warning;
use crate::llb::{Definition, dump};
use crate::options::key;

/// Name of the main context's local source.
const CONTEXT: &str = "context";

pub(in crate::cli) fn run(
    arguments: &CompileArguments,
    shell: &mut Shell,
) -> Result<Exit, Failure> {
    if arguments.format == Format::Pb && arguments.output.is_none() && shell.is_terminal() {
        return Err(Failure::usage(
            "a definition is binary: name a file with `-o`, or use `--format json`",
        ));
    }
    let place = DockerfilePlace::find(arguments)?;
    arguments.variant.platform(&host())?;
    let bytes = place.dockerfile.read()?;
    let mut answerer = Answerer::new(arguments.metadata.as_deref(), arguments.offline)?;
    let request = request(arguments, &place, &mut answerer.locals)?;
    let unique_id = place.unique_id();
    let options = options(&request, &place, &bytes, &unique_id)?;
    answerer.platform = options.platform();

    let source = Source::new(&bytes);
    let compiled = compile(&source, &options, &answerer)?;
    let shown = place.dockerfile.shown();
    let file = File::new(&shown, &bytes);
    for warning in &compiled.warnings {
        shell.diagnostic(&warning_problem(warning, &file), &file);
    }
    let lowered = compiled.result.and_then(|mut lowered| {
        lowered.marshal.local_unique_id = Some(unique_id);
        Ok((check::definition(&lowered, &file)?, lowered.image))
    });
    let (definition, image) = match lowered {
        Ok(lowered) => lowered,
        Err(error) => {
            shell.diagnostic(&build_problem(&error, &file), &file);
            let unresolved = error.cause().is_some_and(|cause| cause.is::<Unresolved>());
            return Ok(if unresolved {
                Exit::Unresolved
            } else {
                Exit::Usage
            });
        }
    };
    if let Some(path) = &arguments.image_config {
        super::write(path, image.to_json().as_bytes())?;
    }
    let output = encode(&definition, arguments.format)?;
    super::deliver(arguments.output.as_deref(), &output, shell)?;
    Ok(Exit::Ok)
}

/// Where things are.
struct DockerfilePlace {
    /// Directory of the context; `None` for one on the web.
    directory: Option<PathBuf>,
    dockerfile: Input,
}

impl DockerfilePlace {
    fn find(arguments: &CompileArguments) -> Result<DockerfilePlace, Failure> {
        let context = Path::new(&arguments.context);
        let named = arguments.file.as_deref().into_iter().chain([context]);
        arguments.stdin.is_for(named)?;
        let directory = context.is_dir().then(|| context.to_owned());
        if arguments.context == STDIN && directory.is_none() {
            if arguments
                .file
                .as_ref()
                .is_some_and(|file| file.as_os_str() != STDIN)
            {
                return Err(Failure::usage(
                    "a context from standard input is not supported: give a directory, or `-` alone for a Dockerfile",
                ));
            }
            return Ok(DockerfilePlace {
                directory,
                dockerfile: arguments.stdin.input(Path::new(STDIN)),
            });
        }
        let dockerfile = match (&arguments.file, &directory) {
            (Some(file), _) => inputs::one(file, &arguments.stdin)?,
            (None, Some(directory)) => inputs::one(directory, &arguments.stdin)?,
            (None, None) if is_remote(&arguments.context) => {
                return Err(Failure::usage(
                    "the Dockerfile of a remote context is not fetched: name a local one with `-f`",
                ));
            }
            (None, None) => {
                return Err(Failure::usage(format_args!(
                    "no such directory: `{}`",
                    arguments.context
                )));
            }
        };
        if directory.is_none() && !is_remote(&arguments.context) {
            return Err(Failure::usage(format_args!(
                "no such directory: `{}`",
                arguments.context
            )));
        }
        Ok(DockerfilePlace {
            directory,
            dockerfile,
        })
    }

    /// Tells local directories of one build from those of others on the same daemon; the same for the
    /// same directory.
    fn unique_id(&self) -> String {
        let directory = self
            .directory
            .as_ref()
            .and_then(|directory| directory.canonicalize().ok());
        let path = directory.unwrap_or_default();
        Digest::sha256(path.as_os_str().as_encoded_bytes())
            .encoded()
            .to_owned()
    }

    /// The ignore file beside the Dockerfile.
    fn ignore_file(&self) -> Option<IgnoreFile> {
        if self.dockerfile.path().as_os_str() == STDIN {
            return None;
        }
        let name = format!("{}.dockerignore", self.dockerfile.file_name());
        let beside = self.dockerfile.path().with_file_name(&name);
        let data = read_file(&beside, MAX_FILE_BYTES).ok()?;
        Some(IgnoreFile {
            name,
            data: data.into(),
        })
    }
}

fn is_remote(context: &str) -> bool {
    crate::remote::detect_git_context(context).is_some()
        || context.starts_with("http://")
        || context.starts_with("https://")
}

/// The arguments as a client would send them.
fn request(
    arguments: &CompileArguments,
    place: &DockerfilePlace,
    locals: &mut BTreeMap<String, PathBuf>,
) -> Result<Request, Failure> {
    let mut opts = BTreeMap::from([(key::FILENAME.to_owned(), place.dockerfile.file_name())]);
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            opts.insert(name.to_owned(), value);
        }
    };
    let list = |values: Vec<String>| (!values.is_empty()).then(|| values.join(","));
    match &place.directory {
        Some(directory) => drop(locals.insert(CONTEXT.to_owned(), directory.clone())),
        None if arguments.context == STDIN => {}
        None => set(CONTEXT, Some(arguments.context.clone())),
    }
    set(key::TARGET, arguments.variant.target.clone());
    let by_environment = platform_of_environment(&host())?.map(|it| it.format_all());
    set(
        key::PLATFORM,
        arguments.variant.platform.clone().or(by_environment),
    );
    set(key::CGROUP_PARENT, arguments.cgroup_parent.clone());
    set(
        key::FORCE_NETWORK_MODE,
        arguments.network.clone().filter(|mode| mode != "default"),
    );
    set(key::ULIMIT, list(arguments.ulimits.clone()));
    set(
        key::ADD_HOSTS,
        list(
            arguments
                .add_hosts
                .iter()
                .map(|host| host_option(host))
                .collect(),
        ),
    );
    set(
        key::NO_CACHE,
        arguments
            .no_cache
            .then(String::new)
            .or_else(|| list(arguments.no_cache_filter.clone())),
    );
    if let Some(size) = &arguments.shm_size {
        let bytes = ram_in_bytes(size)
            .map_err(|error| Failure::usage(format_args!("--shm-size: {error}")))?;
        set(key::SHM_SIZE, Some(bytes.to_string()));
    }
    for (name, value) in arguments.variant.build_args() {
        set(&format!("{}{name}", key::BUILD_ARG), Some(value));
    }
    for label in &arguments.labels {
        let (name, value) = label.split_once('=').unwrap_or((label, ""));
        set(&format!("{}{name}", key::LABEL), Some(value.to_owned()));
    }
    for context in &arguments.build_contexts {
        let (name, value) = context.split_once('=').ok_or_else(|| {
            Failure::usage(format_args!(
                "--build-context: `{context}` is not NAME=VALUE"
            ))
        })?;
        set(
            &format!("{}{name}", key::CONTEXT),
            Some(context_option(name, value, locals)?),
        );
    }
    for opt in &arguments.opts {
        let (name, value) = opt
            .split_once('=')
            .ok_or_else(|| Failure::usage(format_args!("--opt: `{opt}` is not KEY=VALUE")))?;
        set(name, Some(value.to_owned()));
    }
    let environment = Environment {
        opts,
        session_id: arguments.session.clone().unwrap_or_default(),
        caps: CapSet::all(CapList::Gateway),
        llb_caps: CapSet::all(CapList::Llb),
        ..Environment::default()
    };
    Request::from_environment(&environment).map_err(Failure::usage)
}

/// `host:address` or `host=address` as the option has it.
fn host_option(host: &str) -> String {
    let (name, address) = host
        .split_once('=')
        .or_else(|| host.split_once(':'))
        .unwrap_or((host, ""));
    let bare = address
        .strip_prefix('[')
        .and_then(|address| address.strip_suffix(']'));
    format!("{name}={}", bare.unwrap_or(address))
}

/// What a client sends for an additional context; directories become local sources.
fn context_option(
    name: &str,
    value: &str,
    locals: &mut BTreeMap<String, PathBuf>,
) -> Result<String, Failure> {
    if value.contains("://") || is_remote(value) {
        return Ok(value.to_owned());
    }
    let path = PathBuf::from(value);
    if !path.is_dir() {
        return Err(Failure::usage(format_args!(
            "--build-context {name}: no such directory: `{value}`"
        )));
    }
    locals.insert(name.to_owned(), path);
    Ok(format!("local:{name}"))
}

fn options(
    request: &Request,
    place: &DockerfilePlace,
    bytes: &[u8],
    unique_id: &str,
) -> Result<Options, Failure> {
    let mut options = request.options.clone();
    match request.options.client.platforms.as_slice() {
        [] => {}
        [platform] => options.target_platform = Some(platform.clone()),
        _ => {
            return Err(Failure::usage(
                "several platforms are not supported: compile for one at a time",
            ));
        }
    }
    let session_id = options.client.session_for(CONTEXT);
    options.main_context = match request
        .options
        .client
        .remote_context()
        .map_err(Failure::usage)?
    {
        Some(state) => MainContext::State(state),
        None => MainContext::Local {
            name: CONTEXT.to_owned(),
            session_id,
            ignore_file: place.ignore_file(),
        },
    };
    let source_map = request
        .source_map(&place.dockerfile.file_name(), bytes, unique_id)
        .map_err(Failure::usage)?;
    options.source_map = Some(source_map);
    Ok(options)
}

fn compile(source: &Source, options: &Options, answerer: &Answerer) -> Result<Compiled, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::usage)?;
    let mut rounds = Rounds::new(source, [options], Answers::new());
    loop {
        let needs = rounds.needs();
        if needs.is_empty() {
            return Ok(rounds.finish_one().0);
        }
        let answers = runtime.block_on(answerer.answer(&needs));
        rounds.answer(needs.into_iter().zip(answers));
    }
}

fn encode(definition: &Definition, format: Format) -> Result<Vec<u8>, Failure> {
    match format {
        Format::Pb => Ok(definition.encode()),
        Format::Json => {
            let text = dump::text(definition).map_err(Failure::usage)?;
            Ok(format!("{text}\n").into_bytes())
        }
    }
}

/// A finding of a lint rule.
fn warning_problem(warning: &Warning, file: &File<'_>) -> Diagnostic {
    let mut diagnostic = Diagnostic::warning(warning.rule.name, warning.detail.as_str());
    if let Some(lines) = warning.location.first() {
        diagnostic = diagnostic.at(file.span_of_lines(*lines), "");
    }
    if !warning.rule.url.is_empty() {
        diagnostic = diagnostic.url(warning.rule.url);
    }
    diagnostic
}
