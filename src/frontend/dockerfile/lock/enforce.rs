//! What a lock demands of a build: everything is in it before anything is pulled, and nothing else is in
//! the graph that is solved.

use std::collections::BTreeSet;

use super::{ActiveLock, context_source, replay};
use crate::collect::CollectSmall as _;
use crate::compile::{
    Answer, AnswerError, Answers, Compiled, ImageMeta, ImageNeed, Lowered, MainContext, Need,
    Options, RemoteSource,
};
use crate::frontend::dockerfile::problem;
use crate::gateway::{Error, Result};
use crate::image::{Digest, Reference};
use crate::llb::{MarshalOptions, SourceInfo, State, caps};
use crate::lock::apply::PinnedImage;
use crate::lock::collect::{Collected, Document, Walk, close, finish_offline};
use crate::lock::command::{Wanted, lock_command, word};
use crate::lock::contexts::{foreign, unheld_layouts, without_foreign_sources};
use crate::lock::hermetic;
use crate::lock::model::Mode;
use crate::lock::verify::{self, Finding, FindingKind, facts_in};
use crate::options::key;
use crate::pb::ops::op;
use crate::pb::sourcepolicy::{MatchType, Policy, PolicyAction, Rule, Selector};
use crate::source::LineRange;

impl ActiveLock {
    /// Whether the lock lacks what is asked for.
    pub(in crate::frontend::dockerfile) fn lacks(&self, need: &Need) -> bool {
        match need {
            Need::Image(need) if need.oci_store.is_none() => {
                let platform = need.platform.as_ref();
                let platform = platform.map(|platform| platform.normalized().format_all());
                let pinned = self.lock.pin_image(&need.reference, platform.as_deref());
                !matches!(pinned, PinnedImage::Pinned { .. })
            }
            // What it holds was answered beforehand.
            Need::Pin(_) => true,
            _ => false,
        }
    }

    /// What of the client's inputs the lock does not know, found without asking anyone.
    pub(in crate::frontend::dockerfile) fn check_inputs(
        &self,
        document: &Document,
        targets: &[Options],
    ) -> Vec<Finding> {
        let Some(options) = targets.first() else {
            return Vec::new();
        };
        let given = &options.client.contexts;
        let mut findings = unheld_layouts(&self.lock, given, &self.dockerfile);
        // Which contexts are used shows a walk; it is for those alone who give others than the lock knows.
        let mut all = Collected::default();
        all.contexts
            .extend(given.keys().map(|key| (key.clone(), BTreeSet::new())));
        let is_hermetic = self.mode == Mode::Hermetic;
        let brings_lock = given.contains_key(super::LOCK_CONTEXT);
        if (is_hermetic && brings_lock)
            || !foreign(&self.lock, &all, given, &self.dockerfile).is_empty()
        {
            let walk = Walk::for_variants(document, targets.to_vec());
            let collected = finish_offline(walk, |question| facts_in(&self.lock, question));
            findings.extend(foreign(&self.lock, &collected, given, &self.dockerfile));
            let lock = collected.contexts.get(super::LOCK_CONTEXT);
            findings.extend(lock.filter(|_| is_hermetic).map(|places| Finding {
                location: places.first().copied(),
                kind: FindingKind::Open,
                subject: super::LOCK_CONTEXT.to_owned(),
                message: format!(
                    "a hermetic build reads the context {} for its lock alone, and this instruction reads it as well",
                    super::LOCK_CONTEXT
                ),
                hint: "put what it reads into the main context".to_owned(),
            }));
        }
        findings.extend(self.other_context(options));
        findings.extend(self.other_platforms(targets));
        if self.mode == Mode::Hermetic {
            let declared = |name: &str| hermetic::declared(document, name);
            let args = &options.client.build_args;
            findings.extend(hermetic::open_args(
                &self.lock,
                args,
                declared,
                &self.dockerfile,
            ));
        }
        findings
    }

    /// A main context of the client's, where the lock holds one that is over the network.
    fn other_context(&self, options: &Options) -> Option<Finding> {
        let held = self.lock.inputs.context.as_ref();
        let held = held.filter(|_| self.holds_context() && context_source(options).is_none())?;
        Some(Finding {
            location: None,
            kind: FindingKind::Inputs,
            subject: held.clone(),
            message: format!(
                "the main context is of the client, and the lock was made for `{held}`"
            ),
            hint: format!(
                "build `{held}`, or run `rdf lock --reset-inputs {}` for a lock of a directory",
                word(&self.dockerfile)
            ),
        })
    }

