//! Cases, built by the frontend on a daemon in memory.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::{Error, Method, Ref, Refs, SolveResult};
use dockerfile_llb::internals::pb::gateway::{
    ResolveSourceGitResponse, ResolveSourceHttpResponse, ResolveSourceMetaResponse, WarnRequest,
};
use dockerfile_llb::internals::pb::ops::Definition;
use dockerfile_llb::testing::{FakeDaemon, Files, Image};
use serde_json::{Map, Value, json};

use super::case::{Case, Remote};
use super::{Outcome, format};

const SESSION: &str = "conformance-session";
const CONFIG: &str = "containerimage.config";

/// Subrequests and the names under which their failures are recorded.
const SUBREQUESTS: [(&str, &str); 4] = [
    ("outline", "frontend.outline"),
    ("targets", "frontend.targets"),
    ("lint", "frontend.lint"),
    ("convertllb", "frontend.convertllb"),
];

/// Runs every case below `cases`; what came of it goes to `out/<case>/actual.*`.
pub fn all(cases: &Path, out: &Path) -> Outcome {
    for case in Case::read_all(cases)? {
        let dir = out.join(&case.name);
        fs::create_dir_all(&dir)?;
        for (name, content) in outputs(&case)? {
            fs::write(dir.join(format!("actual.{name}")), content)?;
        }
    }
    Ok(())
}

/// Everything that is recorded of a case, by the end of its file name (`pb`, `image.json`, …).
pub fn outputs(case: &Case) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut recorded = Recorded::default();
        recorded.build(case).await?;
        for (name, request) in SUBREQUESTS {
            if name != "convertllb" || case.settings.convertllb {
                recorded.subrequest(case, name, request).await?;
            }
        }
        Ok(recorded.finish())
    })
}

/// The metadata of the answer to `frontend.subrequests.describe`.
pub fn describe(case: &Case) -> Outcome<BTreeMap<String, String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let daemon = daemon(case, Some("frontend.subrequests.describe"))?;
    let metadata = runtime.block_on(daemon.build(&Dockerfile))?.metadata;
    Ok(metadata
        .into_iter()
        .map(|(key, value)| (key, String::from_utf8_lossy(&value).into_owned()))
        .collect())
}

#[derive(Default)]
struct Recorded {
    files: BTreeMap<String, Vec<u8>>,
    errors: Map<String, Value>,
    extra: Map<String, Value>,
    text: Map<String, Value>,
}

impl Recorded {
    async fn build(&mut self, case: &Case) -> Outcome {
        let daemon = daemon(case, None)?;
        let result = daemon.build(&Dockerfile).await;
        let warnings: Vec<WarnRequest> = daemon.requests(Method::Warn);
        if !warnings.is_empty() {
            self.files.insert(
                "warnings.json".to_owned(),
                format::pretty(&warning_list(&warnings)),
            );
        }
        let result = match result {
            Ok(result) => result,
            Err(error) => {
                self.error("build", &error);
                return Ok(());
            }
        };
        // A case that itself asks a question has an answer, and no files.
        if case.opts().contains_key("requestid") {
            self.metadata(result);
            return Ok(());
        }
        let definition =
            |reference: Option<&Ref>| reference.and_then(|reference| daemon.sent(&reference.id));
        match &result.refs {
            Refs::Single(reference) => self.definition("", definition(reference.as_ref())),
            Refs::Map(refs) => {
                for (id, reference) in refs {
                    self.definition(&prefix(id), definition(reference.as_ref()));
                }
            }
        }
        self.metadata(result);
        Ok(())
    }

    fn definition(&mut self, prefix: &str, definition: Option<Definition>) {
        let bytes = format::definition_bytes(definition.unwrap_or_default());
        self.files.insert(format!("{prefix}pb"), bytes);
    }

    fn metadata(&mut self, result: SolveResult) {
        let mut metadata = Map::new();
        for (key, value) in result.metadata {
            match key.strip_prefix(CONFIG) {
                Some(platform) => {
                    let prefix = platform.strip_prefix('/').map(prefix).unwrap_or_default();
                    self.files.insert(format!("{prefix}image.json"), value);
                }
                None => {
                    metadata.insert(key, Value::from(String::from_utf8_lossy(&value)));
                }
            }
        }
        self.extra
            .insert("metadata".to_owned(), Value::Object(metadata));
    }

