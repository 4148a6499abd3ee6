//! `rdf lock` itself: one walk over all files, the answers from the world, one new lock for each file.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::failed::{Failures, tell_failures};
use super::input::inputs;
use super::job::{Job, keeps, tell_directives};
use super::report::Report;
use super::world::{self, ImagePlan, World, salt, today};
use super::{builds, pin, provenance, selectors, write};
use crate::cli::shell::counted;
use crate::cli::variant::host;
use crate::lock::collect::{Collected, Document, Facts, ImageQuestion, Walk, reduce, step_args};
use crate::lock::model::GitKey;
use crate::lock::update::{Resolutions, ResolvedHttp, assemble};
use crate::lock::verify::{show_git, unlocked_steps};
use crate::lock::{ImageRole, Lock, Mode, diff, file};
use crate::registry::{Error, ErrorKind};

pub(super) async fn make(args: &LockArgs, report: &mut Report) -> Exit {
    let world = match World::new(args, report.is_watched) {
        Ok(world) => world,
        Err(error) => {
            report.unusable(&error);
            return Exit::Usage;
        }
    };
    let given = match given(args, &world).await {
        Ok(given) => given,
        Err(error) => {
            let spec = args.from_provenance.as_deref().unwrap_or_default();
            report.failure("", None, spec, &error);
            return Exit::Ok;
        }
    };
    let (mut jobs, unread) = match jobs(args, given.as_ref(), report) {
        Ok(jobs) => jobs,
        Err(exit) => return exit,
    };
    let mut failures = Failures::default();
    walk(args, &world, &mut jobs, &mut failures).await;
    rest(args, &world, &mut jobs, &mut failures).await;
    for (at, job) in jobs.iter().enumerate() {
        for subject in job.not_given() {
            let error = Error::new(
                ErrorKind::NotFound,
                format!("the provenance has no `{subject}`, which the Dockerfile asks for"),
            )
            .hint(
                "take the Dockerfile that the image was built from, and its arguments and target",
            );
            failures.add(at, subject, error);
        }
    }
    world.finish(report);
    let failed = tell_failures(&jobs, &failures, report);
    // What is named may be in a file that nobody could look through.
    let is_whole = failed.is_empty() && unread == Exit::Ok;
    if is_whole && !selectors::all_match(args, &jobs, report) {
        return Exit::Ok;
    }
    let whole = jobs.into_iter().enumerate();
    let whole = whole.filter(|(at, _)| !failed.contains(at));
    finish(args, whole.map(|(_, job)| job).collect(), report);
    unread
}

/// The lock that a provenance makes, where one is named.
async fn given(args: &LockArgs, world: &World<'_>) -> Result<Option<Lock>, Error> {
    let Some(spec) = &args.from_provenance else {
        return Ok(None);
    };
    let all = provenance::load(spec, &world.client).await?;
    provenance::to_lock(&all, &world.client, &today())
        .await
        .map(Some)
}

/// The files that can be read, and how to end for the others.
fn jobs(
    args: &LockArgs,
    given: Option<&Lock>,
    report: &mut Report,
) -> Result<(Vec<Job>, Exit), Exit> {
    let works = builds::works(args, report)?;
    let mut jobs = Vec::new();
    let mut unread = Exit::Ok;
    for work in works {
        let subject = match work.read(report) {
            Ok(subject) => {
                tell_directives(&subject, report);
                subject
            }
            Err(exit) => {
                unread = unread.max(exit);
                continue;
            }
        };
        let inputs = match (work.build, work.named) {
            (Some(build), false) => inputs(args, None).map(|inputs| build.add_to(inputs)),
            (build, _) => inputs(args, given.or(subject.lock.as_ref())).map(|mut inputs| {
                build.iter().for_each(|build| build.widen(&mut inputs));
                inputs
            }),
        };
        match inputs {
            Ok(inputs) => jobs.push(Job::new(args, work.input, subject, inputs, given)),
            Err(message) => {
                report.usage(&subject.shown, &message);
                return Err(Exit::Usage);
            }
        }
    }
    Ok((jobs, unread))
}

