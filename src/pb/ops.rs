//! Package `pb` (`solver/pb/ops.proto`): the vertices of LLB and their definition.

use super::map::Entry;
use crate::message_map_value;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, message, skip_field};
use prost::{DecodeError, Message};

/// A vertex of the graph.
///
/// Encoded by hand: the reference writes the alternatives of `op` after all other fields, and the
/// bytes are the identity of the vertex.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Op {
    /// Input edges (field 1).
    pub inputs: Vec<Input>,
    /// What the vertex does (fields 2 to 8); none on the last op of a definition, which only
    /// points at the result.
    pub op: Option<op::Op>,
    /// Platform of exec ops and image sources (field 10).
    pub platform: Option<Platform>,
    /// Worker selection (field 11); present, if empty, on every op but the last.
    pub constraints: Option<WorkerConstraints>,
}

impl Message for Op {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        message::encode_repeated(1, &self.inputs, buf);
        if let Some(platform) = &self.platform {
            message::encode(10, platform, buf);
        }
        if let Some(constraints) = &self.constraints {
            message::encode(11, constraints, buf);
        }
        if let Some(op) = &self.op {
            op.encode(buf);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        cx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            1 => message::merge_repeated(wire_type, &mut self.inputs, buf, cx),
            2..=8 => op::Op::merge(&mut self.op, tag, wire_type, buf, cx),
            10 => {
                let platform = self.platform.get_or_insert_with(Platform::default);
                message::merge(wire_type, platform, buf, cx)
            }
            11 => {
                let constraints = self
                    .constraints
                    .get_or_insert_with(WorkerConstraints::default);
                message::merge(wire_type, constraints, buf, cx)
            }
            _ => skip_field(wire_type, tag, buf, cx),
        }
    }

    fn encoded_len(&self) -> usize {
        let platform = self.platform.as_ref();
        let constraints = self.constraints.as_ref();
        message::encoded_len_repeated(1, &self.inputs)
            + platform.map_or(0, |platform| message::encoded_len(10, platform))
            + constraints.map_or(0, |constraints| message::encoded_len(11, constraints))
            + self.op.as_ref().map_or(0, op::Op::encoded_len)
    }

    fn clear(&mut self) {
        *self = Op::default();
    }
}

/// Alternatives of [`Op`].
pub mod op {
    /// What an [`super::Op`] does.
    #[allow(clippy::large_enum_variant)] // decoded one at a time, never kept in numbers
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Op {
        /// Runs a process.
        #[prost(message, tag = "2")]
        Exec(super::ExecOp),
        /// Loads files from outside.
        #[prost(message, tag = "3")]
        Source(super::SourceOp),
        /// Changes files.
        #[prost(message, tag = "4")]
        File(super::FileOp),
        /// Runs a nested build.
        #[prost(message, tag = "5")]
        Build(super::BuildOp),
        /// Lays inputs over each other.
        #[prost(message, tag = "6")]
        Merge(super::MergeOp),
        /// What the upper input adds to the lower.
        #[prost(message, tag = "7")]
        Diff(super::DiffOp),
        /// Forwards inputs.
        #[prost(message, tag = "8")]
        Passthrough(super::PassthroughOp),
    }
}

/// An OCI platform.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Platform {
    /// CPU architecture, such as `amd64`.
    #[prost(string, tag = "1")]
    pub architecture: String,
    /// Operating system, such as `linux`.
    #[prost(string, tag = "2")]
    pub os: String,
    /// CPU variant, such as `v7`.
    #[prost(string, tag = "3")]
    pub variant: String,
    /// Version of the operating system (Windows).
    #[prost(string, tag = "4")]
    pub os_version: String,
    /// Required operating system features.
    #[prost(string, repeated, tag = "5")]
    pub os_features: Vec<String>,
}

/// An input edge.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Input {
    /// Digest of the input op's bytes.
    #[prost(string, tag = "1")]
    pub digest: String,
    /// Which output of that op.
    #[prost(int64, tag = "2")]
    pub index: i64,
}

