//! Ordered collections from iterators, entry by entry.
//!
//! The standard library's `collect` sorts first, with 5 KiB of code for each type of entry. In this crate the
//! collections are small and often in order already; the size of the frontend's binary counts more.

/// Every iterator has [`collect_small`](CollectSmall::collect_small).
pub(crate) trait CollectSmall: Iterator + Sized {
    /// A collection of all items; of two with the same key the later one stays.
    fn collect_small<C: Default + Extend<Self::Item>>(self) -> C {
        let mut collection = C::default();
        collection.extend(self);
        collection
    }
}

impl<I: Iterator> CollectSmall for I {}

/// Sorts by number; what has the same stays in order of the second. One function for all lists: each type of entry would
/// bring some KiB of code again.
#[cfg(feature = "compile")]
pub(crate) fn sort_by_number(entries: &mut [(f64, usize)]) {
    entries.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
}
