//! `rdf lock --record`: a client of the daemon builds, records and proves; what comes of it is checked, then moved into
//! place, the lock last.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::super::super::exit::Exit;
use super::args::{LockArgs, StoreTarget};
use super::artifact;
use super::client::{Build, Failed, cannot, failed};
use super::file::Subject;
use super::job::tell_directives;
use super::report::Report;
use super::store::{Store, digest_of};
use super::world::client;
use super::{images, resolve, write};
use crate::cli::files::read_file;
use crate::cli::shell::{counted, counted_as};
use crate::cli::variant::host;
use crate::image::{Digest, Reference};
use crate::limits::MAX_LOCK_BYTES;
use crate::lock::collect::{Document, SYNTAX_ARG, recorded_steps};
use crate::lock::recorded::{not_a_run, run_lines};
use crate::lock::{Lock, RecordedRun, RecordingStore, Recordings, diff, file};
use crate::recording::StepKey;
use crate::registry::Error;
use crate::source::LineRange;
use crate::syntax::{DirectiveKind, Instruction, Network};

/// Records; with `--update` or `--precise` first moves the pins, which stay where they were if the recording fails.
pub(super) async fn record(args: &LockArgs, report: &mut Report) -> Exit {
    let subjects = match Subject::read_all(&args.inputs, report) {
        Ok(subjects) => subjects,
        Err(exit) => return exit,
    };
    let moves = args.update.is_some()
        || [&args.precise, &args.free_arg]
            .iter()
            .any(|it| !it.is_empty())
        || !args.secret.is_empty();
    if moves {
        let mut making = Report::new(report.format());
        making.is_watched = report.is_watched;
        let exit = resolve::make(args, &mut making).await;
        let exit = exit.max(making.worst());
        if exit > Exit::Ok {
            report.append(making);
            return exit;
        }
        // What it says of pins is said of the recorded lock, once there is one.
    }
    for subject in &subjects {
        tell_directives(subject, report);
    }
    for (input, subject) in args.inputs.iter().zip(&subjects) {
        match record_one(args, input.path(), subject, report).await {
            Ok(told) => report.note(told),
            Err(failed) => {
                if moves {
                    restore(subject, report);
                }
                failed.tell(subject, report);
            }
        }
    }
    Exit::Ok
}

impl Failed {
    fn tell(self, subject: &Subject, report: &mut Report) {
        let Failed {
            line,
            code,
            message,
            hint,
            exit,
        } = self;
        report.item(&subject.shown, line, code, "", &message, &hint, exit);
    }
}

/// Puts the lock back as it was before its pins were moved.
fn restore(subject: &Subject, report: &mut Report) {
    let restored = match &subject.lock_bytes {
        Some(bytes) => write::replace(&subject.lock_path, bytes),
        None => fs::remove_file(&subject.lock_path),
    };
    if let Err(error) = restored {
        let shown = subject.lock_path.display().to_string();
        let message = format!("cannot restore {shown}: {error}");
        let hint = "its pins have moved, and its recordings are the old ones: restore it from version control";
        report.problem(&shown, None, "lock-unwritable", &message, hint);
    }
}

/// What one recording brought.
struct Brought {
    text: Vec<u8>,
    lock: Lock,
    recordings: Recordings,
    /// Its blobs.
    bodies: PathBuf,
    /// Those of the store that it adds to.
    kept: PathBuf,
    /// Hosts that a step asked with credentials.
    private: Vec<String>,
}

