//! What a build fetches: the compiler's own walk, with someone listening.
//!
//! A [`Walk`] compiles the Dockerfile for every target, platform and set of build arguments of the
//! [`Inputs`]. It asks about images in rounds, as the compiler does, because the triggers of a base image
//! can bring new ones; everything else comes out of the finished graphs. It fetches nothing.

mod context;
mod reduce;

pub use reduce::reduce;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{ConfigFacts, GitKey, Inputs};
use super::verify::show_git;
use crate::compile::{
    Answer, Answers, CompileError, ErrorCode, ImageAnswer, ImageMeta, ImageNeed, Lowered, Need,
    Options, RemoteSource, Source, Step, UseKind,
};
use crate::image::{ConfigError, ImageConfig, Platform, Reference};
use crate::limits::MAX_LOCK_ROUNDS;
use crate::llb::{CapSupport, SourceDescription, SourceMap, State};
use crate::options::ClientOptions;
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
    /// How; the words of `used-by`.
    pub used_by: BTreeSet<String>,
    /// Instructions that name it.
    pub lines: BTreeSet<LineRange>,
}

/// A git source that the build takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitSeen {
    /// The commit that the Dockerfile demands, whole or its beginning.
    pub given: Option<String>,
    /// Instructions that name it.
    pub lines: BTreeSet<LineRange>,
}

/// A file that the build downloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpSeen {
    /// The digest that the Dockerfile demands.
    pub given: Option<String>,
    /// Instructions that name it.
    pub lines: BTreeSet<LineRange>,
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
    pub git: BTreeMap<GitKey, GitSeen>,
    /// Files by URL.
    pub http: BTreeMap<String, HttpSeen>,
    /// What went wrong; each once.
    pub problems: BTreeSet<Problem>,
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
            .map(|(key, seen)| (key, &seen.given))
            .collect();
        let http: Vec<_> = self
            .http
            .iter()
            .map(|(key, seen)| (key, &seen.given))
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

/// The walk over all variants of a build.
#[derive(Debug)]
pub struct Walk<'d> {
    document: &'d Document,
    variants: Vec<Options>,
    answers: Answers,
    known: BTreeMap<ImageQuestion, Result<ConfigFacts, ()>>,
    /// Questions that each variant asked.
    asked: Vec<BTreeSet<ImageQuestion>>,
    contexts: BTreeSet<(String, String)>,
    collected: Collected,
    rounds: usize,
}

impl<'d> Walk<'d> {
    /// A walk over `document` for `inputs`. Without platforms in them, `host` is the platform.
    pub fn new(document: &'d Document, inputs: &Inputs, host: &Platform) -> Self {
        let platforms = platforms_of(inputs, host);
        let map = SourceMap::new(document.name.clone(), "Dockerfile", document.bytes.clone());
        let mut variants = Vec::new();
        for target in &inputs.targets {
            for args in &inputs.build_args {
                for platform in &platforms {
                    // A builder of any of the platforms may build.
                    for builder in &platforms {
                        variants.push(options(inputs, target, args, platform, builder, &map));
                    }
                }
            }
        }
        let mut walk = Walk::for_variants(document, variants);
        walk.frontend(inputs, &platforms);
        walk.collected.add_context(inputs);
        walk
    }

    /// A walk over `document` for builds that are given in full.
    pub fn for_variants(document: &'d Document, variants: Vec<Options>) -> Self {
        Walk {
            document,
            asked: vec![BTreeSet::new(); variants.len()],
            variants,
            answers: Answers::new(),
            known: BTreeMap::new(),
            contexts: BTreeSet::new(),
            collected: Collected::default(),
            rounds: 0,
        }
    }

    /// Asks what must be known to go on. Empty when the walk has ended.
    pub fn questions(&mut self) -> BTreeSet<ImageQuestion> {
        loop {
            self.rounds += 1;
            let mut open = BTreeSet::new();
            let mut again = false;
            for index in 0..self.variants.len() {
                let Some(options) = self.variants.get(index) else {
                    continue;
                };
                let Step::Needs(needs) = self.document.source.compile(options, &self.answers)
                else {
                    continue;
                };
                for need in needs {
                    match self.meet(index, need) {
                        Some(question) => drop(open.insert(question)),
                        None => again = true,
                    }
                }
            }
            if self.rounds > MAX_LOCK_ROUNDS {
                let message = "the triggers of the base images name ever more images".to_owned();
                self.collected.problems.insert(Problem {
                    code: ErrorCode::LimitExceeded,
                    message,
                    location: None,
                });
                return BTreeSet::new();
            }
            if !open.is_empty() || !again {
                return open;
            }
        }
    }

    /// Answers a question: with what the config says, or with `None` where it can't be had. The walk then
    /// goes on as if the image were plain, so that what else is wrong comes to light as well.
    pub fn answer(&mut self, question: ImageQuestion, facts: Option<ConfigFacts>) {
        self.known.insert(question, facts.ok_or(()));
    }