/// The walk over all files, in rounds; what several files ask is asked once.
async fn walk(args: &LockArgs, world: &World<'_>, jobs: &mut [Job], failures: &mut Failures) {
    let documents: Vec<&Document> = jobs.iter().map(|job| &job.subject.document).collect();
    let mut walks: Vec<Walk<'_>> = documents
        .into_iter()
        .zip(jobs.iter())
        .map(|(document, job)| Walk::new(document, &job.inputs, &host()).with_steps())
        .collect();
    let mut facts: Vec<Facts> = jobs.iter().map(|_| Facts::new()).collect();
    let mut found: Vec<Vec<(String, crate::lock::update::ResolvedImage)>> =
        jobs.iter().map(|_| Vec::new()).collect();
    loop {
        let mut open: BTreeMap<(ImagePlan, String), Vec<(usize, ImageQuestion)>> = BTreeMap::new();
        for (index, (walk, job)) in walks.iter_mut().zip(jobs.iter()).enumerate() {
            let Some(facts) = facts.get_mut(index) else {
                continue;
            };
            for (plan, question) in job.questions(args, world, walk, facts) {
                let key = (plan, question.reference.clone());
                open.entry(key).or_default().push((index, question));
            }
        }
        if open.is_empty() {
            break;
        }
        let answers = world.images(open).await;
        for (reference, askers, answer) in answers {
            for (index, question) in askers {
                let (Some(walk), Some(job)) = (walks.get_mut(index), jobs.get(index)) else {
                    continue;
                };
                let known = match &answer {
                    Ok(image) => {
                        let platform = Some(question.platform.as_str());
                        if let Some(error) = job.contradiction(&reference, platform, image) {
                            failures.add(index, reference.clone(), error);
                        }
                        if let Some(list) = found.get_mut(index) {
                            list.push((reference.clone(), image.resolved.clone()));
                        }
                        image.facts.get(&question.platform).cloned()
                    }
                    // A pin whose image is gone is still a pin: what is remembered of it has to do.
                    Err(error) => {
                        match job.remembers(&question).filter(|_| world.may_keep(error)) {
                            Some(facts) if keeps(&job.plan(args, &reference)) => {
                                world.kept(&reference, error);
                                Some(facts)
                            }
                            _ => {
                                failures.add(index, reference.clone(), error.clone());
                                None
                            }
                        }
                    }
                };
                if let (Some(known), Some(facts)) = (&known, facts.get_mut(index)) {
                    facts.insert(question.clone(), known.clone());
                }
                walk.answer(question, known);
            }
        }
    }
    let collected: Vec<Collected> = walks.into_iter().map(Walk::finish).collect();
    for (((job, collected), facts), found) in jobs.iter_mut().zip(collected).zip(facts).zip(found) {
        job.collected = collected;
        job.facts = facts;
        for (reference, resolved) in found {
            merge(&mut job.resolutions, reference, resolved);
        }
    }
}

