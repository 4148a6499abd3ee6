//! From compilations to what they take.

use std::collections::BTreeSet;

use super::{Collected, ImageQuestion, Problem};
use crate::compile::{
    Answer, Answers, CompileError, Compiled, Lowered, Need, Options, RemoteSource,
};
use crate::image::Platform;
use crate::lock::model::GitKey;
use crate::lock::role::ImageRole;
use crate::lock::verify::show;
use crate::source::LineRange;

impl Collected {
    /// Adds what compilations take, which went by `answers`.
    pub(crate) fn add_compiled<'c>(
        &mut self,
        compiled: impl IntoIterator<Item = (&'c Options, &'c Compiled)>,
        answers: &Answers,
    ) {
        let mut builders: Vec<Platform> = Vec::new();
        for (options, compiled) in compiled {
            builders.push(options.client.builder());
            let taken = self.add_result(compiled);
            self.add_variant(options, &options.client.build_platform, &taken);
        }
        self.add_answers(answers, &builders);
    }

    /// Adds what one compilation takes, or why it has failed; gives the names of it all.
    pub(super) fn add_result(&mut self, compiled: &Compiled) -> BTreeSet<String> {
        match &compiled.result {
            Ok(lowered) => self.add_uses(lowered),
            Err(error) => {
                self.problems.insert(Problem::from(error));
                BTreeSet::from([error.to_string()])
            }
        }
    }

    pub(super) fn add_variant(
        &mut self,
        options: &Options,
        builder: &Platform,
        taken: &BTreeSet<String>,
    ) {
        let target = options.target_platform.as_ref();
        self.variants.insert((
            options.client.target.clone(),
            target.map_or(String::new(), Platform::format_all),
            builder.format_all(),
            taken.clone(),
        ));
    }

    /// Adds what was asked on the way, by daemons of these platforms.
    pub(super) fn add_answers(&mut self, answers: &Answers, builders: &[Platform]) {
        for (need, answer) in answers.iter() {
            match (need, answer) {
                (Need::Image(image), _) if image.oci_store.is_none() => {
                    for question in ImageQuestion::of(image, builders) {
                        let seen = self.images.entry(question.reference).or_default();
                        seen.platforms.insert(question.platform);
                        let context = image.context.iter();
                        seen.used_by
                            .extend(context.cloned().map(ImageRole::Context));
                    }
                }
                (Need::Pin(source), Answer::Pin(None)) => self.add_remote(source, "", None),
                _ => {}
            }
        }
    }

    /// Adds what a compiled Dockerfile takes; gives the names of it all.
    fn add_uses(&mut self, lowered: &Lowered) -> BTreeSet<String> {
        let mut taken = BTreeSet::new();
        for image in &lowered.image_uses {
            let seen = self.images.entry(image.reference.clone()).or_default();
            seen.used_by.insert(image.kind.into());
            seen.lines.extend(image.location);
            taken.insert(image.reference.clone());
        }
        for (key, location) in &lowered.context_uses {
            let places = self.contexts.entry(key.clone()).or_default();
            places.extend(*location);
        }
        for used in &lowered.remote_uses {
            taken.insert(show(&used.source));
            self.add_remote(&used.source, &used.checksum, used.location);
        }
        taken
    }

    /// Adds a source over the network, of which `checksum` is demanded.
    pub(crate) fn add_remote(
        &mut self,
        source: &RemoteSource,
        checksum: &str,
        location: Option<LineRange>,
    ) {
        let seen = match source {
            RemoteSource::Git { remote, reference } => {
                let key = GitKey {
                    remote: remote.clone(),
                    reference: reference.clone(),
                };
                self.git.entry(key).or_default()
            }
            RemoteSource::Http { url } => self.http.entry(url.clone()).or_default(),
        };
        seen.add(checksum, location);
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
