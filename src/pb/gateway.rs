//! Messages of `moby.buildkit.v1.frontend`, the service between a frontend and the daemon.
//!
//! Field numbers and names are those of the service; there is no logic here. Maps of messages are
//! [`Entry`] lists: the daemon takes an entry without a value for a null pointer.

use std::collections::BTreeMap;

use super::apicaps::ApiCap;
use super::fsutil::Stat;
use super::map::Entry;
use super::ops::{
    Definition, HostIp, Meta, Mount, Platform, Range, SecretEnv, SourceInfo, SourceOp,
    WorkerConstraints,
};
use super::sourcepolicy::Policy;
use super::status::{Status, Timestamp};
use super::worker::WorkerRecord;

/// What a solve gives and what a frontend returns.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Result {
    /// The refs, in the form that both sides know.
    #[prost(oneof = "result::Result", tags = "1, 2, 3, 4")]
    pub result: Option<result::Result>,
    /// Free metadata, such as `containerimage.config`.
    #[prost(btree_map = "string, bytes", tag = "10")]
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// Attestations by key of `refs`.
    #[prost(message, repeated, tag = "12")]
    pub attestations: Vec<Entry<Attestations>>,
}

/// The forms of [`Result`].
pub mod result {
    /// One of four ways to send refs.
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Result {
        /// A bare id, from daemons without `proto.refarray`.
        #[prost(string, tag = "1")]
        RefDeprecated(String),
        /// Bare ids by key, from daemons without `proto.refarray`.
        #[prost(message, tag = "2")]
        RefsDeprecated(super::RefMapDeprecated),
        /// A single ref.
        #[prost(message, tag = "3")]
        Ref(super::Ref),
        /// Refs by key.
        #[prost(message, tag = "4")]
        Refs(super::RefMap),
    }
}

/// Bare ids by key.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct RefMapDeprecated {
    /// Ids.
    #[prost(btree_map = "string, string", tag = "1")]
    pub refs: BTreeMap<String, String>,
}

/// A result that the daemon holds.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Ref {
    /// Identifier; empty stands for scratch.
    #[prost(string, tag = "1")]
    pub id: String,
    /// What it was made of.
    #[prost(message, optional, tag = "2")]
    pub def: Option<Definition>,
}

/// Refs by key.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RefMap {
    /// Refs.
    #[prost(message, repeated, tag = "1")]
    pub refs: Vec<Entry<Ref>>,
}

/// Attestations of one ref.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Attestations {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub attestation: Vec<Attestation>,
}

/// One attestation.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Attestation {
    /// Statement or bundle.
    #[prost(int32, tag = "1")]
    pub kind: i32,
    /// Free metadata.
    #[prost(btree_map = "string, bytes", tag = "2")]
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// The ref that holds the file.
    #[prost(message, optional, tag = "3")]
    pub r#ref: Option<Ref>,
    /// Path within the ref.
    #[prost(string, tag = "4")]
    pub path: String,
    /// Predicate type of the in-toto statement.
    #[prost(string, tag = "5")]
    pub in_toto_predicate_type: String,
    /// Subjects of the in-toto statement.
    #[prost(message, repeated, tag = "6")]
    pub in_toto_subjects: Vec<InTotoSubject>,
}

/// Subject of an in-toto statement.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct InTotoSubject {
    /// The result itself, or digests given here.
    #[prost(int32, tag = "1")]
    pub kind: i32,
    /// Digests.
    #[prost(string, repeated, tag = "2")]
    pub digest: Vec<String>,
    /// Name.
    #[prost(string, tag = "3")]
    pub name: String,
}

/// The frontend's last word.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ReturnRequest {
    /// What was built.
    #[prost(message, optional, tag = "1")]
    pub result: Option<Result>,
    /// Or why it was not.
    #[prost(message, optional, tag = "2")]
    pub error: Option<Status>,
}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct ReturnResponse {}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct InputsRequest {}

/// Definitions that the caller hands to this frontend.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct InputsResponse {
    /// By name.
    #[prost(message, repeated, tag = "1")]
    pub definitions: Vec<Entry<Definition>>,
}

