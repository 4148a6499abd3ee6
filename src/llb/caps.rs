//! Capability ids: what an op needs from the daemon.
//!
//! The ids are spelled as BuildKit spells them, the misspelt one included.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

macro_rules! caps {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)+) => {
        $($(#[$doc])* pub const $name: &str = $id;)+

        /// Every id of this module.
        pub const ALL: &[&str] = &[$($name),+];
    };
}

caps! {
    /// Image sources.
    SOURCE_IMAGE = "source.image";
    /// Forced pull of an image.
    SOURCE_IMAGE_RESOLVE_MODE = "source.image.resolvemode";
    /// Only the first layers of an image.
    SOURCE_IMAGE_LAYER_LIMIT = "source.image.layerlimit";
    /// Checked digest of an image.
    SOURCE_IMAGE_CHECKSUM = "source.image.checksum";
    /// Local directories.
    SOURCE_LOCAL = "source.local";
    /// Unique id of a local source without session.
    SOURCE_LOCAL_UNIQUE = "source.local.unique";
    /// Session of a local source.
    SOURCE_LOCAL_SESSION_ID = "source.local.sessionid";
    /// Include patterns of a local source.
    SOURCE_LOCAL_INCLUDE_PATTERNS = "source.local.includepatterns";
    /// Followed paths of a local source.
    SOURCE_LOCAL_FOLLOW_PATHS = "source.local.followpaths";
    /// Exclude patterns of a local source.
    SOURCE_LOCAL_EXCLUDE_PATTERNS = "source.local.excludepatterns";
    /// Shared key of a local source.
    SOURCE_LOCAL_SHARED_KEY_HINT = "source.local.sharedkeyhint";
    /// How changes of a local source are found.
    SOURCE_LOCAL_DIFFER = "source.local.differ";
    /// Transfer of metadata only.
    SOURCE_METADATA_TRANSFER = "source.local.metadatatransfer";
    /// Git repositories.
    SOURCE_GIT = "source.git";
    /// Kept `.git` directory.
    SOURCE_GIT_KEEP_DIR = "source.git.keepgitdir";
    /// Full URL of a repository.
    SOURCE_GIT_FULL_URL = "source.git.fullurl";
    /// Authentication over HTTP.
    SOURCE_GIT_HTTP_AUTH = "source.git.httpauth";
    /// Known SSH hosts.
    SOURCE_GIT_KNOWN_SSH_HOSTS = "source.git.knownsshhosts";
    /// SSH agent of a repository.
    SOURCE_GIT_MOUNT_SSH_SOCK = "source.git.mountsshsock";
    /// Subdirectory of a repository.
    SOURCE_GIT_SUBDIR = "source.git.subdir";
    /// Checked commit.
    SOURCE_GIT_CHECKSUM = "source.git.checksum";
    /// Submodules left out.
    SOURCE_GIT_SKIP_SUBMODULES = "source.git.skipsubmodules";
    /// Verified signatures of commits.
    SOURCE_GIT_SIGNATURE_VERIFY = "source.git.signatureverify";
    /// Modification times of a repository.
    SOURCE_GIT_MTIME = "source.git.mtime";
    /// Fetch of a commit without its ref.
    SOURCE_GIT_FETCH_BY_COMMIT = "source.git.fetchbycommit";
    /// Import from a bundle.
    SOURCE_GIT_BUNDLE = "source.git.bundle";
    /// Checkout as a bundle.
    SOURCE_GIT_CHECKOUT_BUNDLE = "source.git.checkoutbundle";
    /// HTTP files.
    SOURCE_HTTP = "source.http";
    /// Authentication of an HTTP file.
    SOURCE_HTTP_AUTH = "source.http.auth";
    /// Checked digest of an HTTP file.
    SOURCE_HTTP_CHECKSUM = "source.http.checksum";
    /// Permissions of an HTTP file.
    SOURCE_HTTP_PERM = "source.http.perm";
    /// Owner of an HTTP file; misspelt upstream, and so for ever.
    SOURCE_HTTP_UID_GID = "soruce.http.uidgid";
    /// Request headers of an HTTP file.
    SOURCE_HTTP_HEADER = "source.http.header";
    /// Verified signature of an HTTP file.
    SOURCE_HTTP_SIGNATURE_VERIFY = "source.http.signatureverify";
    /// Blobs of a registry.
    SOURCE_IMAGE_BLOB = "source.imageblob";
    /// OCI layouts.
    SOURCE_OCI_LAYOUT = "source.ocilayout";
    /// File name of a nested build's definition.
    BUILD_OP_LLB_FILE_NAME = "source.buildop.llbfilename";
    /// Exec ops.
    EXEC_META_BASE = "exec.meta.base";
    /// Parent control group.
    EXEC_META_CGROUP_PARENT = "exec.meta.cgroup.parent";
    /// Network modes.
    EXEC_META_NETWORK = "exec.meta.network";
    /// Network through a proxy.
    EXEC_META_NETWORK_PROXY = "exec.meta.network.proxy";
    /// Proxy variables.
    EXEC_META_PROXY = "exec.meta.proxyenv";
    /// Security modes.
    EXEC_META_SECURITY = "exec.meta.security";
    /// Devices in the insecure mode.
    EXEC_META_SECURITY_DEVICE_WHITELIST_V1 = "exec.meta.security.devices.v1";
    /// The daemon adds a missing `PATH`.
    EXEC_META_SETS_DEFAULT_PATH = "exec.meta.setsdefaultpath";
    /// Resource limits of a process.
    EXEC_META_ULIMIT = "exec.meta.ulimit";
    /// CDI devices.
    EXEC_META_CDI = "exec.meta.cdi";
    /// Removal of mount stubs.
    EXEC_META_REMOVE_MOUNT_STUBS_RECURSIVE = "exec.meta.removemountstubs.recursive";
    /// CPU and memory limits of a container.
    EXEC_META_LINUX_RESOURCES = "exec.meta.linux.resources";
    /// Bind mounts.
    EXEC_MOUNT_BIND = "exec.mount.bind";
    /// Writable bind mounts without output.
    EXEC_MOUNT_BIND_READ_WRITE_NO_OUTPUT = "exec.mount.bind.readwrite-nooutput";
    /// Cache mounts.
    EXEC_MOUNT_CACHE = "exec.mount.cache";
    /// Sharing modes of cache mounts.
    EXEC_MOUNT_CACHE_SHARING = "exec.mount.cache.sharing";
    /// Mounts of a part of an input.
    EXEC_MOUNT_SELECTOR = "exec.mount.selector";
    /// Mounts in memory.
    EXEC_MOUNT_TMPFS = "exec.mount.tmpfs";
    /// Size of mounts in memory.
    EXEC_MOUNT_TMPFS_SIZE = "exec.mount.tmpfs.size";
    /// Secret mounts.
    EXEC_MOUNT_SECRET = "exec.mount.secret";
    /// SSH agent mounts.
    EXEC_MOUNT_SSH = "exec.mount.ssh";
    /// Cache keys from the content of mounts.
    EXEC_MOUNT_CONTENT_CACHE = "exec.mount.cache.content";
    /// Mounted control groups.
    EXEC_CGROUPS_MOUNTED = "exec.cgroup";
    /// Secrets as variables.
    EXEC_SECRET_ENV = "exec.secretenv";
    /// Exit codes other than zero.
    EXEC_VALID_EXIT_CODE = "exec.validexitcode";
    /// File ops.
    FILE_BASE = "file.base";
    /// Wildcards in removals.
    FILE_RM_WILDCARD = "file.rm.wildcard";
    /// Include and exclude patterns of copies.
    FILE_COPY_INCLUDE_EXCLUDE_PATTERNS = "file.copy.includeexcludepatterns";
    /// Required paths of copies.
    FILE_COPY_REQUIRED_PATHS = "file.copy.requiredpaths";
    /// Removals that do not follow links.
    FILE_RM_NO_FOLLOW_SYMLINK = "file.rm.nofollowsymlink";
    /// Copies that replace what is in the way.
    FILE_COPY_ALWAYS_REPLACE_EXISTING_DEST_PATHS = "file.copy.alwaysreplaceexistingdestpaths";
    /// Permissions in symbolic form.
    FILE_COPY_MODE_STRING_FORMAT = "file.copy.modestring";
    /// Symbolic links.
    FILE_SYMLINK_CREATE = "file.symlink.create";
    /// Worker constraints.
    CONSTRAINTS = "constraints";
    /// Platforms.
    PLATFORM = "platform";
    /// Ops that always run.
    META_IGNORE_CACHE = "meta.ignorecache";
    /// Descriptions.
    META_DESCRIPTION = "meta.description";
    /// Results left out of exported caches.
    META_EXPORT_CACHE = "meta.exportcache";
    /// Cache in GitHub Actions.
    REMOTE_CACHE_GHA = "cache.gha";
    /// Cache in S3.
    REMOTE_CACHE_S3 = "cache.s3";
    /// Cache in Azure blobs.
    REMOTE_CACHE_AZBLOB = "cache.azblob";
    /// Merge ops.
    MERGE_OP = "mergeop";
    /// Diff ops.
    DIFF_OP = "diffop";
    /// Passthrough ops.
    PASSTHROUGH_OP = "passthroughop";
    /// Annotations of exported images.
    ANNOTATIONS = "exporter.image.annotations";
    /// Attestations of exported images.
    ATTESTATIONS = "exporter.image.attestations";
    /// The epoch of a source for exported images.
    SOURCE_DATE_EPOCH = "exporter.sourcedateepoch";
    /// Several exporters at once.
    MULTIPLE_EXPORTERS = "exporter.multiple";
    /// Exporters of the session.
    SESSION_EXPORTER = "exporter.session";
    /// Source policies.
    SOURCE_POLICY = "source.policy";
    /// Source policies of the session.
    SOURCE_POLICY_SESSION = "source.policy.session";
    /// Free space controls.
    GC_FREE_SPACE_FILTER = "gc.freespacefilter";
    /// Filters of the build history.
    HISTORY_FILTERS = "history.filter";
}

/// A sorted set of capability ids; cheap to clone.
#[derive(Clone)]
pub struct Caps(Ids);

#[derive(Clone)]
enum Ids {
    /// One of the lists below: takes no memory.
    Fixed(&'static [Cow<'static, str>]),
    Shared(Arc<[Cow<'static, str>]>),
}

/// What whole kinds of ops need, sorted.
impl Caps {
    /// Images.
    pub(super) const OF_IMAGES: Caps = Caps(Ids::Fixed(&[Cow::Borrowed(SOURCE_IMAGE)]));
    /// File ops.
    pub(super) const OF_FILES: Caps = Caps(Ids::Fixed(&[Cow::Borrowed(FILE_BASE)]));
    /// Processes.
    pub(super) const OF_RUNS: Caps = Caps(Ids::Fixed(&[
        Cow::Borrowed(EXEC_META_BASE),
        Cow::Borrowed(EXEC_META_SETS_DEFAULT_PATH),
    ]));
    /// Processes that start from files.
    pub(super) const OF_RUNS_ON_FILES: Caps = Caps(Ids::Fixed(&[
        Cow::Borrowed(EXEC_META_BASE),
        Cow::Borrowed(EXEC_META_SETS_DEFAULT_PATH),
        Cow::Borrowed(EXEC_MOUNT_BIND),
    ]));
    /// A definition whose ops are described.
    pub(super) const OF_DESCRIBED: Caps = Caps(Ids::Fixed(&[
        Cow::Borrowed(CONSTRAINTS),
        Cow::Borrowed(META_DESCRIPTION),
        Cow::Borrowed(PLATFORM),
    ]));
    /// A definition.
    pub(super) const OF_DEFINITIONS: Caps = Caps(Ids::Fixed(&[
        Cow::Borrowed(CONSTRAINTS),
        Cow::Borrowed(PLATFORM),
    ]));
}

impl Caps {
    /// The empty set.
    pub const fn new() -> Self {
        Caps(Ids::Fixed(&[]))
    }

    /// Adds `cap`.
    pub fn insert(&mut self, cap: impl Into<Cow<'static, str>>) {
        self.add(cap.into());
    }

    fn add(&mut self, cap: Cow<'static, str>) {
        if let Err(place) = self.place(&cap) {
            let (before, after) = self.ids().split_at(place);
            let ids = before.iter().cloned().chain([cap]);
            self.0 = Ids::Shared(ids.chain(after.iter().cloned()).collect());
        }
    }

    /// Removes `cap`.
    pub(crate) fn remove(&mut self, cap: &str) {
        if self.contains(cap) {
            let kept = self.ids().iter().filter(|have| *have != cap);
            self.0 = Ids::Shared(kept.cloned().collect());
        }
    }

    /// Whether `cap` is in the set.
    pub fn contains(&self, cap: &str) -> bool {
        self.place(cap).is_ok()
    }

    /// Adds all of `other`.
    pub(crate) fn merge(&mut self, other: &Caps) {
        if self.is_empty() {
            self.clone_from(other);
        } else if !self.is_same(other) {
            other.ids().iter().for_each(|cap| self.add(cap.clone()));
        }
    }

    /// Whether nothing is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids().is_empty()
    }

    /// The ids in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.ids().iter().map(AsRef::as_ref)
    }

    /// Whether both are one list, and so equal; others may be equal, too.
    pub(super) fn is_same(&self, other: &Caps) -> bool {
        std::ptr::eq(self.ids(), other.ids())
    }

    fn ids(&self) -> &[Cow<'static, str>] {
        match &self.0 {
            Ids::Fixed(ids) => ids,
            Ids::Shared(ids) => ids,
        }
    }

    fn place(&self, cap: &str) -> Result<usize, usize> {
        self.ids().binary_search_by(|have| have.as_ref().cmp(cap))
    }
}

