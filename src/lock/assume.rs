//! Answers without asking anyone: what a lock remembers of images, and assumptions about the rest.

use super::Lock;
use super::apply::PinnedImage;
use super::collect::ImageQuestion;
use super::model::ConfigFacts;
use super::verify::facts_in;
use crate::compile::{Answer, ImageAnswer, ImageMeta, Need};
use crate::image::{Platform, Timestamp};
use crate::llb::State;

/// Answers `need`. Images are known as far as `lock` remembers them: their digest, their triggers, the variables that
/// reach sources. `platform` is that of an image which is asked for without one.
pub fn assume(need: &Need, platform: &Platform, lock: Option<&Lock>) -> Answer {
    match need {
        Need::Image(need) => {
            let platform = need.platform.as_ref().unwrap_or(platform);
            let question = ImageQuestion::new(&need.reference, platform);
            let facts = lock.and_then(|lock| facts_in(lock, &question));
            let pinned = lock.map(|lock| lock.pin_image(&need.reference, Some(&question.platform)));
            let digest = match pinned {
                Some(PinnedImage::Pinned { digest, .. }) => Some(digest),
                _ => None,
            };
            Answer::Image(Ok(stand_in(&question, digest, &facts.unwrap_or_default())))
        }
        Need::ContextIgnoreFile { .. } | Need::NamedContextIgnoreFile { .. } => {
            Answer::File(Ok(None))
        }
        // Another build's result: its sources are in that build's lock.
        Need::Input { .. } => Answer::Input(Ok(Some(State::scratch()))),
        Need::SourceTime { .. } => Answer::Time(Ok(Some(Timestamp::from_unix(0)))),
        Need::Pin(source) => Answer::Pin(lock.and_then(|lock| lock.pin(source))),
    }
}

/// An image whose config has nothing but the facts; it has a layer, so that the image stays in the graph.
pub(super) fn stand_in(
    question: &ImageQuestion,
    digest: Option<String>,
    facts: &ConfigFacts,
) -> ImageAnswer {
    let host = Platform::new("linux", "amd64");
    let platform = Platform::parse(&question.platform, &host).unwrap_or(host);
    let config = facts.invented_config(&platform);
    ImageAnswer::Found(ImageMeta {
        reference: question.reference.clone(),
        digest,
        config: config.to_json().into_bytes().into(),
    })
}
