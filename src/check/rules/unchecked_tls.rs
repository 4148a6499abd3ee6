//! # UncheckedTls
//!
//! ## What it does
//!
//! Finds settings and flags that turn the check of certificates or signatures off: `curl -k`, `wget --no-
//! check-certificate`, `apt-get --allow-unauthenticated`, `apk --allow-untrusted`, `yum --nogpgcheck`, `pip
//! --trusted-host`, `git -c http.sslVerify=false`, variables such as `GIT_SSL_NO_VERIFY` and
//! `NODE_TLS_REJECT_UNAUTHORIZED=0`.
//!
//! ## Why it is bad
//!
//! Whoever sits between the builder and the server can put anything into the image. A variable in `ENV` does
//! so for the running container as well.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM debian:12
//! RUN curl -fsSLk https://example.com/install.sh -o /install.sh
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM debian:12
//! RUN curl -fsSL https://example.com/install.sh -o /install.sh
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::shell::{Command, Word};
use crate::syntax::{Argument, Instruction};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "UncheckedTls",
    "Certificates and signatures should be checked",
)
.recommended();

/// Variables that turn a check off, and with which values; none for any.
const VARIABLES: [(&str, &[&str]); 9] = [
    ("GIT_SSL_NO_VERIFY", &["1", "true", "yes"]),
    ("GOINSECURE", &[]),
    ("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]),
    ("NPM_CONFIG_STRICT_SSL", &["false"]),
    ("npm_config_strict_ssl", &["false"]),
    ("PIP_TRUSTED_HOST", &[]),
    ("PYTHONHTTPSVERIFY", &["0"]),
    ("REQUESTS_CA_BUNDLE", &["false"]),
    ("UV_INSECURE_HOST", &[]),
];

/// Programs, and flags of theirs that turn a check off.
const FLAGS: [(&[&str], &[&str]); 8] = [
    (&["curl"], &["-k", "--insecure", "--proxy-insecure"]),
    (&["wget"], &["--no-check-certificate"]),
    (
        &["apt-get", "apt"],
        &[
            "--allow-unauthenticated",
            "--force-yes",
            "--allow-insecure-repositories",
        ],
    ),
    (&["apk"], &["--allow-untrusted"]),
    (
        &["dnf", "yum", "microdnf", "tdnf"],
        &["--nogpgcheck", "--no-gpgchecks"],
    ),
    (&["zypper"], &["--no-gpg-checks"]),
    (&["pip", "pip3"], &["--trusted-host"]),
    (&["uv"], &["--allow-insecure-host"]),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, instruction) in facts.instructions() {
        let pairs: Vec<(&Argument, &str)> = match instruction {
            Instruction::Env(env) => env
                .pairs
                .iter()
                .map(|pair| (&pair.key, pair.value.as_str()))
                .collect(),
            Instruction::Arg(arg) => {
                let value = |value: &'_ Option<Argument>| {
                    value.as_ref().map_or("", |it| it.as_str()).to_owned()
                };
                let set = arg.args.iter().filter(|arg| !value(&arg.value).is_empty());
                set.map(|arg| (&arg.key, arg.value.as_ref().map_or("", |it| it.as_str())))
                    .collect()
            }
            _ => continue,
        };
        for (key, value) in pairs {
            if turns_off(key, value) {
                let advice =
                    Advice::at(key.span, "for all that comes after, the container included")
                        .hint("remove it, and install the certificate that is missing");
                let message = format!("`{}` turns a check of certificates off", key.as_str());
                findings.add(instruction.meta().location, message, advice);
            }
        }
    }
    for run in &facts.runs {
        // What is compared with a checksum may come from anybody.
        let checks = [
            "sha256sum",
            "sha512sum",
            "sha1sum",
            "shasum",
            "gpg --verify",
            "gpgv",
            "md5sum",
        ];
        for (script, command) in run.commands() {
            let Some((word, what)) = unchecked(command) else {
                continue;
            };
            if checks.iter().any(|check| run.says(check)) {
                break;
            }
            let advice = Advice::at(
                script.span(word.range.clone()),
                "anyone in between can answer",
            )
            .hint("remove it, and install the certificate or key that is missing");
            let message = format!("{what} does not verify whom it talks to");
            findings.add(run.run.meta.location, message, advice);
        }
    }
}

fn turns_off(key: &str, value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let variable = VARIABLES.iter().find(|(name, _)| *name == key);
    variable.is_some_and(|(_, values)| match values {
        [] => !value.is_empty(),
        values => values.iter().any(|off| value.eq_ignore_ascii_case(off)),
    })
}

/// The word that turns a check off, and what it is for.
fn unchecked(command: &Command) -> Option<(&Word, String)> {
    let set = command.wrappers().iter().find(|word| {
        let pair = word.text.split_once('=');
        pair.is_some_and(|(key, value)| turns_off(key, value))
    });
    let (program, words) = super::packages::program(command)?;
    if let Some(set) = set {
        return Some((set, format!("`{program}`")));
    }
    if program == "git" || program == "npm" || program == "yarn" {
        let texts = || words.iter().map(|word| word.text.to_ascii_lowercase());
        let at = texts().position(|text| {
            text.starts_with("http.sslverify") || text.starts_with("strict-ssl")
        })?;
        let rest: Vec<String> = texts().skip(at).take(2).collect();
        let is_off = rest
            .iter()
            .any(|text| text.ends_with("false") || text.ends_with("=0"));
        return words
            .get(at)
            .filter(|_| is_off)
            .map(|word| (word, format!("`{program}`")));
    }
    let (_, flags) = FLAGS
        .iter()
        .find(|(programs, _)| programs.contains(&program))?;
    let word = words.iter().find(|word| {
        let text = word.text.as_str();
        let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        // Letters may stand together, those with a value last.
        let together = program == "curl"
            && letters.is_some_and(|letters| {
                let end = letters.find(|c| "AbcCDdeEFHmoPQrtTuUwxXyYz".contains(c));
                letters
                    .get(..end.unwrap_or(letters.len()))
                    .is_some_and(|it| it.contains('k'))
            });
        together
            || flags
                .iter()
                .any(|flag| text == *flag || text.starts_with(&format!("{flag}=")))
    })?;
    Some((word, format!("`{program}`")))
}
