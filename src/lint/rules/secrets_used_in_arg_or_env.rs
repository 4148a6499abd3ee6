//! # SecretsUsedInArgOrEnv
//!
//! ## What it does
//!
//! Finds `ARG` and `ENV` whose name sounds like a secret: one of its words, as underscores divide
//! them, is `apikey`, `auth`, `credential`, `credentials`, `key`, `password`, `pword`, `passwd`, `secret`
//! or `token`. Names with one of the words `public`, `file` and `version` are left alone.
//!
//! ## Why it is bad
//!
//! Values of both end up in the image's config and history, where everybody who can pull the image
//! can read them.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ARG NPM_TOKEN
//! RUN npm ci
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci
//! ```
//!
//! ## Notes
//!
//! This is Docker's rule, and what it finds is what `docker build --check` finds: only the name counts. Where
//! the value is none, the level is `info` and not `warning`:
//!
//! - an `ENV` that is empty, and a switch (`yes`, `0`);
//! - the fingerprint of an OpenPGP key (40 or 64 digits) in a name with `GPG` or `PGP` and `KEY`,
//!   `FINGERPRINT` or `ID`, and the last 16 digits of one in a name with `KEY`;
//! - the name of a file: `server.key` in a name with `KEY`, `CERT`, `CERTIFICATE`, `CREDENTIAL` or `CREDENTIALS`,
//!   `/run/secrets/token` and `/etc/tls/server.key` in any name.
//!
//! Names with `PASSWORD`, `PASSWD`, `PWORD`, `PASSPHRASE`, `SECRET` or `TOKEN` hold neither fingerprints nor
//! names of files without a `/` at their beginning. `# rdf: ignore=SecretsUsedInArgOrEnv` above the
//! instruction suppresses the finding. SecretInLayer looks at values.

use crate::go::quote;
use crate::go::text::equal_fold;
use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "SecretsUsedInArgOrEnv",
    "Sensitive data should not be used in the ARG or ENV commands",
)
.aliases(&["DL3064"])
.url("https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/");

/// A variable that seems to hold a secret.
#[derive(Debug)]
pub(crate) struct SecretsUsedInArgOrEnv {
    /// `ARG` or `ENV`
    pub instruction: &'static str,
    /// The name, expanded.
    pub key: String,
    pub written: Span,
    /// Its value; none for an `ARG` without a default.
    pub value: Option<Span>,
}

impl Violation for SecretsUsedInArgOrEnv {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        format!(
            "Do not use ARG or ENV instructions for sensitive data ({} {})",
            self.instruction,
            quote::quote(&self.key)
        )
        .into()
    }
}

const SECRET: [&str; 10] = [
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "password",
    "pword",
    "passwd",
    "secret",
    "token",
];
const HARMLESS: [&str; 3] = ["public", "file", "version"];

/// Whether a name sounds like that of a secret: one of its words, between underscores, says so, and
/// none says that it is not.
pub(crate) fn names_a_secret(name: &str) -> bool {
    // Nearly all names are ASCII, where words of another length are told apart at once.
    let same: fn(&str, &str) -> bool = match name.is_ascii() {
        true => str::eq_ignore_ascii_case,
        false => equal_fold,
    };
    let has = |words: &[&str]| {
        name.split('_')
            .any(|part| words.iter().any(|word| same(part, word)))
    };
    has(&SECRET) && !has(&HARMLESS)
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::diagnostic::Severity;
    use crate::lint::{Advice, Advise, Context};

    impl SecretsUsedInArgOrEnv {
        /// What the value is instead of a secret; none where it may be one.
        fn harmless(&self, cx: &Context<'_>) -> Option<&'static str> {
            let written = match cx.trigger {
                None => cx.text(self.value?)?,
                Some(_) => return None,
            };
            let quote = |quote| written.strip_prefix(quote)?.strip_suffix(quote);
            let value = quote('"').or_else(|| quote('\'')).unwrap_or(written);
            match value {
                // A build gives the value of an `ARG`.
                "" if self.instruction == "ENV" => Some("is empty"),
                _ if is_switch(value) => Some("is a switch"),
                _ if is_fingerprint(&self.key, value) => Some("is the fingerprint of a key"),
                _ if names_file(&self.key, value) => Some("names a file"),
                _ => None,
            }
        }
    }

    fn is_switch(value: &str) -> bool {
        const SWITCHES: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "0", "1"];
        let mut switches = SWITCHES.iter();
        switches.any(|word| value.eq_ignore_ascii_case(word))
    }

    /// Whether one of the words between underscores is among some.
    fn has(name: &str, words: &[&str]) -> bool {
        let mut parts = name.split('_');
        parts.any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
    }

    /// Words of names whose values are secrets themselves, whatever they look like.
    const VALUES: [&str; 6] = [
        "password",
        "passwd",
        "pword",
        "passphrase",
        "secret",
        "token",
    ];

    /// Of an OpenPGP key (RFC 9580, 5.5.4), or the last 16 digits of one.
    fn is_fingerprint(name: &str, value: &str) -> bool {
        let digits = value.strip_prefix("0x").unwrap_or(value);
        let words: &[&str] = match digits.len() {
            16 => &["key"],
            40 | 64 => &["key", "fingerprint", "id"],
            _ => return false,
        };
        let is_of_key = has(name, &["gpg", "pgp"]) && has(name, words) && !has(name, &VALUES);
        is_of_key && digits.bytes().all(|it| it.is_ascii_hexdigit())
    }

    fn names_file(name: &str, value: &str) -> bool {
        const KINDS: [&str; 7] = [".asc", ".cer", ".crt", ".gpg", ".key", ".pem", ".pub"];
        const NAMES: [&str; 5] = ["key", "cert", "certificate", "credential", "credentials"];
        let may_be = value.starts_with('/') || has(name, &NAMES) && !has(name, &VALUES);
        value.starts_with("/run/secrets/")
            || may_be && KINDS.iter().any(|kind| value.ends_with(kind))
    }

    impl Advise for SecretsUsedInArgOrEnv {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            if let Some(value) = self.harmless(cx) {
                let label = format!("has the name of a secret, but its value {value}");
                return cx.at(self.written, label).severity(Severity::Info).hint(
                    "if it never holds a secret, write `# rdf: ignore=SecretsUsedInArgOrEnv` above",
                );
            }
            cx.at(
                self.written,
                "stays in the config or the history of the image",
            )
            .hint("give it to the step that needs it: `RUN --mount=type=secret,id=…,env=…`")
        }
    }
}
