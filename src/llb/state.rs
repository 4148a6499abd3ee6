//! [`State`]: a file system and the execution metadata of ops on it.

use super::constraints::Constraints;
use super::env::EnvList;
use super::op::build::{self, BuildOptions};
#[cfg(feature = "compile")]
use super::op::exec::RunArgs;
use super::op::exec::{ExecState, RunOptions};
use super::op::file::FileAction;
use super::op::{diff, exec, file, merge, passthrough};
use super::platform::is_normal;
use super::values::{HostIp, NetMode, SecurityMode, Ulimit};
use super::vertex::Output;
use crate::go::path;
use crate::image::Platform;
use std::sync::{Arc, LazyLock};

/// A file system, and directory, environment, user and so on for the ops that follow.
///
/// A state is immutable and does nothing by itself: every method gives a new state that shares
/// what it can with the old one, and clones cost a reference count. The graph behind it becomes a
/// [`super::Definition`] by [`State::marshal`].
#[derive(Clone, Debug)]
pub struct State {
    /// None is scratch: the empty file system.
    output: Option<Output>,
    meta: Arc<Meta>,
}

/// Execution metadata of ops.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub(crate) dir: Arc<str>,
    pub(crate) env: EnvList,
    pub(crate) user: Arc<str>,
    pub(crate) platform: Option<Arc<Platform>>,
    /// What few states have.
    pub(crate) container: Option<Arc<Container>>,
}

/// Execution metadata that is mostly left alone.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub(crate) hostname: String,
    pub(crate) cgroup_parent: String,
    pub(crate) network: NetMode,
    pub(crate) security: SecurityMode,
    pub(crate) extra_hosts: Vec<HostIp>,
    pub(crate) ulimits: Vec<Ulimit>,
    pub(crate) valid_exit_codes: Option<Vec<i32>>,
}

impl Container {
    pub(crate) const DEFAULT: Container = Container {
        hostname: String::new(),
        cgroup_parent: String::new(),
        network: NetMode::Unset,
        security: SecurityMode::Sandbox,
        extra_hosts: Vec::new(),
        ulimits: Vec::new(),
        valid_exit_codes: None,
    };
}

impl Meta {
    pub(crate) fn container(&self) -> &Container {
        static DEFAULT: Container = Container::DEFAULT;
        self.container.as_deref().unwrap_or(&DEFAULT)
    }
}

impl Default for State {
    fn default() -> Self {
        State::scratch()
    }
}

impl State {
    /// The empty file system.
    pub fn scratch() -> Self {
        State::new(None)
    }

    /// A state of `output`, at `/` and without environment.
    pub(crate) fn new(output: Option<Output>) -> Self {
        // States are made by the thousand, mostly to be changed or thrown away at once.
        static BARE: LazyLock<Arc<Meta>> = LazyLock::new(|| {
            Arc::new(Meta {
                dir: "/".into(),
                env: EnvList::new(),
                user: "".into(),
                platform: None,
                container: None,
            })
        });
        State {
            output,
            meta: BARE.clone(),
        }
    }

    /// The output, or none for scratch.
    pub(crate) fn output(&self) -> Option<&Output> {
        self.output.as_ref()
    }

    /// Whether the state is known to be the empty file system.
    pub fn is_scratch(&self) -> bool {
        self.output.is_none()
    }

    /// Identifier of the source that the state is, and nothing else.
    #[cfg(any(feature = "compile", feature = "kit"))]
    pub(crate) fn source_identifier(&self) -> Option<&str> {
        self.output.as_ref()?.source_identifier()
    }

    pub(crate) fn meta(&self) -> &Arc<Meta> {
        &self.meta
    }

    /// This state with the output of `other`; the rest stays.
    #[must_use]
    pub fn with_output_of(mut self, other: &State) -> Self {
        self.output.clone_from(&other.output);
        self
    }

