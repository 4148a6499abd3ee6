//! What every frontend needs, on a daemon in memory: the parts of `frontend` that know no Dockerfiles.

use dockerfile_llb::internals::testing::daemon::Messages as _;
use std::collections::BTreeMap;

use dockerfile_llb::frontend::{
    BuildFile, BuildSource, ClientOptions, Contexts, FrontendCaps, PlatformResult, Subrequest,
    SubrequestAnswer, Subrequests, answer_subrequest, build_platforms, inputs, solve,
};
use dockerfile_llb::gateway::{Bridge, Error, Method, Result, SolveResult};
use dockerfile_llb::image::{ImageConfig, Platform};
use dockerfile_llb::internals::pb::gateway as pb;
use dockerfile_llb::internals::pb::ops::op;
use dockerfile_llb::internals::{messages, metadata_of};
use dockerfile_llb::llb::{Definition, ImageOptions, MarshalOptions, RunOptions, State};
use dockerfile_llb::testing::{FakeDaemon, Image};

const CONFIG: &str =
    r#"{"architecture":"amd64","os":"linux","config":{"Env":["A=b"],"WorkingDir":"/w"}}"#;

fn digest() -> String {
    format!("sha256:{:064}", 1)
}

fn file() -> BuildFile {
    BuildFile::new("image.toml", "TOML")
}

/// A daemon with an image, and a file in the client's directory.
fn daemon() -> FakeDaemon {
    let daemon = FakeDaemon::new();
    let alpine = "docker.io/library/alpine:latest";
    daemon.add_image(alpine, Image::new(digest(), CONFIG));
    daemon.add_file("local://dockerfile", "image.toml", "one\ntwo\nthree\n");
    daemon
}

/// Gives the main context as the result.
async fn context(bridge: &dyn Bridge) -> Result<SolveResult> {
    let options = ClientOptions::read(bridge.environment())?;
    let source = BuildSource::open(bridge, &options, &file()).await?;
    let files = source.context_state(bridge).await?;
    Ok(SolveResult::of(
        solve(bridge, &options, &files, &options.build_platform).await?,
    ))
}

/// Gives the context `x` as the result.
async fn named(bridge: &dyn Bridge) -> Result<SolveResult> {
    let options = ClientOptions::read(bridge.environment())?;
    let found = Contexts::new(bridge, &options).named("x", None).await?;
    let found = found.ok_or_else(|| Error::new("no context"))?;
    let reference = solve(bridge, &options, &found.state, &options.build_platform).await?;
    let mut result = SolveResult::of(reference);
    if let Some(image) = found.image {
        let config = image.to_json().into_bytes();
        result.metadata.insert("config".to_owned(), config);
    }
    Ok(result)
}

fn graph(daemon: &FakeDaemon, result: &SolveResult) -> Definition {
    daemon.graphs(result).pop().expect("a graph")
}

/// Identifier and attributes of the only source of a result.
fn source(daemon: &FakeDaemon, result: &SolveResult) -> (String, BTreeMap<String, String>) {
    let mut sources = graph(daemon, result).sources().expect("ops");
    assert_eq!(sources.len(), 1);
    let source = sources.remove(0);
    (source.identifier, source.attrs)
}

