//! Where a stage starts: at the stage below it, or at its base image.

use std::sync::Arc;

use super::dispatch::set_workdir;
use super::state::{self, DispatchState};
use super::{Lowering, split_env};
use crate::image::config::default_path;
use crate::llb;
use crate::plan::{CompileError, StageId};

impl Lowering<'_, '_> {
    /// A stage before its first instruction: the stage below, or the base image.
    pub(super) fn initial(&mut self, id: StageId) -> DispatchState {
        let planned = &self.plan.stages[id];
        let steps = planned.steps;
        let below = planned.base_stage;
        let below = below.and_then(|below| self.states[below].as_deref());
        let mut outline = state::OutlineFacts::default();
        outline.used.extend(planned.used_args.iter().cloned());
        if let Some(below) = below {
            let mut image = below.image.clone();
            if !image.config.on_build.is_empty() {
                Arc::make_mut(&mut image).config.on_build.clear();
            }
            return DispatchState {
                state: below.state.clone(),
                image,
                base_image: below.base_image.clone(),
                platform: below.platform.clone(),
                build_args: below.build_args.clone(),
                history: below.history,
                steps,
                paths: below.paths,
                workdir_set: below.workdir_set,
                last: state::LastOf::default(),
                outline,
                scan_context: false,
                scan_stage: false,
            };
        }
        let base = planned.base.as_deref();
        let platform = planned.platform.clone();
        let replaced = planned.replaced_by.is_some();
        let platform = platform.unwrap_or_else(|| match replaced {
            true => Arc::default(),
            false => self.plan.target_platform.clone(),
        });
        DispatchState {
            state: base.map_or_else(llb::State::scratch, |base| base.state.clone()),
            image: base.map(|base| base.image.clone()).unwrap_or_default(),
            base_image: base.and_then(|base| base.original.clone()),
            platform,
            build_args: Vec::new(),
            history: None,
            steps,
            paths: id,
            workdir_set: false,
            last: state::LastOf::default(),
            outline,
            scan_context: false,
            scan_stage: false,
        }
    }

    /// Applies the config of the base image and the build's own settings.
    pub(super) fn prepare(&mut self, state: &mut DispatchState) -> Result<(), CompileError> {
        let has_path = state
            .image
            .config
            .env
            .iter()
            .any(|entry| split_env(entry).0 == "PATH");
        // Windows sets its own.
        if !has_path && state.os() != "windows" {
            let path = default_path(state.os());
            state.config_mut().env.push(format!("PATH={path}"));
        }
        let mut fs = std::mem::take(&mut state.state);
        for entry in &state.image.config.env {
            fs = match split_env(entry) {
                (key, _) if key.len() < entry.len() => fs.with_env_pair(entry, key.len()),
                (key, value) => fs.with_env(key, value),
            };
        }
        if !self.options.client.hostname.is_empty() {
            fs = fs.with_hostname(&self.options.client.hostname);
        }
        state.state = fs;
        if !state.image.config.working_dir.is_empty() {
            let dir = state.image.config.working_dir.clone();
            set_workdir(state, &dir)?;
        }
        let user = &state.image.config.user;
        if !user.is_empty() {
            state.state = std::mem::take(&mut state.state).with_user(user);
        }
        state.state = std::mem::take(&mut state.state).with_network(self.options.client.network);
        Ok(())
    }
}
