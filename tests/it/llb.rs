//! Definitions that the reference recorded: reading, writing, dumping and reloading them keeps
//! every byte.

use dockerfile_llb::internals::llb::dump;
use dockerfile_llb::internals::pb::ops as pb;
use dockerfile_llb::llb::{
    Constraints, Definition, FileAction, FileOptions, LinuxResources, MarshalOptions, OpDigest,
    ProgressGroup, SourceMap, State,
};
use dockerfile_llb::source::LineRange;
use prost::Message;
use std::path::{Path, PathBuf};

/// Recorded definitions: `testdata/conformance/cases/<case>/expected*.pb`, or those below `RDF_CASES`.
pub fn recorded() -> Vec<PathBuf> {
    let cases = match std::env::var_os("RDF_CASES") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance/cases"),
    };
    let mut files = Vec::new();
    for case in std::fs::read_dir(&cases).into_iter().flatten() {
        let case = case.expect("a case");
        for file in std::fs::read_dir(case.path()).into_iter().flatten() {
            let file = file.expect("a file").path();
            if file.extension().is_some_and(|ext| ext == "pb") {
                files.push(file);
            }
        }
    }
    files.sort();
    assert!(
        files.len() >= 300,
        "only {} recorded definitions below {}",
        files.len(),
        cases.display()
    );
    files
}

#[test]
fn recorded_definitions_keep_their_bytes() {
    for file in recorded() {
        let bytes = std::fs::read(&file).expect("readable");
        let definition = Definition::decode(&bytes).expect("a definition");
        assert_eq!(definition.encode(), bytes, "{}", file.display());
        let message = dockerfile_llb::internals::into_pb(definition.clone());
        assert_eq!(dockerfile_llb::internals::from_pb(message), definition);
        for (digest, bytes) in &definition.ops {
            let op = pb::Op::decode(bytes.as_slice()).expect("an op");
            assert_eq!(&op.encode_to_vec(), bytes, "{} {digest}", file.display());
            assert_eq!(&OpDigest::of(bytes), digest);
        }
        let head = definition.head().expect("a last op");
        let before_last = definition.ops.iter().rev().nth(1);
        assert_eq!(head.as_ref(), before_last.map(|(digest, _)| digest));
    }
}

/// Some of the recorded dumps are kept here, those of builds for several platforms: the bytes say
/// the same. `RDF_CASES` may name a full set.
#[test]
fn dumps_are_those_of_the_reference() {
    let mut compared = 0;
    for file in recorded() {
        let Ok(expected) = std::fs::read_to_string(file.with_extension("llb.json")) else {
            continue;
        };
        let definition = Definition::decode(&std::fs::read(&file).expect("readable"));
        let text = dump::text(&definition.expect("a definition")).expect("ops");
        assert_eq!(text, expected.trim_end(), "{}", file.display());
        compared += 1;
    }
    assert!(compared >= 10, "only {compared} recorded dumps");
}

/// Only the order of ops may change: a reloaded file op visits its inputs from first to last,
/// here as in the reference.
#[test]
fn reloaded_definitions_marshal_to_the_same_ops() {
    let sorted = |mut definition: Definition| {
        definition.ops.sort();
        definition
    };
    for file in recorded() {
        let bytes = std::fs::read(&file).expect("readable");
        let definition = Definition::decode(&bytes).expect("a definition");
        let state = State::from_definition(&definition).expect("a graph");
        assert_eq!(state.is_scratch(), bytes.is_empty());
        let again = state.marshal(&MarshalOptions::default());
        let again = again.expect("marshals");
        assert_eq!(again.ops.last(), definition.ops.last());
        assert_eq!(sorted(again), sorted(definition), "{}", file.display());
    }
}

#[test]
fn the_convertllb_answer_has_the_forms_of_the_reference() {
    let map = SourceMap::new("Dockerfile", "Dockerfile", b"FROM a\n".to_vec());
    let group = ProgressGroup {
        id: "g".into(),
        name: "<copy>".into(),
        weak: true,
    };
    let limits = with!(
        LinuxResources::default(),
        memory = 1 << 40,
        cpu_shares = u64::MAX
    );
    let constraints = Constraints::new()
        .custom_name("a & b")
        .ignore_cache(true)
        .export_cache(false)
        .progress_group(group)
        .linux_resources(limits)
        .location(map.lines(&[LineRange::new(1, 2)]));
    let file = FileAction::new().mkfile("/a", 0o644, b"hi".to_vec(), FileOptions::default());
    let state = State::scratch().file(file, constraints);
    let definition = state.marshal(&MarshalOptions::default()).expect("marshals");
    let text = dump::convertllb(&definition).expect("ops");
    let [file, last] = definition.ops.as_slice() else {
        panic!("two ops");
    };
    let mut sides = [
        (
            &file.0,
            r#"{
      "file": {
        "actions": [
          {
            "input": "-1",
            "secondaryInput": "-1",
            "mkfile": {
              "path": "/a",
              "mode": 420,
              "data": "aGk=",
              "timestamp": "-1"
            }
          }
        ]
      },
      "constraints": {}
    }"#
            .to_owned(),
            r#"{
      "ignore_cache": true,
      "description": {
        "llb.customname": "a \u0026 b"
      },
      "export_cache": {},
      "caps": {
        "file.base": true
      },
      "progress_group": {
        "id": "g",
        "name": "\u003ccopy\u003e",
        "weak": true
      },
      "linux_resources": {
        "memory": 1099511627776,
        "cpuShares": 18446744073709551615
      }
    }"#,
        ),
        (
            &last.0,
            format!(
                r#"{{
      "inputs": [
        {{
          "digest": "{}"
        }}
      ]
    }}"#,
                file.0
            ),
            r#"{
      "caps": {
        "constraints": true,
        "meta.description": true,
        "meta.exportcache": true,
        "meta.ignorecache": true,
        "platform": true
      }
    }"#,
        ),
    ];
    sides.sort();
    let [
        (first, first_op, first_metadata),
        (second, second_op, second_metadata),
    ] = sides;
    let expected = format!(
        r#"{{
  "def": {{
    "{first}": {first_op},
    "{second}": {second_op}
  }},
  "metadata": {{
    "{first}": {first_metadata},
    "{second}": {second_metadata}
  }},
  "source": {{
    "locations": {{
      "{file}": {{
        "locations": [
          {{
            "ranges": [
              {{
                "start": {{
                  "line": 1
                }},
                "end": {{
                  "line": 2
                }}
              }}
            ]
          }}
        ]
      }}
    }},
    "infos": [
      {{
        "filename": "Dockerfile",
        "data": "RlJPTSBhCg==",
        "language": "Dockerfile"
      }}
    ]
  }}
}}"#,
        file = file.0
    );
    assert_eq!(text, expected);
}

#[test]
fn the_convertllb_answer_for_scratch_is_empty() {
    let text = dump::convertllb(&Definition::default()).expect("no ops");
    let expected = "{\n  \"def\": {},\n  \"metadata\": {},\n  \"source\": {}\n}";
    assert_eq!(text, expected);
}
