//! How much variables make of a file: a sum with a bound.
//!
//! One word is bounded by the expander; many of them, and the environment that each step carries,
//! would still add up to all of the memory there is.

use super::CompileError;
use crate::limits::MAX_VARIABLE_BYTES;

/// Bytes that variables have added so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Growth(usize);

impl Growth {
    /// Adds what `expanded` has more than `written`, in bytes.
    pub(crate) fn expansion(
        &mut self,
        written: usize,
        expanded: usize,
    ) -> Result<(), CompileError> {
        self.add(expanded.saturating_sub(written))
    }

    /// Adds `bytes`.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), CompileError> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > MAX_VARIABLE_BYTES {
            return Err(CompileError::new(format!(
                "variables add more than {MAX_VARIABLE_BYTES} bytes to the build"
            )));
        }
        Ok(())
    }
}
