//! `RUN`.

use std::borrow::Cow;

use super::with_shell;
use crate::collect::sort_small;
use crate::diagnostic::ErrorCode;
use crate::expand::{Env, Escapes, Expander, Quotes, Unset};
use crate::llb::{
    self, CUSTOM_NAME, CdiDevice, Constraints, Description, EnvList, HostIp, NetMode, RunArgs,
    RunOptions, SecurityMode,
};
use crate::lower::state::{BuildArg, DispatchState};
use crate::lower::{Lowering, Site};
use crate::plan::CompileError;
use crate::plan::step_name;
use crate::syntax::{
    self, Heredoc, Network, RunInstruction, RunMount, RunMountKind, Security, Text,
};

/// Where scripts of heredocs with a `#!` line are mounted.
const SCRIPTS: &str = "/dev/pipes/";

/// The command of a `RUN`, its heredocs resolved.
pub(super) struct Command<'i> {
    pub(super) args: Vec<Cow<'i, str>>,
    /// A script to be mounted: name and content.
    pub(super) script: Option<(String, Vec<u8>)>,
    /// What the step name says about the heredoc.
    summary: Option<String>,
}

impl Lowering<'_, '_> {
    pub(super) fn run(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        it: &RunInstruction,
    ) -> Result<(), CompileError> {
        let mounts = self.read_mounts(state, site, it)?;
        // A command may read anything.
        self.mark_all(state.paths);
        let command = resolve_command(state, it)?;
        // Without a file for the script, its text is an argument.
        let mut files = it.command.files.iter();
        if it.command.args.iter().any(|arg| !arg.is_utf8())
            || command.script.is_none() && files.any(|file| !file.content.is_utf8())
        {
            self.invalid_text.get_or_insert(it.meta.location);
        }
        if self.options.findings_only {
            // What is left can only go wrong by what the build adds to the step.
            return self.add_mounts(state, site, &it.mounts, mounts, &mut RunOptions::default());
        }
        let mut created_by = self.history.text();
        let key = self.step_key(state, site, it, &mounts, &command);
        let (args, wrapped) = {
            let whole = command.whole();
            let words = match it.command.shell {
                true => with_shell(state, &*whole),
                false => command.args.iter().map(|arg| &**arg).collect(),
            };
            history_text(&mut created_by, &words, state);
            match key {
                None => (RunArgs::of(&words), None),
                Some(key) => {
                    let wrapped = self.wrap(state, site, it, key, &mounts, &words)?;
                    (RunArgs::of(&wrapped.args), Some(wrapped))
                }
            }
        };
        let mut options = RunOptions {
            proxy: self.proxy.clone(),
            ..Default::default()
        };
        if let Some((file, data)) = &command.script {
            let document = self.inline_document(state, file, 0o755, data);
            options.mounts.push(
                llb::Mount::bind(SCRIPTS, &document)
                    .selector("/")
                    .readonly(),
            );
        }
        let shown = self.shown(state, it, &mounts, command.summary.as_deref());
        // Relative targets start from the working directory.
        let directories = mounts.len() * state.state.dir().len();
        self.add_mounts(state, site, &it.mounts, mounts, &mut options)?;
        options.security = Some(match it.security {
            Security::Insecure => SecurityMode::Insecure,
            _ => SecurityMode::Sandbox,
        });
        let keeps_network = wrapped.as_ref().is_some_and(|it| it.keeps_network);
        options.network = match it.network {
            Network::None => Some(NetMode::None),
            Network::Host => Some(NetMode::Host),
            _ if keeps_network => Some(NetMode::Unset),
            _ => None,
        };
        let network = options.network.unwrap_or_else(|| state.state.network());
        match network {
            NetMode::None => {}
            _ if keeps_network => self.allowed_network.push(site.location),
            _ => self.networked.push(site.location),
        }
        if self.options.hermetic {
            options.valid_exit_codes = self.own_exit_codes();
        }
        self.add_limits(it, keeps_network, &mut options)?;
        let platform = state.state.platform();
        let platform = platform.filter(|_| self.options.client.multi_platform);
        let platform = platform.cloned();
        let name = self.step_name(state, site, platform.as_ref(), &shown);
        options.constraints = self.run_constraints(site, it, &name);
        // The step carries all variables, its name and its history text what they are replaced by.
        let carried: usize = state.state.env().pairs().map(str::len).sum();
        self.growth.expansion(
            2 * it.meta.code.len(),
            carried + shown.len() + created_by.len(),
        )?;
        self.growth.add(
            "working directory and user of steps",
            directories + state.meta_bytes(),
        )?;
        let user = wrapped.as_ref().and_then(|it| it.user.clone());
        let as_root = user.is_some().then(|| state.state.clone().with_user(""));
        let recorded = wrapped.and_then(|wrapped| wrapped.add_to(&mut options));
        let run = as_root
            .as_ref()
            .unwrap_or(&state.state)
            .run_args(args, options);
        if let Some(recorded) = recorded {
            self.recorded.push(recorded.left_by(&run));
        }
        state.state = match &user {
            Some(user) => run.root().with_user(user),
            None => run.root(),
        };
        self.commit_text(state, created_by, true);
        Ok(())
    }

