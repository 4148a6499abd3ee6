//! Why a step is built, what it needs, and what it loses its key for. Only `rdf` has it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::files::Selection;
use super::print::short;
use super::steps::{ExplainedStep, NewStep, Reading, StepList, Steps};
use super::{Side, UnreadableOp};
use crate::pb::ops::op::Op;
use crate::syntax::{ArgInstruction, Dockerfile, Instruction, Stage};

/// Version of the data; fields may be added without a new one.
pub const WHY_VERSION: u32 = 1;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepName {
    /// The instruction on this line, from one.
    Line(u32),
    /// What the stage of this name ends with.
    Stage(String),
}

/// The answer about a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyAnswer {
    /// It is built.
    Built(Box<Why>),
    /// The target does not need its stage.
    NotNeeded {
        /// The stage.
        stage: String,
    },
    /// The instruction, and nothing in its stage after it, makes a step.
    NoStep {
        /// Its name.
        instruction: String,
    },
    /// The file has no such stage, or no instruction on this line or after it.
    Unknown,
}

/// Why a step is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The step.
    pub step: NamedStep,
    /// The instruction that was asked about, where it only sets something for this step.
    pub instead_of: Option<String>,
    /// Steps from this one to the last: the next one, and those that lead to another stage.
    pub chain: Vec<NamedStep>,
    /// The steps that it reads, but for files of the context.
    pub needs: Vec<NamedStep>,
    /// Images, repositories and addresses that its key depends on.
    pub sources: Vec<NamedStep>,
    /// Lines of the instructions that its key depends on, its own among them.
    pub lines: BTreeSet<u32>,
    /// Files of the context that its key depends on, and the lines that take them.
    pub files: BTreeMap<String, BTreeSet<u32>>,
    /// Build arguments that its key depends on, and the lines of their `ARG`.
    pub arguments: BTreeMap<String, BTreeSet<u32>>,
    /// Steps whose files count by their content: another key of theirs alone changes nothing.
    pub by_content: Vec<NamedStep>,
}

/// A step as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedStep {
    /// `[build 2/7] RUN make`
    pub text: String,
    /// Its first line, where it has one.
    pub line: Option<u32>,
}

/// Answers about a step of a build.
///
/// # Errors
/// When an op is not a valid message.
pub fn why(
    side: &Side<'_>,
    dockerfile: &Dockerfile,
    name: &StepName,
) -> Result<WhyAnswer, UnreadableOp> {
    let steps = Steps::read(side.definition).map_err(|why| UnreadableOp {
        name: side.name.to_owned(),
        why,
    })?;
    let info = side
        .definition
        .source
        .as_ref()
        .and_then(|it| it.infos.first());
    let text = info.map(|info| String::from_utf8_lossy(&info.data));
    Ok(Asked {
        steps: &steps.steps,
        dockerfile,
        text: &text.unwrap_or_default(),
    }
    .answer(name))
}

struct Asked<'s> {
    steps: &'s StepList<NewStep>,
    dockerfile: &'s Dockerfile,
    /// The file.
    text: &'s str,
}

