//! Whether text is written in one case, as the rules about casing see it.

use crate::go::text::{to_lower, to_upper};
use crate::syntax::Text;

/// Lowering it changes nothing. Text that is not UTF-8 is in no case.
pub(super) fn is_lower_case(text: &Text) -> bool {
    text.is_utf8() && to_lower(text) == text.as_str()
}

/// Raising it changes nothing. Text that is not UTF-8 is in no case.
pub(super) fn is_upper_case(text: &Text) -> bool {
    text.is_utf8() && to_upper(text) == text.as_str()
}
