//! [`OneOrMany`]: a list that mostly has one item.

use std::ops::Deref;

/// A list in which one item takes no memory of its own: a graph has tens of thousands of such lists. Reads as a slice.
#[derive(Clone)]
pub struct OneOrMany<T>(Items<T>);

#[derive(Clone)]
enum Items<T> {
    One([T; 1]),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The empty list.
    pub const fn new() -> Self {
        OneOrMany(Items::Many(Vec::new()))
    }

    /// A list of `item`.
    pub const fn one(item: T) -> Self {
        OneOrMany(Items::One([item]))
    }

    /// The items as an ordinary list.
    pub fn into_vec(self) -> Vec<T> {
        match self.0 {
            Items::One(item) => Vec::from(item),
            Items::Many(items) => items,
        }
    }

    /// Adds what another list has.
    pub fn append(&mut self, other: OneOrMany<T>) {
        if self.is_empty() {
            *self = other;
            return;
        }
        let mut items = std::mem::take(self).into_vec();
        items.extend(other);
        self.0 = Items::Many(items);
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany::new()
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Items::One(item) => item,
            Items::Many(items) => items,
        }
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(items: Vec<T>) -> Self {
        match <[T; 1]>::try_from(items) {
            Ok(item) => OneOrMany(Items::One(item)),
            Err(items) => OneOrMany(Items::Many(items)),
        }
    }
}

impl<T> FromIterator<T> for OneOrMany<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items = items.into_iter();
        let Some(first) = items.next() else {
            return OneOrMany::new();
        };
        match items.next() {
            None => OneOrMany::one(first),
            Some(second) => OneOrMany(Items::Many(
                [first, second].into_iter().chain(items).collect(),
            )),
        }
    }
}

impl<T> IntoIterator for OneOrMany<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a OneOrMany<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: PartialEq> PartialEq for OneOrMany<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for OneOrMany<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_the_list_that_it_was_made_of() {
        for count in 0..4 {
            let items: Vec<usize> = (0..count).collect();
            let list: OneOrMany<usize> = items.iter().copied().collect();
            assert_eq!(*list, *items);
            assert_eq!(list, OneOrMany::from(items.clone()));
            let mut more = list.clone();
            more.append(list);
            assert_eq!(more.into_vec(), items.repeat(2));
        }
    }
}
