//! What a hermetic build lets in besides sources: build arguments that the lock knows or sets free, secrets that it
//! lists, and nothing else that a step could read.
//!
//! Knows steps as ops of the graph, so that mounts with variables in them and triggers of base images count.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::Document;
use super::command::word;
use super::model::{Lock, has_credentials};
use super::verify::{Finding, FindingKind};
use crate::collect::CollectSmall as _;
use crate::image::Digest;
use crate::lint::rules::secrets_used_in_arg_or_env::names_a_secret;
use crate::llb::{NetMode, SecurityMode};
use crate::pb::ops::{ExecOp, MountType};
use crate::source::LineRange;
use crate::syntax::Instruction;

/// Build arguments that steer the build, one by one. A hermetic build keeps them from its steps, so that they carry
/// nothing in. Those of proxies are told apart by [`is_proxy`].
const STEERING: [&str; 15] = [
    "BUILDKIT_BUILD_NAME",
    "BUILDKIT_CACHE_MOUNT_NS",
    "BUILDKIT_CONTEXT_KEEP_GIT_DIR",
    "BUILDKIT_DOCKERFILE_CHECK",
    "BUILDKIT_GIT_ADVICE",
    "BUILDKIT_INLINE_BUILDINFO_ATTRS",
    "BUILDKIT_INLINE_CACHE",
    "BUILDKIT_MULTI_PLATFORM",
    "BUILDKIT_SYNTAX",
    "RDF_EXPLAIN",
    "RDF_GRAPH",
    "RDF_LOCK",
    "RDF_LOCK_ANNOTATION",
    "RDF_NETWORK",
    "RDF_RUN",
];

/// The date of the build, a number. A hermetic build must have it.
pub(super) const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// How values begin that services give out as secrets.
const SECRET_STARTS: [&str; 18] = [
    "-----BEGIN",
    "AIza",
    "AKIA",
    "ASIA",
    "dckr_pat_",
    "eyJ",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "npm_",
    "pypi-",
    "sk-",
    "xoxb-",
    "xoxp-",
];

/// Something that a step is given and that is not a file of a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Door {
    /// A network: `default`, `host`, or what the Dockerfile says.
    Network(String),
    /// A secret, by its id.
    Secret(String),
    /// The client's SSH agent.
    Ssh,
    /// All privileges.
    Insecure,
    /// A device of the host.
    Device(String),
    /// A cache that other builds fill.
    Cache,
}

/// Steps with what they are given, by the lines of their instruction.
pub type Steps = BTreeMap<LineRange, BTreeSet<Door>>;

/// What a step is given besides files.
pub fn doors(exec: &ExecOp) -> BTreeSet<Door> {
    let mut doors = BTreeSet::new();
    match NetMode::try_from(exec.network) {
        Ok(NetMode::None) => {}
        Ok(NetMode::Host) => drop(doors.insert(Door::Network("host".to_owned()))),
        _ => drop(doors.insert(Door::Network("default".to_owned()))),
    }
    if exec.security != SecurityMode::Sandbox as i32 {
        doors.insert(Door::Insecure);
    }
    for mount in &exec.mounts {
        match MountType::try_from(mount.mount_type) {
            Ok(MountType::Secret) => {
                let secret = mount.secret_opt.as_ref();
                doors.insert(Door::Secret(
                    secret.map(|secret| secret.id.clone()).unwrap_or_default(),
                ));
            }
            Ok(MountType::Ssh) => drop(doors.insert(Door::Ssh)),
            Ok(MountType::Cache) => drop(doors.insert(Door::Cache)),
            _ => {}
        }
    }
    let secrets = exec.secretenv.iter();
    doors.extend(secrets.map(|secret| Door::Secret(secret.id.clone())));
    let devices = exec.cdi_devices.iter();
    doors.extend(devices.map(|device| Door::Device(device.name.clone())));
    doors
}

/// Networks that instructions ask for by name, in all stages: where a hermetic build has none, that does not show in the
/// graph.
pub fn networks_in(document: &Document) -> Steps {
    let mut steps = Steps::new();
    let stages = document.source().parsed().dockerfile.stages.iter();
    for instruction in stages.flat_map(|stage| &stage.instructions) {
        let Instruction::Run(run) = instruction else {
            continue;
        };
        let asked = run.meta.flags.iter().find(|flag| &*flag.name == "network");
        let mode = asked.and_then(|flag| flag.value.as_deref());
        if let Some(mode) = mode.filter(|mode| *mode != "none") {
            let doors = steps.entry(run.meta.location).or_default();
            doors.insert(Door::Network(mode.to_string()));
        }
    }
    steps
}

