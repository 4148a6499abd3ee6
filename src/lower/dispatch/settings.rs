//! `WORKDIR`, `USER`, `EXPOSE`, `VOLUME`, `STOPSIGNAL` and `MAINTAINER`.

use std::sync::Arc;

use super::set_workdir;
use crate::diagnostic::ErrorCode;
use crate::go::text;
use crate::image::Timestamp;
use crate::lint::rules::expose_invalid_format::ExposeInvalidFormat;
use crate::lint::rules::expose_proto_casing::ExposeProtoCasing;
use crate::lint::rules::workdir_relative_path::WorkdirRelativePath;
use crate::llb::{ChownOpt, Constraints, FileAction, MkdirOptions};
use crate::lower::state::DispatchState;
use crate::lower::{Lowering, Site, os_path, ports, signal};
use crate::plan::CompileError;
use crate::plan::step_name;
use crate::source::Span;
use crate::syntax::{
    ExposeInstruction, MaintainerInstruction, StopsignalInstruction, UserInstruction,
    VolumeInstruction, WorkdirInstruction,
};

impl Lowering<'_, '_> {
    pub(super) fn workdir(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &WorkdirInstruction,
    ) -> Result<(), CompileError> {
        let written = &instruction.path;
        let path = self.expand(state, site, written)?.into_owned();
        if !state.workdir_set && !os_path::is_abs(&path, state.os()) {
            let violation = WorkdirRelativePath {
                path: path.clone(),
                written: instruction.path.clone(),
            };
            self.report(site, violation);
        }
        state.workdir_set = true;
        let dir = set_workdir(state, &path)
            .and_then(|dir| {
                self.growth.add("working directories", dir.len())?;
                Ok(dir)
            })
            .map_err(|error| error.with_span(written.span))?;
        // The root is there already.
        let layer = dir != "/";
        if layer {
            self.make_workdir(state, site, instruction, &dir);
        }
        self.commit(state, ["WORKDIR ", &dir].concat(), layer);
        Ok(())
    }

    fn make_workdir(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &WorkdirInstruction,
        dir: &str,
    ) {
        let user = &state.image.config.user;
        let options = MkdirOptions {
            make_parents: true,
            owner: (!user.is_empty()).then(|| ChownOpt::parse(user)),
            created: self.plan.epoch.map(Timestamp::unix_nanos),
        };
        let text = step_name::shown(&instruction.meta.code, &self.expander, state.state.env());
        let platform = state.platform.clone();
        let name = self.step_name(state, site, Some(&platform), &text);
        let constraints = Constraints::new()
            .platform(state.platform.clone())
            .custom_name(name);
        let constraints = self.at(constraints, site.location);
        state.state = state
            .state
            .file(FileAction::new().mkdir(dir, 0o755, options), constraints);
    }

    pub(super) fn user(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &UserInstruction,
    ) -> Result<(), CompileError> {
        let user = self.expand(state, site, &instruction.user)?.into_owned();
        state.state = std::mem::take(&mut state.state).with_user(&user);
        self.commit(state, ["USER ", &user].concat(), false);
        state.config_mut().user = user;
        Ok(())
    }

    pub(super) fn expose(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &ExposeInstruction,
    ) -> Result<(), CompileError> {
        let mut words = Vec::with_capacity(instruction.ports.len());
        for port in &instruction.ports {
            // Parity: variables that are not set go unreported here.
            let expanded = self
                .expander
                .expand_words(port.as_bytes(), state.state.env())
                .map_err(|error| CompileError::from(error).with_span(port.span))?;
            let bytes = expanded.words.iter().map(String::len).sum();
            self.growth
                .expansion(port.len(), bytes)
                .map_err(|error| error.with_span(port.span))?;
            words.extend(expanded.words.into_iter().map(|word| (word, port.span)));
        }
        let mut exposed = Vec::with_capacity(words.len());
        for (word, span) in &words {
            let spec = ports::parse(word);
            let facts = match &spec {
                Ok(spec) => Some((spec.protocol_casing, spec.maps_host)),
                Err(error) => error.lint,
            };
            if let Some((casing, maps_host)) = facts {
                self.check_port(site, word, *span, casing, maps_host);
            }
            let ports = spec.map_err(|error| error.error.with_span(*span))?.ports;
            // Each is short: what it takes is mostly not its text.
            let bytes = ports.len() * (size_of::<String>() + "65535/sctp".len());
            self.growth.add("exposed ports", bytes)?;
            exposed.extend(ports);
        }
        self.commit(state, ["EXPOSE ", &text::list(&exposed)].concat(), false);
        state.config_mut().exposed_ports.extend(exposed);
        Ok(())
    }

    fn check_port(
        &mut self,
        site: &Site<'_>,
        port: &str,
        written: Span,
        casing: bool,
        maps_host: bool,
    ) {
        let port = port.to_owned();
        if casing {
            let port = port.clone();
            self.report(site, ExposeProtoCasing { port, written });
        }
        if maps_host {
            self.report(site, ExposeInvalidFormat { port, written });
        }
    }

    pub(super) fn volume(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &VolumeInstruction,
    ) -> Result<(), CompileError> {
        let mut volumes = Vec::with_capacity(instruction.volumes.len());
        for volume in &instruction.volumes {
            volumes.push(self.expand(state, site, volume)?.into_owned());
        }
        if let Some(empty) = volumes.iter().position(String::is_empty) {
            let error = CompileError::new(
                ErrorCode::BlankArgument,
                "VOLUME specified can not be an empty string",
            );
            return Err(match instruction.volumes.get(empty) {
                Some(written) => error.with_span(written.span),
                None => error,
            });
        }
        self.commit(state, ["VOLUME ", &text::list(&volumes)].concat(), false);
        state.config_mut().volumes.extend(volumes);
        Ok(())
    }

    pub(super) fn stopsignal(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &StopsignalInstruction,
    ) -> Result<(), CompileError> {
        let written = &instruction.signal;
        let name = self.expand(state, site, written)?.into_owned();
        signal::check(&name).map_err(|error| error.with_span(written.span))?;
        self.commit(state, ["STOPSIGNAL ", &name].concat(), false);
        state.config_mut().stop_signal = name;
        Ok(())
    }

    pub(super) fn maintainer(
        &mut self,
        state: &mut DispatchState,
        instruction: &MaintainerInstruction,
    ) -> Result<(), CompileError> {
        let maintainer = instruction.maintainer.value.clone();
        let created_by = [b"MAINTAINER ", maintainer.as_bytes()].concat();
        self.commit(state, created_by, false);
        Arc::make_mut(&mut state.image).author = maintainer;
        Ok(())
    }
}