/// Runs a process in a container.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ExecOp {
    /// The process.
    #[prost(message, optional, tag = "1")]
    pub meta: Option<Meta>,
    /// Its mounts, the root file system among them.
    #[prost(message, repeated, tag = "2")]
    pub mounts: Vec<Mount>,
    /// Network of the container.
    #[prost(enumeration = "NetMode", tag = "3")]
    pub network: i32,
    /// Privileges of the container.
    #[prost(enumeration = "SecurityMode", tag = "4")]
    pub security: i32,
    /// Secrets given as environment variables.
    #[prost(message, repeated, tag = "5")]
    pub secretenv: Vec<SecretEnv>,
    /// CDI devices.
    #[prost(message, repeated, tag = "6")]
    pub cdi_devices: Vec<CdiDevice>,
}

/// Arguments and surroundings of a process.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Meta {
    /// Program and arguments.
    #[prost(string, repeated, tag = "1")]
    pub args: Vec<String>,
    /// `key=value` pairs.
    #[prost(string, repeated, tag = "2")]
    pub env: Vec<String>,
    /// Working directory.
    #[prost(string, tag = "3")]
    pub cwd: String,
    /// User, or user and group.
    #[prost(string, tag = "4")]
    pub user: String,
    /// Proxy variables, which do not count for the cache.
    #[prost(message, optional, tag = "5")]
    pub proxy_env: Option<ProxyEnv>,
    /// Additional lines of `/etc/hosts`.
    #[prost(message, repeated, tag = "6")]
    pub extra_hosts: Vec<HostIp>,
    /// Host name of the container.
    #[prost(string, tag = "7")]
    pub hostname: String,
    /// Resource limits.
    #[prost(message, repeated, tag = "9")]
    pub ulimit: Vec<Ulimit>,
    /// Parent control group.
    #[prost(string, tag = "10")]
    pub cgroup_parent: String,
    /// Removes mount points that the runtime made, parents included.
    #[prost(bool, tag = "11")]
    pub remove_mount_stubs_recursive: bool,
    /// Exit codes that count as success; empty means zero only.
    #[prost(int32, repeated, tag = "12")]
    pub valid_exit_codes: Vec<i32>,
}

/// A host name and its address.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct HostIp {
    /// Host name.
    #[prost(string, tag = "1")]
    pub host: String,
    /// Address in text form.
    #[prost(string, tag = "2")]
    pub ip: String,
}

/// A resource limit.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Ulimit {
    /// Name, such as `nofile`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Soft limit; -1 is unlimited.
    #[prost(int64, tag = "2")]
    pub soft: i64,
    /// Hard limit; -1 is unlimited.
    #[prost(int64, tag = "3")]
    pub hard: i64,
}

/// Network of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum NetMode {
    /// The default, a sandbox.
    Unset = 0,
    /// The network of the host.
    Host = 1,
    /// No network.
    None = 2,
}

/// Privileges of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SecurityMode {
    /// The default.
    Sandbox = 0,
    /// All privileges.
    Insecure = 1,
}

/// A secret given as an environment variable.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct SecretEnv {
    /// Id of the secret.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Name of the variable.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Whether the secret may be missing.
    #[prost(bool, tag = "3")]
    pub optional: bool,
}

/// A CDI device.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct CdiDevice {
    /// Fully qualified name, such as `vendor.com/gpu=gpu1`.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Whether the device may be missing.
    #[prost(bool, tag = "2")]
    pub optional: bool,
}

/// A mount of an exec op.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Mount {
    /// Index of the op's input, or -1 for none.
    #[prost(int64, tag = "1")]
    pub input: i64,
    /// Path inside the input.
    #[prost(string, tag = "2")]
    pub selector: String,
    /// Where it is mounted.
    #[prost(string, tag = "3")]
    pub dest: String,
    /// Index of the op's output, or -1 for none.
    #[prost(int64, tag = "4")]
    pub output: i64,
    /// Whether the process may not write.
    #[prost(bool, tag = "5")]
    pub readonly: bool,
    /// Kind of mount.
    #[prost(enumeration = "MountType", tag = "6")]
    pub mount_type: i32,
    /// Options of a tmpfs mount.
    #[prost(message, optional, tag = "19")]
    pub tmpfs_opt: Option<TmpfsOpt>,
    /// Options of a cache mount.
    #[prost(message, optional, tag = "20")]
    pub cache_opt: Option<CacheOpt>,
    /// Options of a secret mount.
    #[prost(message, optional, tag = "21")]
    pub secret_opt: Option<SecretOpt>,
    /// Options of an SSH agent mount.
    #[prost(message, optional, tag = "22")]
    pub ssh_opt: Option<SshOpt>,
    /// Used by containers of the gateway only.
    #[prost(string, tag = "23")]
    pub result_id: String,
    /// Whether the cache key comes from the content.
    #[prost(enumeration = "MountContentCache", tag = "24")]
    pub content_cache: i32,
}

