//! Every Dockerfile of a directory, compiled with images that are made up.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dockerfile_llb::compile::{
    Answer, Compiled, ImageAnswer, ImageMeta, ImageNeed, Lowered, MainContext, Need, Options,
    Source,
};
use dockerfile_llb::image::{Digest, Platform, Reference};
use dockerfile_llb::internals::pb::ops::Definition;
use dockerfile_llb::llb::{
    Constraints, DiffType, Differ, LocalOptions, MarshalOptions, SourceMap, State,
};
use dockerfile_llb::syntax;
use serde_json::{Map, Value, json};

use super::{Outcome, format};

const SESSION: &str = "conformance-session";
const FILENAME: &str = "Dockerfile";

/// Compiles every `files/*.Dockerfile` below `root`; a line for each goes to `out`, ordered by name.
pub fn all(root: &Path, out: &Path, threads: usize) -> Outcome {
    let files = dockerfiles(root)?;
    let next = AtomicUsize::new(0);
    let lines = Mutex::new(vec![String::new(); files.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some((index, file)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|i| Some((i, files.get(i)?)))
                {
                    let line = line(file);
                    if let Ok(mut lines) = lines.lock()
                        && let Some(slot) = lines.get_mut(index)
                    {
                        *slot = line;
                    }
                }
            });
        }
    });
    let lines = lines.into_inner().map_err(|_| "a thread failed")?;
    fs::write(out, lines.concat())?;
    Ok(())
}

/// The Dockerfiles below `root`, by name.
pub fn dockerfiles(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join("files"))? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "Dockerfile")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn line(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut record = match fs::read(file) {
        Ok(bytes) => record(&bytes),
        Err(error) => Map::from_iter([("error".to_owned(), Value::from(error.to_string()))]),
    };
    record.insert("path".to_owned(), Value::from(format!("files/{name}")));
    record.sort_keys();
    format!("{}\n", Value::Object(record))
}

/// What came of a Dockerfile.
pub fn record(bytes: &[u8]) -> Map<String, Value> {
    let compiled = compile(&Source::new(bytes), &options(bytes));
    let mut warnings: Vec<(u32, &str, &str)> = compiled
        .warnings
        .iter()
        .map(|warning| {
            let line = warning.location.first().map_or(0, |lines| lines.start);
            (line, warning.rule_name(), warning.detail.as_str())
        })
        .collect();
    warnings.sort_unstable();
    let warnings: Vec<Value> = warnings
        .into_iter()
        .map(|(line, rule, detail)| json!([rule, line, detail]))
        .collect();
    let mut record = Map::new();
    record.insert("warnings".to_owned(), Value::from(warnings));
    match compiled
        .result
        .and_then(|lowered| Ok((lowered.definition()?, lowered)))
    {
        Ok((definition, lowered)) => succeeded(
            &mut record,
            dockerfile_llb::internals::into_pb(definition),
            &lowered,
        ),
        Err(error) => {
            // A syntax line means that the build was forwarded: an error without a place of its own gets that line's.
            let syntax = syntax::detect_syntax(bytes).map(|found| vec![found.location]);
            let places = match syntax {
                Some(line) if error.locations().is_empty() => vec![line],
                _ => error.locations().to_vec(),
            };
            let sources: Vec<Value> = places
                .iter()
                .map(|lines| format::source(FILENAME, format::line_ranges(lines)))
                .collect();
            record.insert("ok".to_owned(), Value::from(false));
            record.insert("n_ops".to_owned(), Value::from(0));
            record.insert("error".to_owned(), Value::from(error.message()));
            if !sources.is_empty() {
                record.insert("error_sources".to_owned(), Value::from(sources));
            }
        }
    }
    record
}

/// The definition that a Dockerfile gives, if it gives one.
pub fn definition(bytes: &[u8]) -> Option<Definition> {
    let compiled = compile(&Source::new(bytes), &options(bytes));
    let definition = compiled.result.and_then(|lowered| lowered.definition());
    definition.ok().map(dockerfile_llb::internals::into_pb)
}

