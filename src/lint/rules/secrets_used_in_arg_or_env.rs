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
//! This is Docker's rule, and what it finds is what `docker build --check` finds: only the name counts. A
//! variable that is empty, or holds a placeholder or a path, is found as well. Where a name is harmless,
//! `# rdf: ignore=SecretsUsedInArgOrEnv` above the instruction suppresses the finding. SecretInLayer looks
//! at values.

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
    use crate::lint::{Advice, Advise, Context};

    impl Advise for SecretsUsedInArgOrEnv {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(
                self.written,
                "stays in the config or the history of the image",
            )
            .hint("give it to the step that needs it: `RUN --mount=type=secret,id=…,env=…`")
        }
    }
}
