//! The command that makes a lock for a build, as hints name it: with what the lock was not made for.

use std::collections::BTreeMap;

use super::contexts::{key, same};
use super::hermetic::{EPOCH, is_steering, looks_secret};
use super::model::Inputs;

/// What a build is for.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'w> {
    /// Its target; empty for the last stage.
    pub target: &'w str,
    /// Its platforms, normalised.
    pub platforms: Vec<String>,
    /// Its build arguments.
    pub build_args: Option<&'w BTreeMap<String, String>>,
    /// Its named contexts, as clients send them.
    pub contexts: Option<&'w BTreeMap<String, String>>,
    /// Whether it records what its steps fetch.
    pub records: bool,
}

/// `rdf lock` for the Dockerfile `name`, with a flag for each thing that `have` lacks. Flags that replace what a lock was
/// made for name all of it again.
pub fn lock_command(name: &str, have: &Inputs, wanted: &Wanted<'_>) -> String {
    let mut command = match wanted.records {
        true => "rdf lock --record".to_owned(),
        false => "rdf lock".to_owned(),
    };
    let mut flag = |flag: &str, value: &str| {
        command.push_str(&format!(" {flag} {}", word(value)));
    };
    let is_known = |target: &String| target.eq_ignore_ascii_case(wanted.target);
    if !have.targets.iter().any(is_known) {
        for target in have.targets.iter().map(String::as_str) {
            flag("--target", target);
        }
        flag("--target", wanted.target);
    }
    let mut platforms = wanted.platforms.iter();
    if platforms.any(|wanted| !have.platforms.contains(wanted)) {
        let mut all = have.platforms.clone();
        all.extend(wanted.platforms.iter().cloned());
        flag("--platform", &all.into_iter().collect::<Vec<_>>().join(","));
    }
    for (name, value) in wanted.build_args.into_iter().flatten() {
        let mut sets = have.build_args.iter();
        if is_steering(name) || name == EPOCH || sets.any(|set| set.get(name) == Some(value)) {
            continue;
        }
        // A secret stays out of messages; without a value it is taken from the environment.
        match looks_secret(name, value) {
            true => flag("--build-arg", name),
            false => flag("--build-arg", &format!("{name}={value}")),
        }
    }
    for (context, spec) in wanted.contexts.into_iter().flatten() {
        let mut known = have.contexts.iter();
        if known.any(|(name, have)| key(name) == key(context) && same(have, spec)) {
            continue;
        }
        let value = match spec.split_once(':') {
            Some(("local", _)) => "DIR",
            Some(("input", _)) => "target:NAME",
            Some(("oci-layout", _)) => "oci-layout://DIR",
            _ => spec,
        };
        flag("--build-context", &format!("{context}={value}"));
    }
    format!("{command} {}", word(name))
}

/// A word of a command that a shell takes as it is.
pub fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b);
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_what_the_lock_lacks() {
        let have = Inputs {
            platforms: ["linux/amd64".to_owned()].into(),
            ..Inputs::default()
        };
        assert_eq!(
            lock_command("Dockerfile", &have, &Wanted::default()),
            "rdf lock Dockerfile"
        );
        let args = [("V", "a b"), ("TOKEN", "x"), ("RDF_LOCK", "locked")];
        let args = args.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let contexts = BTreeMap::from([("x".to_owned(), "local:x".to_owned())]);
        let wanted = Wanted {
            target: "early",
            platforms: vec!["linux/arm64".to_owned()],
            build_args: Some(&args.into()),
            contexts: Some(&contexts),
            records: false,
        };
        assert_eq!(
            lock_command("a b/Dockerfile", &have, &wanted),
            "rdf lock --target '' --target early --platform linux/amd64,linux/arm64 --build-arg TOKEN \
             --build-arg 'V=a b' --build-context x=DIR 'a b/Dockerfile'"
        );
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(word("X=1"), "X=1");
        assert_eq!(word("X=a b"), "'X=a b'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word(""), "''");
    }
}
