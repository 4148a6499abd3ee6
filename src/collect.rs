//! Ordered collections from iterators, entry by entry.
//!
//! The standard library's `collect` sorts first, with 5 KiB of code for each type of entry. In this crate the
//! collections are small and often in order already; the size of the frontend's binary counts more.

/// Every iterator has [`inserted`](Inserted::inserted).
pub(crate) trait Inserted: Iterator + Sized {
    /// A collection of all items; of two with the same key the later one stays.
    fn inserted<C: Default + Extend<Self::Item>>(self) -> C {
        let mut collection = C::default();
        collection.extend(self);
        collection
    }
}

impl<I: Iterator> Inserted for I {}