    async fn subrequest(&mut self, case: &Case, name: &str, request: &str) -> Outcome {
        let daemon = daemon(case, Some(request))?;
        let mut metadata = match daemon.build(&Dockerfile).await {
            Ok(result) => result.metadata,
            Err(error) => {
                self.error(name, &error);
                return Ok(());
            }
        };
        let json = metadata.remove("result.json").unwrap_or_default();
        let text = |bytes: Vec<u8>| Value::from(String::from_utf8_lossy(&bytes));
        match name {
            "lint" => {
                let mut report: Map<String, Value> = serde_json::from_slice(&json)?;
                report.remove("sources");
                if let Some(Value::Array(warnings)) = report.get_mut("warnings") {
                    warnings.sort_by_key(lint_order);
                }
                let status = metadata.remove("result.statuscode").unwrap_or_default();
                report.insert("statuscode".to_owned(), text(status));
                self.extra.insert("lint".to_owned(), Value::Object(report));
            }
            "convertllb" => {
                self.files
                    .insert("convertllb.json".to_owned(), normal_groups(&json)?);
            }
            name => {
                self.files.insert(format!("{name}.json"), json);
                self.text.insert(
                    name.to_owned(),
                    text(metadata.remove("result.txt").unwrap_or_default()),
                );
            }
        }
        Ok(())
    }

    fn error(&mut self, name: &str, error: &Error) {
        let mut entry = Map::new();
        entry.insert("message".to_owned(), Value::from(error.message()));
        let sources: Vec<Value> = error
            .sources()
            .into_iter()
            .map(|source| {
                let filename = source.info.map(|info| info.filename).unwrap_or_default();
                let lines = source.ranges.iter().map(|range| {
                    let (start, end) = (range.start, range.end);
                    format::positions([start.line, start.character, end.line, end.character])
                });
                format::source(&filename, lines.collect())
            })
            .collect();
        if !sources.is_empty() {
            entry.insert("sources".to_owned(), Value::from(sources));
        }
        self.errors.insert(name.to_owned(), Value::Object(entry));
    }

    fn finish(mut self) -> BTreeMap<String, Vec<u8>> {
        if !self.text.is_empty() {
            self.extra
                .insert("text".to_owned(), Value::Object(self.text));
        }
        let mut write = |name: &str, object| {
            let mut value = Value::Object(object);
            value.sort_all_objects();
            self.files.insert(name.to_owned(), format::pretty(&value));
        };
        write("extra.json", self.extra);
        if !self.errors.is_empty() {
            write("error.json", self.errors);
        }
        self.files
    }
}

/// The same bytes, but for the ids of progress groups, which are random.
fn normal_groups(report: &[u8]) -> Outcome<Vec<u8>> {
    let parsed: Value = serde_json::from_slice(report)?;
    let mut text = std::str::from_utf8(report)?.to_owned();
    let metadata = parsed.get("metadata").and_then(Value::as_object);
    for entry in metadata.into_iter().flat_map(Map::values) {
        let id = entry.pointer("/progress_group/id").and_then(Value::as_str);
        if let Some(id) = id {
            text = text.replace(&format!("\"{id}\""), "\"normalized\"");
        }
    }
    Ok(text.into_bytes())
}

/// `linux/arm64` to `linux_arm64.`
fn prefix(platform: &str) -> String {
    format!("{}.", platform.replace('/', "_"))
}

/// A daemon that has what the case says, for one request.
fn daemon(case: &Case, request: Option<&str>) -> Outcome<FakeDaemon> {
    let daemon = FakeDaemon::new();
    daemon.set_environment(|environment| SESSION.clone_into(&mut environment.session_id));
    for (key, value) in case.opts() {
        daemon.set_opt(&key, &value);
    }
    if let Some(request) = request {
        daemon.set_opt("requestid", request);
    }
    for (reference, image) in &case.settings.images {
        let mut added = Image::new(image.digest.as_str(), image.config.to_string());
        added.platforms = image
            .platforms
            .iter()
            .map(|(platform, config)| (platform.clone(), config.to_string().into()))
            .collect();
        daemon.add_image(reference, added);
    }
    for (identifier, remote) in &case.settings.sources {
        daemon.set_source_meta(identifier, source_meta(remote)?);
    }
    let dir = case.dir.clone();
    daemon.set_source_files(move |identifier, attrs| source_files(&dir, identifier, attrs));
    daemon.set_forward(Dockerfile);
    Ok(daemon)
}

