//! Are the recordings of a lock those of the steps that its builds have?

use std::collections::{BTreeMap, BTreeSet};

use super::collect::{BuildSteps, Document, recorded_steps};
use super::command::word;
use super::hermetic::looks_secret;
use super::model::{Lock, Mode, Recordings};
use super::verify::{Finding, FindingKind};
use crate::collect::CollectSmall as _;
use crate::image::Platform;
use crate::recording::StepKey;
use crate::source::LineRange;
use crate::syntax::{Dockerfile, Instruction};

/// Why no step can keep its network for the sake of `line`: a message and a hint. `runs` are those that could.
pub fn not_a_run(line: u32, runs: &BTreeSet<LineRange>) -> Option<(String, String)> {
    if runs.iter().any(|run| (run.start..=run.end).contains(&line)) {
        return None;
    }
    let lines = runs.iter().map(|run| match run.start == run.end {
        true => run.start.to_string(),
        false => format!("{} to {}", run.start, run.end),
    });
    let lines: Vec<String> = lines.collect();
    let hint = match lines.as_slice() {
        [] => "no RUN of this build has a network to keep: leave it out".to_owned(),
        [one] => format!("the only RUN that has a network to keep is at line {one}"),
        [all @ .., last] => format!(
            "name a RUN that has a network to keep: lines {} and {last}",
            all.join(", ")
        ),
    };
    Some((
        format!("line {line} has no RUN that could keep its network"),
        hint,
    ))
}

/// The lines of the `RUN` instructions of a file.
pub fn run_lines(dockerfile: &Dockerfile) -> BTreeSet<LineRange> {
    let instructions = dockerfile.stages.iter().flat_map(|it| &it.instructions);
    let runs = instructions.filter(|it| matches!(it, Instruction::Run(_)));
    runs.map(|run| run.meta().location).collect_small()
}

/// Steps without a recording, and recordings without a step. A build is complete if it is on one of the platforms that
/// it can be built on.
pub fn check_steps(document: &Document, lock: &Lock, host: &Platform) -> Vec<Finding> {
    let Some(recordings) = lock
        .recordings
        .as_ref()
        .filter(|_| lock.mode == Mode::Hermetic)
    else {
        return Vec::new();
    };
    let programs: BTreeSet<String> = recordings.programs.keys().cloned().collect_small();
    let builds = recorded_steps(document, lock, &programs, host);
    let name = word(document.name());
    let mut unrecorded: BTreeMap<&StepKey, (LineRange, String)> = BTreeMap::new();
    let mut used: BTreeSet<&StepKey> = BTreeSet::new();
    for build in &builds {
        let steps = build.builders.values();
        used.extend(steps.clone().flat_map(BTreeMap::keys));
        let missing = steps.map(|steps| missing(recordings, steps));
        let missing = missing.min_by_key(Vec::len).unwrap_or_default();
        for (key, lines) in missing {
            let hint = || format!("run `rdf lock --record{} {name}`", flags(lock, build));
            unrecorded.entry(key).or_insert_with(|| (lines, hint()));
        }
    }
    let unrecorded = unrecorded.into_iter().map(|(key, (lines, hint))| Finding {
        location: Some(lines),
        kind: FindingKind::Unrecorded,
        subject: key.to_string(),
        message: format!("this RUN is not recorded: {key}"),
        hint,
    });
    // Where nothing compiles, that is what has to be said.
    let unused = recordings.runs.keys().filter(|_| !builds.is_empty());
    let unused = unused.filter(|key| !used.contains(key)).map(|key| Finding {
        location: None,
        kind: FindingKind::Unused,
        subject: key.to_string(),
        message: format!("the lock has a recording of a step that no build has: {key}"),
        hint: format!("run `rdf lock --record {name}`"),
    });
    unrecorded.chain(unused).collect()
}

/// The flags of a recording of this build. Platforms are recorded together.
fn flags(lock: &Lock, build: &BuildSteps) -> String {
    let mut flags = String::new();
    let mut add = |flag: &str, value: &str| flags.push_str(&format!(" {flag} {}", word(value)));
    if !build.target.is_empty() {
        add("--target", &build.target);
    }
    if lock.inputs.platforms.len() > 1 {
        let platforms: Vec<&str> = lock.inputs.platforms.iter().map(String::as_str).collect();
        add("--platform", &platforms.join(","));
    }
    for (name, value) in &build.args {
        match looks_secret(name, value) {
            true => add("--build-arg", name),
            false => add("--build-arg", &format!("{name}={value}")),
        }
    }
    flags
}

