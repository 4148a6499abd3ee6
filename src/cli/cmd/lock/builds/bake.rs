//! Targets of a bake file: groups, inheritance and matrices resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::eval::{Evaluator, Locals};
use super::hcl_file::{Attributes, BakeFile};
use super::value::json_text as text_of;
use super::{Build, Described, Environment, Problem, is_remote, read_text, unknown_build};
use crate::limits::{MAX_INHERITANCE, MAX_MATRIX_TARGETS};

/// What decides which sources a build has; nothing else of a target is evaluated.
const READ: [&str; 7] = [
    "context",
    "dockerfile",
    "dockerfile-inline",
    "target",
    "args",
    "platforms",
    "contexts",
];

/// A target, or one cell of its matrix.
struct Instance<'f> {
    attributes: &'f Attributes,
    locals: Locals,
}

struct Bake<'f> {
    file: &'f BakeFile,
    evaluator: Evaluator<'f>,
    instances: BTreeMap<String, Instance<'f>>,
    /// For the name of a block, the names of its instances.
    cells: BTreeMap<&'f str, Vec<String>>,
}

/// The builds of bake files, which are one: those `wanted`, targets or groups, or all that are meant to be built.
pub(super) fn read(
    paths: &[&Path],
    wanted: &[String],
    environment: Environment<'_>,
) -> Result<Described, Problem> {
    let mut file = BakeFile::default();
    for path in paths {
        let text = read_text(path).map_err(|problem| problem.in_file(path))?;
        file.add(&text, path)
            .map_err(|problem| problem.in_file(path))?;
    }
    describe(&file, wanted, environment).map_err(|problem| {
        match problem.line.and_then(|line| file.place(line)) {
            Some((path, line)) => Problem {
                file: Some(path.to_owned()),
                line: Some(line),
                ..problem
            },
            None => problem,
        }
    })
}

/// Every target of a bake file that can be evaluated, those that are only bases of others as well.
pub(super) fn read_every(path: &Path, environment: Environment<'_>) -> Result<Vec<Build>, Problem> {
    let mut file = BakeFile::default();
    file.add(&read_text(path)?, path)?;
    let mut bake = Bake::new(&file, environment);
    bake.make_instances()?;
    let builds = bake.instances.keys();
    Ok(builds
        .filter_map(|name| bake.build(name).ok()?.ok())
        .collect())
}

fn describe(
    file: &BakeFile,
    wanted: &[String],
    environment: Environment<'_>,
) -> Result<Described, Problem> {
    let mut bake = Bake::new(file, environment);
    bake.make_instances()?;
    let names = match wanted {
        [] => bake.all()?,
        wanted => bake.select(wanted)?,
    };
    if names.is_empty() {
        return Err(Problem::new(None, "the file has no target"));
    }
    let mut described = Described::default();
    // What a target takes from another is built as well.
    let mut open: Vec<String> = names.iter().cloned().collect();
    let mut names = names;
    let mut builds = BTreeMap::new();
    while let Some(name) = open.pop() {
        match bake.build(&name)? {
            Ok(build) => {
                for other in build
                    .contexts
                    .values()
                    .filter_map(|it| it.strip_prefix("target:"))
                {
                    if bake.instances.contains_key(other) && names.insert(other.to_owned()) {
                        open.push(other.to_owned());
                    }
                }
                builds.insert(name, build);
            }
            Err(note) => described.notes.push(note),
        }
    }
    described.notes.sort();
    described.builds = builds.into_values().collect();
    Ok(described)
}

impl<'f> Bake<'f> {
    fn new(file: &'f BakeFile, environment: Environment<'f>) -> Self {
        Bake {
            file,
            evaluator: Evaluator::new(file, environment),
            instances: BTreeMap::new(),
            cells: BTreeMap::new(),
        }
    }

