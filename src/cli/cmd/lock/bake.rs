//! Builds described in bake files (JSON) and compose files, as inputs.
//!
//! Bake's HCL is not read: `docker buildx bake --print` gives the JSON of it, variables and functions
//! evaluated. Of compose files the subset that describes builds is read, by way of
//! `docker compose config --format json` or JSON itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::report::Report;
use crate::image::Platform;
use crate::lock::Inputs;

/// One file that is built, with everything it is built for.
#[derive(Clone, Debug, Default)]
pub(super) struct BuildFile {
    pub dockerfile: PathBuf,
    targets: Vec<String>,
    args: Vec<BTreeMap<String, String>>,
    platforms: Vec<String>,
    contexts: BTreeMap<String, String>,
}

impl BuildFile {
    pub(super) fn add_to(self, mut inputs: Inputs) -> Inputs {
        inputs.targets = self.targets.into_iter().collect();
        inputs.build_args = self.args.into_iter().collect();
        let host = Platform::new("linux", "amd64");
        let platforms: Vec<String> = self
            .platforms
            .iter()
            .filter_map(|text| Platform::parse(text, &host).ok())
            .map(|platform| platform.normalized().format_all())
            .collect();
        if !platforms.is_empty() {
            inputs.platforms = platforms.into_iter().collect();
        }
        inputs.contexts.extend(self.contexts);
        inputs
    }
}

/// The builds in all files that the flags name, one for each Dockerfile.
pub(super) fn read(args: &LockArgs, report: &mut Report) -> Result<Vec<BuildFile>, Exit> {
    let mut builds: BTreeMap<PathBuf, BuildFile> = BTreeMap::new();
    for (path, kind) in args
        .bake
        .iter()
        .map(|path| (path, Kind::Bake))
        .chain(args.compose.iter().map(|path| (path, Kind::Compose)))
    {
        if let Err(why) = read_one(path, kind, &mut builds) {
            let shown = path.display().to_string();
            report.problem(
                &shown,
                None,
                "build-file",
                &format!("`{shown}`: {why}"),
                kind.hint(),
            );
            return Err(Exit::Usage);
        }
    }
    Ok(builds.into_values().collect())
}

#[derive(Clone, Copy)]
enum Kind {
    Bake,
    Compose,
}

impl Kind {
    fn hint(self) -> &'static str {
        match self {
            Kind::Bake => {
                "HCL is not read: `docker buildx bake --print > bake.json` gives the JSON of it"
            }
            Kind::Compose => {
                "YAML is not read: `docker compose config --format json > compose.json` gives the JSON of it"
            }
        }
    }
}

fn read_one(
    path: &Path,
    kind: Kind,
    builds: &mut BTreeMap<PathBuf, BuildFile>,
) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("it can't be read: {error}"))?;
    let document: Value =
        serde_json::from_slice(&bytes).map_err(|error| format!("it is no JSON: {error}"))?;
    let base = path.parent().unwrap_or(Path::new(""));
    let (table, key) = match kind {
        Kind::Bake => ("target", None),
        Kind::Compose => ("services", Some("build")),
    };
    let entries = document
        .get(table)
        .and_then(Value::as_object)
        .ok_or_else(|| format!("it has no `{table}`"))?;
    for (name, entry) in entries {
        let build = match key {
            None => inherited(entries, name, 0)?,
            Some(key) => match entry.get(key) {
                Some(Value::String(context)) => serde_json::json!({ "context": context }),
                Some(build) => build.clone(),
                None => continue,
            },
        };
        if build
            .get("dockerfile-inline")
            .or_else(|| build.get("dockerfile_inline"))
            .is_some()
        {
            continue;
        }
        add(base, &build, builds);
    }
    Ok(())
}

/// A bake target with what it inherits; its own values win.
fn inherited(
    targets: &serde_json::Map<String, Value>,
    name: &str,
    depth: usize,
) -> Result<Value, String> {
    if depth > 16 {
        return Err(format!("the target `{name}` inherits without an end"));
    }
    let own = targets
        .get(name)
        .cloned()
        .ok_or_else(|| format!("there is no target `{name}`"))?;
    let mut whole = Value::Object(serde_json::Map::new());
    for parent in own
        .get("inherits")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        overlay(&mut whole, inherited(targets, parent, depth + 1)?);
    }
    overlay(&mut whole, own);
    Ok(whole)
}

fn overlay(whole: &mut Value, over: Value) {
    let (Some(whole), Value::Object(over)) = (whole.as_object_mut(), over) else {
        return;
    };
    for (key, value) in over {
        match (whole.get_mut(&key), value) {
            (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
            (_, value) => drop(whole.insert(key, value)),
        }
    }
}

fn add(base: &Path, build: &Value, builds: &mut BTreeMap<PathBuf, BuildFile>) {
    let text = |key: &str| build.get(key).and_then(Value::as_str).unwrap_or_default();
    let context = text("context");
    // A remote context has its lock, if any, inside.
    if context.contains("://") || context.starts_with("git@") {
        return;
    }
    let dockerfile = if text("dockerfile").is_empty() {
        "Dockerfile"
    } else {
        text("dockerfile")
    };
    let path = base.join(context).join(dockerfile);
    let build_file = builds.entry(path.clone()).or_insert_with(|| BuildFile {
        dockerfile: path,
        ..BuildFile::default()
    });
    build_file.targets.push(text("target").to_owned());
    build_file.args.push(map(build.get("args")));
    let platforms = build
        .get("platforms")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    build_file
        .platforms
        .extend(platforms.filter_map(Value::as_str).map(str::to_owned));
    let contexts = map(build
        .get("contexts")
        .or_else(|| build.get("additional_contexts")));
    for (name, value) in contexts {
        let value = match value
            .strip_prefix("target:")
            .or_else(|| value.strip_prefix("service:"))
        {
            Some(target) => format!("input:{target}"),
            None if value.contains("://") || value.starts_with("git@") => value,
            None => "local:context".to_owned(),
        };
        build_file.contexts.insert(name, value);
    }
}

/// A map of names to texts, given as a map or as a list of `NAME=VALUE`.
fn map(value: Option<&Value>) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Some(Value::Object(map)) => map
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), text(value)?)))
            .collect(),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .filter_map(|word| word.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        _ => BTreeMap::new(),
    }
}