impl Mount {
    /// A bind mount at `dest` that reads no input and makes no output.
    pub fn bind(dest: impl Into<String>) -> Self {
        Mount {
            input: -1,
            output: -1,
            dest: dest.into(),
            mount_type: MountType::Bind as i32,
            ..Mount::default()
        }
    }
}

/// Kind of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum MountType {
    /// An input.
    Bind = 0,
    /// A secret as a file.
    Secret = 1,
    /// An SSH agent socket.
    Ssh = 2,
    /// A persistent cache directory.
    Cache = 3,
    /// A file system in memory.
    Tmpfs = 4,
}

/// Whether the cache key of a mount comes from its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum MountContentCache {
    /// The daemon decides.
    Default = 0,
    /// Yes.
    On = 1,
    /// No.
    Off = 2,
}

/// Options of a tmpfs mount.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct TmpfsOpt {
    /// Upper limit in bytes; 0 is none.
    #[prost(int64, tag = "1")]
    pub size: i64,
}

/// Options of a cache mount.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct CacheOpt {
    /// Identity of the cache.
    #[prost(string, tag = "1")]
    pub id: String,
    /// What happens with several writers.
    #[prost(enumeration = "CacheSharingOpt", tag = "2")]
    pub sharing: i32,
}

/// What happens when several processes write to a cache mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum CacheSharingOpt {
    /// They share it.
    Shared = 0,
    /// Each gets its own.
    Private = 1,
    /// The second waits.
    Locked = 2,
}

/// Options of a secret mount.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct SecretOpt {
    /// Id of the secret.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Owner of the file.
    #[prost(uint32, tag = "2")]
    pub uid: u32,
    /// Group of the file.
    #[prost(uint32, tag = "3")]
    pub gid: u32,
    /// Permission bits.
    #[prost(uint32, tag = "4")]
    pub mode: u32,
    /// Whether the secret may be missing.
    #[prost(bool, tag = "5")]
    pub optional: bool,
}

/// Options of an SSH agent mount.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct SshOpt {
    /// Id of the agent.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Owner of the socket.
    #[prost(uint32, tag = "2")]
    pub uid: u32,
    /// Group of the socket.
    #[prost(uint32, tag = "3")]
    pub gid: u32,
    /// Permission bits.
    #[prost(uint32, tag = "4")]
    pub mode: u32,
    /// Whether the agent may be missing.
    #[prost(bool, tag = "5")]
    pub optional: bool,
}

/// Loads files from outside.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SourceOp {
    /// Scheme and name, such as `docker-image://…` or `local://context`.
    #[prost(string, tag = "1")]
    pub identifier: String,
    /// Attributes; keys depend on the scheme.
    #[prost(message, repeated, tag = "2")]
    pub attrs: Vec<Entry<String>>,
}

/// Runs a nested build.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BuildOp {
    /// Index of the input that builds; -1 builds LLB directly.
    #[prost(int64, tag = "1")]
    pub builder: i64,
    /// Named inputs.
    #[prost(message, repeated, tag = "2")]
    pub inputs: Vec<Entry<BuildInput>>,
    /// The definition, when it is inline.
    #[prost(message, optional, tag = "3")]
    pub def: Option<Definition>,
    /// Attributes.
    #[prost(message, repeated, tag = "4")]
    pub attrs: Vec<Entry<String>>,
}

/// An input of a nested build.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BuildInput {
    /// Index of the op's input.
    #[prost(int64, tag = "1")]
    pub input: i64,
}