/// What the walk does not ask about: the frontend and the scanner, git sources, files.
async fn rest(args: &LockArgs, world: &World<'_>, jobs: &mut [Job], failures: &mut Failures) {
    let mut open: BTreeMap<(ImagePlan, String), Vec<(usize, ImageQuestion)>> = BTreeMap::new();
    let mut git: BTreeSet<GitKey> = BTreeSet::new();
    let mut http: BTreeSet<String> = BTreeSet::new();
    for (index, job) in jobs.iter_mut().enumerate() {
        for (reference, seen) in &job.collected.images {
            let known = job.resolutions.images.contains_key(reference)
                || job.facts.keys().any(|q| q.reference == *reference);
            let plan = job.plan(args, reference);
            let mut platforms = seen.platforms.iter();
            let trusted =
                world.trusts(&plan) && platforms.all(|platform| job.covers(reference, platform));
            if known || failures.has(index, reference) || trusted {
                continue;
            }
            let questions = seen.platforms.iter().map(|platform| {
                (
                    index,
                    ImageQuestion {
                        reference: reference.clone(),
                        platform: platform.clone(),
                    },
                )
            });
            open.entry((plan, reference.clone()))
                .or_default()
                .extend(questions);
        }
        let wanted = job.collected.git.keys().filter(|key| {
            job.old.git_pin(key).is_none()
                || job.updates(args, &show_git(&key.remote, &key.reference))
                || job.contradicted(key).is_some()
        });
        git.extend(wanted.cloned());
        for (url, seen) in &job.collected.http {
            let old = job.old.http.get(url);
            match seen.checksum() {
                Some(given)
                    if seen.given.len() > 1 || old.is_none_or(|pin| pin.digest != given) =>
                {
                    job.resolutions.http.insert(
                        url.clone(),
                        ResolvedHttp {
                            digest: given.to_owned(),
                            size: None,
                        },
                    );
                    // Whether the content agrees is asked once, where anybody may be asked.
                    if !args.offline && given.starts_with("sha256:") {
                        http.insert(url.clone());
                    }
                }
                Some(_) if job.updates(args, url) => drop(http.insert(url.clone())),
                Some(_) => {}
                None if old.is_none()
                    || old.is_some_and(|pin| pin.given)
                    || job.updates(args, url) =>
                {
                    http.insert(url.clone());
                }
                None => {}
            }
        }
    }
    let (images, git, http) =
        futures_util::future::join3(world.images(open), world.git(git), world.http(http)).await;
    for (reference, askers, answer) in images {
        for (index, question) in askers {
            let Some(job) = jobs.get_mut(index) else {
                continue;
            };
            match &answer {
                Ok(image) => {
                    if let Some(error) = job.contradiction(&reference, None, image) {
                        failures.add(index, reference.clone(), error);
                    }
                    merge(
                        &mut job.resolutions,
                        reference.clone(),
                        image.resolved.clone(),
                    );
                }
                Err(error)
                    if keeps(&job.plan(args, &reference))
                        && world.may_keep(error)
                        && job.covers(&reference, &question.platform) => {}
                Err(error) => failures.add(index, reference.clone(), error.clone()),
            }
        }
    }
    for (index, job) in jobs.iter_mut().enumerate() {
        let own = |key: &GitKey| job.collected.git.contains_key(key);
        for (key, answer) in git.iter().filter(|(key, _)| own(key)) {
            match answer {
                Ok(found) => drop(job.resolutions.git.insert(key.clone(), found.clone())),
                Err(error) => {
                    let shown = show_git(&key.remote, &key.reference);
                    failures.add(index, shown, error.clone());
                }
            }
        }
        for key in job.collected.git.keys() {
            if let Some((given, commit)) = job.contradicted(key) {
                let shown = show_git(&key.remote, &key.reference);
                let message = format!(
                    "the checksum of `{shown}` in the Dockerfile is {given}, and the ref is at {commit}"
                );
                if failures.has(index, &shown) {
                    continue;
                }
                let hint = "find out which of the two is meant, then change the checksum or the ref in the Dockerfile";
                let error = Error::new(ErrorKind::Integrity, message).hint(hint);
                failures.add(index, shown, error);
            }
        }
        for (url, answer) in &http {
            let Some(seen) = job.collected.http.get(url) else {
                continue;
            };
            let other = |digest: &str| seen.given.keys().find(|given| *given != digest);
            match (answer, seen.checksum()) {
                (Ok(found), Some(_)) if other(&found.digest).is_none() => {}
                (Ok(found), Some(given)) => {
                    let given = other(&found.digest).map_or(given, String::as_str);
                    let message = format!(
                        "the checksum of `{url}` in the Dockerfile is {given}, and its content is {}",
                        found.digest
                    );
                    let error = Error::new(ErrorKind::Integrity, message).hint("find out what changed; then correct the checksum in the Dockerfile, or the URL");
                    failures.add(index, url.clone(), error);
                }
                (Ok(found), None) => {
                    let old = job.old.http.get(url);
                    if let Some(error) = old.and_then(|pin| world::other_size(url, pin, found.digest.as_str(), found.size)) {
                        failures.add(index, url.clone(), error);
                    }
                    drop(job.resolutions.http.insert(url.clone(), found.clone()))
                }
                // The Dockerfile says what it has to be, and the daemon will see to it.
                (Err(error), Some(_))
                    if error.kind != ErrorKind::Integrity && seen.given.len() == 1 => world.note(format!(
                    "{url}: its checksum is the Dockerfile's own, and could not be compared with the content ({error})"
                )),
                (Err(error), _) => failures.add(index, url.clone(), error.clone()),
            }
        }
    }
}

