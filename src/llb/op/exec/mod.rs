//! Exec ops: a process in a container.

mod encode;
mod options;

pub use options::{Mount, MountKind, RunOptions, Secret, SshSocket};

use super::super::caps;
use super::super::caps::Caps;
use super::super::constraints::Constraints;
use super::super::one_or_many::OneOrMany;
use super::super::state::{Container, Meta, State};
use super::super::vertex::{Output, Resolved, Vertex};
use super::Op;
use crate::collect::sort_small;
use crate::llb::values::{CdiDevice, MountContentCache, NetMode, ProxyEnv, SecurityMode};
use std::sync::Arc;

/// What a process leaves behind.
#[derive(Clone, Debug)]
pub struct ExecState {
    root: State,
    /// The exec op, as one of its outputs.
    op: Output,
}

impl ExecState {
    /// The state that was run, with the root file system as the process left it.
    pub fn root(self) -> State {
        self.root
    }

    /// The file system mounted at `target`, as the process left it. None if nothing is mounted
    /// there or if the mount has no output (a cache, tmpfs, or a mount whose changes are lost).
    pub fn mount(&self, target: &str) -> Option<State> {
        let Resolved::Vertex { vertex, .. } = self.op.resolve() else {
            return None;
        };
        let output = mount_output(vertex, target)?;
        Some(State::new(Some(output)))
    }
}

/// The part of an exec op that is its own. There are as many as a build has steps, most of them a command and nothing
/// else: what few have is somewhere else.
pub(crate) struct ExecOp {
    meta: Arc<Meta>,
    /// Program and arguments, as fields of `pb.Meta`.
    args: Box<[u8]>,
    mounts: Mounts,
    rare: Option<Box<Rare>>,
}

/// What few steps have.
struct Rare {
    secrets: Vec<Secret>,
    ssh: Vec<SshSocket>,
    cdi_devices: Vec<CdiDevice>,
    proxy: Option<Arc<ProxyEnv>>,
}

impl Rare {
    const NONE: Rare = Rare {
        secrets: Vec::new(),
        ssh: Vec::new(),
        cdi_devices: Vec::new(),
        proxy: None,
    };
}

enum Mounts {
    /// The root alone, which can be written to.
    Root { input: Option<usize> },
    /// Sorted by target, the root among them.
    Listed(Vec<ExecMount>),
}

struct ExecMount {
    mount: Mount,
    /// Place among the vertex' inputs, if there is a source.
    input: Option<usize>,
    output: i64,
}

/// A mount, as ops read it.
struct Mounted<'a> {
    target: &'a str,
    selector: &'a str,
    readonly: bool,
    kind: &'a MountKind,
    content_cache: MountContentCache,
    input: Option<usize>,
    output: i64,
}

impl Mounted<'_> {
    /// Whether it is files from somewhere, and no more.
    fn is_bound(&self) -> bool {
        self.input.is_some() && !self.kind.is_cache() && !self.kind.is_tmpfs()
    }
}

impl ExecOp {
    fn mounts(&self) -> impl Iterator<Item = Mounted<'_>> {
        let (root, listed): (_, &[ExecMount]) = match &self.mounts {
            Mounts::Root { input } => (Some(*input), &[]),
            Mounts::Listed(list) => (None, list),
        };
        let root = root.map(|input| Mounted {
            target: ROOT,
            selector: "",
            readonly: false,
            kind: &MountKind::Bind,
            content_cache: MountContentCache::Default,
            input,
            output: 0,
        });
        root.into_iter().chain(listed.iter().map(|it| Mounted {
            target: &it.mount.target,
            selector: &it.mount.selector,
            readonly: it.mount.readonly,
            kind: &it.mount.kind,
            content_cache: it.mount.content_cache,
            input: it.input,
            output: it.output,
        }))
    }

    fn rare(&self) -> &Rare {
        static NONE: Rare = Rare::NONE;
        self.rare.as_deref().unwrap_or(&NONE)
    }
}

/// Where the root file system is mounted.
const ROOT: &str = "/";

/// Program and arguments of a process, written already.
pub(crate) struct RunArgs(Box<[u8]>);