fn source_meta(remote: &Remote) -> Outcome<ResolveSourceMetaResponse> {
    let git = remote
        .commit_object
        .as_ref()
        .map(|commit| ResolveSourceGitResponse {
            commit_object: commit.clone().into_bytes(),
            ..ResolveSourceGitResponse::default()
        });
    let http = match &remote.last_modified {
        Some(time) => Some(ResolveSourceHttpResponse {
            last_modified: Some(timestamp(time).ok_or("`last_modified` is not a valid time")?),
            ..ResolveSourceHttpResponse::default()
        }),
        None => None,
    };
    // A source that is known but tells no time is still a source of its kind.
    Ok(ResolveSourceMetaResponse {
        git,
        http,
        ..ResolveSourceMetaResponse::default()
    })
}

/// Seconds since 1970, or a time in the format of RFC 3339.
fn timestamp(time: &Value) -> Option<dockerfile_llb::internals::pb::status::Timestamp> {
    let seconds = match time {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => match text.parse() {
            Ok(seconds) => seconds,
            Err(_) => rfc3339(text)?,
        },
        _ => return None,
    };
    Some(dockerfile_llb::internals::pb::status::Timestamp { seconds, nanos: 0 })
}

/// Seconds of `2024-05-06T07:08:09Z`, fractions dropped.
fn rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let time = time.split('.').next()?;
    let numbers = |text: &str, separator: char| -> Option<Vec<i64>> {
        text.split(separator)
            .map(|part| part.parse().ok())
            .collect()
    };
    let [year, month, day]: [i64; 3] = numbers(date, '-')?.try_into().ok()?;
    let [hour, minute, second]: [i64; 3] = numbers(time, ':')?.try_into().ok()?;
    // Days since 1970 in the proleptic Gregorian calendar, years counted from March.
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let era_days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = era_days + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Files of a source: those of the case, or of a directory of its own.
fn source_files(dir: &Path, identifier: &str, attrs: &BTreeMap<String, String>) -> Option<Files> {
    if identifier.starts_with("http://") || identifier.starts_with("https://") {
        let content = fs::read(dir.join("Dockerfile")).ok()?;
        let filename = attrs.get("http.filename").map_or("context", String::as_str);
        return Some([(filename, content)].into_iter().collect());
    }
    if let Some(local) = identifier.strip_prefix("local://") {
        let own = dir.join("contexts").join(local);
        if own.is_dir() {
            return Some(files(&own));
        }
        if local != "context" && local != "dockerfile" {
            return None;
        }
    }
    Some(files(dir))
}

/// The files below `root`; links and what cannot be read are left out.
fn files(root: &Path) -> Files {
    let mut all = Vec::new();
    let mut todo = vec![String::new()];
    while let Some(path) = todo.pop() {
        for entry in fs::read_dir(root.join(&path))
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = format!("{path}{}", entry.file_name().to_string_lossy());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => todo.push(format!("{name}/")),
                Ok(kind) if kind.is_file() => {
                    all.extend(fs::read(entry.path()).ok().map(|content| (name, content)))
                }
                _ => {}
            }
        }
    }
    all.into_iter().collect()
}

fn warning_list(warnings: &[WarnRequest]) -> Value {
    let mut list: Vec<(i32, Value)> = warnings
        .iter()
        .map(|warning| {
            let line = warning
                .ranges
                .first()
                .and_then(|range| range.start)
                .map_or(0, |start| start.line);
            (line, warning_entry(warning))
        })
        .collect();
    list.sort_by_key(|(line, entry)| {
        let text = |key: &str| {
            entry
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        (*line, text("rule"), text("message"))
    });
    list.into_iter().map(|(_, entry)| entry).collect()
}

fn warning_entry(warning: &WarnRequest) -> Value {
    let message = String::from_utf8_lossy(&warning.short).into_owned();
    let (rule, rest) = message.split_once(": ").unwrap_or(("", &message));
    let detail = match rest.rsplit_once(" (line ") {
        Some((detail, _)) if rest.ends_with(')') => detail,
        _ => rest,
    };
    let description = warning
        .detail
        .first()
        .map(|text| String::from_utf8_lossy(text))
        .unwrap_or_default();
    json!({
        "rule": rule,
        "message": message,
        "description": description,
        "url": warning.url,
        "detail": detail,
        "level": warning.level,
        "ranges": warning.ranges.iter().map(format::range).collect::<Vec<_>>(),
    })
}

fn lint_order(warning: &Value) -> (u64, String, String) {
    let line = warning
        .pointer("/location/ranges/0/start/line")
        .and_then(Value::as_u64)
        .unwrap_or(0);
    let text = |key: &str| {
        warning
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    (line, text("ruleName"), text("detail"))
}
