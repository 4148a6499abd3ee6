//! What each instruction does to a stage, one file for a kind of instruction.

mod copy;
mod env;
mod fetch;
mod mount;
mod process;
mod record;
mod run;
mod settings;

use super::state::DispatchState;
use super::{Lowering, Site, os_path};
use crate::diagnostic::{ErrorCode, Relation};
use crate::llb::{Constraints, FileAction, FileOptions, State};
use crate::plan::{CompileError, StageId};
use crate::syntax::Instruction;

impl Lowering<'_, '_> {
    /// Applies one instruction to `state`.
    pub(super) fn dispatch(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &Instruction,
    ) -> Result<(), CompileError> {
        match instruction {
            Instruction::Add(it) => self.add(state, site, it),
            Instruction::Arg(it) => self.arg(state, site, it),
            Instruction::Cmd(it) => self.cmd(state, site, it),
            Instruction::Copy(it) => self.copy(state, site, it),
            Instruction::Entrypoint(it) => self.entrypoint(state, site, it),
            Instruction::Env(it) => self.env(state, site, it),
            Instruction::Expose(it) => self.expose(state, site, it),
            Instruction::Healthcheck(it) => self.healthcheck(state, site, it),
            Instruction::Label(it) => self.label(state, site, it),
            Instruction::Maintainer(it) => self.maintainer(state, it),
            Instruction::Onbuild(it) => {
                state.config_mut().on_build.push(it.expression.clone());
                Ok(())
            }
            Instruction::Run(it) => self.run(state, site, it),
            Instruction::Shell(it) => self.shell(state, it),
            Instruction::Stopsignal(it) => self.stopsignal(state, site, it),
            Instruction::User(it) => self.user(state, site, it),
            Instruction::Volume(it) => self.volume(state, site, it),
            Instruction::Workdir(it) => self.workdir(state, site, it),
        }
    }

    /// An instruction at `site` reads the stage `read`, which was not built yet.
    #[cold]
    pub(super) fn used_too_early(
        &self,
        site: &Site<'_>,
        read: StageId,
        message: String,
    ) -> CompileError {
        let name = |id: StageId| {
            let ast = self.plan.stages[id].ast?;
            Some(ast.written_name.as_ref().unwrap_or(&ast.base_name).span)
        };
        let mut error = CompileError::new(ErrorCode::StageUsedBeforeDefinition, message);
        let current = name(site.stage);
        if let Some(span) = current {
            error = error.with_related(span, Relation::CurrentStage);
        }
        match name(read) {
            Some(span) if current != Some(span) => error.with_related(span, Relation::Definition),
            _ => error,
        }
    }

    /// An empty file system with one file.
    pub(super) fn inline_document(
        &self,
        state: &DispatchState,
        file: &str,
        mode: u32,
        data: &[u8],
    ) -> State {
        let constraints = Constraints::new()
            .platform(state.platform.clone())
            .custom_name("[internal] preparing inline document");
        State::scratch().file(
            FileAction::new().mkfile(file, mode, data, FileOptions::default()),
            constraints,
        )
    }
}

/// Changes directory in the image config and for the steps that follow.
pub(in crate::lower) fn set_workdir(
    state: &mut DispatchState,
    path: &str,
) -> Result<String, CompileError> {
    let dir = os_path::normalize_workdir(&state.image.config.working_dir, path, state.os())
        .map_err(|error| error.context("normalizing workdir"))?;
    let slashed = os_path::to_slash(&dir, state.os()).into_owned();
    if state.image.config.working_dir != dir {
        state.config_mut().working_dir = dir;
    }
    state.state = std::mem::take(&mut state.state).with_dir(&slashed);
    Ok(slashed)
}

/// `command` behind the image's shell, or the default one of its operating system.
fn with_shell<'s, T: From<&'s str>>(state: &'s DispatchState, command: T) -> Vec<T> {
    let shell = &state.image.config.shell;
    let default: &[&'static str] = match &*state.image.platform.os {
        "windows" => &["cmd", "/S", "/C"],
        _ => &["/bin/sh", "-c"],
    };
    let mut args = Vec::with_capacity(1 + shell.len().max(default.len()));
    if shell.is_empty() {
        args.extend(default.iter().map(|&word| T::from(word)));
    } else {
        args.extend(shell.iter().map(|arg| T::from(arg.as_str())));
    }
    args.push(command);
    args
}