impl RunArgs {
    /// What `args` are written as.
    pub(crate) fn of<S: AsRef<str>>(args: &[S]) -> Self {
        RunArgs(encode::args(args))
    }
}

/// Builds the vertex of a run on `base`, of `args` if there are any, otherwise of those of the options.
pub(crate) fn run(base: &State, args: Option<RunArgs>, mut options: RunOptions) -> ExecState {
    let meta = exec_meta(base, &mut options);
    let mut constraints = std::mem::take(&mut options.constraints);
    let mut root = base.clone();
    if let Some(platform) = &constraints.platform {
        root = root.with_platform((**platform).clone());
    } else {
        constraints.platform = meta.platform.clone();
    }
    let (mounts, inputs) = mounts(base, &mut options);
    let args = args.unwrap_or_else(|| RunArgs::of(&options.args));
    let op = ExecOp {
        meta,
        args: args.0,
        mounts,
        rare: rare(&mut options),
    };
    op.add_caps(&mut constraints);
    let vertex = Vertex::new(Op::Exec(op), inputs, constraints);
    // A root file system that is only read is what it was before.
    let root = match mount_output(&vertex, ROOT) {
        Some(output) => root.with_output(output),
        None => root,
    };
    ExecState {
        root,
        op: Output::new(vertex, 0),
    }
}

fn rare(options: &mut RunOptions) -> Option<Box<Rare>> {
    for (number, socket) in options.ssh.iter_mut().enumerate() {
        if socket.target.as_deref().unwrap_or_default().is_empty() {
            socket.target = Some(format!("/run/buildkit/ssh_agent.{number}"));
        }
    }
    let ordinary = options.secrets.is_empty()
        && options.ssh.is_empty()
        && options.cdi_devices.is_empty()
        && options.proxy.is_none();
    (!ordinary).then(|| {
        Box::new(Rare {
            secrets: std::mem::take(&mut options.secrets),
            ssh: std::mem::take(&mut options.ssh),
            cdi_devices: std::mem::take(&mut options.cdi_devices),
            proxy: options.proxy.take(),
        })
    })
}

/// Execution metadata of the process: the state's with that of the options on top.
fn exec_meta(base: &State, options: &mut RunOptions) -> Arc<Meta> {
    let mut meta = base.meta().clone();
    if !options.env.is_empty() {
        let env = &mut Arc::make_mut(&mut meta).env;
        for (key, value) in &options.env {
            env.add_or_replace(key, value);
        }
    }
    if let Some(user) = &options.user {
        Arc::make_mut(&mut meta).user = user.as_str().into();
    }
    if let Some(dir) = &options.dir {
        let dir = base.clone().with_dir(dir).meta().dir.clone();
        Arc::make_mut(&mut meta).dir = dir;
    }
    let have = meta.container();
    options.network = options.network.filter(|network| *network != have.network);
    options.security = options
        .security
        .filter(|security| *security != have.security);
    let unchanged = options.hostname.is_none()
        && options.cgroup_parent.is_none()
        && options.network.is_none()
        && options.security.is_none()
        && options.valid_exit_codes.is_none()
        && options.extra_hosts.is_empty()
        && options.ulimits.is_empty();
    if unchanged {
        return meta;
    }
    let container = Arc::make_mut(&mut meta)
        .container
        .get_or_insert_with(|| Arc::new(Container::DEFAULT));
    let container = Arc::make_mut(container);
    if let Some(hostname) = options.hostname.take() {
        container.hostname = hostname;
    }
    if let Some(cgroup_parent) = options.cgroup_parent.take() {
        container.cgroup_parent = cgroup_parent;
    }
    container.network = options.network.unwrap_or(container.network);
    container.security = options.security.unwrap_or(container.security);
    if options.valid_exit_codes.is_some() {
        container.valid_exit_codes = options.valid_exit_codes.take();
    }
    container.extra_hosts.append(&mut options.extra_hosts);
    container.ulimits.append(&mut options.ulimits);
    meta
}

