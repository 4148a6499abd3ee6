//! [`Description`]: texts about an op.

use std::fmt;

use super::wire::{Writer, element_len, varint_at};
use crate::pb::ops::field;

/// Texts that the daemon does not read, by key, such as [`super::CUSTOM_NAME`]. An op has two or three.
///
/// They are kept as they are written, entry by entry in the order of their keys: one piece of memory for an op, copied
/// into the definition in one go.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Description(Vec<u8>);

impl Description {
    /// Sets the text of `key`.
    pub fn insert(&mut self, key: impl AsRef<str>, text: impl AsRef<str>) {
        self.set(key.as_ref(), text.as_ref());
    }

    /// Texts of keys that are in order, in memory that is as large as they need.
    #[cfg(feature = "compile")]
    pub(crate) fn of_sorted(texts: &[(&str, &str)]) -> Self {
        let bytes = texts.iter().map(|(key, text)| written_len(key, text));
        let mut writer = Writer::with_capacity(bytes.sum());
        for (key, text) in texts {
            writer.map_entry(field::OpMetadata::description, key, text);
        }
        Description(writer.into_bytes())
    }

    fn set(&mut self, key: &str, text: &str) {
        let mut start = 0;
        let mut end = 0;
        for entry in self.entries() {
            match entry.key.cmp(key.as_bytes()) {
                std::cmp::Ordering::Less => (start, end) = (entry.end, entry.end),
                std::cmp::Ordering::Equal => end = entry.end,
                std::cmp::Ordering::Greater => break,
            }
        }
        let mut writer = Writer::with_capacity(self.0.len() + written_len(key, text));
        writer.raw(self.0.get(..start).unwrap_or_default());
        writer.map_entry(field::OpMetadata::description, key, text);
        writer.raw(self.0.get(end..).unwrap_or_default());
        self.0 = writer.into_bytes();
    }

    /// The text of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut entries = self.iter();
        entries.find_map(|(have, text)| (have == key).then_some(text))
    }

    /// Lays `other` over this: its texts win.
    pub fn merge(&mut self, other: &Description) {
        if self.is_empty() {
            self.clone_from(other);
        } else if self != other {
            other.iter().for_each(|(key, text)| self.set(key, text));
        }
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and texts, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        // What was written is text.
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
        self.entries()
            .map(move |entry| (text(entry.key), text(entry.text)))
    }

    /// The entries as fields of `pb.OpMetadata`.
    pub(super) fn written(&self) -> &[u8] {
        &self.0
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let entry = Entry::read(&self.0, at)?;
            at = entry.end;
            Some(entry)
        })
    }
}

/// How many bytes an entry takes.
fn written_len(key: &str, text: &str) -> usize {
    element_len(element_len(key.len()) + element_len(text.len()))
}

/// An entry as it is written: field, length, then field, length and bytes of key and of text.
struct Entry<'a> {
    key: &'a [u8],
    text: &'a [u8],
    /// Where the next one begins.
    end: usize,
}

impl<'a> Entry<'a> {
    fn read(bytes: &'a [u8], at: usize) -> Option<Self> {
        let (_, content) = varint_at(bytes, at + 1)?;
        let (key_len, key) = varint_at(bytes, content + 1)?;
        let (text_len, text) = varint_at(bytes, key + key_len + 1)?;
        Some(Entry {
            key: bytes.get(key..key + key_len)?,
            text: bytes.get(text..text + text_len)?,
            end: text + text_len,
        })
    }
}

/// Of two texts for one key the later one counts.
impl<K: AsRef<str>, T: AsRef<str>> FromIterator<(K, T)> for Description {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(texts: I) -> Self {
        let mut description = Description::default();
        for (key, text) in texts {
            description.set(key.as_ref(), text.as_ref());
        }
        description
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sorted_by_key_and_the_later_one_counts() {
        let long = "x".repeat(70_000);
        let texts = [("b", "1"), ("", ""), ("a", &*long), ("b", "2"), ("c", "")];
        let mut description: Description = texts.into_iter().collect();
        let listed: Vec<_> = description.iter().collect();
        assert_eq!(listed, [("", ""), ("a", &*long), ("b", "2"), ("c", "")]);
        description.merge(&Description::from_iter([("a", "short"), ("d", "4")]));
        assert_eq!(description.get("a"), Some("short"));
        assert_eq!(description.get("d"), Some("4"));
        assert_eq!(description.get("e"), None);
    }
}
