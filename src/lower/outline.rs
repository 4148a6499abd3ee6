//! Which build arguments, secrets and SSH sockets a target uses, and where they are declared.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{DispatchState, OutlineFacts};
use crate::collect::{IdVec, sort_small};
use crate::plan::{ArgInfo, Plan, StageId};
use crate::source::LineRange;
use crate::syntax::Text;

/// What a target can be given from outside. Entries are in the order of their lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Name of the target stage; empty when it has none.
    pub name: String,
    /// Doc comment of the target stage.
    pub description: Text,
    /// Build arguments.
    pub args: Vec<OutlineArg>,
    /// Secrets.
    pub secrets: Vec<OutlineMount>,
    /// SSH sockets.
    pub ssh: Vec<OutlineMount>,
}

/// A build argument that the target uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineArg {
    /// Name of the argument.
    pub name: String,
    /// Doc comment above its `ARG`.
    pub description: Text,
    /// Its value in this build.
    pub value: String,
    /// Lines of its `ARG`.
    pub location: Vec<LineRange>,
}

/// A secret or SSH socket that the target mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineMount {
    /// Its id.
    pub name: String,
    /// Whether the build fails without it.
    pub required: bool,
    /// Lines of the first `RUN` that mounts it.
    pub location: Vec<LineRange>,
}

/// Collects what the target, and every stage that it reads, can be given.
pub(super) fn of_target(
    plan: &Plan<'_>,
    target: StageId,
    target_state: &DispatchState,
    states: &IdVec<StageId, Option<Box<DispatchState>>>,
) -> Outline {
    let stage = plan.stages[target].ast;
    let mut outline = Outline {
        name: stage.map_or("", |stage| stage.name()).to_owned(),
        description: stage
            .map(|stage| crate::plan::doc(&stage.doc_comment))
            .unwrap_or_default(),
        ..Outline::default()
    };
    let mut seen = Seen::default();
    let mut visited = BTreeSet::new();
    let mut todo = vec![target];
    while let Some(id) = todo.pop() {
        if !visited.insert(id) {
            continue;
        }
        let state = if id == target {
            Some(target_state)
        } else {
            states[id].as_deref()
        };
        if let Some(state) = state {
            collect(&plan.globals.infos, &state.outline, &mut seen, &mut outline);
        }
        let stage = &plan.stages[id];
        todo.extend(stage.deps.keys().rev());
        todo.extend(stage.base_stage);
    }
    sort_small(&mut outline.args, |a, b| {
        by_line(&a.location, &b.location).then_with(|| a.name.cmp(&b.name))
    });
    sort_small(&mut outline.secrets, |a, b| {
        by_line(&a.location, &b.location).then_with(|| a.name.cmp(&b.name))
    });
    sort_small(&mut outline.ssh, |a, b| {
        by_line(&a.location, &b.location).then_with(|| a.name.cmp(&b.name))
    });
    outline
}

/// Names that were told already: the first stage that has one counts.
#[derive(Default)]
struct Seen {
    args: BTreeSet<String>,
    secrets: BTreeSet<String>,
    ssh: BTreeSet<String>,
}

fn collect(
    globals: &BTreeMap<String, ArgInfo>,
    facts: &OutlineFacts,
    seen: &mut Seen,
    outline: &mut Outline,
) {
    let info = |name: &str| facts.args.get(name).or_else(|| globals.get(name));
    for name in with_defaults(&facts.used, &info) {
        let Some(info) = info(&name).filter(|_| !seen.args.contains(&name)) else {
            continue;
        };
        seen.args.insert(name.clone());
        outline.args.push(OutlineArg {
            name,
            description: info.description.clone(),
            value: info.value.clone(),
            location: vec![info.location],
        });
    }
    let mounts = |facts: &BTreeMap<String, (bool, LineRange)>, seen: &mut BTreeSet<String>| {
        let new = facts
            .iter()
            .filter(|(name, _)| seen.insert((*name).clone()));
        new.map(|(name, (required, location))| OutlineMount {
            name: name.clone(),
            required: *required,
            location: vec![*location],
        })
        .collect::<Vec<_>>()
    };
    outline
        .secrets
        .extend(mounts(&facts.secrets, &mut seen.secrets));
    outline.ssh.extend(mounts(&facts.ssh, &mut seen.ssh));
}

/// The used arguments and those that their defaults mention.
fn with_defaults<'i>(
    used: &BTreeSet<String>,
    info: &impl Fn(&str) -> Option<&'i ArgInfo>,
) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut todo: Vec<&str> = used.iter().map(String::as_str).collect();
    while let Some(name) = todo.pop() {
        if all.insert(name.to_owned())
            && let Some(info) = info(name)
        {
            todo.extend(info.deps.iter().map(String::as_str));
        }
    }
    all
}

fn by_line(a: &[LineRange], b: &[LineRange]) -> std::cmp::Ordering {
    a.first()
        .map(|lines| lines.start)
        .cmp(&b.first().map(|lines| lines.start))
}
