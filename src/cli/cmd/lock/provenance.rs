//! `rdf lock --from-provenance` and `--verify --image`: a lock and what images were made of.

use std::path::Path;

use super::super::super::exit::Exit;
use super::file::Subject;
use super::report::Report;
use crate::cli::files::read_file;
use crate::cli::shell::counted;
use crate::image::Reference;
use crate::limits::MAX_FILE_BYTES;
use crate::lock::provenance::{self, Difference, Provenance};
use crate::lock::{GitKey, Lock};
use crate::registry::{Client, Error, ErrorKind};

/// What was attested, in a file or of an image in a registry.
pub(super) async fn load(spec: &str, client: &Client) -> Result<Vec<Provenance>, Error> {
    let path = Path::new(spec);
    if path.exists() {
        let cannot = |why: String| Error::refused(format!("cannot read `{spec}`: {why}"));
        let bytes = read_file(path, MAX_FILE_BYTES).map_err(|error| cannot(error.to_string()))?;
        let found = provenance::read(&bytes, None).map_err(cannot)?;
        return match found.is_empty() {
            true => Err(Error::refused(format!("`{spec}` holds no provenance"))),
            false => Ok(found),
        };
    }
    of_image(spec, client).await
}

/// What is attested of an image.
pub(super) async fn of_image(spec: &str, client: &Client) -> Result<Vec<Provenance>, Error> {
    let reference = Reference::parse_normalized(spec).map_err(|error| {
        Error::refused(format!("`{spec}` is not a file and not an image: {error}"))
    })?;
    let mut all = Vec::new();
    for attested in client.provenance(&reference.tag_name_only()).await? {
        let found = provenance::read(&attested.statement, attested.platform.as_deref());
        all.extend(found.map_err(|why| {
            Error::new(
                ErrorKind::Malformed,
                format!("the provenance of `{spec}` cannot be read: {why}"),
            )
        })?);
    }
    Ok(all)
}

/// The lock that holds what is attested; the tags among it are told from their commits by who has them now.
pub(super) async fn to_lock(
    all: &[Provenance],
    client: &Client,
    today: &str,
) -> Result<Lock, Error> {
    let mut lock = provenance::to_lock(all, today).map_err(|why| {
        Error::new(
            ErrorKind::Integrity,
            format!("the provenance contradicts itself: {why}"),
        )
        .hint("name one platform or one target of it")
    })?;
    for (GitKey { remote, reference }, pin) in &mut lock.git {
        // A remote that is gone, or has moved on, tells nothing; the hash is fetched by itself.
        if let Ok(now) = client.resolve_git(remote, reference).await
            && now.tag_object.as_ref() == Some(&pin.commit)
        {
            pin.tag_object = now.tag_object;
            pin.commit = now.commit;
        }
    }
    Ok(lock)
}

/// Holds what an image was made of against the lock of `subject`.
pub(super) fn compare(
    subject: &Subject,
    lock: &Lock,
    image: &str,
    all: &[Provenance],
    report: &mut Report,
) {
    let found = all.iter().flat_map(|it| provenance::differences(lock, it));
    let found: std::collections::BTreeSet<Difference> = found.collect();
    let shown = subject.lock_path.display().to_string();
    for Difference {
        subject,
        built,
        locked,
    } in &found
    {
        match locked {
            Some(locked) => {
                let error = Error::new(
                    ErrorKind::Integrity,
                    format!(
                        "`{image}` was built with `{subject}` at {built}, and the lock has {locked}"
                    ),
                )
                .hint("build it again by the lock");
                report.failure(&shown, None, subject, &error);
            }
            None => report.item(
                &shown,
                None,
                "provenance-unlocked",
                subject,
                &format!("`{image}` was built with `{subject}`, which is not in the lock"),
                "build it again by the lock",
                Exit::Findings,
            ),
        }
    }
    if found.is_empty() {
        let materials = all.iter().map(|it| it.materials.len()).max().unwrap_or(0);
        report.note(format!(
            "{image}: {}, as locked",
            counted(materials, "source")
        ));
    }
    let other = all.iter().flat_map(|it| &it.other);
    for uri in other.collect::<std::collections::BTreeSet<_>>() {
        report.note(format!(
            "{image}: `{uri}` is not compared: a lock holds no such source"
        ));
    }
}