/// Where the argument `name` is declared.
pub fn declared(document: &Document, name: &str) -> Option<LineRange> {
    let dockerfile = &document.source().parsed().dockerfile;
    let stages = dockerfile.stages.iter();
    let inside = stages
        .flat_map(|stage| &stage.instructions)
        .filter_map(|instruction| match instruction {
            Instruction::Arg(arg) => Some(arg),
            _ => None,
        });
    let mut all = dockerfile.meta_args.iter().chain(inside);
    let found = all.find(|arg| arg.args.iter().any(|arg| *arg.key == *name))?;
    Some(found.meta.location)
}

/// What steps of a hermetic build may not have. `name` is the Dockerfile's, for hints.
pub fn open_doors(lock: &Lock, steps: &Steps, name: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (lines, doors) in steps {
        for door in doors {
            let fetch = || {
                format!(
                    "fetch what it needs with `ADD`, then run `rdf lock {}`",
                    word(name)
                )
            };
            let (message, hint) = match door {
                Door::Network(mode) => (
                    format!("a hermetic build has no network, and this RUN asks for --network={mode}"),
                    fetch(),
                ),
                Door::Secret(id) if lock.secrets.contains(id) => continue,
                Door::Secret(id) => (
                    format!(
                        "the secret `{id}` is not in the lock, and a hermetic build gives its steps no other"
                    ),
                    format!("run `rdf lock --secret {} {}`", word(id), word(name)),
                ),
                Door::Ssh => (
                    "a hermetic build has no SSH agent, and this RUN mounts one".to_owned(),
                    fetch(),
                ),
                Door::Insecure => (
                    "a hermetic build gives no privileges, and this RUN asks for --security=insecure"
                        .to_owned(),
                    "take the flag out of the Dockerfile".to_owned(),
                ),
                Door::Device(device) => (
                    format!("a hermetic build has no devices, and this RUN asks for `{device}`"),
                    "take the flag out of the Dockerfile".to_owned(),
                ),
                Door::Cache => (
                    "a hermetic build shares no caches, and this RUN mounts one".to_owned(),
                    "take the mount out of the Dockerfile".to_owned(),
                ),
            };
            findings.push(Finding {
                location: Some(*lines),
                kind: FindingKind::Open,
                subject: String::new(),
                message,
                hint,
            });
        }
    }
    findings
}

/// Whether a named context is the client's own: a directory, an image layout, or the result of another build.
pub fn is_of_client(spec: &str) -> bool {
    ["local:", "input:", "oci-layout:"]
        .iter()
        .any(|scheme| spec.starts_with(scheme))
}

/// Named contexts that a hermetic build refuses. `hint` says how to go without them.
pub fn open_contexts<'a>(
    contexts: impl IntoIterator<Item = (&'a String, &'a String)>,
    hint: &str,
) -> Vec<Finding> {
    let open = contexts.into_iter().filter(|(_, spec)| is_of_client(spec));
    open.map(|(context, _)| Finding {
        location: None,
        kind: FindingKind::Open,
        subject: context.clone(),
        message: format!(
            "a hermetic build takes nothing of the client but the context, and the context `{context}` is the client's"
        ),
        hint: hint.to_owned(),
    })
    .collect()
}

/// A build argument as a lock keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KnownValue {
    /// As it is.
    Plain(String),
    /// Of a value that looks like a secret: what it can be compared by.
    Salted {
        /// Text before the value.
        salt: String,
        /// SHA-256 of salt, colon and value, hexadecimal.
        sha256: String,
    },
}

impl KnownValue {
    /// What is kept of a value. `salt` is used where it looks like a secret.
    fn of(name: &str, value: &str, salt: &str) -> Self {
        match looks_secret(name, value) {
            false => KnownValue::Plain(value.to_owned()),
            true => KnownValue::Salted {
                salt: salt.to_owned(),
                sha256: salted(salt, value),
            },
        }
    }

    /// Whether it is this value.
    pub fn is(&self, value: &str) -> bool {
        match self {
            KnownValue::Plain(have) => have == value,
            KnownValue::Salted { salt, sha256 } => salted(salt, value) == *sha256,
        }
    }
}

fn salted(salt: &str, value: &str) -> String {
    Digest::sha256(format!("{salt}:{value}").as_bytes())
        .encoded()
        .to_owned()
}

/// Whether a value is not for a file that others read: its name says so, or it looks like what services give out.
pub fn looks_secret(name: &str, value: &str) -> bool {
    names_a_secret(name)
        || has_credentials(value)
        || SECRET_STARTS.iter().any(|start| value.starts_with(start))
}

/// Whether a build argument steers the build, and steps have no use for it.
pub fn is_steering(name: &str) -> bool {
    STEERING.contains(&name) || is_proxy(name)
}

fn is_proxy(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "http_proxy",
        "https_proxy",
        "ftp_proxy",
        "no_proxy",
        "all_proxy",
    ]
    .contains(&name.as_str())
}

