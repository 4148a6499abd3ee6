//! # SecretInLayer
//!
//! ## What it does
//!
//! Finds secrets that end up in an image: files of the context that hold keys or passwords by their name
//! (`id_rsa`, `.npmrc`, `.env`, `*.p12`, …), and texts that look like tokens or private keys, or
//! addresses with a password.
//!
//! ## Why it is bad
//!
//! Layers and history are for everybody who can pull the image. To delete a file in a later step, or to
//! leave it in a stage that is only copied from, does not take it out of caches that are shared.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM node:22
//! COPY .npmrc .
//! RUN npm ci && rm .npmrc
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM node:22
//! RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
//! ```
//!
//! ## Notes
//!
//! Names of variables are what SecretsUsedInArgOrEnv looks at.

use super::{Facts, Findings};
use crate::lint::{Advice, Rule, text_at};
use crate::source::Span;
use crate::syntax::{Instruction, InstructionMeta, SourcesAndDest};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "SecretInLayer",
    "Keys, passwords and tokens should not be part of an image",
)
.recommended();

/// Names of files that hold secrets.
const FILES: [&str; 17] = [
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    ".npmrc",
    ".netrc",
    ".pypirc",
    ".pgpass",
    ".git-credentials",
    ".htpasswd",
    ".env",
    ".dockercfg",
    "credentials.json",
    "secrets.json",
    "secrets.yml",
    "secrets.yaml",
    "terraform.tfvars",
];
/// Ends of names of files that hold secrets.
const ENDS: [&str; 6] = [".key", ".p12", ".pfx", ".kdbx", ".jks", ".keystore"];
/// Ends of paths that hold secrets.
const PATHS: [&str; 4] = [
    ".aws/credentials",
    ".docker/config.json",
    ".kube/config",
    ".ssh",
];

/// How a private key begins.
const KEY: &str = "-----BEGIN ";

/// Where a login may stand in an address.
const LOGIN: &str = "://";

/// How tokens begin, how many letters follow at least, and whose they are.
const TOKENS: [(&str, usize, &str); 13] = [
    ("AKIA", 16, "a key of AWS"),
    ("ASIA", 16, "a key of AWS"),
    ("AIza", 35, "a key of Google"),
    ("ghp_", 36, "a token of GitHub"),
    ("gho_", 36, "a token of GitHub"),
    ("ghs_", 36, "a token of GitHub"),
    ("github_pat_", 22, "a token of GitHub"),
    ("glpat-", 20, "a token of GitLab"),
    ("npm_", 36, "a token of npm"),
    ("pypi-AgE", 40, "a token of PyPI"),
    ("xoxb-", 20, "a token of Slack"),
    ("xoxp-", 20, "a token of Slack"),
    ("sk_live_", 20, "a key of Stripe"),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // Most files have nothing that looks like a secret.
    let has = |mark: &str| memchr::memmem::find(facts.bytes, mark.as_bytes()).is_some();
    let marks = TOKENS.iter().map(|(start, ..)| *start);
    let may_have_text = marks.chain([KEY, LOGIN]).any(has);
    for (_, instruction) in facts.instructions() {
        match instruction {
            Instruction::Copy(copy) if copy.from.as_ref().is_none_or(|from| from.is_empty()) => {
                check_files(&copy.meta, &copy.paths, findings);
            }
            Instruction::Add(add) => check_files(&add.meta, &add.paths, findings),
            _ => {}
        }
        if may_have_text {
            check_text(facts, instruction.meta(), findings);
        }
    }
    for arg in facts.dockerfile.meta_args.iter().filter(|_| may_have_text) {
        check_text(facts, &arg.meta, findings);
    }
}

fn check_files(meta: &InstructionMeta, paths: &SourcesAndDest, findings: &mut Findings) {
    for source in paths.sources.iter().filter(|source| holds_secret(source)) {
        let label = "everybody who can pull the image can read it";
        let advice = Advice::at(source.span, label)
            .hint("give it to the step that needs it: `RUN --mount=type=secret,id=…`");
        let path = source.as_str();
        let message = format!("`{path}` is a secret, and becomes part of a layer");
        findings.add(meta.location, message, advice);
    }
}

