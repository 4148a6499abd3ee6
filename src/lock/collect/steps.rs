//! The `RUN` steps of the builds that a lock is for, by the names under which they are recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::variants::{options, platforms_of};
use super::{Document, Walk, answer_offline};
use crate::collect::CollectSmall as _;
use crate::compile::{MountedFile, RecordingMode, StepRecording};
use crate::image::Platform;
use crate::llb::{SourceMap, State};
use crate::lock::model::{Inputs, Lock};
use crate::lock::verify::facts_in;
use crate::recording::StepKey;
use crate::source::LineRange;
use crate::syntax::Instruction;

/// The steps of one build: a target with a set of arguments, for a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildSteps {
    /// The target; empty for the last stage.
    pub target: String,
    /// The set of arguments.
    pub args: BTreeMap<String, String>,
    /// By the platform of the builder: the steps with their lines.
    pub builders: BTreeMap<String, BTreeMap<StepKey, LineRange>>,
}

/// The steps of every build that `lock` is for, which `programs`, the platforms with an `rdf-run`, can build. Builds
/// that do not compile are left out.
pub fn recorded_steps(
    document: &Document,
    lock: &Lock,
    programs: &BTreeSet<String>,
    host: &Platform,
) -> Vec<BuildSteps> {
    let platforms = platforms_of(&lock.inputs, host);
    let mut builders = platforms.clone();
    for program in programs
        .iter()
        .filter_map(|it| Platform::parse(it, host).ok())
    {
        if !builders.contains(&program) {
            builders.push(program);
        }
    }
    let nothing = || MountedFile {
        state: State::scratch(),
        path: "/".to_owned(),
    };
    let map = SourceMap::new(document.name.clone(), "Dockerfile", document.bytes.clone());
    let (mut variants, mut builds) = (Vec::new(), Vec::new());
    for target in &lock.inputs.targets {
        for args in &lock.inputs.build_args {
            let recording = Arc::new(StepRecording {
                mode: RecordingMode::Record {
                    nonce: String::new(),
                    lines: BTreeSet::new(),
                },
                programs: programs
                    .iter()
                    .map(|it| (it.clone(), nothing()))
                    .collect_small(),
                epoch: 0,
                left_out: Vec::new(),
                unnamed_args: lock.unnamed_args(args),
                networked: BTreeSet::new(),
            });
            for platform in &platforms {
                for builder in &builders {
                    let mut options = options(&lock.inputs, target, args, platform, builder, &map);
                    options.recording = Some(Arc::clone(&recording));
                    variants.push(options);
                    builds.push((target, args, platform, builder));
                }
            }
        }
    }
    let mut walk = Walk::for_variants(document, variants);
    answer_offline(&mut walk, |question| facts_in(lock, question));
    let (compiled, _) = walk.rounds.finish();
    let mut found: BTreeMap<_, BuildSteps> = BTreeMap::new();
    for ((target, args, platform, builder), compiled) in builds.into_iter().zip(compiled) {
        let Ok(lowered) = compiled.result else {
            continue;
        };
        let steps = lowered.recorded.into_iter().map(|it| (it.key, it.location));
        let build = (target, args, platform.normalized().format_all());
        let build = found.entry(build).or_insert_with(|| BuildSteps {
            target: target.clone(),
            args: args.clone(),
            ..BuildSteps::default()
        });
        let builder = builder.normalized().format_all();
        build.builders.insert(builder, steps.collect_small());
    }
    found.into_values().collect()
}

/// Names of the arguments in `inputs` by whose values steps are told apart: those that stages declare.
pub fn step_args(document: &Document, lock: &Lock, inputs: &Inputs) -> BTreeSet<String> {
    let stages = document.source().parsed().dockerfile.stages.iter();
    let mut names = BTreeSet::new();
    for instruction in stages.flat_map(|stage| &stage.instructions) {
        if let Instruction::Arg(arg) = instruction {
            names.extend(arg.args.iter().map(|arg| arg.key.to_string()));
        }
    }
    for set in &inputs.build_args {
        for unnamed in lock.unnamed_args(set) {
            names.remove(&unnamed);
        }
    }
    names
}
