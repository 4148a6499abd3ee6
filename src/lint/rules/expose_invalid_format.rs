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

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "ExposeInvalidFormat",
    description: "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release",
    url: "https://docs.docker.com/go/dockerfile/rule/expose-invalid-format/",
    experimental: false,
};

/// Words a finding.
pub fn detail(port: &str) -> String {
    format!(
        "EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
    )
}
