//! Environment variables of a state: ordered, shared, cheap to clone.
//!
//! Setting a variable moves it to the end. The list is a stack of immutable levels, each with one
//! entry per key; a change adds a small level on top, and levels of similar size are folded
//! together. So a long chain of changes costs O(log n) each, however many old lists are still in
//! use, and the list of an ordinary build is a single level.

use std::collections::HashMap;
use std::sync::Arc;

/// Levels up to this size are searched one by one and always folded together.
const SMALL: usize = 16;

/// An ordered list of environment variables.
#[derive(Clone, Default)]
pub struct EnvList {
    /// Oldest first.
    levels: Vec<Arc<Level>>,
}

#[derive(Clone, Default)]
struct Level {
    entries: Vec<Entry>,
    /// Places of the keys, only when the level is not small.
    index: HashMap<Arc<str>, usize>,
}

/// `key=value` in one piece, as the wire wants it. Variables that were set together share one text.
#[derive(Clone)]
struct Entry {
    text: Arc<str>,
    start: usize,
    key_end: usize,
    end: usize,
    /// The variable is gone: hides what lower levels say.
    deleted: bool,
}

impl Entry {
    fn new(key: &str, value: &str) -> Self {
        Entry::written(&[key, "=", value].concat(), key.len())
    }

    /// `key=value`, and how long the key is.
    fn written(pair: &str, key_len: usize) -> Self {
        Entry {
            text: pair.into(),
            start: 0,
            key_end: key_len,
            end: pair.len(),
            deleted: false,
        }
    }

    fn pair(&self) -> &str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    fn key(&self) -> &str {
        let key = self.start..self.key_end;
        self.text.get(key).unwrap_or_default()
    }

    fn value(&self) -> &str {
        let value = self.key_end + 1..self.end;
        self.text.get(value).unwrap_or_default()
    }
}

impl Level {
    fn new(entries: Vec<Entry>) -> Self {
        let mut index = HashMap::new();
        if entries.len() > SMALL {
            index.extend(
                entries
                    .iter()
                    .enumerate()
                    .map(|(place, entry)| (Arc::from(entry.key()), place)),
            );
        }
        Level { entries, index }
    }

    fn find(&self, key: &str) -> Option<&Entry> {
        if self.index.is_empty() {
            self.entries.iter().find(|entry| entry.key() == key)
        } else {
            self.entries.get(*self.index.get(key)?)
        }
    }
}

impl EnvList {
    /// The empty list.
    pub(crate) fn new() -> Self {
        EnvList::default()
    }

    /// A list of variables that all have different keys.
    #[cfg(feature = "compile")]
    pub(crate) fn of_distinct(variables: &[(&str, &str)]) -> Self {
        let mut text = String::with_capacity(256);
        for (key, value) in variables {
            text.extend([key, "=", value]);
        }
        let text: Arc<str> = text.into();
        let mut end = 0;
        let entries = variables.iter().map(|(key, value)| {
            let start = end;
            let key_end = start + key.len();
            end = key_end + 1 + value.len();
            Entry {
                text: text.clone(),
                start,
                key_end,
                end,
                deleted: false,
            }
        });
        EnvList {
            levels: vec![Arc::new(Level::new(entries.collect()))],
        }
    }

    /// Sets `key` to `value`; the key moves to the end of the list.
    pub(crate) fn add_or_replace(&mut self, key: &str, value: &str) {
        self.push(Entry::new(key, value));
    }

    /// The same of `key=value` in one piece; the key ends at `key_len`.
    #[cfg(feature = "compile")]
    pub(crate) fn add_or_replace_pair(&mut self, pair: &str, key_len: usize) {
        self.push(Entry::written(pair, key_len));
    }

    /// Removes `key`.
    pub(crate) fn delete(&mut self, key: &str) {
        if self.get(key).is_some() {
            let mut entry = Entry::new(key, "");
            entry.deleted = true;
            self.push(entry);
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        let entry = self.levels.iter().rev().find_map(|level| level.find(key))?;
        (!entry.deleted).then(|| entry.value())
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries().map(|entry| (entry.key(), entry.value()))
    }

    /// `key=value` pairs in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = &str> {
        self.entries().map(Entry::pair)
    }

