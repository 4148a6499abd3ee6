//! Ops that Dockerfiles never have: builds of built definitions, signatures of commits.

use dockerfile_llb::internals::llb::caps;
use dockerfile_llb::llb::{
    BuildOptions, Definition, GitOptions, GitRemote, GitSignature, ImageOptions, MarshalError,
    MarshalOptions, State,
};

fn marshal(state: &State) -> Definition {
    state.marshal(&MarshalOptions::default()).expect("a graph")
}

fn alpine() -> State {
    State::image("alpine", ImageOptions::default())
}

#[test]
fn a_build_op_has_the_bytes_of_the_reference() {
    // Digests that BuildKit's llbbuild package gives for the same calls.
    for (filename, digest) in [
        (
            "",
            "sha256:82437cfaf0f01c58634d77806c3b675f86402c66938ca0e104e9856b578c2537",
        ),
        (
            "out/x.pb",
            "sha256:3ebab917baa87192c645cb72ccb957b4a5c65cdb1b8eb4d884e91c851e78add2",
        ),
    ] {
        let options = with!(BuildOptions::default(), filename = filename.to_owned());
        let definition = marshal(&alpine().build(options));
        assert_eq!(definition.ops[1].0.as_str(), digest);
        let metadata = dockerfile_llb::internals::metadata(&definition, &definition.ops[1].0)
            .expect("metadata");
        let caps: Vec<&str> = metadata.caps.iter().collect();
        assert_eq!(caps, [caps::BUILD_OP_LLB_FILE_NAME]);
        // It is read back as any other op.
        let again = State::from_definition(&definition).expect("a graph");
        assert_eq!(marshal(&again).ops, definition.ops);
    }
}

#[test]
fn there_is_no_definition_in_scratch() {
    let built = State::scratch().build(BuildOptions::default());
    let error = built.marshal(&MarshalOptions::default()).unwrap_err();
    assert_eq!(error, MarshalError::ScratchInput);
}

#[test]
fn a_build_op_keeps_the_metadata() {
    let built = alpine().with_dir("/here").build(BuildOptions::default());
    assert_eq!(built.dir(), "/here");
}

#[test]
fn a_signature_is_an_attribute_and_a_capability() {
    let remote = with!(
        GitRemote::default(),
        scheme = "https".into(),
        host = "example.test".into(),
        path = "x.git".into(),
        url = "https://example.test/x.git".into()
    );
    let options = with!(
        GitOptions::default(),
        signature = Some(with!(
            GitSignature::default(),
            public_key = "key".into(),
            require_signed_tag = true
        ))
    );
    let definition = marshal(&State::git(&remote, options));
    let attrs = &definition.sources().expect("ops")[0].attrs;
    assert_eq!(attrs["git.sig.pubkey"], "key");
    assert_eq!(attrs["git.sig.requiresignedtag"], "true");
    assert!(!attrs.contains_key("git.sig.rejectexpired"));
    let metadata =
        dockerfile_llb::internals::metadata(&definition, &definition.ops[0].0).expect("metadata");
    assert!(metadata.caps.contains(caps::SOURCE_GIT_SIGNATURE_VERIFY));
}