#[test]
fn named_contexts_of_every_kind() {
    let layout = format!("oci-layout://store@{}", digest());
    for (spec, identifier) in [
        (
            "docker-image://alpine",
            "docker-image://docker.io/library/alpine:latest",
        ),
        (
            &*layout,
            &*format!("oci-layout://docker.io/library/x@{}", digest()),
        ),
        ("local:files", "local://files"),
        ("input:made", "docker-image://docker.io/library/made:latest"),
        ("https://h.test/r.git#main", "git://h.test/r.git#main"),
        ("https://h.test/file", "https://h.test/file"),
    ] {
        let daemon = daemon();
        let layout = format!("docker.io/library/x@{}", digest());
        daemon.add_image(&layout, Image::new(digest(), CONFIG));
        daemon.add_file("local://files", ".dockerignore", "out\n");
        let made = State::image("made", ImageOptions::default());
        let made = made.marshal(&MarshalOptions::default()).unwrap();
        daemon.add_input("made", made);
        daemon.set_opt("context:x", spec);
        let result = daemon
            .run(named)
            .unwrap_or_else(|error| panic!("{spec}: {}", error.message()));
        let (found, attrs) = source(&daemon, &result);
        assert_eq!(found, identifier, "{spec}");
        match spec {
            "local:files" => assert_eq!(attrs["local.excludepatterns"], r#"["out"]"#),
            "https://h.test/file" => assert_eq!(attrs["http.filename"], "context"),
            _ => {}
        }
        let is_image = spec.contains("image") || spec.contains("layout");
        assert_eq!(result.metadata.contains_key("config"), is_image, "{spec}");
    }
}

#[test]
fn what_is_wrong_with_a_context_is_told() {
    for (spec, message) in [
        ("word", "invalid context specifier word for x"),
        ("ftp://h", "unsupported context source ftp for x"),
        ("input:none", "invalid input none for x"),
        (
            "oci-layout://store",
            "oci-layout reference \"store\" has no digest",
        ),
    ] {
        let daemon = daemon();
        daemon.set_opt("context:x", spec);
        assert_eq!(daemon.run(named).unwrap_err().message(), message);
    }
}

#[test]
fn an_input_may_be_an_image() {
    let daemon = daemon();
    daemon.set_opt("context:x", "input:base");
    // {"config":{"Env":["A=b"]}}
    let metadata = r#"{"containerimage.config":"eyJjb25maWciOnsiRW52IjpbIkE9YiJdfX0="}"#;
    daemon.set_opt("input-metadata:base", metadata);
    let base = State::image("made", ImageOptions::default());
    let base = base.marshal(&MarshalOptions::default()).unwrap();
    daemon.add_input("base", base);
    let result = daemon.run(named).unwrap();
    let config = String::from_utf8(result.metadata["config"].clone()).unwrap();
    assert!(config.contains(r#""Env":["A=b"]"#), "{config}");

    let states = daemon.run(async |bridge: &dyn Bridge| {
        let states = inputs(bridge).await?;
        assert_eq!(states.keys().collect::<Vec<_>>(), ["base"]);
        Ok(SolveResult::default())
    });
    states.unwrap();
}

#[test]
fn a_policy_may_put_another_source_in_the_place_of_an_image() {
    let daemon = daemon();
    daemon.set_opt("context:x", "docker-image://alpine");
    let other = pb::ResolveSourceMetaResponse {
        source: Some(dockerfile_llb::internals::pb::ops::SourceOp {
            identifier: "https://h.test/file".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    daemon.set_source_meta("docker-image://docker.io/library/alpine:latest", other);
    let result = daemon.run(named).unwrap();
    // Parity: the reference loses the slashes, too.
    assert_eq!(source(&daemon, &result).0, "https:h.test/file");
}

#[test]
fn a_base_is_held_to_its_digest_and_a_context_takes_its_place() {
    let base = async |bridge: &dyn Bridge| -> Result<SolveResult> {
        let options = ClientOptions::read(bridge.environment())?;
        let platform = &options.build_platform;
        let base = Contexts::new(bridge, &options).base("alpine", platform);
        let state = base.await?.state_with_config()?;
        assert_eq!(state.dir(), "/w");
        assert_eq!(state.get_env("A"), Some("b"));
        Ok(SolveResult::of(
            solve(bridge, &options, &state, platform).await?,
        ))
    };
    let plain = daemon();
    let result = plain.run(base).unwrap();
    let pinned = format!(
        "docker-image://docker.io/library/alpine:latest@{}",
        digest()
    );
    assert_eq!(source(&plain, &result).0, pinned);

    let linked = daemon();
    let own = "docker.io/acme/own:latest";
    linked.add_image(own, Image::new(digest(), CONFIG));
    linked.set_opt("context:alpine", "docker-image://acme/own");
    let result = linked.run(base).unwrap();
    assert_eq!(source(&linked, &result).0, format!("docker-image://{own}"));
}

#[test]
fn the_main_context_is_a_directory_without_what_is_ignored() {
    let plain = daemon();
    plain.add_file("local://context", ".dockerignore", "a\n!a/b\n");
    let result = plain.run(context).unwrap();
    let (identifier, attrs) = source(&plain, &result);
    assert_eq!(identifier, "local://context");
    assert_eq!(attrs["local.excludepatterns"], r#"["a","!a/b"]"#);

    // The one beside the file counts more, and the other is not looked for.
    let beside = daemon();
    beside.add_file("local://dockerfile", "image.toml.dockerignore", "c\n");
    beside.add_file("local://context", ".dockerignore", "a\n");
    let result = beside.run(context).unwrap();
    let (_, attrs) = source(&beside, &result);
    assert_eq!(attrs["local.excludepatterns"], r#"["c"]"#);
    assert_eq!(beside.requests::<pb::SolveRequest>(Method::Solve).len(), 2);
}

#[test]
fn the_main_context_may_be_elsewhere() {
    let git = daemon();
    git.set_opt("context", "https://h.test/r.git#v1:dir");
    git.add_file("git://h.test/r.git#v1:dir", "image.toml", "one");
    let result = git.run(context).unwrap();
    assert_eq!(source(&git, &result).0, "git://h.test/r.git#v1:dir");

    let http = daemon();
    http.set_opt("context", "https://h.test/image.toml");
    http.add_file("https://h.test/image.toml", "context", "one");
    let result = http.run(context).unwrap();
    assert_eq!(source(&http, &result).0, "https://h.test/image.toml");

    let linked = daemon();
    let made = State::image("made", ImageOptions::default());
    let made = made.marshal(&MarshalOptions::default()).unwrap();
    linked.add_input("context", made);
    let result = linked.run(context).unwrap();
    let identifier = "docker-image://docker.io/library/made:latest";
    assert_eq!(source(&linked, &result).0, identifier);
}

#[test]
fn another_file_may_be_named() {
    let daemon = daemon();
    daemon.set_opt("filename", "other/x.toml");
    let message = daemon.run(context).unwrap_err().message().to_owned();
    assert!(
        message.starts_with("failed to read dockerfile"),
        "{message}"
    );
    daemon.add_file("local://dockerfile", "other/x.toml", "one");
    daemon.run(context).unwrap();
}

#[test]
fn errors_and_warnings_have_places_in_the_file() {
    let daemon = daemon();
    let told = async |bridge: &dyn Bridge| -> Result<SolveResult> {
        let options = ClientOptions::read(bridge.environment())?;
        let file = BuildSource::open(bridge, &options, &file()).await?.file;
        let second = file.line_at(4);
        bridge.warn(file.warning("odd", [second])).await?;
        let changed = file.with_data(*b"zero\none\n");
        assert_eq!(&*changed.info().data, b"zero\none\n");
        Err(changed.error(Error::new("wrong"), [second]))
    };
    let error = daemon.run(told).unwrap_err();
    let places = error.sources();
    let info = places[0].info.as_ref().expect("a file");
    assert_eq!((&*info.filename, &*info.language), ("image.toml", "TOML"));
    assert_eq!(places[0].ranges[0].start.line, 2);
    let warning = daemon.requests::<pb::WarnRequest>(Method::Warn).remove(0);
    assert_eq!(warning.short, b"odd");
    assert_eq!(warning.ranges.len(), 1);
}

#[test]
fn every_platform_has_its_ref_and_config() {
    let build = async |bridge: &dyn Bridge| -> Result<SolveResult> {
        let options = ClientOptions::read(bridge.environment())?;
        build_platforms(&options, async |platform| {
            let run = options.run(["uname"]);
            let state = State::image("alpine", ImageOptions::default());
            let state = state.with_platform(platform.clone()).run(run).root();
            let reference = solve(bridge, &options, &state, platform).await?;
            let result = PlatformResult::new(platform, reference);
            Ok(result.with_image(ImageConfig::empty(platform)))
        })
        .await
    };
    let single = daemon();
    let result = single.run(build).unwrap();
    assert!(result.single().unwrap().is_some());
    let platforms = String::from_utf8_lossy(&result.metadata["refs.platforms"]);
    assert!(platforms.contains(r#""ID":"linux/amd64""#), "{platforms}");

    let several = daemon();
    several.set_opt("platform", "linux/amd64,linux/arm64/v8");
    let result = several.run(build).unwrap();
    let configs = ["linux/amd64", "linux/arm64"].map(|id| format!("containerimage.config/{id}"));
    assert!(configs.iter().all(|key| result.metadata.contains_key(key)));
    let graphs = several.graphs(&result);
    let architectures: Vec<String> = graphs
        .iter()
        .map(|graph| {
            let ops = messages(graph).expect("ops");
            let result = &ops.last().expect("a result").inputs[0].digest;
            let node = graph
                .ops
                .iter()
                .position(|(digest, _)| digest.as_str() == result);
            let platform = ops[node.expect("an op")].platform.clone();
            platform.expect("a platform").architecture
        })
        .collect();
    assert_eq!(architectures, ["amd64", "arm64"]);
}

#[test]
fn processes_run_as_the_client_wants() {
    let daemon = daemon();
    for (key, value) in [
        ("force-network-mode", "none"),
        ("add-hosts", "a=1.2.3.4"),
        ("ulimit", "nofile=1:2"),
        ("shm-size", "64"),
        ("hostname", "here"),
        ("build-arg:HTTP_PROXY", "http://p"),
        ("memory", "5"),
    ] {
        daemon.set_opt(key, value);
    }
    let options = ClientOptions::read(&daemon.environment()).unwrap();
    let RunOptions {
        network,
        extra_hosts,
        ulimits,
        mounts,
        hostname,
        proxy,
        mut constraints,
        ..
    } = options.run(["true"]);
    assert_eq!(network, Some(dockerfile_llb::llb::NetMode::None));
    assert_eq!(extra_hosts[0].ip, "1.2.3.4");
    assert_eq!((ulimits[0].soft, ulimits[0].hard), (1, 2));
    assert_eq!(mounts[0].target, "/dev/shm");
    assert_eq!(hostname.as_deref(), Some("here"));
    assert_eq!(proxy.expect("a proxy").http_proxy, "http://p");
    let resources = metadata_of(&mut constraints).linux_resources.take();
    assert_eq!(resources.unwrap().memory, 5);
}

#[test]
fn capabilities_that_a_client_insists_on() {
    let daemon = daemon();
    let caps = |list: &str| {
        daemon.set_opt("frontend.caps", list);
        let options = ClientOptions::read(&daemon.environment()).unwrap();
        options.frontend_caps().require()
    };
    assert!(caps("").is_ok());
    assert!(caps("moby.buildkit.frontend.contexts+forward").is_ok());
    let error = caps("moby.buildkit.frontend.x+forward").unwrap_err();
    let message = "unsupported frontend capability moby.buildkit.frontend.x";
    assert_eq!(error.message(), message);
    assert!(matches!(
        FrontendCaps::check("a", &["a"]),
        FrontendCaps::Supported
    ));
}

struct Questions;

impl Subrequests for Questions {
    fn list(&self) -> &[Subrequest] {
        &[Subrequest::DESCRIBE]
    }

    async fn answer(&self, name: &str) -> Result<Option<SubrequestAnswer>> {
        let known = name == "frontend.hidden";
        Ok(known.then(|| SubrequestAnswer::new(&["<a>"], "0.1.0").status(3)))
    }
}

#[test]
fn questions_are_answered_in_place_of_a_build() {
    let ask = |name: &str| {
        let daemon = daemon();
        daemon.set_opt("requestid", name);
        daemon.run(async |bridge: &dyn Bridge| {
            let options = ClientOptions::read(bridge.environment())?;
            let answer = answer_subrequest(&options, &Questions).await?;
            Ok(answer.unwrap_or_default())
        })
    };
    let described = ask("frontend.subrequests.describe").unwrap();
    let json = String::from_utf8_lossy(&described.metadata["result.json"]);
    assert!(json.contains(r#""type": "rpc""#), "{json}");
    let answer = ask("frontend.hidden").unwrap();
    assert_eq!(answer.metadata["result.statuscode"], b"3");
    // As Go's encoder writes it.
    assert_eq!(
        answer.metadata["result.json"],
        b"[\n  \"\\u003ca\\u003e\"\n]"
    );
    let error = ask("frontend.none").unwrap_err();
    assert_eq!(error.message(), "unsupported request frontend.none");
}

#[test]
fn failures_come_back_as_they_are() {
    let daemon = daemon();
    daemon.fail(Method::Solve, Error::new("no space left"));
    let error = daemon.run(context).unwrap_err();
    assert_eq!(
        error.message(),
        "failed to resolve dockerfile: no space left"
    );
}

#[test]
fn an_exec_of_the_result_is_there_to_be_looked_at() {
    let daemon = daemon();
    let result = daemon.run(async |bridge: &dyn Bridge| {
        let options = ClientOptions::read(bridge.environment())?;
        let state = State::image("alpine", ImageOptions::default());
        let state = state.run(options.run(["make", "all"])).root();
        let platform = Platform::new("linux", "amd64");
        Ok(SolveResult::of(
            solve(bridge, &options, &state, &platform).await?,
        ))
    });
    let definition = graph(&daemon, &result.unwrap());
    let ops = messages(&definition).expect("ops");
    let Some(op::Op::Exec(exec)) = &ops[1].op else {
        panic!("no exec");
    };
    assert_eq!(exec.meta.as_ref().expect("meta").args, ["make", "all"]);
}
