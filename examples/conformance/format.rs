//! The formats that recorded results are in.

use std::collections::BTreeMap;

use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::pb::ops::{Definition, Range};
use dockerfile_llb::source::LineRange;
use prost::Message;
use serde_json::{Value, json};

/// JSON as recorded files have it: keys as given, two blanks, a newline at the end.
pub fn pretty(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}

/// Replaces the random ids of progress groups by numbers, in the order of the ops that use them first.
pub fn normalize_progress_groups(definition: &mut Definition) {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for op in &definition.def {
        let digest = Digest::sha256(op);
        let metadata = definition
            .metadata
            .iter()
            .find(|entry| entry.key == digest.as_str());
        if let Some(group) = metadata.and_then(|entry| entry.value.progress_group.as_ref()) {
            let next = numbers.len();
            numbers.entry(group.id.clone()).or_insert(next);
        }
    }
    for entry in &mut definition.metadata {
        if let Some(group) = &mut entry.value.progress_group
            && let Some(number) = numbers.get(&group.id)
        {
            group.id = format!("progress-group-{number}");
        }
    }
}

/// The bytes that are compared: fields in number order, maps sorted, progress groups numbered.
pub fn definition_bytes(mut definition: Definition) -> Vec<u8> {
    normalize_progress_groups(&mut definition);
    definition.encode_to_vec()
}

/// `1:0-1:0`
pub fn range(range: &Range) -> String {
    let start = range.start.unwrap_or_default();
    let end = range.end.unwrap_or_default();
    positions([start.line, start.character, end.line, end.character])
}

/// Line and character of both ends.
pub fn positions([from, at, to, until]: [i32; 4]) -> String {
    format!("{from}:{at}-{to}:{until}")
}

/// One range for each line.
pub fn line_ranges(lines: &[LineRange]) -> Vec<String> {
    lines
        .iter()
        .flat_map(|lines| lines.start..=lines.end.max(lines.start))
        .map(|line| format!("{line}:0-{line}:0"))
        .collect()
}

/// A source location of an error.
pub fn source(filename: &str, ranges: Vec<String>) -> Value {
    json!({ "filename": filename, "ranges": ranges })
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    Digest::sha256(bytes).encoded().to_owned()
}
