//! What a build fetches: the compiler's own walk, with someone listening.
//!
//! A [`Walk`] compiles the Dockerfile for every target, platform and set of build arguments of the
//! [`Inputs`], and for every builder where a compilation has looked at the builder's platform. It asks about images in rounds, as the compiler does, because the triggers of a base image
//! can bring new ones. What was asked and what came of it is [`Collected`], for builds alike. It fetches nothing.

mod add;
mod context;
mod reduce;
mod steps;
mod variants;

pub use reduce::reduce;
pub use steps::{BuildSteps, recorded_steps, step_args};
use variants::options;
pub use variants::{close, platforms_of};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assume::{assume, stand_in};
use super::hermetic::Steps;
use super::model::{ConfigFacts, GitKey, Inputs, Mode};
use super::role::ImageRole;
use crate::collect::CollectSmall as _;
use crate::compile::{
    Answer, Answers, ErrorCode, ImageNeed, Lowered, Need, Options, Rounds, Source,
};
use crate::image::{ConfigError, ImageConfig, Platform, Reference};
use crate::limits::MAX_LOCK_ROUNDS;
use crate::llb::SourceMap;
use crate::source::LineRange;
use crate::syntax::{self, Text};

/// Build argument that replaces the file's `# syntax=`.
pub const SYNTAX_ARG: &str = "BUILDKIT_SYNTAX";

/// Session that the walk's local sources pretend to come from; no daemon ever sees it.
const SESSION: &str = "rdf-lock";

/// One question: the digest and the config of an image for a platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageQuestion {
    /// Normalised reference, with tag or digest.
    pub reference: String,
    /// The platform, normalised: `linux/amd64`.
    pub platform: String,
}

/// An image that the build takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageSeen {
    /// For which platforms.
    pub platforms: BTreeSet<String>,
    /// How.
    pub used_by: BTreeSet<ImageRole>,
    /// Instructions that name it.
    pub lines: BTreeSet<LineRange>,
}

/// A git source or a file that the build takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteSeen {
    /// The commits (whole, or their beginnings) or digests that the Dockerfile demands, each with the first
    /// instruction that does.
    pub given: BTreeMap<String, Option<LineRange>>,
    /// Instructions that name it.
    pub lines: BTreeSet<LineRange>,
}

impl RemoteSeen {
    /// The commit or digest that the Dockerfile demands.
    pub fn checksum(&self) -> Option<&str> {
        self.given.keys().next().map(String::as_str)
    }

    fn add(&mut self, checksum: &str, location: Option<LineRange>) {
        if !checksum.is_empty() {
            self.given.entry(checksum.to_owned()).or_insert(location);
        }
        self.lines.extend(location);
    }
}

/// A variant that did not compile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// The compiler's message.
    pub message: String,
    /// Where.
    pub location: Option<LineRange>,
}

/// Everything that the build takes from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Images by reference.
    pub images: BTreeMap<String, ImageSeen>,
    /// Git sources.
    pub git: BTreeMap<GitKey, RemoteSeen>,
    /// Files by URL.
    pub http: BTreeMap<String, RemoteSeen>,
    /// What went wrong; each once.
    pub problems: BTreeSet<Problem>,
    /// Named contexts that are used, with the places that name them.
    pub contexts: BTreeMap<String, BTreeSet<LineRange>>,
    /// Steps with what they are given besides files, where that was asked for.
    pub steps: Steps,
    /// What single variants take: target, platform, platform of the builder, names.
    variants: BTreeSet<(String, String, String, BTreeSet<String>)>,
}

impl Collected {
    /// The sources alone, without places: what two walks are compared by.
    fn signature(&self) -> impl PartialEq + '_ {
        let images: Vec<_> = self
            .images
            .iter()
            .map(|(key, seen)| (key, &seen.platforms, &seen.used_by))
            .collect();
        let git: Vec<_> = self
            .git
            .iter()
            .map(|(key, seen)| (key, seen.given.keys().collect::<Vec<_>>()))
            .collect();
        let http: Vec<_> = self
            .http
            .iter()
            .map(|(key, seen)| (key, seen.given.keys().collect::<Vec<_>>()))
            .collect();
        (images, git, http, &self.problems, &self.variants)
    }
}

