//! History entries of the stages' instructions.

use crate::collect::{IdVec, ids};
use crate::go::byte_text::Text;
use crate::image::{History, Timestamp};

/// Comment of every history entry.
const COMMENT: &str = "buildkit.dockerfile.v0";

ids! {
    /// An entry of the log.
    EntryId;
}

/// The entries of all stages. Each knows the one before it, so that a stage has those of the stage that it continues
/// without a copy, and only the entries of the target are ever written.
#[derive(Debug)]
pub(super) struct HistoryLog {
    entries: IdVec<EntryId, Entry>,
    /// The texts, one after the other.
    texts: Vec<u8>,
    /// Memory in which texts are put together.
    spare: String,
}

#[derive(Debug)]
struct Entry {
    earlier: Option<EntryId>,
    text: std::ops::Range<usize>,
    layer: bool,
}

/// How many entries an ordinary file makes.
const ROOM_FOR_ENTRIES: usize = 32;

/// How long the text of an ordinary entry is, and all of an ordinary file, in bytes, at most.
const ROOM_FOR_TEXT: usize = 512;
const ROOM_FOR_TEXTS: usize = 4096;

impl HistoryLog {
    pub(super) fn new() -> Self {
        HistoryLog {
            entries: IdVec::with_capacity(ROOM_FOR_ENTRIES),
            texts: Vec::with_capacity(ROOM_FOR_TEXTS),
            spare: String::with_capacity(ROOM_FOR_TEXT),
        }
    }

    /// An empty text for an entry. [`HistoryLog::give_back`] lets the next one have its memory.
    pub(super) fn text(&mut self) -> String {
        std::mem::take(&mut self.spare)
    }

    /// Takes back what [`HistoryLog::text`] gave.
    pub(super) fn give_back(&mut self, mut text: String) {
        text.clear();
        self.spare = text;
    }

    /// Adds what `created_by` did after `earlier`; `layer` tells whether it comes with a layer.
    pub(super) fn add(
        &mut self,
        earlier: Option<EntryId>,
        created_by: &[u8],
        layer: bool,
    ) -> EntryId {
        let start = self.texts.len();
        self.texts.extend_from_slice(created_by);
        self.entries.push(Entry {
            earlier,
            text: start..self.texts.len(),
            layer,
        })
    }

    /// The entries up to `last`, oldest first, all of the time `created`.
    pub(super) fn up_to(&self, last: Option<EntryId>, created: Option<Timestamp>) -> Vec<History> {
        let entry = |id: Option<EntryId>| Some(&self.entries[id?]);
        let entries = || std::iter::successors(entry(last), |it| entry(it.earlier));
        let mut written = Vec::with_capacity(entries().count());
        written.extend(entries().map(|entry| {
            let text = self.texts.get(entry.text.clone()).unwrap_or_default();
            History {
                created,
                created_by: Text::from_bytes(text),
                author: String::new(),
                comment: COMMENT.to_owned(),
                empty_layer: !entry.layer,
            }
        }));
        written.reverse();
        written
    }
}
