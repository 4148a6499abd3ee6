//! JSON objects under the rules of protobuf JSON: defaults are left out, 64-bit numbers are text,
//! bytes are base64, enum values have names.

use crate::pb::map::Entry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// An object whose fields are added in the order of their declaration.
#[derive(Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn new() -> Self {
        Object::default()
    }

    /// A field that is there whatever its value.
    pub(super) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// A message, if there is one.
    pub(super) fn message<T>(
        self,
        name: &str,
        message: Option<&T>,
        json: impl FnOnce(&T) -> Value,
    ) -> Self {
        match message {
            Some(message) => self.field(name, json(message)),
            None => self,
        }
    }

    /// Messages, if there are any.
    pub(super) fn messages<T>(self, name: &str, list: &[T], json: impl Fn(&T) -> Value) -> Self {
        match list {
            [] => self,
            list => self.field(name, list.iter().map(json).collect::<Vec<_>>()),
        }
    }

    /// Strings, if there are any.
    pub(super) fn strings(self, name: &str, list: &[String]) -> Self {
        self.messages(name, list, |text| Value::from(text.as_str()))
    }

    /// A string, unless empty.
    pub(super) fn string(self, name: &str, text: &str) -> Self {
        match text {
            "" => self,
            text => self.field(name, text),
        }
    }

    /// Bytes, unless empty.
    pub(super) fn bytes(self, name: &str, bytes: &[u8]) -> Self {
        match bytes {
            [] => self,
            bytes => self.field(name, base64(bytes)),
        }
    }

    /// A boolean, if true.
    pub(super) fn bool(self, name: &str, value: bool) -> Self {
        match value {
            true => self.field(name, true),
            false => self,
        }
    }

    /// A 32-bit number, unless zero.
    pub(super) fn number(self, name: &str, value: impl Into<i64>) -> Self {
        match value.into() {
            0 => self,
            value => self.field(name, value),
        }
    }

    /// A 64-bit number, unless zero.
    pub(super) fn long(self, name: &str, value: impl Into<i128>) -> Self {
        match value.into() {
            0 => self,
            value => self.field(name, value.to_string()),
        }
    }

    /// An enum value by name, or by number if it has none; not the first one.
    pub(super) fn choice(self, name: &str, value: i32, names: &[&str]) -> Self {
        if value == 0 {
            return self;
        }
        let known = usize::try_from(value).ok().and_then(|at| names.get(at));
        match known {
            Some(&known) => self.field(name, known),
            None => self.field(name, value),
        }
    }

    /// A map, if it has entries, sorted by key.
    pub(super) fn map<V>(
        self,
        name: &str,
        entries: &[Entry<V>],
        json: impl Fn(&V) -> Value,
    ) -> Self {
        if entries.is_empty() {
            return self;
        }
        let mut map = Map::new();
        for entry in entries {
            map.insert(entry.key.clone(), json(&entry.value));
        }
        map.sort_keys();
        self.field(name, map)
    }

    /// A map of strings, if it has entries, sorted by key.
    pub(super) fn texts(self, name: &str, entries: &[Entry<String>]) -> Self {
        self.map(name, entries, |text| text.as_str().into())
    }

    pub(super) fn build(self) -> Value {
        Value::Object(self.0)
    }
}

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe, 0]), "+//+AA==");
    }
}
