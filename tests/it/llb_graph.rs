//! What a graph becomes: order, equal ops, deferred states, long chains, and the ops that no
//! recorded definition has.

use dockerfile_llb::image::Platform;
use dockerfile_llb::internals::llb::constraints::OpMetadata;
use dockerfile_llb::internals::llb::dump;
use dockerfile_llb::internals::llb::vertex::Deferred;
use dockerfile_llb::internals::pb::ops as pb;
use dockerfile_llb::internals::pb::ops::file_action::Action;
use dockerfile_llb::internals::pb::ops::op::Op;
use dockerfile_llb::internals::{metadata, metadata_under, source};
use dockerfile_llb::llb::*;
use proptest::prelude::*;
use prost::Message;

fn marshal(state: &State) -> Definition {
    state
        .marshal(&MarshalOptions::default())
        .expect("the graph marshals")
}

/// The messages of a definition. Each must have exactly the bytes that its message gives.
fn ops(definition: &Definition) -> Vec<pb::Op> {
    let ops = definition.ops.iter().map(|(_, bytes)| {
        let op = pb::Op::decode(bytes.as_slice()).expect("an op");
        assert_eq!(&op.encode_to_vec(), bytes);
        op
    });
    ops.collect()
}

fn image(name: &str) -> State {
    State::image(name, ImageOptions::default())
}

fn mkdir(path: &str) -> FileAction {
    FileAction::new().mkdir(path, 0o755, MkdirOptions::default())
}

fn run(state: &State, command: &str) -> State {
    state.run(RunOptions::args([command])).root()
}

fn caps_of(definition: &Definition, number: usize) -> Vec<String> {
    let (digest, _) = &definition.ops[number];
    let caps = metadata(definition, digest).unwrap().caps.iter();
    caps.map(str::to_owned).collect()
}

#[test]
fn scratch_is_the_empty_definition() {
    let definition = marshal(&State::scratch());
    assert!(definition.is_empty() && source(&definition).is_none());
    assert!(definition.encode().is_empty());
    assert!(
        State::from_definition(&definition)
            .expect("scratch")
            .is_scratch()
    );
}

#[test]
fn long_chains_marshal_reload_and_drop() {
    let mut state = State::scratch();
    for number in 0..100_000 {
        let path = format!("/{number}");
        state = state.file(mkdir(&path), Constraints::new());
    }
    let definition = marshal(&state);
    assert_eq!(definition.ops.len(), 100_001);
    let again = marshal(&State::from_definition(&definition).expect("a graph"));
    assert_eq!(again, definition);
    drop(state);
}

#[test]
fn long_chains_of_deferred_states_drop() {
    let mut state = image("alpine");
    for _ in 0..100_000 {
        let deferred = Deferred::new();
        assert!(deferred.set(&state));
        state = deferred.state();
    }
    assert_eq!(marshal(&state), marshal(&image("alpine")));
}

#[test]
fn deep_diamonds_are_visited_once() {
    let mut state = image("alpine");
    for _ in 0..60 {
        let left = state.file(mkdir("/left"), Constraints::new());
        let right = state.file(mkdir("/right"), Constraints::new());
        state = State::merge(&[left, right], Constraints::new());
    }
    assert_eq!(marshal(&state).ops.len(), 60 * 3 + 2);
}

#[test]
fn equal_ops_are_one_and_their_metadata_adds_up() {
    let map = SourceMap::new("Dockerfile", "Dockerfile", b"FROM a\n".to_vec());
    let twin = SourceMap::new("Dockerfile", "Dockerfile", b"FROM a\n".to_vec());
    let other = SourceMap::new("Other", "Dockerfile", b"FROM a\n".to_vec());
    let made = |name: &str, map: &SourceMap, line: u32| {
        let lines = [dockerfile_llb::source::LineRange::line(line)];
        let constraints = Constraints::new()
            .custom_name(name)
            .description(format!("only.{name}"), "yes")
            .location(map.lines(&lines));
        State::image("a", with!(ImageOptions::default(), constraints))
    };
    let states = [
        made("one", &map, 1),
        made("two", &other, 2),
        made("three", &twin, 3),
    ];
    let definition = marshal(&State::merge(&states, Constraints::new()));
    assert_eq!(definition.ops.len(), 3);
    let (digest, _) = &definition.ops[0];
    let description: Vec<_> = metadata(&definition, digest)
        .unwrap()
        .description
        .iter()
        .collect();
    assert_eq!(
        description,
        [
            ("llb.customname", "three"),
            ("only.one", "yes"),
            ("only.three", "yes"),
            ("only.two", "yes"),
        ]
    );
    let source = source(&definition).expect("a source");
    let names: Vec<_> = source
        .infos
        .iter()
        .map(|info| info.filename.as_str())
        .collect();
    assert_eq!(names, ["Dockerfile", "Other"]);
    let places = source.locations.get(digest).unwrap().iter();
    let places: Vec<_> = places
        .map(|l| (l.source_index, l.ranges.iter().next().unwrap().start.line))
        .collect();
    assert_eq!(places, [(0, 1), (1, 2), (0, 3)]);
    // The merge has three layers that are one input three times.
    let merge = &ops(&definition)[1];
    assert_eq!(merge.inputs.len(), 3);
    // Every op but the last has locations, even if there are none.
    assert_eq!(source.locations.len(), 2);
}