/// Records one Dockerfile; gives what is said about it.
async fn record_one(
    args: &LockArgs,
    path: &Path,
    subject: &Subject,
    report: &mut Report,
) -> Result<String, Failed> {
    let directives = &subject.document.source().parsed().dockerfile.directives;
    let is_given = args
        .build_arg
        .iter()
        .any(|arg| arg.split('=').next() == Some(SYNTAX_ARG));
    if !is_given && !directives.iter().any(|it| it.kind == DirectiveKind::Syntax) {
        return Err(Failed {
            hint: "begin the Dockerfile with `# syntax=` and the image of this project's frontend, or name that with \
                   `--build-arg BUILDKIT_SYNTAX=…`"
                .to_owned(),
            ..failed(
                Exit::Usage,
                "a Dockerfile that names no frontend cannot be recorded",
            )
        });
    }
    allowed_lines(args, subject)?;
    no_host_network(args, subject)?;
    let target = target(args, subject);
    let build = Build::new(args, path)?;
    if let StoreTarget::Registry(to) = &target {
        let taken = async { client(args)?.takes_blobs(to).await };
        taken.await.map_err(not_stored(
            "the store cannot be pushed, so nothing was recorded",
        ))?;
    }
    // What comes is kept aside in the directory that no build has in its context.
    let aside = Store::of(path);
    let incoming = aside.incoming();
    let incoming = incoming.map_err(cannot(format!("create {}", aside.root.display())))?;
    let watched = report.is_watched;

    let started = Instant::now();
    let first = incoming.0.join("first");
    let brought = build_recorded(args, &build, "recording", &first, path, subject, watched)?;
    if args.twice {
        let again = incoming.0.join("second");
        let doing = "recording once more";
        let again = build_recorded(args, &build, doing, &again, path, subject, watched)?;
        let mut unstable = differences(&subject.document, &brought, &again);
        if let Some(last) = unstable.pop() {
            unstable.into_iter().for_each(|it| it.tell(subject, report));
            return Err(last);
        }
        fs::remove_dir_all(incoming.0.join("second"))
            .map_err(cannot(format!("remove {}", incoming.0.display())))?;
    }
    let recorded = started.elapsed();

    let started = Instant::now();
    let proof = build.run(
        "building offline from what was recorded",
        &["RDF_LOCK=hermetic"],
        &[
            "--no-cache".to_owned(),
            "--output=type=cacheonly".to_owned(),
            format!("--build-context=rdf-lock={}", first.display()),
        ],
        watched,
        Exit::Findings,
    );
    proof.map_err(|failed| failed.of_private(&brought.private))?;
    let proved = started.elapsed();

    let recordings = &brought.recordings;
    let with_fetches = recordings.runs.values();
    let with_fetches = with_fetches.filter(|run| run.recording.is_some()).count();
    // Bodies before the lock that names them: whatever stops this, the old lock still has its own.
    let (place, kept) = match &target {
        StoreTarget::Folder => {
            let place = RecordingStore::Folder;
            let told = keep(&brought, path, &place)?;
            (place, told)
        }
        StoreTarget::Layout(name) => {
            let place = RecordingStore::Layout(name.clone());
            let told = keep(&brought, path, &place)?;
            (place, told)
        }
        StoreTarget::Registry(to) => push(args, to, &brought, &incoming.0).await?,
    };
    let text = match place == recordings.store {
        true => brought.text,
        false => file::print(&Lock {
            recordings: Some(Recordings {
                store: place,
                ..recordings.clone()
            }),
            ..brought.lock.clone()
        })
        .into_bytes(),
    };
    let written = write::replace(&subject.lock_path, &text);
    written.map_err(cannot(format!("write {}", subject.lock_path.display())))?;
    tell_moves(subject, &brought.lock, report);
    Ok(format!(
        "{}: {} of {} recorded in {:.1} s, built offline in {:.1} s; {kept}",
        subject.lock_path.display(),
        counted_as(recordings.fetches().count(), "fetch", "fetches"),
        counted(with_fetches, "RUN step"),
        recorded.as_secs_f32(),
        proved.as_secs_f32(),
    ))
}

/// Refuses what `--allow-network` names and no `RUN` of the file can be: a number of no such line, or no number.
fn allowed_lines(args: &LockArgs, subject: &Subject) -> Result<(), Failed> {
    if args.allow_network == ["none"] {
        return Ok(());
    }
    let dockerfile = &subject.document.source().parsed().dockerfile;
    let runs = run_lines(dockerfile);
    // A base image may bring a RUN of its own; the frontend knows.
    let bases: BTreeSet<LineRange> = dockerfile
        .stages
        .iter()
        .map(|it| it.meta.location)
        .collect();
    for word in &args.allow_network {
        let Ok(line) = word.trim().parse() else {
            return Err(Failed {
                hint: "give the number of the line on which a RUN begins, several with commas, or `none`".to_owned(),
                ..failed(Exit::Usage, format!("`{word}` is not a valid line for `--allow-network`"))
            });
        };
        let wrong = not_a_run(line, &runs).filter(|_| not_a_run(line, &bases).is_some());
        if let Some((message, hint)) = wrong {
            let message = format!("`--allow-network`: {message}");
            return Err(Failed {
                line: Some(line),
                hint,
                ..failed(Exit::Usage, message)
            });
        }
    }
    Ok(())
}

