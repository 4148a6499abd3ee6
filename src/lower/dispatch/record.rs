//! `RUN` with `rdf-run` before its command, where fetches are recorded or replayed.

use std::sync::Arc;

use super::mount::secret_file;
use super::run::Command;
use super::with_shell;
use crate::collect::CollectSmall as _;
use crate::diagnostic::ErrorCode;
use crate::image::{Digest, Platform};
use crate::llb::{
    self, Constraints, ExecState, FileAction, MkdirOptions, ProxyEnv, RunOptions, State,
};
use crate::lower::state::DispatchState;
use crate::lower::{Lowering, Site};
use crate::plan::{CompileError, MountedFile, RECORDED, RecordedStep, RecordingMode};
use crate::recording::{PLACE_PREFIX, StepKey};
use crate::source::LineRange;
use crate::syntax::{Network, RunInstruction, RunMount, RunMountKind};

/// Where the program is mounted. What lies below `/dev` leaves no trace in a layer: a container has its own.
const PROGRAM: &str = "/dev/.rdf/rdf-run";

/// Where the store is mounted.
const STORE: &str = "/dev/.rdf/store";

/// Where a recorded step writes.
const OUT: &str = "/dev/.rdf/out";

/// A `RUN` step behind `rdf-run`.
pub(super) struct Wrapped {
    pub(super) args: Vec<String>,
    mounts: Vec<llb::Mount>,
    /// The place, for messages.
    place: Option<String>,
    recorded: Option<Recorded>,
    /// Whom the command runs as, where that is not root: `rdf-run` starts as root, and becomes that user for it.
    pub(super) user: Option<String>,
    /// It is not wrapped at all, and has a network whatever the build has.
    pub(super) keeps_network: bool,
}

/// A step that is recorded.
pub(super) struct Recorded {
    key: StepKey,
    location: LineRange,
    keeps_network: bool,
}

impl Lowering<'_, '_> {
    /// The name of a step, where it is recorded or replayed. One that has no network anyway is neither.
    pub(super) fn step_key(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        it: &RunInstruction,
        mounts: &[RunMount],
        command: &Command<'_>,
    ) -> Option<StepKey> {
        let recording = self.options.recording.as_ref()?;
        if it.network == Network::None {
            return None;
        }
        let platform = match *state.platform == Platform::default() {
            true => &self.plan.target_platform,
            false => &state.platform,
        };
        let words: Vec<String> = match it.command.shell {
            true => {
                let whole = command.whole();
                let words: Vec<&str> = with_shell(state, &*whole);
                words.into_iter().map(str::to_owned).collect()
            }
            false => command.args.iter().map(ToString::to_string).collect(),
        };
        let mut targets: Vec<String> = mounts.iter().map(|mount| mount.target.clone()).collect();
        targets.sort_unstable();
        let given = &self.options.client.build_args;
        let args = state.build_args.iter().filter_map(|arg| {
            let value = given.get(&*arg.key)?;
            let unnamed = recording.unnamed_args.contains(&*arg.key);
            (!unnamed).then(|| (arg.key.to_string(), value.clone()))
        });
        let mut key = StepKey {
            stage: self.plan.stages[site.stage].display_name.to_string(),
            platform: platform.normalized().format_all(),
            command: words,
            script: command
                .script
                .as_ref()
                .map(|(_, script)| Digest::sha256(script)),
            mounts: targets,
            args: args.collect_small(),
            ordinal: 0,
        };
        let count = self.equal_steps.entry(key.clone()).or_default();
        *count += 1;
        key.ordinal = *count;
        Some(key)
    }

    /// Whether steps get what was recorded.
    pub(super) fn replays(&self) -> bool {
        let recording = self.options.recording.as_ref();
        recording.is_some_and(|it| matches!(it.mode, RecordingMode::Replay(_)))
    }

