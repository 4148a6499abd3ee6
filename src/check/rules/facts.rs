//! What rules of our own look at: the tree, the commands of each `RUN`, the images, what lies around.

use std::collections::BTreeMap;

use super::Triggers;
use crate::check::CheckInput;
use crate::check::comments::shell_for_hadolint;
use crate::check::shellcheck::{has_busybox, is_image_of_windows};
use crate::lint::{Base, is_windows};
use crate::plan::{ImageUse, UseKind};
use crate::shell::{Command, KnownScripts, Script, scripts_of};
use crate::source::{LineRange, Span};
use crate::syntax::{
    Argument, ArgumentError, Dockerfile, Instruction, InstructionMeta, KeyValue, RunInstruction,
    RunMount, RunMountKind, ShellInstruction, Stage, parse_mount,
};

/// A Dockerfile as rules see it.
pub(in crate::check) struct Facts<'d> {
    pub bytes: &'d [u8],
    pub dockerfile: &'d Dockerfile,
    /// The images that the build takes, expanded; none where it does not compile.
    pub images: &'d [ImageUse],
    pub input: &'d CheckInput,
    /// Every `RUN`, in order, those of `ONBUILD` included.
    pub runs: Vec<Run<'d>>,
    pub triggers: &'d Triggers,
    shells: Shells<'d>,
    /// By name of a stage, its index.
    names: BTreeMap<&'d str, usize>,
    /// What is known about the image of each stage's `FROM`.
    bases: &'d [Option<Base>],
    /// By stage, the image that its `FROM` names, as far as its name is known.
    base_images: Vec<&'d str>,
    /// By name of a variable, the stages with an `ENV` for it, and where the first begins.
    variables: BTreeMap<&'d str, BTreeMap<usize, u32>>,
    /// By stage, the one that it is built on.
    below: Vec<Option<usize>>,
    /// By stage: another one is built on it, or takes files from it.
    used: Vec<bool>,
    /// By stage: it is an image that somebody could run, or below one, and not only copied from.
    shipped: Vec<bool>,
}

/// What runs the commands of an instruction in shell form.
#[derive(Debug)]
pub(in crate::check) struct Shell<'d> {
    /// What `SHELL` chose, or a comment says that the image has.
    pub words: Vec<&'d str>,
    /// It reads scripts as POSIX has them, more or less.
    pub is_posix: bool,
}

impl<'d> Shell<'d> {
    fn of(words: Vec<&'d str>) -> Self {
        let is_posix = words.iter().any(|word| is_posix_shell(word));
        Shell { words, is_posix }
    }
}

/// A `RUN` and its commands.
pub(in crate::check) struct Run<'d> {
    /// Index of its stage.
    pub stage: usize,
    pub run: &'d RunInstruction,
    /// It stands in an `ONBUILD`: it is run where another image is built, with the context and the stages of that.
    pub is_trigger: bool,
    /// What a shell reads; none for shells that are not POSIX shells, which read other scripts.
    pub scripts: Vec<Script>,
    pub mounts: Vec<RunMount>,
    /// The shell that `SHELL` chose, if it did.
    pub shell: Vec<&'d str>,
}

impl<'d> Facts<'d> {
    pub(in crate::check) fn new(
        bytes: &'d [u8],
        dockerfile: &'d Dockerfile,
        images: &'d [ImageUse],
        bases: &'d [Option<Base>],
        input: &'d CheckInput,
        triggers: &'d Triggers,
        known: &mut KnownScripts,
    ) -> Self {
        let below = below(dockerfile);
        let used = used(dockerfile, &below);
        let base_images = base_images(dockerfile, images);
        let shells = Shells::new(dockerfile, &base_images, &below);
        Facts {
            bytes,
            dockerfile,
            images,
            input,
            runs: runs(bytes, dockerfile, &shells, triggers, known),
            triggers,
            shells,
            names: dockerfile.stages.iter().map(Stage::name).zip(0..).collect(),
            bases,
            base_images,
            variables: variables(dockerfile),
            shipped: shipped(&used, &below),
            used,
            below,
        }
    }

