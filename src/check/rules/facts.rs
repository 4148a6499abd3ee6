//! What rules of our own look at: the tree, the commands of each `RUN`, the images, what lies around.

use std::collections::BTreeMap;

use crate::check::CheckInput;
use crate::plan::{ImageUse, UseKind};
use crate::shell::{Command, Script, scripts_of};
use crate::source::Escape;
use crate::syntax::{
    Argument, ArgumentError, Dockerfile, Instruction, Mount, MountKind, RunInstruction,
    ShellInstruction, Stage, parse_mount,
};

/// A Dockerfile as rules see it.
pub(in crate::check) struct Facts<'d> {
    pub bytes: &'d [u8],
    pub dockerfile: &'d Dockerfile,
    /// The images that the build takes, expanded; none where it does not compile.
    pub images: &'d [ImageUse],
    pub input: &'d CheckInput,
    /// Every `RUN`, in order.
    pub runs: Vec<Run<'d>>,
    /// By name of a variable, the stages with an `ENV` for it, and where the first begins.
    variables: BTreeMap<&'d str, BTreeMap<usize, u32>>,
    /// By stage, the one that it is built on.
    below: Vec<Option<usize>>,
    /// By stage: another one is built on it, or takes files from it.
    used: Vec<bool>,
    /// By stage: it is an image that somebody could run, or below one, and not only copied from.
    shipped: Vec<bool>,
}

/// A `RUN` and its commands.
pub(in crate::check) struct Run<'d> {
    /// Index of its stage.
    pub stage: usize,
    pub run: &'d RunInstruction,
    /// What a shell reads; none for shells that are not POSIX shells, which read other scripts.
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
        input: &'d CheckInput,
    ) -> Self {
        let below = below(dockerfile);
        let used = used(dockerfile, &below);
        Facts {
            bytes,
            dockerfile,
            images,
            input,
            runs: runs(bytes, dockerfile, images, &below),
            variables: variables(dockerfile),
            shipped: shipped(&used, &below),
            used,
            below,
        }
    }

    /// Every instruction, with the index of its stage.
    pub(super) fn instructions(&self) -> impl Iterator<Item = (usize, &'d Instruction)> {
        let stages = self.dockerfile.stages.iter().enumerate();
        stages.flat_map(|(index, stage)| stage.instructions.iter().map(move |it| (index, it)))
    }

    /// The image that a stage is built on in the end, as far as its name is known.
    pub(super) fn base_image(&self, stage: usize) -> Option<&'d str> {
        let below = |stage: &usize| self.below(*stage);
        let lowest = std::iter::successors(Some(stage), below).last()?;
        let stage = self.dockerfile.stages.get(lowest)?;
        let mut images = self.images.iter();
        let image = images.find(|image| {
            image.kind == UseKind::From && image.location == Some(stage.meta.location)
        });
        Some(image.map_or(stage.base_name.as_str(), |image| image.reference.as_str()))
    }

    /// The stage that a stage is built on.
    pub(super) fn below(&self, stage: usize) -> Option<usize> {
        self.below.get(stage).copied().flatten()
    }

    /// Whether a name is that of a stage that begins with `scratch`.
    pub(super) fn begins_with_scratch(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let mut stages = self.dockerfile.stages.iter().enumerate();
        let found = stages.rfind(|(_, stage)| !stage.name().is_empty() && stage.name() == name);
        found.is_some_and(|(index, _)| self.base_image(index) == Some("scratch"))
    }

    /// Whether another stage is built on a stage, or takes files from it.
    pub(super) fn is_used(&self, stage: usize) -> bool {
        self.used.get(stage).copied().unwrap_or(true)
    }

    /// Whether layers of a stage are layers of an image.
    pub(super) fn is_shipped(&self, stage: usize) -> bool {
        self.shipped.get(stage).copied().unwrap_or(true)
    }

    /// Whether `ENV` sets a variable before a `RUN`, in its stage or in one below it.
    pub(super) fn sets_variable(&self, run: &Run<'_>, name: &str) -> bool {
        let Some(stages) = self.variables.get(name) else {
            return false;
        };
        let first = stages.get(&run.stage);
        if first.is_some_and(|start| *start < run.run.meta.span.start) {
            return true;
        }
        let below = |stage: &usize| self.below(*stage);
        let mut stages_below = std::iter::successors(Some(run.stage), below).skip(1);
        stages_below.any(|stage| stages.contains_key(&stage))
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

    /// Whether files below a directory of such a name go to a mount that is not part of the layer.
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

fn runs<'d>(
    bytes: &[u8],
    dockerfile: &'d Dockerfile,
    images: &[ImageUse],
    below: &[Option<usize>],
) -> Vec<Run<'d>> {
    let mut runs = Vec::new();
    // By stage: the shell at its end, and whether it reads POSIX scripts.
    let mut shells: Vec<(Vec<&'d str>, bool)> = Vec::new();
    for (stage, of_file) in dockerfile.stages.iter().enumerate() {
        let base = below.get(stage).copied().flatten();
        let inherited = base.and_then(|base| shells.get(base)).cloned();
        let (mut shell, mut is_posix) =
            inherited.unwrap_or_else(|| (Vec::new(), !is_windows(dockerfile, of_file, images)));
        for instruction in &of_file.instructions {
            match instruction {
                Instruction::Shell(it) => {
                    shell = words(it);
                    is_posix = shell.iter().any(|word| is_posix_shell(word));
                }
                Instruction::Run(run) => runs.push(Run {
                    stage,
                    run,
                    scripts: match is_posix {
                        true => scripts_of(bytes, run, dockerfile.escape),
                        false => Vec::new(),
                    },
                    mounts: run.mounts.iter().filter_map(mount).collect(),
                    shell: shell.clone(),
                }),
                _ => {}
            }
        }
        shells.push((shell, is_posix));
    }
    runs
}

