//! Ordered collections from iterators, entry by entry; and lists whose entries are found by ids of their own type.
//!
//! The standard library's `collect` sorts first, with 5 KiB of code for each type of entry. In this crate the
//! collections are small and often in order already; the size of the frontend's binary counts more.

use std::cmp::Ordering;

/// Every iterator has [`collect_small`](CollectSmall::collect_small).
#[cfg(any(feature = "llb", feature = "lint"))]
pub(crate) trait CollectSmall: Iterator + Sized {
    /// A collection of all items; of two with the same key the later one stays.
    fn collect_small<C: Default + Extend<Self::Item>>(self) -> C {
        let mut collection = C::default();
        collection.extend(self);
        collection
    }
}

#[cfg(any(feature = "llb", feature = "lint"))]
impl<I: Iterator> CollectSmall for I {}

/// Sorts; what is equal stays in its order. Places are sorted, not entries: one function for all types.
pub(crate) fn sort_small<T>(entries: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let order = {
        let at = |place: usize| entries.get(place);
        order(entries.len(), &mut |a, b| match (at(a), at(b)) {
            (Some(a), Some(b)) => compare(a, b),
            _ => Ordering::Equal,
        })
    };
    let mut old: Vec<Option<T>> = std::mem::take(entries).into_iter().map(Some).collect();
    entries.extend(
        order
            .into_iter()
            .filter_map(|place| old.get_mut(place)?.take()),
    );
}

/// The places below `len` in the order of what is there.
fn order(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.sort_by(|a, b| compare(*a, *b));
    order
}

/// Sorts by number; what has the same stays in order of the second. One function for all lists: each type of entry would
/// bring some KiB of code again.
#[cfg(feature = "compile")]
pub(crate) fn sort_by_number(entries: &mut [(f64, usize)]) {
    entries.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
}

/// What stands for one entry of an [`IdVec`]: only the list that has the entry gives it out.
#[cfg(feature = "compile")]
pub(crate) trait Id: Copy {
    /// The id of a place.
    fn new(place: usize) -> Self;

    /// The place.
    fn place(self) -> usize;
}

/// Types of ids.
#[cfg(feature = "compile")]
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(usize);

        impl $crate::collect::Id for $name {
            fn new(place: usize) -> Self {
                $name(place)
            }

            fn place(self) -> usize {
                self.0
            }
        }
    )+};
}
#[cfg(feature = "compile")]
pub(crate) use ids;

/// A list whose entries are found by the ids that it gave out. It only grows, so that no lookup can miss; a number from
/// elsewhere becomes an id by [`IdVec::id`].
#[cfg(feature = "compile")]
#[derive(Clone, Debug)]
pub(crate) struct IdVec<I, T> {
    entries: Vec<T>,
    ids: std::marker::PhantomData<I>,
}

#[cfg(feature = "compile")]
impl<I: Id, T> IdVec<I, T> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Vec::with_capacity(capacity).into()
    }

    pub(crate) fn push(&mut self, entry: T) -> I {
        self.entries.push(entry);
        I::new(self.entries.len() - 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The id of the entry at `place`, if there is one.
    pub(crate) fn id(&self, place: usize) -> Option<I> {
        (place < self.entries.len()).then(|| I::new(place))
    }

    /// The id of the last entry.
    pub(crate) fn last(&self) -> Option<I> {
        self.entries.len().checked_sub(1).map(I::new)
    }

    /// The ids of all entries that there are now.
    pub(crate) fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.entries.len()).map(I::new)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.ids().zip(&self.entries)
    }

    pub(crate) fn values(&self) -> std::slice::Iter<'_, T> {
        self.entries.iter()
    }

    pub(crate) fn values_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.entries.iter_mut()
    }

    /// An entry for each of these, to be found by the same ids.
    pub(crate) fn for_each<U: Clone>(&self, entry: U) -> IdVec<I, U> {
        vec![entry; self.entries.len()].into()
    }
}

#[cfg(feature = "compile")]
impl<I, T> From<Vec<T>> for IdVec<I, T> {
    fn from(entries: Vec<T>) -> Self {
        IdVec {
            entries,
            ids: std::marker::PhantomData,
        }
    }
}

#[cfg(feature = "compile")]
impl<I, T> Default for IdVec<I, T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

#[cfg(feature = "compile")]
#[allow(
    clippy::indexing_slicing,
    reason = "an id is only given out for an entry, and entries stay"
)]
impl<I: Id, T> std::ops::Index<I> for IdVec<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.entries[id.place()]
    }
}

#[cfg(feature = "compile")]
#[allow(
    clippy::indexing_slicing,
    reason = "an id is only given out for an entry, and entries stay"
)]
impl<I: Id, T> std::ops::IndexMut<I> for IdVec<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.entries[id.place()]
    }
}

#[cfg(test)]
mod tests {
    use super::sort_small;

    #[test]
    fn equal_entries_stay_in_their_order() {
        let mut entries = vec![("b", 1), ("a", 1), ("b", 0), ("a", 0)];
        sort_small(&mut entries, |a, b| a.0.cmp(b.0));
        assert_eq!(entries, [("a", 1), ("a", 0), ("b", 1), ("b", 0)]);
    }
}