/// The mounts sorted by target, the root first of equal ones, and the inputs they make.
///
/// The reference sorts with an algorithm that keeps the order of equal targets only in lists of
/// at most twelve; two mounts at one target in a longer list are not worth following it.
fn mounts(base: &State, options: &mut RunOptions) -> (Mounts, OneOrMany<Output>) {
    if options.mounts.is_empty() && !options.readonly_root {
        let inputs: OneOrMany<Output> = base.output().into_iter().cloned().collect();
        let input = (!inputs.is_empty()).then_some(0);
        return (Mounts::Root { input }, inputs);
    }
    let root = Mount {
        readonly: options.readonly_root,
        ..Mount::bind(ROOT, base)
    };
    let mut list = Vec::with_capacity(options.mounts.len() + 1);
    list.push(root);
    list.append(&mut options.mounts);
    sort_small(&mut list, |a, b| a.target.cmp(&b.target));
    let mut inputs = Vec::with_capacity(list.len());
    let mut next_output = 0;
    let list = list
        .into_iter()
        .map(|mut mount| {
            let source = std::mem::take(&mut mount.source);
            let input = source.output().map(|output| {
                inputs.push(output.clone());
                inputs.len() - 1
            });
            let output = if mount.has_output() {
                next_output += 1;
                next_output - 1
            } else {
                -1
            };
            ExecMount {
                mount,
                input,
                output,
            }
        })
        .collect();
    (Mounts::Listed(list), inputs.into())
}

impl ExecOp {
    fn add_caps(&self, constraints: &mut Constraints) {
        let container = self.meta.container();
        let rare = self.rare();
        let caps = &mut constraints.metadata.caps;
        caps.merge(match self.mounts().any(|mount| mount.is_bound()) {
            true => &Caps::OF_RUNS_ON_FILES,
            false => &Caps::OF_RUNS,
        });
        let mut need = |condition: bool, cap: &'static str| {
            if condition {
                caps.insert(cap);
            }
        };
        need(
            container.valid_exit_codes.is_some(),
            caps::EXEC_VALID_EXIT_CODE,
        );
        need(!container.ulimits.is_empty(), caps::EXEC_META_ULIMIT);
        need(container.network != NetMode::Unset, caps::EXEC_META_NETWORK);
        need(
            container.security != SecurityMode::Sandbox,
            caps::EXEC_META_SECURITY,
        );
        need(rare.proxy.is_some(), caps::EXEC_META_PROXY);
        need(!rare.cdi_devices.is_empty(), caps::EXEC_META_CDI);
        need(!rare.ssh.is_empty(), caps::EXEC_MOUNT_SSH);
        need(!rare.secrets.is_empty(), caps::EXEC_MOUNT_SECRET);
        need(
            rare.secrets.iter().any(|secret| secret.env.is_some()),
            caps::EXEC_SECRET_ENV,
        );
        for mount in self.mounts() {
            need(!mount.selector.is_empty(), caps::EXEC_MOUNT_SELECTOR);
            if mount.kind.is_cache() {
                need(true, caps::EXEC_MOUNT_CACHE);
                need(true, caps::EXEC_MOUNT_CACHE_SHARING);
            } else if let MountKind::Tmpfs { size } = *mount.kind {
                need(true, caps::EXEC_MOUNT_TMPFS);
                need(size > 0, caps::EXEC_MOUNT_TMPFS_SIZE);
            }
            need(
                mount.content_cache != MountContentCache::Default,
                caps::EXEC_MOUNT_CONTENT_CACHE,
            );
        }
        need(
            constraints.metadata.linux_resources.is_some(),
            caps::EXEC_META_LINUX_RESOURCES,
        );
    }
}

/// What is at `target` after the run: an output of the op, or what was mounted to be read.
fn mount_output(vertex: &Arc<Vertex>, target: &str) -> Option<Output> {
    let Op::Exec(op) = &vertex.op else {
        return None;
    };
    let found = op.mounts().find(|found| found.target == target)?;
    if found.output >= 0 {
        return Some(Output::new(vertex.clone(), found.output));
    }
    let input = found.input.filter(|_| found.readonly)?;
    vertex.inputs.get(input).cloned()
}
