//! A Dockerfile on its way to a new lock: what is known of it, and what is still to ask.

use std::collections::{BTreeMap, BTreeSet};

use super::args::LockArgs;
use super::file::Subject;
use super::report::Report;
use super::world::{self, FoundImage, ImagePlan, World};
use crate::cli::inputs::Input;
use crate::cli::variant::host;
use crate::compile::Pin;
use crate::lock::collect::{Collected, Document, Facts, ImageQuestion, Walk, collect_offline};
use crate::lock::directive::{bounds_at, directives};
use crate::lock::model::{ConfigFacts, GitKey, ImageLookup, pinned_reference};
use crate::lock::update::Resolutions;
use crate::lock::verify::{facts_in, show_git};
use crate::lock::version::Bounds;
use crate::lock::{Inputs, Lock, edit};
use crate::registry::Error;
use crate::source::LineRange;

/// A file on its way to a new lock.
pub(super) struct Job {
    pub(super) subject: Subject,
    pub(super) input: Input,
    /// The Dockerfile had pins of `rdf pin` in it, which are taken out here and written anew.
    pub(super) is_pinned: bool,
    pub(super) inputs: Inputs,
    pub(super) old: Lock,
    /// The pins are those of a provenance: what is not among them is not locked, and nobody has seen their configs.
    pub(super) is_given: bool,
    /// The lock as it is in the file.
    pub(super) before: Lock,
    /// Where each source is named, as far as the old lock lets us see.
    pub(super) lines: BTreeMap<String, BTreeSet<LineRange>>,
    pub(super) levels: Vec<crate::lock::directive::Directive>,
    pub(super) facts: Facts,
    pub(super) resolutions: Resolutions,
    pub(super) collected: Collected,
}

/// What of the `# rdf:` comments cannot be read.
pub(super) fn tell_directives(subject: &Subject, report: &mut Report) {
    for directive in directives(&subject.document.source().parsed().dockerfile) {
        if let Some(problem) = &directive.problem {
            let (line, column) = directive.place(subject.document.bytes(), &problem.word);
            let (file, message) = (&subject.shown, &problem.message);
            report.note(format!("{file}:{line}:{column}: {message}"));
        }
    }
}

impl Job {
    pub(super) fn new(
        args: &LockArgs,
        input: Input,
        mut subject: Subject,
        inputs: Inputs,
        given: Option<&Lock>,
    ) -> Self {
        let before = subject.lock.clone().unwrap_or_default();
        let is_given = given.is_some();
        let old = match given {
            Some(given) => Lock {
                inputs: inputs.clone(),
                images: given.images.clone(),
                git: given.git.clone(),
                http: given.http.clone(),
                ..before.clone()
            },
            None => before.clone(),
        };
        // An update moves what the author wrote, not the digest that `rdf pin` put in its place.
        let moves = args.update.is_some() || !args.precise.is_empty();
        let plain = Some(edit::unpin(&subject.document, &old))
            .filter(|plain| moves && !old.pinned.is_empty() && plain.changes > 0);
        let is_pinned = plain.is_some();
        if let Some(plain) = plain {
            subject.document = Document::new(subject.shown.clone(), plain.bytes);
        }
        let seen = collect_offline(&subject.document, &inputs, &host(), |question| {
            facts_in(&old, question)
        });
        let images = seen.images.into_iter().map(|(key, seen)| (key, seen.lines));
        let git = seen
            .git
            .into_iter()
            .map(|(key, seen)| (show_git(&key.remote, &key.reference), seen.lines));
        let http = seen.http.into_iter().map(|(key, seen)| (key, seen.lines));
        let lines = images.chain(git).chain(http).collect();
        let levels = directives(&subject.document.source().parsed().dockerfile);
        Job {
            subject,
            input,
            is_pinned,
            inputs,
            old,
            is_given,
            before,
            lines,
            levels,
            facts: Facts::new(),
            resolutions: Resolutions::default(),
            collected: Collected::default(),
        }
    }

    /// How to find out about an image.
    pub(super) fn plan(&self, args: &LockArgs, reference: &str) -> ImagePlan {
        let pin = match self.old.image(reference) {
            ImageLookup::Found(key, pin) => Some((key, pin)),
            _ => None,
        };
        let current = pin.and_then(|(_, pin)| pin.tag.clone());
        if let Some(wanted) = args
            .precise
            .iter()
            .find_map(|word| precise(word, reference))
        {
            return ImagePlan::Precise { wanted, current };
        }
        let asked = args.update.as_ref().is_some_and(|words| {
            words.is_empty() || words.iter().any(|word| names(word, reference))
        });
        if asked {
            let lines = self.lines.get(reference).cloned().unwrap_or_default();
            let (level, ignored) = bounds_at(&self.levels, &lines);
            return ImagePlan::Move {
                bounds: Bounds {
                    level: level.or(args.level).unwrap_or_default(),
                    pre_release: args.pre_release,
                    ignored,
                },
                current,
                held: pin.and_then(|(key, pin)| pinned_reference(key, pin)),
            };
        }
        match pin.and_then(|(key, pin)| {
            pinned_reference(key, pin).map(|pinned| (pinned, pin.tag.clone()))
        }) {
            Some((pinned, tag)) => ImagePlan::Keep { pinned, tag },
            None => ImagePlan::Move {
                bounds: Bounds::default(),
                current: None,
                held: None,
            },
        }
    }

