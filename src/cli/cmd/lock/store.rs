//! The store beside a lock: whether it has what the lock names, and what it has that no lock names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::super::exit::Exit;
use super::args::LockArgs;
use super::artifact;
use super::builds::works;
use super::file::{LockFile, read_lock};
use super::images;
use super::report::Report;
use crate::cli::files::read_file;
use crate::cli::lockfile;
use crate::cli::shell::counted;
use crate::image::{Digest, Hasher};
use crate::limits::{LEFTOVER_AGE, MAX_RECORDING_BYTES};
use crate::lock::command::word;
use crate::lock::{RecordingStore, Recordings, StoreImages};
use crate::recording::{BODIES, Recording};
use crate::registry::{Client, Error};

/// How the directory is called in which a recording keeps what is not in its place yet.
const INCOMING: &str = ".incoming-";

/// How many bytes are hashed at once.
const PIECE: usize = 64 << 10;

/// How closely a store is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Recordings and programs are read, of bodies the size counts.
    Sizes,
    /// Every byte is read.
    Bytes,
}

/// Something that the lock names and the store cannot give.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Damage {
    /// The URL, or what it is otherwise.
    pub subject: String,
    /// What is wrong.
    pub message: String,
}

/// A directory of blobs by digest.
pub(super) struct Store {
    pub root: PathBuf,
    pub bodies: PathBuf,
}

/// What a blob is for, and its size where the lock says it.
struct Needed<'l> {
    digest: &'l Digest,
    size: Option<u64>,
    subject: String,
}

impl Store {
    /// The directory beside the lock of a Dockerfile that is its store unless another is named.
    pub(super) fn of(dockerfile: &Path) -> Self {
        Store::of_lock(dockerfile, &RecordingStore::Folder)
    }

    /// The directory that is the store of a Dockerfile; for one in a registry, where recordings come from.
    pub(super) fn of_lock(dockerfile: &Path, store: &RecordingStore) -> Self {
        let name = dockerfile.file_name().unwrap_or_default().to_string_lossy();
        let blobs = dockerfile.with_file_name(store.directory(&name));
        Store {
            root: dockerfile.with_file_name(store.name(&name)),
            bodies: blobs.join(BODIES),
        }
    }

    pub(super) fn blob(&self, digest: &Digest) -> PathBuf {
        self.bodies.join(digest.encoded())
    }

    /// A directory for what a recording of this process brings.
    pub(super) fn incoming(&self) -> io::Result<Incoming> {
        for (path, is_alive) in self.all_incoming() {
            if !is_alive {
                let _ = fs::remove_dir_all(path);
            }
        }
        let path = self.root.join(format!("{INCOMING}{}", std::process::id()));
        fs::create_dir_all(&path)?;
        // Of a process that was killed it stays until the next one, and is nothing to commit.
        fs::write(path.join(".gitignore"), "*\n")?;
        Ok(Incoming(path))
    }