    pub(crate) fn with_output(mut self, output: Output) -> Self {
        self.output = Some(output);
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Meta)) -> Self {
        change(Arc::make_mut(&mut self.meta));
        self
    }

    fn change_container(self, change: impl FnOnce(&mut Container)) -> Self {
        self.change(|meta| {
            let container = meta
                .container
                .get_or_insert_with(|| Arc::new(Container::DEFAULT));
            change(Arc::make_mut(container));
        })
    }

    /// Sets an environment variable; it moves to the end of the environment.
    #[must_use]
    pub fn with_env(self, key: &str, value: &str) -> Self {
        self.change(|meta| meta.env.add_or_replace(key, value))
    }

    /// [`State::with_env`] of `key=value` in one piece; the key ends at `key_len`.
    #[cfg(feature = "compile")]
    pub(crate) fn with_env_pair(self, pair: &str, key_len: usize) -> Self {
        self.change(|meta| meta.env.add_or_replace_pair(pair, key_len))
    }

    /// Sets the working directory; a relative one starts from the present one.
    #[must_use]
    pub fn with_dir(self, dir: &str) -> Self {
        self.change(|meta| {
            meta.dir = if dir.starts_with('/') {
                dir.into()
            } else if meta.dir.is_empty() {
                path::join(&["/", dir]).into()
            } else {
                path::join(&[&meta.dir, dir]).into()
            };
        })
    }

    /// Sets the user, or user and group, of processes.
    #[must_use]
    pub fn with_user(self, user: &str) -> Self {
        self.change(|meta| meta.user = user.into())
    }

    /// Sets the platform, in its normal form.
    #[must_use]
    pub fn with_platform(self, platform: Platform) -> Self {
        self.change(|meta| meta.platform = Some(Arc::new(platform.normalized())))
    }

    /// [`State::with_platform`] of one that others have, too: mostly it is in its normal form already.
    pub(crate) fn with_shared_platform(self, platform: Arc<Platform>) -> Self {
        match is_normal(&platform) {
            true => self.change(|meta| meta.platform = Some(platform)),
            false => self.with_platform(Arc::unwrap_or_clone(platform)),
        }
    }

    /// Sets the host name of containers.
    #[must_use]
    pub fn with_hostname(self, hostname: impl Into<String>) -> Self {
        self.change_container(|container| container.hostname = hostname.into())
    }

    /// Sets the network of containers.
    #[must_use]
    pub fn with_network(self, network: NetMode) -> Self {
        if self.network() == network {
            return self;
        }
        self.change_container(|container| container.network = network)
    }

    /// The environment.
    pub fn env(&self) -> &EnvList {
        &self.meta.env
    }

    /// The value of an environment variable.
    pub fn get_env(&self, key: &str) -> Option<&str> {
        self.meta.env.get(key)
    }

    /// The working directory.
    pub fn dir(&self) -> &str {
        &self.meta.dir
    }

    /// The user of processes; empty is the default.
    pub fn user(&self) -> &str {
        &self.meta.user
    }

    /// The platform, if one was set.
    pub fn platform(&self) -> Option<&Platform> {
        self.meta.platform.as_deref()
    }

    /// The network of containers.
    pub fn network(&self) -> NetMode {
        self.meta.container().network
    }

    /// Runs a process on this file system.
    pub fn run(&self, options: RunOptions) -> ExecState {
        exec::run(self, None, options)
    }

    /// [`State::run`] of arguments that are written already.
    #[cfg(feature = "compile")]
    pub(crate) fn run_args(&self, args: RunArgs, options: RunOptions) -> ExecState {
        exec::run(self, Some(args), options)
    }

    /// Changes files of this file system.
    #[must_use]
    pub fn file(&self, action: FileAction, constraints: Constraints) -> State {
        file::file(self, action, constraints)
    }

    /// Lays file systems over each other, the lowest first; scratch ones do not count. The result
    /// has the execution metadata of the lowest.
    pub fn merge(states: &[State], constraints: Constraints) -> State {
        merge::merge(states, constraints)
    }

    /// What `upper` adds to `lower`, with the execution metadata of `lower`.
    pub fn diff(lower: &State, upper: &State, constraints: Constraints) -> State {
        diff::diff(lower, upper, constraints)
    }

    /// Builds the definition that is a file of this file system ([`super::Definition::encode`]), and gives its
    /// result with this state's execution metadata. What a program of the build wrote becomes part of the build.
    #[must_use]
    pub fn build(&self, options: BuildOptions) -> State {
        build::build(self, options)
    }

    /// This state, which is only made once all of `dependencies` are; `id` tells it from others.
    #[must_use]
    pub fn requires(&self, id: impl Into<String>, dependencies: &[State]) -> State {
        passthrough::requires(self, id.into(), dependencies)
    }
}
