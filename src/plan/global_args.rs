//! Variables that `FROM` sees: the predefined ones and the `ARG`s before the first stage.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::growth::Growth;
use super::{CompileError, Options};
use crate::expand::{Env, Expander};
use crate::image::Platform;
use crate::llb::EnvList;
use crate::source::LineRange;
use crate::syntax::{ArgInstruction, Text};

/// What the outline tells about a build argument.
#[derive(Clone, Debug)]
pub(crate) struct ArgInfo {
    /// Its value in this build.
    pub value: String,
    /// Doc comment of its definition.
    pub description: Text,
    /// Other arguments in its default.
    pub deps: BTreeSet<String>,
    /// Lines of its definition.
    pub location: LineRange,
}

/// Global variables and where they come from.
#[derive(Clone, Debug)]
pub(crate) struct GlobalArgs {
    /// The variables with their values.
    pub env: GlobalEnv,
    /// The defined ones, by name.
    pub infos: BTreeMap<String, ArgInfo>,
}

/// Names of the variables that exist without a definition.
pub(crate) const PREDEFINED: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// Whether a variable tells the builder's platform.
fn is_of_builder(name: &str) -> bool {
    name.starts_with("BUILD") && PREDEFINED.contains(&name)
}

/// Global variables, which remember whether anybody looked at one of the builder's platform.
#[derive(Clone, Debug)]
pub(crate) struct GlobalEnv {
    list: EnvList,
    builder_read: Cell<bool>,
}

impl GlobalEnv {
    /// Whether anything that was read here would be another value for another builder.
    pub(crate) fn builder_read(&self) -> bool {
        self.builder_read.get()
    }

    /// The variables, for somebody who is not watched.
    pub(crate) fn to_list(&self) -> EnvList {
        self.builder_read.set(true);
        self.list.clone()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(name, _)| name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        if is_of_builder(name) {
            self.builder_read.set(true);
        }
        self.list.get(name)
    }

    pub(crate) fn add_or_replace(&mut self, name: &str, value: &str) {
        self.list.add_or_replace(name, value);
    }

    pub(crate) fn delete(&mut self, name: &str) {
        self.list.delete(name);
    }
}

impl Env for GlobalEnv {
    fn get(&self, name: &str) -> Option<&str> {
        GlobalEnv::get(self, name)
    }

    fn keys(&self) -> Vec<&str> {
        self.list.keys()
    }
}

/// Variables that exist without a definition. Build arguments override each of them.
pub(crate) fn predefined(
    build: &Platform,
    target: &Platform,
    target_stage: &str,
    build_args: &BTreeMap<String, String>,
) -> GlobalEnv {
    let stage = if target_stage.is_empty() {
        "default"
    } else {
        target_stage
    };
    let (build_platform, target_platform) = (build.format(), target.format_all());
    let values: [&str; PREDEFINED.len()] = [
        &build_platform,
        &build.os,
        &build.os_version,
        &build.architecture,
        &build.variant,
        &target_platform,
        &target.os,
        &target.os_version,
        &target.architecture,
        &target.variant,
        stage,
    ];
    let given = |name| build_args.get(name).map(String::as_str);
    let pairs = PREDEFINED.into_iter().zip(values);
    let values: Vec<(&str, &str)> = pairs
        .map(|(name, value)| (name, given(name).unwrap_or(value)))
        .collect();
    GlobalEnv {
        list: EnvList::of_distinct(&values),
        builder_read: Cell::new(false),
    }
}

/// Adds the `ARG`s before the first stage to `env`. A build argument wins over a default.
pub(crate) fn define(
    mut env: GlobalEnv,
    definitions: &[ArgInstruction],
    build_args: &BTreeMap<String, String>,
    expander: &Expander,
) -> Result<GlobalArgs, CompileError> {
    let mut infos: BTreeMap<String, ArgInfo> = BTreeMap::new();
    let mut growth = Growth::default();
    for instruction in definitions {
        let location = instruction.meta.location;
        for arg in &instruction.args {
            let name = arg.key.as_str();
            let mut deps = BTreeSet::new();
            let value = match (build_args.get(name), &arg.value) {
                (Some(value), _) => Some(value.clone()),
                (None, None) => None,
                (None, Some(default)) => {
                    let expanded = expander
                        .expand_word(default.as_bytes(), &env)
                        .map_err(CompileError::from)
                        .and_then(|expanded| {
                            growth.expansion(default.len(), expanded.text.len())?;
                            Ok(expanded)
                        })
                        .map_err(|error| error.with_span(default.span).at(&[location]))?;
                    deps = expanded.matched;
                    // `ARG X=$X-more` depends on what the earlier `X` depended on.
                    if deps.remove(name)
                        && let Some(earlier) = infos.get(name)
                    {
                        deps.extend(earlier.deps.iter().cloned());
                    }
                    Some(expanded.text.into_owned())
                }
            };
            if let Some(value) = &value {
                env.add_or_replace(name, value);
            }
            let info = ArgInfo {
                value: value.unwrap_or_default(),
                description: doc(&arg.doc_comment),
                deps,
                location,
            };
            infos.insert(name.to_owned(), info);
        }
    }
    Ok(GlobalArgs { env, infos })
}

/// Text of a doc comment.
pub(crate) fn doc(comment: &Option<Text>) -> Text {
    comment.clone().unwrap_or_default()
}

/// The value of a build argument, or of a global variable that is not empty.
pub(crate) fn value_of<'o>(
    options: &'o Options,
    env: &'o GlobalEnv,
    name: &str,
) -> Option<&'o str> {
    match options.client.build_args.get(name) {
        Some(value) => Some(value),
        None => env.get(name).filter(|value| !value.is_empty()),
    }
}