    /// Every `RUN` of this build.
    pub(super) fn own_runs(&self) -> impl Iterator<Item = &Run<'d>> {
        self.runs.iter().filter(|run| !run.is_trigger)
    }

    /// Every instruction, with the index of its stage.
    pub(super) fn instructions(&self) -> impl Iterator<Item = (usize, &'d Instruction)> {
        let stages = self.dockerfile.stages.iter().enumerate();
        stages.flat_map(|(index, stage)| stage.instructions.iter().map(move |it| (index, it)))
    }

    /// The image that a stage is built on in the end, as far as its name is known.
    pub(in crate::check) fn base_image(&self, stage: usize) -> Option<&'d str> {
        let below = |stage: &usize| self.below(*stage);
        let lowest = std::iter::successors(Some(stage), below).last()?;
        self.base_images.get(lowest).copied()
    }

    /// Whether the programs of a stage are those of BusyBox, as far as the name of its image tells.
    pub(super) fn has_busybox(&self, stage: usize) -> bool {
        self.base_image(stage).is_some_and(has_busybox)
    }

    /// What is known about the image that a stage is built on in the end.
    pub(super) fn base(&self, stage: usize) -> Option<&'d Base> {
        let (lowest, _) = self.chain(stage).last()?;
        self.bases.get(lowest)?.as_ref()
    }

    /// The shell of an instruction of a stage.
    pub(in crate::check) fn shell_at(
        &self,
        stage: usize,
        instruction: usize,
    ) -> Option<&Shell<'d>> {
        self.shells.get(stage, instruction)
    }

    /// The stage that a stage is built on.
    pub(in crate::check) fn below(&self, stage: usize) -> Option<usize> {
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

    /// A stage and those that it is built on, top first.
    pub(super) fn chain(&self, stage: usize) -> impl Iterator<Item = (usize, &'d Stage)> {
        let below = |stage: &usize| self.below(*stage);
        let stages = std::iter::successors(Some(stage), below);
        stages.filter_map(|index| Some((index, self.dockerfile.stages.get(index)?)))
    }

    /// The stage that `--from` means by a name or a number.
    pub(super) fn stage_named(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        let by_name = self.names.get(name.as_str()).copied();
        let by_number = || name.parse().ok();
        let index = by_name.filter(|_| !name.is_empty()).or_else(by_number)?;
        (index < self.dockerfile.stages.len()).then_some(index)
    }

    /// Every label, with the lines of its instruction.
    pub(super) fn labels(&self) -> impl Iterator<Item = (LineRange, &'d KeyValue)> {
        let stages = self.dockerfile.stages.iter();
        stages.flat_map(labels_of)
    }

    /// The labels of a stage, and of those that it is built on.
    pub(super) fn labels_of(
        &self,
        stage: usize,
    ) -> impl Iterator<Item = (LineRange, &'d KeyValue)> {
        self.chain(stage).flat_map(|(_, stage)| labels_of(stage))
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
        self.scripts.iter().flat_map(|script| {
            script
                .commands()
                .iter()
                .map(move |command| (script, command))
        })
    }

    /// The mounts, each with its text.
    pub(super) fn mounts_as_written(&self) -> impl Iterator<Item = (RunMount, &Argument)> {
        let mounts = self.run.mounts.iter();
        mounts.filter_map(|written| Some((mount(written)?, written)))
    }

    /// Whether one of the scripts says this.
    pub(super) fn says(&self, text: &str) -> bool {
        self.scripts.iter().any(|script| script.text.contains(text))
    }

    /// Whether files below a directory of such a name go to a mount that is not part of the layer.
    pub(super) fn keeps_out(&self, names: &[&str]) -> bool {
        self.mounts.iter().any(|mount| {
            matches!(mount.kind, RunMountKind::Cache | RunMountKind::Tmpfs)
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
        script.commands().iter().any(|command| {
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

/// What shell each instruction has.
#[derive(Debug, Default)]
struct Shells<'d> {
    all: Vec<Shell<'d>>,
    /// By stage and instruction, an index.
    at: Vec<Vec<usize>>,
}

impl<'d> Shells<'d> {
    fn new(dockerfile: &'d Dockerfile, images: &[&str], below: &[Option<usize>]) -> Self {
        let mut shells = Shells::default();
        // By stage: the shell at its end.
        let mut last: Vec<usize> = Vec::new();
        // What a comment says counts for the stages below as well.
        let mut said = None;
        for (stage, of_file) in dockerfile.stages.iter().enumerate() {
            let base = below.get(stage).copied().flatten();
            let inherited = base.and_then(|base| last.get(base)).copied();
            said = shell_above(&of_file.meta).map(|it| shells.add(it)).or(said);
            let mut shell = said.or(inherited).unwrap_or_else(|| {
                shells.add(Shell {
                    words: Vec::new(),
                    is_posix: !is_windows(
                        dockerfile,
                        of_file,
                        images
                            .get(stage)
                            .and_then(|image| is_image_of_windows(image)),
                    ),
                })
            });
            let mut at = Vec::with_capacity(of_file.instructions.len());
            for instruction in &of_file.instructions {
                if let Some(above) = shell_above(instruction.meta()) {
                    shell = shells.add(above);
                    said = Some(shell);
                }
                if let Instruction::Shell(it) = instruction {
                    shell = shells.add(Shell::of(words(it)));
                }
                at.push(shell);
            }
            shells.at.push(at);
            last.push(shell);
        }
        shells
    }

    fn add(&mut self, shell: Shell<'d>) -> usize {
        self.all.push(shell);
        self.all.len() - 1
    }

    fn get(&self, stage: usize, instruction: usize) -> Option<&Shell<'d>> {
        self.all.get(*self.at.get(stage)?.get(instruction)?)
    }
}

fn runs<'d>(
    bytes: &[u8],
    dockerfile: &'d Dockerfile,
    shells: &Shells<'d>,
    triggers: &'d Triggers,
    known: &mut KnownScripts,
) -> Vec<Run<'d>> {
    let mut runs = Vec::new();
    for (stage, of_file) in dockerfile.stages.iter().enumerate() {
        for (at, instruction) in of_file.instructions.iter().enumerate() {
            let inside = triggers.inside(instruction);
            let (Instruction::Run(run), Some(shell)) = (inside, shells.get(stage, at)) else {
                continue;
            };
            runs.push(Run {
                stage,
                run,
                is_trigger: matches!(instruction, Instruction::Onbuild(_)),
                scripts: match shell.is_posix {
                    true => {
                        let scripts = scripts_of(bytes, run, dockerfile.escape).into_iter();
                        scripts.map(|script| script.known(known)).collect()
                    }
                    false => Vec::new(),
                },
                mounts: run.mounts.iter().filter_map(mount).collect(),
                shell: shell.words.clone(),
            });
        }
    }
    known.next();
    runs
}

/// By stage, the image that its `FROM` names.
fn base_images<'d>(dockerfile: &'d Dockerfile, images: &'d [ImageUse]) -> Vec<&'d str> {
    let from = images.iter().filter(|image| image.kind == UseKind::From);
    let by_place: BTreeMap<Option<LineRange>, &str> = from
        .map(|image| (image.location, image.reference.as_str()))
        .collect();
    let name = |stage: &'d Stage| {
        let found = by_place.get(&Some(stage.meta.location)).copied();
        found.unwrap_or(stage.base_name.as_str())
    };
    dockerfile.stages.iter().map(name).collect()
}

/// Whether a word of `SHELL` is a shell whose scripts are those of POSIX, more or less.
fn is_posix_shell(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    matches!(
        name,
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh"
    )
}

/// The shell that a comment above says for hadolint: images may have another one without `SHELL`.
fn shell_above(meta: &InstructionMeta) -> Option<Shell<'_>> {
    let mut comments = meta.comments.iter().rev();
    let words = comments.find_map(|comment| shell_for_hadolint(comment.as_str()))?;
    Some(Shell::of(words.split_whitespace().collect()))
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

fn labels_of(stage: &Stage) -> impl Iterator<Item = (LineRange, &KeyValue)> {
    let labels = stage.instructions.iter().filter_map(|it| match it {
        Instruction::Label(label) => Some(label),
        _ => None,
    });
    labels.flat_map(|label| label.pairs.iter().map(|pair| (label.meta.location, pair)))
}

fn words(shell: &ShellInstruction) -> Vec<&str> {
    shell.shell.iter().map(|word| word.as_str()).collect()
}

fn mount(written: &Argument) -> Option<RunMount> {
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

/// A value that is what it looks like.
pub(in crate::check) fn literal(value: &Argument) -> Option<&str> {
    let text = value.as_str();
    let text = ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text);
    let is_plain = !text.contains(['$', '\\', '`', '"', '\'', '\n', '\r']);
    is_plain.then_some(text)
}

/// The first line of an instruction.
pub(super) fn first_line(facts: &Facts<'_>, meta: &InstructionMeta) -> Span {
    let text = meta.span.of(facts.bytes);
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let length = u32::try_from(line.trim_ascii_end().len()).unwrap_or(u32::MAX);
    Span::new(meta.span.start, meta.span.start.saturating_add(length))
}