    /// Directories of recordings, and whether these are under way.
    fn all_incoming(&self) -> Vec<(PathBuf, bool)> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let found = entries.filter_map(|entry| {
            let name = entry.file_name();
            let process = name.to_str()?.strip_prefix(INCOMING)?.to_owned();
            let age = entry.metadata().ok()?.modified().ok()?.elapsed();
            let is_young = age.is_ok_and(|age| age < LEFTOVER_AGE);
            // Where processes are listed, one that does not exist has ended.
            let has_ended =
                Path::new("/proc/self").exists() && !Path::new("/proc").join(process).exists();
            Some((entry.path(), is_young && !has_ended))
        });
        found.collect()
    }

    /// What the store lacks, or has otherwise.
    pub(super) fn damages(&self, recordings: &Recordings, depth: Depth) -> Vec<Damage> {
        if !self.bodies.is_dir() && !recordings.blobs().is_empty() {
            return vec![Damage {
                subject: String::new(),
                message: format!(
                    "the store `{}` does not exist, and the lock needs {} of it",
                    self.root.display(),
                    counted(recordings.blobs().len(), "file")
                ),
            }];
        }
        let within = self.bodies.ancestors();
        let mut links = within.take_while(|path| path.starts_with(&self.root));
        if let (Some(link), false) = (
            links.find(|path| path.is_symlink()),
            recordings.blobs().is_empty(),
        ) {
            return vec![Damage {
                subject: String::new(),
                message: format!("`{}` is a link, which builds do not follow", link.display()),
            }];
        }
        let mut needed: BTreeMap<&Digest, Needed<'_>> = BTreeMap::new();
        for (platform, digest) in &recordings.programs {
            let subject = format!("rdf-run for {platform}");
            needed.entry(digest).or_insert(Needed {
                digest,
                size: None,
                subject,
            });
        }
        let mut damages = Vec::new();
        for (key, run) in &recordings.runs {
            for fetch in &run.fetches {
                needed.entry(&fetch.digest).or_insert(Needed {
                    digest: &fetch.digest,
                    size: Some(fetch.size),
                    subject: fetch.url.clone(),
                });
            }
            let Some(digest) = &run.recording else {
                continue;
            };
            let damage = match self.recording(digest) {
                Ok(recording) if recording.fetches() == run.fetches => continue,
                Ok(_) => "lists other files than the lock".to_owned(),
                Err(what) => what,
            };
            damages.push(Damage {
                subject: format!("the recording of {key}"),
                message: format!("the recording of {key}, {digest}: it {damage}"),
            });
        }
        let needed: Vec<Needed<'_>> = needed.into_values().collect();
        let found = Mutex::new(damages);
        let next = AtomicUsize::new(0);
        let workers = match depth {
            Depth::Sizes => 1,
            Depth::Bytes => std::thread::available_parallelism().map_or(1, usize::from),
        };
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(needed) = needed.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(what) = self.look_at(needed, depth) {
                            let damage = Damage {
                                subject: needed.subject.clone(),
                                message: format!(
                                    "{}, {}: it {what}",
                                    needed.subject, needed.digest
                                ),
                            };
                            let mut found = found.lock();
                            if let Ok(found) = &mut found {
                                found.push(damage);
                            }
                        }
                    }
                });
            }
        });
        let mut found = found.into_inner().unwrap_or_default();
        found.sort();
        found
    }

    fn look_at(&self, needed: &Needed<'_>, depth: Depth) -> Result<(), String> {
        let path = self.blob(needed.digest);
        let metadata = fs::symlink_metadata(&path).map_err(|error| absent(&error))?;
        blob_file(&metadata)?;
        if let Some(size) = needed.size {
            if metadata.len() != size {
                return Err(format!(
                    "has {} bytes, and the lock has {size}",
                    metadata.len()
                ));
            }
            if depth == Depth::Sizes {
                return Ok(());
            }
        }
        match digest_of(&path) {
            Ok(digest) if digest == *needed.digest => Ok(()),
            Ok(_) => Err("has other bytes".to_owned()),
            Err(error) => Err(format!("cannot be read: {error}")),
        }
    }

    /// A recording, or what is wrong with it.
    fn recording(&self, digest: &Digest) -> Result<Recording, String> {
        let path = self.blob(digest);
        let metadata = fs::symlink_metadata(&path).map_err(|error| absent(&error))?;
        blob_file(&metadata)?;
        let limit = u64::try_from(MAX_RECORDING_BYTES).unwrap_or(u64::MAX);
        let text = read_file(&path, limit).map_err(|error| absent(&error))?;
        match Digest::sha256(&text) == *digest {
            true => Recording::parse(&text).map_err(|error| error.to_string()),
            false => Err("has other bytes".to_owned()),
        }
    }

    /// The addresses that the steps of a lock ask for: all of a recording that is there, else those that the lock has.
    pub(super) fn addresses(&self, recordings: &Recordings) -> BTreeSet<String> {
        let mut addresses = BTreeSet::new();
        for run in recordings.runs.values() {
            addresses.extend(run.fetches.iter().map(|fetch| fetch.url.clone()));
            let recording = run
                .recording
                .as_ref()
                .and_then(|it| self.recording(it).ok());
            let recording = recording.unwrap_or_default();
            addresses.extend(
                recording
                    .exchanges()
                    .map(|(request, _)| request.url.clone()),
            );
        }
        addresses
    }

    /// Reads every byte, in a registry those of all images, and tells what is not as locked.
    pub(super) async fn verify(
        &self,
        client: &Client,
        dockerfile: &str,
        recordings: &Recordings,
        report: &mut Report,
    ) {
        let count = counted(recordings.blobs().len(), "file");
        let RecordingStore::Registry(images) = &recordings.store else {
            let mut is_whole = self.tell(dockerfile, recordings, Depth::Bytes, report);
            if let RecordingStore::Layout(_) = &recordings.store {
                let name = Path::new(dockerfile).file_name().unwrap_or_default();
                let damages = artifact::damages(self, &name.to_string_lossy(), recordings);
                is_whole &= damages.is_empty();
                self.tell_damages(dockerfile, &damages, report);
            }
            if is_whole {
                report.note(format!("{}: {count}, as locked", self.root.display()));
            }
            return;
        };
        let shown = images.index.to_string();
        match self.damages_in(client, images, recordings).await {
            Ok(damages) if damages.is_empty() => {
                report.note(format!("{shown}: {count}, as locked"));
            }
            Ok(damages) => {
                let hint = format!("run `rdf lock --record {}`", word(dockerfile));
                tell_all(&damages, &shown, &hint, report);
            }
            Err(error) => report.failure(dockerfile, None, &shown, &error),
        }
    }

    /// What a store in a registry lacks, or has otherwise; it is fetched beside this one for as long as that takes.
    async fn damages_in(
        &self,
        client: &Client,
        images: &StoreImages,
        recordings: &Recordings,
    ) -> Result<Vec<Damage>, Error> {
        let unwritable = |error: io::Error| {
            Error::refused(format!("cannot write `{}`: {error}", self.root.display()))
        };
        let incoming = self.incoming().map_err(unwritable)?;
        let copy = Store::of(&incoming.0.join("pulled"));
        fs::create_dir_all(&copy.bodies).map_err(unwritable)?;
        let mut damages = images::pull(client, images, recordings, &copy.bodies).await?;
        damages.extend(copy.damages(recordings, Depth::Bytes));
        Ok(damages)
    }

    /// Reports what [`Store::damages`] finds; true where that is nothing.
    pub(super) fn tell(
        &self,
        dockerfile: &str,
        recordings: &Recordings,
        depth: Depth,
        report: &mut Report,
    ) -> bool {
        let damages = self.damages(recordings, depth);
        self.tell_damages(dockerfile, &damages, report);
        damages.is_empty()
    }

    fn tell_damages(&self, dockerfile: &str, damages: &[Damage], report: &mut Report) {
        let hint = format!(
            "restore {}, or run `rdf lock --record {}`",
            self.root.display(),
            word(dockerfile)
        );
        tell_all(damages, &self.root.display().to_string(), &hint, report);
    }
}