/// Asks for the config of an image.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ResolveImageConfigRequest {
    /// Image reference.
    #[prost(string, tag = "1")]
    pub r#ref: String,
    /// Platform wanted; absent means the worker's own.
    #[prost(message, optional, tag = "2")]
    pub platform: Option<Platform>,
    /// `default`, `pull` or `local`.
    #[prost(string, tag = "3")]
    pub resolve_mode: String,
    /// Text for the progress output.
    #[prost(string, tag = "4")]
    pub log_name: String,
    /// 0 registry, 1 OCI layout.
    #[prost(int32, tag = "5")]
    pub resolver_type: i32,
    /// Session that holds the OCI store.
    #[prost(string, tag = "6")]
    pub session_id: String,
    /// Id of the OCI store.
    #[prost(string, tag = "7")]
    pub store_id: String,
    /// Policies to apply.
    #[prost(message, repeated, tag = "8")]
    pub source_policies: Vec<Policy>,
}

/// The config of an image.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResolveImageConfigResponse {
    /// Digest of the manifest or index.
    #[prost(string, tag = "1")]
    pub digest: String,
    /// Config JSON.
    #[prost(bytes = "vec", tag = "2")]
    pub config: Vec<u8>,
    /// Reference after policies; empty from daemons before 0.12.
    #[prost(string, tag = "3")]
    pub r#ref: String,
}

/// Asks for the metadata of any source.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ResolveSourceMetaRequest {
    /// The source.
    #[prost(message, optional, tag = "1")]
    pub source: Option<SourceOp>,
    /// Platform wanted.
    #[prost(message, optional, tag = "2")]
    pub platform: Option<Platform>,
    /// Text for the progress output.
    #[prost(string, tag = "3")]
    pub log_name: String,
    /// `default`, `pull` or `local`.
    #[prost(string, tag = "4")]
    pub resolve_mode: String,
    /// What is wanted of a git source.
    #[prost(message, optional, tag = "5")]
    pub git: Option<ResolveSourceGitRequest>,
    /// What is wanted of an image.
    #[prost(message, optional, tag = "6")]
    pub image: Option<ResolveSourceImageRequest>,
    /// What is wanted of an HTTP source.
    #[prost(message, optional, tag = "7")]
    pub http: Option<ResolveSourceHttpRequest>,
    /// Policies to apply.
    #[prost(message, repeated, tag = "8")]
    pub source_policies: Vec<Policy>,
}

/// Metadata of a source.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ResolveSourceMetaResponse {
    /// The source after policies.
    #[prost(message, optional, tag = "1")]
    pub source: Option<SourceOp>,
    /// For images.
    #[prost(message, optional, tag = "2")]
    pub image: Option<ResolveSourceImageResponse>,
    /// For git.
    #[prost(message, optional, tag = "3")]
    pub git: Option<ResolveSourceGitResponse>,
    /// For HTTP.
    #[prost(message, optional, tag = "4")]
    pub http: Option<ResolveSourceHttpResponse>,
}

/// What is wanted of an image.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResolveSourceImageRequest {
    /// The config is not wanted.
    #[prost(bool, tag = "1")]
    pub no_config: bool,
    /// The attestation chain is wanted.
    #[prost(bool, tag = "2")]
    pub attestation_chain: bool,
    /// Predicate types whose blobs are wanted.
    #[prost(string, repeated, tag = "3")]
    pub resolve_attestations: Vec<String>,
}

/// How an image leads to its attestations.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct AttestationChain {
    /// Digest of the index.
    #[prost(string, tag = "1")]
    pub root: String,
    /// Digest of the image manifest.
    #[prost(string, tag = "2")]
    pub image_manifest: String,
    /// Digest of the attestation manifest.
    #[prost(string, tag = "3")]
    pub attestation_manifest: String,
    /// Digests of signature manifests.
    #[prost(string, repeated, tag = "4")]
    pub signature_manifests: Vec<String>,
    /// Blobs by digest.
    #[prost(btree_map = "string, message", tag = "5")]
    pub blobs: BTreeMap<String, Blob>,
}

/// Metadata of an image.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ResolveSourceImageResponse {
    /// Digest of the manifest or index.
    #[prost(string, tag = "1")]
    pub digest: String,
    /// Config JSON.
    #[prost(bytes = "vec", tag = "2")]
    pub config: Vec<u8>,
    /// When asked for.
    #[prost(message, optional, tag = "3")]
    pub attestation_chain: Option<AttestationChain>,
}