/// Facts of configs, by reference and platform.
pub type Facts = BTreeMap<ImageQuestion, ConfigFacts>;

/// A Dockerfile with what the walk needs of it.
#[derive(Debug)]
pub struct Document {
    name: String,
    bytes: Arc<[u8]>,
    source: Source,
}

impl Document {
    /// Reads a Dockerfile called `name`.
    pub fn new(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let source = Source::new(&bytes);
        Document {
            name: name.into(),
            bytes,
            source,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bytes.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The Dockerfile, parsed.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// The walk over all variants of a build: the compilations of a build, with someone listening.
#[derive(Debug)]
pub struct Walk<'d> {
    document: &'d Document,
    rounds: Rounds<'d, Options>,
    /// Their builders' platforms.
    builders: Vec<Platform>,
    known: BTreeMap<ImageQuestion, Option<ConfigFacts>>,
    collected: Collected,
    /// Builders that are tried where the first one's platform was looked at.
    other_builders: Vec<Platform>,
    /// Compilations of the first builder that have ended.
    looked_at: BTreeSet<usize>,
    /// Those of them that are the same for every builder.
    stand_for_others: BTreeSet<usize>,
    round: usize,
    /// Whether steps are looked at.
    looks_at_steps: bool,
}

impl<'d> Walk<'d> {
    /// A walk over `document` for `inputs`. Without platforms in them, `host` is the platform.
    pub fn new(document: &'d Document, inputs: &Inputs, host: &Platform) -> Self {
        Walk::for_mode(document, inputs, host, Mode::Locked)
    }

    /// The same for builds of this mode: hermetic ones have no network and keep no caches.
    pub fn for_mode(document: &'d Document, inputs: &Inputs, host: &Platform, mode: Mode) -> Self {
        let platforms = platforms_of(inputs, host);
        let map = SourceMap::new(document.name.clone(), "Dockerfile", document.bytes.clone());
        let mut variants = Vec::new();
        for target in &inputs.targets {
            for args in &inputs.build_args {
                for platform in &platforms {
                    // A builder of any of the platforms may build. For the others it is compiled where that
                    // could change something.
                    let builder = platforms.iter().take(1);
                    let first = builder.map(|it| options(inputs, target, args, platform, it, &map));
                    variants.extend(first);
                }
            }
        }
        if mode == Mode::Hermetic {
            variants.iter_mut().for_each(close);
        }
        let mut walk = Walk::for_variants(document, variants);
        walk.builders.clone_from(&platforms);
        walk.other_builders = platforms.iter().skip(1).cloned().collect();
        walk.frontend(inputs, &platforms);
        walk.collected.add_context(inputs);
        walk
    }

    /// A walk over `document` for builds that are given in full.
    pub fn for_variants(document: &'d Document, variants: Vec<Options>) -> Self {
        let builders = variants.iter().map(|options| options.client.builder());
        Walk {
            builders: builders.collect(),
            document,
            rounds: Rounds::new(&document.source, variants, Answers::new()),
            known: BTreeMap::new(),
            collected: Collected::default(),
            other_builders: Vec::new(),
            looked_at: BTreeSet::new(),
            stand_for_others: BTreeSet::new(),
            round: 0,
            looks_at_steps: false,
        }
    }

    /// The same walk, which also looks at what steps are given besides files.
    #[must_use]
    pub fn with_steps(self) -> Self {
        Walk {
            looks_at_steps: true,
            ..self
        }
    }

    /// Asks what must be known to go on. Empty when the walk has ended.
    pub fn questions(&mut self) -> BTreeSet<ImageQuestion> {
        loop {
            let mut needs = self.rounds.needs();
            if needs.is_empty() && self.try_other_builders() {
                needs = self.rounds.needs();
            }
            self.round += 1;
            if self.round > MAX_LOCK_ROUNDS {
                let message = format!(
                    "the ONBUILD triggers of the base images exceed the limit of {MAX_LOCK_ROUNDS} rounds"
                );
                self.collected.problems.insert(Problem {
                    code: ErrorCode::LimitExceeded,
                    message,
                    location: None,
                });
                return BTreeSet::new();
            }
            let mut open = BTreeSet::new();
            let mut answers = Vec::with_capacity(needs.len());
            for need in needs {
                match self.answer_to(&need) {
                    Ok(answer) => answers.push((need, answer)),
                    Err(questions) => open.extend(questions),
                }
            }
            let ended = answers.is_empty();
            self.rounds.answer(answers);
            if ended || !open.is_empty() {
                return open;
            }
        }
    }

    /// Compiles for the other builders as well what might be different for them; whether there is any of it.
    fn try_other_builders(&mut self) -> bool {
        let mut more = Vec::new();
        for (at, options, compiled) in self.rounds.done() {
            if !self.looked_at.insert(at) || self.other_builders.is_empty() {
                continue;
            }
            let same = |lowered: &Lowered| !lowered.builder_read;
            if compiled.result.as_ref().is_ok_and(same) {
                self.stand_for_others.insert(at);
                continue;
            }
            for builder in &self.other_builders {
                let mut options = options.clone();
                options.client.build_platform = builder.clone();
                more.push(options);
            }
        }
        let first = self.rounds.len();
        self.looked_at.extend(first..first + more.len());
        let any = !more.is_empty();
        for options in more {
            self.rounds.add(options);
        }
        any
    }

    /// Answers a question: with what the config says, or with `None` where it cannot be had. The walk then
    /// goes on as if the image were plain, so that what else is wrong comes to light as well.
    pub fn answer(&mut self, question: ImageQuestion, facts: Option<ConfigFacts>) {
        self.known.insert(question, facts);
    }

    /// What was found.
    pub fn finish(self) -> Collected {
        let mut collected = self.collected;
        let (mut ended, answers) = self.rounds.ended();
        for (_, _, compiled) in &mut ended {
            let definition = compiled.result.as_ref().map(Lowered::definition);
            match definition {
                Ok(Ok(definition)) if self.looks_at_steps => collected.add_steps(&definition),
                // What no daemon could be given is a problem here, too.
                Ok(Err(error)) => compiled.result = Err(error),
                Ok(Ok(_)) | Err(_) => {}
            }
        }
        let mut builders = Vec::new();
        for (at, options, compiled) in &ended {
            let taken = collected.add_result(compiled);
            builders.push(options.client.builder());
            collected.add_variant(options, &options.client.build_platform, &taken);
            if self.stand_for_others.contains(at) {
                builders.extend(self.other_builders.iter().cloned());
                for builder in &self.other_builders {
                    collected.add_variant(options, builder, &taken);
                }
            }
        }
        collected.add_answers(&answers, &builders);
        collected
    }

    /// The answer to a need, or what must be asked first.
    fn answer_to(&self, need: &Need) -> Result<Answer, BTreeSet<ImageQuestion>> {
        let host = Platform::new("linux", "amd64");
        let image = match need {
            Need::Image(image) if image.oci_store.is_none() => image,
            other => {
                let own = self.builders.first().unwrap_or(&host);
                return Ok(assume(other, own, None));
            }
        };
        let questions = ImageQuestion::of(image, &self.builders);
        let known = questions.iter().map(|question| self.known.get(question));
        match (known.collect::<Option<Vec<_>>>(), questions.first()) {
            (Some(facts), Some(question)) => {
                let facts = facts.into_iter().next().cloned().flatten();
                let image = stand_in(question, None, &facts.unwrap_or_default());
                Ok(Answer::Image(Ok(image)))
            }
            _ => Err(questions),
        }
    }

    /// The images that work before and after the Dockerfile: the frontend and the SBOM scanner.
    fn frontend(&mut self, inputs: &Inputs, platforms: &[Platform]) {
        let mut found: BTreeSet<(String, ImageRole, Option<LineRange>)> = BTreeSet::new();
        let directive = syntax::detect_syntax(&self.document.bytes);
        for args in &inputs.build_args {
            let (text, location) = match (args.get(SYNTAX_ARG), &directive) {
                (Some(text), _) if !text.is_empty() => (text.as_str(), None),
                (_, Some(directive)) => (directive.value.as_str(), Some(directive.location)),
                _ => continue,
            };
            found.insert((text.to_owned(), ImageRole::Syntax, location));
        }
        found.extend(
            inputs
                .sbom
                .iter()
                .map(|scanner| (scanner.clone(), ImageRole::Sbom, None)),
        );
        for (text, role, location) in found {
            match Reference::parse_normalized(&text) {
                Err(error) => {
                    let message = format!("`{text}` is not a valid image reference: {error}");
                    let code = ErrorCode::InvalidImageReference;
                    self.collected.problems.insert(Problem {
                        code,
                        message,
                        location,
                    });
                }
                Ok(reference) => {
                    let seen = self
                        .collected
                        .images
                        .entry(reference.tag_name_only().to_string())
                        .or_default();
                    seen.used_by.insert(role);
                    seen.lines.extend(location);
                    seen.platforms.extend(
                        platforms
                            .iter()
                            .map(|platform| platform.normalized().format_all()),
                    );
                }
            }
        }
    }
}

impl ImageQuestion {
    /// The question about `reference` for `platform`.
    pub(crate) fn new(reference: &str, platform: &Platform) -> Self {
        ImageQuestion {
            reference: reference.to_owned(),
            platform: platform.normalized().format_all(),
        }
    }

    /// What `need` asks. An image that no platform was asked for is what the daemon takes for its own: one of
    /// `builders`.
    fn of(need: &ImageNeed, builders: &[Platform]) -> BTreeSet<Self> {
        let platforms = match &need.platform {
            Some(platform) => std::slice::from_ref(platform),
            None => builders,
        };
        let platforms = platforms.iter();
        platforms
            .map(|platform| ImageQuestion::new(&need.reference, platform))
            .collect_small()
    }
}

/// Collects with what a lock remembers of the configs; asks nobody.
pub fn collect_offline(
    document: &Document,
    inputs: &Inputs,
    host: &Platform,
    facts: impl Fn(&ImageQuestion) -> Option<ConfigFacts>,
) -> Collected {
    finish_offline(Walk::new(document, inputs, host), facts)
}

/// Goes through a walk with what a lock remembers of the configs.
pub fn finish_offline(
    mut walk: Walk<'_>,
    facts: impl Fn(&ImageQuestion) -> Option<ConfigFacts>,
) -> Collected {
    answer_offline(&mut walk, facts);
    walk.finish()
}

/// Answers all that a walk asks.
fn answer_offline(walk: &mut Walk<'_>, facts: impl Fn(&ImageQuestion) -> Option<ConfigFacts>) {
    loop {
        let questions = walk.questions();
        if questions.is_empty() {
            return;
        }
        for question in questions {
            let known = facts(&question);
            walk.answer(question, known);
        }
    }
}

/// The facts of a config.
///
/// # Errors
/// When it is not an image config.
pub fn facts_of(config: &[u8]) -> Result<ConfigFacts, ConfigError> {
    let config = ImageConfig::from_json(config)?;
    Ok(ConfigFacts {
        onbuild: config
            .config
            .on_build
            .into_iter()
            .map(Text::into_string)
            .collect(),
        env: config.config.env,
    })
}

#[cfg(test)]
mod tests;
