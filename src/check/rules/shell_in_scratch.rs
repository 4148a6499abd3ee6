//! # ShellInScratch
//!
//! ## What it does
//!
//! Finds commands in shell form in stages that begin with `scratch` and have no shell.
//!
//! ## Why it is bad
//!
//! A command in shell form is started by `/bin/sh`, and there is none.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM scratch
//! COPY server /server
//! CMD /server --port 80
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM scratch
//! COPY server /server
//! CMD ["/server", "--port", "80"]
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::syntax::Instruction;

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "ShellInScratch",
    "Commands of an image without a shell should be arrays",
)
.recommended();

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let stages = &facts.dockerfile.stages;
    for (index, stage) in stages.iter().enumerate() {
        let below = |stage: &usize| facts.below(*stage);
        let chain: Vec<usize> = std::iter::successors(Some(index), below).collect();
        let stages = || chain.iter().filter_map(|index| stages.get(*index));
        let is_scratch = stages()
            .next_back()
            .is_some_and(|stage| stage.base_name.as_str() == "scratch");
        if !is_scratch
            || stages()
                .flat_map(|stage| &stage.instructions)
                .any(may_bring_shell)
        {
            continue;
        }
        for instruction in &stage.instructions {
            let (command, meta) = match instruction {
                Instruction::Run(it) => (&it.command, &it.meta),
                Instruction::Cmd(it) => (&it.command, &it.meta),
                Instruction::Entrypoint(it) => (&it.command, &it.meta),
                _ => continue,
            };
            if command.shell && !command.args.is_empty() {
                let advice = Advice::at(
                    meta.keyword.span,
                    "started by `/bin/sh`, which does not exist",
                )
                .hint("write a JSON array: `[\"/program\", \"argument\"]`");
                let message = "a command needs a shell, and the image has none";
                findings.add(meta.location, message, advice);
            }
        }
    }
}

/// Whether an instruction may put a shell into the image, or chooses another.
fn may_bring_shell(instruction: &Instruction) -> bool {
    match instruction {
        Instruction::Shell(_) => true,
        // Archives are unpacked.
        Instruction::Add(_) => true,
        Instruction::Copy(copy) => {
            let dest = copy.paths.dest.trim_end_matches('/');
            let from_root = copy.paths.sources.iter().any(|source| {
                let source = source.trim_end_matches(['/', '*', '.']);
                source.is_empty()
                    || source.contains("bin")
                    || source.contains("rootfs")
                    || source.contains("busybox")
            });
            let to_root = matches!(dest, "" | "." | "/bin" | "/usr" | "/usr/bin" | "bin");
            from_root && to_root || dest.ends_with("/sh") || to_root && copy.from.is_some()
        }
        Instruction::Run(run) => !run.mounts.is_empty() || !run.command.shell,
        _ => false,
    }
}
