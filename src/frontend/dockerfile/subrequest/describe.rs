//! `frontend.subrequests.describe`: which subrequests there are.

use super::{Named, Subrequest};

const fn request(
    name: &'static str,
    version: &'static str,
    description: &'static str,
    opts: Option<&'static [Named]>,
) -> Subrequest {
    Subrequest::new(name, version, description, opts)
}

/// Parity: `frontend.lint` and `frontend.convertllb` are answered but not listed. Ours come last.
pub(super) const REQUESTS: [Subrequest; 7] = [
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
    Subrequest::DESCRIBE,
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

#[cfg(test)]
mod tests {
    #[test]
    fn ours_come_last() {
        let names: Vec<&str> = super::REQUESTS.iter().map(|request| request.name).collect();
        assert_eq!(
            names,
            [
                "frontend.outline",
                "frontend.targets",
                "frontend.subrequests.describe",
                "frontend.lock",
                "frontend.lock-check",
                "frontend.graph",
                "frontend.explain",
            ]
        );
    }
}
