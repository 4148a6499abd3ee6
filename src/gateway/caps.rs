//! Capabilities: which features a daemon has, and the words for those it lacks.
//!
//! A daemon answers the first Ping with two lists, one for the gateway and one for LLB. Both are looked up by
//! id; the tables below say which ids a client knows, as the reference client does (`util/apicaps`). The
//! tables are data: to add a capability, add a line.

use std::collections::BTreeMap;
use std::fmt;

use crate::pb::apicaps::ApiCap;

/// How settled a capability is; part of the error text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapStatus {
    /// Settled.
    Stable,
    /// May be removed.
    Experimental,
    /// Will move to stable.
    Prerelease,
}

/// A capability that a client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Identifier on the wire.
    pub id: &'static str,
    /// Readable name, or empty.
    pub name: &'static str,
    /// How settled it is.
    pub status: CapStatus,
    /// By product, the version that brought it.
    pub hints: &'static [(&'static str, &'static str)],
}

macro_rules! cap_table {
    ($(#[$doc:meta])* $module:ident $(+ $extra:path)?; $($konst:ident = $id:literal $(, $name:literal)?;)*) => {
        $(#[$doc])*
        pub mod $module {
            use super::{Cap, CapStatus};

            $(#[doc = concat!("`", $id, "`")] pub const $konst: &str = $id;)*

            pub(super) const TABLE: &[Cap] = &[$($extra,)? $(Cap {
                id: $id,
                name: concat!($($name)?),
                status: CapStatus::Experimental,
                hints: &[],
            }),*];
        }
    };
}

cap_table! {
    /// Identifiers of gateway capabilities (`frontend/gateway/pb`).
    gateway_cap;
    SOLVE_BASE = "solve.base";
    SOLVE_INLINE_RETURN = "solve.inlinereturn", "inline return from solve";
    RESOLVE_IMAGE = "resolveimage", "resolve remote image config";
    RESOLVE_IMAGE_RESOLVE_MODE = "resolveimage.resolvemode", "resolve remote image config with custom resolvemode";
    READ_FILE = "readfile", "read static file";
    RETURN_RESULT = "return", "return solve result";
    RETURN_MAP = "returnmap", "return reference map";
    READ_DIR = "readdir", "read static directory";
    STAT_FILE = "statfile", "stat a file";
    IMPORT_CACHES = "importcaches", "import caches";
    PROTO_REF_ARRAY = "proto.refarray", "wire format ref arrays";
    REFERENCE_OUTPUT = "reference.output", "reference output";
    FRONTEND_INPUTS = "frontend.inputs", "frontend inputs";
    SOLVE_METADATA = "gateway.solve.metadata", "gateway metadata";
    EXEC = "gateway.exec", "gateway exec";
    EXEC_EXTRA_HOSTS = "gateway.exec.extrahosts", "gateway exec extra-hosts";
    EXEC_SECRET_ENV = "gateway.exec.secretenv", "gateway exec secret env";
    EXEC_SIGNALS = "gateway.exec.signals", "gateway exec signals";
    EXEC_FILESYSTEM = "gateway.exec.filesystem", "gateway exec filesystem";
    FRONTEND_CAPS = "frontend.caps", "frontend capabilities";
    EVALUATE_SOLVE = "gateway.solve.evaluate", "gateway evaluate solve";
    EVALUATE = "gateway.evaluate", "gateway evaluate";
    WARNINGS = "gateway.warnings", "logging warnings";
    ATTESTATIONS = "reference.attestations", "reference attestations";
    SOURCE_META_RESOLVER = "source.metaresolver", "source meta resolver";
    SOURCE_META_RESOLVER_IMAGE_ATTESTATIONS = "source.metaresolver.image.attestations", "source meta resolver image attestations";
    SOURCE_META_RESOLVER_HTTP_CHECKSUM_REQUEST = "source.metaresolver.http.checksumrequest", "source meta resolver http checksum request";
}

cap_table! {
    /// Identifiers of LLB capabilities (`solver/pb`).
    llb_cap + super::FILE_BASE;
    SOURCE_IMAGE = "source.image";
    SOURCE_IMAGE_RESOLVE_MODE = "source.image.resolvemode";
    SOURCE_IMAGE_LAYER_LIMIT = "source.image.layerlimit";
    SOURCE_IMAGE_CHECKSUM = "source.image.checksum";
    SOURCE_LOCAL = "source.local";
    SOURCE_LOCAL_UNIQUE = "source.local.unique";
    SOURCE_LOCAL_SESSION_ID = "source.local.sessionid";
    SOURCE_LOCAL_INCLUDE_PATTERNS = "source.local.includepatterns";
    SOURCE_LOCAL_FOLLOW_PATHS = "source.local.followpaths";
    SOURCE_LOCAL_EXCLUDE_PATTERNS = "source.local.excludepatterns";
    SOURCE_LOCAL_SHARED_KEY_HINT = "source.local.sharedkeyhint";
    SOURCE_LOCAL_DIFFER = "source.local.differ";
    SOURCE_METADATA_TRANSFER = "source.local.metadatatransfer";
    SOURCE_GIT = "source.git";
    SOURCE_GIT_KEEP_DIR = "source.git.keepgitdir";
    SOURCE_GIT_FULL_URL = "source.git.fullurl";
    SOURCE_GIT_HTTP_AUTH = "source.git.httpauth";
    SOURCE_GIT_KNOWN_SSH_HOSTS = "source.git.knownsshhosts";
    SOURCE_GIT_MOUNT_SSH_SOCK = "source.git.mountsshsock";
    SOURCE_GIT_SUBDIR = "source.git.subdir";
    SOURCE_GIT_CHECKSUM = "source.git.checksum";
    SOURCE_GIT_SKIP_SUBMODULES = "source.git.skipsubmodules";
    SOURCE_GIT_SIGNATURE_VERIFY = "source.git.signatureverify";
    SOURCE_GIT_MTIME = "source.git.mtime";
    SOURCE_GIT_FETCH_BY_COMMIT = "source.git.fetchbycommit";
    SOURCE_GIT_BUNDLE = "source.git.bundle";
    SOURCE_GIT_CHECKOUT_BUNDLE = "source.git.checkoutbundle";
    SOURCE_HTTP = "source.http";
    SOURCE_HTTP_AUTH = "source.http.auth";
    SOURCE_HTTP_CHECKSUM = "source.http.checksum";
    SOURCE_HTTP_PERM = "source.http.perm";
    SOURCE_HTTP_UID_GID = "soruce.http.uidgid";
    SOURCE_HTTP_HEADER = "source.http.header";
    SOURCE_HTTP_SIGNATURE_VERIFY = "source.http.signatureverify";
    SOURCE_IMAGE_BLOB = "source.imageblob";
    SOURCE_OCI_LAYOUT = "source.ocilayout";
    BUILD_OP_LLB_FILE_NAME = "source.buildop.llbfilename";
    EXEC_META_BASE = "exec.meta.base";
    EXEC_META_CGROUP_PARENT = "exec.meta.cgroup.parent";
    EXEC_META_NETWORK = "exec.meta.network";
    EXEC_META_NETWORK_PROXY = "exec.meta.network.proxy";
    EXEC_META_PROXY = "exec.meta.proxyenv";
    EXEC_META_SECURITY = "exec.meta.security";
    EXEC_META_SECURITY_DEVICE_WHITELIST_V1 = "exec.meta.security.devices.v1";
    EXEC_META_SETS_DEFAULT_PATH = "exec.meta.setsdefaultpath";
    EXEC_META_ULIMIT = "exec.meta.ulimit";
    EXEC_META_CDI = "exec.meta.cdi";
    EXEC_META_LINUX_RESOURCES = "exec.meta.linux.resources";
    EXEC_MOUNT_BIND = "exec.mount.bind";
    EXEC_MOUNT_BIND_READWRITE_NO_OUTPUT = "exec.mount.bind.readwrite-nooutput";
    EXEC_MOUNT_CACHE = "exec.mount.cache";
    EXEC_MOUNT_CACHE_SHARING = "exec.mount.cache.sharing";
    EXEC_MOUNT_SELECTOR = "exec.mount.selector";
    EXEC_MOUNT_TMPFS = "exec.mount.tmpfs";
    EXEC_MOUNT_TMPFS_SIZE = "exec.mount.tmpfs.size";
    EXEC_MOUNT_SECRET = "exec.mount.secret";
    EXEC_MOUNT_SSH = "exec.mount.ssh";
    EXEC_MOUNT_CONTENT_CACHE = "exec.mount.cache.content";
    EXEC_CGROUPS_MOUNTED = "exec.cgroup";
    EXEC_SECRET_ENV = "exec.secretenv";
    EXEC_VALID_EXIT_CODE = "exec.validexitcode";
    FILE_RM_WILDCARD = "file.rm.wildcard";
    FILE_COPY_INCLUDE_EXCLUDE_PATTERNS = "file.copy.includeexcludepatterns";
    FILE_COPY_REQUIRED_PATHS = "file.copy.requiredpaths";
    FILE_RM_NO_FOLLOW_SYMLINK = "file.rm.nofollowsymlink";
    FILE_COPY_ALWAYS_REPLACE_EXISTING_DEST_PATHS = "file.copy.alwaysreplaceexistingdestpaths";
    FILE_SYMLINK_CREATE = "file.symlink.create";
    CONSTRAINTS = "constraints";
    PLATFORM = "platform";
    META_IGNORE_CACHE = "meta.ignorecache";
    META_DESCRIPTION = "meta.description";
    META_EXPORT_CACHE = "meta.exportcache";
    REMOTE_CACHE_GHA = "cache.gha";
    REMOTE_CACHE_S3 = "cache.s3";
    REMOTE_CACHE_AZ_BLOB = "cache.azblob";
    MERGE_OP = "mergeop";
    DIFF_OP = "diffop";
    PASSTHROUGH_OP = "passthroughop";
    ANNOTATIONS = "exporter.image.annotations";
    ATTESTATIONS = "exporter.image.attestations";
    SOURCE_DATE_EPOCH = "exporter.sourcedateepoch", "source date epoch";
    MULTIPLE_EXPORTERS = "exporter.multiple";
    SESSION_EXPORTER = "exporter.session";
    SOURCE_POLICY = "source.policy";
    SOURCE_POLICY_SESSION = "source.policy.session";
    GC_FREE_SPACE_FILTER = "gc.freespacefilter";
    HISTORY_FILTERS = "history.filter";
}

/// The one row with hints.
const FILE_BASE: Cap = Cap {
    id: "file.base",
    name: "",
    status: CapStatus::Prerelease,
    hints: &[("docker", "Docker v19.03"), ("buildkit", "BuildKit v0.5.0")],
};

/// `file.copy.modestring`: the reference marks ops with it but no daemon announces it.
const FILE_COPY_MODE_STRING: &str = "file.copy.modestring";

/// Which list a [`CapSet`] is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapList {
    /// The gateway's.
    #[default]
    Gateway,
    /// LLB's.
    Llb,
}

impl CapList {
    /// All capabilities that a client knows.
    pub const fn known(self) -> &'static [Cap] {
        match self {
            CapList::Gateway => gateway_cap::TABLE,
            CapList::Llb => llb_cap::TABLE,
        }
    }

    /// What a daemon has that predates capabilities: the reference's frozen lists.
    pub const fn frozen(self) -> &'static [&'static str] {
        match self {
            CapList::Gateway => FROZEN_GATEWAY,
            CapList::Llb => FROZEN_LLB,
        }
    }
}

