//! # MultipleInstructionsDisallowed
//!
//! ## What it does
//!
//! Finds a `CMD`, `ENTRYPOINT` or `HEALTHCHECK` that a later one in the same stage replaces. The
//! finding points at the earlier one.
//!
//! ## Why it is bad
//!
//! Only the last one counts. The others look as if they did something.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! CMD ["prepare"]
//! CMD ["serve"]
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! CMD ["prepare-and-serve"]
//! ```

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "MultipleInstructionsDisallowed",
    description: "Multiple instructions of the same type should not be used in the same stage",
    url: "https://docs.docker.com/go/dockerfile/rule/multiple-instructions-disallowed/",
    experimental: false,
};

/// Words a finding.
pub fn detail(instruction: &str) -> String {
    format!(
        "Multiple {instruction} instructions should not be used in the same stage because only the last one will be used"
    )
}