    /// Platforms that the client names and the lock was not made for: steps of a hermetic build could read the names.
    fn other_platforms(&self, targets: &[Options]) -> Vec<Finding> {
        let locked = &self.lock.inputs.platforms;
        let named = targets
            .iter()
            .filter(|options| self.mode == Mode::Hermetic && !options.client.platforms.is_empty());
        let names = named.map(|options| options.platform().normalized().format_all());
        let other: BTreeSet<String> = names.filter(|name| !locked.contains(name)).collect_small();
        other
            .into_iter()
            .map(|name| Finding {
                location: None,
                kind: FindingKind::MissingPlatform,
                message: format!(
                    "the lock was not made for {name}, and a hermetic build is for no other platforms than those of its lock"
                ),
                hint: format!("run `{}`", self.command(targets, None)),
                subject: name,
            })
            .collect()
    }

    /// What the build takes and the lock does not hold: `compiled` came of `targets` by `answers`.
    pub(in crate::frontend::dockerfile) fn missing(
        &self,
        document: &Document,
        targets: &[Options],
        compiled: &[Compiled],
        answers: &Answers,
    ) -> Vec<Finding> {
        let mut collected = Collected::default();
        collected.add_compiled(targets.iter().zip(compiled), answers);
        let context = targets.first().and_then(context_source);
        if let Some(source) = context.filter(|_| self.holds_context()) {
            collected.add_remote(&source, "", None);
        }
        let builder = builder_asked_for(targets, compiled, &collected);
        let mut findings = verify::missing(
            &self.lock,
            &collected,
            &self.command(targets, builder),
            &self.dockerfile,
        );
        // The compiler tells its own errors, in its own words.
        findings.retain(|finding| finding.kind != FindingKind::Inputs);
        if let Some(options) = targets.first() {
            let given = &options.client.contexts;
            let foreign = foreign(&self.lock, &collected, given, &self.dockerfile);
            without_foreign_sources(&mut findings, &foreign, given);
        }
        if self.mode == Mode::Hermetic {
            let lowered = compiled.iter().filter_map(|it| it.result.as_ref().ok());
            // Why a graph cannot be made is told elsewhere.
            let definitions = lowered.filter_map(|lowered| lowered.definition().ok());
            definitions.for_each(|definition| collected.add_steps(&definition));
            // What the lock lets out is told, and not refused.
            for lines in allowed_network(compiled) {
                let doors = collected.steps.entry(lines).or_default();
                doors.retain(|door| !matches!(door, hermetic::Door::Network(_)));
            }
            findings.extend(verify::open_steps(document, &self.lock, &collected));
        }
        findings
    }

    /// The command that makes the lock for a build of `targets`, and where stages run on the platform of the builder, for
    /// that one as well: a lock is for builders of its own platforms.
    fn command(&self, targets: &[Options], builder: Option<String>) -> String {
        let Some(first) = targets.first() else {
            return lock_command(&self.dockerfile, &self.lock.inputs, &Wanted::default());
        };
        let platforms = targets
            .iter()
            .map(|options| options.platform().normalized().format_all());
        let wanted = Wanted {
            target: &first.client.target,
            platforms: platforms.chain(builder).collect_small(),
            build_args: Some(&first.client.build_args),
            // Contexts have findings of their own.
            contexts: None,
            records: self.records,
        };
        lock_command(&self.dockerfile, &self.lock.inputs, &wanted)
    }

    /// What is to be said about a main context on the web that the lock does not hold.
    pub(in crate::frontend::dockerfile) fn open_context(
        &self,
        url: Option<&str>,
    ) -> Option<Finding> {
        let url = url.filter(|_| !self.holds_context())?;
        Some(Finding {
            location: None,
            kind: FindingKind::Missing,
            subject: url.to_owned(),
            message: format!("the main context `{url}` is not in the lock"),
            hint: format!(
                "a lock inside it cannot pin it: make one outside with `rdf lock --context {} DIR/Dockerfile`, and build with \
                 `--build-context rdf-lock=DIR`",
                word(url)
            ),
        })
    }

    /// Findings as the error that ends the build, at the place of the first.
    pub(in crate::frontend::dockerfile) fn refuse(
        &self,
        findings: &[Finding],
        info: &SourceInfo,
    ) -> Result<()> {
        let Some(first) = findings.first() else {
            return Ok(());
        };
        let off = match self.records {
            true => "",
            false => "; RDF_LOCK=off builds without the lock",
        };
        let message = format!("{}: {}{off})", self.name, joined(findings));
        let error = Error::new(message);
        Err(match first.location {
            Some(location) => problem::at(error, info, &[location]),
            None => error,
        })
    }

