//! # ExposeInvalidFormat
//!
//! ## What it does
//!
//! Finds `EXPOSE` with an address or a port of the host.
//!
//! ## Why it is bad
//!
//! An image only says on which ports its process listens. Which address and port of the host lead
//! there is chosen when a container is started; what `EXPOSE` says about it is dropped, and will be an
//! error.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM nginx:1.29
//! EXPOSE 127.0.0.1:8080:80
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM nginx:1.29
//! EXPOSE 80
//! ```

use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "ExposeInvalidFormat",
    "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release",
)
.url("https://docs.docker.com/go/dockerfile/rule/expose-invalid-format/");

/// An address or a port of the host.
#[derive(Debug)]
pub(crate) struct ExposeInvalidFormat {
    /// The port, expanded.
    pub port: String,
    pub written: Span,
}

impl Violation for ExposeInvalidFormat {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        format!(
            "EXPOSE instruction should not define an IP address or host-port mapping, found '{}'",
            self.port
        )
        .into()
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context};

    impl Advise for ExposeInvalidFormat {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(
                self.written,
                "an image knows the ports of its container only",
            )
            .hint("name the container's port; `docker run --publish` says where it leads")
        }
    }
}