fn finish(args: &LockArgs, jobs: Vec<Job>, report: &mut Report) {
    let today = today();
    for mut job in jobs {
        let document = &job.subject.document;
        let given = job.inputs.build_args.clone();
        let kept = match job.old.recordings.is_some() {
            true => step_args(document, &job.old, &job.inputs),
            false => BTreeSet::new(),
        };
        reduce(document, &mut job.inputs, &host(), &mut job.facts, &kept);
        let mut lock = assemble(
            &job.old,
            job.inputs,
            &job.collected,
            &job.resolutions,
            &job.facts,
            &today,
        );
        lock.mode = args.mode.unwrap_or(lock.mode);
        lock.frontend = args.frontend.unwrap_or(lock.frontend);
        lock.free_args.extend(args.free_arg.iter().cloned());
        lock.secrets
            .extend(args.secret.iter().map(|it| it.id.clone()));
        if args.reset_inputs {
            lock.args.clear();
        }
        if lock.mode == Mode::Hermetic {
            lock.keep_args(&given, &salt());
        }
        let shown = job.subject.lock_path.display().to_string();
        let (lock, pinned) = match job.is_pinned {
            true => {
                match pin::pinned(document, &lock, &job.collected, &job.subject.shown, report) {
                    Some((edited, lock)) => (lock, Some(edited.bytes)),
                    None => continue,
                }
            }
            false => (lock, None),
        };
        let changes = diff::diff(&job.before, &lock);
        tell_pins(&lock, &changes, report);
        if let Some(note) = unlocked_steps(&lock, &job.collected) {
            report.note(format!("{}: {note}", job.subject.shown));
        }
        let sources = counted(lock.len(), "source");
        let text = file::print(&lock);
        if job.input.is_stdin() {
            report.write(&text);
        } else if job.subject.lock_bytes.as_deref() == Some(text.as_bytes()) {
            report.note(format!("{shown}: {sources}, unchanged"));
        } else if args.dry_run {
            report.note(format!("{shown}: {sources}, not written (dry run)"));
        } else if let Err(error) =
            write::replace(&job.subject.lock_file, text.as_bytes()).and_then(|()| match &pinned {
                // What leads back is on disk before what needs it.
                Some(bytes) => write::replace(job.input.path(), bytes),
                None => Ok(()),
            })
        {
            report.problem(
                &shown,
                None,
                "lock-unwritable",
                &format!("cannot write `{shown}`: {error}"),
                "check the directory's permissions",
            );
        } else {
            report.note(format!("{shown}: {sources} locked"));
            if job.subject.lock.is_none() && lock.mode != Mode::Off && !is_read_by_builds(&lock) {
                report.note(format!(
                    "note: `docker build` uses it where the Dockerfile begins with `# syntax={}`; \
                     `rdf lock --export source-policy` is for builds by other frontends",
                    frontend()
                ));
            }
        }
        changes.into_iter().for_each(|change| report.change(change));
    }
}

/// Whether the Dockerfile names a frontend that may read locks, which Docker's own does not.
fn is_read_by_builds(lock: &Lock) -> bool {
    lock.images.iter().any(|(reference, pin)| {
        pin.used_by.contains(&ImageRole::Syntax)
            && !reference.starts_with("docker.io/docker/dockerfile")
    })
}

/// The released image of this project's frontend.
fn frontend() -> String {
    let repository = env!("CARGO_PKG_REPOSITORY").replace("https://github.com/", "ghcr.io/");
    format!("{repository}:1")
}

/// A line for each pin that moved, and in detail for those that stay.
fn tell_pins(lock: &Lock, changes: &[diff::Change], report: &mut Report) {
    for change in changes {
        report.note(diff::to_line(change));
    }
    let is_same = |pin: &diff::Change| changes.iter().all(|moved| moved.subject != pin.subject);
    for pin in diff::diff(&Lock::default(), lock)
        .into_iter()
        .filter(is_same)
    {
        let to = pin.after.as_ref().map(diff::PinnedTo::short);
        report.detail(format!("= {}  {}", pin.subject, to.unwrap_or_default()));
    }
}

fn merge(
    resolutions: &mut Resolutions,
    reference: String,
    resolved: crate::lock::update::ResolvedImage,
) {
    match resolutions.images.get_mut(&reference) {
        Some(have) if have.digest == resolved.digest => have.platforms.extend(resolved.platforms),
        _ => drop(resolutions.images.insert(reference, resolved)),
    }
}

/// An offline run that would have to ask: the subject and what is not known of it.
pub(super) fn offline(subject: &str, lacking: &str) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("`{subject}` {lacking}, and `--offline` does not use the network"),
    )
    .hint("run `rdf lock` with a network")
}
