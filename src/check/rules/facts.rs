//! What rules of our own look at: the tree, the commands of each `RUN`, the images, what lies around.

use crate::check::Surroundings;
use crate::plan::ImageUse;
use crate::shell::{Command, Script, scripts_of};
use crate::syntax::{
    Argument, ArgumentError, Dockerfile, Instruction, Mount, MountKind, RunInstruction,
    ShellInstruction, parse_mount,
};

/// A Dockerfile as rules see it.
pub(in crate::check) struct Facts<'d> {
    pub bytes: &'d [u8],
    pub dockerfile: &'d Dockerfile,
    /// The images that the build takes, expanded; none where it does not compile.
    pub images: &'d [ImageUse],
    pub around: &'d Surroundings,
    /// Every `RUN`, in order.
    pub runs: Vec<Run<'d>>,
    /// By stage: it is an image that somebody could run, or below one, and not only copied from.
    shipped: Vec<bool>,
}

/// A `RUN` and its commands.
pub(in crate::check) struct Run<'d> {
    /// Index of its stage.
    pub stage: usize,
    pub run: &'d RunInstruction,
    pub scripts: Vec<Script>,
    pub mounts: Vec<Mount>,
    /// The shell that `SHELL` chose, if it did.
    pub shell: Vec<&'d str>,
}

impl<'d> Facts<'d> {
    pub(in crate::check) fn new(
        bytes: &'d [u8],
        dockerfile: &'d Dockerfile,
        images: &'d [ImageUse],
        around: &'d Surroundings,
    ) -> Self {
        Facts {
            bytes,
            dockerfile,
            images,
            around,
            runs: runs(bytes, dockerfile),
            shipped: shipped(dockerfile),
        }
    }

    /// Every instruction, with the index of its stage.
    pub(super) fn instructions(&self) -> impl Iterator<Item = (usize, &'d Instruction)> {
        let stages = self.dockerfile.stages.iter().enumerate();
        stages.flat_map(|(index, stage)| stage.instructions.iter().map(move |it| (index, it)))
    }

    /// Whether layers of a stage are layers of an image.
    pub(super) fn is_shipped(&self, stage: usize) -> bool {
        self.shipped.get(stage).copied().unwrap_or(true)
    }

    /// Whether `ENV` sets a variable in a stage.
    pub(super) fn sets_variable(&self, stage: usize, name: &str) -> bool {
        self.instructions().any(|(index, it)| match it {
            Instruction::Env(env) if index == stage => {
                env.pairs.iter().any(|pair| pair.key.as_str() == name)
            }
            _ => false,
        })
    }
}

impl Run<'_> {
    /// The commands, each with its script.
    pub(super) fn commands(&self) -> impl Iterator<Item = (&Script, &Command)> {
        self.scripts
            .iter()
            .flat_map(|script| script.commands.iter().map(move |command| (script, command)))
    }

    /// Whether one of the scripts says this.
    pub(super) fn says(&self, text: &str) -> bool {
        self.scripts.iter().any(|script| script.text.contains(text))
    }

    /// Whether files below a directory of such a name go to a mount that is no part of the layer.
    pub(super) fn keeps_out(&self, names: &[&str]) -> bool {
        self.mounts.iter().any(|mount| {
            matches!(mount.kind, MountKind::Cache | MountKind::Tmpfs)
                && names.iter().any(|name| mount.target.contains(name))
        })
    }

    /// Whether the shell is told something by a flag of `SHELL`, or by `set` in a script: a letter, or the
    /// name of an option.
    pub(super) fn sets(&self, script: &Script, letter: char, option: &str) -> bool {
        let flags = self.shell.iter().copied();
        if set_by(flags, letter, option) {
            return true;
        }
        script.commands.iter().any(|command| {
            // `set -e`, and what the shell of a heredoc is started with
            matches!(
                command.program(),
                Some("set" | "sh" | "bash" | "dash" | "ash")
            ) && set_by(command.texts().skip(1), letter, option)
        })
    }
}

fn set_by<'w>(words: impl Iterator<Item = &'w str>, letter: char, option: &str) -> bool {
    let mut named = false;
    for word in words {
        if named && word == option {
            return true;
        }
        let flags = word.strip_prefix('-').filter(|word| !word.starts_with('-'));
        named = flags.is_some_and(|flags| flags.ends_with('o'));
        if flags.is_some_and(|flags| flags.contains(letter)) {
            return true;
        }
    }
    false
}

fn runs<'d>(bytes: &[u8], dockerfile: &'d Dockerfile) -> Vec<Run<'d>> {
    let mut runs = Vec::new();
    for (stage, of_file) in dockerfile.stages.iter().enumerate() {
        let mut shell: Vec<&'d str> = Vec::new();
        for instruction in &of_file.instructions {
            match instruction {
                Instruction::Shell(it) => shell = words(it),
                Instruction::Run(run) => runs.push(Run {
                    stage,
                    run,
                    scripts: scripts_of(bytes, run, dockerfile.escape),
                    mounts: run.mounts.iter().filter_map(mount).collect(),
                    shell: shell.clone(),
                }),
                _ => {}
            }
        }
    }
    runs
}

fn words(shell: &ShellInstruction) -> Vec<&str> {
    shell.shell.iter().map(|word| word.as_str()).collect()
}

fn mount(written: &Argument) -> Option<Mount> {
    parse_mount::<ArgumentError>(written, |value| Ok(value.to_owned())).ok()
}

/// A stage counts if nothing in the file uses it, or if one that counts is built on it.
fn shipped(dockerfile: &Dockerfile) -> Vec<bool> {
    let stages = &dockerfile.stages;
    let find = |name: &str, before: usize| {
        let name = name.to_lowercase();
        let by_name = stages
            .iter()
            .take(before)
            .rposition(|stage| stage.name() == name);
        by_name.or_else(|| name.parse().ok().filter(|index| *index < before))
    };
    let mut used = vec![false; stages.len()];
    let mut below = vec![None; stages.len()];
    let mut mark = |found: Option<usize>| {
        if let Some(slot) = found.and_then(|index| used.get_mut(index)) {
            *slot = true;
        }
    };
    for (index, stage) in stages.iter().enumerate() {
        let base = stages.iter().take(index).rposition(|below| {
            below.name() == stage.base_name.to_lowercase() && !below.name().is_empty()
        });
        mark(base);
        if let Some(slot) = below.get_mut(index) {
            *slot = base;
        }
        for instruction in &stage.instructions {
            match instruction {
                Instruction::Copy(copy) => {
                    if let Some(from) = &copy.from {
                        mark(find(from, stages.len()));
                    }
                }
                Instruction::Run(run) => {
                    for mount in run.mounts.iter().filter_map(mount_from) {
                        mark(find(mount, stages.len()));
                    }
                }
                _ => {}
            }
        }
    }
    let mut shipped: Vec<bool> = used.iter().map(|used| !used).collect();
    for index in (0..shipped.len()).rev() {
        let base = below.get(index).copied().flatten();
        if shipped.get(index) == Some(&true)
            && let Some(slot) = base.and_then(|base| shipped.get_mut(base))
        {
            *slot = true;
        }
    }
    shipped
}

fn mount_from(mount: &Argument) -> Option<&str> {
    mount
        .as_str()
        .split(',')
        .find_map(|option| option.strip_prefix("from="))
}
