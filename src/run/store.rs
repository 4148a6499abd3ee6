//! Bodies by digest: written while they are hashed, read only after they were checked.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{BODIES, Doing as _, Error};
use crate::image::Digest;
use crate::image::digest::Hasher;
use crate::recording::ByteRange;

/// How much of a body is in memory at once, in bytes.
const PIECE: usize = 64 << 10;

/// A directory of bodies.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    drafts: AtomicU64,
    checked: Mutex<BTreeSet<Digest>>,
}

/// A body that is being written; dropped without [`Draft::keep`], it is forgotten.
#[derive(Debug)]
pub(super) struct Draft {
    folder: PathBuf,
    path: PathBuf,
    file: fs::File,
    hasher: Hasher,
    size: u64,
}

impl Store {
    /// The store in `dir`; nothing is looked at yet.
    pub(super) fn open(dir: &Path) -> Self {
        Store {
            folder: dir.join(BODIES),
            drafts: AtomicU64::new(0),
            checked: Mutex::default(),
        }
    }

    /// Makes the directory, so that every user can write to it.
    pub(super) fn create(dir: &Path) -> Result<Self, Error> {
        let store = Store::open(dir);
        fs::create_dir_all(&store.folder)
            .doing(|| format!("cannot make {}", store.folder.display()))?;
        Ok(store)
    }

    /// The bytes of a blob, checked.
    pub(super) fn read(&self, blob: &Digest) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        regular_file(&self.folder.join(blob.encoded()))
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|error| format!("it is not in the store ({error})"))?;
        match Digest::sha256(&bytes) == *blob {
            true => Ok(bytes),
            false => Err("the store has other bytes for it".to_owned()),
        }
    }

    /// Begins a body.
    pub(super) fn draft(&self) -> io::Result<Draft> {
        let number = self.drafts.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!(".draft-{number}"));
        let file = fs::File::create(&path)?;
        Ok(Draft {
            folder: self.folder.clone(),
            path,
            file,
            hasher: Hasher::default(),
            size: 0,
        })
    }

    /// Sends a part of a body that was checked, until the receiver is gone.
    pub(super) fn send(
        &self,
        body: &Digest,
        part: ByteRange,
        pieces: &mpsc::Sender<io::Result<Bytes>>,
    ) -> io::Result<()> {
        let mut file = regular_file(&self.folder.join(body.encoded()))?;
        file.seek(io::SeekFrom::Start(part.start))?;
        let mut left = part.end.saturating_sub(part.start);
        while left > 0 {
            let mut piece = vec![0; usize::try_from(left).unwrap_or(PIECE).min(PIECE)];
            file.read_exact(&mut piece)?;
            left -= piece.len() as u64;
            if pieces.blocking_send(Ok(piece.into())).is_err() {
                return Ok(()); // the client has gone
            }
        }
        Ok(())
    }

    /// Why a body cannot be served; checked once.
    pub(super) fn check(&self, body: &Digest, size: u64) -> Result<(), String> {
        if self.known(body) {
            return Ok(());
        }
        let path = self.folder.join(body.encoded());
        let mut file =
            regular_file(&path).map_err(|error| format!("{body} is not in the store ({error})"))?;
        let mut hasher = Hasher::default();
        let mut piece = vec![0; PIECE];
        let mut read = 0;
        loop {
            let count = file
                .read(&mut piece)
                .map_err(|error| format!("cannot read {body} ({error})"))?;
            let Some(content) = piece.get(..count).filter(|content| !content.is_empty()) else {
                break;
            };
            hasher.update(content);
            read += count as u64;
        }
        if read != size || hasher.finish() != *body {
            return Err(format!("the store has other bytes for {body}"));
        }
        self.checked
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(body.clone());
        Ok(())
    }

    fn known(&self, body: &Digest) -> bool {
        self.checked
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(body)
    }
}

/// Opens a file that is one: of a pipe there would be no end.
fn regular_file(path: &Path) -> io::Result<fs::File> {
    match fs::symlink_metadata(path)?.is_file() {
        true => fs::File::open(path),
        false => Err(io::Error::other("it is not a regular file")),
    }
}

impl Draft {
    /// Takes the next piece.
    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hasher.update(piece);
        self.size += piece.len() as u64;
        self.file.write_all(piece)
    }

    /// Gives the body its name: digest and size.
    pub(super) fn keep(self) -> io::Result<(Digest, u64)> {
        let digest = self.hasher.clone().finish();
        // There is nothing to keep of an empty body; its draft goes.
        if self.size > 0 {
            fs::rename(&self.path, self.folder.join(digest.encoded()))?;
        }
        Ok((digest, self.size))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already where the body was kept.
        let _ = fs::remove_file(&self.path);
    }
}