/// Refuses a `RUN` with the network of the host, past which nothing is recorded, unless it is to keep a network.
fn no_host_network(args: &LockArgs, subject: &Subject) -> Result<(), Failed> {
    let dockerfile = &subject.document.source().parsed().dockerfile;
    let mut instructions = dockerfile.stages.iter().flat_map(|it| &it.instructions);
    let open = instructions.find_map(|instruction| match instruction {
        Instruction::Run(run) if run.network == Network::Host => Some(run.meta.location.start),
        _ => None,
    });
    let is_allowed = |line: &u32| {
        args.allow_network
            .iter()
            .any(|it| it.trim() == line.to_string())
    };
    match open.filter(|line| !is_allowed(line)) {
        None => Ok(()),
        Some(line) => Err(Failed {
            line: Some(line),
            hint:
                "leave out `--network=host`: a recorded step reaches its servers through `rdf-run`"
                    .to_owned(),
            ..failed(
                Exit::Usage,
                "this RUN has the network of the host, past which nothing is recorded",
            )
        }),
    }
}

/// Where a recording goes: where the flag says, else where the last one is.
fn target(args: &LockArgs, subject: &Subject) -> StoreTarget {
    let old = subject
        .lock
        .as_ref()
        .and_then(|lock| lock.recordings.as_ref());
    match (&args.store, old.map(|old| &old.store)) {
        (Some(target), _) => target.clone(),
        (None, Some(RecordingStore::Registry(old))) => {
            StoreTarget::Registry(old.index.trim_named())
        }
        (None, Some(RecordingStore::Layout(old))) => StoreTarget::Layout(old.clone()),
        (None, _) => StoreTarget::Folder,
    }
}

/// What a registry refuses, with what follows from it.
fn not_stored(what: &'static str) -> impl Fn(Error) -> Failed {
    move |error| Failed {
        hint: error.hint.clone().unwrap_or_default(),
        ..failed(Exit::Unresolved, format!("{what}: {error}"))
    }
}

/// Brings what was recorded into a registry; gives where it is then, and what is said about it.
async fn push(
    args: &LockArgs,
    to: &Reference,
    brought: &Brought,
    scratch: &Path,
) -> Result<(RecordingStore, String), Failed> {
    let find = |digest: &Digest| brought.find(digest);
    let pushed =
        async { images::push(&client(args)?, to, &brought.recordings, &find, scratch).await };
    let pushed = pushed
        .await
        .map_err(not_stored("the store was not pushed"))?;
    let kept = format!(
        "{}: {} of {} KiB pushed",
        pushed.store.index,
        counted(pushed.layers, "new layer"),
        pushed.bytes.div_ceil(1024)
    );
    Ok((RecordingStore::Registry(pushed.store), kept))
}

/// Brings what was recorded into a directory beside the lock; gives what is said about it.
fn keep(brought: &Brought, dockerfile: &Path, place: &RecordingStore) -> Result<String, Failed> {
    let store = Store::of_lock(dockerfile, place);
    take(brought, &store.bodies)?;
    if let RecordingStore::Layout(_) = place {
        let name = dockerfile.file_name().unwrap_or_default().to_string_lossy();
        artifact::list(&store, &name, &brought.recordings)
            .map_err(|message| failed(Exit::Usage, message))?;
    }
    let bytes = size(&brought.recordings, &store.bodies).div_ceil(1024);
    Ok(format!("{} holds {bytes} KiB for it", store.root.display()))
}