/// What is wanted of a git source.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct ResolveSourceGitRequest {
    /// The bytes of the commit and tag objects are wanted.
    #[prost(bool, tag = "1")]
    pub return_object: bool,
}

/// Metadata of a git source.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResolveSourceGitResponse {
    /// What the ref points at.
    #[prost(string, tag = "1")]
    pub checksum: String,
    /// Full name of the ref.
    #[prost(string, tag = "2")]
    pub r#ref: String,
    /// Commit behind an annotated tag.
    #[prost(string, tag = "3")]
    pub commit_checksum: String,
    /// Bytes of the commit object.
    #[prost(bytes = "vec", tag = "4")]
    pub commit_object: Vec<u8>,
    /// Bytes of the tag object.
    #[prost(bytes = "vec", tag = "5")]
    pub tag_object: Vec<u8>,
}

/// Metadata of an HTTP source.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResolveSourceHttpResponse {
    /// Digest of the content.
    #[prost(string, tag = "1")]
    pub checksum: String,
    /// File name it would be stored under.
    #[prost(string, tag = "2")]
    pub filename: String,
    /// Last-Modified header.
    #[prost(message, optional, tag = "3")]
    pub last_modified: Option<Timestamp>,
    /// Answer to a checksum request.
    #[prost(message, optional, tag = "4")]
    pub checksum_response: Option<ChecksumResponse>,
}

/// What is wanted of an HTTP source.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResolveSourceHttpRequest {
    /// A checksum of a chosen kind.
    #[prost(message, optional, tag = "1")]
    pub checksum_request: Option<ChecksumRequest>,
}

/// A checksum of a chosen kind.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ChecksumRequest {
    /// Algorithm.
    #[prost(enumeration = "ChecksumAlgo", tag = "1")]
    pub algo: i32,
    /// Bytes hashed after the content.
    #[prost(bytes = "vec", tag = "2")]
    pub suffix: Vec<u8>,
}

/// Algorithm of a checksum request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum ChecksumAlgo {
    /// SHA-256.
    Sha256 = 0,
    /// SHA-384.
    Sha384 = 1,
    /// SHA-512.
    Sha512 = 2,
}

/// Answer to a [`ChecksumRequest`].
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ChecksumResponse {
    /// Digest with its algorithm.
    #[prost(string, tag = "1")]
    pub digest: String,
    /// Bytes hashed after the content.
    #[prost(bytes = "vec", tag = "2")]
    pub suffix: Vec<u8>,
}

/// Builds a definition or runs another frontend.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SolveRequest {
    /// The graph; absent when a frontend is run.
    #[prost(message, optional, tag = "1")]
    pub definition: Option<Definition>,
    /// Name of a frontend, such as `gateway.v0`.
    #[prost(string, tag = "2")]
    pub frontend: String,
    /// Its options.
    #[prost(btree_map = "string, string", tag = "3")]
    pub frontend_opt: BTreeMap<String, String>,
    /// The caller can read [`Result`].
    #[prost(bool, tag = "5")]
    pub allow_result_return: bool,
    /// The caller can read `Ref` and `RefMap`.
    #[prost(bool, tag = "6")]
    pub allow_result_array_ref: bool,
    /// This is the result, for daemons without `return`.
    #[prost(bool, tag = "10")]
    pub r#final: bool,
    /// Metadata as JSON, for daemons without `return`.
    #[prost(bytes = "vec", tag = "11")]
    pub exporter_attr: Vec<u8>,
    /// Caches to import.
    #[prost(message, repeated, tag = "12")]
    pub cache_imports: Vec<CacheOptionsEntry>,
    /// Inputs of the frontend that is run.
    #[prost(message, repeated, tag = "13")]
    pub frontend_inputs: Vec<Entry<Definition>>,
    /// Build at once, do not wait until the result is used.
    #[prost(bool, tag = "14")]
    pub evaluate: bool,
    /// Policies to apply.
    #[prost(message, repeated, tag = "15")]
    pub source_policies: Vec<Policy>,
}

/// A cache to import.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct CacheOptionsEntry {
    /// Such as `registry`.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// Attributes of that type.
    #[prost(btree_map = "string, string", tag = "2")]
    pub attrs: BTreeMap<String, String>,
}