impl Asked<'_> {
    fn answer(&self, name: &StepName) -> WhyAnswer {
        let stages = &self.dockerfile.stages;
        let (at, line) = match name {
            StepName::Line(line) => {
                let before = stages
                    .iter()
                    .rposition(|it| it.meta.location.start <= *line);
                (before, Some(*line))
            }
            StepName::Stage(name) => {
                let is_it = |it: &Stage| it.name().eq_ignore_ascii_case(name);
                (stages.iter().rposition(is_it), None)
            }
        };
        let Some((at, stage)) = at.and_then(|at| Some((at, stages.get(at)?))) else {
            return WhyAnswer::Unknown;
        };
        let end = stages
            .get(at + 1)
            .map_or(u32::MAX, |next| next.meta.location.start);
        let own = self.steps.iter().filter(|(_, step)| {
            step.lines
                .is_some_and(|it| (stage.meta.location.start..end).contains(&it.start))
        });
        let own: Vec<NewStep> = own.map(|(id, _)| id).collect();
        let not_needed = || WhyAnswer::NotNeeded {
            stage: match stage.name() {
                "" => format!("stage-{at}"),
                name => name.to_owned(),
            },
        };
        let Some(line) = line else {
            return own
                .last()
                .map_or_else(not_needed, |step| self.built(*step, None));
        };
        // The instruction on the line, or else the first one below it.
        let metas = std::iter::once((&stage.meta, "FROM"))
            .chain(stage.instructions.iter().map(|it| (it.meta(), it.name())));
        let mut metas = metas.map(|(meta, name)| (meta.location, name));
        let Some((place, instruction)) = metas.find(|(place, _)| place.end >= line) else {
            return WhyAnswer::Unknown;
        };
        if own.is_empty() {
            return not_needed();
        }
        let starts = |step: &NewStep| self.steps[*step].lines.map(|it| it.start);
        let of_place = |step: &&NewStep| {
            starts(step).is_some_and(|it| (place.start..=place.end).contains(&it))
        };
        if let Some(step) = own.iter().rfind(of_place) {
            return self.built(*step, None);
        }
        let below = own.iter().filter(|step| starts(step) > Some(place.end));
        match below.min_by_key(|step| starts(step)) {
            Some(step) => self.built(*step, Some(instruction.to_owned())),
            None => WhyAnswer::NoStep {
                instruction: instruction.to_owned(),
            },
        }
    }

    fn built(&self, step: NewStep, instead_of: Option<String>) -> WhyAnswer {
        let mut why = Why {
            step: self.named(step),
            instead_of,
            chain: self.chain(step),
            needs: Vec::new(),
            sources: Vec::new(),
            lines: BTreeSet::new(),
            files: BTreeMap::new(),
            arguments: BTreeMap::new(),
            by_content: Vec::new(),
        };
        let is_local = |input: &NewStep| self.steps[*input].is_local;
        let inputs = self.steps[step].inputs.iter();
        let inputs: BTreeSet<NewStep> = inputs.map(|(input, _)| *input).collect();
        why.needs = inputs
            .into_iter()
            .filter(|it| !is_local(it))
            .map(|it| self.named(it))
            .collect();
        let (mut open, mut seen, mut content) = (vec![step], BTreeSet::new(), BTreeSet::new());
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let step = &self.steps[id];
            let line = step.lines.map(|it| it.start);
            why.lines.extend(line);
            if matches!(step.op.op, Some(Op::Source(_))) && !step.is_local {
                why.sources.push(self.named(id));
            }
            self.settings(step, &mut why);
            for (place, (input, how)) in step.inputs.iter().enumerate() {
                match how {
                    _ if is_local(input) => {
                        for selection in Selection::of(&step.op, place) {
                            let path = match selection.source.as_str() {
                                "" => ".".to_owned(),
                                path => path.to_owned(),
                            };
                            why.files.entry(path).or_default().extend(line);
                        }
                    }
                    Reading::Key => open.push(*input),
                    Reading::Content => drop(content.insert(*input)),
                }
            }
        }
        why.sources.reverse();
        why.by_content = content
            .difference(&seen)
            .map(|it| self.named(*it))
            .collect();
        WhyAnswer::Built(Box::new(why))
    }

    /// The shortest way from a step to the last one.
    fn chain(&self, from: NewStep) -> Vec<NamedStep> {
        let end = self.steps.last().unwrap_or(from);
        let mut readers = self.steps.for_each(Vec::new());
        for (reader, step) in self.steps.iter() {
            for (read, _) in &step.inputs {
                readers[*read].push(reader);
            }
        }
        let mut came_from: BTreeMap<NewStep, NewStep> = BTreeMap::new();
        let mut open = VecDeque::from([from]);
        while let Some(step) = open.pop_front().filter(|step| *step != end) {
            for reader in &readers[step] {
                if *reader != from && !came_from.contains_key(reader) {
                    came_from.insert(*reader, step);
                    open.push_back(*reader);
                }
            }
        }
        let mut way = vec![end];
        while let Some(before) = way.last().and_then(|step| came_from.get(step)) {
            way.push(*before);
        }
        way.reverse();
        let stage = |step: &NewStep| self.steps[*step].stage.as_str();
        let pairs = way.iter().zip(way.iter().skip(1)).enumerate();
        let shown = pairs.filter(|(at, (before, step))| {
            *at == 0 || **step == end || stage(before) != stage(step)
        });
        shown.map(|(_, (_, step))| self.named(*step)).collect()
    }

    /// What reaches a step from the instructions before it: build arguments, and lines of those that set something else.
    fn settings(&self, step: &ExplainedStep<NewStep>, why: &mut Why) {
        let Some(place) = step.lines else {
            return;
        };
        let exec = match &step.op.op {
            Some(Op::Exec(exec)) => exec.meta.as_ref(),
            _ => None,
        };
        let variables = exec.into_iter().flat_map(|meta| &meta.env);
        let variables: BTreeSet<&str> = variables.filter_map(|it| it.split('=').next()).collect();
        let mut before = self.dockerfile.stages.iter().rev();
        let Some(stage) = before.find(|it| it.meta.location.start <= place.start) else {
            return;
        };
        let first = usize::try_from(place.start)
            .unwrap_or_default()
            .saturating_sub(1);
        let count = usize::try_from(place.end - place.start).unwrap_or_default() + 1;
        let written: Vec<&str> = self.text.lines().skip(first).take(count).collect();
        let written = written.join("\n");
        let uses = |name: &str| variables.contains(name) || refers_to(&written, name);
        let is_from = stage.meta.location.start == place.start;
        let global = self.dockerfile.meta_args.iter().filter(|_| is_from);
        let mut arguments: Vec<&ArgInstruction> = global.collect();
        let own = stage.instructions.iter();
        for instruction in own.filter(|it| it.meta().location.start < place.start) {
            let sets = match instruction {
                Instruction::Arg(arg) => {
                    arguments.push(arg);
                    false
                }
                Instruction::Env(env) => env.pairs.iter().any(|it| uses(it.key.as_str())),
                Instruction::User(_) | Instruction::Shell(_) => exec.is_some(),
                _ => false,
            };
            if sets {
                why.lines.insert(instruction.meta().location.start);
            }
        }
        for arg in arguments {
            for named in arg.args.iter().filter(|it| uses(it.key.as_str())) {
                let name = named.key.as_str();
                let lines = why.arguments.entry(name.to_owned()).or_default();
                lines.insert(arg.meta.location.start);
                // Without a value it has that of the one above all stages.
                let global = self.dockerfile.meta_args.iter().filter(|it| {
                    named.value.is_none() && it.args.iter().any(|it| it.key.as_str() == name)
                });
                lines.extend(global.map(|it| it.meta.location.start));
            }
        }
    }

    fn named(&self, step: NewStep) -> NamedStep {
        let step = &self.steps[step];
        NamedStep {
            text: step.address().unwrap_or_else(|| step.shown()),
            line: step.lines.map(|it| it.start),
        }
    }
}

