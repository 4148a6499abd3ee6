//! A validator of JSON schemas, as far as that of SARIF and those of `docs/schema` go: a keyword that it does not know
//! fails.

use std::fs;

use serde_json::{Map, Value};

use super::root;

/// Keywords that say nothing about values.
const NOTES: [&str; 7] = [
    "$schema",
    "$id",
    "title",
    "description",
    "default",
    "definitions",
    "format",
];

/// A schema.
pub struct Schema {
    root: Value,
}

impl Schema {
    pub fn new(text: &str) -> Self {
        Schema {
            root: serde_json::from_str(text).unwrap(),
        }
    }

    /// One of `docs/schema`.
    pub fn published(name: &str) -> Self {
        Schema::new(&fs::read_to_string(root().join("docs/schema").join(name)).unwrap())
    }

    /// What is wrong with a value, each with its place.
    pub fn problems(&self, value: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.check(value, self.root.as_object().unwrap(), "$", &mut problems);
        problems
    }

    fn check(
        &self,
        value: &Value,
        schema: &Map<String, Value>,
        at: &str,
        problems: &mut Vec<String>,
    ) {
        let start = problems.len();
        for (keyword, rule) in schema {
            let fine = match keyword.as_str() {
                word if NOTES.contains(&word) => true,
                "$ref" => {
                    let name = rule.as_str().unwrap();
                    match name.strip_prefix("#/definitions/") {
                        Some(name) => {
                            let schema = self.root["definitions"][name].as_object().unwrap();
                            self.check(value, schema, at, problems);
                        }
                        None => {
                            let other = Schema::published(name);
                            other.check(value, other.root.as_object().unwrap(), at, problems);
                        }
                    }
                    true
                }
                "type" => is_of_type(value, rule.as_str().unwrap()),
                "enum" => rule.as_array().unwrap().contains(value),
                "required" => rule.as_array().unwrap().iter().all(|name| {
                    value
                        .as_object()
                        .is_none_or(|object| object.contains_key(name.as_str().unwrap()))
                }),
                "minimum" => value
                    .as_f64()
                    .is_none_or(|number| number >= rule.as_f64().unwrap()),
                "maximum" => value
                    .as_f64()
                    .is_none_or(|number| number <= rule.as_f64().unwrap()),
                "minItems" => value
                    .as_array()
                    .is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
                "maxItems" => value
                    .as_array()
                    .is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
                "uniqueItems" => value.as_array().is_none_or(|items| {
                    items
                        .iter()
                        .enumerate()
                        .all(|(at, item)| !items[..at].contains(item))
                }),
                "properties" | "items" | "additionalProperties" => {
                    self.check_inside(keyword, value, schema, rule, at, problems);
                    true
                }
                "anyOf" => self.matches(value, rule) > 0,
                "oneOf" => self.matches(value, rule) == 1,
                other => panic!("the validator does not know `{other}`, met at {at}"),
            };
            if !fine {
                problems.push(format!("{at}: {keyword} {rule}"));
            }
        }
        assert!(problems.len() < start + 50, "{problems:#?}");
    }

    fn check_inside(
        &self,
        keyword: &str,
        value: &Value,
        schema: &Map<String, Value>,
        rule: &Value,
        at: &str,
        problems: &mut Vec<String>,
    ) {
        let known = schema.get("properties").and_then(Value::as_object);
        match (keyword, value) {
            ("items", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(
                        item,
                        rule.as_object().unwrap(),
                        &format!("{at}[{index}]"),
                        problems,
                    );
                }
            }
            ("properties", Value::Object(object)) => {
                for (name, value) in object {
                    if let Some(schema) = rule.get(name) {
                        let at = format!("{at}.{name}");
                        self.check(value, schema.as_object().unwrap(), &at, problems);
                    }
                }
            }
            ("additionalProperties", Value::Object(object)) => {
                let others = object.iter().filter(|(name, _)| {
                    !known.is_some_and(|known| known.contains_key(name.as_str()))
                });
                for (name, value) in others {
                    match rule {
                        Value::Bool(true) => {}
                        Value::Object(schema) => {
                            self.check(value, schema, &format!("{at}.{name}"), problems);
                        }
                        _ => problems.push(format!("{at}: no property `{name}`")),
                    }
                }
            }
            _ => {}
        }
    }

    fn matches(&self, value: &Value, schemas: &Value) -> usize {
        let fits = |schema: &&Value| {
            let mut problems = Vec::new();
            self.check(value, schema.as_object().unwrap(), "", &mut problems);
            problems.is_empty()
        };
        schemas.as_array().unwrap().iter().filter(fits).count()
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("unknown type {other}"),
    }
}

#[test]
fn the_validator_finds_what_is_wrong() {
    let schema = Schema::new(
        r##"{"type":"object","additionalProperties":false,"required":["a"],"properties":{
            "a":{"$ref":"#/definitions/a"},"b":{"type":"array","uniqueItems":true,"items":{"enum":["x"]}},
            "c":{"anyOf":[{"required":["d"]},{"required":["e"]}]}},
            "definitions":{"a":{"type":"integer","minimum":1}}}"##,
    );
    let count = |text: &str| schema.problems(&serde_json::from_str(text).unwrap()).len();
    assert_eq!(count(r#"{"a":1,"b":["x"],"c":{"e":1}}"#), 0);
    assert_eq!(count(r#"{"a":0}"#), 1);
    assert_eq!(count(r#"{"a":"1"}"#), 1);
    assert_eq!(count(r#"{}"#), 1);
    assert_eq!(count(r#"{"a":1,"z":1}"#), 1);
    assert_eq!(count(r#"{"a":1,"b":["x","x","y"],"c":{}}"#), 3);
}
