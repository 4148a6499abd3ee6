//! What the client asks for: the frontend options as typed values.
//!
//! Owns the keys, their syntax, and the order in which they are found wrong. The syntax of single values
//! is in [`super::attr`].

use std::collections::BTreeMap;

use super::attest::{self, Sbom};
use super::attr;
use crate::collect::Inserted as _;
use crate::compile::{self, Channel, NoCache};
use crate::gateway::{CacheImport, Environment, Error, Result};
use crate::go::number::parse_bool;
use crate::image::Platform;
use crate::image::json::{Decoder, Kind, Slot, names};
use crate::lint;
use crate::llb::{CapSupport, caps};

/// Option keys, as clients spell them.
pub(super) mod key {
    pub const ADD_HOSTS: &str = "add-hosts";
    pub const BUILD_ARG: &str = "build-arg:";
    pub const CACHE_FROM: &str = "cache-from";
    pub const CACHE_IMPORTS: &str = "cache-imports";
    pub const CACHE_MOUNT_NS: &str = "build-arg:BUILDKIT_CACHE_MOUNT_NS";
    pub const CGROUP_PARENT: &str = "cgroup-parent";
    pub const CMDLINE: &str = "cmdline";
    pub const CONTEXT: &str = "context:";
    pub const CONTEXT_KEY: &str = "contextkey";
    pub const CONTEXT_SUBDIR: &str = "contextsubdir";
    pub const DISABLE_FILEOP: &str = "build-arg:BUILDKIT_DISABLE_FILEOP";
    pub const DOCKERFILE_CHECK: &str = "build-arg:BUILDKIT_DOCKERFILE_CHECK";
    pub const DOCKERFILE_KEY: &str = "dockerfilekey";
    pub const EPOCH: &str = "build-arg:SOURCE_DATE_EPOCH";
    pub const EXPLAIN: &str = "build-arg:RDF_EXPLAIN";
    pub const FILENAME: &str = "filename";
    pub const FORCE_NETWORK_MODE: &str = "force-network-mode";
    pub const FRONTEND_CAPS: &str = "frontend.caps";
    pub const GRAPH: &str = "build-arg:RDF_GRAPH";
    pub const HOSTNAME: &str = "hostname";
    pub const IMAGE_RESOLVE_MODE: &str = "image-resolve-mode";
    pub const INPUT_METADATA: &str = "input-metadata:";
    pub const KEEP_GIT_DIR: &str = "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR";
    pub const LABEL: &str = "label:";
    pub const LOCAL_SESSION_ID: &str = "local-sessionid:";
    pub const LOCK: &str = "build-arg:RDF_LOCK";
    pub const MULTI_PLATFORM: &str = "multi-platform";
    pub const MULTI_PLATFORM_ARG: &str = "build-arg:BUILDKIT_MULTI_PLATFORM";
    pub const NO_CACHE: &str = "no-cache";
    pub const OVERRIDE_COPY_IMAGE: &str = "override-copy-image";
    pub const PLATFORM: &str = "platform";
    pub const REQUEST_ID: &str = "requestid";
    pub const SANDBOX_HOSTNAME: &str = "build-arg:BUILDKIT_SANDBOX_HOSTNAME";
    pub const SHARED_KEY: &str = "sharedkey:localdir:";
    pub const SHM_SIZE: &str = "shm-size";
    pub const SYNTAX: &str = "build-arg:BUILDKIT_SYNTAX";
    pub const TARGET: &str = "target";
    pub const ULIMIT: &str = "ulimit";
}

/// Capabilities of this frontend that a client may ask for by `frontend.caps`.
const FRONTEND_CAPS: [&str; 4] = [
    "moby.buildkit.frontend.inputs",
    "moby.buildkit.frontend.subrequests",
    "moby.buildkit.frontend.contexts",
    "moby.buildkit.frontend.gitquerystring",
];

