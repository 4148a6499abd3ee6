//! What a build may only do when the person allows it.

use crate::build::Build;
use crate::engine::{Feature, engine, unique};
use crate::project::Project;
use crate::served::Server;

/// Capabilities of a step, as the kernel shows them; the one that a sandboxed step never has is 21, CAP_SYS_ADMIN.
fn has_sys_admin(capabilities: &str) -> bool {
    u64::from_str_radix(capabilities.trim(), 16).is_ok_and(|bits| bits & (1 << 21) != 0)
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_hosts_network_when_allowed() {
    let word = unique();
    let server = Server::of_files([("/word", word.clone().into_bytes())]);
    let project = Project::new(&format!(
        "FROM @REGISTRY@/busybox AS build\nRUN --network=host wget -q -O /word {}\nFROM scratch\nCOPY --from=build /word /\n",
        server.url("/word")
    ));
    let files = Build::of(&project).arg("--allow=network.host").files();
    assert_eq!(files.read("word"), word);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_hosts_network_when_not_allowed() {
    let project = Project::new("FROM @REGISTRY@/busybox\nRUN --network=host : @NONCE@\n");
    Build::of(&project)
        .fails()
        .says("network.host is not allowed");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_hosts_network_for_every_step() {
    let word = unique();
    let server = Server::of_files([("/word", word.clone().into_bytes())]);
    let project = Project::new(&format!(
        "FROM @REGISTRY@/busybox AS build\nRUN wget -q -O /word {}\nRUN --network=none ip -o link show | wc -l >/links\nFROM scratch\nCOPY --from=build /word /links /\n",
        server.url("/word")
    ));
    // The client allows itself what it is asked for here.
    let files = Build::of(&project)
        .args(["--network=host", "--allow=network.host"])
        .files();
    assert_eq!(files.read("word"), word);
    assert_eq!(files.read("links"), "1\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn no_network_for_any_step() {
    let project = Project::new(
        "FROM @REGISTRY@/busybox AS build\nRUN ip -o link show | wc -l >/links; : @NONCE@\nFROM scratch\nCOPY --from=build /links /\n",
    );
    let files = Build::of(&project).arg("--network=none").files();
    assert_eq!(files.read("links"), "1\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_insecure_step_when_allowed() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
RUN --security=insecure sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status >/insecure; : @NONCE@
RUN --security=sandbox sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status >/sandbox; : @NONCE@
FROM scratch
COPY --from=build /insecure /sandbox /
"#,
    );
    let files = Build::of(&project).arg("--allow=security.insecure").files();
    assert!(
        has_sys_admin(&files.read("insecure")),
        "{}",
        files.read("insecure")
    );
    assert!(
        !has_sys_admin(&files.read("sandbox")),
        "{}",
        files.read("sandbox")
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_insecure_step_when_not_allowed() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::new("FROM @REGISTRY@/busybox\nRUN --security=insecure : @NONCE@\n");
    Build::of(&project)
        .fails()
        .says("security.insecure is not allowed");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn limits_and_hosts_of_the_client() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
RUN grep made-up.example /etc/hosts >/hosts && ulimit -n >/files && df -k /dev/shm | tail -n 1 | awk '{print $2}' >/shm; : @NONCE@
FROM scratch
COPY --from=build /hosts /files /shm /
"#,
    );
    let files = Build::of(&project)
        .args([
            "--add-host=made-up.example:192.0.2.7",
            "--ulimit=nofile=1234:2345",
            "--shm-size=32m",
        ])
        .files();
    assert_eq!(
        files.read("hosts").split_whitespace().collect::<Vec<_>>(),
        ["192.0.2.7", "made-up.example"]
    );
    assert_eq!(files.read("files"), "1234\n");
    assert_eq!(files.read("shm"), "32768\n");
}
