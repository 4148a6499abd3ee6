//! How registries are reached: credentials, helpers, mirrors, authorities, proxies, many at once.

use std::process::Output;

use super::tunnel::Tunnels;
use super::world::{Guard, World};
use super::{Dir, testdata};

/// base64 of "user:secret"
const AUTH: &str = "dXNlcjpzZWNyZXQ=";

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A registry with a password and one image, and a file that needs it.
fn guarded(guard: Guard) -> (World, Dir) {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("team/x", "1", "x", "");
    world.set_guard(guard);
    dir.write("Dockerfile", &format!("FROM {host}/team/x:1\n"));
    (world, dir)
}

/// Runs with files below the home directory and variables, and starts without a lock.
fn lock_with(dir: &Dir, files: &[(&str, String)], variables: &[(&str, String)]) -> Output {
    let _ = std::fs::remove_file(dir.0.join("Dockerfile.lock"));
    for (name, content) in files {
        std::fs::create_dir_all(dir.0.join(name).parent().unwrap()).unwrap();
        dir.write(name, content);
    }
    let mut command = dir.command(&["lock"]);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.output().unwrap();
    for (name, _) in files {
        std::fs::remove_file(dir.0.join(name)).unwrap();
    }
    assert!(!dir.read("Dockerfile.lock").contains("secret"));
    output
}