    fn make_instances(&mut self) -> Result<(), Problem> {
        for (label, attributes) in &self.file.targets {
            let mut cells = vec![Locals::new()];
            if let Some(term) = attributes.terms.get("matrix") {
                let matrix = self.evaluator.term(term, &Locals::new())?;
                cells = multiply(&matrix)
                    .ok_or_else(|| wrong(attributes, label, "`matrix` must be a map of lists"))?;
            }
            for locals in cells {
                let name = match attributes.terms.get("name") {
                    Some(term) if !locals.is_empty() => {
                        let name = self.evaluator.term(term, &locals)?;
                        text_of(&name)
                            .ok_or_else(|| wrong(attributes, label, "`name` must be a string"))?
                    }
                    None if !locals.is_empty() => {
                        return Err(wrong(
                            attributes,
                            label,
                            "a target with a `matrix` requires a `name`",
                        ));
                    }
                    _ => label.clone(),
                };
                self.cells.entry(label).or_default().push(name.clone());
                let instance = Instance { attributes, locals };
                if self.instances.insert(name.clone(), instance).is_some() {
                    let message = format!("duplicate target `{name}`");
                    return Err(Problem::new(attributes.line, message));
                }
            }
        }
        Ok(())
    }

    /// Everything in a group, and every target that is not a mere base of others.
    fn all(&self) -> Result<BTreeSet<String>, Problem> {
        let groups: Vec<String> = self.file.groups.keys().cloned().collect();
        let mut names = self.select(&groups)?;
        let mut bases = BTreeSet::new();
        for (name, instance) in &self.instances {
            bases.extend(self.parents(name, instance)?);
        }
        for name in self.instances.keys() {
            if !bases.contains(name) && !name.starts_with('_') {
                names.insert(name.clone());
            }
        }
        Ok(names)
    }

    /// The instances that names of groups, targets and instances stand for.
    fn select(&self, wanted: &[String]) -> Result<BTreeSet<String>, Problem> {
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<(String, Option<u32>)> =
            wanted.iter().map(|name| (name.clone(), None)).collect();
        while let Some((name, line)) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let instance = self.instances.contains_key(&name);
            let cells = self.cells.get(name.as_str());
            let group = self.file.groups.get(&name);
            if !instance && cells.is_none() && group.is_none() {
                let message = format!("unknown target or group `{name}`");
                let targets = self.file.targets.keys().chain(self.instances.keys());
                let known = targets.chain(self.file.groups.keys());
                let hint = unknown_build(&name, known);
                return Err(Problem::new(line, message).hint(&hint));
            }
            if let Some(group) = group
                && let Some(term) = group.terms.get("targets")
            {
                let targets = self.evaluator.term(term, &Locals::new())?;
                let targets = texts(&targets)
                    .ok_or_else(|| wrong(group, &name, "`targets` must be a list of names"))?;
                open.extend(targets.into_iter().map(|target| (target, group.line)));
            }
            if instance {
                names.insert(name.clone());
            }
            names.extend(cells.into_iter().flatten().cloned());
        }
        Ok(names)
    }

    fn parents(&self, name: &str, instance: &Instance<'_>) -> Result<Vec<String>, Problem> {
        let attributes = instance.attributes;
        let Some(term) = attributes.terms.get("inherits") else {
            return Ok(Vec::new());
        };
        let parents = self.evaluator.term(term, &instance.locals)?;
        texts(&parents).ok_or_else(|| wrong(attributes, name, "`inherits` must be a list of names"))
    }

    /// A target with what it inherits; its own values win.
    fn inherited(&self, name: &str, depth: usize) -> Result<Map<String, Value>, Problem> {
        let Some(instance) = self.instances.get(name) else {
            return Err(Problem::new(None, format!("unknown target `{name}`")));
        };
        let attributes = instance.attributes;
        if depth > MAX_INHERITANCE {
            return Err(wrong(attributes, name, "its `inherits` are recursive"));
        }
        let mut whole = Map::new();
        for parent in self.parents(name, instance)? {
            if !self.instances.contains_key(&parent) {
                let why = format!("it inherits from the unknown target `{parent}`");
                return Err(wrong(attributes, name, &why));
            }
            overlay(&mut whole, self.inherited(&parent, depth + 1)?);
        }
        let mut own = Map::new();
        for key in READ {
            if let Some(term) = attributes.terms.get(key) {
                own.insert(key.to_owned(), self.evaluator.term(term, &instance.locals)?);
            }
        }
        overlay(&mut whole, own);
        Ok(whole)
    }

    /// The build that a target describes; the inner error is why there is nothing to lock.
    fn build(&self, name: &str) -> Result<Result<Build, String>, Problem> {
        let values = self.inherited(name, 0)?;
        let attributes = self
            .instances
            .get(name)
            .map(|instance| instance.attributes)
            .cloned()
            .unwrap_or_default();
        let wrong =
            |key: &str, what: &str| wrong(&attributes, name, &format!("`{key}` must be a {what}"));
        let text = |key: &str, default: &str| match values.get(key) {
            None | Some(Value::Null) => Ok(default.to_owned()),
            Some(value) => text_of(value).ok_or_else(|| wrong(key, "string")),
        };
        let map = |key: &str| match values.get(key) {
            None | Some(Value::Null) => Ok(BTreeMap::new()),
            // A null leaves the argument to the Dockerfile.
            Some(Value::Object(map)) => map
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| Some((name.clone(), text_of(value)?)))
                .collect::<Option<BTreeMap<_, _>>>()
                .ok_or_else(|| wrong(key, "map of strings")),
            Some(_) => Err(wrong(key, "map")),
        };
        if values
            .get("dockerfile-inline")
            .is_some_and(|it| !it.is_null())
        {
            return Ok(Err(format!(
                "`{name}` is skipped: its Dockerfile is inline, and a lock is kept beside a file"
            )));
        }
        let context = text("context", ".")?;
        if is_remote(&context) {
            return Ok(Err(format!(
                "`{name}` is skipped: its context `{}` has its own lock",
                shown(&context)
            )));
        }
        // A directory of the command, which all are that are here.
        let context = match context.strip_prefix("cwd://") {
            Some("") => ".".to_owned(),
            Some(path) => path.to_owned(),
            None => context,
        };
        let platforms = match values.get("platforms") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => texts(list).ok_or_else(|| wrong("platforms", "list of strings"))?,
        };
        Ok(Ok(Build {
            name: name.to_owned(),
            line: attributes.line,
            context,
            dockerfile: text("dockerfile", "Dockerfile")?,
            target: text("target", "")?,
            args: map("args")?,
            platforms,
            contexts: map("contexts")?,
        }))
    }
}