const FROZEN_GATEWAY: &[&str] = &[
    gateway_cap::SOLVE_BASE,
    gateway_cap::SOLVE_INLINE_RETURN,
    gateway_cap::RESOLVE_IMAGE,
    gateway_cap::READ_FILE,
];

const FROZEN_LLB: &[&str] = &[
    llb_cap::SOURCE_IMAGE,
    llb_cap::SOURCE_LOCAL,
    llb_cap::SOURCE_LOCAL_UNIQUE,
    llb_cap::SOURCE_LOCAL_SESSION_ID,
    llb_cap::SOURCE_LOCAL_INCLUDE_PATTERNS,
    llb_cap::SOURCE_LOCAL_FOLLOW_PATHS,
    llb_cap::SOURCE_LOCAL_EXCLUDE_PATTERNS,
    llb_cap::SOURCE_LOCAL_SHARED_KEY_HINT,
    llb_cap::SOURCE_GIT,
    llb_cap::SOURCE_GIT_KEEP_DIR,
    llb_cap::SOURCE_GIT_FULL_URL,
    llb_cap::SOURCE_HTTP,
    llb_cap::SOURCE_HTTP_CHECKSUM,
    llb_cap::SOURCE_HTTP_PERM,
    llb_cap::SOURCE_HTTP_UID_GID,
    llb_cap::BUILD_OP_LLB_FILE_NAME,
    llb_cap::EXEC_META_BASE,
    llb_cap::EXEC_META_PROXY,
    llb_cap::EXEC_MOUNT_BIND,
    llb_cap::EXEC_MOUNT_CACHE,
    llb_cap::EXEC_MOUNT_CACHE_SHARING,
    llb_cap::EXEC_MOUNT_SELECTOR,
    llb_cap::EXEC_MOUNT_TMPFS,
    llb_cap::EXEC_MOUNT_SECRET,
    llb_cap::CONSTRAINTS,
    llb_cap::PLATFORM,
    llb_cap::META_IGNORE_CACHE,
    llb_cap::META_DESCRIPTION,
    llb_cap::META_EXPORT_CACHE,
];