    /// Whether there is no variable.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.levels
            .iter()
            .enumerate()
            .flat_map(move |(depth, level)| {
                let above = self.levels.get(depth + 1..).unwrap_or_default();
                level.entries.iter().filter(move |entry| {
                    !entry.deleted && above.iter().all(|level| level.find(entry.key()).is_none())
                })
            })
    }

    fn push(&mut self, entry: Entry) {
        if let [only] = self.levels.as_mut_slice()
            && let Some(level) = Arc::get_mut(only)
            && level.entries.len() < SMALL
        {
            level.entries.retain(|have| have.key() != entry.key());
            if !entry.deleted {
                level.entries.push(entry);
            }
            return;
        }
        self.levels.push(Arc::new(Level::new(vec![entry])));
        self.fold();
    }

    /// Folds the top levels while the one below is not clearly larger.
    fn fold(&mut self) {
        while let [.., lower, upper] = self.levels.as_slice() {
            let (below, above) = (lower.entries.len(), upper.entries.len());
            if below + above > SMALL && below >= 2 * above {
                break;
            }
            let bottom = self.levels.len() == 2;
            let mut entries: Vec<Entry> = lower
                .entries
                .iter()
                .filter(|entry| upper.find(entry.key()).is_none())
                .chain(&upper.entries)
                .filter(|entry| !(bottom && entry.deleted))
                .cloned()
                .collect();
            entries.shrink_to_fit();
            let folded = Arc::new(Level::new(entries));
            self.levels.truncate(self.levels.len() - 2);
            self.levels.push(folded);
        }
    }
}

impl std::fmt::Debug for EnvList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.pairs()).finish()
    }
}

impl PartialEq for EnvList {
    fn eq(&self, other: &Self) -> bool {
        self.pairs().eq(other.pairs())
    }
}

impl Eq for EnvList {}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for EnvList {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut env = EnvList::new();
        for (key, value) in pairs {
            env.add_or_replace(key.as_ref(), value.as_ref());
        }
        env
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Change {
        Set(u8, u8),
        Delete(u8),
        Keep,
    }

    fn change(keys: u8) -> impl Strategy<Value = Change> {
        prop_oneof![
            6 => (0..keys, 0..9u8).prop_map(|(k, v)| Change::Set(k, v)),
            2 => (0..keys).prop_map(Change::Delete),
            1 => Just(Change::Keep),
        ]
    }

    /// The plain list that the clever one must agree with.
    fn apply(model: &mut Vec<(String, String)>, change: &Change) {
        let (key, value) = match change {
            Change::Set(k, v) => (k.to_string(), Some(v.to_string())),
            Change::Delete(k) => (k.to_string(), None),
            Change::Keep => return,
        };
        model.retain(|(have, _)| *have != key);
        model.extend(value.map(|value| (key, value)));
    }

    proptest! {
        #[test]
        fn behaves_as_a_plain_list(
            changes in prop_oneof![
                prop::collection::vec(change(6), 0..60),
                prop::collection::vec(change(200), 0..400),
            ]
        ) {
            let mut env = EnvList::new();
            let mut model = Vec::new();
            let mut kept = Vec::new();
            for change in &changes {
                match change {
                    Change::Set(k, v) => env.add_or_replace(&k.to_string(), &v.to_string()),
                    Change::Delete(k) => env.delete(&k.to_string()),
                    Change::Keep => kept.push((env.clone(), model.clone())),
                }
                apply(&mut model, change);
            }
            kept.push((env, model));
            for (env, model) in kept {
                let have: Vec<_> = env.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
                prop_assert_eq!(&have, &model);
                for key in 0..200u8 {
                    let key = key.to_string();
                    let want = model.iter().find(|(k, _)| *k == key).map(|(_, v)| v.as_str());
                    prop_assert_eq!(env.get(&key), want);
                }
            }
        }
    }

    #[test]
    fn a_long_shared_chain_stays_cheap() {
        let mut env = EnvList::new();
        let mut kept = Vec::new();
        for i in 0..50_000 {
            env.add_or_replace(&format!("K{i}"), "v");
            kept.push(env.clone());
        }
        assert_eq!(env.get("K0"), Some("v"));
        assert_eq!(env.iter().count(), 50_000);
        assert_eq!(kept.get(99).map(|env| env.iter().count()), Some(100));
    }
}
