//! Package `pb` (`solver/pb/ops.proto`): the vertices of LLB and their definition.

use super::map::Entry;
use super::message::{messages, oneof};
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

impl Op {
    pub(crate) const INPUTS: u32 = 1;
    pub(crate) const PLATFORM: u32 = 10;
    pub(crate) const CONSTRAINTS: u32 = 11;
}

impl Message for Op {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        message::encode_repeated(Self::INPUTS, &self.inputs, buf);
        if let Some(platform) = &self.platform {
            message::encode(Self::PLATFORM, platform, buf);
        }
        if let Some(constraints) = &self.constraints {
            message::encode(Self::CONSTRAINTS, constraints, buf);
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
            Self::INPUTS => message::merge_repeated(wire_type, &mut self.inputs, buf, cx),
            2..=8 => op::Op::merge(&mut self.op, tag, wire_type, buf, cx),
            Self::PLATFORM => {
                let platform = self.platform.get_or_insert_with(Platform::default);
                message::merge(wire_type, platform, buf, cx)
            }
            Self::CONSTRAINTS => {
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
        message::encoded_len_repeated(Self::INPUTS, &self.inputs)
            + platform.map_or(0, |platform| message::encoded_len(Self::PLATFORM, platform))
            + constraints.map_or(0, |constraints| {
                message::encoded_len(Self::CONSTRAINTS, constraints)
            })
            + self.op.as_ref().map_or(0, op::Op::encoded_len)
    }

    fn clear(&mut self) {
        *self = Op::default();
    }
}

/// Alternatives of [`Op`].
pub mod op {
    super::oneof! {
        /// What an [`super::Op`] does.
        #[allow(clippy::large_enum_variant)] // decoded one at a time, never kept in numbers
        Op {
            /// Runs a process.
            [2: message] Exec(super::ExecOp),
            /// Loads files from outside.
            [3: message] Source(super::SourceOp),
            /// Changes files.
            [4: message] File(super::FileOp),
            /// Runs a nested build.
            [5: message] Build(super::BuildOp),
            /// Lays inputs over each other.
            [6: message] Merge(super::MergeOp),
            /// What the upper input adds to the lower.
            [7: message] Diff(super::DiffOp),
            /// Forwards inputs.
            [8: message] Passthrough(super::PassthroughOp),
        }
    }
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

/// Alternatives of [`FileAction`].
pub mod file_action {
    super::oneof! {
        /// What a [`super::FileAction`] does.
        Action {
            /// Copies from the secondary input.
            [4: message] Copy(super::FileActionCopy),
            /// Creates a file.
            [5: message] Mkfile(super::FileActionMkFile),
            /// Creates a directory.
            [6: message] Mkdir(super::FileActionMkDir),
            /// Removes a file.
            [7: message] Rm(super::FileActionRm),
            /// Creates a symbolic link.
            [8: message] Symlink(super::FileActionSymlink),
        }
    }
}

/// Alternatives of [`UserOpt`].
pub mod user_opt {
    super::oneof! {
        /// How a [`super::UserOpt`] names its user.
        #[derive(Eq, Hash)]
        User {
            /// By name, looked up in a file system.
            [1: message] ByName(super::NamedUserOpt),
            /// By number.
            [2: uint32] ById(u32),
        }
    }
}

messages! {
    /// An OCI platform.
    #[derive(Eq, Hash)]
    Platform {
        /// CPU architecture, such as `amd64`.
        [1: string] architecture: String,
        /// Operating system, such as `linux`.
        [2: string] os: String,
        /// CPU variant, such as `v7`.
        [3: string] variant: String,
        /// Version of the operating system (Windows).
        [4: string] os_version: String,
        /// Required operating system features.
        [5: string, repeated] os_features: Vec<String>,
    }

    /// An input edge.
    #[derive(Eq, Hash)]
    Input {
        /// Digest of the input op's bytes.
        [1: string] digest: String,
        /// Which output of that op.
        [2: int64] index: i64,
    }

    /// Runs a process in a container.
    ExecOp {
        /// The process.
        [1: message, optional] meta: Option<Meta>,
        /// Its mounts, the root file system among them.
        [2: message, repeated] mounts: Vec<Mount>,
        /// Network of the container.
        [3: int32] network: i32,
        /// Privileges of the container.
        [4: int32] security: i32,
        /// Secrets given as environment variables.
        [5: message, repeated] secretenv: Vec<SecretEnv>,
        /// CDI devices.
        [6: message, repeated] cdi_devices: Vec<CdiDevice>,
    }

    /// Arguments and execution metadata of a process.
    Meta {
        /// Program and arguments.
        [1: string, repeated] args: Vec<String>,
        /// `key=value` pairs.
        [2: string, repeated] env: Vec<String>,
        /// Working directory.
        [3: string] cwd: String,
        /// User, or user and group.
        [4: string] user: String,
        /// Proxy variables, which do not count for the cache.
        [5: message, optional] proxy_env: Option<ProxyEnv>,
        /// Additional lines of `/etc/hosts`.
        [6: message, repeated] extra_hosts: Vec<HostIp>,
        /// Host name of the container.
        [7: string] hostname: String,
        /// Resource limits.
        [9: message, repeated] ulimit: Vec<Ulimit>,
        /// Parent control group.
        [10: string] cgroup_parent: String,
        /// Removes mount points that the runtime made, parents included.
        [11: bool] remove_mount_stubs_recursive: bool,
        /// Exit codes that count as success; empty means zero only.
        [12: int32, repeated] valid_exit_codes: Vec<i32>,
    }

    /// A host name and its address.
    #[derive(Eq, Hash)]
    HostIp {
        /// Host name.
        [1: string] host: String,
        /// Address in text form.
        [2: string] ip: String,
    }

    /// A resource limit.
    #[derive(Eq, Hash)]
    Ulimit {
        /// Name, such as `nofile`.
        [1: string] name: String,
        /// Soft limit; -1 is unlimited.
        [2: int64] soft: i64,
        /// Hard limit; -1 is unlimited.
        [3: int64] hard: i64,
    }

    /// A secret given as an environment variable.
    #[derive(Eq, Hash)]
    SecretEnv {
        /// Id of the secret.
        [1: string] id: String,
        /// Name of the variable.
        [2: string] name: String,
        /// Whether the secret may be missing.
        [3: bool] optional: bool,
    }

    /// A CDI device.
    #[derive(Eq, Hash)]
    CdiDevice {
        /// Fully qualified name, such as `vendor.com/gpu=gpu1`.
        [1: string] name: String,
        /// Whether the device may be missing.
        [2: bool] optional: bool,
    }

    /// A mount of an exec op.
    Mount {
        /// Index of the op's input, or -1 for none.
        [1: int64] input: i64,
        /// Path inside the input.
        [2: string] selector: String,
        /// Where it is mounted.
        [3: string] dest: String,
        /// Index of the op's output, or -1 for none.
        [4: int64] output: i64,
        /// Whether the process may not write.
        [5: bool] readonly: bool,
        /// Kind of mount.
        [6: enumeration = "MountType"] mount_type: i32,
        /// Options of a tmpfs mount.
        [19: message, optional] tmpfs_opt: Option<TmpfsOpt>,
        /// Options of a cache mount.
        [20: message, optional] cache_opt: Option<CacheOpt>,
        /// Options of a secret mount.
        [21: message, optional] secret_opt: Option<SecretOpt>,
        /// Options of an SSH agent mount.
        [22: message, optional] ssh_opt: Option<SshOpt>,
        /// Used by containers of the gateway only.
        [23: string] result_id: String,
        /// Whether the cache key comes from the content.
        [24: int32] content_cache: i32,
    }

    /// Options of a tmpfs mount.
    #[derive(Eq, Hash)]
    TmpfsOpt {
        /// Upper limit in bytes; 0 is none.
        [1: int64] size: i64,
    }

    /// Options of a cache mount.
    #[derive(Eq, Hash)]
    CacheOpt {
        /// Identity of the cache.
        [1: string] id: String,
        /// What happens with several writers.
        [2: int32] sharing: i32,
    }

    /// Options of a secret mount.
    #[derive(Eq, Hash)]
    SecretOpt {
        /// Id of the secret.
        [1: string] id: String,
        /// Owner of the file.
        [2: uint32] uid: u32,
        /// Group of the file.
        [3: uint32] gid: u32,
        /// Permission bits.
        [4: uint32] mode: u32,
        /// Whether the secret may be missing.
        [5: bool] optional: bool,
    }

    /// Options of an SSH agent mount.
    #[derive(Eq, Hash)]
    SshOpt {
        /// Id of the agent.
        [1: string] id: String,
        /// Owner of the socket.
        [2: uint32] uid: u32,
        /// Group of the socket.
        [3: uint32] gid: u32,
        /// Permission bits.
        [4: uint32] mode: u32,
        /// Whether the agent may be missing.
        [5: bool] optional: bool,
    }

    /// Loads files from outside.
    SourceOp {
        /// Scheme and name, such as `docker-image://…` or `local://context`.
        [1: string] identifier: String,
        /// Attributes; keys depend on the scheme.
        [2: message, repeated] attrs: Vec<Entry<String>>,
    }

    /// Runs a nested build.
    BuildOp {
        /// Index of the input that builds; -1 builds LLB directly.
        [1: int64] builder: i64,
        /// Named inputs.
        [2: message, repeated] inputs: Vec<Entry<BuildInput>>,
        /// The definition, when it is inline.
        [3: message, optional] def: Option<Definition>,
        /// Attributes.
        [4: message, repeated] attrs: Vec<Entry<String>>,
    }

    /// An input of a nested build.
    #[derive(Eq, Hash)]
    BuildInput {
        /// Index of the op's input.
        [1: int64] input: i64,
    }

    /// What accompanies an op without being part of its identity.
    OpMetadata {
        /// Always run the op.
        [1: bool] ignore_cache: bool,
        /// Text that the daemon does not read.
        [2: message, repeated] description: Vec<Entry<String>>,
        /// Whether the result goes to exported caches.
        [4: message, optional] export_cache: Option<ExportCache>,
        /// Capabilities that the op needs.
        [5: message, repeated] caps: Vec<Entry<bool>>,
        /// Group under which progress is shown.
        [6: message, optional] progress_group: Option<ProgressGroup>,
        /// Resource limits of the container.
        [7: message, optional] linux_resources: Option<LinuxResources>,
    }

    /// Where the ops of a definition come from.
    Source {
        /// Locations by op digest.
        [1: message, repeated] locations: Vec<Entry<Locations>>,
        /// The files that locations refer to.
        [2: message, repeated] infos: Vec<SourceInfo>,
    }

    /// Locations of an op.
    Locations {
        /// One per source file and use.
        [1: message, repeated] locations: Vec<Location>,
    }

    /// A source file.
    SourceInfo {
        /// Its name.
        [1: string] filename: String,
        /// Its content, byte for byte.
        [2: bytes = "vec"] data: Vec<u8>,
        /// How it was loaded.
        [3: message, optional] definition: Option<Definition>,
        /// Its language, as Linguist names it.
        [4: string] language: String,
    }

    /// Places in one source file.
    Location {
        /// Index into [`Source::infos`].
        [1: int32] source_index: i32,
        /// The places.
        [2: message, repeated] ranges: Vec<Range>,
    }

    /// A place in a source file.
    #[derive(Copy, Eq, Hash)]
    Range {
        /// First position.
        [1: message, optional] start: Option<Position>,
        /// Last position.
        [2: message, optional] end: Option<Position>,
    }

    /// A position in a source file.
    #[derive(Copy, Eq, Hash)]
    Position {
        /// Line, one-based.
        [1: int32] line: i32,
        /// Column; the reference leaves it 0.
        [2: int32] character: i32,
    }

    /// Whether a result goes to exported caches.
    #[derive(Copy, Eq, Hash)]
    ExportCache {
        /// Yes or no; no message at all leaves it to the build.
        [1: bool] value: bool,
    }

    /// A group under which progress is shown.
    #[derive(Eq, Hash)]
    ProgressGroup {
        /// Identity of the group.
        [1: string] id: String,
        /// Shown name.
        [2: string] name: String,
        /// Whether the group is shown only together with a strong member.
        [3: bool] weak: bool,
    }

    /// Resource limits of a container; not part of the cache key.
    #[derive(Eq, Hash)]
    LinuxResources {
        /// Memory in bytes.
        [1: int64] memory: i64,
        /// Memory and swap in bytes.
        [2: int64] memory_swap: i64,
        /// Relative CPU weight.
        [3: uint64] cpu_shares: u64,
        /// CFS period in microseconds.
        [4: uint64] cpu_period: u64,
        /// CFS quota in microseconds.
        [5: int64] cpu_quota: i64,
        /// CPUs, such as `0-3`.
        [6: string] cpuset_cpus: String,
        /// Memory nodes, such as `0,1`.
        [7: string] cpuset_mems: String,
    }

    /// Proxy variables of a process.
    #[derive(Eq, Hash)]
    ProxyEnv {
        /// `http_proxy`.
        [1: string] http_proxy: String,
        /// `https_proxy`.
        [2: string] https_proxy: String,
        /// `ftp_proxy`.
        [3: string] ftp_proxy: String,
        /// `no_proxy`.
        [4: string] no_proxy: String,
        /// `all_proxy`.
        [5: string] all_proxy: String,
    }

    /// Conditions for the worker of an op.
    #[derive(Eq, Hash)]
    WorkerConstraints {
        /// Filters in containerd's syntax.
        [1: string, repeated] filter: Vec<String>,
    }

    /// A graph: its ops in dependency order, the last one pointing at the result.
    Definition {
        /// Bytes of each [`Op`].
        [1: bytes = "vec", repeated] def: Vec<Vec<u8>>,
        /// Metadata by op digest.
        [2: message, repeated] metadata: Vec<Entry<OpMetadata>>,
        /// Source locations.
        [3: message, optional] source: Option<Source>,
    }

    /// Changes files.
    FileOp {
        /// Changes, in order.
        [2: message, repeated] actions: Vec<FileAction>,
    }

    /// Copies files.
    FileActionCopy {
        /// Source path.
        [1: string] src: String,
        /// Destination path.
        [2: string] dest: String,
        /// Owner override.
        [3: message, optional] owner: Option<ChownOpt>,
        /// Permission override, or -1.
        [4: int32] mode: i32,
        /// Resolves symbolic links of the source path.
        [5: bool] follow_symlink: bool,
        /// Copies only the content of a directory.
        [6: bool] dir_copy_contents: bool,
        /// Unpacks the source when it is an archive.
        [7: bool] attempt_unpack_docker_compatibility: bool,
        /// Creates missing parents of the destination.
        [8: bool] create_dest_path: bool,
        /// Allows wildcards in the source path.
        [9: bool] allow_wildcard: bool,
        /// Allows a wildcard that matches nothing.
        [10: bool] allow_empty_wildcard: bool,
        /// Time of created files in nanoseconds, or -1.
        [11: int64] timestamp: i64,
        /// Copies only what matches one of these.
        [12: string, repeated] include_patterns: Vec<String>,
        /// Leaves out what matches one of these.
        [13: string, repeated] exclude_patterns: Vec<String>,
        /// Replaces destinations of another type.
        [14: bool] always_replace_existing_dest_paths: bool,
        /// Permissions in symbolic form.
        [15: string] mode_str: String,
        /// Paths that must be among those included.
        [16: string, repeated] required_paths: Vec<String>,
    }

    /// Creates a file.
    FileActionMkFile {
        /// Path.
        [1: string] path: String,
        /// Permission bits.
        [2: int32] mode: i32,
        /// Content.
        [3: bytes = "vec"] data: Vec<u8>,
        /// Owner.
        [4: message, optional] owner: Option<ChownOpt>,
        /// Time in nanoseconds, or -1.
        [5: int64] timestamp: i64,
    }

    /// Creates a symbolic link.
    FileActionSymlink {
        /// What the link points at.
        [1: string] oldpath: String,
        /// Path of the link.
        [2: string] newpath: String,
        /// Owner.
        [3: message, optional] owner: Option<ChownOpt>,
        /// Time in nanoseconds, or -1.
        [4: int64] timestamp: i64,
    }

    /// Creates a directory.
    FileActionMkDir {
        /// Path.
        [1: string] path: String,
        /// Permission bits.
        [2: int32] mode: i32,
        /// Creates missing parents.
        [3: bool] make_parents: bool,
        /// Owner.
        [4: message, optional] owner: Option<ChownOpt>,
        /// Time in nanoseconds, or -1.
        [5: int64] timestamp: i64,
    }

    /// Removes a file.
    #[derive(Eq, Hash)]
    FileActionRm {
        /// Path.
        [1: string] path: String,
        /// A missing file is not an error.
        [2: bool] allow_not_found: bool,
        /// Allows wildcards in the path.
        [3: bool] allow_wildcard: bool,
    }

    /// Owner of a file.
    #[derive(Eq, Hash)]
    ChownOpt {
        /// User.
        [1: message, optional] user: Option<UserOpt>,
        /// Group.
        [2: message, optional] group: Option<UserOpt>,
    }

    /// A user by name.
    #[derive(Eq, Hash)]
    NamedUserOpt {
        /// Name.
        [1: string] name: String,
        /// Input of the op whose user database is read.
        [2: int64] input: i64,
    }

    /// An input of a merge.
    #[derive(Eq, Hash)]
    MergeInput {
        /// Index of the op's input.
        [1: int64] input: i64,
    }

    /// Lays inputs over each other.
    #[derive(Eq, Hash)]
    MergeOp {
        /// The layers, lowest first.
        [1: message, repeated] inputs: Vec<MergeInput>,
    }

    /// The lower input of a diff.
    #[derive(Eq, Hash)]
    LowerDiffInput {
        /// Index of the op's input, or -1 for none.
        [1: int64] input: i64,
    }

    /// The upper input of a diff.
    #[derive(Eq, Hash)]
    UpperDiffInput {
        /// Index of the op's input, or -1 for none.
        [1: int64] input: i64,
    }

    /// What the upper input adds to the lower.
    #[derive(Eq, Hash)]
    DiffOp {
        /// The lower input.
        [1: message, optional] lower: Option<LowerDiffInput>,
        /// The upper input.
        [2: message, optional] upper: Option<UpperDiffInput>,
    }

    /// Forwards inputs, and depends on all of them.
    #[derive(Eq, Hash)]
    PassthroughOp {
        /// Identity.
        [1: string] id: String,
        /// For each output, the index of the input it forwards.
        [2: int64, repeated] outputs: Vec<i64>,
    }

    /// A change of files.
    FileAction {
        /// What is changed: an input of the op, or after them the result of an earlier action; -1 is
        /// an empty file system.
        [1: int64] input: i64,
        /// Where a copy reads, counted like `input`.
        [2: int64] secondary_input: i64,
        /// Output of the op, or -1.
        [3: int64] output: i64,
        oneof action: file_action::Action = "file_action::Action" "4, 5, 6, 7, 8",
    }

    /// A user or a group.
    #[derive(Eq, Hash)]
    UserOpt {
        oneof user: user_opt::User = "user_opt::User" "1, 2",
    }
}

message_map_value!(OpMetadata, Locations, BuildInput, Definition);

#[cfg(test)]
mod tests {
    use super::{Op, field, file_action, op, user_opt};
    use std::collections::BTreeSet;