/// The capabilities of one daemon.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CapSet {
    list: CapList,
    product: String,
    caps: BTreeMap<String, ApiCap>,
}

impl CapSet {
    /// The capabilities that a Ping brought; an empty answer stands for the frozen list.
    /// `product` is named in the text of [`CapError`].
    pub fn from_ping(list: CapList, caps: Vec<ApiCap>, product: &str) -> Self {
        if caps.is_empty() {
            return CapSet::of(list, list.frozen().iter().copied()).with_product(product);
        }
        let caps = caps
            .into_iter()
            .filter(|cap| !cap.id.is_empty())
            .map(|cap| (cap.id.clone(), cap))
            .collect();
        CapSet {
            list,
            product: product.to_owned(),
            caps,
        }
    }

    /// A daemon with exactly these capabilities, all enabled.
    pub fn of<'a>(list: CapList, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let caps = ids
            .into_iter()
            .map(|id| {
                let cap = ApiCap {
                    id: id.to_owned(),
                    enabled: true,
                    ..ApiCap::default()
                };
                (id.to_owned(), cap)
            })
            .collect();
        CapSet {
            list,
            product: String::new(),
            caps,
        }
    }

    /// A daemon with every capability that is known here.
    pub fn all(list: CapList) -> Self {
        CapSet::of(list, list.known().iter().map(|cap| cap.id))
    }

    /// The same set, naming `product` in errors.
    pub fn with_product(mut self, product: &str) -> Self {
        product.clone_into(&mut self.product);
        self
    }

    /// The same set without one capability.
    pub fn without(mut self, id: &str) -> Self {
        self.caps.remove(id);
        self
    }

    /// The rows, by id.
    pub fn iter(&self) -> impl Iterator<Item = &ApiCap> {
        self.caps.values()
    }

    /// Whether the daemon announced the id, known here or not, enabled or not.
    pub fn contains(&self, id: &str) -> bool {
        self.caps.contains_key(id)
    }

    /// Whether the capability is known here and enabled in the daemon.
    pub fn supports(&self, id: &str) -> bool {
        self.require(id).is_ok()
    }

    /// As [`supports`](Self::supports), with the error that says what to do about it.
    pub fn require(&self, id: &str) -> Result<(), CapError> {
        let known = self.list.known().iter().find(|cap| cap.id == id);
        let state = self.caps.get(id);
        if known.is_some() && state.is_some_and(|cap| cap.enabled) {
            return Ok(());
        }
        // No daemon announces symbolic modes, and the reference client refuses them for that. Daemons
        // have them since the release that also brought `exec.meta.cdi` (0.20).
        if id == FILE_COPY_MODE_STRING && self.contains(llb_cap::EXEC_META_CDI) {
            return Ok(());
        }
        Err(CapError {
            id: id.to_owned(),
            known: known.copied(),
            state: known.and(state).cloned(),
            product: self.product.clone(),
        })
    }
}

