//! What a lock says of recordings.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use super::super::{FOLDER_STORE, FileError};
use super::{Reader, Table, Value};
use crate::image::{Digest, Reference};
use crate::lock::model::{LayoutName, RecordedRun, RecordingStore, Recordings, StoreImages};
use crate::recording::{Fetch, StepKey};

impl<'t> Reader<'t> {
    pub(super) fn recordings(&self, mut table: Table<'_, 't>) -> Result<Recordings, FileError> {
        let place = table.need("store")?;
        let images = table.take("images");
        let text = self.string(place)?;
        let directory = match LayoutName::parse(text) {
            Some(name) => {
                let name = name.map_err(|message| self.wrong(place, message))?;
                Some(RecordingStore::Layout(name))
            }
            None => (text == FOLDER_STORE).then_some(RecordingStore::Folder),
        };
        let store = match (directory, images) {
            (Some(directory), None) => directory,
            (Some(_), Some(_)) => {
                let message = format!("the store `{text}` has no `images`");
                return Err(self.wrong(place, message));
            }
            (None, images) => RecordingStore::Registry(self.store_images(text, place, images)?),
        };
        let epoch = self.integer(table.need("epoch")?)?;
        let mut programs = BTreeMap::new();
        for (key, value) in self.pairs(table.take("rdf-run"))? {
            programs.insert(self.platform_key(key, value)?, self.parsed_digest(value)?);
        }
        table.finish()?;
        let recordings = Recordings {
            store,
            epoch,
            programs,
            runs: BTreeMap::new(),
        };
        self.stored(&recordings, recordings.programs.values(), place)?;
        Ok(recordings)
    }

    fn store_images(
        &self,
        index: &str,
        store: &Value<'t>,
        images: Option<&Value<'t>>,
    ) -> Result<StoreImages, FileError> {
        let whole = Reference::parse(index).ok();
        let index = whole.filter(|it| !it.domain().is_empty() && it.digest().is_some());
        let index = index.ok_or_else(|| {
            let message = format!(
                "`store` must be `{FOLDER_STORE}`, `oci-layout://NAME.store`, or a reference in full with a digest"
            );
            self.wrong(store, message)
        })?;
        let mut known = BTreeMap::new();
        for (held, image) in self.pairs(images)? {
            let held = self.sha256(held, image)?;
            known.insert(held, self.parsed_digest(image)?);
        }
        Ok(StoreImages {
            index,
            images: known,
        })
    }

    /// Refuses what a store in a registry has no image for.
    pub(super) fn stored<'d>(
        &self,
        recordings: &Recordings,
        held: impl IntoIterator<Item = &'d Digest>,
        value: &Value<'t>,
    ) -> Result<(), FileError> {
        let RecordingStore::Registry(store) = &recordings.store else {
            return Ok(());
        };
        match held
            .into_iter()
            .find(|held| !store.images.contains_key(held))
        {
            None => Ok(()),
            Some(held) => {
                let message = format!("`[recording.images]` has no image for {held}");
                Err(self.wrong(value, message))
            }
        }
    }

    pub(super) fn run(
        &self,
        mut table: Table<'_, 't>,
    ) -> Result<(StepKey, RecordedRun), FileError> {
        let ordinal = match table.take("ordinal") {
            None => 1,
            Some(value) => u32::try_from(self.integer(value)?)
                .ok()
                .filter(|ordinal| *ordinal > 0)
                .ok_or_else(|| self.wrong(value, "`ordinal` must be a number from 1"))?,
        };
        let key = StepKey {
            stage: self.string(table.need("stage")?)?.to_owned(),
            platform: self.platform(table.need("platform")?)?,
            command: self.strings(Some(table.need("command")?))?,
            script: table
                .take("script")
                .map(|value| self.parsed_digest(value))
                .transpose()?,
            mounts: self.strings(table.take("mounts"))?,
            args: match table.take("args") {
                Some(value) => self.map(value)?,
                None => BTreeMap::new(),
            },
            ordinal,
        };
        let recording = table.take("recording");
        let recording = recording
            .map(|value| self.parsed_digest(value))
            .transpose()?;
        let mut fetches = BTreeSet::new();
        for value in self.array_of(table.take("fetches"))? {
            let mut fields = self.table(value)?;
            let fetch = Fetch {
                url: self.url(fields.need("url")?)?,
                digest: self.parsed_digest(fields.need("digest")?)?,
                size: self.number(fields.need("size")?)?,
            };
            fields.finish()?;
            self.unique(!fetches.insert(fetch), value)?;
            if recording.is_none() {
                return Err(self.wrong(value, "`fetches` requires `recording`"));
            }
        }
        let network = match table.take("network") {
            None => false,
            Some(value) => match value.get_ref() {
                DeValue::Boolean(network) if !*network || recording.is_none() => *network,
                DeValue::Boolean(_) => {
                    return Err(self.wrong(value, "`network` cannot be used with `recording`"));
                }
                _ => return Err(self.wrong(value, "`network` must be a boolean")),
            },
        };
        table.finish()?;
        let run = RecordedRun {
            recording,
            fetches,
            network,
        };
        Ok((key, run))
    }

    fn parsed_digest(&self, value: &Value<'t>) -> Result<Digest, FileError> {
        self.sha256(self.string(value)?, value)
    }

    /// The name of a file in the store: no other algorithm is written.
    fn sha256(&self, text: &str, value: &Value<'t>) -> Result<Digest, FileError> {
        match Digest::parse(text) {
            Ok(digest) if text.starts_with("sha256:") => Ok(digest),
            _ => Err(self.wrong(value, format!("`{text}` is not a valid SHA-256 digest"))),
        }
    }
}
