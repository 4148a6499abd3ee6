//! How much a build has more than its file: a sum with a bound.
//!
//! One word is bounded by the expander; many of them, and the execution metadata that each step carries,
//! would still add up to all of the memory there is.

use super::CompileError;
use crate::diagnostic::ErrorCode;
use crate::limits::MAX_ADDED_BYTES;

/// Bytes that were added so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Growth(usize);

impl Growth {
    /// Adds what variables have made of a text, in bytes.
    pub(crate) fn expansion(
        &mut self,
        written: usize,
        expanded: usize,
    ) -> Result<(), CompileError> {
        self.add("variables", expanded.saturating_sub(written))
    }

    /// Adds `bytes` that `what` has.
    pub(crate) fn add(&mut self, what: &str, bytes: usize) -> Result<(), CompileError> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > MAX_ADDED_BYTES {
            let message = format!("{what} add more than {MAX_ADDED_BYTES} bytes to the build");
            return Err(CompileError::new(ErrorCode::LimitExceeded, message));
        }
        Ok(())
    }
}