/// Refuses what is not a file: builds take nothing else.
fn blob_file(metadata: &fs::Metadata) -> Result<(), String> {
    match metadata {
        it if it.is_symlink() => Err("is a link, which builds do not follow".to_owned()),
        it if it.is_dir() => Err("is a directory: remove it".to_owned()),
        it if !it.is_file() => Err("is not a regular file: remove it".to_owned()),
        _ => Ok(()),
    }
}

fn tell_all(damages: &[Damage], store: &str, hint: &str, report: &mut Report) {
    for Damage { subject, message } in damages {
        let code = "lock-damaged";
        report.item(store, None, code, subject, message, hint, Exit::Integrity);
    }
}

fn absent(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not in the store".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// A directory that goes when it is no longer needed.
pub(super) struct Incoming(pub PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        // A store that has nothing in it was made for this.
        if let Some(parent) = self.0.parent() {
            let _ = fs::remove_dir(parent);
        }
    }
}

/// Opens what is read piece by piece, whatever its size.
pub(super) fn open_blob(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}

pub(super) fn digest_of(path: &Path) -> io::Result<Digest> {
    let mut file = BufReader::with_capacity(PIECE, open_blob(path)?);
    let mut hasher = Hasher::default();
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            return Ok(hasher.finish());
        }
        hasher.update(piece);
        let length = piece.len();
        file.consume(length);
    }
}

