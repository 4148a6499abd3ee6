use std::collections::BTreeSet;

use super::*;

/// What a walk finds, and how many compilations that took.
fn walked(mut walk: Walk<'_>, facts: &[(&str, ConfigFacts)]) -> (Collected, usize) {
    answer_offline(&mut walk, |question| {
        let known = facts
            .iter()
            .find(|(name, _)| question.reference.contains(name));
        Some(known.map(|(_, facts)| facts.clone()).unwrap_or_default())
    });
    let compilations = walk.rounds.len();
    (walk.finish(), compilations)
}

/// Every variant on its own, as if each might be another for every builder.
fn every_variant<'d>(document: &'d Document, inputs: &Inputs, host: &Platform) -> Walk<'d> {
    let platforms = platforms_of(inputs, host);
    let map = SourceMap::new("Dockerfile", "Dockerfile", document.bytes.clone());
    let mut variants = Vec::new();
    for target in &inputs.targets {
        for args in &inputs.build_args {
            for platform in &platforms {
                for builder in &platforms {
                    variants.push(options(inputs, target, args, platform, builder, &map));
                }
            }
        }
    }
    let mut walk = Walk::for_variants(document, variants);
    walk.frontend(inputs, &platforms);
    walk.collected.add_context(inputs);
    walk
}

fn inputs(targets: &[&str], platforms: &[&str]) -> Inputs {
    let owned = |list: &[&str]| {
        list.iter()
            .map(|it| (*it).to_owned())
            .collect::<BTreeSet<_>>()
    };
    Inputs {
        targets: owned(targets),
        platforms: owned(platforms),
        ..Inputs::default()
    }
}

const PLATFORMS: [&str; 4] = ["linux/386", "linux/amd64", "linux/arm/v7", "linux/arm64"];

/// Dockerfiles, and the number of compilations for one target and four platforms.
const CASES: [(&str, usize); 17] = [
    ("FROM alpine\n", 4),
    ("FROM alpine AS a\nFROM debian\nCOPY --from=a / /\n", 4),
    (
        "ARG V=3\nFROM alpine:$V\nARG TARGETARCH\nADD https://h/$TARGETARCH /f\n",
        4,
    ),
    ("FROM --platform=linux/amd64 alpine\nRUN make\n", 4),
    ("FROM --platform=$TARGETPLATFORM alpine\n", 4),
    ("FROM --platform=$BUILDPLATFORM alpine\n", 16),
    ("FROM --platform=linux alpine\n", 16),
    ("FROM --platform=arm64 alpine\n", 16),
    ("FROM alpine:$BUILDARCH\n", 16),
    ("ARG X=$BUILDOS\nFROM alpine\n", 16),
    (
        "FROM alpine\nARG BUILDARCH\nADD https://h/$BUILDARCH /f\n",
        16,
    ),
    ("FROM alpine\nARG X=${BUILDVARIANT:-none}\n", 4),
    (
        "ARG SOURCE_DATE_EPOCH=s\nFROM scratch AS s\nADD https://h/$BUILDARCH /f\nFROM alpine\n",
        16,
    ),
    ("FROM triggers\n", 16),
    ("FROM nobody:$UNSET@\n", 16),
    (
        "FROM alpine\nCOPY --from=busybox / /\nRUN --mount=from=golang,target=/g x\n",
        4,
    ),
    ("FROM env\nADD https://h/$V /f\n", 4),
];

#[test]
fn builders_are_tried_where_they_can_make_a_difference() {
    let facts = [
        (
            "triggers",
            ConfigFacts {
                onbuild: vec![
                    "ARG BUILDARCH".to_owned(),
                    "ADD https://h/$BUILDARCH /f".to_owned(),
                ],
                env: Vec::new(),
            },
        ),
        (
            "env",
            ConfigFacts {
                onbuild: Vec::new(),
                env: vec!["V=1".to_owned()],
            },
        ),
    ];
    let host = Platform::new("linux", "amd64");
    for (text, compilations) in CASES {
        let document = Document::new("Dockerfile", text.as_bytes());
        let inputs = inputs(&[""], &PLATFORMS);
        let (found, made) = walked(Walk::new(&document, &inputs, &host), &facts);
        let (all, _) = walked(every_variant(&document, &inputs, &host), &facts);
        assert_eq!(found, all, "{text}");
        assert_eq!(made, compilations, "{text}");
    }
}

#[test]
fn contexts_are_looked_for_by_every_builder() {
    let document = Document::new("Dockerfile", b"FROM base\n".as_slice());
    let mut inputs = inputs(&[""], &PLATFORMS);
    let context = "docker-image://alpine:3".to_owned();
    inputs.contexts.insert("base".to_owned(), context);
    let host = Platform::new("linux", "amd64");
    let (found, made) = walked(Walk::new(&document, &inputs, &host), &[]);
    let (all, _) = walked(every_variant(&document, &inputs, &host), &[]);
    assert_eq!((found, made), (all, 16));
}
