//! `RUN --mount=`.

use crate::diagnostic::ErrorCode;
use crate::go::path;
use crate::llb::{
    self, CacheSharing, ChownOpt, Constraints, FileAction, MkdirOptions, RunOptions, Secret,
    SshSocket, State,
};
use crate::lower::state::DispatchState;
use crate::lower::{Lowering, Site};
use crate::plan::{CompileError, StageId};
use crate::syntax::{self, Argument, RunInstruction, RunMount, RunMountKind, Sharing, Text};

impl Lowering<'_, '_> {
    /// Reads the mounts of a `RUN` with the stage's variables.
    pub(super) fn read_mounts(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        run: &RunInstruction,
    ) -> Result<Vec<RunMount>, CompileError> {
        run.mounts
            .iter()
            .map(|mount| {
                let expander = self.expander;
                syntax::parse_mount(mount.as_str(), |value| {
                    let span = mount.span_of(value);
                    self.expand_with(&expander, state, site, &Text::from(value), span)
                        .map(std::borrow::Cow::into_owned)
                })
                .map_err(|error: CompileError| error.with_span(mount.span))
            })
            .collect()
    }

    /// Adds the mounts to a run.
    pub(super) fn add_mounts(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        written: &[Argument],
        mounts: Vec<RunMount>,
        run: &mut RunOptions,
    ) -> Result<(), CompileError> {
        for (index, (mount, written)) in mounts.into_iter().zip(written).enumerate() {
            self.add_mount(state, site, index, mount, run)
                .map_err(|error| error.with_span(written.span))?;
        }
        Ok(())
    }

    fn add_mount(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        index: usize,
        mount: RunMount,
        run: &mut RunOptions,
    ) -> Result<(), CompileError> {
        // Parity: also what has no files of its own looks at its stage first.
        let reads_stage = !mount.from.is_empty() || mount.kind == RunMountKind::Cache;
        let stage = site.sources.get(index).copied().filter(|_| reads_stage);
        let source = self.mount_source(site, stage, &mount)?;
        match mount.kind {
            RunMountKind::Secret => run.secrets.push(secret(state, site, &mount)?),
            RunMountKind::Ssh => run.ssh.push(ssh(state, site, &mount)?),
            _ => {
                let path = path::join(&["/", &mount.source]);
                run.mounts.push(self.file_mount(state, source, &mount)?);
                match stage
                    .and_then(|stage| self.dispatched(stage))
                    .map(|state| state.paths)
                {
                    Some(paths) => self.mark_path(paths, path),
                    None if !reads_stage => self.context_paths.insert(path),
                    None => {}
                }
            }
        }
        Ok(())
    }

    fn mount_source(
        &self,
        site: &Site<'_>,
        stage: Option<StageId>,
        mount: &RunMount,
    ) -> Result<State, CompileError> {
        let Some(stage) = stage else {
            return Ok(self.context_state.clone());
        };
        match self.dispatched(stage) {
            Some(source) => Ok(source.state.clone()),
            None => {
                let from = if mount.from.is_empty() {
                    crate::plan::SCRATCH
                } else {
                    &mount.from
                };
                let message = format!(
                    "cannot mount from stage {} to {}, stage needs to be defined before current command",
                    crate::go::quote::quote(from),
                    crate::go::quote::quote(&mount.target)
                );
                Err(self.used_too_early(site, stage, message))
            }
        }
    }

    /// A bind, cache or tmpfs mount.
    fn file_mount(
        &self,
        state: &DispatchState,
        source: State,
        mount: &RunMount,
    ) -> Result<llb::Mount, CompileError> {
        let target = mount_target(state, mount)?;
        let mut out = match mount.kind {
            RunMountKind::Tmpfs => llb::Mount::tmpfs(target, mount.size_limit),
            // What a cache held when a step was recorded is not in the recording.
            RunMountKind::Cache if self.options.recording.is_some() => {
                llb::Mount::bind(target, &source).no_output()
            }
            RunMountKind::Cache if self.options.hermetic => llb::Mount::bind(target, &source),
            RunMountKind::Cache => {
                let id = if mount.id.is_empty() {
                    path::clean(&mount.target).to_string()
                } else {
                    mount.id.clone()
                };
                let id = format!("{}/{id}", self.options.client.cache_namespace);
                llb::Mount::cache(target, &source, id, sharing(mount.sharing))
            }
            _ => llb::Mount::bind(target, &source),
        };
        let is_bind = mount.kind == RunMountKind::Bind
            || (mount.kind == RunMountKind::Cache && self.options.hermetic);
        if mount.read_only {
            out = out.readonly();
        } else if is_bind
            && self
                .options
                .client
                .caps
                .supports(llb::caps::EXEC_MOUNT_BIND_READ_WRITE_NO_OUTPUT)
        {
            out = out.no_output();
        }
        let selector = path::join(&["/", &mount.source]);
        if selector != "/" {
            out = out.selector(selector);
        } else if mount.uid.is_some() || mount.gid.is_some() || mount.mode.is_some() {
            out.source = owned_cache(&out.source, mount);
            out = out.selector("/cache");
        }
        Ok(out)
    }
}