    /// Daemons leave proxies out of the names of cached results, so that one of a build with proxies would be taken for
    /// that of a build without. What is said of exit codes is in the name, and this is what holds unsaid; no Dockerfile
    /// says it. `None` where the daemon does not know it: nothing cached is taken there.
    fn own_exit_codes(&self) -> Option<Vec<i32>> {
        let caps = &self.options.client.caps;
        let is_known = caps.supports(llb::caps::EXEC_VALID_EXIT_CODE);
        is_known.then(|| vec![0])
    }

    fn run_constraints(&self, site: &Site<'_>, it: &RunInstruction, name: &str) -> Constraints {
        let shares_cache = self.options.hermetic && self.own_exit_codes().is_none();
        let mut constraints =
            Constraints::new().ignore_cache(self.ignores_cache(site) || shares_cache);
        constraints.metadata.description = Description::of_sorted(&[
            (step_name::COMMAND_KEY, it.meta.code.as_str()),
            (CUSTOM_NAME, name),
        ]);
        let constraints = self.at(constraints, site.location);
        match &self.options.client.linux_resources {
            Some(resources)
                if self
                    .options
                    .client
                    .caps
                    .supports(llb::caps::EXEC_META_LINUX_RESOURCES) =>
            {
                constraints.linux_resources(resources.clone())
            }
            _ => constraints,
        }
    }

    /// The step's text: variables replaced where they are set, values of secrets hidden, all else as written.
    fn shown<'i>(
        &self,
        state: &DispatchState,
        it: &'i RunInstruction,
        mounts: &[RunMount],
        summary: Option<&str>,
    ) -> Cow<'i, str> {
        let expander = Expander {
            quotes: Quotes::Keep,
            escapes: Escapes::Keep,
            unset: Unset::Keep,
            ..self.expander
        };
        let secrets: Vec<&str> = mounts
            .iter()
            .filter(|mount| mount.kind == RunMountKind::Secret)
            .filter_map(|mount| mount.env.as_deref())
            .collect();
        let env = Masked {
            env: state.state.env(),
            secrets: &secrets,
        };
        match summary {
            None => step_name::shown(&it.meta.code, &expander, &env),
            Some(summary) => {
                let text = Text::from(format!("{} ({summary})", it.meta.code));
                Cow::Owned(step_name::shown(&text, &expander, &env).into_owned())
            }
        }
    }

    /// What the build, rather than the instruction, gives every container; as far as the daemon can.
    fn add_limits(
        &self,
        it: &RunInstruction,
        keeps_network: bool,
        options: &mut RunOptions,
    ) -> Result<(), CompileError> {
        let given = &self.options.client;
        if given.caps.supports(llb::caps::EXEC_META_ULIMIT) {
            options.ulimits.extend(given.ulimits.iter().cloned());
        }
        if given.caps.supports(llb::caps::EXEC_META_CDI) {
            let devices = it.devices.iter();
            options.cdi_devices.extend(devices.map(|device| CdiDevice {
                name: device.name.clone(),
                optional: !device.required,
            }));
        }
        // What answered under a name is in the recording: a replayed step does not see the names.
        let sees_names = keeps_network || !self.replays();
        let hosts = given.extra_hosts.iter().filter(|_| sees_names);
        options.extra_hosts.extend(hosts.map(|(host, ip)| HostIp {
            host: host.clone(),
            ip: ip.clone(),
        }));
        if given.shm_size > 0 && given.caps.supports(llb::caps::EXEC_MOUNT_TMPFS_SIZE) {
            options
                .mounts
                .push(llb::Mount::tmpfs("/dev/shm", given.shm_size));
        }
        if !given.cgroup_parent.is_empty()
            && given.caps.supports(llb::caps::EXEC_META_CGROUP_PARENT)
        {
            options.cgroup_parent = Some(given.cgroup_parent.clone());
        }
        Ok(())
    }
}