#[test]
fn a_deferred_state_leaves_no_trace() {
    let context = || {
        State::local(
            "context",
            with!(LocalOptions::default(), session_id = "s".into()),
        )
    };
    let copy = |source: &State| {
        let action = FileAction::new().copy(source, "a", "b", CopyOptions::default());
        image("alpine")
            .with_dir("/srv")
            .file(action, Constraints::new())
    };
    let deferred = Deferred::new();
    let state = copy(&deferred.state());
    let unset = state.marshal(&MarshalOptions::default());
    assert_eq!(unset, Err(MarshalError::DeferredUnset));
    assert!(!deferred.set(&deferred.state()), "not on itself");
    assert!(deferred.set(&context()) && deferred.is_set());
    assert!(!deferred.set(&context()), "only once");
    assert_eq!(marshal(&state), marshal(&copy(&context())));

    let scratch = Deferred::new();
    let state = copy(&scratch.state());
    scratch.set(&State::scratch());
    assert_eq!(marshal(&state), marshal(&copy(&State::scratch())));
}

#[test]
fn a_deferred_state_that_depends_on_itself_is_an_error() {
    let deferred = Deferred::new();
    let state = run(&deferred.state(), "true");
    deferred.set(&state);
    let result = state.marshal(&MarshalOptions::default());
    assert_eq!(result, Err(MarshalError::Cycle));
}

