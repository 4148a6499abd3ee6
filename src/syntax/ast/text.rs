//! [`Spanned`]: a value and where it was written.

use std::fmt;
use std::ops::Deref;

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