impl Default for Caps {
    fn default() -> Self {
        Caps::new()
    }
}

impl fmt::Debug for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl PartialEq for Caps {
    fn eq(&self, other: &Self) -> bool {
        self.ids() == other.ids()
    }
}

impl Eq for Caps {}

impl<C: Into<Cow<'static, str>>> FromIterator<C> for Caps {
    fn from_iter<I: IntoIterator<Item = C>>(caps: I) -> Self {
        let mut set: Vec<Cow<'static, str>> = Vec::new();
        for cap in caps.into_iter().map(Into::into) {
            if let Err(place) = set.binary_search(&cap) {
                set.insert(place, cap);
            }
        }
        Caps(Ids::Shared(set.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_kinds_are_sorted() {
        for caps in [
            Caps::OF_IMAGES,
            Caps::OF_FILES,
            Caps::OF_RUNS,
            Caps::OF_RUNS_ON_FILES,
            Caps::OF_DESCRIBED,
            Caps::OF_DEFINITIONS,
        ] {
            assert_eq!(caps, caps.iter().map(str::to_owned).collect());
        }
    }

    #[test]
    fn ids_are_added_in_order_and_once() {
        let mut caps = Caps::OF_DEFINITIONS;
        for cap in ["z", "constraints", "d", "a"] {
            caps.insert(cap);
        }
        assert!(caps.iter().eq(["a", "constraints", "d", "platform", "z"]));
        caps.remove("d");
        assert!(!caps.contains("d") && caps.contains("z"));
    }
}
