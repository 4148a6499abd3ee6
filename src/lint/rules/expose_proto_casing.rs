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

use crate::lint::Rule;

/// The rule.
pub static RULE: Rule = Rule {
    name: "ExposeProtoCasing",
    description: "Protocol in EXPOSE instruction should be lowercase",
    url: "https://docs.docker.com/go/dockerfile/rule/expose-proto-casing/",
    experimental: false,
};

/// Words a finding.
pub fn detail(port: &str) -> String {
    format!("Defined protocol '{port}' in EXPOSE instruction should be lowercase")
}