/// What a solve gave.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SolveResponse {
    /// A bare id, from daemons without `return`.
    #[prost(string, tag = "1")]
    pub r#ref: String,
    /// The result.
    #[prost(message, optional, tag = "3")]
    pub result: Option<Result>,
}

/// Reads a file of a ref or, in the container calls, of a container's mount.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ReadFileRequest {
    /// Ref or container id.
    #[prost(string, tag = "1")]
    pub r#ref: String,
    /// Path.
    #[prost(string, tag = "2")]
    pub file_path: String,
    /// Part of the file; absent means all.
    #[prost(message, optional, tag = "3")]
    pub range: Option<FileRange>,
    /// Index of the container's mount.
    #[prost(int32, tag = "4")]
    pub mount_index: i32,
}

/// Part of a file.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct FileRange {
    /// First byte.
    #[prost(int64, tag = "1")]
    pub offset: i64,
    /// Number of bytes; 0 means up to the end.
    #[prost(int64, tag = "2")]
    pub length: i64,
}

/// Content of a file.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ReadFileResponse {
    /// The bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub data: ::bytes::Bytes,
}

/// Lists a directory.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ReadDirRequest {
    /// Ref or container id.
    #[prost(string, tag = "1")]
    pub r#ref: String,
    /// Path.
    #[prost(string, tag = "2")]
    pub dir_path: String,
    /// Names to list, as a pattern; empty means all.
    #[prost(string, tag = "3")]
    pub include_pattern: String,
    /// Index of the container's mount.
    #[prost(int32, tag = "4")]
    pub mount_index: i32,
}

/// Entries of a directory.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ReadDirResponse {
    /// One each.
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<Stat>,
}

/// Asks for a file's metadata.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct StatFileRequest {
    /// Ref or container id.
    #[prost(string, tag = "1")]
    pub r#ref: String,
    /// Path.
    #[prost(string, tag = "2")]
    pub path: String,
    /// Index of the container's mount.
    #[prost(int32, tag = "3")]
    pub mount_index: i32,
}

/// A file's metadata.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatFileResponse {
    /// Absent when there is none.
    #[prost(message, optional, tag = "1")]
    pub stat: Option<Stat>,
}

/// Builds a ref now.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EvaluateRequest {
    /// Ref id.
    #[prost(string, tag = "1")]
    pub r#ref: String,
}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct EvaluateResponse {}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct PingRequest {}

/// What the daemon can do.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct PongResponse {
    /// Capabilities of this service.
    #[prost(message, repeated, tag = "1")]
    pub frontend_api_caps: Vec<ApiCap>,
    /// Capabilities of LLB.
    #[prost(message, repeated, tag = "2")]
    pub llb_caps: Vec<ApiCap>,
    /// Workers.
    #[prost(message, repeated, tag = "3")]
    pub workers: Vec<WorkerRecord>,
}

/// Shows a warning to the user.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WarnRequest {
    /// Vertex it belongs to.
    #[prost(string, tag = "1")]
    pub digest: String,
    /// 1 is the usual level.
    #[prost(int64, tag = "2")]
    pub level: i64,
    /// One line.
    #[prost(bytes = "vec", tag = "3")]
    pub short: Vec<u8>,
    /// Further lines.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub detail: Vec<Vec<u8>>,
    /// Page that explains it.
    #[prost(string, tag = "5")]
    pub url: String,
    /// File it is about.
    #[prost(message, optional, tag = "6")]
    pub info: Option<SourceInfo>,
    /// Places in that file.
    #[prost(message, repeated, tag = "7")]
    pub ranges: Vec<Range>,
}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct WarnResponse {}

/// Makes a container without a process.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NewContainerRequest {
    /// Id chosen by the caller.
    #[prost(string, tag = "1")]
    pub container_id: String,
    /// Its mounts; `result_id` names refs.
    #[prost(message, repeated, tag = "2")]
    pub mounts: Vec<Mount>,
    /// Network mode, a `NetMode`.
    #[prost(int32, tag = "3")]
    pub network: i32,
    /// Platform.
    #[prost(message, optional, tag = "4")]
    pub platform: Option<Platform>,
    /// Worker constraints.
    #[prost(message, optional, tag = "5")]
    pub constraints: Option<WorkerConstraints>,
    /// Lines of `/etc/hosts`.
    #[prost(message, repeated, tag = "6")]
    pub extra_hosts: Vec<HostIp>,
    /// Host name.
    #[prost(string, tag = "7")]
    pub hostname: String,
}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct NewContainerResponse {}

