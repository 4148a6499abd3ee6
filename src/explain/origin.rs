//! Which instruction sets what a step is surrounded by.

use super::steps::{ExplainedStep, Steps};
use crate::syntax::{ArgInstruction, Dockerfile, Instruction, InstructionMeta, Stage};

/// What an instruction may set for those after it.
pub(super) enum Setting {
    /// A variable of this name.
    Variable(String),
    /// The directory.
    Workdir,
    /// The user.
    User,
    /// The shell.
    Shell,
}

/// The last instruction before `step` that sets it: `ENV VERSION, line 3`. None if it comes from a base image
/// or from the client.
pub(super) fn find<I>(
    steps: &Steps<I>,
    step: &ExplainedStep<I>,
    setting: &Setting,
) -> Option<String> {
    let dockerfile = steps.dockerfile.as_ref()?;
    let line = step.lines?.start;
    let mut at = dockerfile
        .stages
        .iter()
        .rposition(|stage| stage.meta.location.start <= line)?;
    let mut before = line;
    // The stage, then the stages that it continues. Each comes before the other.
    loop {
        let stage = dockerfile.stages.get(at)?;
        let mut instructions = stage.instructions.iter().rev();
        let last = instructions.find(|instruction| {
            instruction.meta().location.start < before && sets(instruction, setting)
        });
        if let Some(instruction) = last {
            return Some(shown(dockerfile, instruction, setting));
        }
        match below(dockerfile, stage, at) {
            Some(below) => at = below,
            None => break,
        }
        before = u32::MAX;
    }
    None
}

/// The stage that a stage continues.
fn below(dockerfile: &Dockerfile, stage: &Stage, at: usize) -> Option<usize> {
    let base = stage.base_name.as_str();
    let mut earlier = dockerfile.stages.iter().take(at);
    earlier.rposition(|other| !other.name().is_empty() && other.name() == base)
}

fn sets(instruction: &Instruction, setting: &Setting) -> bool {
    match (instruction, setting) {
        (Instruction::Env(env), Setting::Variable(name)) => {
            env.pairs.iter().any(|pair| pair.key.as_str() == name)
        }
        (Instruction::Arg(arg), Setting::Variable(name)) => {
            arg.args.iter().any(|arg| arg.key.as_str() == name)
        }
        (Instruction::Workdir(_), Setting::Workdir)
        | (Instruction::User(_), Setting::User)
        | (Instruction::Shell(_), Setting::Shell) => true,
        _ => false,
    }
}

fn shown(dockerfile: &Dockerfile, instruction: &Instruction, setting: &Setting) -> String {
    let line = |meta: &InstructionMeta| meta.location.start;
    let at = line(instruction.meta());
    let Setting::Variable(name) = setting else {
        return format!("{}, line {at}", instruction.name());
    };
    // An ARG without a default takes that of the global one.
    let is_of = |arg: &&ArgInstruction| arg.args.iter().any(|it| it.key.as_str() == name);
    let global = match instruction {
        Instruction::Arg(arg) => {
            let bare = arg
                .args
                .iter()
                .any(|it| it.key.as_str() == name && it.value.is_none());
            dockerfile
                .meta_args
                .iter()
                .rev()
                .find(is_of)
                .filter(|_| bare)
        }
        _ => None,
    };
    match global {
        Some(global) => format!("ARG {name}, lines {} and {at}", line(&global.meta)),
        None => format!("{} {name}, line {at}", instruction.name()),
    }
}
