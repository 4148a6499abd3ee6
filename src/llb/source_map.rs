//! Source files of ops: which lines an op comes from.

use super::definition::{Definition, SourceInfo};
use crate::source::LineRange;
use std::sync::Arc;

/// A source file that ops come from; cheap to clone.
#[derive(Clone, Debug)]
pub struct SourceMap(Arc<SourceInfo>);

impl SourceMap {
    /// The file `filename` with its content; `language` as Linguist names it, such as
    /// `Dockerfile`.
    pub fn new(
        filename: impl Into<String>,
        language: impl Into<String>,
        data: impl Into<Arc<[u8]>>,
    ) -> Self {
        SourceMap::of(SourceInfo {
            filename: filename.into(),
            language: language.into(),
            data: data.into(),
            definition: None,
        })
    }

    pub(crate) fn of(info: SourceInfo) -> Self {
        SourceMap(Arc::new(info))
    }

    /// The same file, with the definition that loads it.
    #[must_use]
    pub fn with_definition(self, definition: impl Into<Arc<Definition>>) -> Self {
        SourceMap::of(SourceInfo {
            definition: Some(definition.into()),
            ..self.info().clone()
        })
    }

    /// Places in this file, for [`super::Constraints::location`].
    pub fn location(&self, ranges: impl IntoIterator<Item = Range>) -> SourceLocation {
        self.at(ranges.into_iter().collect())
    }

    /// A location of ranges that are there.
    pub(super) fn at(&self, ranges: Ranges) -> SourceLocation {
        SourceLocation {
            map: self.clone(),
            ranges,
        }
    }

    /// Whole lines of this file, for [`super::Constraints::location`].
    pub fn lines(&self, lines: &[LineRange]) -> SourceLocation {
        self.location(lines.iter().map(|&lines| lines.into()))
    }

    /// The lines of a range, each on its own, as the Dockerfile frontend gives them.
    pub(crate) fn each_line(&self, lines: LineRange) -> SourceLocation {
        self.at(Ranges(Listed::EachLine(lines)))
    }

    /// All that is known of the file.
    pub fn info(&self) -> &SourceInfo {
        &self.0
    }

    /// The same file, even if it was made twice. The reference compares definitions only once
    /// they were marshaled, that is, never within one graph.
    pub(crate) fn same_file(&self, other: &SourceMap) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.filename == other.0.filename
                && self.0.language == other.0.language
                && self.0.data == other.0.data)
    }

    pub(crate) fn ptr_eq(&self, other: &SourceMap) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Places in a source file that an op comes from.
#[derive(Clone, Debug)]
pub struct SourceLocation {
    pub(crate) map: SourceMap,
    pub(crate) ranges: Ranges,
}

/// Places in a source file; cheap to clone. Lines one by one, which nearly all are, take no memory of their own.
#[derive(Clone)]
pub struct Ranges(Listed);

#[derive(Clone)]
enum Listed {
    EachLine(LineRange),
    Any(Arc<[Range]>),
}

impl Ranges {
    /// The places, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = Range> {
        let (lines, ranges): (_, &[Range]) = match &self.0 {
            Listed::EachLine(lines) => (Some(*lines), &[]),
            Listed::Any(ranges) => (None, ranges),
        };
        let lines = lines.into_iter().flat_map(LineRange::each_line);
        lines.map(Range::from).chain(ranges.iter().copied())
    }
}

impl FromIterator<Range> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        Ranges(Listed::Any(ranges.into_iter().collect()))
    }
}

impl PartialEq for Ranges {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl std::fmt::Debug for Ranges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A place in a source file, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Range {
    /// First position.
    pub start: Position,
    /// Last position.
    pub end: Position,
}

/// A position in a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// Line, one-based.
    pub line: i32,
    /// Column; the Dockerfile frontend leaves it 0.
    pub character: i32,
}

impl From<LineRange> for Range {
    fn from(lines: LineRange) -> Self {
        let position = |line| Position {
            line: i32::try_from(line).unwrap_or(i32::MAX),
            character: 0,
        };
        Range {
            start: position(lines.start),
            end: position(lines.end),
        }
    }
}
