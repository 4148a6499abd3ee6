//! What mends a finding: one file for each rule that can be mended, and the machine that makes the changes.
//!
//! A fix is offered only where the build stays what it is, but for what the rule is about. That is also
//! tried before a change is kept: the changed file is compiled, and must have the same ops and no finding
//! that was not there before.

mod apply;
mod casing;
mod empty_continuation;
mod exec_form;
mod expose_proto;
mod key_value;
mod maintainer;
mod redundant_platform;
mod workdir;

pub use apply::{Fixed, Refused, fix};
pub(super) use empty_continuation::empty_lines;

use super::images::Images;
use super::index::{Index, Item};
use crate::lint::{Rule, rules};
use crate::plan::ImageUse;
use crate::source::{Edit, Escape};

/// A way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, an imperative: "write `RUN`".
    pub title: String,
    /// The changes.
    pub edits: Vec<Edit>,
    /// Why it might change what is built: made only when asked for.
    pub doubt: Option<String>,
}

impl Fix {
    fn new(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Fix {
            title: title.into(),
            edits,
            doubt: None,
        }
    }
}

/// A fix, or why there is none.
pub(super) type Offer = Result<Fix, String>;

/// What fixes look at.
pub(super) struct Scene<'d> {
    pub bytes: &'d [u8],
    pub index: &'d Index<'d>,
    pub images: &'d Images,
    pub uses: &'d [ImageUse],
}

impl Scene<'_> {
    fn escape(&self) -> Escape {
        self.index.dockerfile.escape
    }

    /// Shells and paths are those of Windows, most likely.
    fn is_windows(&self) -> bool {
        self.escape() == Escape::Backtick
    }
}

/// The fix for what `rule` found in an instruction; none for a rule that nothing mends.
pub(super) fn offer(rule: &Rule, item: Item<'_>, scene: &Scene<'_>) -> Option<Offer> {
    let is = |other: &Rule| rule.name == other.name;
    Some(match item {
        _ if is(&rules::consistent_instruction_casing::RULE) => casing::keyword(item, scene),
        Item::Stage(_, stage) if is(&rules::from_as_casing::RULE) => {
            casing::as_keyword(stage, scene)
        }
        Item::Stage(_, stage) if is(&rules::stage_name_casing::RULE) => {
            casing::stage_name(stage, scene)
        }
        Item::Stage(_, stage) if is(&rules::redundant_target_platform::RULE) => {
            redundant_platform::offer(stage, scene)
        }
        _ if is(&rules::no_empty_continuation::RULE) => empty_continuation::offer(item, scene),
        Item::Instruction(stage, instruction) => {
            return for_instruction(rule, stage, instruction, scene);
        }
        _ => return None,
    })
}

fn for_instruction(
    rule: &Rule,
    stage: usize,
    instruction: &crate::syntax::Instruction,
    scene: &Scene<'_>,
) -> Option<Offer> {
    use crate::syntax::Instruction;
    let is = |other: &Rule| rule.name == other.name;
    Some(match instruction {
        Instruction::Env(it) if is(&rules::legacy_key_value_format::RULE) => {
            key_value::offer(&it.meta, &it.pairs, scene)
        }
        Instruction::Label(it) if is(&rules::legacy_key_value_format::RULE) => {
            key_value::offer(&it.meta, &it.pairs, scene)
        }
        Instruction::Cmd(it) if is(&rules::json_args_recommended::RULE) => {
            exec_form::cmd(stage, it, scene)
        }
        Instruction::Entrypoint(it) if is(&rules::json_args_recommended::RULE) => {
            exec_form::entrypoint(stage, it, scene)
        }
        Instruction::Workdir(it) if is(&rules::workdir_relative_path::RULE) => {
            workdir::offer(stage, it, scene)
        }
        Instruction::Maintainer(it) if is(&rules::maintainer_deprecated::RULE) => {
            maintainer::offer(stage, it, scene)
        }
        Instruction::Expose(it) if is(&rules::expose_proto_casing::RULE) => {
            expose_proto::offer(it, scene)
        }
        _ => return None,
    })
}
