//! The steps of a definition.

use std::collections::HashMap;

use crate::collect::{Id, IdVec, ids};
use crate::llb::{CUSTOM_NAME, Definition, MountContentCache, OpDigest, SourceScheme};
use crate::pb::ops::{self as pb, op::Op};
use crate::plan::step_name::COMMAND_KEY;
use crate::source::LineRange;
use crate::syntax::{self, Dockerfile};

ids! {
    /// A step of the build before.
    OldStep;
    /// A step of the build after, or of the only one.
    NewStep;
}

/// Steps, each after those that it reads.
pub(super) type StepList<I> = IdVec<I, ExplainedStep<I>>;

/// All steps of a build, and the Dockerfile that they come from.
pub(super) struct Steps<I> {
    pub steps: StepList<I>,
    pub dockerfile: Option<Dockerfile>,
}

/// A step: an op that does something.
#[derive(Debug)]
pub(super) struct ExplainedStep<I> {
    pub digest: String,
    /// The op without its inputs, and without what never counts for the cache.
    pub op: pb::Op,
    /// The steps that it reads, and how.
    pub inputs: Vec<(I, Reading)>,
    /// `build 2/7`; empty for what is not a step of a stage.
    pub place: String,
    /// `build`.
    pub stage: String,
    /// What it does, as progress shows it.
    pub text: String,
    /// Its instruction as written, without a digest that was put in; what steps are compared by.
    pub code: String,
    pub lines: Option<LineRange>,
    /// Files of the client.
    pub is_local: bool,
}

/// How a step reads another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// By its key.
    Key,
    /// By the content of the files that it takes.
    Content,
}

impl<I> ExplainedStep<I> {
    /// The step in few words.
    pub fn shown(&self) -> String {
        match self.place.as_str() {
            "" => self.text.clone(),
            place => format!("[{place}] {}", self.text),
        }
    }

    /// What it fetches from the web or a repository. It has the name of the `ADD` that it is fetched for.
    pub fn address(&self) -> Option<String> {
        match &self.op.op {
            Some(Op::Source(source)) => match SourceScheme::of(&source.identifier) {
                SourceScheme::Http | SourceScheme::Git => Some(source.identifier.clone()),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<I: Id> Steps<I> {
    pub fn read(definition: &Definition) -> Result<Self, String> {
        let messages = definition.messages().map_err(|error| error.to_string())?;
        let last = messages.len().saturating_sub(1);
        let mut known: HashMap<&str, I> = HashMap::new();
        let mut steps = IdVec::with_capacity(last);
        let ops = definition.ops.iter().zip(messages).take(last);
        for ((digest, _), op) in ops {
            let mut inputs = Vec::with_capacity(op.inputs.len());
            for (place, input) in op.inputs.iter().enumerate() {
                if let Some(step) = known.get(input.digest.as_str()) {
                    inputs.push((*step, reading(&op, place)));
                }
            }
            let step = steps.push(step(definition, digest, op, inputs));
            known.insert(digest.as_str(), step);
        }
        let info = definition.source.as_ref().and_then(|it| it.infos.first());
        let parsed = info.map(|info| syntax::parse(&info.data));
        Ok(Steps {
            steps,
            dockerfile: parsed.map(|parsed| parsed.dockerfile),
        })
    }
}

fn step<I>(
    definition: &Definition,
    digest: &OpDigest,
    mut op: pb::Op,
    inputs: Vec<(I, Reading)>,
) -> ExplainedStep<I> {
    let described = |key: &str| {
        let metadata = definition.metadata.get(digest)?;
        metadata.description.get(key).map(str::to_owned)
    };
    let name = described(CUSTOM_NAME).unwrap_or_else(|| own_name(&op));
    let (place, text) = match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((place, text)) => (place.trim().to_owned(), text.trim().to_owned()),
        None => (String::new(), name),
    };
    let stage = match place.rsplit_once(' ') {
        Some((stage, number)) if number.contains('/') => stage.trim().to_owned(),
        _ => String::new(),
    };
    let code = described(COMMAND_KEY).unwrap_or_else(|| identity(&op, &text));
    let is_local = clean(&mut op);
    ExplainedStep {
        digest: digest.as_str().to_owned(),
        op,
        inputs,
        place: if place == "internal" {
            String::new()
        } else {
            place
        },
        stage,
        text,
        code,
        lines: definition.first_lines(digest),
        is_local,
    }
}

/// A name for an op that has none.
fn own_name(op: &pb::Op) -> String {
    match &op.op {
        Some(Op::Source(source)) => source.identifier.clone(),
        Some(Op::Exec(exec)) => exec
            .meta
            .as_ref()
            .map(|meta| meta.args.join(" "))
            .unwrap_or_default(),
        Some(Op::File(_)) => "files".to_owned(),
        Some(Op::Merge(_)) => "merge".to_owned(),
        Some(Op::Diff(_)) => "diff".to_owned(),
        Some(Op::Build(_)) => "build".to_owned(),
        Some(Op::Passthrough(_)) | None => "pass on".to_owned(),
    }
}

/// What a source is compared by: its address without what pins it.
fn identity(op: &pb::Op, text: &str) -> String {
    match &op.op {
        Some(Op::Source(source)) => {
            let name = source.identifier.as_str();
            let name = name.split_once('@').map_or(name, |(name, _)| name);
            name.split_once('#')
                .map_or(name, |(name, _)| name)
                .to_owned()
        }
        _ => text.to_owned(),
    }
}

/// Takes out of an op what does not count: digests of inputs, proxies, and of local files all but the name.
/// Tells whether it stands for local files.
fn clean(op: &mut pb::Op) -> bool {
    for input in &mut op.inputs {
        input.digest.clear();
    }
    match &mut op.op {
        Some(Op::Exec(exec)) => {
            if let Some(meta) = &mut exec.meta {
                meta.proxy_env = None;
            }
            false
        }
        Some(Op::Source(source)) if SourceScheme::of(&source.identifier) == SourceScheme::Local => {
            source.attrs.clear();
            true
        }
        _ => false,
    }
}

/// Files that are copied, or mounted to be read only, count by content.
fn reading(op: &pb::Op, place: usize) -> Reading {
    let is_place = |input: i64| usize::try_from(input) == Ok(place);
    let by_content = match &op.op {
        Some(Op::File(file)) => !file.actions.iter().any(|action| is_place(action.input)),
        Some(Op::Exec(exec)) => exec
            .mounts
            .iter()
            .filter(|mount| is_place(mount.input))
            .all(
                |mount| match MountContentCache::try_from(mount.content_cache) {
                    Ok(MountContentCache::Off) => false,
                    Ok(MountContentCache::On) => true,
                    _ => mount.readonly && mount.dest != "/",
                },
            ),
        _ => false,
    };
    match by_content {
        true => Reading::Content,
        false => Reading::Key,
    }
}