/// A build, or a question about one, as the client asks for it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Everything that changes what the Dockerfile compiles to. The main context and the source map are
    /// not known yet, the target platform is that of an implicit build.
    pub options: compile::Options,
    /// Platforms to build for; empty for the implicit one.
    pub target_platforms: Vec<Platform>,
    /// The platform of this program: what an implicit result is labelled with.
    pub own_platform: Platform,
    /// Caches to import.
    pub cache_imports: Vec<CacheImport>,
    /// The SBOM scan asked for.
    pub sbom: Option<Sbom>,
    /// All options. As the reference does, some that have two keys are copied to the one that counts.
    pub opts: BTreeMap<String, String>,
}

impl Request {
    /// Reads the options of a build.
    ///
    /// # Errors
    /// With the reference's text, for the option that it complains about first.
    pub fn from_environment(environment: &Environment, channel: Channel) -> Result<Request> {
        let mut opts = environment.opts.clone();
        refuse_what_is_gone(environment)?;
        let own_platform = host_platform();
        let build_platform = environment
            .workers
            .first()
            .and_then(|worker| worker.platforms.first())
            .map_or_else(|| own_platform.clone(), Platform::from);

        let text = |key: &str| environment.opts.get(key).map_or("", String::as_str);
        let target_platforms = match text(key::PLATFORM) {
            "" => Vec::new(),
            list => attr::parse_platforms(list, &own_platform).map_err(Error::new)?,
        };
        let resolve_mode =
            attr::parse_resolve_mode(text(key::IMAGE_RESOLVE_MODE)).map_err(Error::new)?;
        let wrapped = |what: &'static str| {
            move |error: String| Error::new(error).context(format!("failed to parse {what}"))
        };
        let extra_hosts =
            attr::parse_extra_hosts(text(key::ADD_HOSTS)).map_err(wrapped("additional hosts"))?;
        let shm_size = attr::parse_shm_size(text(key::SHM_SIZE)).map_err(wrapped("shm size"))?;
        let ulimits = attr::parse_ulimits(text(key::ULIMIT)).map_err(wrapped("ulimit"))?;
        let linux_resources =
            attr::parse_linux_resources(&opts).map_err(wrapped("resource limits"))?;
        let network = attr::parse_net_mode(text(key::FORCE_NETWORK_MODE)).map_err(Error::new)?;

        prefer(&mut opts, key::MULTI_PLATFORM, key::MULTI_PLATFORM_ARG);
        let multi_platform =
            multi_platform(opts.get(key::MULTI_PLATFORM), target_platforms.len() > 1)?;
        let cache_imports = cache_imports(&opts)?;
        let sbom = attest::sbom(&opts)?;
        prefer(&mut opts, key::HOSTNAME, key::SANDBOX_HOSTNAME);
        let lint = match opts.get(key::DOCKERFILE_CHECK) {
            Some(config) => {
                Some(lint::Config::parse(config).map_err(wrapped(key::DOCKERFILE_CHECK))?)
            }
            None => None,
        };

        let value = |key: &str| opts.get(key).cloned().unwrap_or_default();
        let options = compile::Options {
            build_args: with_prefix(&opts, key::BUILD_ARG),
            labels: with_prefix(&opts, key::LABEL),
            target: value(key::TARGET),
            build_platforms: vec![build_platform],
            multi_platform,
            resolve_mode,
            no_cache: no_cache(opts.get(key::NO_CACHE)),
            contexts: with_prefix(&opts, key::CONTEXT),
            context_shared_keys: with_prefix(&opts, key::SHARED_KEY),
            input_metadata: with_prefix(&opts, key::INPUT_METADATA),
            session_id: Some(environment.session_id.clone()).filter(|id| !id.is_empty()),
            local_session_ids: with_prefix(&opts, key::LOCAL_SESSION_ID),
            network,
            extra_hosts,
            hostname: value(key::HOSTNAME),
            shm_size,
            ulimits,
            cgroup_parent: value(key::CGROUP_PARENT),
            linux_resources,
            cache_namespace: value(key::CACHE_MOUNT_NS),
            lint,
            caps: llb_caps(environment),
            channel,
            ..compile::Options::default()
        };
        Ok(Request {
            options,
            target_platforms,
            own_platform,
            cache_imports,
            sbom,
            opts,
        })
    }

    /// The value of an option, if the client gave it.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.opts.get(key).map(String::as_str)
    }

    /// What the client asks of the frontend itself.
    pub fn frontend_caps(&self) -> FrontendCaps {
        FrontendCaps::check(self.get(key::FRONTEND_CAPS).unwrap_or(""))
    }
}

