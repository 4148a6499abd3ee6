//! `docker rdf …`: `rdf` as a plugin of Docker's command line.
//!
//! Docker looks for a program `docker-rdf` in its plugin directories and starts it in two ways: with
//! `docker-cli-plugin-metadata`, to learn what its help says about the plugin, and with all that `docker` was given
//! itself: `docker --debug rdf check` is `docker-rdf --debug rdf check`, `docker help rdf` is `docker-rdf help rdf`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde::Serialize;

use super::exit::Failure;

/// The plugin's program.
const PROGRAM: &str = "docker-rdf";

/// The plugin's name, as it is typed behind `docker`.
const NAME: &str = "rdf";

/// What Docker sets for each plugin that it starts for a command of its user.
const STARTED_BY_DOCKER: &str = "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND";

/// The option of `docker` that would change what `rdf` does: where credentials are.
const CONFIG: &str = "--config";

/// Options of `docker` whose value is the next word.
const WITH_VALUE: [&str; 10] = [
    "-c",
    "-H",
    "-l",
    CONFIG,
    "--context",
    "--host",
    "--log-level",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
];

/// How the program was started.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// As a command of its own; the words that it was given, the program first.
    Command(Vec<OsString>),
    /// Behind `docker`; the words from the plugin's name on.
    Plugin(Vec<OsString>),
    /// By `docker`, to tell what the plugin is.
    Metadata,
}

impl Start {
    /// How this process was started.
    pub(super) fn of_process() -> Result<Self, Failure> {
        let by_docker = std::env::var_os(STARTED_BY_DOCKER).is_some();
        Self::read(std::env::args_os().collect(), by_docker)
    }

    fn read(words: Vec<OsString>, by_docker: bool) -> Result<Self, Failure> {
        let program = words.first().map(Path::new).and_then(Path::file_stem);
        if program != Some(OsStr::new(PROGRAM)) {
            return Ok(Start::Command(words));
        }
        if words.get(1).is_some_and(|word| word == METADATA) {
            return Ok(Start::Metadata);
        }
        if !by_docker {
            return Ok(Start::Command(words));
        }
        let mut own = vec![OsString::from(NAME)];
        let mut rest = words.into_iter().skip(1);
        while let Some(word) = rest.next() {
            let text = word.to_string_lossy();
            let option = text.split('=').next().unwrap_or_default();
            if option == CONFIG {
                return Err(
                    Failure::usage("`docker --config` is not supported by `docker rdf`")
                        .hint("set `DOCKER_CONFIG` to the directory instead"),
                );
            }
            match text.as_ref() {
                NAME => {
                    own.extend(rest);
                    return Ok(Start::Plugin(own));
                }
                "help" => own.push(word),
                text if WITH_VALUE.contains(&text) => drop(rest.next()),
                text if text.starts_with('-') => {}
                // Such as a question for completions, to which there is no answer.
                text => {
                    return Err(Failure::usage(format_args!(
                        "unknown command `docker {text}`"
                    )));
                }
            }
        }
        Err(Failure::usage("`docker` did not name the plugin"))
    }
}

/// The word by which Docker asks what a plugin is.
const METADATA: &str = "docker-cli-plugin-metadata";

/// What Docker is told about the plugin.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    schema_version: &'static str,
    vendor: &'static str,
    version: &'static str,
    short_description: &'static str,
    #[serde(rename = "URL")]
    url: &'static str,
}

/// The answer to [`Start::Metadata`], a line of JSON.
pub(super) fn metadata(about: &'static str) -> Result<String, Failure> {
    let metadata = Metadata {
        schema_version: "0.1.0",
        vendor: "dockerfile-rs",
        version: concat!("v", env!("CARGO_PKG_VERSION")),
        short_description: about,
        url: env!("CARGO_PKG_REPOSITORY"),
    };
    serde_json::to_string(&metadata)
        .map(|line| line + "\n")
        .map_err(|error| Failure::usage(format_args!("cannot print: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str, by_docker: bool) -> Result<Start, String> {
        let words = words.split(' ').map(OsString::from).collect();
        Start::read(words, by_docker).map_err(|failure| failure.message)
    }

    fn words(words: &str) -> Vec<OsString> {
        words.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn options_of_docker_are_passed_over() {
        for given in [
            "rdf check --fix",
            "--debug rdf check --fix",
            "--context rdf rdf check --fix",
            "-H unix:///x --tlsverify --log-level=debug rdf check --fix",
        ] {
            let start = read(
                &format!("/usr/libexec/docker/cli-plugins/docker-rdf {given}"),
                true,
            );
            assert_eq!(
                start,
                Ok(Start::Plugin(words("rdf check --fix"))),
                "{given}"
            );
        }
        let start = read("docker-rdf.exe help rdf lock", true);
        assert_eq!(start, Ok(Start::Plugin(words("rdf help lock"))));
    }

    #[test]
    fn what_docker_means_otherwise_is_an_error() {
        for (given, part) in [
            ("--config dir rdf check", "--config"),
            ("--config=dir rdf check", "--config"),
            ("__complete rdf ", "__complete"),
            ("--debug", "did not name"),
        ] {
            let error = read(&format!("docker-rdf {given}"), true).unwrap_err();
            assert!(error.contains(part), "{given}: {error}");
        }
    }

    #[test]
    fn without_docker_it_is_a_command() {
        for given in [
            "rdf --config x",
            "docker-rdf check",
            "/usr/bin/rdf docker-cli-plugin-metadata",
        ] {
            assert_eq!(read(given, false), Ok(Start::Command(words(given))));
        }
        // A variable that a process further up was given changes nothing for `rdf`.
        assert_eq!(
            read("rdf check", true),
            Ok(Start::Command(words("rdf check")))
        );
        assert_eq!(
            read("docker-rdf docker-cli-plugin-metadata", false),
            Ok(Start::Metadata)
        );
    }
}