impl Brought {
    /// The file of a blob: one that the build brought, else one of the store that the last recording is in.
    fn find(&self, digest: &Digest) -> PathBuf {
        let fresh = self.bodies.join(digest.encoded());
        match fresh.is_file() {
            true => fresh,
            false => self.kept.join(digest.encoded()),
        }
    }

    /// Whether everything that the lock names is there and is what its name says.
    fn check(&self) -> Result<(), Failed> {
        for digest in self.recordings.blobs() {
            let path = self.find(digest);
            if !path.is_file() {
                let message = format!("the build gave no {digest}, which the new lock names");
                return Err(failed(Exit::Integrity, message));
            }
            let is = digest_of(&path).map_err(cannot(format!("read {}", path.display())))?;
            if is != *digest {
                let message = format!("{} has the digest {is}", path.display());
                return Err(failed(Exit::Integrity, message));
            }
        }
        Ok(())
    }
}

/// Builds and records into `to`, and holds what came against its digests.
fn build_recorded(
    args: &LockArgs,
    build: &Build,
    doing: &str,
    to: &Path,
    dockerfile: &Path,
    subject: &Subject,
    is_watched: bool,
) -> Result<Brought, Failed> {
    let mut given = vec!["RDF_LOCK=record".to_owned()];
    if !args.allow_network.is_empty() {
        given.push(format!("RDF_NETWORK={}", args.allow_network.join(",")));
    }
    let has_time = args
        .build_arg
        .iter()
        .any(|arg| arg.starts_with("SOURCE_DATE_EPOCH"));
    if args.update.is_some() && !has_time {
        // What is fetched anew has a new date.
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        given.push(format!("SOURCE_DATE_EPOCH={}", now.as_secs()));
    }
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let output = format!("--output=type=local,dest={}", to.display());
    let private = build.run(doing, &given, &[output], is_watched, Exit::Unresolved)?;
    let lock_name = subject.lock_path.file_name().unwrap_or_default();
    let limit = u64::try_from(MAX_LOCK_BYTES).unwrap_or(u64::MAX);
    let text = read_file(&to.join(lock_name), limit).map_err(|_| Failed {
        hint:
            "the image after `# syntax=` must be this project's frontend, of a version that records"
                .to_owned(),
        ..failed(Exit::Usage, "the build gave no lock")
    })?;
    let lock = file::read(&text)
        .map_err(|error| failed(Exit::Integrity, format!("the new lock: {error}")))?;
    let recordings = lock.recordings.clone().unwrap_or_default();
    let beside = to.join(dockerfile.file_name().unwrap_or_default());
    let brought = Brought {
        bodies: Store::of_lock(&beside, &recordings.store).bodies,
        kept: Store::of_lock(dockerfile, &recordings.store).bodies,
        text,
        lock,
        recordings,
        private,
    };
    brought.check()?;
    Ok(brought)
}