/// `rdf lock --prune`: removes what the lock does not name from the store.
pub(super) fn prune(args: &LockArgs, report: &mut Report) -> Exit {
    let works = match works(args, report) {
        Ok(works) => works,
        Err(exit) => return exit,
    };
    for input in works.into_iter().map(|work| work.input) {
        let path = input.path();
        let store = Store::of(path);
        let lock = match read_lock(path, report) {
            Ok(Some(LockFile { lock, .. })) => lock,
            Ok(None) => {
                let shown = lockfile::path_of(path).display().to_string();
                let hint = format!("run `rdf lock {}`", word(&path.display().to_string()));
                let message = format!("no such file: `{shown}`");
                report.problem(&shown, None, "lock-missing", &message, &hint);
                continue;
            }
            Err(exit) => return exit,
        };
        let recordings = lock.recordings.clone().unwrap_or_default();
        let layout = Store::of_lock(path, &recordings.store);
        let is_layout = matches!(recordings.store, RecordingStore::Layout(_));
        // What is elsewhere is not needed in the directory.
        let kept = match &recordings.store {
            RecordingStore::Folder => recordings.blobs().into_iter().cloned().collect(),
            RecordingStore::Layout(_) | RecordingStore::Registry(_) => BTreeSet::new(),
        };
        // Recordings are kept aside in there, so it goes first.
        let is_quiet = match is_layout && !store.root.exists() {
            true => true,
            false => tell_pruned(&store, store.prune(&kept, args.dry_run), report),
        };
        if is_layout && is_quiet {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let listed = layout.listed(&name, &recordings, args.dry_run);
            let pruned = listed.and_then(|kept| layout.prune(&kept, args.dry_run));
            tell_pruned(&layout, pruned, report);
        }
    }
    Exit::Ok
}

/// Reports what was pruned; false where nothing was.
fn tell_pruned(store: &Store, pruned: Result<String, String>, report: &mut Report) -> bool {
    match pruned {
        Ok(told) => {
            report.note(told);
            true
        }
        Err(message) => {
            let hint =
                "nothing was removed; wait for the recording to end, or restore what is missing";
            let shown = store.root.display().to_string();
            report.item(&shown, None, "lock-store", "", &message, hint, Exit::Usage);
            false
        }
    }
}

impl Store {
    /// What a layout must keep: what its artifacts consist of, that of the Dockerfile `name` as its lock has it.
    fn listed(
        &self,
        name: &str,
        recordings: &Recordings,
        is_dry: bool,
    ) -> Result<BTreeSet<Digest>, String> {
        if !is_dry {
            artifact::list(self, name, recordings)?;
        }
        let mut listed = artifact::listed(self)?;
        listed.extend(recordings.blobs().into_iter().cloned());
        Ok(listed)
    }

    /// Removes blobs that are not among `kept`; says what it did, or why it did nothing.
    fn prune(&self, kept: &BTreeSet<Digest>, is_dry: bool) -> Result<String, String> {
        let mut leftovers = Vec::new();
        for (path, is_alive) in self.all_incoming() {
            if is_alive {
                return Err(format!("a recording is under way in `{}`", path.display()));
            }
            leftovers.push(path);
        }
        let named: BTreeSet<&str> = kept.iter().map(Digest::encoded).collect();
        let (mut count, mut bytes) = (0usize, 0u64);
        for entry in fs::read_dir(&self.bodies).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_blob = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_draft = name.starts_with(".draft-");
            if named.contains(&*name) || !(is_blob || is_draft) {
                continue;
            }
            let size = entry.metadata().map_or(0, |metadata| metadata.len());
            if !is_dry {
                let removed = fs::remove_file(entry.path());
                removed.map_err(|error| {
                    format!("cannot remove `{}`: {error}", entry.path().display())
                })?;
            }
            count += 1;
            bytes += size;
        }
        if !is_dry {
            for path in leftovers {
                let _ = fs::remove_dir_all(path);
            }
            // Only empty ones go.
            let _ = fs::remove_dir(&self.bodies);
            let _ = fs::remove_dir(&self.root);
        }
        let done = if is_dry {
            "would be removed"
        } else {
            "removed"
        };
        Ok(format!(
            "{}: {} {done}, {} KiB; {} kept",
            self.root.display(),
            counted(count, "file"),
            bytes.div_ceil(1024),
            named.len()
        ))
    }
}
