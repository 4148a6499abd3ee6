//! A bake file as it stands: blocks and attributes of HCL, or the same in JSON, nothing evaluated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hcl::edit::Span as _;
use hcl::edit::expr::Expression;
use hcl::edit::structure::{Block, Structure};
use serde_json::{Map, Value};

use super::Problem;

/// Something that has a value once it is evaluated.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Hcl(Expression),
    /// Its strings are templates.
    Json(Value),
    /// The later one over the earlier one: maps are merged.
    Over(Box<(Term, Term)>),
}

/// A target, a group or a variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    /// Where it begins; unknown in JSON.
    pub line: Option<u32>,
    pub terms: BTreeMap<String, Term>,
}

impl Attributes {
    fn add(&mut self, name: String, term: Term) {
        let term = match self.terms.remove(&name) {
            Some(below) => Term::Over(Box::new((below, term))),
            None => term,
        };
        self.terms.insert(name, term);
    }
}

/// A function of the file.
#[derive(Clone, Debug)]
pub(super) struct UserFunction {
    pub params: Vec<String>,
    /// The parameter that has all further arguments.
    pub variadic: Option<String>,
    pub result: Expression,
}

/// A bake file.
#[derive(Clone, Debug, Default)]
pub(super) struct BakeFile {
    /// The texts of all files, and for each the lines before it.
    text: String,
    files: Vec<(u32, PathBuf)>,
    pub variables: BTreeMap<String, Attributes>,
    /// Attributes at the top: variables that the environment does not change.
    pub constants: BTreeMap<String, Term>,
    pub functions: BTreeMap<String, UserFunction>,
    pub groups: BTreeMap<String, Attributes>,
    pub targets: BTreeMap<String, Attributes>,
}

impl BakeFile {
    /// Adds a file: what it says lies over what earlier ones say.
    pub(super) fn add(&mut self, text: &str, path: &Path) -> Result<(), Problem> {
        if text.trim_start().starts_with('{') {
            return self.read_json(text);
        }
        // Spans are of all files, one after the other: what is not of this one is blank.
        let before = u32::try_from(self.text.matches('\n').count()).unwrap_or(u32::MAX);
        let blank = self
            .text
            .bytes()
            .map(|b| if b == b'\n' { '\n' } else { ' ' });
        let whole: String = blank.chain(text.chars()).collect();
        let body = hcl::edit::parser::parse_body(&whole).map_err(|error| {
            let line = u32::try_from(error.location().line()).ok();
            let column = error.location().column();
            let why = error
                .message()
                .trim()
                .replace("; ", ", ")
                .replace('\n', ", ");
            let line = line.map(|line| line.saturating_sub(before));
            Problem::new(line, format!("not valid HCL (column {column}): {why}"))
        })?;
        self.files.push((before, path.to_owned()));
        self.text.push_str(text);
        self.text.push('\n');
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => {
                    let name = attribute.key.as_str().to_owned();
                    self.constants
                        .insert(name, Term::Hcl(attribute.value.clone()));
                }
                Structure::Block(block) => self.block(block)?,
            }
        }
        Ok(())
    }

    /// The file and the line in it of a line of all files.
    pub(super) fn place(&self, line: u32) -> Option<(&Path, u32)> {
        let (before, path) = self.files.iter().rfind(|(before, _)| *before < line)?;
        Some((path, line - before))
    }

    fn block(&mut self, block: &Block) -> Result<(), Problem> {
        let line = self.line_of(block.ident.span());
        let table = match block.ident.as_str() {
            "target" => &mut self.targets,
            "group" => &mut self.groups,
            "variable" => &mut self.variables,
            "function" => return self.function(block, line),
            other => {
                let message = format!("unknown block `{other}`");
                return Err(Problem::new(line, message));
            }
        };
        let [label] = block.labels.as_slice() else {
            let message = format!("a `{}` block must have one name", block.ident.as_str());
            return Err(Problem::new(line, message));
        };
        // Blocks of one name are one.
        let entry = table.entry(label.as_str().to_owned()).or_default();
        entry.line = entry.line.or(line);
        for attribute in block.body.attributes() {
            let name = attribute.key.as_str().to_owned();
            entry.add(name, Term::Hcl(attribute.value.clone()));
        }
        Ok(())
    }

    fn function(&mut self, block: &Block, line: Option<u32>) -> Result<(), Problem> {
        let [label] = block.labels.as_slice() else {
            return Err(Problem::new(line, "a `function` block must have one name"));
        };
        let value = |name: &str| {
            let mut all = block.body.attributes();
            all.find(|it| it.key.as_str() == name).map(|it| &it.value)
        };
        let word = |expression: &Expression| match expression {
            Expression::Variable(name) => Some(name.as_str().to_owned()),
            _ => None,
        };
        let params = match value("params") {
            Some(Expression::Array(list)) => list.iter().map(word).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let (Some(params), Some(result)) = (params, value("result")) else {
            let message = format!(
                "the function `{}` requires `params` and `result`",
                label.as_str()
            );
            return Err(Problem::new(line, message));
        };
        let function = UserFunction {
            params,
            variadic: value("variadic_params").and_then(word),
            result: result.clone(),
        };
        self.functions.insert(label.as_str().to_owned(), function);
        Ok(())
    }

    fn read_json(&mut self, text: &str) -> Result<(), Problem> {
        let document: Value = serde_json::from_str(text).map_err(|error| {
            let line = u32::try_from(error.line()).ok();
            Problem::new(line, format!("not valid JSON: {error}"))
        })?;
        for (kind, table) in [
            ("target", &mut self.targets),
            ("group", &mut self.groups),
            ("variable", &mut self.variables),
        ] {
            let entries = document.get(kind).and_then(Value::as_object);
            for (name, value) in entries.into_iter().flatten() {
                let attributes = value.as_object().cloned().unwrap_or_else(Map::new);
                let entry = table.entry(name.clone()).or_default();
                for (key, value) in attributes {
                    entry.add(key, Term::Json(value));
                }
            }
        }
        self.read_json_functions(&document)?;
        for (name, value) in document.as_object().into_iter().flatten() {
            if !matches!(name.as_str(), "target" | "group" | "variable" | "function") {
                self.constants
                    .insert(name.clone(), Term::Json(value.clone()));
            }
        }
        Ok(())
    }

    /// The result of a function is an expression in a template.
    fn read_json_functions(&mut self, document: &Value) -> Result<(), Problem> {
        let all = document.get("function").and_then(Value::as_object);
        for (name, value) in all.into_iter().flatten() {
            let params = value.get("params").and_then(Value::as_array);
            let params = params.into_iter().flatten().filter_map(Value::as_str);
            let result = value
                .get("result")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let quoted = format!("\"{}\"", result.replace('"', "\\\""));
            let result = quoted.parse().or_else(|_| format!("\"{result}\"").parse());
            let result: Expression = result.map_err(|_| {
                Problem::new(
                    None,
                    format!("the result of `{name}` is not a valid template"),
                )
            })?;
            let function = UserFunction {
                params: params.map(str::to_owned).collect(),
                variadic: value
                    .get("variadic_params")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                result,
            };
            self.functions.insert(name.clone(), function);
        }
        Ok(())
    }

    /// The line on which something begins.
    pub(super) fn line_of(&self, span: Option<std::ops::Range<usize>>) -> Option<u32> {
        let before = self.text.get(..span?.start)?;
        u32::try_from(before.matches('\n').count() + 1).ok()
    }
}
