//! What a client asks of a build: its options as typed values, the same for every frontend and for the compiler.
//!
//! ```text
//! key.rs     how clients spell each option
//! mod.rs     its type, and the order in which options are found wrong
//! value.rs   the syntax of single values
//! attest.rs  that of attestations
//! ```
//!
//! A new option is added here and nowhere else. Keys, syntax and texts are those of BuildKit's `dockerui`.
#![deny(missing_docs)]

mod attest;
pub mod key;
mod value;

use std::collections::BTreeMap;

pub use attest::Sbom;

use crate::collect::CollectSmall as _;
use crate::go::json::{Decoder, JsonKind, Slot, names};
use crate::go::number::parse_bool;
use crate::image::Platform;
use crate::llb::{
    CacheImport, CapSupport, LinuxResources, MarshalOptions, NetMode, NoCache, ResolveMode, Ulimit,
};

/// What a client asks of a build, whatever the frontend.
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    /// `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// `--label`.
    pub labels: BTreeMap<String, String>,
    /// `--target`; empty for the frontend's own choice.
    pub target: String,
    /// `--platform`: the platforms to build for, normalised; empty for the implicit one.
    pub platforms: Vec<Platform>,
    /// The platform that the daemon's first worker prefers: where steps run unless they say otherwise. One that was
    /// never set stands for linux/amd64.
    pub build_platform: Platform,
    /// The platform of this program: what an implicit result is labelled with, and what named contexts are chosen by
    /// where no platform is asked for.
    pub own_platform: Platform,
    /// The result is a list of platforms, even of one.
    pub multi_platform: bool,
    /// How images are resolved.
    pub resolve_mode: ResolveMode,
    /// `--no-cache` and `--no-cache-filter`.
    pub no_cache: NoCache,
    /// Named contexts: name, or `name::platform`, to what the client gave (`docker-image://…`).
    pub contexts: BTreeMap<String, String>,
    /// Shared keys of local named contexts, by name as in `contexts`.
    pub context_shared_keys: BTreeMap<String, String>,
    /// Metadata of inputs, JSON, by input name.
    pub input_metadata: BTreeMap<String, String>,
    /// The client's session.
    pub session_id: Option<String>,
    /// Sessions of local sources that come from elsewhere, by source name.
    pub local_session_ids: BTreeMap<String, String>,
    /// `--network`; [`NetMode::Unset`] for a private one.
    pub network: NetMode,
    /// `--add-host`: host and textual IP address.
    pub extra_hosts: Vec<(String, String)>,
    /// Host name of containers; empty for the daemon's own.
    pub hostname: String,
    /// `--shm-size` in bytes; 0 for the daemon's own.
    pub shm_size: i64,
    /// `--ulimit`.
    pub ulimits: Vec<Ulimit>,
    /// `--cgroup-parent`.
    pub cgroup_parent: String,
    /// CPU and memory limits of steps.
    pub linux_resources: Option<std::sync::Arc<LinuxResources>>,
    /// What git advises while it fetches is shown.
    pub git_advice: bool,
    /// Prefix for the ids of cache mounts; empty for none.
    pub cache_namespace: String,
    /// `--cache-from`.
    pub cache_imports: Vec<CacheImport>,
    /// `--sbom`: the scan asked for.
    pub sbom: Option<Sbom>,
    /// What the daemon's LLB can do.
    pub caps: CapSupport,
    /// All options, these and others. As the reference does, some that have two keys are copied to the one that
    /// counts.
    pub all: BTreeMap<String, String>,
}

impl ClientOptions {
    /// Reads the options of a build. `own_platform` is that of this program. Session, capabilities and build platform
    /// are not among the options: whoever knows the daemon sets them.
    ///
    /// # Errors
    /// With the reference's text, for the option that it complains about first.
    pub(crate) fn parse(
        mut opts: BTreeMap<String, String>,
        own_platform: Platform,
    ) -> Result<ClientOptions, String> {
        let text = |key: &str| opts.get(key).map_or("", String::as_str);
        let failed = |what: &'static str| move |error| format!("failed to parse {what}: {error}");
        let platforms = match text(key::PLATFORM) {
            "" => Vec::new(),
            list => value::platforms(list, &own_platform)?,
        };
        let resolve_mode = value::resolve_mode(text(key::IMAGE_RESOLVE_MODE))?;
        let extra_hosts =
            value::extra_hosts(text(key::ADD_HOSTS)).map_err(failed("additional hosts"))?;
        let shm_size = value::shm_size(text(key::SHM_SIZE)).map_err(failed("shm size"))?;
        let ulimits = value::ulimits(text(key::ULIMIT)).map_err(failed("ulimit"))?;
        let linux_resources = value::linux_resources(&opts).map_err(failed("resource limits"))?;
        let network = value::net_mode(text(key::FORCE_NETWORK_MODE))?;

        prefer(&mut opts, key::MULTI_PLATFORM, key::MULTI_PLATFORM_ARG);
        let multi_platform = multi_platform(opts.get(key::MULTI_PLATFORM), platforms.len() > 1)?;
        let cache_imports = cache_imports(&opts)?;
        let sbom = attest::sbom(&opts)?;
        prefer(&mut opts, key::HOSTNAME, key::SANDBOX_HOSTNAME);
        let git_advice = match opts.get(key::GIT_ADVICE).map_or("", String::as_str) {
            "" => false,
            value => parse_bool(value)
                .map_err(|error| format!("failed to parse {}: {error}", key::GIT_ADVICE))?,
        };

        let value = |key: &str| opts.get(key).cloned().unwrap_or_default();
        Ok(ClientOptions {
            build_args: with_prefix(&opts, key::BUILD_ARG),
            labels: with_prefix(&opts, key::LABEL),
            target: value(key::TARGET),
            platforms,
            build_platform: own_platform.clone(),
            own_platform,
            multi_platform,
            resolve_mode,
            no_cache: no_cache(opts.get(key::NO_CACHE)),
            contexts: with_prefix(&opts, key::CONTEXT),
            context_shared_keys: with_prefix(&opts, key::SHARED_KEY),
            input_metadata: with_prefix(&opts, key::INPUT_METADATA),
            session_id: None,
            local_session_ids: with_prefix(&opts, key::LOCAL_SESSION_ID),
            network,
            extra_hosts,
            hostname: value(key::HOSTNAME),
            shm_size,
            ulimits,
            cgroup_parent: value(key::CGROUP_PARENT),
            linux_resources: linux_resources.map(Into::into),
            git_advice,
            cache_namespace: value(key::CACHE_MOUNT_NS),
            cache_imports,
            sbom,
            caps: CapSupport::default(),
            all: opts,
        })
    }