    /// Puts `rdf-run` before `words`.
    pub(super) fn wrap(
        &self,
        state: &DispatchState,
        site: &Site<'_>,
        it: &RunInstruction,
        key: StepKey,
        mounts: &[RunMount],
        words: &[&str],
    ) -> Result<Wrapped, CompileError> {
        let Some(recording) = &self.options.recording else {
            return Err(CompileError::new(
                ErrorCode::Internal,
                "internal: nothing is recorded",
            ));
        };
        let location = site.location;
        let asked = match &recording.mode {
            RecordingMode::Record { lines, .. } => {
                let mut lines = lines.iter();
                lines.any(|line| (location.start..=location.end).contains(line))
            }
            RecordingMode::Replay(_) => false,
        };
        if asked || recording.networked.contains(&key) {
            let is_recorded = matches!(recording.mode, RecordingMode::Record { .. });
            return Ok(Wrapped {
                args: words.iter().map(|word| (*word).to_owned()).collect(),
                mounts: Vec::new(),
                place: None,
                recorded: is_recorded.then_some(Recorded {
                    key,
                    location,
                    keeps_network: true,
                }),
                user: None,
                keeps_network: true,
            });
        }
        let Some(program) = recording.programs.get(&key.platform) else {
            let message = format!(
                "rdf-run is not available for {}, so this RUN can be neither recorded nor replayed",
                key.platform
            );
            return Err(CompileError::new(ErrorCode::InvalidPlatform, message));
        };
        let mut wrapped = Wrapped {
            args: vec![PROGRAM.to_owned()],
            mounts: vec![mounted(PROGRAM, program)],
            place: None,
            recorded: None,
            user: None,
            keeps_network: false,
        };
        let mut add = |options: &[&str]| {
            wrapped
                .args
                .extend(options.iter().map(|word| (*word).to_owned()));
        };
        match &recording.mode {
            RecordingMode::Record { nonce, .. } => {
                add(&["record", "--dir", OUT, "--nonce", nonce]);
                let out = llb::Mount::bind(OUT, &empty_directory(state)).selector(RECORDED);
                wrapped.mounts.push(out);
                wrapped.recorded = Some(Recorded {
                    key,
                    location,
                    keeps_network: false,
                });
            }
            RecordingMode::Replay(steps) => {
                add(&["replay"]);
                if let Some(step) = steps.get(&key) {
                    let (recording, fetches) = (step.recording.as_str(), step.fetches.as_str());
                    add(&[
                        "--store",
                        STORE,
                        "--recording",
                        recording,
                        "--fetches",
                        fetches,
                    ]);
                    wrapped.mounts.push(mounted(STORE, &step.store));
                }
            }
        }
        let file = self
            .options
            .source_map
            .as_ref()
            .map_or("Dockerfile", |map| map.info().filename.as_str());
        wrapped.place = Some(format!("{PLACE_PREFIX}RUN, {file}:{}", site.location.start));
        // What is fetched with a secret is not kept, and no message shows one.
        for mount in mounts.iter().filter(|it| it.kind == RunMountKind::Secret) {
            let variable = mount.env.as_ref().map(|name| ["--secret-variable", name]);
            let file = secret_file(mount);
            let file = file.as_ref().map(|file| ["--secret-file", file]);
            let words = variable.into_iter().chain(file).flatten();
            wrapped.args.extend(words.map(str::to_owned));
        }
        let user = state.state.user();
        if !matches!(user, "" | "root" | "0") {
            let home = state.state.env().get("HOME");
            let home = home.map(|home| ["--home", home]).into_iter().flatten();
            let words = ["--user", user].into_iter().chain(home);
            wrapped.args.extend(words.map(str::to_owned));
            wrapped.user = Some(user.to_owned());
        }
        for group in it.meta.kept_groups().flat_map(|groups| groups.split(',')) {
            wrapped.args.extend(["--keep", group].map(str::to_owned));
        }
        let epoch = recording.epoch.to_string();
        let end = ["--epoch", &epoch, "--settle", "/", "--"].map(str::to_owned);
        wrapped.args.extend(end);
        wrapped
            .args
            .extend(words.iter().map(|word| (*word).to_owned()));
        Ok(wrapped)
    }
}

impl Wrapped {
    /// Adds what `rdf-run` needs to a run.
    pub(super) fn add_to(self, options: &mut RunOptions) -> Option<Recorded> {
        options.mounts.extend(self.mounts);
        if let Some(place) = self.place {
            // These variables alone may change while the step stays in the cache. A replay reaches no proxy.
            let given = options.proxy.take().filter(|_| self.recorded.is_some());
            options.proxy = Some(Arc::new(ProxyEnv {
                ftp_proxy: place,
                ..given.as_deref().cloned().unwrap_or_default()
            }));
        }
        self.recorded
    }
}

impl Recorded {
    /// The step with what `run` leaves behind.
    pub(super) fn left_by(self, run: &ExecState) -> RecordedStep {
        RecordedStep {
            key: self.key,
            location: self.location,
            out: run.mount(OUT).filter(|_| !self.keeps_network),
        }
    }
}

fn mounted(target: &str, file: &MountedFile) -> llb::Mount {
    llb::Mount::bind(target, &file.state)
        .selector(&file.path)
        .readonly()
}

/// An empty directory.
fn empty_directory(state: &DispatchState) -> State {
    let constraints = Constraints::new()
        .platform(state.platform.clone())
        .custom_name("[internal] prepare a recording");
    State::scratch().file(
        FileAction::new().mkdir(RECORDED, 0o755, MkdirOptions::default()),
        constraints,
    )
}
