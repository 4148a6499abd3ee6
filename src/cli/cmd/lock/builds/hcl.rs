//! A bake file as it stands: blocks and attributes of HCL, or the same in JSON, nothing evaluated.

use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Structure};
use serde_json::{Map, Value};

use super::Problem;

/// Something that has a value once it is evaluated.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Hcl(Expression),
    /// Its strings are templates.
    Json(Value),
}

/// A target, a group or a variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    /// Where it begins; unknown in JSON.
    pub line: Option<u32>,
    pub terms: BTreeMap<String, Term>,
}

/// A bake file.
#[derive(Clone, Debug, Default)]
pub(super) struct BakeFile {
    text: String,
    pub variables: BTreeMap<String, Attributes>,
    /// Attributes at the top: variables that the environment does not change.
    pub constants: BTreeMap<String, Term>,
    pub groups: BTreeMap<String, Attributes>,
    pub targets: BTreeMap<String, Attributes>,
}

impl BakeFile {
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let mut file = BakeFile {
            text: text.to_owned(),
            ..BakeFile::default()
        };
        match text.trim_start().starts_with('{') {
            true => file.read_json()?,
            false => file.read_hcl()?,
        }
        Ok(file)
    }

    fn read_hcl(&mut self) -> Result<(), Problem> {
        let body = hcl_edit::parser::parse_body(&self.text).map_err(|error| {
            let line = u32::try_from(error.location().line()).ok();
            let column = error.location().column();
            let why = error
                .message()
                .trim()
                .replace("; ", ", ")
                .replace('\n', ", ");
            Problem::new(line, format!("it is no HCL (column {column}): {why}"))
        })?;
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

    fn block(&mut self, block: &Block) -> Result<(), Problem> {
        let line = self.line_of(block.ident.span());
        let table = match block.ident.as_str() {
            "target" => &mut self.targets,
            "group" => &mut self.groups,
            "variable" => &mut self.variables,
            // Refused where it is called.
            "function" => return Ok(()),
            other => {
                let message = format!("a block `{other}`, which bake files do not have");
                return Err(Problem::new(line, message));
            }
        };
        let [label] = block.labels.as_slice() else {
            let message = format!("a `{}` has one name", block.ident.as_str());
            return Err(Problem::new(line, message));
        };
        // Blocks of one name are one.
        let entry = table.entry(label.as_str().to_owned()).or_default();
        entry.line = entry.line.or(line);
        for attribute in block.body.attributes() {
            let name = attribute.key.as_str().to_owned();
            entry.terms.insert(name, Term::Hcl(attribute.value.clone()));
        }
        Ok(())
    }

    fn read_json(&mut self) -> Result<(), Problem> {
        let document: Value = serde_json::from_str(&self.text).map_err(|error| {
            let line = u32::try_from(error.line()).ok();
            Problem::new(line, format!("it is no JSON: {error}"))
        })?;
        for (kind, table) in [
            ("target", &mut self.targets),
            ("group", &mut self.groups),
            ("variable", &mut self.variables),
        ] {
            let entries = document.get(kind).and_then(Value::as_object);
            for (name, value) in entries.into_iter().flatten() {
                let attributes = value.as_object().cloned().unwrap_or_else(Map::new);
                let terms = attributes
                    .into_iter()
                    .map(|(key, value)| (key, Term::Json(value)));
                let entry = Attributes {
                    line: None,
                    terms: terms.collect(),
                };
                table.insert(name.clone(), entry);
            }
        }
        for (name, value) in document.as_object().into_iter().flatten() {
            if !matches!(name.as_str(), "target" | "group" | "variable" | "function") {
                self.constants
                    .insert(name.clone(), Term::Json(value.clone()));
            }
        }
        Ok(())
    }

    /// The line on which something begins.
    pub(super) fn line_of(&self, span: Option<std::ops::Range<usize>>) -> Option<u32> {
        let before = self.text.get(..span?.start)?;
        u32::try_from(before.matches('\n').count() + 1).ok()
    }
}