impl Lock {
    /// Keeps the arguments of `given` for hermetic builds; what is kept stays as it is.
    pub fn keep_args<'a>(
        &mut self,
        given: impl IntoIterator<Item = &'a BTreeMap<String, String>>,
        salt: &str,
    ) {
        for (name, value) in given.into_iter().flatten() {
            if is_steering(name) || name == EPOCH || self.free_args.contains(name) {
                continue;
            }
            let known = self.args.entry(name.clone()).or_default();
            if !known.iter().any(|known| known.is(value)) {
                known.insert(KnownValue::of(name, value, salt));
            }
        }
    }

    /// Of `given` the arguments by whose values recorded steps are not told apart: those that steer the build, those
    /// that are free, and secrets, which no lock names.
    pub fn unnamed_args(&self, given: &BTreeMap<String, String>) -> BTreeSet<String> {
        let unnamed = given.iter().filter(|(name, value)| {
            is_steering(name)
                || *name == EPOCH
                || self.free_args.contains(*name)
                || looks_secret(name, value)
        });
        unnamed.map(|(name, _)| name.clone()).collect_small()
    }

    /// Whether a hermetic build may have this argument.
    pub fn knows_arg(&self, name: &str, value: &str) -> bool {
        let known = self.args.get(name).into_iter().flatten();
        let mut sets = self.inputs.build_args.iter();
        is_steering(name)
            || name == EPOCH
            || self.free_args.contains(name)
            || known.into_iter().any(|known| known.is(value))
            || sets.any(|set| set.get(name).is_some_and(|have| have == value))
    }

    /// Of `given` the arguments that are free, for the record. A value that looks like a secret is left out.
    pub fn free_of<'a>(
        &self,
        given: &'a BTreeMap<String, String>,
    ) -> BTreeMap<&'a str, Option<&'a str>> {
        let free = given
            .iter()
            .filter(|(name, _)| self.free_args.contains(*name));
        free.map(|(name, value)| {
            let shown = (!looks_secret(name, value)).then_some(value.as_str());
            (name.as_str(), shown)
        })
        .collect_small()
    }
}

/// Arguments that a hermetic build is given and the lock does not know. `declared` says where an argument is declared,
/// `name` is the Dockerfile's.
pub fn open_args(
    lock: &Lock,
    given: &BTreeMap<String, String>,
    declared: impl Fn(&str) -> Option<LineRange>,
    name: &str,
) -> Vec<Finding> {
    let open = given
        .iter()
        .filter(|(arg, value)| !lock.knows_arg(arg, value));
    open.map(|(arg, value)| {
        // A secret stays out of messages; without a value `rdf` takes it from the environment.
        let flag = match looks_secret(arg, value) {
            true => word(arg),
            false => word(&format!("{arg}={value}")),
        };
        let name = word(name);
        Finding {
            location: declared(arg),
            kind: FindingKind::Open,
            subject: arg.clone(),
            message: format!(
                "the build argument `{arg}` has a value that the lock does not know, and a hermetic build takes no other"
            ),
            hint: format!(
                "run `rdf lock --mode hermetic --build-arg {flag} {name}`, or `rdf lock --free-arg {} {name}` for one \
                 that may have any value",
                word(arg)
            ),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_by_its_digest() {
        let mut lock = Lock::default();
        let given = BTreeMap::from([
            ("NPM_TOKEN".to_owned(), "s3cret".to_owned()),
            ("X".to_owned(), "ghp_abc".to_owned()),
            ("V".to_owned(), "1".to_owned()),
            ("HTTP_PROXY".to_owned(), "http://u:p@h".to_owned()),
            ("RDF_LOCK".to_owned(), "hermetic".to_owned()),
        ]);
        lock.keep_args([&given], "salt");
        let text = crate::lock::file::print(&lock);
        for secret in ["s3cret", "ghp_abc", "u:p", "RDF_LOCK"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(lock.knows_arg("NPM_TOKEN", "s3cret") && lock.knows_arg("V", "1"));
        assert!(!lock.knows_arg("NPM_TOKEN", "other") && !lock.knows_arg("V", "2"));
        // The digest is none of the values that it stands for.
        let Some(KnownValue::Salted { sha256, .. }) = lock.args["NPM_TOKEN"].first() else {
            panic!("{text}");
        };
        assert!(!lock.knows_arg("NPM_TOKEN", sha256));
        // Kept once, whatever the salt is the next time.
        let before = lock.clone();
        lock.keep_args([&given], "another");
        assert_eq!(lock, before);
    }

    #[test]
    fn arguments_that_steer_are_listed_one_by_one() {
        for name in ["RDF_LOCK", "http_proxy", "Https_Proxy", "BUILDKIT_SYNTAX"] {
            assert!(is_steering(name), "{name}");
        }
        for name in [
            "RDF_OTHER",
            "BUILDKIT_OTHER",
            "BUILDKIT_SANDBOX_HOSTNAME",
            "HTTP_PROXY_X",
        ] {
            assert!(!is_steering(name), "{name}");
        }
    }
}
