//! What a lock demands of a build: everything is in it before anything is pulled, and nothing else is in
//! the graph that is solved.

use std::collections::BTreeSet;

use super::InForce;
use super::exempt::{self, Exempt};
use crate::compile::{AnswerError, ImageNeed, Lowered, Options};
use crate::frontend::dockerfile::problem;
use crate::gateway::{Error, Result};
use crate::image::Platform;
use crate::llb::{Definition, SourceDescription, caps};
use crate::lock::apply::{Pinned, PinnedImage};
use crate::lock::collect::{Document, Walk};
use crate::lock::contexts::unheld_layouts;
use crate::lock::model::Mode;
use crate::lock::verify::{self, Finding, FindingKind, facts_in};
use crate::pb::ops::{NetMode, SourceInfo};
use crate::pb::sourcepolicy::{MatchType, Policy, PolicyAction, Rule, Selector};
use crate::source::LineRange;
use crate::syntax::Instruction;

impl InForce {
    /// What the build needs and the lock lacks, found without asking anyone.
    pub(in crate::frontend::dockerfile) fn missing(
        &self,
        document: &Document,
        targets: &[Options],
    ) -> Vec<Finding> {
        let mut walk = Walk::for_variants(document, targets.to_vec());
        loop {
            let questions = walk.questions();
            if questions.is_empty() {
                break;
            }
            for question in questions {
                let facts = facts_in(&self.lock, &question);
                walk.answer(question, facts);
            }
        }
        let mut collected = walk.finish();
        for source in targets.iter().flat_map(exempt::main_context) {
            match self.holds_context() {
                true => collected.add_source(&source),
                // Its time may have been asked for; what instructions name is for the lock all the same.
                false => collected.forget_unnamed(&source),
            }
        }
        let mut findings = verify::missing(&self.lock, &collected, &self.dockerfile);
        // The compiler tells its own errors, in its own words.
        findings.retain(|finding| finding.kind != FindingKind::Inputs);
        findings.extend(self.other_inputs(document, targets));
        let contexts = targets.first().map(|options| &options.client.contexts);
        findings.extend(
            contexts
                .into_iter()
                .flat_map(|given| unheld_layouts(&self.lock, given)),
        );
        findings.sort();
        findings
    }