    /// What was found.
    pub fn finish(mut self) -> Collected {
        for (options, asked) in self.variants.iter().zip(&self.asked) {
            let Step::Done(compiled) = self.document.source.compile(options, &self.answers) else {
                continue;
            };
            for question in asked {
                self.collected
                    .images
                    .entry(question.reference.clone())
                    .or_default()
                    .platforms
                    .insert(question.platform.clone());
            }
            let outcome = compiled
                .result
                .and_then(|lowered| self.collected.add_uses(&lowered));
            let taken = match outcome {
                Ok(taken) => taken,
                Err(error) => {
                    self.collected.problems.insert(Problem::from(&error));
                    BTreeSet::from([error.to_string()])
                }
            };
            let platform =
                |platform: Option<&Platform>| platform.map_or(String::new(), Platform::format_all);
            self.collected.variants.insert((
                options.client.target.clone(),
                platform(options.target_platform.as_ref()),
                platform(Some(&options.client.build_platform)),
                taken,
            ));
        }
        for (reference, context) in &self.contexts {
            if let Some(seen) = self.collected.images.get_mut(reference) {
                seen.used_by.insert(format!("context:{context}"));
            }
        }
        self.collected
    }

    /// Answers a need, or turns it into a question.
    fn meet(&mut self, variant: usize, need: Need) -> Option<ImageQuestion> {
        let answer = match &need {
            Need::Image(image) if image.oci_store.is_some() => {
                Answer::Image(Ok(self.plain(variant, image)))
            }
            Need::Image(image) => {
                let question = self.question(variant, image);
                if let Some(asked) = self.asked.get_mut(variant) {
                    asked.insert(question.clone());
                }
                if let Some(context) = &image.context {
                    self.contexts
                        .insert((question.reference.clone(), context.clone()));
                }
                match self.known.get(&question) {
                    None => return Some(question),
                    Some(facts) => {
                        let facts = facts.clone().unwrap_or_default();
                        Answer::Image(Ok(invented(&question, &facts)))
                    }
                }
            }
            Need::ContextIgnoreFile { .. } | Need::NamedContextIgnoreFile { .. } => {
                Answer::File(Ok(None))
            }
            // Another build's result: its sources are in that build's lock.
            Need::Input { .. } => Answer::Input(Ok(Some(State::scratch()))),
            Need::SourceTime {
                identifier, attrs, ..
            } => {
                self.collected
                    .add_source(&(identifier.clone(), attrs.clone()));
                Answer::Time(Ok(Some(crate::image::Timestamp::from_unix(0))))
            }
        };
        self.answers.insert(need, answer);
        None
    }

    fn question(&self, variant: usize, image: &ImageNeed) -> ImageQuestion {
        // An image that no platform was asked for is what the daemon takes for its own.
        let options = self.variants.get(variant);
        let builder = options.map(|options| &options.client.build_platform);
        let platform = image.platform.as_ref().or(builder);
        let platform = platform.map(|platform| platform.normalized().format_all());
        ImageQuestion {
            reference: image.reference.clone(),
            platform: platform.unwrap_or_default(),
        }
    }

    fn plain(&self, variant: usize, image: &ImageNeed) -> ImageAnswer {
        invented(&self.question(variant, image), &ConfigFacts::default())
    }