    /// The value of an option, if the client gave it.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.all.get(key).map(String::as_str)
    }

    /// The platforms to build for: those asked for, or the one that the daemon builds on.
    pub fn targets(&self) -> Vec<Platform> {
        match self.platforms.is_empty() {
            true => vec![self.build_platform.clone()],
            false => self.platforms.clone(),
        }
    }

    /// The build platform, also where none was set.
    pub(crate) fn builder(&self) -> Platform {
        match self.build_platform == Platform::default() {
            true => Platform::new("linux", "amd64"),
            false => self.build_platform.clone(),
        }
    }

    /// The platform of this program; the build platform where none was set.
    pub(crate) fn own(&self) -> Platform {
        match self.own_platform == Platform::default() {
            true => self.builder(),
            false => self.own_platform.clone(),
        }
    }

    /// The session that offers the local source `name`.
    pub(crate) fn session_for(&self, name: &str) -> Option<String> {
        let own = self.local_session_ids.get(name);
        own.or(self.session_id.as_ref()).cloned()
    }

    /// How a graph for `platform` is marshalled for this daemon.
    pub fn marshal_options(&self, platform: &Platform) -> MarshalOptions {
        MarshalOptions {
            caps: self.caps.clone(),
            ..MarshalOptions::for_platform(platform.clone())
        }
    }

    /// `SOURCE_DATE_EPOCH` in seconds since 1970, where it is a number; how the names of contexts that it may hold
    /// are understood is a frontend's own choice (`frontend::source_time`).
    pub fn epoch(&self) -> Option<i64> {
        self.get(key::EPOCH)?.parse().ok()
    }
}

/// Copies the value of `from`, unless it is empty, to `key`.
fn prefer(opts: &mut BTreeMap<String, String>, key: &str, from: &str) {
    if let Some(value) = opts.get(from).filter(|value| !value.is_empty()).cloned() {
        opts.insert(key.to_owned(), value);
    }
}

fn multi_platform(option: Option<&String>, several_targets: bool) -> Result<bool, String> {
    let Some(value) = option.filter(|value| !value.is_empty()) else {
        return Ok(several_targets);
    };
    let requested = parse_bool(value)
        .map_err(|_| format!("invalid boolean value for multi-platform: {value}"))?;
    if several_targets && !requested {
        return Err(
            "conflicting config: returning multiple target platforms is not allowed".into(),
        );
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
fn cache_entries(list: &str) -> Result<Vec<CacheImport>, String> {
    let mut decoder = Decoder::new(list.as_bytes())?;
    let mut entries = Vec::new();
    let slot = Slot {
        field: "",
        go_type: "[]*moby_buildkit_v1.CacheOptionsEntry",
    };
    decoder.array(slot, |decoder| match decoder.kind() {
        JsonKind::Null => {
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

fn cache_imports(opts: &BTreeMap<String, String>) -> Result<Vec<CacheImport>, String> {
    let mut imports = Vec::new();
    if let Some(list) = opts.get(key::CACHE_IMPORTS).filter(|list| !list.is_empty()) {
        let entries = cache_entries(list).map_err(|error| {
            let quoted = crate::go::quote::quote(list);
            format!(
                "failed to unmarshal {} ({quoted}): {error}",
                key::CACHE_IMPORTS
            )
        })?;
        imports.extend(entries);
    }
    if let Some(list) = opts.get(key::CACHE_FROM).filter(|list| !list.is_empty()) {
        imports.extend(list.split(',').map(|reference| CacheImport {
            kind: "registry".into(),
            attrs: std::iter::once(("ref".into(), reference.into())).collect_small(),
        }));
    }
    Ok(imports)
}

/// Options that start with `prefix`, without it.
fn with_prefix(opts: &BTreeMap<String, String>, prefix: &str) -> BTreeMap<String, String> {
    let from = opts.range(prefix.to_owned()..);
    let matching =
        from.map_while(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())));
    matching.collect_small()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(error, "invalid boolean value for multi-platform: maybe");
    }
}
