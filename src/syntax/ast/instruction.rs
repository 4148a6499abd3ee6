//! One struct per instruction, and the pieces they share.
//!
//! Values are as written: nothing is expanded and quotes that expansion would remove are still
//! there. Only what the grammar itself takes away (flags' quotes, JSON escapes, line
//! continuations, tabs of `<<-`) is gone.

use crate::source::Span;

use super::{Argument, InstructionMeta, Text};

/// `ADD [flags] src... dest`
///
/// Flag text is optional here; an absent string flag and an empty one mean the same.
#[derive(Clone, Debug, PartialEq)]
pub struct AddInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// Sources and destination.
    pub paths: SourcesAndDest,
    /// `--chown=`
    pub chown: Option<Argument>,
    /// `--chmod=`
    pub chmod: Option<Argument>,
    /// `--checksum=`
    pub checksum: Option<Argument>,
    /// `--exclude=`, in order; never expanded.
    pub exclude: Vec<Argument>,
    /// `--link`
    pub link: bool,
    /// `--keep-git-dir`, `None` when the flag is not used.
    pub keep_git_dir: Option<bool>,
    /// `--unpack`, `None` when the flag is not used.
    pub unpack: Option<bool>,
}

/// `ARG name[=default]...`
#[derive(Clone, Debug, PartialEq)]
pub struct ArgInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The names in order, at least one.
    pub args: Vec<ArgDefinition>,
}

/// One name of an `ARG`.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgDefinition {
    /// The name, never empty; quotes are kept (`ARG "a"=b` has the key `"a"`).
    pub key: Argument,
    /// The text after `=`; `None` without a `=`.
    pub value: Option<Argument>,
    /// Rest of the first comment above that starts with the name and a space.
    pub doc_comment: Option<Text>,
}

/// `CMD command`
#[derive(Clone, Debug, PartialEq)]
pub struct CmdInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The command; may be empty.
    pub command: CommandLine,
}

/// `COPY [flags] src... dest`
#[derive(Clone, Debug, PartialEq)]
pub struct CopyInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// Sources and destination.
    pub paths: SourcesAndDest,
    /// `--from=`; an empty value means the same as none.
    pub from: Option<Argument>,
    /// `--chown=`
    pub chown: Option<Argument>,
    /// `--chmod=`
    pub chmod: Option<Argument>,
    /// `--exclude=`, in order; never expanded.
    pub exclude: Vec<Argument>,
    /// `--link`
    pub link: bool,
    /// `--parents`
    pub parents: bool,
}

/// `ENTRYPOINT command`
#[derive(Clone, Debug, PartialEq)]
pub struct EntrypointInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The command; without arguments the image gets a null entrypoint.
    pub command: CommandLine,
}

/// `ENV key=value...` or the legacy `ENV key value`
#[derive(Clone, Debug, PartialEq)]
pub struct EnvInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The pairs in order, at least one.
    pub pairs: Vec<KeyValue>,
}

/// One pair of `ENV` or `LABEL`.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyValue {
    /// The key, never empty, quotes kept.
    pub key: Argument,
    /// The value, quotes kept.
    pub value: Argument,
    /// The legacy form: key and value stand apart, without `=`.
    pub no_delim: bool,
}

/// `EXPOSE port...`
#[derive(Clone, Debug, PartialEq)]
pub struct ExposeInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// At least one port, sorted by bytes as upstream processes them; spans tell the written order.
    pub ports: Vec<Argument>,
}

/// `HEALTHCHECK [flags] CMD command` or `HEALTHCHECK NONE`
#[derive(Clone, Debug, PartialEq)]
pub struct HealthcheckInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// `["NONE"]`, `["CMD", args...]` or `["CMD-SHELL", line]`.
    pub test: Vec<Argument>,
    /// `--interval=` in nanoseconds; 0 when absent (so are the other durations).
    pub interval: i64,
    /// `--timeout=` in nanoseconds.
    pub timeout: i64,
    /// `--start-period=` in nanoseconds.
    pub start_period: i64,
    /// `--start-interval=` in nanoseconds.
    pub start_interval: i64,
    /// `--retries=`, 0 when absent.
    pub retries: i32,
    /// The command after `CMD` is in shell form.
    pub shell: bool,
}

/// `LABEL key=value...` or the legacy `LABEL key value`
#[derive(Clone, Debug, PartialEq)]
pub struct LabelInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The pairs in order, at least one.
    pub pairs: Vec<KeyValue>,
}

/// `MAINTAINER name`
#[derive(Clone, Debug, PartialEq)]
pub struct MaintainerInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The name.
    pub maintainer: Argument,
}

/// `ONBUILD instruction`
#[derive(Clone, Debug, PartialEq)]
pub struct OnbuildInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The trigger as stored in the image: the rest of the line and, below it, the heredoc bodies
    /// with their terminators. [`crate::syntax::parse_trigger`] reads it.
    pub expression: Text,
}

/// `RUN [flags] command`
#[derive(Clone, Debug, PartialEq)]
pub struct RunInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// Values of `--mount=` in order. Read with [`crate::syntax::parse_mount`] after the stage's
    /// variables are known; only `from` was checked so far.
    pub mounts: Vec<Argument>,
    /// `--network=`
    pub network: Network,
    /// `--security=`
    pub security: Security,
    /// `--device=` in order.
    pub devices: Vec<Device>,
    /// The command.
    pub command: CommandLine,
}