fn succeeded(record: &mut Map<String, Value>, definition: Definition, lowered: &Lowered) {
    let image = lowered.image.to_json();
    record.insert("ok".to_owned(), Value::from(true));
    record.insert("n_ops".to_owned(), Value::from(definition.def.len()));
    if let Some(head) = definition.def.last() {
        record.insert(
            "head_digest".to_owned(),
            Value::from(Digest::sha256(head).as_str()),
        );
    }
    record.insert(
        "image_config_sha256".to_owned(),
        Value::from(format::sha256(image.as_bytes())),
    );
    let bytes = format::definition_bytes(definition);
    record.insert("pb_sha256".to_owned(), Value::from(format::sha256(&bytes)));
}

/// Compiles, answering every question with something made up.
pub fn compile(source: &Source, options: &Options) -> Compiled {
    source.compile_with(options, answer)
}

/// Options of a build without any, for one session.
pub fn options(bytes: &[u8]) -> Options {
    let mut options = Options::default();
    options.client.session_id = Some(SESSION.to_owned());
    options.main_context = MainContext::Local {
        name: "context".to_owned(),
        session_id: Some(SESSION.to_owned()),
        ignore_file: None,
    };
    options.source_map = Some(source_map(bytes));
    options
}

/// The Dockerfile with the definition that a frontend loads it by.
fn source_map(bytes: &[u8]) -> SourceMap {
    let mut local = LocalOptions::default();
    local.session_id = SESSION.to_owned();
    local.shared_key_hint = "dockerfile".to_owned();
    local.follow_paths = ["Dockerfile", "Dockerfile.dockerignore", "dockerfile"]
        .map(str::to_owned)
        .to_vec();
    local.differ = Some(Differ {
        diff_type: DiffType::None,
        required: false,
    });
    local.constraints =
        Constraints::new().custom_name("[internal] load build definition from Dockerfile");
    let state = State::local("dockerfile", local);
    let source_map = SourceMap::new(FILENAME, FILENAME, bytes);
    match state.marshal(&MarshalOptions::default()) {
        Ok(definition) => source_map.with_definition(definition),
        Err(_) => source_map,
    }
}

/// Something made up.
pub fn answer(need: &Need) -> Answer {
    match need {
        Need::Image(need) => Answer::Image(Ok(ImageAnswer::Found(image(need)))),
        Need::Input { .. } => Answer::Input(Ok(None)),
        Need::SourceTime { .. } => Answer::Time(Ok(None)),
        _ => Answer::File(Ok(None)),
    }
}

/// An image for any reference: its digest is that of its name.
fn image(need: &ImageNeed) -> ImageMeta {
    let carried = Reference::parse_normalized(&need.reference)
        .ok()
        .and_then(|reference| reference.digest().cloned());
    let digest = carried.unwrap_or_else(|| Digest::sha256(need.reference.as_bytes()));
    let platform = need
        .platform
        .clone()
        .unwrap_or_else(|| Platform::new("linux", "amd64"));
    let mut config = Map::new();
    config.insert(
        "architecture".to_owned(),
        Value::from(platform.architecture),
    );
    config.insert("os".to_owned(), Value::from(platform.os.as_str()));
    if !platform.variant.is_empty() {
        config.insert("variant".to_owned(), Value::from(platform.variant));
    }
    let container = match platform.os.as_str() {
        "windows" => json!({}),
        _ => {
            json!({ "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] })
        }
    };
    config.insert("config".to_owned(), container);
    let layer = format!("sha256:{}", "0".repeat(64));
    config.insert(
        "rootfs".to_owned(),
        json!({ "type": "layers", "diff_ids": [layer] }),
    );
    ImageMeta {
        reference: need.reference.clone(),
        digest: Some(digest.as_str().to_owned()),
        config: Value::Object(config).to_string().into_bytes().into(),
    }
}
