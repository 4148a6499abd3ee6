//! What a frontend knows before it asks: options, session, workers, capabilities.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{CapSet, Error, Result};
use crate::collect::CollectSmall as _;
use crate::image::Platform;
use crate::llb::Definition;
use crate::pb::worker::WorkerRecord;

/// Prefix of the variables that hold an option each, as `key=value`.
const OPT_PREFIX: &str = "BUILDKIT_FRONTEND_OPT_";
const SESSION_ID: &str = "BUILDKIT_SESSION_ID";
const WORKERS: &str = "BUILDKIT_WORKERS";
const PRODUCT: &str = "BUILDKIT_EXPORTEDPRODUCT";

/// Options and facts of one build.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Environment {
    /// Frontend options, such as `build-arg:GO_VERSION`.
    pub opts: BTreeMap<String, String>,
    /// Session of the client, for local sources.
    pub session_id: String,
    /// Workers; the first platform of the first is the build platform.
    pub workers: Vec<Worker>,
    /// The image of the frontend itself by its digest, `name:tag@digest`, where the daemon tells it.
    pub frontend: Option<String>,
    /// Product that runs the daemon, for hints in errors; mostly empty.
    pub product: String,
    /// What the gateway can do.
    pub caps: CapSet,
    /// What LLB the daemon understands.
    pub llb_caps: CapSet,
}

/// A worker of the daemon.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Worker {
    /// Identifier.
    pub id: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Platforms, the worker's own first.
    pub platforms: Vec<Platform>,
}

impl Environment {
    /// What a daemon puts into the environment of a frontend; capabilities stay empty. Bytes that are not
    /// UTF-8 are replaced: no option can hold them.
    pub fn from_process() -> Self {
        let variables = std::env::vars_os().map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            (name, value.to_string_lossy().into_owned())
        });
        Environment {
            // A frontend that cannot find out what it is does not know it, as with older daemons.
            frontend: current_frontend().ok().flatten().and_then(image_of),
            ..Environment::from_variables(variables)
        }
    }

    /// As [`from_process`](Self::from_process), from a list of names and values.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut environment = Environment::default();
        for (name, value) in variables {
            if name.starts_with(OPT_PREFIX) {
                let (key, value) = value.split_once('=').unwrap_or((&value, ""));
                environment.opts.insert(key.to_owned(), value.to_owned());
                continue;
            }
            match name.as_str() {
                SESSION_ID => environment.session_id = value,
                PRODUCT => environment.product = value,
                WORKERS => environment.workers = workers_from_json(&value),
                _ => {}
            }
        }
        environment
    }
}

/// Where daemons mount what they tell a frontend about itself.
const OWN_DEFINITION: &str = "/run/config/buildkit/metadata/frontend.bin";

/// The graph of the frontend's own image, to be used as an input; `None` where the daemon does not say.
///
/// # Errors
/// When there is a file that is not a definition.
pub(crate) fn current_frontend() -> Result<Option<Definition>> {
    let bytes = match std::fs::read(OWN_DEFINITION) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::new(format!("cannot read {OWN_DEFINITION}: {error}"))),
    };
    let definition = Definition::decode(&bytes);
    let definition = definition.map_err(|error| Error::from(error).context(OWN_DEFINITION))?;
    Ok(Some(definition))
}

/// The image that a frontend's own graph takes, by its digest.
fn image_of(own: Definition) -> Option<String> {
    let sources = own.sources().ok()?.into_iter();
    let mut images = sources.filter_map(|source| {
        let image = source.image()?;
        image.contains('@').then(|| image.to_owned())
    });
    images.next()
}

impl From<WorkerRecord> for Worker {
    fn from(record: WorkerRecord) -> Self {
        Worker {
            id: record.id,
            labels: record.labels,
            platforms: record.platforms.iter().map(Platform::from).collect(),
        }
    }
}

/// The list in `BUILDKIT_WORKERS`; what is not JSON is an empty list, as in the reference.
fn workers_from_json(json: &str) -> Vec<Worker> {
    let workers: Value = serde_json::from_str(json).unwrap_or_default();
    let workers = workers.as_array().into_iter().flatten();
    workers.map(worker_from_json).collect()
}

fn worker_from_json(worker: &Value) -> Worker {
    let labels = field(worker, "labels").and_then(Value::as_object);
    let platforms = field(worker, "platforms").and_then(Value::as_array);
    Worker {
        id: text(worker, "id"),
        labels: labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect_small(),
        platforms: platforms
            .into_iter()
            .flatten()
            .map(platform_from_json)
            .collect(),
    }
}

/// A platform as OCI writes it.
fn platform_from_json(platform: &Value) -> Platform {
    let features = field(platform, "os.features").and_then(Value::as_array);
    Platform {
        architecture: text(platform, "architecture"),
        os: text(platform, "os"),
        variant: text(platform, "variant"),
        os_version: text(platform, "os.version"),
        os_features: features
            .into_iter()
            .flatten()
            .filter_map(|feature| feature.as_str().map(str::to_owned))
            .collect(),
    }
}

/// A field by name, whatever its case: daemons write `ID` or `id`, and Go reads either.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let mut fields = value.as_object()?.iter();
    let (_, value) = fields.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value)
}

fn text(value: &Value, key: &str) -> String {
    let text = field(value, key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter();
        Environment::from_variables(variables.map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn options_keep_equals_signs_and_newlines() {
        let environment = environment(&[
            ("BUILDKIT_FRONTEND_OPT_7", "build-arg:A=b=c\nd"),
            ("BUILDKIT_FRONTEND_OPT_0", "target="),
            ("BUILDKIT_FRONTEND_OPT_1", "no-cache"),
            ("OTHER", "x=y"),
        ]);
        let expected = [("build-arg:A", "b=c\nd"), ("no-cache", ""), ("target", "")];
        let opts: Vec<_> = environment.opts.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(opts, expected);
    }

    #[test]
    fn workers_come_with_their_platforms() {
        let json = r#"[{"id":"w","Labels":{"a":"b"},"platforms":[{"architecture":"arm","os":"linux","variant":"v7"},{"architecture":"amd64","os":"windows","os.version":"10"}]}]"#;
        let workers = environment(&[("BUILDKIT_WORKERS", json)]).workers;
        assert_eq!(workers.len(), 1);
        assert_eq!(workers[0].labels["a"], "b");
        assert_eq!(workers[0].platforms[0].variant, "v7");
        assert_eq!(workers[0].platforms[1].os_version, "10");
        assert!(
            environment(&[("BUILDKIT_WORKERS", "nonsense")])
                .workers
                .is_empty()
        );
    }
}
