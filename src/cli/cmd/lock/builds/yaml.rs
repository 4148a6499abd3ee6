//! YAML as a tree whose nodes know their lines.
//!
//! Aliases share their node, so that a file that multiplies itself takes no more memory than it has bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::Problem;
use crate::limits::MAX_YAML_NESTING;

/// A value, and the line on which it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub line: u32,
    pub value: Yaml,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Yaml {
    /// Text; a plain one may also be a number, a truth or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    /// In the order of the file; each key is there once.
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    /// The value of a key; `None` also for what is not a map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let (_, node) = self.entries().iter().find(|(name, _)| name == key)?;
        Some(node)
    }

    /// The entries of a map; none for anything else.
    pub(super) fn entries(&self) -> &[(String, Rc<Node>)] {
        match &self.value {
            Yaml::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Whether there is nothing.
    pub(super) fn is_null(&self) -> bool {
        match &self.value {
            Yaml::Scalar { text, plain: true } => {
                matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }
}

/// A collection in work, with the line and the anchor of its beginning.
struct Open {
    line: u32,
    anchor: usize,
    items: Items,
}

enum Items {
    List(Vec<Rc<Node>>),
    Map(OpenMap),
}

#[derive(Default)]
struct OpenMap {
    entries: Vec<(String, Rc<Node>)>,
    names: BTreeSet<String>,
    /// Maps that `<<` brings in.
    merged: Vec<Rc<Node>>,
    /// The key whose value comes next, and its line.
    key: Option<(String, u32)>,
}

/// Reads the first document.
pub(super) fn read(text: &str) -> Result<Rc<Node>, Problem> {
    let mut anchors: BTreeMap<usize, Rc<Node>> = BTreeMap::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let line = u32::try_from(error.marker().line()).ok();
            Problem::new(line, format!("not valid YAML: {}", error.info()))
        })?;
        let line = line_of(&span);
        let done = match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = Yaml::Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                };
                Some((anchor, Rc::new(Node { line, value })))
            }
            Event::Alias(anchor) => {
                let node = anchors
                    .get(&anchor)
                    .ok_or_else(|| Problem::new(Some(line), "an alias is recursive"))?;
                Some((0, node.clone()))
            }
            Event::SequenceStart(anchor, _) => {
                let items = Items::List(Vec::new());
                open.push(Open {
                    line,
                    anchor,
                    items,
                });
                None
            }
            Event::MappingStart(anchor, _) => {
                let items = Items::Map(OpenMap::default());
                open.push(Open {
                    line,
                    anchor,
                    items,
                });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(close),
            _ => None,
        };
        if open.len() > MAX_YAML_NESTING {
            return Err(Problem::new(Some(line), "it is nested too deeply"));
        }
        let Some((anchor, node)) = done else { continue };
        if anchor > 0 {
            anchors.insert(anchor, node.clone());
        }
        match open.last_mut().map(|open| &mut open.items) {
            None => return Ok(node),
            Some(Items::List(list)) => list.push(node),
            Some(Items::Map(map)) => map.add(node)?,
        }
    }
    Err(Problem::new(None, "it is empty"))
}

fn close(open: Open) -> (usize, Rc<Node>) {
    let value = match open.items {
        Items::List(list) => Yaml::List(list),
        Items::Map(map) => Yaml::Map(map.finish()),
    };
    let line = open.line;
    (open.anchor, Rc::new(Node { line, value }))
}

impl OpenMap {
    /// The next key, or the value of the last one.
    fn add(&mut self, node: Rc<Node>) -> Result<(), Problem> {
        let Some((name, line)) = self.key.take() else {
            let Yaml::Scalar { text, .. } = &node.value else {
                return Err(Problem::new(Some(node.line), "a key must be a string"));
            };
            self.key = Some((text.clone(), node.line));
            return Ok(());
        };
        if name == "<<" {
            match &node.value {
                Yaml::List(list) => self.merged.extend(list.iter().cloned()),
                _ => self.merged.push(node),
            }
            return match self
                .merged
                .iter()
                .all(|node| matches!(node.value, Yaml::Map(_)))
            {
                true => Ok(()),
                false => Err(Problem::new(Some(line), "`<<` must be a map")),
            };
        }
        if !self.names.insert(name.clone()) {
            let message = format!("duplicate key `{name}`");
            return Err(Problem::new(Some(line), message));
        }
        self.entries.push((name, node));
        Ok(())
    }

    /// The entries, with those that `<<` brings where there are none of the name.
    fn finish(mut self) -> Vec<(String, Rc<Node>)> {
        for source in self.merged {
            for (name, node) in source.entries() {
                if self.names.insert(name.clone()) {
                    self.entries.push((name.clone(), node.clone()));
                }
            }
        }
        self.entries
    }
}

fn line_of(span: &Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(u32::MAX)
}