/// `SHELL ["executable", "arg"...]`
#[derive(Clone, Debug, PartialEq)]
pub struct ShellInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// At least one word.
    pub shell: Vec<Argument>,
}

/// `STOPSIGNAL signal`
#[derive(Clone, Debug, PartialEq)]
pub struct StopsignalInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The signal.
    pub signal: Argument,
}

/// `USER user[:group]`
#[derive(Clone, Debug, PartialEq)]
pub struct UserInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The user.
    pub user: Argument,
}

/// `VOLUME path...` or `VOLUME ["path"...]`
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The paths, trimmed, none empty, at least one.
    pub volumes: Vec<Argument>,
}

/// `WORKDIR path`
#[derive(Clone, Debug, PartialEq)]
pub struct WorkdirInstruction {
    /// Common facts.
    pub meta: InstructionMeta,
    /// The path.
    pub path: Argument,
}

/// The command of `RUN`, `CMD` and `ENTRYPOINT`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandLine {
    /// Exec form: the strings of the array. Shell form: one string, the whole line (none when
    /// nothing is there).
    pub args: Vec<Argument>,
    /// Heredocs of the line, in order. Only `RUN` has them.
    pub files: Vec<Heredoc>,
    /// Shell form: the shell goes in front.
    pub shell: bool,
}

/// Arguments of `COPY` and `ADD`.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcesAndDest {
    /// Sources that are paths, URLs or patterns, in order.
    pub sources: Vec<Argument>,
    /// Sources that are heredocs, in order; they come after `sources`, wherever they were written.
    pub contents: Vec<SourceContent>,
    /// The last argument.
    pub dest: Argument,
    /// The JSON form was used.
    pub json: bool,
}

/// A heredoc as a source of `COPY` or `ADD`.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceContent {
    /// File name: the heredoc's word without quotes.
    pub path: Text,
    /// The body, leading tabs removed if `<<-` asked for it.
    pub data: Text,
    /// Whether variables in `data` are replaced.
    pub expand: bool,
    /// Bytes of the body.
    pub body: Span,
    /// The word `<<NAME`.
    pub span: Span,
}

/// A heredoc attached to an instruction.
///
/// ```text
/// RUN <<-EOF cat
///   echo hi
///   ^^^^^^^ body
/// EOF
/// ^^^ terminator
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Heredoc {
    /// The word without quotes.
    pub name: Text,
    /// File descriptor in front of `<<`, 0 when absent.
    pub fd: u64,
    /// The word was not quoted.
    pub expand: bool,
    /// `<<-`: leading tabs are to be removed, see [`crate::syntax::chomp_heredoc`]; they are still
    /// in `content`.
    pub chomp: bool,
    /// The body as written, line ends included.
    pub content: Text,
    /// Bytes of the body.
    pub body: Span,
    /// Bytes of the line that ends it, without its line end.
    pub terminator: Span,
}

/// `RUN --network=`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// The build's network.
    #[default]
    Default,
    /// No network.
    None,
    /// The host's network.
    Host,
}

/// `RUN --security=`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Security {
    /// The usual sandbox.
    #[default]
    Sandbox,
    /// All privileges.
    Insecure,
}

/// `RUN --device=name[,required]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// CDI name.
    pub name: String,
    /// Fail when the device is missing.
    pub required: bool,
}

/// `RUN --mount=`, read by [`crate::syntax::parse_mount`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunMount {
    /// `type=`
    pub kind: RunMountKind,
    /// `from=`, empty when absent (so are the other strings).
    pub from: String,
    /// `source=`, `src=`
    pub source: String,
    /// `target=`, `dst=`, `destination=`
    pub target: String,
    /// `readonly`, `ro`, `readwrite`, `rw`, or the kind's default.
    pub read_only: bool,
    /// `size=` in bytes, 0 when absent.
    pub size_limit: i64,
    /// `id=` of a cache, a secret or an agent.
    pub id: String,
    /// `sharing=` of a cache.
    pub sharing: Option<Sharing>,
    /// `required`: without the secret or the agent the build fails.
    pub required: bool,
    /// `env=`, the variable that gets a secret; may be empty.
    pub env: Option<String>,
    /// `mode=`, permission bits (written in octal).
    pub mode: Option<u32>,
    /// `uid=`, the owner's number.
    pub uid: Option<u32>,
    /// `gid=`, the group's number.
    pub gid: Option<u32>,
}

/// `type=` of a mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunMountKind {
    /// Files of the context, a stage or an image.
    #[default]
    Bind,
    /// A directory kept between builds.
    Cache,
    /// Memory.
    Tmpfs,
    /// A secret of the client.
    Secret,
    /// An SSH agent socket of the client.
    Ssh,
}

impl RunMountKind {
    /// The word in the Dockerfile.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            RunMountKind::Bind => "bind",
            RunMountKind::Cache => "cache",
            RunMountKind::Tmpfs => "tmpfs",
            RunMountKind::Secret => "secret",
            RunMountKind::Ssh => "ssh",
        }
    }
}

/// `sharing=` of a cache mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sharing {
    /// Many writers at once.
    Shared,
    /// Each writer its own.
    Private,
    /// One writer at a time.
    Locked,
}