/// What accompanies an op without being part of its identity.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpMetadata {
    /// Always run the op.
    #[prost(bool, tag = "1")]
    pub ignore_cache: bool,
    /// Text that the daemon does not read.
    #[prost(message, repeated, tag = "2")]
    pub description: Vec<Entry<String>>,
    /// Whether the result goes to exported caches.
    #[prost(message, optional, tag = "4")]
    pub export_cache: Option<ExportCache>,
    /// Capabilities that the op needs.
    #[prost(message, repeated, tag = "5")]
    pub caps: Vec<Entry<bool>>,
    /// Group under which progress is shown.
    #[prost(message, optional, tag = "6")]
    pub progress_group: Option<ProgressGroup>,
    /// Resource limits of the container.
    #[prost(message, optional, tag = "7")]
    pub linux_resources: Option<LinuxResources>,
}

/// Where the ops of a definition come from.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Source {
    /// Locations by op digest.
    #[prost(message, repeated, tag = "1")]
    pub locations: Vec<Entry<Locations>>,
    /// The files that locations refer to.
    #[prost(message, repeated, tag = "2")]
    pub infos: Vec<SourceInfo>,
}

/// Locations of an op.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Locations {
    /// One per source file and use.
    #[prost(message, repeated, tag = "1")]
    pub locations: Vec<Location>,
}

/// A source file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SourceInfo {
    /// Its name.
    #[prost(string, tag = "1")]
    pub filename: String,
    /// Its content, byte for byte.
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
    /// How it was loaded.
    #[prost(message, optional, tag = "3")]
    pub definition: Option<Definition>,
    /// Its language, as Linguist names it.
    #[prost(string, tag = "4")]
    pub language: String,
}

/// Places in one source file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Location {
    /// Index into [`Source::infos`].
    #[prost(int32, tag = "1")]
    pub source_index: i32,
    /// The places.
    #[prost(message, repeated, tag = "2")]
    pub ranges: Vec<Range>,
}

/// A place in a source file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Range {
    /// First position.
    #[prost(message, optional, tag = "1")]
    pub start: Option<Position>,
    /// Last position.
    #[prost(message, optional, tag = "2")]
    pub end: Option<Position>,
}

/// A position in a source file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Position {
    /// Line, one-based.
    #[prost(int32, tag = "1")]
    pub line: i32,
    /// Column; the reference leaves it 0.
    #[prost(int32, tag = "2")]
    pub character: i32,
}

/// Whether a result goes to exported caches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct ExportCache {
    /// Yes or no; no message at all leaves it to the build.
    #[prost(bool, tag = "1")]
    pub value: bool,
}

/// A group under which progress is shown.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ProgressGroup {
    /// Identity of the group.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Shown name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Whether the group is shown only together with a strong member.
    #[prost(bool, tag = "3")]
    pub weak: bool,
}

/// Resource limits of a container; not part of the cache key.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LinuxResources {
    /// Memory in bytes.
    #[prost(int64, tag = "1")]
    pub memory: i64,
    /// Memory and swap in bytes.
    #[prost(int64, tag = "2")]
    pub memory_swap: i64,
    /// Relative CPU weight.
    #[prost(uint64, tag = "3")]
    pub cpu_shares: u64,
    /// CFS period in microseconds.
    #[prost(uint64, tag = "4")]
    pub cpu_period: u64,
    /// CFS quota in microseconds.
    #[prost(int64, tag = "5")]
    pub cpu_quota: i64,
    /// CPUs, such as `0-3`.
    #[prost(string, tag = "6")]
    pub cpuset_cpus: String,
    /// Memory nodes, such as `0,1`.
    #[prost(string, tag = "7")]
    pub cpuset_mems: String,
}

/// Proxy variables of a process.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ProxyEnv {
    /// `http_proxy`.
    #[prost(string, tag = "1")]
    pub http_proxy: String,
    /// `https_proxy`.
    #[prost(string, tag = "2")]
    pub https_proxy: String,
    /// `ftp_proxy`.
    #[prost(string, tag = "3")]
    pub ftp_proxy: String,
    /// `no_proxy`.
    #[prost(string, tag = "4")]
    pub no_proxy: String,
    /// `all_proxy`.
    #[prost(string, tag = "5")]
    pub all_proxy: String,
}

