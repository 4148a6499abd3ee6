//! From the model to text: sorted, one entry a table, values that say nothing left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::lock::hermetic::KnownValue;
use crate::lock::model::{
    ConfigFacts, FrontendPin, GitKey, GitPin, HttpPin, ImagePin, Inputs, Lock, RecordedRun,
    RecordingStore, Recordings, VERSION,
};
use crate::recording::StepKey;

/// First line: says what made the file and which keys may be edited.
fn header(editable: &[&str]) -> String {
    let verb = if editable.len() > 1 { "are" } else { "is" };
    let names: Vec<String> = editable.iter().map(|key| format!("`{key}`")).collect();
    let list = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    };
    format!(
        "# Made by `rdf lock`. Of what is here, only {list} {verb} meant to be edited by hand.\n"
    )
}

/// Prints a lock; equal locks have equal bytes.
pub fn print(lock: &Lock) -> String {
    let hermetic = [&lock.free_args, &lock.secrets];
    let mut editable = vec!["mode"];
    if lock.frontend != FrontendPin::default() {
        editable.push("frontend");
    }
    if hermetic.iter().any(|list| !list.is_empty()) {
        editable.extend(["free-args", "secrets"]);
    }
    let mut out = header(&editable);
    field(&mut out, "version", &VERSION.to_string());
    field(&mut out, "mode", &quoted(lock.mode.as_str()));
    if lock.frontend != FrontendPin::default() {
        field(&mut out, "frontend", &quoted(lock.frontend.as_str()));
    }
    for (key, list) in ["free-args", "secrets"].into_iter().zip(hermetic) {
        if !list.is_empty() {
            field(&mut out, key, &array(list.iter().map(|item| quoted(item))));
        }
    }
    inputs(&mut out, &lock.inputs);
    if !lock.args.is_empty() {
        out.push_str("\n[args]\n");
        for (name, values) in &lock.args {
            field(&mut out, &bare(name), &array(values.iter().map(known)));
        }
    }
    if !lock.pinned.is_empty() {
        out.push_str("\n[pinned]\n");
        for (pin, original) in &lock.pinned {
            field(&mut out, &quoted(pin), &quoted(original));
        }
    }
    for (key, pin) in &lock.images {
        image(&mut out, key, pin);
    }
    for (key, pin) in &lock.git {
        git(&mut out, key, pin);
    }
    for (url, pin) in &lock.http {
        http(&mut out, url, pin);
    }
    if let Some(recordings) = &lock.recordings {
        recording(&mut out, recordings);
    }
    out
}

fn recording(out: &mut String, recordings: &Recordings) {
    out.push_str("\n[recording]\n");
    let store = match &recordings.store {
        RecordingStore::Folder => super::FOLDER_STORE.to_owned(),
        RecordingStore::Layout(name) => name.to_string(),
        RecordingStore::Registry(store) => store.index.to_string(),
    };
    field(out, "store", &quoted(&store));
    field(out, "epoch", &recordings.epoch.to_string());
    let programs = recordings.programs.iter();
    field(
        out,
        "rdf-run",
        &table(programs.map(|(platform, digest)| (platform, quoted(digest.as_str())))),
    );
    if let RecordingStore::Registry(store) = &recordings.store {
        out.push_str("\n[recording.images]\n");
        for (held, image) in &store.images {
            field(out, &quoted(held.as_str()), &quoted(image.as_str()));
        }
    }
    for (key, step) in &recordings.runs {
        run(out, key, step);
    }
}

fn run(out: &mut String, key: &StepKey, step: &RecordedRun) {
    out.push_str("\n[[run]]\n");
    field(out, "stage", &quoted(&key.stage));
    field(out, "platform", &quoted(&key.platform));
    let words = |list: &[String]| array(list.iter().map(|word| quoted(word)));
    field(out, "command", &words(&key.command));
    if let Some(script) = &key.script {
        field(out, "script", &quoted(script.as_str()));
    }
    if !key.mounts.is_empty() {
        field(out, "mounts", &words(&key.mounts));
    }
    if !key.args.is_empty() {
        field(out, "args", &strings(&key.args));
    }
    if key.ordinal > 1 {
        field(out, "ordinal", &key.ordinal.to_string());
    }
    if step.network {
        field(out, "network", "true");
    }
    let Some(recording) = &step.recording else {
        return;
    };
    field(out, "recording", &quoted(recording.as_str()));
    // One a line, so that a review shows what moved.
    out.push_str("fetches = [\n");
    for fetch in &step.fetches {
        let fields = [
            ("url", quoted(&fetch.url)),
            ("digest", quoted(fetch.digest.as_str())),
            ("size", fetch.size.to_string()),
        ];
        out.push_str(&format!("    {},\n", table(fields)));
    }
    out.push_str("]\n");
}

