//! Which places of the file bring what in from outside.

use super::sources::source_span;
use super::{Plan, PlannedStage};
use crate::llb::{Constraints, HttpOptions, State};
pub use crate::remote::RemoteSource;
use crate::remote::{GitSource, Pin};
use crate::source::{LineRange, Span};
use crate::syntax::Instruction;

/// How an instruction uses an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum UseKind {
    /// `FROM`.
    From,
    /// `COPY --from=`.
    CopyFrom,
    /// `RUN --mount=from=`.
    RunMount,
    /// An instruction that an ONBUILD trigger brought.
    Onbuild,
}

/// One place that names an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageUse {
    /// The image, normalised, with tag or digest.
    pub reference: String,
    /// How it is used.
    pub kind: UseKind,
    /// Lines of the instruction; for a trigger, of the `FROM` that fires it.
    pub location: Option<LineRange>,
    /// Where it is named: the base, the value of `--from`, the mount; none for a trigger.
    pub span: Option<Span>,
}

/// One place that names a source over the network that is no image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteUse {
    /// The source.
    pub source: RemoteSource,
    /// The commit or digest that is demanded there, a commit perhaps only by its beginning; empty without one.
    pub checksum: String,
    /// Lines of the instruction; for a trigger, of the `FROM` that fires it.
    pub location: Option<LineRange>,
    /// The answers hold it to a commit or digest, and `checksum` does not contradict.
    pub pinned: bool,
    /// Identifier of the op that it became.
    pub identifier: String,
}

impl RemoteUse {
    /// A repository that `location` names. With `pin`, if that is not contradicted, its commit is taken.
    pub(crate) fn git(
        mut source: GitSource,
        pin: Option<&Pin>,
        location: Option<LineRange>,
        constraints: Constraints,
    ) -> (Self, State) {
        let (named, checksum) = (source.remote_source(), source.checksum.clone());
        let pinned = pin.is_some_and(|pin| source.pin(pin));
        let state = source.state(constraints);
        RemoteUse::of(named, checksum, pinned, location, state)
    }

    /// A file that `location` names; `options` have the checksum that is demanded. With `pin`, if that is not
    /// contradicted, it must have that digest.
    pub(crate) fn http(
        url: &str,
        mut options: HttpOptions,
        pin: Option<&Pin>,
        location: Option<LineRange>,
    ) -> (Self, State) {
        let checksum = options.checksum.clone();
        let pin = pin.filter(|pin| pin.agrees(&checksum));
        if let Some(Pin::Digest(digest)) = pin {
            options.checksum.clone_from(digest);
        }
        let state = State::http(url, options);
        let source = RemoteSource::http(url);
        RemoteUse::of(source, checksum, pin.is_some(), location, state)
    }

    fn of(
        source: RemoteSource,
        checksum: String,
        pinned: bool,
        location: Option<LineRange>,
        state: State,
    ) -> (Self, State) {
        let used = RemoteUse {
            source,
            checksum,
            location,
            pinned,
            identifier: state.source_identifier().unwrap_or_default().to_owned(),
        };
        (used, state)
    }
}

impl Plan<'_> {
    /// The images that the target needs, sorted, each with every place that names it.
    pub(crate) fn image_uses(&self) -> Vec<ImageUse> {
        let mut uses = Vec::new();
        for (stage, _) in self
            .stages
            .iter()
            .zip(&self.reachable)
            .filter(|(_, needed)| **needed)
        {
            if let (Some(image), false) = (&stage.image, stage.is_stand_in()) {
                uses.push(ImageUse {
                    reference: image.clone(),
                    kind: UseKind::From,
                    location: stage.location,
                    span: stage.span,
                });
            }
            uses.extend(self.uses_in(stage));
        }
        uses.sort();
        uses.dedup_by(|a, b| {
            (&a.reference, a.kind, a.location) == (&b.reference, b.kind, b.location)
        });
        uses
    }

    fn uses_in<'p>(&'p self, stage: &'p PlannedStage<'_>) -> impl Iterator<Item = ImageUse> + 'p {
        stage.instructions.iter().flat_map(move |planned| {
            let kind = match &*planned.instruction {
                _ if planned.is_onbuild() => UseKind::Onbuild,
                Instruction::Run(_) => UseKind::RunMount,
                _ => UseKind::CopyFrom,
            };
            let in_file = !planned.is_onbuild();
            planned
                .sources
                .iter()
                .enumerate()
                .filter_map(move |(at, source)| {
                    let source = self
                        .stages
                        .get(source.index())
                        .filter(|source| source.is_stand_in())?;
                    let reference = source.image.clone()?;
                    Some(ImageUse {
                        reference,
                        kind,
                        location: Some(planned.instruction.meta().location),
                        span: source_span(&planned.instruction, at).filter(|_| in_file),
                    })
                })
        })
    }
}
