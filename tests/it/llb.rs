//! Definitions that the reference recorded: reading, writing, dumping and reloading them keeps
//! every byte.

use dockerfile_llb::llb::{Definition, Digest, MarshalOptions, State, dump};
use dockerfile_llb::pb::ops as pb;
use prost::Message;
use std::path::{Path, PathBuf};

/// Recorded definitions: `testdata/conformance/<case>/expected*.pb`, or those below `RDF_CASES`.
pub fn recorded() -> Vec<PathBuf> {
    let cases = match std::env::var_os("RDF_CASES") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance"),
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
        assert_eq!(definition.clone().into_pb(), definition.to_pb());
        for (digest, bytes) in &definition.ops {
            let op = pb::Op::decode(bytes.as_slice()).expect("an op");
            assert_eq!(&op.encode_to_vec(), bytes, "{} {digest}", file.display());
            assert_eq!(&Digest::of(bytes), digest);
        }
        let head = definition.head().expect("a last op");
        let before_last = definition.ops.iter().rev().nth(1);
        assert_eq!(head.as_ref(), before_last.map(|(digest, _)| digest));
    }
}

#[test]
fn dumps_are_those_of_the_reference() {
    for file in recorded() {
        let definition = Definition::decode(&std::fs::read(&file).expect("readable"));
        let text = dump::text(&definition.expect("a definition")).expect("ops");
        let expected = file.with_extension("llb.json");
        let expected = std::fs::read_to_string(&expected).expect("readable");
        assert_eq!(text, expected.trim_end(), "{}", file.display());
    }
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