/// A capability that the daemon lacks. Its text is the reference's.
#[derive(Clone, Debug, PartialEq)]
pub struct CapError {
    /// Identifier.
    pub id: String,
    /// The row of the table, if there is one.
    pub known: Option<Cap>,
    /// What the daemon said of it, if anything.
    pub state: Option<ApiCap>,
    product: String,
}

impl fmt::Display for CapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(cap) = &self.known else {
            return write!(f, "unknown API capability {}", self.id);
        };
        let status = match cap.status {
            CapStatus::Stable => "",
            CapStatus::Experimental => "experimental ",
            CapStatus::Prerelease => "prerelease ",
        };
        write!(f, "requested {status}feature {} ", self.id)?;
        if !cap.name.is_empty() {
            write!(f, "({})", cap.name)?;
        }
        match &self.state {
            None => {
                f.write_str(" is not supported by build server")?;
                if let Some((_, hint)) = cap.hints.iter().find(|(p, _)| *p == self.product) {
                    write!(f, " (added in {hint})")?;
                }
                // Parity: the product is mostly empty, which leaves a space at the end.
                write!(f, ", please update {}", self.product)
            }
            Some(state) => {
                f.write_str(" has been disabled on the build server")?;
                if !state.disabled_reason_msg.is_empty() {
                    write!(f, ": {}", state.disabled_reason_msg)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for CapError {}
