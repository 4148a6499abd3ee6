//! How to run a process: options, mounts, secrets and SSH sockets.

use super::super::super::constraints::Constraints;
use super::super::super::state::State;
use crate::llb::values::{
    CacheSharing, CdiDevice, HostIp, MountContentCache, NetMode, ProxyEnv, SecurityMode, Ulimit,
};
use std::sync::Arc;

/// How to run a process. What is not set comes from the state; what is set counts for this
/// process only.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// Program and arguments; empty takes those of the state.
    pub args: Vec<String>,
    /// Mounts besides the root file system.
    pub mounts: Vec<Mount>,
    /// Secrets, as files or variables.
    pub secrets: Vec<Secret>,
    /// SSH agent sockets.
    pub ssh: Vec<SshSocket>,
    /// CDI devices.
    pub cdi_devices: Vec<CdiDevice>,
    /// Proxy variables, which do not count for the cache.
    pub proxy: Option<Arc<ProxyEnv>>,
    /// Whether the root file system is read-only.
    pub readonly_root: bool,
    /// Variables on top of the state's.
    pub env: Vec<(String, String)>,
    /// Working directory instead of the state's.
    pub dir: Option<String>,
    /// User instead of the state's.
    pub user: Option<String>,
    /// Host name instead of the state's.
    pub hostname: Option<String>,
    /// Parent control group instead of the state's.
    pub cgroup_parent: Option<String>,
    /// Network instead of the state's.
    pub network: Option<NetMode>,
    /// Privileges instead of the state's.
    pub security: Option<SecurityMode>,
    /// Host names besides the state's.
    pub extra_hosts: Vec<HostIp>,
    /// Resource limits besides the state's.
    pub ulimits: Vec<Ulimit>,
    /// Exit codes that count as success, instead of the state's.
    pub valid_exit_codes: Option<Vec<i32>>,
    /// What accompanies the op.
    pub constraints: Constraints,
}

impl RunOptions {
    /// Runs `args`.
    pub fn args<S: Into<String>>(args: impl IntoIterator<Item = S>) -> Self {
        RunOptions {
            args: args.into_iter().map(Into::into).collect(),
            ..RunOptions::default()
        }
    }
}

/// A mount of a process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Mount {
    /// Where it is mounted.
    pub target: String,
    /// What is mounted; scratch is an empty directory.
    pub source: State,
    /// Path inside the source; empty is all of it.
    pub selector: String,
    /// Whether the process may not write.
    pub readonly: bool,
    /// Whether changes are thrown away.
    pub no_output: bool,
    /// Kind of mount.
    pub kind: MountKind,
    /// Whether the cache key comes from the content.
    pub content_cache: MountContentCache,
}

/// Kind of a [`Mount`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MountKind {
    /// The source itself.
    Bind,
    /// A directory that outlives the build; the source fills a new one.
    Cache {
        /// Identity of the cache. With an empty one the mount is a bind mount.
        id: String,
        /// What happens with several writers.
        sharing: CacheSharing,
    },
    /// A file system in memory.
    Tmpfs {
        /// Upper limit in bytes; 0 is none.
        size: i64,
    },
}

impl Mount {
    /// Mounts `source` at `target`.
    pub fn bind(target: impl Into<String>, source: &State) -> Self {
        Mount {
            target: target.into(),
            source: source.clone(),
            selector: String::new(),
            readonly: false,
            no_output: false,
            kind: MountKind::Bind,
            content_cache: MountContentCache::Default,
        }
    }

    /// Mounts the cache `id` at `target`; `source` fills it when it is new.
    pub fn cache(
        target: impl Into<String>,
        source: &State,
        id: impl Into<String>,
        sharing: CacheSharing,
    ) -> Self {
        Mount {
            kind: MountKind::Cache {
                id: id.into(),
                sharing,
            },
            ..Mount::bind(target, source)
        }
    }

    /// Mounts a file system in memory at `target`, of at most `size` bytes unless that is 0.
    pub fn tmpfs(target: impl Into<String>, size: i64) -> Self {
        Mount {
            kind: MountKind::Tmpfs { size },
            ..Mount::bind(target, &State::scratch())
        }
    }

    /// Mounts only what is at `path` of the source.
    #[must_use]
    pub fn selector(mut self, path: impl Into<String>) -> Self {
        self.selector = path.into();
        self
    }

    /// Keeps the process from writing.
    #[must_use]
    pub fn readonly(mut self) -> Self {
        self.readonly = true;
        self
    }

    /// Throws changes away.
    #[must_use]
    pub fn no_output(mut self) -> Self {
        self.no_output = true;
        self
    }

    pub(super) fn has_output(&self) -> bool {
        let kept = !self.kind.is_cache() && !self.kind.is_tmpfs();
        kept && !self.no_output && !self.readonly
    }
}

impl MountKind {
    pub(super) fn is_cache(&self) -> bool {
        matches!(self, MountKind::Cache { id, .. } if !id.is_empty())
    }

    pub(super) fn is_tmpfs(&self) -> bool {
        matches!(self, MountKind::Tmpfs { .. })
    }
}

/// A secret that a process can read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secret {
    /// Id of the secret.
    pub id: String,
    /// Path of the file with the secret, if there is to be one.
    pub target: Option<String>,
    /// Name of the variable with the secret, if there is to be one.
    pub env: Option<String>,
    /// Permission bits of the file.
    pub mode: u32,
    /// Owner of the file.
    pub uid: u32,
    /// Group of the file.
    pub gid: u32,
    /// Whether the secret may be missing.
    pub optional: bool,
}

impl Secret {
    /// The secret `id`, neither file nor variable yet; mode 0400.
    pub fn new(id: impl Into<String>) -> Self {
        Secret {
            id: id.into(),
            target: None,
            env: None,
            mode: 0o400,
            uid: 0,
            gid: 0,
            optional: false,
        }
    }
}

/// An SSH agent socket that a process can use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SshSocket {
    /// Id of the agent; empty is the default one.
    pub id: String,
    /// Path of the socket; none is `/run/buildkit/ssh_agent.<n>`.
    pub target: Option<String>,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Whether the agent may be missing.
    pub optional: bool,
}

impl SshSocket {
    /// The agent `id`; mode 0600.
    pub fn new(id: impl Into<String>) -> Self {
        SshSocket {
            id: id.into(),
            target: None,
            mode: 0o600,
            uid: 0,
            gid: 0,
            optional: false,
        }
    }
}