    /// The last word before anything is built: whatever findings there were, a source that is not held ends the build.
    pub(in crate::frontend::dockerfile) fn refuse_unpinned(
        &self,
        lowered: &Lowered,
        info: &SourceInfo,
    ) -> Result<()> {
        let mut uses = lowered.remote_uses.iter();
        let Some(open) = uses.find(|used| !used.pinned) else {
            return Ok(());
        };
        let message = format!(
            "{}: `{}` is not in the lock (run `rdf lock {}`)",
            self.name,
            verify::show(&open.source),
            word(&self.dockerfile)
        );
        let location = open.location.iter();
        Err(location.fold(Error::new(message), |error, lines| {
            problem::at(error, info, &[*lines])
        }))
    }

    /// What of the client a hermetic build refuses, whatever the Dockerfile says.
    pub(in crate::frontend::dockerfile) fn check_hermetic(&self, options: &Options) -> Result<()> {
        if self.mode != Mode::Hermetic {
            return Ok(());
        }
        let client = &options.client;
        let context = client
            .contexts
            .iter()
            .find(|(name, spec)| *name != super::LOCK_CONTEXT && hermetic::is_of_client(spec));
        let refused = if let Some((name, spec)) = context {
            format!(
                "takes nothing of the client but the context, and the context `{name}` is {spec}"
            )
        } else if let Some(import) = client.cache_imports.first() {
            let from = import
                .attrs
                .get("ref")
                .map_or(import.kind.as_str(), String::as_str);
            format!(
                "takes no results of other builds, and `{from}` is a cache to import from: leave out --cache-from"
            )
        } else if !client.extra_hosts.is_empty() && self.lock.recordings.is_none() {
            "has no network, and steps could read the names: leave out --add-host".to_owned()
        } else if !client.cgroup_parent.is_empty() {
            "has no cgroup of the client's choice, whose name steps could read: leave out --cgroup-parent"
                .to_owned()
        } else if !client.hostname.is_empty()
            // A name that is a build argument is in the lock; an empty argument gives none.
            && client.get(key::SANDBOX_HOSTNAME).is_none_or(str::is_empty)
        {
            "has no name of the client's choice, which steps could read: leave out the option hostname"
                .to_owned()
        } else if matches!(&options.main_context, MainContext::State(state) if has_steps(state)) {
            "takes no results of other builds, and its context is one".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(format!(
            "{}: a hermetic build {refused} (RDF_LOCK=off builds without the lock)",
            self.name
        )))
    }

    /// Takes out of the options of a hermetic build what would get into its steps and only steers the build.
    pub(in crate::frontend::dockerfile) fn close(&self, options: &mut Options) {
        if self.mode != Mode::Hermetic {
            return;
        }
        close(options);
        options
            .client
            .build_args
            .retain(|name, _| !hermetic::is_steering(name));
    }

    /// What is to be said about caches that other builds filled, where they are not refused.
    pub(in crate::frontend::dockerfile) fn open_caches(
        &self,
        options: &Options,
    ) -> Option<Finding> {
        let import = options.client.cache_imports.first()?;
        let from = import
            .attrs
            .get("ref")
            .map_or(import.kind.as_str(), String::as_str);
        (self.mode == Mode::Locked).then(|| Finding {
            location: None,
            kind: FindingKind::Open,
            subject: from.to_owned(),
            message: format!(
                "the cache to import from, `{from}`, is not pinned by the lock: its layers are taken for those of steps"
            ),
            hint: "leave out --cache-from, or trust whoever may write there".to_owned(),
        })
    }

    /// What is to be said about steps that keep their network.
    pub(in crate::frontend::dockerfile) fn open_networks(
        &self,
        compiled: &[Compiled],
    ) -> Vec<Finding> {
        let steps = allowed_network(compiled).into_iter();
        let steps = steps.map(|lines| Finding {
            location: Some(lines),
            kind: FindingKind::Open,
            subject: String::new(),
            message: "this RUN has a network, as the lock allows: what it fetches is not held"
                .to_owned(),
            hint: "record it, if it can be: `rdf lock --record --allow-network none`".to_owned(),
        });
        steps.collect()
    }