impl Command<'_> {
    /// The arguments as the one word that a shell gets.
    pub(super) fn whole(&self) -> Cow<'_, str> {
        match self.args.as_slice() {
            [whole] => Cow::Borrowed(whole),
            args => Cow::Owned(args.join(" ")),
        }
    }
}

/// The variables of a stage, those that hold secrets masked.
struct Masked<'e> {
    env: &'e EnvList,
    secrets: &'e [&'e str],
}

impl Env for Masked<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        if self.secrets.contains(&name) {
            Some("****")
        } else {
            self.env.get(name)
        }
    }

    fn keys(&self) -> Vec<&str> {
        let known = self
            .env
            .iter()
            .map(|(key, _)| key)
            .filter(|key| !self.secrets.contains(key));
        known.chain(self.secrets.iter().copied()).collect()
    }
}

fn resolve_command<'i>(
    state: &DispatchState,
    it: &'i RunInstruction,
) -> Result<Command<'i>, CompileError> {
    let args = it.command.args.iter();
    let args: Vec<Cow<'_, str>> = args.map(|arg| Cow::Borrowed(arg.as_str())).collect();
    let Some(first) = it.command.files.first() else {
        return Ok(Command {
            args,
            script: None,
            summary: None,
        });
    };
    let [line] = args.as_slice() else {
        let shown = args.join(" ");
        return Err(CompileError::new(
            ErrorCode::InvalidRunHeredoc,
            format!("parsing produced an invalid run command: [{shown}]"),
        )
        .with_span(it.meta.args));
    };
    if syntax::heredoc::parse_heredoc(line).is_none() {
        return Ok(Command {
            args: vec![Cow::Owned(rebuilt(line, &it.command.files))],
            script: None,
            summary: None,
        });
    }
    let content = if first.chomp {
        syntax::chomp_heredoc(first.content.as_bytes())
    } else {
        first.content.as_bytes().to_vec()
    };
    let summary = Some(step_name::heredoc_summary(first.content.as_str()));
    // A script says itself what runs it.
    if state.image.platform.os != "windows" && content.starts_with(b"#!") {
        let name = first.name.as_str().to_owned();
        let args = vec![Cow::Owned(crate::go::path::join(&[SCRIPTS, &name]))];
        return Ok(Command {
            args,
            script: Some((name, content)),
            summary,
        });
    }
    let text = crate::go::utf8::to_valid(&content).into_owned();
    Ok(Command {
        args: vec![Cow::Owned(text)],
        script: None,
        summary,
    })
}

/// A line with heredocs in it, as the shell will read it.
fn rebuilt(line: &str, files: &[Heredoc]) -> String {
    let mut text = line.to_owned();
    for file in files {
        text.push('\n');
        text.push_str(file.content.as_str());
        text.push_str(file.name.as_str());
    }
    text
}

/// `RUN |2 A=1 B=2 /bin/sh -c … # buildkit`: the command with the build arguments that it saw.
fn history_text(text: &mut String, args: &[&str], state: &DispatchState) {
    text.push_str("RUN ");
    if !state.build_args.is_empty() {
        let env = state.state.env();
        let seen = first_of_each(&state.build_args);
        text.extend(["|", &seen.len().to_string(), " "]);
        for (key, value) in seen {
            text.extend([key, "=", env.get(key).unwrap_or(value), " "]);
        }
    }
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(arg);
    }
    text.push_str(" # buildkit");
}

/// Each argument once, where it was declared first, with the value that it was given last.
fn first_of_each(args: &[BuildArg]) -> Vec<(&str, &str)> {
    let mut declared: Vec<(usize, &BuildArg)> = args.iter().enumerate().collect();
    // Those of one name side by side, in the order of their declarations.
    sort_small(&mut declared, |(_, a), (_, b)| a.key.cmp(&b.key));
    let of_one_name = declared.chunk_by(|(_, a), (_, b)| a.key == b.key);
    let mut seen: Vec<(usize, (&str, &str))> = of_one_name
        .filter_map(|same| {
            let ((place, first), (_, last)) = (same.first()?, same.last()?);
            Some((*place, (&*first.key, last.value.as_deref().unwrap_or(""))))
        })
        .collect();
    sort_small(&mut seen, |(a, _), (b, _)| a.cmp(b));
    seen.into_iter().map(|(_, arg)| arg).collect()
}
