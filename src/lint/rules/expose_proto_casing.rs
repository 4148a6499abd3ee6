//! # ExposeProtoCasing
//!
//! ## What it does
//!
//! Finds a protocol in `EXPOSE` that is not written in lower case.
//!
//! ## Why it is bad
//!
//! Tools that read the image compare protocols as text: `tcp`, `udp` and `sctp` are what they
//! look for.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM coredns/coredns:1.12.0
//! EXPOSE 53/UDP
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM coredns/coredns:1.12.0
//! EXPOSE 53/udp
//! ```

use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "ExposeProtoCasing",
    "Protocol in EXPOSE instruction should be lowercase",
)
.url("https://docs.docker.com/go/dockerfile/rule/expose-proto-casing/")
.fixable();

/// A protocol that is not in lower case.
#[derive(Debug)]
pub(crate) struct ExposeProtoCasing {
    /// The port, expanded.
    pub port: String,
    pub written: Span,
}

impl Violation for ExposeProtoCasing {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let port = &self.port;
        format!("Defined protocol '{port}' in EXPOSE instruction should be lowercase").into()
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, Offer};
    use crate::source::Edit;
    use crate::syntax::Instruction;

    impl Advise for ExposeProtoCasing {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.written, "")
                .hint("write the protocol in lower case")
                .fix(|| self.fix(cx))
        }
    }

    impl ExposeProtoCasing {
        /// All ports of the instruction at once.
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let Some(Instruction::Expose(expose)) = cx.instruction_at(self.written) else {
                return Err("the instruction is not found".to_owned());
            };
            let mut edits = Vec::new();
            let mut written = Vec::new();
            for port in &expose.ports {
                let Some((number, protocol)) = port.split_once('/') else {
                    continue;
                };
                let lower = format!("{number}/{}", protocol.to_ascii_lowercase());
                if lower == port.as_str() {
                    continue;
                }
                if !cx.is_plain(port) || protocol.contains(['$', '"', '\'', '\\', '`']) {
                    return Err("the port is not written as it is".to_owned());
                }
                written.push(lower.clone());
                edits.push(Edit::replace(port.span, lower));
            }
            match edits.is_empty() {
                true => Err("the protocol comes out of a variable".to_owned()),
                false => Ok(Fix::new(format!("write `{}`", written.join(" ")), edits)),
            }
        }
    }
}
