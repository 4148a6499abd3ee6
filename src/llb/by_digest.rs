//! [`ByDigest`]: what a definition says about its ops.

use super::digest::OpDigest;

/// Values by op, in the order of their digests.
///
/// A sorted list: definitions are made, walked and encoded, but hardly ever changed. Filling it from
/// ops in any order sorts once.
#[derive(Clone, Debug, PartialEq)]
pub struct ByDigest<T>(Vec<(OpDigest, T)>);

impl<T> Default for ByDigest<T> {
    fn default() -> Self {
        ByDigest(Vec::new())
    }
}

impl<T> ByDigest<T> {
    /// Entries that are in order already.
    pub(super) fn of_sorted(entries: Vec<(OpDigest, T)>) -> Self {
        ByDigest(entries)
    }

    /// How many ops have a value.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no op has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of an op.
    pub fn get(&self, digest: &OpDigest) -> Option<&T> {
        let place = self.place(digest).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// Sets the value of an op; gives the one it had.
    pub fn insert(&mut self, digest: OpDigest, value: T) -> Option<T> {
        match self.place(&digest) {
            Ok(place) => {
                let (_, have) = self.0.get_mut(place)?;
                Some(std::mem::replace(have, value))
            }
            Err(place) => {
                self.0.insert(place, (digest, value));
                None
            }
        }
    }

    /// Ops and their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&OpDigest, &T)> {
        self.0.iter().map(|(digest, value)| (digest, value))
    }

    /// The values alone.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    fn place(&self, digest: &OpDigest) -> Result<usize, usize> {
        self.0.binary_search_by(|(have, _)| have.cmp(digest))
    }
}

/// Of two values for one op the later one counts.
impl<T> FromIterator<(OpDigest, T)> for ByDigest<T> {
    fn from_iter<I: IntoIterator<Item = (OpDigest, T)>>(entries: I) -> Self {
        let mut entries: Vec<Option<(OpDigest, T)>> = entries.into_iter().map(Some).collect();
        let digests: Vec<&OpDigest> = entries.iter().flatten().map(|(digest, _)| digest).collect();
        let order = order(&digests);
        let mut sorted: Vec<(OpDigest, T)> = Vec::with_capacity(entries.len());
        for place in order {
            let Some(entry) = entries.get_mut(place).and_then(Option::take) else {
                continue;
            };
            match sorted.last_mut().filter(|last| last.0 == entry.0) {
                Some(last) => *last = entry,
                None => sorted.push(entry),
            }
        }
        ByDigest(sorted)
    }
}

/// Places of `digests` in sorted order; equal ones stay in the order they have.
pub(super) fn order(digests: &[&OpDigest]) -> Vec<usize> {
    // Comparing texts all over the heap is slow; the first digits nearly always decide.
    let mut keys: Vec<(u64, usize)> = digests
        .iter()
        .enumerate()
        .map(|(place, digest)| (digest.leading(), place))
        .collect();
    keys.sort_unstable_by(|a, b| {
        let whole = || match (digests.get(a.1), digests.get(b.1)) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        };
        a.0.cmp(&b.0).then_with(whole).then(a.1.cmp(&b.1))
    });
    keys.into_iter().map(|(_, place)| place).collect()
}

impl<T> IntoIterator for ByDigest<T> {
    type Item = (OpDigest, T);
    type IntoIter = std::vec::IntoIter<(OpDigest, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_the_last_of_equal_ones_stays() {
        let names = [
            "b",
            "sha256:2",
            "a",
            "sha256:1",
            "",
            "sha256:12",
            "b",
            "sha256:1",
        ];
        let filled: ByDigest<usize> = names
            .iter()
            .enumerate()
            .map(|(place, name)| (OpDigest::from(*name), place))
            .collect();
        let mut inserted = ByDigest::default();
        for (place, name) in names.iter().enumerate() {
            inserted.insert(OpDigest::from(*name), place);
        }
        assert_eq!(filled, inserted);
        let listed: Vec<_> = filled
            .iter()
            .map(|(name, place)| (name.as_str(), *place))
            .collect();
        assert_eq!(
            listed,
            [
                ("", 4),
                ("a", 2),
                ("b", 6),
                ("sha256:1", 7),
                ("sha256:12", 5),
                ("sha256:2", 1)
            ]
        );
        assert_eq!(filled.get(&"sha256:12".into()), Some(&5));
        assert_eq!(filled.get(&"c".into()), None);
    }
}