/// Whether a text has the variable in it, as `$NAME` or `${NAME`.
fn refers_to(text: &str, name: &str) -> bool {
    text.split('$').skip(1).any(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        rest.strip_prefix(name)
            .is_some_and(|rest| !rest.starts_with(is_word))
    })
}

impl NamedStep {
    fn to_text(&self) -> String {
        match self.line {
            Some(line) => format!("{}  (line {line})", short(&self.text)),
            None => short(&self.text),
        }
    }

    fn to_json(&self) -> Value {
        json!({ "text": self.text, "line": self.line })
    }
}

impl Why {
    /// For reading; `target` is what is built, in words.
    pub fn to_text(&self, target: &str) -> String {
        let mut out = self.step.to_text();
        out.push('\n');
        if let Some(name) = &self.instead_of {
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "{name} makes no step of its own; this is the next one, which is built on it"
            );
        }
        let steps = |list: &[NamedStep]| list.iter().map(NamedStep::to_text).collect::<Vec<_>>();
        let mut part = |title: &str, entries: Vec<String>| {
            let _ = writeln!(out, "\n{title}");
            for entry in entries {
                let _ = writeln!(out, "  {entry}");
            }
        };
        match self.chain.is_empty() {
            true => part(&format!("is the last step of {target}"), Vec::new()),
            false => part(
                &format!("is built for {target}, by way of"),
                steps(&self.chain),
            ),
        }
        if !self.needs.is_empty() {
            part("needs", steps(&self.needs));
        }
        let mut loses = vec![format!("an instruction on {}", listed(&self.lines))];
        let of_sources = self.sources.iter();
        loses.extend(of_sources.map(|it| format!("what is behind {}", it.to_text())));
        let of_files = self.files.iter();
        loses.extend(of_files.map(|(path, lines)| {
            format!("files of the context: {}  ({})", short(path), listed(lines))
        }));
        let of_arguments = self.arguments.iter();
        loses.extend(
            of_arguments
                .map(|(name, lines)| format!("the build argument {name}  ({})", listed(lines))),
        );
        part("loses its key if one of these changes", loses);
        if !self.by_content.is_empty() {
            part(
                "keeps it if the files taken of these come out the same",
                steps(&self.by_content),
            );
        }
        out
    }

    /// As data.
    pub fn to_json(&self) -> Value {
        let steps = |list: &[NamedStep]| list.iter().map(NamedStep::to_json).collect::<Vec<_>>();
        json!({
            "version": WHY_VERSION,
            "step": self.step.to_json(),
            "insteadOf": self.instead_of,
            "chain": steps(&self.chain),
            "needs": steps(&self.needs),
            "loses": {
                "lines": self.lines,
                "sources": steps(&self.sources),
                "files": self.files,
                "arguments": self.arguments,
            },
            "byContent": steps(&self.by_content),
        })
    }
}

/// `line 2`, `lines 2, 3`.
fn listed(lines: &BTreeSet<u32>) -> String {
    let numbers: Vec<String> = lines.iter().map(u32::to_string).collect();
    let word = if numbers.len() == 1 { "line" } else { "lines" };
    format!("{word} {}", numbers.join(", "))
}