/// Conditions for the worker of an op.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct WorkerConstraints {
    /// Filters in containerd's syntax.
    #[prost(string, repeated, tag = "1")]
    pub filter: Vec<String>,
}

/// A graph: its ops in dependency order, the last one pointing at the result.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Definition {
    /// Bytes of each [`Op`].
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub def: Vec<Vec<u8>>,
    /// Metadata by op digest.
    #[prost(message, repeated, tag = "2")]
    pub metadata: Vec<Entry<OpMetadata>>,
    /// Source locations.
    #[prost(message, optional, tag = "3")]
    pub source: Option<Source>,
}

/// Changes files.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileOp {
    /// Changes, in order.
    #[prost(message, repeated, tag = "2")]
    pub actions: Vec<FileAction>,
}

/// A change of files.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileAction {
    /// What is changed: an input of the op, or after them the result of an earlier action; -1 is
    /// an empty file system.
    #[prost(int64, tag = "1")]
    pub input: i64,
    /// Where a copy reads, counted like `input`.
    #[prost(int64, tag = "2")]
    pub secondary_input: i64,
    /// Output of the op, or -1.
    #[prost(int64, tag = "3")]
    pub output: i64,
    /// The change.
    #[prost(oneof = "file_action::Action", tags = "4, 5, 6, 7, 8")]
    pub action: Option<file_action::Action>,
}

/// Alternatives of [`FileAction`].
pub mod file_action {
    /// What a [`super::FileAction`] does.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Action {
        /// Copies from the secondary input.
        #[prost(message, tag = "4")]
        Copy(super::FileActionCopy),
        /// Creates a file.
        #[prost(message, tag = "5")]
        Mkfile(super::FileActionMkFile),
        /// Creates a directory.
        #[prost(message, tag = "6")]
        Mkdir(super::FileActionMkDir),
        /// Removes a file.
        #[prost(message, tag = "7")]
        Rm(super::FileActionRm),
        /// Creates a symbolic link.
        #[prost(message, tag = "8")]
        Symlink(super::FileActionSymlink),
    }
}

/// Copies files.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileActionCopy {
    /// Source path.
    #[prost(string, tag = "1")]
    pub src: String,
    /// Destination path.
    #[prost(string, tag = "2")]
    pub dest: String,
    /// Owner override.
    #[prost(message, optional, tag = "3")]
    pub owner: Option<ChownOpt>,
    /// Permission override, or -1.
    #[prost(int32, tag = "4")]
    pub mode: i32,
    /// Resolves symbolic links of the source path.
    #[prost(bool, tag = "5")]
    pub follow_symlink: bool,
    /// Copies only the content of a directory.
    #[prost(bool, tag = "6")]
    pub dir_copy_contents: bool,
    /// Unpacks the source when it is an archive.
    #[prost(bool, tag = "7")]
    pub attempt_unpack_docker_compatibility: bool,
    /// Creates missing parents of the destination.
    #[prost(bool, tag = "8")]
    pub create_dest_path: bool,
    /// Allows wildcards in the source path.
    #[prost(bool, tag = "9")]
    pub allow_wildcard: bool,
    /// Allows a wildcard that matches nothing.
    #[prost(bool, tag = "10")]
    pub allow_empty_wildcard: bool,
    /// Time of created files in nanoseconds, or -1.
    #[prost(int64, tag = "11")]
    pub timestamp: i64,
    /// Copies only what matches one of these.
    #[prost(string, repeated, tag = "12")]
    pub include_patterns: Vec<String>,
    /// Leaves out what matches one of these.
    #[prost(string, repeated, tag = "13")]
    pub exclude_patterns: Vec<String>,
    /// Replaces destinations of another type.
    #[prost(bool, tag = "14")]
    pub always_replace_existing_dest_paths: bool,
    /// Permissions in symbolic form.
    #[prost(string, tag = "15")]
    pub mode_str: String,
    /// Paths that must be among those included.
    #[prost(string, repeated, tag = "16")]
    pub required_paths: Vec<String>,
}

