//! Everything that a new lock needs to know, found out with an old lock in hand.
//!
//! As `rdf lock` does it: a pin that the old lock has stays, and what failed does not hide the rest.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};

use super::ask;
use crate::gateway::{Bridge, Error, Result};
use crate::image::Platform;
use crate::lock::collect::{Collected, Document, Facts, ImageQuestion, Walk};
use crate::lock::model::{
    ConfigFacts, GitKey, ImageLookup, ImagePin, has_credentials, pinned_reference,
};
use crate::lock::update::{Resolutions, ResolvedHttp, ResolvedImage};
use crate::lock::verify::show_git;
use crate::lock::{Inputs, Lock};

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// What the build takes.
    pub(super) collected: Collected,
    /// What the configs say.
    pub(super) facts: Facts,
    /// What the sources are now.
    pub(super) resolutions: Resolutions,
    /// What could not be found out, by source.
    pub(super) failures: BTreeMap<String, Error>,
}

/// Walks through `document` for `inputs`, and asks the daemon about every source.
pub(super) async fn gather(
    bridge: &dyn Bridge,
    document: &Document,
    inputs: &Inputs,
    old: &Lock,
    host: &Platform,
) -> Gathered {
    let mut gathered = Gathered::default();
    let mut walk = Walk::new(document, inputs, host);
    loop {
        let questions = walk.questions();
        if questions.is_empty() {
            break;
        }
        for (question, answer) in images(bridge, old, questions).await {
            let known = gathered.take(&question, answer);
            if let Some(known) = &known {
                gathered.facts.insert(question.clone(), known.clone());
            }
            walk.answer(question, known);
        }
    }
    gathered.collected = walk.finish();
    gathered.rest(bridge, old).await;
    gathered
}

type Answered = (ImageQuestion, Result<(ResolvedImage, ConfigFacts)>);

async fn images(
    bridge: &dyn Bridge,
    old: &Lock,
    questions: impl IntoIterator<Item = ImageQuestion>,
) -> Vec<Answered> {
    let asks = questions.into_iter().map(|question| async move {
        let answer = image(bridge, old, &question).await;
        (question, answer)
    });
    join_all(asks).await
}

async fn image(
    bridge: &dyn Bridge,
    old: &Lock,
    question: &ImageQuestion,
) -> Result<(ResolvedImage, ConfigFacts)> {
    let pin = match old.image(&question.reference) {
        ImageLookup::Found(key, pin) => pinned_reference(key, pin).map(|pinned| (pinned, pin)),
        _ => None,
    };
    let reference = pin
        .as_ref()
        .map_or(question.reference.as_str(), |(pinned, _)| pinned);
    let tag = pin.as_ref().and_then(|(_, pin)| pin.tag.clone());
    match (ask::image(bridge, reference, question).await, pin) {
        (Ok(image), _) => {
            let platforms = BTreeMap::from([(question.platform.clone(), image.config)]);
            let found = ResolvedImage {
                tag,
                digest: image.digest,
                platforms,
            };
            Ok((found, image.facts))
        }
        // A pin whose image is gone is still a pin: what is remembered of it has to do.
        (Err(_), Some((_, pin))) => Ok(remembered(question, pin)),
        (Err(error), None) => Err(error),
    }
}

fn remembered(question: &ImageQuestion, pin: &ImagePin) -> (ResolvedImage, ConfigFacts) {
    let found = ResolvedImage {
        tag: pin.tag.clone(),
        digest: pin.digest.clone(),
        platforms: pin.platforms.clone(),
    };
    let facts = pin.config.get(&question.platform).cloned();
    (found, facts.unwrap_or_default())
}

impl Gathered {
    /// Takes an answer in; gives what the config says.
    fn take(
        &mut self,
        question: &ImageQuestion,
        answer: Result<(ResolvedImage, ConfigFacts)>,
    ) -> Option<ConfigFacts> {
        let (found, facts) = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.failures.insert(question.reference.clone(), error);
                return None;
            }
        };
        match self.resolutions.images.get_mut(&question.reference) {
            Some(have) if have.digest == found.digest => have.platforms.extend(found.platforms),
            _ => drop(
                self.resolutions
                    .images
                    .insert(question.reference.clone(), found),
            ),
        }
        Some(facts)
    }

    /// What the walk does not ask about: the frontend and the scanner, git sources, files.
    async fn rest(&mut self, bridge: &dyn Bridge, old: &Lock) {
        let mut questions = Vec::new();
        for (reference, seen) in &self.collected.images {
            let known = self.resolutions.images.contains_key(reference)
                || self.failures.contains_key(reference);
            if !known {
                questions.extend(seen.platforms.iter().map(|platform| ImageQuestion {
                    reference: reference.clone(),
                    platform: platform.clone(),
                }));
            }
        }
        let keys: Vec<GitKey> = self
            .collected
            .git
            .keys()
            .filter(|key| old.git_pin(key).is_none())
            .cloned()
            .collect();
        let git = async {
            let mut answers = Vec::with_capacity(keys.len());
            // One after the other: they share the daemon's copy of a repository.
            for key in keys {
                let answer = match has_credentials(&key.remote) {
                    true => Err(Error::new(
                        "a git URL with credentials is not locked: they would end up in the lock",
                    )),
                    false => ask::git(bridge, &key).await,
                };
                answers.push((key, answer));
            }
            answers
        };
        let urls = self.files(old);
        let http = join_all(urls.into_iter().map(|url| async move {
            let answer = ask::http(bridge, &url).await;
            (url, answer)
        }));
        let (images, (git, http)) = join(images(bridge, old, questions), join(git, http)).await;
        for (question, answer) in images {
            self.take(&question, answer);
        }
        for (key, answer) in git {
            match answer {
                Ok(found) => drop(self.resolutions.git.insert(key, found)),
                Err(error) if has_credentials(&key.remote) => {
                    drop(self.failures.insert(key.reference, error))
                }
                Err(error) => drop(
                    self.failures
                        .insert(show_git(&key.remote, &key.reference), error),
                ),
            }
        }
        for (url, answer) in http {
            match answer {
                Ok(found) => drop(self.resolutions.http.insert(url, found)),
                Err(error) => drop(self.failures.insert(url, error)),
            }
        }
    }

    /// The files to ask about; a checksum in the Dockerfile is taken as it is.
    fn files(&mut self, old: &Lock) -> Vec<String> {
        let mut open = Vec::new();
        for (url, seen) in &self.collected.http {
            let pin = old.http.get(url);
            match seen.checksum() {
                Some(given) if pin.is_none_or(|pin| pin.digest != given) => {
                    let found = ResolvedHttp {
                        digest: given.to_owned(),
                        size: None,
                    };
                    self.resolutions.http.insert(url.clone(), found);
                }
                None if pin.is_none_or(|pin| pin.given) => open.push(url.clone()),
                _ => {}
            }
        }
        open
    }
}