fn holds_secret(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    let env_file = name.strip_prefix(".env.").is_some_and(|kind| {
        !matches!(
            kind,
            "example" | "sample" | "template" | "dist" | "defaults" | "test"
        )
    });
    let public = name.ends_with(".pub") || name.contains("public");
    !public
        && (FILES.contains(&name)
            || env_file
            // A trust store has certificates of others.
            || ENDS.iter().any(|end| name.ends_with(end)) && !name.contains("trust")
            || PATHS.iter().any(|end| path.ends_with(end)))
}

fn check_text(facts: &Facts<'_>, meta: &InstructionMeta, findings: &mut Findings) {
    let Some(text) = text_at(facts.bytes, meta.span) else {
        return;
    };
    let Some((at, length, what)) = token(text)
        .or_else(|| private_key(text))
        .or_else(|| password(text))
    else {
        return;
    };
    let offset = |at: usize| {
        meta.span
            .start
            .saturating_add(u32::try_from(at).unwrap_or(u32::MAX))
    };
    let span = Span::new(offset(at), offset(at + length));
    let advice = Advice::at(span, "stays in the history of the image").hint(
        "make it invalid, and give the next one to the step that needs it: `RUN --mount=type=secret,id=…`",
    );
    findings.add(
        meta.location,
        format!("{what} is written in the Dockerfile"),
        advice,
    );
}

/// Where a token stands, its length, and whose it is.
fn token(text: &str) -> Option<(usize, usize, &'static str)> {
    TOKENS.iter().find_map(|(start, least, what)| {
        let mut from = 0;
        while let Some(found) = text.get(from..).and_then(|rest| find(rest, start)) {
            let at = from + found;
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let rest = text.get(at + start.len()..).unwrap_or_default();
            let letters = rest
                .bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
                .count();
            let apart = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
            if apart && letters >= *least {
                return Some((at, start.len() + letters, *what));
            }
            from = at + start.len();
        }
        None
    })
}

/// Where a mark begins, in a text that is long or one of many.
fn find(text: &str, mark: &str) -> Option<usize> {
    memchr::memmem::find(text.as_bytes(), mark.as_bytes())
}

fn private_key(text: &str) -> Option<(usize, usize, &'static str)> {
    let end = "PRIVATE KEY-----";
    let at = find(text, KEY)?;
    let rest = text.get(at..)?;
    let line = rest.lines().next()?;
    let length = line.find(end)? + end.len();
    Some((at, length, "a private key"))
}

/// `://user:password@host`, with no variable for the password.
fn password(text: &str) -> Option<(usize, usize, &'static str)> {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| find(rest, LOGIN)) {
        let start = from + found + 3;
        let rest = text.get(start..)?;
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\''))
            .unwrap_or(rest.len());
        let place = rest.get(..end)?;
        if let Some((login, _)) = place.rsplit_once('@')
            && let Some((user, password)) = login.split_once(':')
            && !password.is_empty()
            && !password.contains(['$', '<', '{'])
        {
            return Some((start + user.len() + 1, password.len(), "a password"));
        }
        from = start;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_names() {
        for path in [
            "id_rsa",
            "./a/.env",
            ".env.production",
            "tls/server.key",
            "home/.aws/credentials",
            ".ssh/",
        ] {
            assert!(holds_secret(path), "{path}");
        }
        for path in [
            ".env.example",
            "id_rsa.pub",
            "public.key",
            "env",
            "key.txt",
            ".",
        ] {
            assert!(!holds_secret(path), "{path}");
        }
    }

    #[test]
    fn secrets_have_forms() {
        let key = format!("ENV X=AKIA{}", "A1B2".repeat(4));
        assert_eq!(token(&key), Some((6, 20, "a key of AWS")));
        assert_eq!(token("ENV X=AKIA1234"), None);
        assert_eq!(
            password("git clone https://me:pw@h/x"),
            Some((21, 2, "a password"))
        );
        assert_eq!(password("https://me:$PW@h/x https://h/x@y:z"), None);
        assert!(private_key("RUN echo '-----BEGIN RSA PRIVATE KEY-----\n").is_some());
    }
}
