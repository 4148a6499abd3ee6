//! How registries, web servers and git hosts are met: challenges, lists, proxies, TLS, credentials, refusals.

use std::os::unix::fs::PermissionsExt as _;

use super::world::{Fault, Guard, World};
use super::{Dir, testdata};

/// base64 of "user:secret"
const AUTH: &str = "dXNlcjpzZWNyZXQ=";

pub(super) fn auths(key: &str) -> String {
    format!(r#"{{"auths":{{"{key}":{{"auth":"{AUTH}"}}}}}}"#)
}

/// A registry with one image, and a Dockerfile for it.
pub(super) fn one_image() -> (World, Dir) {
    let (world, dir) = (World::start(), Dir::new());
    world.image("x", "1", "x", "");
    dir.write("Dockerfile", &format!("FROM {}/x:1\n", world.host()));
    std::fs::create_dir_all(dir.path().join(".docker")).unwrap();
    (world, dir)
}

fn lock(dir: &Dir, arguments: &[&str]) -> (i32, String) {
    let _ = std::fs::remove_file(dir.path().join("Dockerfile.lock"));
    dir.run(&[&["lock"], arguments].concat())
}

#[test]
fn every_challenge_is_read() {
    for (guard, lines) in [
        (
            Guard::Token,
            "www-authenticate: Basic realm=\"x\", Bearer realm=\"REALM\"\r\n",
        ),
        (
            Guard::Token,
            "www-authenticate: Negotiate, Bearer realm=\"REALM\",service=\"a, b\"\r\n",
        ),
        (
            Guard::Token,
            "www-authenticate: Negotiate\r\nwww-authenticate: Bearer realm=\"REALM\"\r\n",
        ),
        (
            Guard::Token,
            "www-authenticate: Basic realm=\"x\"\r\nwww-authenticate: Bearer realm=\"REALM\"\r\n",
        ),
        (
            Guard::Basic,
            "www-authenticate: Negotiate\r\nwww-authenticate: Basic realm=\"x\"\r\n",
        ),
        (
            Guard::Basic,
            "www-authenticate: Negotiate, NTLM, Basic realm=\"x\", charset=\"UTF-8\"\r\n",
        ),
    ] {
        let (world, dir) = one_image();
        world.set_guard(guard);
        world.set_challenge(lines);
        dir.write(".docker/config.json", &auths(&world.host()));
        let (exit, stderr) = lock(&dir, &[]);
        assert_eq!(exit, 0, "{lines}: {stderr}");
    }
}

#[test]
fn a_list_of_tags_is_whole_or_an_error() {
    let (world, dir) = one_image();
    world.image("x", "2", "two", "");
    assert_eq!(lock(&dir, &[]).0, 0);
    let path = "/v2/x/tags/list";
    let body = br#"{"tags":["1"]}"#;
    let update = || dir.run(&["lock", "--update", "--level", "major"]);
    for (link, words) in [
        (
            format!("<{path}?last=1>; rel=\"next\""),
            "leads back to a page",
        ),
        (
            "<http://other.example/v2/x/tags/list>; rel=\"next\"".to_owned(),
            "another host, other.example",
        ),
        ("<http://[>; rel=\"next\"".to_owned(), "a malformed link"),
    ] {
        world.put_answer(path, 200, &format!("link: {link}\r\n"), body);
        let (exit, stderr) = update();
        assert!(exit == 3 && stderr.contains(words), "{link}: {stderr}");
    }
    // Its own pages are followed, whatever else is linked.
    world.put_answer("/v2/x/tags/more", 200, "", br#"{"tags":["2"]}"#);
    world.put_answer(
        path,
        200,
        "link: </help>; rel=\"help\", <more?n=1>; title=\"a\"; rel=\"next\"\r\n",
        body,
    );
    let (exit, stderr) = update();
    assert_eq!(exit, 0, "{stderr}");
    assert!(
        dir.read("Dockerfile.lock").contains("tag = \"2\""),
        "{stderr}"
    );
}

#[test]
fn this_machine_is_asked_without_a_proxy() {
    let (world, dir) = one_image();
    world.put("/file", "text/plain", b"file");
    dir.write(
        "Dockerfile",
        &format!(
            "FROM {0}/x:1\nFROM localhost:{1}/x:1\nADD http://{0}/file /\n",
            world.host(),
            world.port
        ),
    );
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy"] {
        let output = dir
            .command(&["lock", "--update"])
            .env(variable, "http://127.0.0.1:9")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{variable}: {stderr}");
    }
}

#[test]
fn a_registry_of_this_machine_may_be_behind_tls() {
    let (world, dir) = (World::start_tls(), Dir::new());
    world.image("x", "1", "x", "");
    world.image("y", "1", "y", "");
    let certificate = testdata("tls/cert.pem");
    for host in ["localhost", "127.0.0.1"] {
        let host = format!("{host}:{}", world.port);
        dir.write(
            "Dockerfile",
            &format!("FROM {host}/x:1\nCOPY --from={host}/y:1 / /\n"),
        );
        let (exit, stderr) = lock(&dir, &["--ca", certificate.to_str().unwrap()]);
        assert_eq!(exit, 0, "{stderr}");
        // Whoever is not trusted is not.
        assert_eq!(lock(&dir, &["--timeout", "1"]).0, 3);
    }
}

#[test]
fn a_host_without_port_stands_for_all_its_ports() {
    let (proxy, dir) = (World::start(), Dir::new());
    proxy.image("x", "1", "x", "");
    dir.write("Dockerfile", "FROM reg.test:5000/x:1\n");
    for (flag, exit) in [
        ("reg.test", 0),
        ("reg.test:5000", 0),
        ("http://reg.test:5000/", 0),
        ("reg.test:5001", 3),
    ] {
        let _ = std::fs::remove_file(dir.path().join("Dockerfile.lock"));
        let output = dir
            .command(&["lock", "--timeout", "1", "--plain-http", flag])
            .env("http_proxy", format!("http://{}", proxy.host()))
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{flag}: {stderr}");
    }
}

#[test]
fn keys_of_credentials_have_many_spellings() {
    let (world, dir) = one_image();
    world.set_guard(Guard::Basic);
    let host = world.host();
    for (key, exit) in [
        ("HOST", 0),
        ("HOST/", 0),
        ("HOST/v1", 0),
        ("HOST/v2", 0),
        ("HOST/v2/", 0),
        ("http://HOST", 0),
        ("http://HOST/", 0),
        ("http://HOST/v2/", 0),
        ("https://HOST/v1", 0),
        ("https://HOST/v2", 0),
        ("HOST/x", 0),
        ("HOST/y", 3),
        ("xHOST", 3),
        ("HOST.example", 3),
    ] {
        dir.write(".docker/config.json", &auths(&key.replace("HOST", &host)));
        let (code, stderr) = lock(&dir, &[]);
        assert_eq!(code, exit, "{key}: {stderr}");
    }
}

#[test]
fn credentials_that_can_not_be_had_stop_only_what_needs_them() {
    let (world, dir) = one_image();
    let bin = dir.path().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let asked = dir.path().join("asked");
    for (name, script) in [
        (
            "loud",
            format!(
                "echo asked >> {}; echo 'the keychain is locked' >&2; exit 3",
                asked.display()
            ),
        ),
        ("told", "echo 'no session'; exit 1".to_owned()),
        ("odd", "echo nonsense".to_owned()),
    ] {
        let path = bin.join(format!("docker-credential-{name}"));
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let paths = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let run = || {
        let _ = std::fs::remove_file(dir.path().join("Dockerfile.lock"));
        let mut command = dir.command(&["lock"]);
        let output = command.env("PATH", &paths).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), stderr)
    };
    let store = |name: &str| format!(r#"{{"credsStore":"{name}"}}"#);
    let cases = [
        (
            store("loud"),
            "docker-credential-loud: it failed (exit status: 3): the keychain is locked",
        ),
        (store("told"), "no session"),
        (store("odd"), "its answer is malformed"),
        (store("absent"), "docker-credential-absent"),
        (
            "{\"auths\": [".to_owned(),
            "config.json is not a valid file of credentials",
        ),
        (
            r#"{"auths":{"HOST":{"auth":"!"}}}"#.replace("HOST", &world.host()),
            "cannot read",
        ),
    ];
    // A public image that asks everybody for a token, as Docker Hub does.
    world.put_answer("/token", 200, "", br#"{"token":"opened"}"#);
    for (config, _) in &cases {
        dir.write(".docker/config.json", config);
        let (exit, stderr) = run();
        assert_eq!(exit, 0, "{config}: {stderr}");
    }
    world.set_guard(Guard::Basic);
    let _ = std::fs::remove_file(&asked);
    for (config, words) in &cases {
        dir.write(".docker/config.json", config);
        let (exit, stderr) = run();
        assert!(
            exit == 3 && stderr.contains(words) && stderr.contains("docker login"),
            "{config}: {stderr}"
        );
    }
    assert_eq!(dir.read("asked").lines().count(), 1, "each is asked once");
    // One that does not answer has a limit.
    std::fs::write(
        bin.join("docker-credential-told"),
        "#!/bin/sh\nexec sleep 600\n",
    )
    .unwrap();
    dir.write(".docker/config.json", &store("told"));
    let mut slow = dir.command(&["lock", "--timeout", "1"]);
    let output = slow.env("PATH", &paths).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(3)
            && stderr.contains("docker-credential-told: it did not answer within 2 seconds"),
        "{stderr}"
    );
    std::fs::remove_file(dir.path().join(".docker/config.json")).unwrap();
    std::fs::create_dir_all(dir.path().join(".docker/config.json")).unwrap();
    let (exit, stderr) = run();
    assert!(exit == 3 && stderr.contains("config.json"), "{stderr}");
}

#[test]
fn refusals_are_told_with_their_reasons() {
    let (world, dir) = one_image();
    let host = world.host();
    let body = br#"{"errors":[{"code":"TOOMANYREQUESTS","message":"you have reached your pull rate limit"}]}"#;
    world.put_answer("/v2/x/manifests/1", 429, "retry-after: 3600\r\n", body);
    let (exit, stderr) = lock(&dir, &[]);
    assert_eq!(exit, 3, "{stderr}");
    for words in [
        "reached your pull rate limit",
        "asks to wait 3600 seconds",
        &format!("`{host}/x:1`"),
        "rate-limited",
    ] {
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
    dir.write(
        "Dockerfile",
        &format!("FROM scratch\nADD http://{host}/f /\nADD http://{host}/r.git#v1 /\n"),
    );
    for status in [401, 403] {
        world.fault("/f", Fault::Status(status, ""));
        world.fault("/r.git", Fault::Status(status, ""));
        let (exit, stderr) = lock(&dir, &[]);
        assert_eq!(exit, 3, "{stderr}");
        assert!(!stderr.contains("docker login"), "{stderr}");
        assert!(
            stderr.contains("ADD --checksum=") && stderr.contains("git ls-remote"),
            "{stderr}"
        );
    }
    // The hint leads out.
    dir.write(
        "Dockerfile",
        &format!(
            "FROM scratch\nADD --checksum=sha256:{} http://{host}/f /\n",
            "a".repeat(64)
        ),
    );
    let (exit, stderr) = lock(&dir, &[]);
    assert_eq!(exit, 0, "{stderr}");
}