    /// The images that work before and after the Dockerfile: the frontend and the SBOM scanner.
    fn frontend(&mut self, inputs: &Inputs, platforms: &[Platform]) {
        let mut found: BTreeSet<(String, &str, Option<LineRange>)> = BTreeSet::new();
        let directive = syntax::detect_syntax(&self.document.bytes);
        for args in &inputs.build_args {
            let (text, location) = match (args.get(SYNTAX_ARG), &directive) {
                (Some(text), _) if !text.is_empty() => (text.as_str(), None),
                (_, Some(directive)) => (directive.value.as_str(), Some(directive.location)),
                _ => continue,
            };
            found.insert((text.to_owned(), "syntax", location));
        }
        found.extend(
            inputs
                .sbom
                .iter()
                .map(|scanner| (scanner.clone(), "sbom", None)),
        );
        for (text, kind, location) in found {
            match Reference::parse_normalized(&text) {
                Err(error) => {
                    let message = format!("`{text}` is no image reference: {error}");
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
                    seen.used_by.insert(kind.to_owned());
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

impl Collected {
    /// Adds what a compiled Dockerfile takes; gives the names of it all.
    fn add_uses(&mut self, lowered: &Lowered) -> Result<BTreeSet<String>, CompileError> {
        let mut taken = BTreeSet::new();
        for image in &lowered.image_uses {
            let seen = self.images.entry(image.reference.clone()).or_default();
            let kind = match image.kind {
                UseKind::From => "from",
                UseKind::CopyFrom => "copy-from",
                UseKind::RunMount => "run-mount",
                _ => "onbuild",
            };
            seen.used_by.insert(kind.to_owned());
            seen.lines.extend(image.location);
            taken.insert(image.reference.clone());
        }
        for used in &lowered.remote_uses {
            let given = Some(&used.checksum).filter(|checksum| !checksum.is_empty());
            match &used.source {
                RemoteSource::Git { remote, reference } => {
                    let key = GitKey {
                        remote: remote.clone(),
                        reference: reference.clone(),
                    };
                    taken.insert(show_git(remote, reference));
                    self.add_git(key, given, used.location);
                }
                RemoteSource::Http { url } => {
                    taken.insert(url.clone());
                    self.add_http(url, given, used.location);
                }
            }
        }
        // What no daemon could be given is a problem here, too.
        lowered.definition()?;
        Ok(taken)
    }

    /// Adds a source op that no instruction names; images and what the client sends are none of it.
    pub(crate) fn add_source(&mut self, (identifier, attrs): &SourceDescription) {
        if let Some(key) = git_key(identifier, attrs) {
            self.add_git(key, attrs.get("git.checksum"), None);
        } else if is_http(identifier) {
            self.add_http(identifier, attrs.get("http.checksum"), None);
        }
    }

    /// Takes a source op out again that no instruction names.
    #[cfg(feature = "frontend")]
    pub(crate) fn forget_unnamed(&mut self, (identifier, attrs): &SourceDescription) {
        let own = git_key(identifier, attrs);
        self.git
            .retain(|key, seen| Some(key) != own.as_ref() || !seen.lines.is_empty());
        self.http
            .retain(|url, seen| url != identifier || !seen.lines.is_empty());
    }

    fn add_git(&mut self, key: GitKey, given: Option<&String>, location: Option<LineRange>) {
        let seen = self.git.entry(key).or_default();
        seen.given = seen.given.take().or_else(|| given.cloned());
        seen.lines.extend(location);
    }

    fn add_http(&mut self, url: &str, given: Option<&String>, location: Option<LineRange>) {
        let seen = self.http.entry(url.to_owned()).or_default();
        seen.given = seen.given.take().or_else(|| given.cloned());
        seen.lines.extend(location);
    }
}

impl From<&CompileError> for Problem {
    fn from(error: &CompileError) -> Self {
        let location = error
            .locations()
            .first()
            .and_then(|lines| lines.first())
            .copied();
        Problem {
            code: error.code(),
            message: error.to_string(),
            location,
        }
    }
}

/// Collects with what a lock remembers of the configs; asks nobody.
pub fn collect_offline(
    document: &Document,
    inputs: &Inputs,
    host: &Platform,
    facts: impl Fn(&ImageQuestion) -> Option<ConfigFacts>,
) -> Collected {
    let mut walk = Walk::new(document, inputs, host);
    loop {
        let questions = walk.questions();
        if questions.is_empty() {
            return walk.finish();
        }
        for question in questions {
            let known = facts(&question);
            walk.answer(question, known);
        }
    }
}

/// Remote and ref of a git source op; `None` for any other.
pub fn git_key(identifier: &str, attrs: &BTreeMap<String, String>) -> Option<GitKey> {
    let rest = identifier.strip_prefix("git://")?;
    let (place, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let reference = fragment.split(':').next().unwrap_or_default();
    let remote = attrs
        .get("git.fullurl")
        .cloned()
        .unwrap_or_else(|| format!("https://{place}"));
    Some(GitKey {
        remote,
        reference: reference.to_owned(),
    })
}

/// Whether a source op downloads a file.
pub fn is_http(identifier: &str) -> bool {
    identifier.starts_with("http://") || identifier.starts_with("https://")
}

/// The facts of a config.
///
/// # Errors
/// When it is no image config.
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

/// The platforms of `inputs`, or `host`.
pub fn platforms_of(inputs: &Inputs, host: &Platform) -> Vec<Platform> {
    let platforms: Vec<Platform> = inputs
        .platforms
        .iter()
        .filter_map(|text| Platform::parse(text, host).ok())
        .collect();
    if platforms.is_empty() {
        vec![host.clone()]
    } else {
        platforms
    }
}

fn options(
    inputs: &Inputs,
    target: &str,
    args: &BTreeMap<String, String>,
    platform: &Platform,
    builder: &Platform,
    map: &SourceMap,
) -> Options {
    let client = ClientOptions {
        build_args: args.clone(),
        target: target.to_owned(),
        build_platform: builder.clone(),
        contexts: inputs.contexts.clone(),
        session_id: Some(SESSION.to_owned()),
        caps: CapSupport::All,
        ..ClientOptions::default()
    };
    Options {
        target_platform: Some(platform.clone()),
        main_context: context::main(inputs),
        lint: Some(crate::lint::Config::default()),
        source_map: Some(map.clone()),
        ..client.into()
    }
}

/// An answer of which nothing is known but the facts.
fn invented(question: &ImageQuestion, facts: &ConfigFacts) -> ImageAnswer {
    let host = Platform::new("linux", "amd64");
    let platform = Platform::parse(&question.platform, &host).unwrap_or(host);
    let config = facts.invented_config(&platform);
    ImageAnswer::Found(ImageMeta {
        reference: question.reference.clone(),
        digest: None,
        config: config.to_json().into_bytes().into(),
    })
}