    /// The reference to ask for: that of the pin, where there is one.
    pub(in crate::frontend::dockerfile) fn image(&self, need: &ImageNeed) -> String {
        // The digest holds the content for every platform; what the lock lacks is told elsewhere.
        match self.lock.pin_image(&need.reference, None) {
            PinnedImage::Pinned { reference, .. } if need.oci_store.is_none() => reference,
            _ => need.reference.clone(),
        }
    }

    /// Whether an answer about the image `pinned` leads to an op of that very image.
    pub(in crate::frontend::dockerfile) fn check_image(
        &self,
        pinned: &str,
        meta: &ImageMeta,
    ) -> Result<(), AnswerError> {
        let named = Reference::parse_normalized(&meta.reference).ok();
        let digest = meta.digest.as_deref().map(Digest::parse);
        let named = match digest {
            Some(digest) => named
                .zip(digest.ok())
                .and_then(|(named, digest)| named.with_digest(digest).ok()),
            None => named,
        };
        match named.is_some_and(|named| named.to_string() == pinned) {
            true => Ok(()),
            false => Err(AnswerError::new(format!(
                "{}: the daemon gives `{}` in the place of `{pinned}`",
                self.name, meta.reference
            ))),
        }
    }

    /// Defence in depth: the daemon itself refuses every other source. `given` are those of [`ActiveLock::given`].
    pub(in crate::frontend::dockerfile) fn policy(
        &self,
        lowered: &Lowered,
        given: &BTreeSet<String>,
        options: &Options,
    ) -> Vec<Policy> {
        if !self.mode.is_strict() || !options.client.caps.supports(caps::SOURCE_POLICY) {
            return Vec::new();
        }
        let rule = |action: PolicyAction, identifier: &str, match_type: MatchType| Rule {
            action: action.into(),
            selector: Some(Selector {
                identifier: identifier.to_owned(),
                match_type: match_type.into(),
                constraints: Vec::new(),
            }),
            updates: None,
        };
        // The last rule that matches wins.
        let mut rules = vec![
            rule(PolicyAction::Deny, "*", MatchType::Wildcard),
            rule(PolicyAction::Allow, "local://*", MatchType::Wildcard),
        ];
        let used = lowered.remote_uses.iter().map(|used| &used.identifier);
        let allowed: BTreeSet<&String> = used.chain(given).collect_small();
        rules.extend(
            allowed
                .into_iter()
                .map(|identifier| rule(PolicyAction::Allow, identifier, MatchType::Exact)),
        );
        vec![Policy { version: 1, rules }]
    }

    /// Identifiers of the sources that the build has whatever its instructions fetch: its images, its main context,
    /// results of other builds.
    pub(in crate::frontend::dockerfile) fn given(
        &self,
        options: &Options,
        answers: &Answers,
    ) -> BTreeSet<String> {
        let mut given = BTreeSet::new();
        if let MainContext::State(state) = &options.main_context {
            given.extend(identifiers(state));
        }
        if let Some(recording) = &options.recording {
            given.extend(recording.files().flat_map(|file| identifiers(&file.state)));
        }
        for (need, answer) in answers.iter() {
            match (need, answer) {
                (Need::Image(image), _) => {
                    let scheme = match image.oci_store {
                        Some(_) => "oci-layout",
                        None => "docker-image",
                    };
                    given.insert(format!("{scheme}://{}", self.image(image)));
                }
                (_, Answer::Input(Ok(Some(state)))) => given.extend(identifiers(state)),
                _ => {}
            }
        }
        given
    }

    /// What a hermetic result must have and must not have.
    pub(in crate::frontend::dockerfile) fn check_result(
        &self,
        lowered: &Lowered,
        info: &SourceInfo,
    ) -> Result<()> {
        if self.mode != Mode::Hermetic {
            return Ok(());
        }
        if lowered.epoch.is_none() {
            return Err(Error::new(
                "a hermetic build needs SOURCE_DATE_EPOCH: --build-arg SOURCE_DATE_EPOCH=…",
            ));
        }
        match lowered.networked.as_slice() {
            [] => Ok(()),
            lines => Err(problem::at(
                Error::new("a hermetic build has no network, and this RUN would have one"),
                info,
                lines,
            )),
        }
    }

    /// Whether the graph must be built before it is returned: only a failure that comes back to us can be
    /// explained.
    pub(in crate::frontend::dockerfile) fn evaluates(&self, lowered: &Lowered) -> bool {
        let mut used = lowered.remote_uses.iter();
        self.mode == Mode::Hermetic
            || self.holds_context()
            || used.any(|used| match &used.source {
                RemoteSource::Http { url } => {
                    !used.checksum.is_empty() || self.lock.http.contains_key(url)
                }
                _ => false,
            })
    }