#[test]
fn copies_are_visited_from_last_to_first_after_the_base() {
    let action = FileAction::new()
        .copy(&image("one"), "/", "x", CopyOptions::default())
        .mkdir("sub/", 0o7700, MkdirOptions::default())
        .copy(&image("two"), "rel", "y/", CopyOptions::default())
        .copy(
            &image("one").with_dir("/w"),
            "../rel",
            "/z/.",
            CopyOptions::default(),
        );
    let state = image("base")
        .with_dir("/srv")
        .file(action, Constraints::new());
    let definition = marshal(&state);
    let ops = ops(&definition);
    let source = |op: &pb::Op| match &op.op {
        Some(Op::Source(source)) => source.identifier.clone(),
        other => panic!("{other:?}"),
    };
    let library = "docker-image://docker.io/library";
    assert_eq!(source(&ops[0]), format!("{library}/base:latest"));
    assert_eq!(source(&ops[1]), format!("{library}/one:latest"));
    assert_eq!(source(&ops[2]), format!("{library}/two:latest"));
    let op = &ops[3];
    let digests: Vec<_> = op
        .inputs
        .iter()
        .map(|input| input.digest.as_str())
        .collect();
    let digest = |number: usize| definition.ops[number].0.as_str();
    assert_eq!(digests, [digest(0), digest(1), digest(2)]);
    let Some(Op::File(file)) = &op.op else {
        panic!("{op:?}");
    };
    let places: Vec<_> = file
        .actions
        .iter()
        .map(|a| (a.input, a.secondary_input, a.output))
        .collect();
    assert_eq!(places, [(0, 1, -1), (3, -1, -1), (4, 2, -1), (5, 1, 0)]);
    let paths: Vec<_> = file
        .actions
        .iter()
        .map(|action| match &action.action {
            Some(Action::Copy(copy)) => (copy.src.as_str(), copy.dest.as_str()),
            Some(Action::Mkdir(mkdir)) => {
                assert_eq!(mkdir.mode, 0o700);
                ("", mkdir.path.as_str())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        paths,
        [
            ("/", "/srv/x"),
            ("", "/srv/sub"),
            ("/rel", "/srv/y/"),
            ("/rel", "/z/.")
        ]
    );
}

#[test]
fn links_and_removals_have_their_messages() {
    let owner = Some(ChownOpt::parse("app:7"));
    let action = FileAction::new()
        .symlink(
            "a",
            "b",
            with!(FileOptions::default(), owner, created = Some(5)),
        )
        .rm(
            "c",
            with!(
                RmOptions::default(),
                allow_not_found = true,
                allow_wildcard = true
            ),
        )
        .mkfile(
            "d",
            0o644,
            b"x".to_vec(),
            with!(
                FileOptions::default(),
                owner = Some(ChownOpt::parse("root")),
                created = None
            ),
        );
    let state = State::scratch()
        .with_dir("/w")
        .file(action, Constraints::new());
    let op = ops(&marshal(&state)).remove(0);
    let by_id = |id| {
        Some(pb::UserOpt {
            user: Some(pb::user_opt::User::ById(id)),
        })
    };
    let by_name = pb::NamedUserOpt {
        name: "app".into(),
        input: -1,
    };
    let by_name = Some(pb::UserOpt {
        user: Some(pb::user_opt::User::ByName(by_name)),
    });
    let wanted = [
        Action::Symlink(pb::FileActionSymlink {
            oldpath: "a".into(),
            newpath: "b".into(),
            owner: Some(pb::ChownOpt {
                user: by_name,
                group: by_id(7),
            }),
            timestamp: 5,
        }),
        Action::Rm(pb::FileActionRm {
            path: "/w/c".into(),
            allow_not_found: true,
            allow_wildcard: true,
        }),
        Action::Mkfile(pb::FileActionMkFile {
            path: "/w/d".into(),
            mode: 0o644,
            data: b"x".to_vec(),
            owner: Some(pb::ChownOpt {
                user: by_id(0),
                group: None,
            }),
            timestamp: -1,
        }),
    ];
    let Some(Op::File(file)) = op.op else {
        panic!("{op:?}");
    };
    let actions: Vec<_> = file
        .actions
        .into_iter()
        .filter_map(|action| action.action)
        .collect();
    assert_eq!(actions, wanted);
}

#[test]
fn diffs_and_merges_leave_scratch_out() {
    let (lower, scratch) = (image("alpine"), State::scratch());
    let upper = run(&lower, "true");
    let none = Constraints::new;
    assert!(State::diff(&scratch, &scratch, none()).is_scratch());
    assert_eq!(
        marshal(&State::diff(&scratch, &upper, none())),
        marshal(&upper)
    );
    assert!(State::merge(&[scratch.clone(), scratch.clone()], none()).is_scratch());
    let merged = State::merge(&[scratch.clone(), upper.clone()], none());
    assert_eq!(marshal(&merged), marshal(&upper));

    let definition = marshal(&State::diff(&lower, &upper, none()));
    assert_eq!(caps_of(&definition, 2), ["diffop"]);
    let diff = &ops(&definition)[2];
    assert_eq!((diff.inputs.len(), diff.platform.clone()), (2, None));
    let sides = |lower, upper| {
        Some(Op::Diff(pb::DiffOp {
            lower: Some(pb::LowerDiffInput { input: lower }),
            upper: Some(pb::UpperDiffInput { input: upper }),
        }))
    };
    assert_eq!(diff.op, sides(0, 1));
    let definition = marshal(&State::diff(&lower, &scratch, none()));
    assert_eq!(ops(&definition)[1].op, sides(0, -1));
}

#[test]
fn a_passthrough_waits_for_its_dependencies() {
    let (state, dependency) = (image("alpine"), run(&image("alpine"), "test"));
    assert_eq!(marshal(&state.requires("id", &[])), marshal(&state));
    let definition = marshal(&state.requires("id", &[dependency, State::scratch()]));
    let op = &ops(&definition)[2];
    assert_eq!(op.inputs.len(), 2);
    assert_eq!(caps_of(&definition, 2), ["passthroughop"]);
    assert_eq!(
        op.op,
        Some(Op::Passthrough(pb::PassthroughOp {
            id: "id".into(),
            outputs: vec![0],
        }))
    );
}

#[test]
fn runs_take_what_the_options_do_not_say_from_the_state() {
    let base = image("alpine")
        .with_dir("/src")
        .with_dir("lib")
        .with_user("app")
        .with_env("A", "1")
        .with_env("B", "2")
        .with_env("A", "3")
        .with_hostname("host")
        .with_network(NetMode::Host);
    let exec = |state: &State| {
        let definition = marshal(state);
        match ops(&definition).remove(1).op {
            Some(Op::Exec(exec)) => (exec, caps_of(&definition, 1)),
            other => panic!("{other:?}"),
        }
    };
    let options = with!(
        RunOptions::args(["make"]),
        cgroup_parent = Some("group".into()),
        security = Some(SecurityMode::Insecure),
        ulimits = vec![Ulimit {
            name: "nofile".into(),
            soft: 1,
            hard: -1,
        }],
        extra_hosts = vec![HostIp {
            host: "h".into(),
            ip: "10.0.0.1".into(),
        }],
        valid_exit_codes = Some(vec![0, 3])
    );
    let (op, caps) = exec(&base.run(options).root());
    let meta = op.meta.clone().expect("a process");
    assert_eq!(meta.args, ["make"]);
    assert_eq!(meta.env, ["B=2", "A=3"]);
    assert_eq!((meta.cwd.as_str(), meta.user.as_str()), ("/src/lib", "app"));
    assert_eq!(
        (meta.hostname.as_str(), meta.cgroup_parent.as_str()),
        ("host", "group")
    );
    assert_eq!(
        (
            NetMode::try_from(op.network).unwrap(),
            SecurityMode::try_from(op.security).unwrap()
        ),
        (NetMode::Host, SecurityMode::Insecure)
    );
    assert_eq!((meta.ulimit.len(), meta.extra_hosts.len()), (1, 1));
    assert_eq!(meta.valid_exit_codes, [0, 3]);
    assert_eq!(
        caps,
        [
            "exec.meta.base",
            "exec.meta.network",
            "exec.meta.security",
            "exec.meta.setsdefaultpath",
            "exec.meta.ulimit",
            "exec.mount.bind",
            "exec.validexitcode",
        ]
    );

    let options = with!(
        RunOptions::args(["true"]),
        dir = Some("sub".into()),
        user = Some(String::new()),
        env = vec![("C".into(), "4".into())],
        network = Some(NetMode::None),
        security = Some(SecurityMode::Sandbox)
    );
    let after = base.run(options).root();
    let (op, _) = exec(&after);
    let meta = op.meta.clone().expect("a process");
    assert_eq!(
        (meta.args, meta.env),
        (
            vec!["true".to_owned()],
            vec!["B=2".into(), "A=3".into(), "C=4".into()]
        )
    );
    assert_eq!(
        (meta.cwd.as_str(), meta.user.as_str()),
        ("/src/lib/sub", "")
    );
    assert_eq!(
        (
            NetMode::try_from(op.network).unwrap(),
            SecurityMode::try_from(op.security).unwrap()
        ),
        (NetMode::None, SecurityMode::Sandbox)
    );
    // What counts for one process does not stay.
    assert_eq!(
        (after.dir(), after.get_env("C"), after.network()),
        ("/src/lib", None, NetMode::Host)
    );
}

#[test]
fn mounts_have_outputs_only_where_changes_stay() {
    let files = image("files");
    let options = with!(
        RunOptions::args(["true"]),
        mounts = vec![
            Mount::bind("/z", &files),
            Mount::bind("/read", &files).readonly(),
            Mount::bind("/lost", &files).no_output(),
            Mount::cache("/cache", &State::scratch(), "id", CacheSharing::Private),
            Mount::tmpfs("/tmp", 64),
        ]
    );
    let result = image("alpine").run(options);
    for target in ["/lost", "/cache", "/tmp", "/none"] {
        assert!(result.mount(target).is_none(), "{target}");
    }
    let read = result.mount("/read").expect("what was mounted");
    assert_eq!(marshal(&read), marshal(&files));
    let changed = marshal(&result.mount("/z").expect("an output"));
    assert_eq!(ops(&changed).last().map(|op| op.inputs[0].index), Some(1));
    let root = marshal(&result.root());
    assert_eq!(ops(&root).last().map(|op| op.inputs[0].index), Some(0));

    let readonly = with!(RunOptions::args(["true"]), readonly_root = true);
    let same = image("alpine").run(readonly).root();
    assert_eq!(marshal(&same), marshal(&image("alpine")));
}

#[test]
fn what_an_op_lacks_is_an_error() {
    let fails = |state: State| {
        state
            .marshal(&MarshalOptions::default())
            .expect_err("an error")
    };
    let alpine = image("alpine");
    assert_eq!(
        fails(run(&alpine, "x").run(RunOptions::default()).root()),
        MarshalError::ArgumentsRequired
    );
    assert_eq!(
        fails(alpine.file(FileAction::new(), Constraints::new())),
        MarshalError::ActionRequired
    );
    let mut mount = Mount::tmpfs("/tmp", 0);
    mount.source = alpine.clone();
    let options = with!(RunOptions::args(["x"]), mounts = vec![mount]);
    assert_eq!(
        fails(alpine.run(options).root()),
        MarshalError::TmpfsWithSource
    );
    assert_eq!(
        fails(image("Not A Name")).to_string(),
        "invalid reference format: repository name (library/Not A Name) must be lowercase"
    );
    assert_eq!(
        fails(State::image_blob("a:1", BlobOptions::default())).to_string(),
        "tagged image reference not allowed for blob reference"
    );
    let local = || State::local("ctx", LocalOptions::default());
    assert_eq!(
        fails(local()),
        MarshalError::UniqueIdRequired("local://ctx".into())
    );

    let options = with!(
        MarshalOptions::default(),
        local_unique_id = Some("u".into())
    );
    let definition = local().marshal(&options).expect("marshals");
    assert_eq!(
        caps_of(&definition, 0),
        ["source.local", "source.local.unique"]
    );
}

#[test]
fn a_daemon_that_adds_no_path_gets_one() {
    let state = run(&image("alpine"), "true");
    let path = |caps: CapSupport, os: &str| {
        let options = with!(
            MarshalOptions::default(),
            caps,
            platform = Platform::new(os, "amd64")
        );
        let definition = state.marshal(&options).expect("marshals");
        let caps = caps_of(&definition, 1);
        match ops(&definition).remove(1).op {
            Some(Op::Exec(exec)) => (exec.meta.expect("a process").env, caps.len()),
            other => panic!("{other:?}"),
        }
    };
    let all = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(path(CapSupport::All, "linux"), (vec![], 3));
    assert_eq!(path(CapSupport::Unknown, "linux"), (vec![], 2));
    assert_eq!(
        path(CapSupport::Only(Caps::new()), "linux"),
        (vec![all.to_owned()], 2)
    );
    assert_eq!(path(CapSupport::Only(Caps::new()), "windows"), (vec![], 2));
}

#[test]
fn defaults_of_the_options_lie_under_every_op() {
    let constraints = Constraints::new().worker_filter("b");
    let state = State::image("alpine", with!(ImageOptions::default(), constraints));
    let mut options = with!(MarshalOptions::default(), worker_filters = vec!["a".into()]);
    *metadata_under(&mut options) = with!(
        OpMetadata::default(),
        ignore_cache = true,
        export_cache = Some(false)
    );
    let definition = state.marshal(&options).expect("marshals");
    let filter = ops(&definition)[0]
        .constraints
        .clone()
        .expect("constraints")
        .filter;
    assert_eq!(filter, ["a", "b"]);
    assert_eq!(
        caps_of(&definition, 1),
        [
            "constraints",
            "meta.exportcache",
            "meta.ignorecache",
            "platform"
        ]
    );
}

#[test]
fn broken_definitions_do_not_become_graphs() {
    let definition = marshal(&run(&image("alpine"), "true"));
    let broken = |change: &dyn Fn(&mut Definition)| {
        let mut definition = definition.clone();
        change(&mut definition);
        State::from_definition(&definition).expect_err("an error")
    };
    assert!(matches!(
        broken(&|d| {
            d.ops.remove(0);
        }),
        ReloadError::UnknownOp(_)
    ));
    assert!(matches!(
        broken(&|d| {
            d.ops.pop();
            d.ops.remove(1);
        }),
        ReloadError::NoResult
    ));
    assert!(matches!(
        broken(&|d| {
            dockerfile_llb::internals::clear_metadata(d);
        }),
        ReloadError::UnknownMetadata(_)
    ));
    assert!(matches!(
        broken(&|d| {
            d.ops.push(("x".into(), vec![0xff]));
        }),
        ReloadError::Op(_)
    ));
    assert!(Definition::decode(&[0xff]).is_err());
}

proptest! {
    /// Whatever a daemon sends: reading, dumping and building on it may fail, but not panic.
    #[test]
    fn damaged_definitions_are_errors_at_most(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let source = SourceMap::new("f", "l", b"x".to_vec());
        let at = Constraints::new().custom_name("n").location(source.lines(&[]));
        let state = run(&image("alpine"), "true").file(mkdir("/x"), at);
        let mut bytes = marshal(&state).encode();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 2));
        if let Ok(definition) = Definition::decode(&bytes) {
            let _ = dump::text(&definition);
            let _ = dump::convertllb(&definition);
            let _ = definition.head();
            if let Ok(state) = State::from_definition(&definition) {
                let again = state.marshal(&MarshalOptions::default());
                let again = again.expect("a complete graph marshals");
                prop_assert_eq!(Definition::decode(&again.encode()), Ok(again));
            }
        }
    }
}