/// A URL without what could be a secret in it.
fn shown(url: &str) -> String {
    match crate::lock::model::has_credentials(url) {
        true => "URL with credentials".to_owned(),
        false => url.to_owned(),
    }
}

fn wrong(attributes: &Attributes, name: &str, why: &str) -> Problem {
    Problem::new(attributes.line, format!("the target `{name}`: {why}"))
}

/// Every combination of the values of a matrix.
fn multiply(matrix: &Value) -> Option<Vec<Locals>> {
    let mut cells = vec![Locals::new()];
    for (name, values) in matrix.as_object()? {
        let values = values.as_array()?;
        if cells.len().checked_mul(values.len())? > MAX_MATRIX_TARGETS {
            return None;
        }
        let with = |cell: &Locals, value: &Value| {
            let mut cell = cell.clone();
            cell.insert(name.clone(), value.clone());
            cell
        };
        cells = cells
            .iter()
            .flat_map(|cell| values.iter().map(move |value| with(cell, value)))
            .collect();
    }
    Some(cells)
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(text_of).collect()
}

/// Maps are merged, everything else is replaced.
fn overlay(whole: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (whole.get_mut(&key), value) {
            (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
            (_, value) => drop(whole.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(text: &str, wanted: &[&str]) -> Result<Vec<Build>, Problem> {
        let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let environment = |name: &str| match name {
            "SET" => Some("from the environment".to_owned()),
            "NUMBER" => Some("7".to_owned()),
            _ => None,
        };
        let mut file = BakeFile::default();
        file.add(text, Path::new("b.hcl"))?;
        super::describe(&file, &wanted, &environment).map(|described| described.builds)
    }

    fn problem(text: &str) -> (Option<u32>, String) {
        let problem = describe(text, &[]).expect_err(text);
        (problem.line, problem.message)
    }

    const FILE: &str = r#"
VERSION = "3"
variable "TAG" { default = "v${VERSION}.1" }
variable "SET" { default = "of the file" }
variable "EMPTY" {}
variable "NUMBER" { default = 1 }
variable "FANCY" { default = bcrypt("never asked for") }
function "f" {
  params = [x]
  result = x
}
group "default" { targets = ["app", "all"] }
group "all" { targets = ["app", "cells"] }
target "_base" {
  args = { A = "base", B = "base", GONE = null }
  platforms = ["linux/amd64"]
  tags = [f("x")]
}
target "app" {
  inherits = ["_base"]
  context = "app"
  dockerfile = "App.${TAG}"
  target = TAG == "v3.1" ? "one" : "two"
  args = {
    B = SET
    N = NUMBER + 1
    E = "<${EMPTY}>"
    H = <<-EOT
      here
    EOT
  }
  contexts = { base = "target:lib", img = "docker-image://x:${TAG}" }
}
target "cells" {
  name = "cell-${os}-${item.v}"
  matrix = {
    os = ["a", "b"]
    item = [{ v = "1" }, { v = "2" }]
  }
  args = { OS = os, V = item.v }
}
target "lib" { context = "https://h.example/r.git" }
"#;

    #[test]
    fn targets_are_resolved() {
        let builds = describe(FILE, &[]).unwrap();
        let names: Vec<&str> = builds.iter().map(|build| build.name.as_str()).collect();
        assert_eq!(
            names,
            ["app", "cell-a-1", "cell-a-2", "cell-b-1", "cell-b-2"]
        );
        let app = &builds[0];
        assert_eq!(
            (
                app.context.as_str(),
                app.dockerfile.as_str(),
                app.target.as_str()
            ),
            ("app", "App.v3.1", "one")
        );
        let args: Vec<String> = app.args.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            args,
            [
                "A=base",
                "B=from the environment",
                "E=<>",
                "H=here\n",
                "N=8"
            ]
        );
        assert_eq!(app.platforms, ["linux/amd64"]);
        assert_eq!(app.contexts["img"], "docker-image://x:v3.1");
        assert_eq!(
            (builds[3].args["OS"].as_str(), builds[3].args["V"].as_str()),
            ("b", "1")
        );
        assert_eq!(describe(FILE, &["cells"]).unwrap().len(), 4);
        assert_eq!(describe(FILE, &["cell-b-2"]).unwrap().len(), 1);
    }

    #[test]
    fn json_is_the_same() {
        let text = r#"{
            "variable": {"T": {"default": "1"}},
            "group": {"default": {"targets": ["a"]}},
            "target": {
                "b": {"args": {"X": "x", "Y": "$${literal}"}},
                "a": {"inherits": ["b"], "args": {"X": "${T}"}, "dockerfile": "D"}
            }
        }"#;
        let builds = describe(text, &[]).unwrap();
        assert_eq!(builds.len(), 1);
        assert_eq!(
            (builds[0].args["X"].as_str(), builds[0].args["Y"].as_str()),
            ("1", "${literal}")
        );
    }

    #[test]
    fn what_is_not_evaluated_is_named_with_its_line() {
        for (text, line, words) in [
            (
                "target \"a\" {\n  args = { X = uuidv4() }\n}",
                2,
                "function `uuidv4`",
            ),
            (
                "target \"a\" {\n\n  target = [for x in [1]: x][1]\n}",
                3,
                "out of bounds",
            ),
            (
                "target \"a\" {\n  target = NONE\n}",
                2,
                "unknown variable `NONE`",
            ),
            (
                "variable \"A\" {\n default = B\n}\nvariable \"B\" { default = A }\ntarget \"a\" { target = A }",
                1,
                "is recursive",
            ),
            (
                "target \"a\" { inherits = [\"a\"] }\ngroup \"default\" { targets = [\"a\"] }",
                1,
                "recursive",
            ),
            ("group \"default\" {\n targets = [\"b\"]\n}", 1, "group `b`"),
            ("target \"a\" {\n  args = \n}", 2, "not valid HCL"),
            ("stage \"a\" {}", 1, "`stage`"),
            (
                "target \"a\" {\n  platforms = \"x\"\n}",
                1,
                "`platforms` must be a list",
            ),
        ] {
            let (at, message) = problem(text);
            assert!(
                at == Some(line) && message.contains(words),
                "{text}\n{at:?} {message}"
            );
        }
        assert!(problem("").1.contains("no target"));
    }
}
