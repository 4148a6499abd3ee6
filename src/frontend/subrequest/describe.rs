//! `frontend.subrequests.describe`: which subrequests there are.

use std::fmt::Write;

use serde::Serialize;

use super::{Answer, table};

pub(super) const NAME: &str = "frontend.subrequests.describe";
const VERSION: &str = "1.0.0";

/// A kind of subrequest.
#[derive(Serialize)]
struct Request {
    name: &'static str,
    version: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    description: &'static str,
    opts: Option<&'static [Named]>,
    inputs: Option<&'static [Named]>,
    metadata: Option<&'static [Named]>,
    refs: Option<&'static [Named]>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    description: &'static str,
}

const RESULT: &[Named] = &[
    Named {
        name: "result.json",
        description: "",
    },
    Named {
        name: "result.txt",
        description: "",
    },
];

const fn request(
    name: &'static str,
    version: &'static str,
    description: &'static str,
    opts: Option<&'static [Named]>,
) -> Request {
    Request {
        name,
        version,
        kind: "rpc",
        description,
        opts,
        inputs: None,
        metadata: Some(RESULT),
        refs: None,
    }
}

/// Parity: `frontend.lint` and `frontend.convertllb` are answered but not listed. Ours come last.
const REQUESTS: [Request; 7] = [
    request(
        super::outline::NAME,
        super::outline::VERSION,
        "List all parameters current build target supports",
        Some(&[Named {
            name: "target",
            description: "Target build stage",
        }]),
    ),
    request(
        super::targets::NAME,
        super::targets::VERSION,
        "List all targets current build supports",
        Some(&[]),
    ),
    request(NAME, VERSION, "List available subrequest types", None),
    request(
        super::lock::NAME,
        super::lock::VERSION,
        "Print a lock of everything that the build fetches",
        Some(&[]),
    ),
    request(
        super::lock::CHECK_NAME,
        super::lock::VERSION,
        "Check the lock beside the Dockerfile",
        Some(&[]),
    ),
    request(
        super::graph::NAME,
        super::graph::VERSION,
        "Draw the stages of the build",
        Some(&[
            Named {
                name: "target",
                description: "Target build stage",
            },
            Named {
                name: "build-arg:RDF_GRAPH",
                description: "Form and level: svg, dot, mermaid, json; stages, ops",
            },
        ]),
    ),
    request(
        super::explain::NAME,
        super::explain::VERSION,
        "Say which steps keep their cache key after a change",
        Some(&[
            Named {
                name: "target",
                description: "Target build stage",
            },
            Named {
                name: "context:rdf-old",
                description: "Directory or git repository with the older Dockerfile",
            },
            Named {
                name: "build-arg:RDF_EXPLAIN",
                description: "Path of the older Dockerfile in it",
            },
        ]),
    ),
];

pub(super) fn answer() -> Answer {
    let mut text = String::from("NAME\tVERSION\tDESCRIPTION\n");
    for request in &REQUESTS {
        let name = request
            .name
            .strip_prefix("frontend.")
            .unwrap_or(request.name);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}\t{}\t{}", request.version, request.description);
    }
    Answer::new(&REQUESTS, VERSION).text(table::align(&text, 1))
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_is_a_table() {
        let answer = super::answer().0;
        let text = String::from_utf8_lossy(&answer["result.txt"]);
        assert_eq!(
            text,
            "NAME                 VERSION DESCRIPTION\n\
             outline              1.0.0   List all parameters current build target supports\n\
             targets              1.0.0   List all targets current build supports\n\
             subrequests.describe 1.0.0   List available subrequest types\n\
             lock                 1.0.0   Print a lock of everything that the build fetches\n\
             lock-check           1.0.0   Check the lock beside the Dockerfile\n\
             graph                1.0.0   Draw the stages of the build\n\
             explain              1.0.0   Say which steps keep their cache key after a change\n"
        );
    }
}