/// Ends a container.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ReleaseContainerRequest {
    /// Its id.
    #[prost(string, tag = "1")]
    pub container_id: String,
}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct ReleaseContainerResponse {}

/// A message of the stream that all processes share.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ExecMessage {
    /// Process it belongs to, chosen by the caller.
    #[prost(string, tag = "1")]
    pub process_id: String,
    /// What it says.
    #[prost(oneof = "exec_message::Input", tags = "2, 3, 4, 5, 6, 7, 8")]
    pub input: Option<exec_message::Input>,
}

/// The forms of [`ExecMessage`].
pub mod exec_message {
    /// What a message says.
    #[allow(
        clippy::large_enum_variant,
        reason = "data and starts are the usual messages"
    )]
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Input {
        /// To the daemon: start a process.
        #[prost(message, tag = "2")]
        Init(super::InitMessage),
        /// Both ways: bytes of a file descriptor.
        #[prost(message, tag = "3")]
        File(super::FdMessage),
        /// To the daemon: the terminal changed its size.
        #[prost(message, tag = "4")]
        Resize(super::ResizeMessage),
        /// To the frontend: the process runs.
        #[prost(message, tag = "5")]
        Started(super::StartedMessage),
        /// To the frontend: the process ended; output may follow.
        #[prost(message, tag = "6")]
        Exit(super::ExitMessage),
        /// To the frontend: nothing follows.
        #[prost(message, tag = "7")]
        Done(super::DoneMessage),
        /// To the daemon: send a signal.
        #[prost(message, tag = "8")]
        Signal(super::SignalMessage),
    }
}

/// Starts a process.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct InitMessage {
    /// Container it runs in.
    #[prost(string, tag = "1")]
    pub container_id: String,
    /// Arguments, environment, directory, user.
    #[prost(message, optional, tag = "2")]
    pub meta: Option<Meta>,
    /// File descriptors that are connected.
    #[prost(uint32, repeated, tag = "3")]
    pub fds: Vec<u32>,
    /// Whether it gets a terminal.
    #[prost(bool, tag = "4")]
    pub tty: bool,
    /// Security mode, a `SecurityMode`.
    #[prost(int32, tag = "5")]
    pub security: i32,
    /// Environment variables from secrets.
    #[prost(message, repeated, tag = "6")]
    pub secretenv: Vec<SecretEnv>,
}

/// How a process ended.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ExitMessage {
    /// Exit code.
    #[prost(uint32, tag = "1")]
    pub code: u32,
    /// Set when the code is not 0.
    #[prost(message, optional, tag = "2")]
    pub error: Option<Status>,
}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct StartedMessage {}

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct DoneMessage {}

/// Bytes of a file descriptor.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct FdMessage {
    /// 0 stdin, 1 stdout, 2 stderr.
    #[prost(uint32, tag = "1")]
    pub fd: u32,
    /// Nothing follows on this descriptor.
    #[prost(bool, tag = "2")]
    pub eof: bool,
    /// The bytes.
    #[prost(bytes = "bytes", tag = "3")]
    pub data: ::bytes::Bytes,
}

/// Size of a terminal.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct ResizeMessage {
    /// Rows.
    #[prost(uint32, tag = "1")]
    pub rows: u32,
    /// Columns.
    #[prost(uint32, tag = "2")]
    pub cols: u32,
}

/// A signal by name, without `SIG`: numbers differ between platforms.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct SignalMessage {
    /// Such as `INT`.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// Content with its descriptor.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Blob {
    /// Descriptor.
    #[prost(message, optional, tag = "1")]
    pub descriptor: Option<Descriptor>,
    /// Content.
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
}

/// OCI descriptor.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Descriptor {
    /// Media type.
    #[prost(string, tag = "1")]
    pub media_type: String,
    /// Digest.
    #[prost(string, tag = "2")]
    pub digest: String,
    /// Size in bytes.
    #[prost(int64, tag = "3")]
    pub size: i64,
    /// Annotations.
    #[prost(btree_map = "string, string", tag = "5")]
    pub annotations: BTreeMap<String, String>,
}

crate::message_map_value!(Attestations, Ref);