/// Creates a file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileActionMkFile {
    /// Path.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Permission bits.
    #[prost(int32, tag = "2")]
    pub mode: i32,
    /// Content.
    #[prost(bytes = "vec", tag = "3")]
    pub data: Vec<u8>,
    /// Owner.
    #[prost(message, optional, tag = "4")]
    pub owner: Option<ChownOpt>,
    /// Time in nanoseconds, or -1.
    #[prost(int64, tag = "5")]
    pub timestamp: i64,
}

/// Creates a symbolic link.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileActionSymlink {
    /// What the link points at.
    #[prost(string, tag = "1")]
    pub oldpath: String,
    /// Path of the link.
    #[prost(string, tag = "2")]
    pub newpath: String,
    /// Owner.
    #[prost(message, optional, tag = "3")]
    pub owner: Option<ChownOpt>,
    /// Time in nanoseconds, or -1.
    #[prost(int64, tag = "4")]
    pub timestamp: i64,
}

/// Creates a directory.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FileActionMkDir {
    /// Path.
    #[prost(string, tag = "1")]
    pub path: String,
    /// Permission bits.
    #[prost(int32, tag = "2")]
    pub mode: i32,
    /// Creates missing parents.
    #[prost(bool, tag = "3")]
    pub make_parents: bool,
    /// Owner.
    #[prost(message, optional, tag = "4")]
    pub owner: Option<ChownOpt>,
    /// Time in nanoseconds, or -1.
    #[prost(int64, tag = "5")]
    pub timestamp: i64,
}

/// Removes a file.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct FileActionRm {
    /// Path.
    #[prost(string, tag = "1")]
    pub path: String,
    /// A missing file is not an error.
    #[prost(bool, tag = "2")]
    pub allow_not_found: bool,
    /// Allows wildcards in the path.
    #[prost(bool, tag = "3")]
    pub allow_wildcard: bool,
}

/// Owner of a file.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ChownOpt {
    /// User.
    #[prost(message, optional, tag = "1")]
    pub user: Option<UserOpt>,
    /// Group.
    #[prost(message, optional, tag = "2")]
    pub group: Option<UserOpt>,
}

/// A user or a group.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct UserOpt {
    /// By name or by number.
    #[prost(oneof = "user_opt::User", tags = "1, 2")]
    pub user: Option<user_opt::User>,
}

/// Alternatives of [`UserOpt`].
pub mod user_opt {
    /// How a [`super::UserOpt`] names its user.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
    pub enum User {
        /// By name, looked up in a file system.
        #[prost(message, tag = "1")]
        ByName(super::NamedUserOpt),
        /// By number.
        #[prost(uint32, tag = "2")]
        ById(u32),
    }
}

/// A user by name.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct NamedUserOpt {
    /// Name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Input of the op whose user database is read.
    #[prost(int64, tag = "2")]
    pub input: i64,
}

/// An input of a merge.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct MergeInput {
    /// Index of the op's input.
    #[prost(int64, tag = "1")]
    pub input: i64,
}

/// Lays inputs over each other.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct MergeOp {
    /// The layers, lowest first.
    #[prost(message, repeated, tag = "1")]
    pub inputs: Vec<MergeInput>,
}

/// The lower input of a diff.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LowerDiffInput {
    /// Index of the op's input, or -1 for none.
    #[prost(int64, tag = "1")]
    pub input: i64,
}

/// The upper input of a diff.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct UpperDiffInput {
    /// Index of the op's input, or -1 for none.
    #[prost(int64, tag = "1")]
    pub input: i64,
}

/// What the upper input adds to the lower.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DiffOp {
    /// The lower input.
    #[prost(message, optional, tag = "1")]
    pub lower: Option<LowerDiffInput>,
    /// The upper input.
    #[prost(message, optional, tag = "2")]
    pub upper: Option<UpperDiffInput>,
}

/// Forwards inputs, and depends on all of them.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct PassthroughOp {
    /// Identity.
    #[prost(string, tag = "1")]
    pub id: String,
    /// For each output, the index of the input it forwards.
    #[prost(int64, repeated, tag = "2")]
    pub outputs: Vec<i64>,
}

message_map_value!(OpMetadata, Locations, BuildInput, Definition);
