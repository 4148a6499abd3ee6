//! Which places of the file bring what in from outside.

use super::sources::source_span;
use super::{Plan, PlannedStage};
use crate::collect::sort_small;
use crate::source::{LineRange, Span};
use crate::syntax::Instruction;

/// How an instruction uses an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl Plan<'_> {
    /// The images that the target needs, sorted, each with every place that names it.
    pub(crate) fn image_uses(&self) -> Vec<ImageUse> {
        let mut uses = Vec::new();
        for (stage, _) in self
            .stages
            .values()
            .zip(self.reachable.values())
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
        sort_small(&mut uses, Ord::cmp);
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
                    let source = &self.stages[*source];
                    let reference = source.image.clone().filter(|_| source.is_stand_in())?;
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
