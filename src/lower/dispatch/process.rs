//! `CMD`, `ENTRYPOINT`, `HEALTHCHECK` and `SHELL`: how containers of the image start.

use super::with_shell;
use crate::go::{quote, text, time::Duration};
use crate::image::Healthcheck;
use crate::lint::rules::json_args_recommended::JsonArgsRecommended;
use crate::lint::rules::multiple_instructions_disallowed::MultipleInstructionsDisallowed;
use crate::lower::state::{DispatchState, Earlier};
use crate::lower::{Lowering, Site};
use crate::plan::CompileError;
use crate::syntax::{
    Argument, CmdInstruction, CommandLine, EntrypointInstruction, HealthcheckInstruction,
    InstructionMeta, ShellInstruction, Text,
};

impl Lowering<'_, '_> {
    pub(super) fn cmd(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &CmdInstruction,
    ) -> Result<(), CompileError> {
        let meta = &instruction.meta;
        let earlier = state.last.cmd.replace(Earlier::new(site, meta));
        self.check_last(site, meta, earlier);
        let args = self.process_args(state, site, meta, &instruction.command);
        self.commit(state, ["CMD ", &quoted(&args)].concat(), false);
        state.config_mut().cmd = args;
        state.config_mut().args_escaped = true;
        Ok(())
    }

    pub(super) fn entrypoint(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &EntrypointInstruction,
    ) -> Result<(), CompileError> {
        let meta = &instruction.meta;
        let earlier = state.last.entrypoint.replace(Earlier::new(site, meta));
        self.check_last(site, meta, earlier);
        let args = self.process_args(state, site, meta, &instruction.command);
        self.commit(state, ["ENTRYPOINT ", &quoted(&args)].concat(), false);
        state.config_mut().entrypoint = args;
        // The base's arguments were meant for the base's entrypoint.
        if state.last.cmd.is_none() {
            state.config_mut().cmd.clear();
        }
        Ok(())
    }

    fn process_args(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        meta: &InstructionMeta,
        command: &CommandLine,
    ) -> Vec<Text> {
        let args = texts(&command.args);
        if !command.shell {
            return args;
        }
        if state.image.config.shell.is_empty() {
            let violation = JsonArgsRecommended {
                keyword: meta.keyword.to_string(),
                arguments: meta.args,
            };
            self.report(site, violation);
        }
        with_shell(state, joined(&args))
    }

    /// Reports the earlier one of two instructions of which only the last counts.
    fn check_last(&mut self, site: &Site<'_>, meta: &InstructionMeta, earlier: Option<Earlier>) {
        if let Some(earlier) = earlier {
            let violation = MultipleInstructionsDisallowed {
                keyword: meta.keyword.to_string(),
                earlier: earlier.arguments,
            };
            // The rules that are on here decide, but the place is the earlier one's.
            let scope = site.scope.clone().of_trigger(earlier.in_trigger);
            self.linter
                .report(&scope, Some(earlier.location), violation);
        }
    }

    pub(super) fn healthcheck(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &HealthcheckInstruction,
    ) -> Result<(), CompileError> {
        let meta = &instruction.meta;
        let earlier = state.last.healthcheck.replace(Earlier::new(site, meta));
        self.check_last(site, meta, earlier);
        let check = Healthcheck {
            test: texts(&instruction.test),
            interval: instruction.interval,
            timeout: instruction.timeout,
            start_period: instruction.start_period,
            start_interval: instruction.start_interval,
            retries: i64::from(instruction.retries),
        };
        self.commit(state, shown(&check).as_bytes(), false);
        state.config_mut().healthcheck = Some(check);
        Ok(())
    }

    pub(super) fn shell(
        &mut self,
        state: &mut DispatchState,
        instruction: &ShellInstruction,
    ) -> Result<(), CompileError> {
        let shell = strings(&instruction.shell);
        self.commit(state, ["SHELL ", &text::list(&shell)].concat(), false);
        state.config_mut().shell = shell;
        Ok(())
    }
}

impl Earlier {
    fn new(site: &Site<'_>, meta: &InstructionMeta) -> Self {
        Earlier {
            location: site.location,
            arguments: meta.args,
            in_trigger: site.onbuild,
        }
    }
}

/// A command as history shows it, with the very bytes that the file has.
fn quoted(args: &[Text]) -> String {
    let args: Vec<&[u8]> = args.iter().map(Text::as_bytes).collect();
    quote::quote_slice(&args)
}

fn joined(args: &[Text]) -> Text {
    let args: Vec<&[u8]> = args.iter().map(Text::as_bytes).collect();
    Text::from_bytes(&args.join(&b' '))
}

/// A health check as history shows it: its fields with their names.
fn shown(check: &Healthcheck) -> Text {
    let times = format!(
        " Interval:{} Timeout:{} StartPeriod:{} StartInterval:{} Retries:{}}}",
        Duration(check.interval),
        Duration(check.timeout),
        Duration(check.start_period),
        Duration(check.start_interval),
        check.retries,
    );
    let test = joined(&check.test);
    let parts = [
        b"HEALTHCHECK {Test:[",
        test.as_bytes(),
        b"]",
        times.as_bytes(),
    ];
    Text::from_bytes(&parts.concat())
}

fn texts(args: &[Argument]) -> Vec<Text> {
    args.iter().map(|arg| arg.value.clone()).collect()
}

fn strings(args: &[Argument]) -> Vec<String> {
    args.iter().map(|arg| arg.as_str().to_owned()).collect()
}