#[test]
fn a_registry_with_a_password_is_asked_with_it() {
    for guard in [Guard::Basic, Guard::Token] {
        let (world, dir) = guarded(guard);
        let host = world.host();
        let auths = |key: &str, entry: &str| format!(r#"{{"auths":{{"{key}":{entry}}}}}"#);
        let auth = format!(r#"{{"auth":"{AUTH}"}}"#);
        let plain = r#"{"username":"user","password":"secret"}"#;
        let nothing = lock_with(&dir, &[], &[]);
        assert_eq!(nothing.status.code(), Some(3), "{}", told(&nothing));
        assert!(
            told(&nothing).contains("docker login"),
            "{}",
            told(&nothing)
        );
        let wrong = auths(&host, r#"{"username":"user","password":"wrong"}"#);
        let wrong = lock_with(&dir, &[(".docker/config.json", wrong)], &[]);
        assert_eq!(wrong.status.code(), Some(3), "{}", told(&wrong));
        assert!(told(&wrong).contains("source-unauthorized"));
        assert!(!told(&wrong).contains("wrong"), "{}", told(&wrong));
        let elsewhere = ("other/config.json", auths(&host, &auth));
        for (files, variables) in [
            (vec![], vec![("DOCKER_AUTH_CONFIG", auths(&host, &auth))]),
            (vec![(".docker/config.json", auths(&host, &auth))], vec![]),
            (vec![(".docker/config.json", auths(&host, plain))], vec![]),
            (
                vec![(
                    ".docker/config.json",
                    auths(&format!("https://{host}/v1/"), &auth),
                )],
                vec![],
            ),
            (
                vec![(".config/containers/auth.json", auths(&host, &auth))],
                vec![],
            ),
            (
                vec![(
                    ".config/containers/auth.json",
                    auths(&format!("{host}/team"), &auth),
                )],
                vec![],
            ),
            (
                vec![("run/containers/auth.json", auths(&host, &auth))],
                vec![("XDG_RUNTIME_DIR", "run".to_owned())],
            ),
            (
                vec![elsewhere.clone()],
                vec![("DOCKER_CONFIG", "other".to_owned())],
            ),
            (
                vec![elsewhere.clone()],
                vec![("REGISTRY_AUTH_FILE", "other/config.json".to_owned())],
            ),
        ] {
            let output = lock_with(&dir, &files, &variables);
            assert!(
                output.status.success(),
                "{guard:?} {files:?} {variables:?}: {}",
                told(&output)
            );
        }
        // Those of another host are not shown to this one.
        let others = lock_with(
            &dir,
            &[(".docker/config.json", auths("other.example", &auth))],
            &[],
        );
        assert_eq!(others.status.code(), Some(3), "{}", told(&others));
        let broken = lock_with(
            &dir,
            &[(".docker/config.json", "{\"auths\": secret".to_owned())],
            &[],
        );
        assert!(
            told(&broken).contains("config.json is not a valid file of credentials")
                && !told(&broken).contains("secret"),
            "{}",
            told(&broken)
        );
    }
}

#[test]
fn an_identity_token_buys_a_token() {
    let (world, dir) = guarded(Guard::Token);
    let config = format!(
        r#"{{"auths":{{"{}":{{"identitytoken":"identity"}}}}}}"#,
        world.host()
    );
    let output = lock_with(&dir, &[(".docker/config.json", config)], &[]);
    assert!(output.status.success(), "{}", told(&output));
}

#[cfg(unix)]
#[test]
fn credential_helpers_are_asked() {
    use std::os::unix::fs::PermissionsExt as _;
    let (world, dir) = guarded(Guard::Token);
    let host = world.host();
    let helper = |name: &str, script: &str| {
        let path = dir.0.join("bin").join(format!("docker-credential-{name}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    helper(
        "good",
        &format!(
            "read server; [ \"$1 $server\" = 'get {host}' ] && echo '{{\"Username\":\"user\",\"Secret\":\"secret\"}}'"
        ),
    );
    helper(
        "token",
        "echo '{\"Username\":\"<token>\",\"Secret\":\"identity\"}'",
    );
    helper(
        "none",
        "echo 'credentials not found in native keychain'; exit 1",
    );
    helper("broken", "echo 'the keychain is locked' >&2; exit 3");
    let path = format!(
        "{}:{}",
        dir.0.join("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let auths = format!(r#""auths":{{"{host}":{{"auth":"{AUTH}"}}}}"#);
    for (config, code, words) in [
        (format!(r#"{{"credHelpers":{{"{host}":"good"}}}}"#), 0, ""),
        (r#"{"credsStore":"good"}"#.to_owned(), 0, ""),
        (
            format!(r#"{{"credsStore":"token","auths":{{"{host}":{{}}}}}}"#),
            0,
            "",
        ),
        // An entry with content wins over the store, a helper of the host over both.
        (format!(r#"{{"credsStore":"broken",{auths}}}"#), 0, ""),
        (
            format!(r#"{{"credHelpers":{{"{host}":"broken"}},{auths}}}"#),
            3,
            "docker-credential-broken: it failed (exit status: 3): the keychain is locked",
        ),
        (r#"{"credsStore":"none"}"#.to_owned(), 3, "docker login"),
        (
            r#"{"credsStore":"absent"}"#.to_owned(),
            3,
            "docker-credential-absent",
        ),
        (
            r#"{"credsStore":"../good"}"#.to_owned(),
            3,
            "is not a valid name of a credential helper",
        ),
    ] {
        let output = lock_with(
            &dir,
            &[(".docker/config.json", config.clone())],
            &[("PATH", path.clone())],
        );
        let stderr = told(&output);
        assert_eq!(output.status.code(), Some(code), "{config}: {stderr}");
        assert!(stderr.contains(words), "{config}: {stderr}");
        assert!(!stderr.contains("secret"), "{config}: {stderr}");
    }
}

#[test]
fn a_mirror_is_asked_first_and_passed_over_when_it_fails() {
    let (mirror, registry, dir) = (World::start(), World::start(), Dir::new());
    let (name, port) = (registry.host(), mirror.port);
    let there = mirror.image("library/x", "1", "x", "");
    dir.write("Dockerfile", "FROM x:1\n");
    let flag = format!("docker.io=http://127.0.0.1:{port}");
    let (exit, stderr) = dir.run(&["lock", "--mirror", &flag]);
    assert_eq!(exit, 0, "{stderr}");
    let lock = dir.read("Dockerfile.lock");
    assert!(
        lock.contains("ref = \"docker.io/library/x:1\"") && lock.contains(&there),
        "{lock}"
    );
    // What the mirror does not have comes from the registry.
    registry.image("only", "1", "only", "");
    dir.write("Dockerfile", &format!("FROM {name}/only:1\n"));
    let flag = format!("{name}=http://127.0.0.1:{port}");
    mirror.requests();
    let (exit, stderr) = dir.run(&["lock", "--mirror", &flag]);
    assert_eq!(exit, 0, "{stderr}");
    assert_eq!(mirror.requests(), ["GET /v2/only/manifests/1"]);
    for flag in [
        "docker.io=http://u:p@mirror",
        "docker.io=ftp://mirror",
        "docker.io",
    ] {
        let (exit, stderr) = dir.run(&["lock", "--update", "--mirror", flag]);
        assert!(
            exit > 0 || flag.starts_with("docker.io="),
            "{flag}: {stderr}"
        );
        assert!(!stderr.contains("u:p"), "{flag}: {stderr}");
    }
}

#[test]
fn an_authority_of_ones_own_is_trusted_when_told() {
    let (world, dir) = (World::start_tls(), Dir::new());
    let mirror = format!("reg.test=https://127.0.0.1:{}", world.port);
    world.image("x", "1", "x", "");
    dir.write("Dockerfile", "FROM reg.test/x:1\n");
    // The name of the registry leads nowhere: only the mirror can answer.
    let arguments = ["lock", "--mirror", &mirror];
    let (exit, _) = dir.run(&[&arguments[..], &["--timeout", "2"]].concat());
    assert_eq!(exit, 3, "nobody is trusted unasked");
    let certificate = testdata("tls/cert.pem");
    let with_flag = [&arguments[..], &["--ca", certificate.to_str().unwrap()]].concat();
    let (exit, stderr) = dir.run(&with_flag);
    assert_eq!(exit, 0, "{stderr}");
    let output = dir
        .command(&[&arguments[..], &["--update"]].concat())
        .env("SSL_CERT_FILE", &certificate)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    let (exit, stderr) = dir.run(&["lock", "--update", "--ca", "Dockerfile"]);
    assert!(exit == 2 && stderr.contains("certificate"), "{stderr}");
}

#[test]
fn proxies_of_the_environment_are_used() {
    let (proxy, dir) = (World::start(), Dir::new());
    proxy.image("x", "1", "x", "");
    proxy.put("/file", "text/plain", b"file");
    proxy.git_ref("refs/heads/main", &super::hash('a'), None);
    dir.write(
        "Dockerfile",
        "FROM reg.test/x:1\nADD http://files.test/file /f\nADD http://git.test/r.git#main /r\n",
    );
    let run = |variable: &str| {
        let url = format!("http://{}", proxy.host());
        dir.command(&["lock", "--update", "--plain-http", "reg.test"])
            .env(variable, url)
            .env("NO_PROXY", "other.test")
            .output()
            .unwrap()
    };
    for variable in ["http_proxy", "all_proxy"] {
        let output = run(variable);
        assert!(output.status.success(), "{variable}: {}", told(&output));
        let requests = proxy.requests();
        for start in [
            "GET http://reg.test/v2/x/manifests/1",
            "GET http://files.test/file",
            "POST http://git.test/r.git/git-upload-pack",
        ] {
            assert!(
                requests.iter().any(|request| request.starts_with(start)),
                "{start}: {requests:?}"
            );
        }
    }
}

/// Names that lead nowhere from here: only the proxy finds the host, and sees nothing but tunnels to it.
#[test]
fn a_proxy_opens_tunnels_to_what_is_behind_tls() {
    let (world, dir) = (World::start_tls(), Dir::new());
    let proxy = Tunnels::start(world.port, "Basic dXNlcjpzZWNyZXQ=");
    world.image("x", "1", "x", "");
    world.put("/file", "text/plain", b"file");
    world.git_ref("refs/heads/main", &super::hash('a'), None);
    dir.write(
        "Dockerfile",
        "FROM reg.test/x:1\nADD https://reg.test/file /f\nADD https://reg.test/r.git#main /r\n",
    );
    let certificate = testdata("tls/cert.pem");
    let run = |variable: &str, user: &str| {
        let url = format!("http://{user}@127.0.0.1:{}", proxy.port);
        let arguments = ["lock", "--update", "--ca", certificate.to_str().unwrap()];
        let mut command = dir.command(&arguments);
        command.env(variable, url).output().unwrap()
    };
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        let output = run(variable, "user:secret");
        assert!(output.status.success(), "{variable}: {}", told(&output));
        let asked = proxy.asked();
        assert!(
            !asked.is_empty()
                && asked
                    .iter()
                    .all(|line| line == "CONNECT reg.test:443 HTTP/1.1"),
            "{variable}: {asked:?}"
        );
        let requests = world.requests();
        for start in [
            "GET /v2/x/manifests/1",
            "GET /file",
            "POST /r.git/git-upload-pack",
        ] {
            assert!(
                requests.iter().any(|request| request.starts_with(start)),
                "{variable}: {start}: {requests:?}"
            );
        }
    }
    let lock = dir.read("Dockerfile.lock");
    let output = run("HTTPS_PROXY", "user:hunter2");
    assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    assert!(!told(&output).contains("hunter2"), "{}", told(&output));
    assert_eq!(world.requests(), [""; 0], "no tunnel was opened");
    assert_eq!(dir.read("Dockerfile.lock"), lock);
}

#[test]
fn several_files_share_their_answers() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    world.image("shared", "1", "shared", "");
    world.image("own", "1", "own", "");
    std::fs::create_dir_all(dir.0.join("app")).unwrap();
    dir.write("app/Dockerfile", &format!("FROM {host}/shared:1\n"));
    dir.write(
        "Dockerfile.web",
        &format!("FROM {host}/shared:1\nCOPY --from={host}/own:1 / /\n"),
    );
    // A directory stands for the Dockerfile in it.
    let (exit, stderr) = dir.run(&["lock", "app", "Dockerfile.web"]);
    assert_eq!(exit, 0, "{stderr}");
    assert!(
        stderr.contains("app/Dockerfile.lock: 1 source locked")
            && stderr.contains("Dockerfile.web.lock: 2 sources locked"),
        "{stderr}"
    );
    assert!(
        !stderr.contains(['\x1b', '\r']),
        "no progress without a terminal: {stderr:?}"
    );
    let asked = world.requests();
    let twice = asked
        .iter()
        .filter(|request| request.ends_with("/shared/manifests/1"))
        .count();
    assert_eq!(twice, 1, "{asked:?}");
    let (exit, stderr) = dir.run(&["lock", "--check", "app", "Dockerfile.web", "missing"]);
    assert!(
        exit == 2 && stderr.contains("no such file: `missing`"),
        "{stderr}"
    );
    let (exit, stderr) = dir.run(&["lock", "--verbose", "app", "Dockerfile.web"]);
    assert!(
        exit == 0 && stderr.matches("= ").count() == 3 && stderr.contains("unchanged"),
        "{stderr}"
    );
    let (exit, stderr) = dir.run(&["lock", "--quiet", "app", "Dockerfile.web"]);
    assert_eq!((exit, stderr.as_str()), (0, ""));
    let output = dir.rdf(&["lock", "--update", "--format", "json", "app"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let nothing = serde_json::json!({ "version": 1, "findings": [], "changes": [], "pins": [] });
    assert_eq!(told, nothing);
}

#[test]
fn the_examples_of_the_help_are_commands() {
    let dir = Dir::new();
    let output = dir.rdf(&["lock", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    let examples: Vec<&str> = help
        .lines()
        .filter_map(|line| line.strip_prefix("  rdf lock"))
        .map(|line| line.split("  ").next().unwrap_or_default())
        .collect();
    assert!(examples.len() >= 8, "{help}");
    for example in examples {
        let words: Vec<&str> = example.split_whitespace().collect();
        let (_, stderr) = dir.run(&[&["lock"], words.as_slice()].concat());
        // There is nothing to lock here, which is another thing than a flag that there is not.
        assert!(!stderr.contains("Usage:"), "{example}: {stderr}");
    }
    for heading in ["Exit codes", "Actions:", "Network:", "What to lock for:"] {
        assert!(help.contains(heading), "{help}");
    }
}

/// Not by the clock: how many were asked at the same time.
#[test]
fn many_are_asked_at_once_and_no_more_than_allowed() {
    let (world, dir) = (World::start(), Dir::new());
    let host = world.host();
    let names: Vec<String> = (0..100).map(|n| format!("x{n}")).collect();
    let froms = names.iter().map(|name| {
        world.image(name, "1", name, "");
        format!("COPY --from={host}/{name}:1 / /\n")
    });
    let froms: String = froms.collect();
    dir.write("Dockerfile", &format!("FROM scratch\n{froms}"));
    // Long enough for a busy machine to ask that many in the time of one answer.
    world.set_latency(std::time::Duration::from_millis(250));
    for (jobs, names, least, most) in [("64", 100, 32, 64), ("4", 12, 2, 4), ("1", 2, 1, 1)] {
        world.take_peak();
        let text: Vec<&str> = froms.lines().take(names).collect();
        dir.write(
            "Dockerfile",
            &format!("FROM scratch\n{}\n", text.join("\n")),
        );
        let (exit, stderr) = dir.run(&["lock", "--update", "--jobs", jobs]);
        assert_eq!(exit, 0, "{stderr}");
        let peak = world.take_peak();
        assert!(
            (least..=most).contains(&peak),
            "--jobs {jobs}: {peak} at once"
        );
    }
    let (exit, stderr) = dir.run(&["lock", "--jobs", "0"]);
    assert!(exit == 2 && stderr.contains("--jobs"), "{stderr}");
}