fn missing<'s>(
    recordings: &Recordings,
    steps: &'s BTreeMap<StepKey, LineRange>,
) -> Vec<(&'s StepKey, LineRange)> {
    let missing = steps
        .iter()
        .filter(|(key, _)| !recordings.runs.contains_key(*key));
    missing.map(|(key, lines)| (key, *lines)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{Inputs, RecordedRun};

    const DOCKERFILE: &str = "FROM alpine:3 AS app\nARG V=1\nARG TOKEN\nRUN fetch $V\nRUN idle\n";

    fn lock(args: &[(&str, &str)]) -> Lock {
        let set = |args: &[(&str, &str)]| {
            let pairs = args
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            pairs.collect::<BTreeMap<_, _>>()
        };
        Lock {
            mode: Mode::Hermetic,
            inputs: Inputs {
                platforms: ["linux/amd64".to_owned()].into(),
                build_args: [set(args)].into(),
                ..Inputs::default()
            },
            recordings: Some(Recordings {
                programs: [(
                    "linux/amd64".to_owned(),
                    crate::image::Digest::sha256(b"program"),
                )]
                .into(),
                ..Recordings::default()
            }),
            ..Lock::default()
        }
    }

    /// Records all that the lock is for.
    fn record(document: &Document, lock: &mut Lock) {
        let host = Platform::new("linux", "amd64");
        let programs = BTreeSet::from(["linux/amd64".to_owned()]);
        let builds = recorded_steps(document, lock, &programs, &host);
        let keys = builds.into_iter().flat_map(|build| build.builders);
        let runs = keys.flat_map(|(_, steps)| steps);
        let recordings = lock.recordings.as_mut().unwrap();
        recordings
            .runs
            .extend(runs.map(|(key, _)| (key, RecordedRun::default())));
    }

    fn found(document: &Document, lock: &Lock) -> Vec<String> {
        let findings = check_steps(document, lock, &Platform::new("linux", "amd64"));
        let shown = |it: Finding| {
            let line = it.location.map_or(0, |lines| lines.start);
            format!("{} {line} {}", it.kind.code(), it.subject)
        };
        findings.into_iter().map(shown).collect()
    }

    #[test]
    fn a_set_of_arguments_has_steps_of_its_own() {
        let document = Document::new("Dockerfile", DOCKERFILE.as_bytes());
        let mut lock = lock(&[("V", "2"), ("TOKEN", "ghp_x"), ("OTHER", "3")]);
        assert_eq!(
            found(&document, &lock),
            [
                "lock-unrecorded 4 RUN fetch $V (linux/amd64, V=2)",
                "lock-unrecorded 5 RUN idle (linux/amd64, V=2)"
            ]
        );
        record(&document, &mut lock);
        assert_eq!(found(&document, &lock), Vec::<String>::new());
        let more = BTreeMap::from([("V".to_owned(), "4".to_owned())]);
        lock.inputs.build_args.insert(more);
        let missing = check_steps(&document, &lock, &Platform::new("linux", "amd64"));
        assert_eq!(missing.len(), 2, "{missing:?}");
        let hint = "run `rdf lock --record --build-arg V=4 Dockerfile`";
        assert!(missing.iter().all(|it| it.hint == hint), "{missing:?}");
        record(&document, &mut lock);
        assert_eq!(found(&document, &lock), Vec::<String>::new());
        assert_eq!(lock.recordings.as_ref().unwrap().runs.len(), 4);
        let text = crate::lock::file::print(&lock);
        assert_eq!(crate::lock::file::read(text.as_bytes()), Ok(lock));
    }

    #[test]
    fn a_changed_command_is_told_on_both_sides() {
        let before = Document::new("Dockerfile", DOCKERFILE.as_bytes());
        let mut lock = lock(&[]);
        record(&before, &mut lock);
        let moved = DOCKERFILE.replace("RUN fetch", "# a remark\n\nRUN fetch");
        assert!(found(&Document::new("Dockerfile", moved.as_bytes()), &lock).is_empty());
        let after = DOCKERFILE.replace("fetch", "get");
        let after = Document::new("Dockerfile", after.as_bytes());
        assert_eq!(
            found(&after, &lock),
            [
                "lock-unrecorded 4 RUN get $V (linux/amd64)",
                "lock-unused 0 RUN fetch $V (linux/amd64)"
            ]
        );
        lock.mode = Mode::Locked;
        assert!(found(&after, &lock).is_empty());
    }

    #[test]
    fn a_build_is_complete_on_one_of_its_builders() {
        let dockerfile = "FROM --platform=$BUILDPLATFORM scratch AS app\nRUN fetch\n";
        let document = Document::new("Dockerfile", dockerfile.as_bytes());
        let mut lock = lock(&[]);
        record(&document, &mut lock);
        lock.inputs.platforms.insert("linux/arm64".to_owned());
        assert_eq!(found(&document, &lock), Vec::<String>::new());
    }
}
