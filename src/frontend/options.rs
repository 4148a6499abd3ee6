//! What a client asks of a frontend: the options of a build as typed values.
//!
//! Owns the syntax of the options that every frontend knows, and the order in which they are found wrong. The
//! syntax of single values is in [`super::attr`]. Keys, syntax and texts are those of BuildKit's `dockerui`.

pub mod key;

use std::collections::BTreeMap;

use super::attest::{self, Sbom};
use super::attr;
use crate::collect::Inserted as _;
use crate::gateway::{CacheImport, Environment, Error, Result};
use crate::go::number::parse_bool;
use crate::image::Platform;
use crate::image::json::{Decoder, Kind, Slot, names};
use crate::llb::{
    CapSupport, LinuxResources, MarshalOptions, NetMode, NoCache, ResolveMode, Ulimit, caps,
};

/// What a client asks of a build, whatever the frontend.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// `--label`.
    pub labels: BTreeMap<String, String>,
    /// `--target`; empty for the frontend's own choice.
    pub target: String,
    /// `--platform`: the platforms to build for, normalised; empty for the implicit one.
    pub platforms: Vec<Platform>,
    /// The platform that the daemon's first worker prefers: where steps run unless they say otherwise.
    pub build_platform: Platform,
    /// The platform of this program: what an implicit result is labelled with.
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

impl Options {
    /// Reads the options of a build.
    ///
    /// # Errors
    /// With the reference's text, for the option that it complains about first.
    pub fn read(environment: &Environment) -> Result<Options> {
        let mut opts = environment.opts.clone();
        refuse_what_is_gone(environment)?;
        let own_platform = host_platform();
        let build_platform = environment
            .workers
            .first()
            .and_then(|worker| worker.platforms.first())
            .map_or_else(|| own_platform.clone(), Platform::from);

        let text = |key: &str| environment.opts.get(key).map_or("", String::as_str);
        let platforms = match text(key::PLATFORM) {
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
        let multi_platform = multi_platform(opts.get(key::MULTI_PLATFORM), platforms.len() > 1)?;
        let cache_imports = cache_imports(&opts)?;
        let sbom = attest::sbom(&opts)?;
        prefer(&mut opts, key::HOSTNAME, key::SANDBOX_HOSTNAME);
        let git_advice = match text(key::GIT_ADVICE) {
            "" => false,
            value => parse_bool(value).map_err(|error| {
                Error::new(error.to_string())
                    .context(format!("failed to parse {}", key::GIT_ADVICE))
            })?,
        };

        let value = |key: &str| opts.get(key).cloned().unwrap_or_default();
        Ok(Options {
            build_args: with_prefix(&opts, key::BUILD_ARG),
            labels: with_prefix(&opts, key::LABEL),
            target: value(key::TARGET),
            platforms,
            build_platform,
            own_platform,
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
            linux_resources: linux_resources.map(Into::into),
            git_advice,
            cache_namespace: value(key::CACHE_MOUNT_NS),
            cache_imports,
            sbom,
            caps: llb_caps(environment),
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

    /// The session that offers the local source `name`.
    pub fn session_for(&self, name: &str) -> Option<String> {
        let own = self.local_session_ids.get(name);
        own.or(self.session_id.as_ref()).cloned()
    }

    /// How a graph for `platform` is marshalled for this daemon.
    pub fn marshal_options(&self, platform: &Platform) -> MarshalOptions {
        MarshalOptions {
            caps: self.caps.clone(),
            ..MarshalOptions::for_platform(platform.into())
        }
    }

    /// `SOURCE_DATE_EPOCH` in seconds since 1970, where it is a number; how the names of contexts that it may hold
    /// are understood is a frontend's own choice ([`super::source_time`]).
    pub fn epoch(&self) -> Option<i64> {
        self.get(key::EPOCH)?.parse().ok()
    }

    /// What the client asks of a frontend that can do what this kit can: the capabilities in
    /// [`FrontendCaps::KIT`].
    pub fn frontend_caps(&self) -> FrontendCaps {
        let list = self.get(key::FRONTEND_CAPS).unwrap_or("");
        FrontendCaps::check(list, &FrontendCaps::KIT)
    }
}

/// Whether a frontend can do what the client insists on.
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
    /// What a frontend that uses this kit for inputs, subrequests and contexts can do.
    pub const KIT: [&str; 5] = [
        "moby.buildkit.frontend.inputs",
        "moby.buildkit.frontend.subrequests",
        "moby.buildkit.frontend.contexts",
        "moby.buildkit.frontend.gitquerystring",
        "moby.buildkit.frontend.contexts.zstd",
    ];

    /// Compares `list`, the option `frontend.caps`, with what a frontend has.
    pub fn check(list: &str, supported: &[&str]) -> FrontendCaps {
        let mut missing = None;
        for cap in list.split(',').filter(|_| !list.is_empty()) {
            let name = cap.split('+').next().unwrap_or(cap);
            if supported.contains(&name) {
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

    /// An error unless the frontend, which forwards to no other, can do everything.
    ///
    /// # Errors
    /// With the first capability that is missing.
    pub fn require(self) -> Result<()> {
        match self {
            FrontendCaps::Supported => Ok(()),
            FrontendCaps::OnlyForwarded(error) | FrontendCaps::Unsupported(error) => Err(error),
        }
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

    fn check(list: &str) -> FrontendCaps {
        FrontendCaps::check(list, &FrontendCaps::KIT)
    }

    #[test]
    fn unknown_frontend_cap_is_refused_unless_forwarded() {
        assert!(matches!(check(""), FrontendCaps::Supported));
        assert!(matches!(
            check("moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests+forward"),
            FrontendCaps::Supported
        ));
        assert!(matches!(check("x+forward"), FrontendCaps::OnlyForwarded(_)));
        let FrontendCaps::Unsupported(error) = check("x+forward,y") else {
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