    /// The error of a failed step, with what the lock has to do with it.
    pub(in crate::frontend::dockerfile) fn explain(
        &self,
        error: Error,
        lowered: &Lowered,
        info: &SourceInfo,
    ) -> Error {
        let message = error.message();
        let mut lines = Vec::new();
        let why = if message.contains("digest mismatch") {
            let pins = self
                .lock
                .http
                .iter()
                .filter(|(_, pin)| message.contains(&pin.digest));
            let urls: Vec<&str> = pins.map(|(url, _)| url.as_str()).collect();
            // A download has no place of its own, and so the daemon gives none.
            let uses = lowered
                .remote_uses
                .iter()
                .filter(|used| match &used.source {
                    RemoteSource::Http { url } => urls.contains(&url.as_str()),
                    _ => false,
                });
            lines.extend(uses.filter_map(|used| used.location));
            format!(
                "the content of {} does not match the lock: the file has changed, or the server answers with an \
                 error page; look at it, then accept it with `rdf lock {} --update {}`",
                urls.join(" or "),
                word(&self.dockerfile),
                word(urls.first().unwrap_or(&"URL"))
            )
        } else if self.mode == Mode::Hermetic
            && self.lock.recordings.is_some()
            && FAILED_STEP.iter().any(|words| message.contains(words))
        {
            replay::why_it_failed(message)
        } else if self.mode == Mode::Hermetic
            && FAILED_STEP.iter().any(|words| message.contains(words))
        {
            "this build is hermetic: RUN has no network; fetch what it needs with ADD, and lock it with `rdf lock`"
                .to_owned()
        } else {
            return error;
        };
        let message = format!("{message} ({why})");
        located(error.with_message(message), info, &lines)
    }
}

/// Lines of the steps that keep their network.
fn allowed_network(compiled: &[Compiled]) -> BTreeSet<LineRange> {
    let lowered = compiled.iter().filter_map(|it| it.result.as_ref().ok());
    lowered
        .flat_map(|it| it.allowed_network.iter().copied())
        .collect_small()
}

/// How daemons call a `RUN` that failed, newer and older ones.
const FAILED_STEP: [&str; 2] = ["did not complete successfully", "executor failed running"];

fn located(error: Error, info: &SourceInfo, lines: &[LineRange]) -> Error {
    if lines.is_empty() {
        error
    } else {
        problem::at(error, info, lines)
    }
}

/// The platform of the builder, where the Dockerfile looks at it and an image is taken for it.
fn builder_asked_for(
    targets: &[Options],
    compiled: &[Compiled],
    collected: &Collected,
) -> Option<String> {
    let builder = targets.first()?.client.builder().normalized().format_all();
    let mut lowered = compiled.iter().filter_map(|it| it.result.as_ref().ok());
    let mut images = collected.images.values();
    let is_asked_for = lowered.any(|lowered| lowered.builder_read)
        && images.any(|seen| seen.platforms.contains(&builder));
    is_asked_for.then_some(builder)
}

/// Whether a graph that was given runs anything.
fn has_steps(state: &State) -> bool {
    let definition = state.marshal(&MarshalOptions::default()).ok();
    let ops = definition.and_then(|definition| definition.messages().ok());
    let mut ops = ops.unwrap_or_default().into_iter();
    ops.any(|op| matches!(op.op, Some(op::Op::Exec(_))))
}

/// Identifiers of the sources of a graph that was given.
pub(super) fn identifiers(state: &State) -> Vec<String> {
    let definition = state.marshal(&MarshalOptions::default()).ok();
    let sources = definition.and_then(|definition| definition.sources().ok());
    let sources = sources.unwrap_or_default().into_iter();
    sources.map(|source| source.identifier).collect()
}

/// What is wrong, each hint in parentheses after the last finding in a row that it is for; the last one is left open.
fn joined(findings: &[Finding]) -> String {
    let mut text = String::new();
    for (index, finding) in findings.iter().enumerate() {
        text.push_str(&finding.message);
        match findings.get(index + 1) {
            None => text.push_str(&format!(" ({}", finding.hint)),
            Some(next) if next.hint == finding.hint => text.push_str("; "),
            Some(_) => text.push_str(&format!(" ({}); ", finding.hint)),
        }
    }
    text
}