/// Whether this frontend can do what the client insists on.
#[derive(Debug)]
pub enum FrontendCaps {
    /// Everything.
    Supported,
    /// Not everything, but another frontend that the build is forwarded to may.
    OnlyForwarded(Error),
    /// No.
    Unsupported(Error),
}

impl FrontendCaps {
    fn check(list: &str) -> FrontendCaps {
        let mut missing = None;
        for cap in list.split(',').filter(|_| !list.is_empty()) {
            let name = cap.split('+').next().unwrap_or(cap);
            if FRONTEND_CAPS.contains(&name) {
                continue;
            }
            let error = Error::unsupported_frontend_cap(name);
            if !cap.contains("+forward") {
                return FrontendCaps::Unsupported(error);
            }
            missing = Some(error);
        }
        missing.map_or(FrontendCaps::Supported, FrontendCaps::OnlyForwarded)
    }
}

/// Daemons that are too old and options that are no longer there.
fn refuse_what_is_gone(environment: &Environment) -> Result<()> {
    let opts = &environment.opts;
    if let Err(error) = environment.llb_caps.require(caps::FILE_BASE) {
        return Err(Error::from(error).context("needs BuildKit 0.5 or later"));
    }
    if opts
        .get(key::OVERRIDE_COPY_IMAGE)
        .is_some_and(|image| !image.is_empty())
    {
        return Err(Error::new(
            "support for \"override-copy-image\" was removed in BuildKit 0.11",
        ));
    }
    if opts
        .get(key::DISABLE_FILEOP)
        .is_some_and(|value| parse_bool(value) == Ok(true))
    {
        return Err(Error::new(
            "support for \"BUILDKIT_DISABLE_FILEOP\" build-arg was removed in BuildKit 0.11",
        ));
    }
    Ok(())
}

/// Copies the value of `from`, unless it is empty, to `key`.
fn prefer(opts: &mut BTreeMap<String, String>, key: &str, from: &str) {
    if let Some(value) = opts.get(from).filter(|value| !value.is_empty()).cloned() {
        opts.insert(key.to_owned(), value);
    }
}

fn multi_platform(option: Option<&String>, several_targets: bool) -> Result<bool> {
    let Some(value) = option.filter(|value| !value.is_empty()) else {
        return Ok(several_targets);
    };
    let requested = parse_bool(value)
        .map_err(|_| Error::new(format!("invalid boolean value for multi-platform: {value}")))?;
    if several_targets && !requested {
        return Err(Error::new(
            "conflicting config: returning multiple target platforms is not allowed",
        ));
    }
    Ok(requested)
}

fn no_cache(option: Option<&String>) -> NoCache {
    match option.map(String::as_str) {
        None => NoCache::Never,
        Some("") => NoCache::All,
        Some(stages) => NoCache::Stages(stages.split(',').map(str::to_owned).collect()),
    }
}

/// The entries of the option `cache-imports`, without nulls.
fn cache_entries(list: &str) -> std::result::Result<Vec<CacheImport>, String> {
    let mut decoder = Decoder::new(list.as_bytes())?;
    let mut entries = Vec::new();
    let slot = Slot {
        field: "",
        go_type: "[]*moby_buildkit_v1.CacheOptionsEntry",
    };
    decoder.array(slot, |decoder| match decoder.kind() {
        Kind::Null => {
            decoder.skip();
        }
        _ => entries.push(cache_entry(decoder)),
    });
    decoder.finish()?;
    Ok(entries)
}