    /// A target or a platform that the lock was not made for.
    fn other_inputs(&self, document: &Document, targets: &[Options]) -> Vec<Finding> {
        let inputs = &self.lock.inputs;
        let stages = &document.source().parsed().dockerfile.stages;
        let last = stages.last().map_or("", |stage| stage.name());
        let place = |target: &str| {
            let stage = stages
                .iter()
                .find(|stage| !target.is_empty() && stage.name() == target.to_lowercase());
            stage.or(stages.last()).map(|stage| stage.meta.location)
        };
        let mut findings = Vec::new();
        for options in targets {
            let target = options.client.target.to_lowercase();
            let known = inputs.targets.iter().any(|have| {
                let have = have.to_lowercase();
                have == target
                    || (have.is_empty() && target == last)
                    || (target.is_empty() && have == last)
            });
            let finding = |message: String, hint: String| Finding {
                location: place(&target),
                kind: FindingKind::Inputs,
                subject: String::new(),
                message,
                hint,
            };
            if !known {
                let hint = format!(
                    "run `rdf lock --target {target} {}` with all targets",
                    self.dockerfile
                );
                findings.push(finding(
                    format!("the lock is not for the target `{target}`"),
                    hint,
                ));
            }
            let platform = options.platform().normalized().format_all();
            if !inputs.platforms.is_empty() && !inputs.platforms.contains(&platform) {
                let hint = format!(
                    "run `rdf lock --platform {platform} {}` with all platforms",
                    self.dockerfile
                );
                findings.push(finding(
                    format!("the lock is not for the platform {platform}"),
                    hint,
                ));
            }
        }
        findings.dedup();
        findings
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
            message: format!("the main context `{url}` is not held by the lock"),
            hint: format!(
                "a lock inside it can't hold it: make one outside with `rdf lock --context {url}` and give it as the named context rdf-lock"
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
        let texts: Vec<&str> = findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        let message = format!(
            "{}: {} ({}; RDF_LOCK=off builds without the lock)",
            self.name,
            texts.join("; "),
            first.hint
        );
        let error = Error::new(message);
        Err(match first.location {
            Some(location) => problem::at(error, info, &[location]),
            None => error,
        })
    }

    /// Whether the frontend that runs is the one that the lock holds. `own` is the graph of its image; a
    /// daemon that does not tell it, and a lock without a frontend, leave nothing to compare.
    pub(in crate::frontend::dockerfile) fn check_frontend(&self, own: &Definition) -> Result<()> {
        let pins: Vec<_> = self
            .lock
            .images
            .iter()
            .filter(|(_, pin)| pin.used_by.contains("syntax"))
            .collect();
        let sources = own
            .sources()
            .map_err(|error| Error::new(error.to_string()))?;
        let images = sources
            .iter()
            .filter_map(|(identifier, _)| identifier.strip_prefix("docker-image://"));
        let Some((running, digest)) = images
            .filter_map(|reference| reference.rsplit_once('@'))
            .next()
        else {
            return Ok(());
        };
        if pins.is_empty() || !self.mode.is_strict() {
            return Ok(());
        }
        let held = pins.iter().any(|(_, pin)| {
            pin.digest == digest || pin.platforms.values().any(|have| have == digest)
        });
        match held {
            true => Ok(()),
            false => Err(Error::new(format!(
                "{}: the frontend that runs, `{running}` at {digest}, is not the one in the lock (pin it with `rdf pin {}`, or accept it with `rdf lock --update`)",
                self.name, self.dockerfile
            ))),
        }
    }

    /// What hermetic builds refuse in the text already.
    pub(in crate::frontend::dockerfile) fn check_hermetic(
        &self,
        document: &Document,
        options: &Options,
        info: &SourceInfo,
    ) -> Result<()> {
        if self.mode != Mode::Hermetic {
            return Ok(());
        }
        let stages = document.source().parsed().dockerfile.stages.iter();
        for instruction in stages.flat_map(|stage| &stage.instructions) {
            let Instruction::Run(run) = instruction else {
                continue;
            };
            let asked = run.meta.flags.iter().find(|flag| &*flag.name == "network");
            if let Some(mode) = asked
                .and_then(|flag| flag.value.as_deref())
                .filter(|mode| *mode != "none")
            {
                let message = format!(
                    "a hermetic build has no network, and this RUN asks for --network={mode} (fetch what it needs with ADD, and lock it)"
                );
                return Err(problem::at(Error::new(message), info, &[run.meta.location]));
            }
        }
        if let Some((name, spec)) = options.client.contexts.iter().find(|(name, spec)| {
            *name != super::LOCK_CONTEXT
                && ["local:", "input:", "oci-layout:"]
                    .iter()
                    .any(|scheme| spec.starts_with(scheme))
        }) {
            return Err(Error::new(format!(
                "a hermetic build takes nothing of the client but the context, and the context `{name}` is {spec}"
            )));
        }
        Ok(())
    }

    /// The reference to ask for; an error where there is none and there must be.
    pub(in crate::frontend::dockerfile) fn image(
        &self,
        need: &ImageNeed,
        strict: bool,
        builder: Option<&Platform>,
    ) -> Result<String, AnswerError> {
        if need.oci_store.is_some() {
            return Ok(need.reference.clone());
        }
        let platform = need
            .platform
            .as_ref()
            .map(|platform| platform.normalized().format_all());
        // The digest holds the content for every platform; that of the builder may be new.
        let builders = builder.map(|builder| builder.normalized().format_all());
        let platform = platform.filter(|platform| Some(platform) != builders.as_ref());
        let why = match self.lock.pin_image(&need.reference, platform.as_deref()) {
            PinnedImage::Reference(pinned) => return Ok(pinned),
            PinnedImage::Contradicted(digest) => format!("the lock holds it to {digest}"),
            PinnedImage::OtherPlatform => {
                format!("it is not locked for {}", platform.unwrap_or_default())
            }
            PinnedImage::Missing => "it is not in the lock".to_owned(),
        };
        match strict && self.mode.is_strict() {
            false => Ok(need.reference.clone()),
            true => Err(AnswerError::new(format!(
                "{}: {why} (run `rdf lock {}`)",
                self.name, self.dockerfile
            ))),
        }
    }

    /// The graph with its pins.
    pub(in crate::frontend::dockerfile) fn pin(
        &self,
        definition: Definition,
        exempt: &Exempt,
        info: &SourceInfo,
    ) -> Result<Pinned> {
        let pinned = self
            .lock
            .pin_definition(definition, |source| exempt.has(source))
            .map_err(|error| Error::new(error.to_string()))?;
        if !self.mode.is_strict() {
            return Ok(pinned);
        }
        if let Some(unpinned) = pinned.unpinned.first() {
            let message = format!(
                "{}: {} (run `rdf lock {}`)",
                self.name, unpinned.message, self.dockerfile
            );
            return Err(located(Error::new(message), info, &unpinned.lines));
        }
        if self.mode == Mode::Hermetic {
            let open = pinned.definition.runs_with_other_network(NetMode::None);
            if let Some(lines) = open.map_err(|error| Error::new(error.to_string()))?.first() {
                return Err(located(
                    Error::new("a hermetic build has no network, and this RUN would have one"),
                    info,
                    lines,
                ));
            }
        }
        Ok(pinned)
    }

    /// The second belt: the daemon itself refuses every other source.
    pub(in crate::frontend::dockerfile) fn policy(
        &self,
        sources: &[SourceDescription],
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
        let others: BTreeSet<&str> = sources
            .iter()
            .map(|(identifier, _)| identifier.as_str())
            .filter(|identifier| !identifier.starts_with("local://"))
            .collect();
        let others = others.into_iter();
        rules.extend(
            others.map(|identifier| rule(PolicyAction::Allow, identifier, MatchType::Exact)),
        );
        vec![Policy { version: 1, rules }]
    }

    /// What a hermetic result must have.
    pub(in crate::frontend::dockerfile) fn check_result(&self, lowered: &Lowered) -> Result<()> {
        match self.mode == Mode::Hermetic && lowered.epoch.is_none() {
            true => Err(Error::new(
                "a hermetic build needs SOURCE_DATE_EPOCH: --build-arg SOURCE_DATE_EPOCH=…",
            )),
            false => Ok(()),
        }
    }

    /// Whether the graph must be built before it is returned: only a failure that comes back to us can be
    /// explained.
    pub(in crate::frontend::dockerfile) fn evaluates(&self, sources: &[SourceDescription]) -> bool {
        self.mode == Mode::Hermetic
            || sources
                .iter()
                .any(|(_, attrs)| attrs.contains_key("http.checksum"))
    }

    /// The error of a failed step, with what the lock has to do with it.
    pub(in crate::frontend::dockerfile) fn explain(
        &self,
        error: Error,
        definition: &Definition,
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
            let sources = definition.located_sources().unwrap_or_default().into_iter();
            let places = sources.filter(|((id, _), _)| urls.contains(&id.as_str()));
            lines.extend(places.flat_map(|(_, lines)| lines));
            format!(
                "what {} gives is not what the lock holds: the file has changed, or the server answers with an \
                 error page; look at it, then accept it with `rdf lock --update {}`",
                urls.join(" or "),
                urls.first().unwrap_or(&"URL")
            )
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

/// How daemons call a `RUN` that failed, newer and older ones.
const FAILED_STEP: [&str; 2] = ["did not complete successfully", "executor failed running"];

fn located(error: Error, info: &SourceInfo, lines: &[LineRange]) -> Error {
    if lines.is_empty() {
        error
    } else {
        problem::at(error, info, lines)
    }
}
