//! [`Spanned`]: a value and where it was written.

use std::fmt;
use std::ops::Deref;

use super::Text;
use crate::source::Span;

/// A value and the bytes of the file it was read from.
///
/// The span covers the value as written: quotes, escapes and line continuations inside it
/// included. In an `ONBUILD` trigger spans refer to the trigger's own text.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, found at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Spanned { value, span }
    }
}

impl Spanned<Text> {
    /// Where a slice of the text was written; all of it where the text is not written as it is.
    #[cfg(feature = "compile")]
    pub(crate) fn span_of(&self, slice: &str) -> Span {
        let text = self.value.as_str();
        let at = slice.as_ptr().addr().checked_sub(text.as_ptr().addr());
        let part = at
            .filter(|at| at + slice.len() <= text.len() && self.span.range().len() == text.len())
            .and_then(|at| {
                let start = self.span.start.checked_add(u32::try_from(at).ok()?)?;
                let len = u32::try_from(slice.len()).ok()?;
                Some(Span::new(start, start.checked_add(len)?))
            });
        part.unwrap_or(self.span)
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} @{}..{}",
            self.value, self.span.start, self.span.end
        )
    }
}