fn cache_entry(decoder: &mut Decoder<'_>) -> CacheImport {
    const ATTRS: &str = "CacheOptionsEntry.Attrs";
    let slot = |field, go_type| Slot { field, go_type };
    let mut entry = CacheImport::default();
    let place = slot("", "moby_buildkit_v1.CacheOptionsEntry");
    decoder.object(place, |decoder, key| {
        if names(key, "Type") {
            decoder.string(&mut entry.kind, slot("CacheOptionsEntry.Type", "string"));
        } else if names(key, "Attrs") {
            decoder.object(slot(ATTRS, "map[string]string"), |decoder, key| {
                let mut value = String::new();
                decoder.string(&mut value, slot(ATTRS, "string"));
                entry.attrs.insert(key.to_owned(), value);
            });
        } else {
            decoder.skip();
        }
    });
    entry
}

fn cache_imports(opts: &BTreeMap<String, String>) -> Result<Vec<CacheImport>> {
    let mut imports = Vec::new();
    if let Some(list) = opts.get(key::CACHE_IMPORTS).filter(|list| !list.is_empty()) {
        let entries = cache_entries(list).map_err(|error| {
            let quoted = crate::go::quote::quote(list);
            Error::new(format!(
                "failed to unmarshal {} ({quoted}): {error}",
                key::CACHE_IMPORTS
            ))
        })?;
        imports.extend(entries);
    }
    if let Some(list) = opts.get(key::CACHE_FROM).filter(|list| !list.is_empty()) {
        imports.extend(list.split(',').map(|reference| CacheImport {
            kind: "registry".into(),
            attrs: std::iter::once(("ref".into(), reference.into())).inserted(),
        }));
    }
    Ok(imports)
}

/// Options that start with `prefix`, without it.
fn with_prefix(opts: &BTreeMap<String, String>, prefix: &str) -> BTreeMap<String, String> {
    let from = opts.range(prefix.to_owned()..);
    let matching =
        from.map_while(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())));
    matching.inserted()
}

/// The platform that this program was built for.
pub(super) fn host_platform() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        "loongarch64" => "loong64",
        other => other,
    };
    Platform::new(std::env::consts::OS, architecture)
}

/// Capabilities of the daemon, as the compiler wants them.
fn llb_caps(environment: &Environment) -> CapSupport {
    CapSupport::Only(
        caps::ALL
            .iter()
            .copied()
            .filter(|cap| environment.llb_caps.supports(cap))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_frontend_cap_is_refused_unless_forwarded() {
        assert!(matches!(FrontendCaps::check(""), FrontendCaps::Supported));
        assert!(matches!(
            FrontendCaps::check(
                "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests+forward"
            ),
            FrontendCaps::Supported
        ));
        assert!(matches!(
            FrontendCaps::check("x+forward"),
            FrontendCaps::OnlyForwarded(_)
        ));
        let FrontendCaps::Unsupported(error) = FrontendCaps::check("x+forward,y") else {
            panic!()
        };
        assert_eq!(error.message(), "unsupported frontend capability y");
    }

    #[test]
    fn options_are_found_by_prefix() {
        let opts = ["a", "label:", "label:x", "label;", "labels:y"];
        let opts = opts
            .into_iter()
            .map(|key| (key.to_owned(), key.to_owned()))
            .collect();
        let labels: Vec<_> = with_prefix(&opts, "label:").into_keys().collect();
        assert_eq!(labels, ["", "x"]);
    }

    #[test]
    fn both_forms_of_cache_imports_add_up() {
        let opts = BTreeMap::from([
            (
                "cache-imports".to_owned(),
                r#"[{"Type":"local","Attrs":{"src":"x"}}]"#.to_owned(),
            ),
            ("cache-from".to_owned(), "a,b".to_owned()),
        ]);
        let kinds: Vec<_> = cache_imports(&opts)
            .unwrap()
            .into_iter()
            .map(|import| import.kind)
            .collect();
        assert_eq!(kinds, ["local", "registry", "registry"]);
    }

    #[test]
    fn several_targets_cannot_be_one_platform() {
        assert_eq!(multi_platform(None, true), Ok(true));
        assert_eq!(multi_platform(Some(&"1".to_owned()), false), Ok(true));
        assert!(multi_platform(Some(&"false".to_owned()), true).is_err());
        let error = multi_platform(Some(&"maybe".to_owned()), false).unwrap_err();
        assert_eq!(
            error.message(),
            "invalid boolean value for multi-platform: maybe"
        );
    }
}