    /// Whether the old lock holds the image for this platform.
    pub(super) fn covers(&self, reference: &str, platform: &str) -> bool {
        match self.old.image(reference) {
            ImageLookup::Found(_, pin) => pin.covers(platform),
            _ => false,
        }
    }

    /// What the old lock knows of an image that it holds for this platform.
    pub(super) fn remembers(&self, question: &ImageQuestion) -> Option<ConfigFacts> {
        // What nobody has seen is not remembered.
        facts_in(&self.old, question)
            .filter(|_| !self.is_given)
            .filter(|_| self.covers(&question.reference, &question.platform))
    }

    /// What the walk has to ask. What the lock remembers of a pin that is trusted is answered at once.
    pub(super) fn questions(
        &self,
        args: &LockArgs,
        world: &World<'_>,
        walk: &mut Walk<'_>,
        facts: &mut Facts,
    ) -> Vec<(ImagePlan, ImageQuestion)> {
        loop {
            let questions = walk.questions();
            let asked = questions.len();
            let mut open = Vec::new();
            for question in questions {
                let plan = self.plan(args, &question.reference);
                match self.remembers(&question).filter(|_| world.trusts(&plan)) {
                    Some(known) => {
                        facts.insert(question.clone(), known.clone());
                        walk.answer(question, Some(known));
                    }
                    None => open.push((plan, question)),
                }
            }
            // Answers may lead on; the walk has an end.
            if asked == 0 || !open.is_empty() {
                return open;
            }
        }
    }

    /// Why the old lock cannot be right about an image that it holds to the same digest.
    pub(super) fn contradiction(
        &self,
        reference: &str,
        platform: Option<&str>,
        found: &FoundImage,
    ) -> Option<Error> {
        let ImageLookup::Found(key, pin) = self.old.image(reference) else {
            return None;
        };
        if pin.digest != found.resolved.digest {
            return None;
        }
        let mut differ = world::differing(key, pin, &found.resolved.platforms);
        if let Some(platform) = platform
            && differ.is_none()
            && pin.platforms.contains_key(platform)
            && let Some(facts) = found.facts.get(platform)
        {
            let known = pin.config.get(platform).cloned().unwrap_or_default();
            differ = world::misremembered(key, platform, &known, facts);
        }
        differ
    }

    /// A checksum in the Dockerfile, and what the lock will hold of the repository, where these differ.
    pub(super) fn contradicted(&self, key: &GitKey) -> Option<(&str, Pin)> {
        let seen = self.collected.git.get(key)?;
        let pin = match self.resolutions.git.get(key) {
            Some(found) => Pin::Commit {
                commit: found.commit.clone(),
                tag_object: found.tag_object.clone(),
            },
            None => Pin::from(self.old.git_pin(key)?.1),
        };
        let given = seen.given.keys().find(|given| !pin.agrees(given))?;
        Some((given, pin))
    }

    /// Sources that a provenance does not have and the build needs.
    pub(super) fn not_given(&self) -> Vec<String> {
        if !self.is_given {
            return Vec::new();
        }
        let is_missing = |key: &&String| self.old.image(key) == ImageLookup::Missing;
        let images = self.collected.images.keys().filter(is_missing).cloned();
        let git = self
            .collected
            .git
            .keys()
            .filter(|key| self.old.git_pin(key).is_none());
        let git = git.map(|key| show_git(&key.remote, &key.reference));
        let http = self
            .collected
            .http
            .keys()
            .filter(|url| !self.old.http.contains_key(*url));
        images.chain(git).chain(http.cloned()).collect()
    }

    /// Whether an update was asked for this source that is not an image.
    pub(super) fn updates(&self, args: &LockArgs, subject: &str) -> bool {
        args.update.as_ref().is_some_and(|words| {
            words.is_empty() || words.iter().any(|word| named_otherwise(word, subject))
        })
    }
}

pub(super) fn keeps(plan: &ImagePlan) -> bool {
    matches!(plan, ImagePlan::Keep { .. })
}

/// Whether `word` means `reference`: `python`, `python:3.12`, or all of it.
pub(super) fn names(word: &str, reference: &str) -> bool {
    use crate::image::Reference;
    let (Ok(word), Ok(reference)) = (
        Reference::parse_normalized(word),
        Reference::parse_normalized(reference),
    ) else {
        return false;
    };
    word.name() == reference.name()
        && (word.is_name_only()
            || (word.tag() == reference.tag()
                && word
                    .digest()
                    .is_none_or(|digest| Some(digest) == reference.digest())))
}

/// Whether `word` means a source that is not an image: a URL, or a repository without its ref.
pub(super) fn named_otherwise(word: &str, subject: &str) -> bool {
    let rest = subject.strip_prefix(word);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

/// The tag or digest of `REF=…`, if it is for `reference`.
fn precise(word: &str, reference: &str) -> Option<String> {
    let (name, wanted) = word.split_once('=')?;
    names(name, reference).then(|| wanted.to_owned())
}
