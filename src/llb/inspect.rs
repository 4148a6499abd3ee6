//! Questions about a finished definition.

#[cfg(feature = "compile")]
use super::OpDigest;
use super::{Definition, SourceDescription};
use crate::collect::CollectSmall as _;
use crate::llb::decode::{DecodeError, decode};
use crate::pb::ops as pb;
#[cfg(feature = "compile")]
use crate::source::LineRange;

impl Definition {
    /// Every op, in order.
    ///
    /// # Errors
    /// When an op is not a valid message.
    pub(crate) fn messages(&self) -> Result<Vec<pb::Op>, DecodeError> {
        let ops = self.ops.iter();
        ops.map(|(_, bytes)| decode::<pb::Op>(bytes)).collect()
    }

    /// Every source op, in order.
    ///
    /// # Errors
    /// When an op is not a valid message.
    pub fn sources(&self) -> Result<Vec<SourceDescription>, DecodeError> {
        let mut sources = Vec::new();
        for (_, bytes) in &self.ops {
            let op = decode::<pb::Op>(bytes)?;
            if let Some(pb::op::Op::Source(source)) = op.op {
                let attrs = source
                    .attrs
                    .into_iter()
                    .map(|entry| (entry.key, entry.value));
                sources.push(SourceDescription {
                    identifier: source.identifier,
                    attrs: attrs.collect_small(),
                });
            }
        }
        Ok(sources)
    }

    /// Every step that runs a process, with the lines of its instruction.
    ///
    /// # Errors
    /// When an op is not a valid message.
    #[cfg(feature = "compile")]
    pub(crate) fn steps(&self) -> Result<Vec<(pb::ExecOp, Option<LineRange>)>, DecodeError> {
        let mut steps = Vec::new();
        for (digest, bytes) in &self.ops {
            let op = decode::<pb::Op>(bytes)?;
            if let Some(pb::op::Op::Exec(exec)) = op.op {
                steps.push((exec, self.first_lines(digest)));
            }
        }
        Ok(steps)
    }

    /// The lines that an op comes from, from the first to the last of its first place.
    #[cfg(feature = "compile")]
    pub(crate) fn first_lines(&self, digest: &OpDigest) -> Option<LineRange> {
        let location = self.source.as_ref()?.locations.get(digest)?.first()?;
        let line = |line: i32| u32::try_from(line).ok().filter(|line| *line > 0);
        let starts = location.ranges.iter().filter_map(|it| line(it.start.line));
        let ends = location.ranges.iter().filter_map(|it| line(it.end.line));
        let start = starts.min()?;
        Some(LineRange::new(
            start,
            ends.max().unwrap_or(start).max(start),
        ))
    }
}