fn inputs(out: &mut String, inputs: &Inputs) {
    out.push_str("\n[inputs]\n");
    field(
        out,
        "targets",
        &array(inputs.targets.iter().map(|target| quoted(target))),
    );
    field(
        out,
        "platforms",
        &array(inputs.platforms.iter().map(|platform| quoted(platform))),
    );
    field(
        out,
        "build-args",
        &array(inputs.build_args.iter().map(strings)),
    );
    if !inputs.contexts.is_empty() {
        field(out, "contexts", &strings(&inputs.contexts));
    }
    if let Some(context) = &inputs.context {
        field(out, "context", &quoted(context));
    }
    if let Some(sbom) = &inputs.sbom {
        field(out, "sbom", &quoted(sbom));
    }
}

fn known(value: &KnownValue) -> String {
    match value {
        KnownValue::Plain(value) => quoted(value),
        KnownValue::Salted { salt, sha256 } => {
            table([("salt", quoted(salt)), ("sha256", quoted(sha256))])
        }
    }
}

fn image(out: &mut String, key: &str, pin: &ImagePin) {
    out.push_str("\n[[image]]\n");
    field(out, "ref", &quoted(key));
    if let Some(tag) = &pin.tag {
        field(out, "tag", &quoted(tag));
    }
    field(out, "digest", &quoted(&pin.digest));
    if !pin.platforms.is_empty() {
        field(out, "platforms", &strings(&pin.platforms));
    }
    let told: Vec<(&String, &ConfigFacts)> = pin
        .config
        .iter()
        .filter(|(_, facts)| !facts.is_empty())
        .collect();
    if !told.is_empty() {
        field(
            out,
            "config",
            &table(
                told.into_iter()
                    .map(|(platform, facts)| (platform, config(facts))),
            ),
        );
    }
    field(
        out,
        "used-by",
        &array(pin.used_by.iter().map(|role| quoted(&role.to_string()))),
    );
    field(out, "locked", &pin.locked);
}

fn config(facts: &ConfigFacts) -> String {
    let mut parts: Vec<(&str, String)> = Vec::new();
    if !facts.onbuild.is_empty() {
        parts.push((
            "onbuild",
            array(facts.onbuild.iter().map(|trigger| quoted(trigger))),
        ));
    }
    if !facts.env.is_empty() {
        parts.push(("env", array(facts.env.iter().map(|entry| quoted(entry)))));
    }
    table(parts)
}

fn git(out: &mut String, key: &GitKey, pin: &GitPin) {
    out.push_str("\n[[git]]\n");
    field(out, "remote", &quoted(&key.remote));
    if !key.reference.is_empty() {
        field(out, "ref", &quoted(&key.reference));
    }
    field(out, "commit", &quoted(&pin.commit));
    if let Some(tag) = &pin.tag_object {
        field(out, "tag-object", &quoted(tag));
    }
    field(out, "locked", &pin.locked);
}

fn http(out: &mut String, url: &str, pin: &HttpPin) {
    out.push_str("\n[[http]]\n");
    field(out, "url", &quoted(url));
    field(out, "digest", &quoted(&pin.digest));
    if let Some(size) = pin.size {
        field(out, "size", &size.to_string());
    }
    if pin.given {
        field(out, "given", "true");
    }
    field(out, "locked", &pin.locked);
}

fn field(out: &mut String, key: &str, value: &str) {
    out.push_str(key);
    out.push_str(" = ");
    out.push_str(value);
    out.push('\n');
}

fn array(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}

fn strings(map: &BTreeMap<String, String>) -> String {
    table(map.iter().map(|(key, value)| (key, quoted(value))))
}

fn table(pairs: impl IntoIterator<Item = (impl AsRef<str>, String)>) -> String {
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(key, value)| format!("{} = {value}", bare(key.as_ref())))
        .collect();
    match pairs.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{ {} }}", pairs.join(", ")),
    }
}

/// A key without quotes where TOML allows it.
fn bare(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match !key.is_empty() && key.bytes().all(plain) {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// A basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
