//! Compiling without asking anyone: for what a Dockerfile shows by itself.
//!
//! Images are known as far as the lock beside the Dockerfile remembers them: their digest, their triggers, the
//! variables that reach sources. Any other image is taken for a plain one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::exit::Failure;
use crate::compile::{
    Answer, Answers, Channel, Compiled, ImageAnswer, ImageMeta, ImageNeed, MainContext, Need,
    Options, Source, Step,
};
use crate::image::{Digest, ImageConfig, Platform, Timestamp};
use crate::llb::{CapSupport, SourceMap, State};
use crate::lock::apply::PinnedImage;
use crate::lock::collect::ImageQuestion;
use crate::lock::model::ConfigFacts;
use crate::lock::{Lock, file, verify};

/// Language of the source map.
const LANGUAGE: &str = "Dockerfile";

/// Stands for the client's directory, whichever it is.
const UNIQUE_ID: &str = "rdf";

/// Which build of a Dockerfile is meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Variant {
    /// Stage to build [default: the last one]
    #[arg(long, value_name = "NAME")]
    pub(super) target: Option<String>,

    /// Platform to build for [default: that of this machine, Linux]
    #[arg(long, value_name = "PLATFORM")]
    pub(super) platform: Option<String>,

    /// Build argument; without a value, that of the environment
    #[arg(long = "build-arg", value_name = "KEY[=VALUE]")]
    pub(super) build_args: Vec<String>,
}

impl Variant {
    /// Options of a compilation of `bytes`, which are called `name`.
    pub(super) fn options(&self, name: &str, bytes: &[u8]) -> Result<Options, Failure> {
        let host = host();
        let target_platform = self.platform.as_deref().map(|text| {
            Platform::parse(text, &host)
                .map_err(|error| Failure::usage(format_args!("--platform: {error}")))
        });
        let mut build_args = BTreeMap::new();
        for argument in &self.build_args {
            match argument.split_once('=') {
                Some((key, value)) => drop(build_args.insert(key.to_owned(), value.to_owned())),
                None => {
                    if let Ok(value) = std::env::var(argument) {
                        build_args.insert(argument.clone(), value);
                    }
                }
            }
        }
        Ok(Options {
            build_args,
            target: self.target.clone().unwrap_or_default(),
            target_platform: target_platform.transpose()?,
            build_platforms: vec![host],
            main_context: MainContext::default(),
            caps: CapSupport::All,
            channel: Channel::Labs,
            lint: Some(crate::lint::Config::default()),
            source_map: Some(SourceMap::new(name, LANGUAGE, bytes)),
            ..Options::default()
        })
    }
}

/// Compiles; what has to be known comes out of the lock or is assumed. Also gives what was answered.
pub(super) fn compile(
    source: &Source,
    options: &Options,
    lock: Option<&Lock>,
) -> (Compiled, Answers) {
    let mut answers = Answers::new();
    let compiled = complete(source, options, lock, &mut answers);
    (compiled, answers)
}

/// The same with some answers at hand.
pub(super) fn complete(
    source: &Source,
    options: &Options,
    lock: Option<&Lock>,
    answers: &mut Answers,
) -> Compiled {
    loop {
        match source.compile(options, answers) {
            Step::Done(mut compiled) => {
                // Directories without a session need a name of another sort.
                if let Ok(lowered) = &mut compiled.result {
                    lowered.marshal.local_unique_id = Some(UNIQUE_ID.to_owned());
                }
                return compiled;
            }
            Step::Needs(needs) => {
                for need in needs {
                    let answer = assume(&need, options, lock);
                    answers.insert(need, answer);
                }
            }
        }
    }
}

fn assume(need: &Need, options: &Options, lock: Option<&Lock>) -> Answer {
    match need {
        Need::Image(need) => Answer::Image(Ok(image(need, options, lock))),
        Need::ContextIgnoreFile { .. } | Need::NamedContextIgnoreFile { .. } => {
            Answer::File(Ok(None))
        }
        Need::Input { .. } => Answer::Input(Ok(Some(State::scratch()))),
        Need::SourceTime { .. } => Answer::Time(Ok(Some(Timestamp::from_unix(0)))),
    }
}

fn image(need: &ImageNeed, options: &Options, lock: Option<&Lock>) -> ImageAnswer {
    let platform = need
        .platform
        .clone()
        .or_else(|| options.target_platform.clone())
        .unwrap_or_else(host);
    let shown = platform.normalized().format_all();
    let question = ImageQuestion {
        reference: need.reference.clone(),
        platform: shown.clone(),
    };
    let facts = lock.and_then(|lock| verify::facts_in(lock, &question));
    let pinned = lock.map(|lock| lock.pin_image(&need.reference, Some(&shown)));
    let digest = match &pinned {
        Some(PinnedImage::Reference(pinned)) => pinned.rsplit_once('@').map(|(_, digest)| digest),
        _ => None,
    };
    ImageAnswer::Found(ImageMeta {
        reference: need.reference.clone(),
        digest: digest.map(str::to_owned),
        config: plain(&platform, &facts.unwrap_or_default()).into(),
    })
}

/// A config that has nothing but the facts; it has a layer, so that the image stays in the graph.
fn plain(platform: &Platform, facts: &ConfigFacts) -> Vec<u8> {
    let mut config = ImageConfig::empty(platform);
    config.rootfs.diff_ids = Some(vec![Digest::sha256(b"").to_string()]);
    config.config.env.extend(facts.env.iter().cloned());
    config.config.on_build = facts
        .onbuild
        .iter()
        .map(|trigger| trigger.as_str().into())
        .collect();
    config.to_json().into_bytes()
}

/// The lock to go by: the one named, or the one beside the Dockerfile, if there is one.
pub(super) fn find_lock(dockerfile: &Path, named: Option<&Path>) -> Result<Option<Lock>, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None if dockerfile.as_os_str() == "-" => return Ok(None),
        None => beside(dockerfile),
    };
    match std::fs::read(&path) {
        Ok(bytes) => read_lock(&bytes, &path.display().to_string()).map(Some),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format_args!(
            "cannot read {}: {error}",
            path.display()
        ))),
    }
}

/// `<Dockerfile>.lock`
fn beside(dockerfile: &Path) -> PathBuf {
    let mut name = dockerfile.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Reads a lock; `shown` is its name for people.
pub(super) fn read_lock(bytes: &[u8], shown: &str) -> Result<Lock, Failure> {
    file::read(bytes).map_err(|error| Failure::usage(format_args!("{shown}: {error}")))
}

/// The platform of images on this machine.
pub(super) fn host() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    };
    Platform::new("linux", architecture)
}