/// Whether the shell of a stage without `SHELL` is that of Windows: by the image, or by the escape token that is there
/// for its paths.
fn is_windows(dockerfile: &Dockerfile, stage: &Stage, images: &[ImageUse]) -> bool {
    let is_base = |image: &&ImageUse| {
        image.kind == UseKind::From && image.location == Some(stage.meta.location)
    };
    let name = match images.iter().find(is_base) {
        Some(image) => image.reference.as_str(),
        None => stage.base_name.as_str(),
    };
    let name = name.to_ascii_lowercase();
    let platform = stage.platform.as_ref().map_or("", |it| it.as_str());
    dockerfile.escape == Escape::Backtick
        || platform.starts_with("windows")
        || [
            "windowsservercore",
            "nanoserver",
            "windows/servercore",
            "mcr.microsoft.com/windows",
        ]
        .iter()
        .any(|part| name.contains(part))
}

/// Whether a word of `SHELL` is a shell whose scripts are those of POSIX, more or less.
fn is_posix_shell(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    matches!(
        name,
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh"
    )
}

/// By stage, the one that it is built on.
fn below(dockerfile: &Dockerfile) -> Vec<Option<usize>> {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut below = Vec::with_capacity(dockerfile.stages.len());
    for (index, stage) in dockerfile.stages.iter().enumerate() {
        below.push(names.get(stage.base_name.to_lowercase().as_str()).copied());
        if !stage.name().is_empty() {
            names.insert(stage.name(), index);
        }
    }
    below
}

fn variables(dockerfile: &Dockerfile) -> BTreeMap<&str, BTreeMap<usize, u32>> {
    let mut all: BTreeMap<&str, BTreeMap<usize, u32>> = BTreeMap::new();
    for (index, stage) in dockerfile.stages.iter().enumerate() {
        for instruction in &stage.instructions {
            if let Instruction::Env(env) = instruction {
                for pair in &env.pairs {
                    let stages = all.entry(pair.key.as_str()).or_default();
                    stages.entry(index).or_insert(env.meta.span.start);
                }
            }
        }
    }
    all
}

fn words(shell: &ShellInstruction) -> Vec<&str> {
    shell.shell.iter().map(|word| word.as_str()).collect()
}

fn mount(written: &Argument) -> Option<Mount> {
    parse_mount::<ArgumentError>(written, |value| Ok(value.to_owned())).ok()
}

/// By stage: another one is built on it, or takes files from it.
fn used(dockerfile: &Dockerfile, below: &[Option<usize>]) -> Vec<bool> {
    let stages = &dockerfile.stages;
    let names: BTreeMap<&str, usize> = stages.iter().map(Stage::name).zip(0..).collect();
    let mut used = vec![false; stages.len()];
    let mut mark = |name: &str| {
        let by_name = names.get(name.to_lowercase().as_str()).copied();
        let found = by_name
            .filter(|_| !name.is_empty())
            .or_else(|| name.parse().ok());
        if let Some(slot) = found.and_then(|index| used.get_mut(index)) {
            *slot = true;
        }
    };
    for stage in stages {
        for instruction in &stage.instructions {
            match instruction {
                Instruction::Copy(copy) => {
                    if let Some(from) = &copy.from {
                        mark(from);
                    }
                }
                Instruction::Run(run) => {
                    run.mounts.iter().filter_map(mount_from).for_each(&mut mark)
                }
                _ => {}
            }
        }
    }
    for base in below.iter().flatten() {
        if let Some(slot) = used.get_mut(*base) {
            *slot = true;
        }
    }
    used
}

/// A stage counts if nothing in the file uses it, or if one that counts is built on it.
fn shipped(used: &[bool], below: &[Option<usize>]) -> Vec<bool> {
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