    /// Message, field and number of each line of the schema's list; letter case and underscores do not count.
    fn fields() -> BTreeSet<(String, String, u32)> {
        let list = include_str!("../../testdata/pb/ops.txt").lines();
        list.map(|line| {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap();
            spelled(word(), word(), word().parse().unwrap())
        })
        .collect()
    }

    fn spelled(message: &str, field: &str, number: u32) -> (String, String, u32) {
        let spelled = |name: &str| name.replace('_', "").to_lowercase();
        (spelled(message), spelled(field), number)
    }

    #[test]
    fn numbers_are_those_of_the_schema() {
        let of = |message, fields: &'static [(&str, u32)]| {
            let fields = fields.iter();
            fields.map(move |(field, number)| spelled(message, field, *number))
        };
        let ours: BTreeSet<_> = field::ALL
            .iter()
            .map(|(message, field, number)| spelled(message, field, *number))
            .chain(of(
                "Op",
                &[
                    ("inputs", Op::INPUTS),
                    ("platform", Op::PLATFORM),
                    ("constraints", Op::CONSTRAINTS),
                ],
            ))
            .chain(of("Op", op::Field::ALL))
            .chain(of("FileAction", file_action::Field::ALL))
            .chain(of("UserOpt", user_opt::Field::ALL))
            .collect();
        assert_eq!(ours, fields());
    }
}