/// A cache starts as a directory of the wanted owner and mode.
fn owned_cache(source: &State, mount: &RunMount) -> State {
    let options = MkdirOptions {
        owner: Some(ChownOpt::ids(
            mount.uid.unwrap_or(0),
            mount.gid.unwrap_or(0),
        )),
        ..Default::default()
    };
    let constraints = Constraints::new().custom_name("[internal] setting cache mount permissions");
    source.file(
        FileAction::new().mkdir("/cache", mount.mode.unwrap_or(0o755), options),
        constraints,
    )
}

#[cold]
fn invalid(message: &str) -> CompileError {
    CompileError::new(ErrorCode::InvalidMount, message)
}

fn mount_target(state: &DispatchState, mount: &RunMount) -> Result<String, CompileError> {
    let target = if path::clean(&mount.target).starts_with('/') {
        mount.target.clone()
    } else {
        path::join(&["/", state.state.dir(), &mount.target])
    };
    if target == "/" {
        return Err(invalid("invalid mount target \"/\""));
    }
    Ok(target)
}

fn sharing(sharing: Option<Sharing>) -> CacheSharing {
    match sharing {
        Some(Sharing::Private) => CacheSharing::Private,
        Some(Sharing::Locked) => CacheSharing::Locked,
        _ => CacheSharing::Shared,
    }
}

/// The name of a secret, which the client knows.
fn secret_id(mount: &RunMount) -> Option<&str> {
    match (&*mount.source, &*mount.id, &*mount.target) {
        ("", "", "") => None,
        ("", "", target) => Some(path::base(target)),
        ("", id, _) => Some(id),
        (source, ..) => Some(source),
    }
}

/// The file that a secret is in, where it is in one.
pub(super) fn secret_file(mount: &RunMount) -> Option<String> {
    match (&*mount.target, &mount.env) {
        ("", Some(_)) => None,
        ("", None) => Some(format!("/run/secrets/{}", path::base(secret_id(mount)?))),
        (target, _) => Some(target.to_owned()),
    }
}

fn secret(
    state: &mut DispatchState,
    site: &Site<'_>,
    mount: &RunMount,
) -> Result<Secret, CompileError> {
    let Some(id) = secret_id(mount) else {
        return Err(invalid("one of source, target required"));
    };
    state
        .outline
        .secrets
        .entry(id.to_owned())
        .or_insert((mount.required, site.location));
    let mut secret = Secret::new(id);
    secret.target = secret_file(mount);
    secret.env.clone_from(&mount.env);
    secret.optional = !mount.required;
    if mount.uid.is_some() || mount.gid.is_some() || mount.mode.is_some() {
        secret.uid = mount.uid.unwrap_or(0);
        secret.gid = mount.gid.unwrap_or(0);
        secret.mode = mount.mode.unwrap_or(0o400);
    }
    Ok(secret)
}

fn ssh(
    state: &mut DispatchState,
    site: &Site<'_>,
    mount: &RunMount,
) -> Result<SshSocket, CompileError> {
    if !mount.source.is_empty() {
        return Err(invalid("ssh does not support source"));
    }
    let id = if mount.id.is_empty() {
        "default"
    } else {
        &mount.id
    };
    state
        .outline
        .ssh
        .entry(id.to_owned())
        .or_insert((mount.required, site.location));
    let mut socket = SshSocket::new(&mount.id);
    socket.target = (!mount.target.is_empty()).then(|| mount.target.clone());
    socket.optional = !mount.required;
    if mount.uid.is_some() || mount.gid.is_some() || mount.mode.is_some() {
        socket.uid = mount.uid.unwrap_or(0);
        socket.gid = mount.gid.unwrap_or(0);
        socket.mode = mount.mode.unwrap_or(0o600);
    }
    Ok(socket)
}
