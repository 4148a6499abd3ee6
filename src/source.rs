//! The bytes of one input file, places in it and changes of it: [`Span`], [`LineRange`], [`Edit`],
//! [`Escape`].
//!
//! Owns offsets and line arithmetic; knows nothing about Dockerfile instructions.

#[cfg(feature = "cli")]
mod diff;
mod edit;

use std::ops::Range;

#[cfg(feature = "cli")]
pub(crate) use diff::unified_diff;
pub use edit::{Applied, Edit, apply};

/// A half-open byte range `start..end` of a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Span { start, end }
    }

    /// The range as one that slices are indexed with.
    pub fn range(self) -> Range<usize> {
        let offset = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        offset(self.start)..offset(self.end)
    }

    /// These bytes of `source`; none where the file does not reach.
    pub fn of(self, source: &[u8]) -> &[u8] {
        source.get(self.range()).unwrap_or(&[])
    }

    /// Whether `other` lies within, its ends included.
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.start <= other.end && other.end <= self.end
    }
}

/// An inclusive range of one-based physical lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineRange {
    /// First line, one-based.
    pub start: u32,
    /// Last line, one-based, inclusive.
    pub end: u32,
}

impl LineRange {
    /// Lines `start..=end`.
    pub const fn new(start: u32, end: u32) -> Self {
        LineRange { start, end }
    }

    /// The lines one by one, as positions on the wire are given.
    pub(crate) fn each_line(self) -> impl Iterator<Item = LineRange> {
        (self.start..=self.end.max(self.start)).map(LineRange::line)
    }

    /// A single line.
    pub const fn line(line: u32) -> Self {
        LineRange {
            start: line,
            end: line,
        }
    }
}

/// The escape token of a Dockerfile: joins lines and escapes characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Escape {
    /// `\`, the default.
    #[default]
    Backslash,
    /// `` ` ``, chosen by ``# escape=` ``.
    Backtick,
}

impl Escape {
    /// The token as a byte; both tokens are ASCII.
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Escape::Backslash => b'\\',
            Escape::Backtick => b'`',
        }
    }

    /// The token as a character.
    pub const fn char(self) -> char {
        self.byte() as char
    }
}