/// The steps that fetched something else the second time, each with what that is.
fn differences(document: &Document, first: &Brought, second: &Brought) -> Vec<Failed> {
    let lines = step_lines(document, &first.lock);
    let none = RecordedRun::default();
    let runs = |brought: &Brought, key: &StepKey| {
        let run = brought.recordings.runs.get(key).unwrap_or(&none);
        let fetches = run.fetches.iter();
        let pairs = fetches.map(|fetch| (fetch.url.clone(), fetch.digest.clone()));
        pairs.collect::<BTreeSet<_>>()
    };
    let keys = first.recordings.runs.keys();
    let keys: BTreeSet<&StepKey> = keys.chain(second.recordings.runs.keys()).collect();
    let unstable = keys.into_iter().filter_map(|key| {
        let (first, second) = (runs(first, key), runs(second, key));
        let urls = first.symmetric_difference(&second).map(|(url, _)| url);
        let urls: BTreeSet<&String> = urls.collect();
        let told = urls.into_iter().map(|url| {
            let has = |fetches: &BTreeSet<(String, _)>| fetches.iter().any(|(have, _)| have == url);
            match (has(&first), has(&second)) {
                (true, true) => format!("{url} gave other bytes"),
                (true, false) => format!("{url} was asked for the first time only"),
                _ => format!("{url} was asked for the second time only"),
            }
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| Failed {
            line: lines.get(key).map(|lines| lines.start),
            code: "lock-unstable",
            hint: "look at what differs; leave out `--twice` to record what came first".to_owned(),
            ..failed(
                Exit::Findings,
                format!("two recordings of {key} differ: {}", told.join("; ")),
            )
        })
    });
    unstable.collect()
}

/// Where the steps stand that `lock` has recordings of.
fn step_lines(document: &Document, lock: &Lock) -> BTreeMap<StepKey, LineRange> {
    let recordings = lock.recordings.as_ref();
    let programs = recordings.map(|it| it.programs.keys().cloned().collect());
    let builds = recorded_steps(document, lock, &programs.unwrap_or_default(), &host());
    let builders = builds.into_iter().flat_map(|build| build.builders);
    builders.flat_map(|(_, steps)| steps).collect()
}

/// What moved; of a first recording, all of which is new, only for those who want to know.
fn tell_moves(subject: &Subject, lock: &Lock, report: &mut Report) {
    let old = subject.lock.clone().unwrap_or_default();
    for id in lock.secrets.difference(&old.secrets) {
        report.note(format!(
            "{}: steps of builds may have the secret `{id}` from now on",
            subject.lock_path.display()
        ));
    }
    let changes = diff::diff(&old, lock);
    for line in changes.iter().map(diff::to_line) {
        match old.recordings {
            Some(_) => report.note(line),
            None => report.detail(line),
        }
    }
    changes.into_iter().for_each(|change| report.change(change));
}

fn size(recordings: &Recordings, store: &Path) -> u64 {
    let blobs = recordings.blobs().into_iter();
    let sizes = blobs.filter_map(|digest| fs::metadata(store.join(digest.encoded())).ok());
    sizes.map(|metadata| metadata.len()).sum()
}

/// Brings the blobs that the lock names into the directory `to`: new ones in the place of any that are there under the
/// same names, and those of another store that are not there.
fn take(brought: &Brought, to: &Path) -> Result<(), Failed> {
    let made = fs::create_dir_all(to);
    made.map_err(cannot(format!("create {}", to.display())))?;
    for digest in brought.recordings.blobs() {
        let from = brought.find(digest);
        let target = to.join(digest.encoded());
        let taken = match from.parent() {
            Some(parent) if parent == brought.bodies => fs::rename(&from, &target),
            _ if target.is_file() => Ok(()),
            _ => {
                let draft = to.join(format!(".draft-{}", digest.encoded()));
                fs::copy(&from, &draft).and_then(|_| fs::rename(&draft, &target))
            }
        };
        taken.map_err(cannot(format!("write {}", target.display())))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_its_digest_is_taken() {
        let root = std::env::temp_dir().join(format!("rdf-record-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let (fresh, kept) = (root.join("fresh"), root.join("kept"));
        fs::create_dir_all(&fresh).unwrap();
        let body = Digest::sha256(b"body");
        let recordings = Recordings {
            programs: [("linux/amd64".to_owned(), body.clone())].into(),
            ..Recordings::default()
        };
        let brought = Brought {
            text: Vec::new(),
            lock: Lock::default(),
            recordings,
            bodies: fresh.clone(),
            kept: kept.clone(),
            private: Vec::new(),
        };
        assert_eq!(brought.check().unwrap_err().exit, Exit::Integrity);
        fs::write(fresh.join(body.encoded()), "BODY").unwrap();
        let error = brought.check().unwrap_err();
        assert!(
            error.message.contains("has the digest sha256:"),
            "{}",
            error.message
        );
        fs::write(fresh.join(body.encoded()), "body").unwrap();
        brought.check().ok().unwrap();
        take(&brought, &kept).ok().unwrap();
        brought.check().ok().unwrap();
        assert_eq!(size(&brought.recordings, &kept), 4);
        // Of another store it is a copy.
        let other = root.join("other");
        take(&brought, &other).ok().unwrap();
        assert!(kept.join(body.encoded()).exists() && other.join(body.encoded()).exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
