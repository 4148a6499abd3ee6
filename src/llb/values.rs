//! Small values of ops, as a caller writes them.

/// What numbers of the wire stand for. The error is the number, which stands for nothing known.
macro_rules! numbered {
    ($($name:ident: $($variant:ident),+;)+) => {$(
        impl From<$name> for i32 {
            fn from(it: $name) -> i32 {
                it as i32
            }
        }

        impl TryFrom<i32> for $name {
            type Error = i32;

            fn try_from(number: i32) -> Result<Self, i32> {
                let all = [$($name::$variant),+];
                all.into_iter().find(|it| *it as i32 == number).ok_or(number)
            }
        }
    )+};
}

numbered! {
    NetMode: Unset, Host, None;
    SecurityMode: Sandbox, Insecure;
    MountContentCache: Default, On, Off;
    CacheSharing: Shared, Private, Locked;
}

/// Where an OCI layout lives: a content store that the client offers over its session.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OciStore {
    /// Session that offers the store.
    pub session_id: String,
    /// Name of the store in that session.
    pub store_id: String,
}

/// Network of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum NetMode {
    /// The default, a sandbox.
    #[default]
    Unset = 0,
    /// The network of the host.
    Host = 1,
    /// No network.
    None = 2,
}

/// Privileges of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum SecurityMode {
    /// The default.
    #[default]
    Sandbox = 0,
    /// All privileges.
    Insecure = 1,
}

/// Whether the cache key of a mount comes from its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum MountContentCache {
    /// The daemon decides.
    #[default]
    Default = 0,
    /// Yes.
    On = 1,
    /// No.
    Off = 2,
}

/// What happens when several processes write to a cache mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i32)]
pub enum CacheSharing {
    /// They share it.
    #[default]
    Shared = 0,
    /// Each gets its own.
    Private = 1,
    /// The second waits.
    Locked = 2,
}

/// A line of `/etc/hosts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HostIp {
    /// Host name.
    pub host: String,
    /// Its address.
    pub ip: String,
}

/// A limit of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ulimit {
    /// Its name, such as `nofile`.
    pub name: String,
    /// What the process starts with.
    pub soft: i64,
    /// What it may raise that to.
    pub hard: i64,
}

/// A device for a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CdiDevice {
    /// Its name in CDI's form, such as `vendor.com/device=name`.
    pub name: String,
    /// Go on without it where it is missing.
    pub optional: bool,
}

/// Ops that are shown as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProgressGroup {
    /// Identity.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Give way to other groups of the op.
    pub weak: bool,
}

/// What a container may take of CPU and memory; 0 and empty stand for no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LinuxResources {
    /// Memory in bytes.
    pub memory: i64,
    /// Memory and swap in bytes.
    pub memory_swap: i64,
    /// Share of CPU time.
    pub cpu_shares: u64,
    /// Period of the CPU quota, in microseconds.
    pub cpu_period: u64,
    /// CPU time in each period, in microseconds.
    pub cpu_quota: i64,
    /// CPUs, such as `0-2,7`.
    pub cpuset_cpus: String,
    /// Memory nodes.
    pub cpuset_mems: String,
}

/// Proxies, as variables of the process that are not part of the cache key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProxyEnv {
    /// `HTTP_PROXY`
    pub http_proxy: String,
    /// `HTTPS_PROXY`
    pub https_proxy: String,
    /// `FTP_PROXY`
    pub ftp_proxy: String,
    /// `NO_PROXY`
    pub no_proxy: String,
    /// `ALL_PROXY`
    pub all_proxy: String,
}
