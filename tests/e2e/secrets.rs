//! `--secret` and `--ssh`: given to one step, left in no layer.

use std::fs;

use crate::build::Build;
use crate::engine::{Feature, engine, skipped};
use crate::process::Program;
use crate::project::{Folder, Project};

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_secret_from_a_file_is_a_file() {
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
RUN --mount=type=secret,id=token,required=true \
    sha1sum </run/secrets/token >/sum && stat -c '%a %u' /run/secrets/token >>/sum; : @NONCE@
RUN --mount=type=secret,id=token,target=/elsewhere/t,mode=0440,uid=1000 stat -c '%a %u' /elsewhere/t >>/sum
RUN --mount=type=secret,id=not-given test ! -e /run/secrets/not-given
RUN ls -A /run/secrets 2>/dev/null | wc -l >>/sum
FROM scratch
COPY --from=build /sum /
"#,
    );
    let secrets = Folder::new();
    let file = secrets.write("token", "swordfish");
    let files = Build::of(&project)
        .args(["--secret", &format!("id=token,src={}", file.display())])
        .files();
    let sum = Program::new("sha1sum").arg(file).ok().text();
    let sum = sum.split(' ').next().unwrap_or_default().to_owned();
    assert_eq!(files.read("sum"), format!("{sum}  -\n400 0\n440 1000\n0\n"));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_secret_that_is_required_and_not_given_fails() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project = Project::new(
        "FROM @REGISTRY@/busybox\nRUN --mount=type=secret,id=token,required : @NONCE@\n",
    );
    Build::of(&project)
        .fails()
        .says("secret token: not found")
        .says("   3 | >>> RUN --mount");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_secret_is_an_environment_variable() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
RUN --mount=type=secret,id=token,env=TOKEN \
    --mount=type=secret,id=both,env=BOTH,target=/both \
    echo "$TOKEN" | rev >/reversed && echo "$BOTH" | cmp - /both 2>/dev/null; wc -c </both >>/reversed; : @NONCE@
RUN env >/env
FROM scratch
COPY --from=build /reversed /env /
"#,
    );
    let files = Build::of(&project)
        .args([
            "--secret",
            "id=token,env=E2E_TOKEN",
            "--secret",
            "id=both,env=E2E_BOTH",
        ])
        .env("E2E_TOKEN", "abcdef")
        .env("E2E_BOTH", "1234")
        .files();
    assert_eq!(files.read("reversed"), "fedcba\n4\n");
    assert!(
        !files.read("env").contains("TOKEN"),
        "{}",
        files.read("env")
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_ssh_agent_answers_inside_a_step() {
    let folder = Folder::new();
    let Some(agent) = Agent::start(&folder) else {
        return;
    };
    let project = Project::new(
        r#"
FROM @REGISTRY@/debian:bookworm AS build
RUN --mount=type=ssh,required=true : @NONCE@; echo "$SSH_AUTH_SOCK" >/default; stat -c '%a' "$SSH_AUTH_SOCK" >>/default
RUN --mount=type=ssh <<'EOT' perl
    # asks for the agent's keys: a request is its length and a number
    use IO::Socket::UNIX;
    my $agent = IO::Socket::UNIX->new(Peer => $ENV{SSH_AUTH_SOCK}) or die "no agent: $!";
    $agent->syswrite(pack("NC", 1, 11));
    # the length and the body may come in pieces
    my $answer = "";
    while (length($answer) < 4 || length($answer) < 4 + unpack("N", $answer)) {
        $agent->sysread($answer, 4096, length($answer)) or last;
    }
    open(my $file, ">", "/answer") or die $!;
    print $file $answer;
EOT
RUN --mount=type=ssh,id=other,target=/other.sock,uid=1000 stat -c '%F %u' /other.sock >/other
RUN test -z "$SSH_AUTH_SOCK" && test ! -e /other.sock || test ! -S /other.sock
FROM scratch
COPY --from=build /default /answer /other /
"#,
    );
    let files = Build::of(&project)
        .args(["--ssh", "default", "--ssh", "other"])
        .env("SSH_AUTH_SOCK", &agent.socket)
        .files();
    assert_eq!(files.read("default"), "/run/buildkit/ssh_agent.0\n600\n");
    assert_eq!(files.read("other"), "socket 1000\n");
    let answer = fs::read(files.join("answer")).expect("answer");
    // SSH_AGENT_IDENTITIES_ANSWER, one key, whose comment is at the end.
    assert!(
        answer.get(4..9) == Some(&[12, 0, 0, 0, 1]) && answer.ends_with(b"e2e-key"),
        "{answer:?}"
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_ssh_agent_that_is_required_and_not_given_fails() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project =
        Project::new("FROM @REGISTRY@/busybox\nRUN --mount=type=ssh,required : @NONCE@\n");
    Build::of(&project)
        .fails()
        .says("unset ssh forward key default")
        .says("   3 | >>> RUN --mount=type=ssh");
}

/// An agent with one key, whose comment is `e2e-key`; ended with the test.
struct Agent {
    socket: String,
    pid: String,
}

impl Agent {
    fn start(folder: &Folder) -> Option<Self> {
        let have = Program::new("sh")
            .args([
                "-c",
                "for one in ssh-agent ssh-add ssh-keygen; do command -v $one; done",
            ])
            .run();
        if have.text().lines().count() < 3 {
            skipped("this machine has no ssh-agent");
            return None;
        }
        let (socket, key) = (
            folder.join("agent").display().to_string(),
            folder.join("key"),
        );
        // It goes to the background by itself, and says its number.
        let said = Program::new("ssh-agent")
            .args(["-s", "-a", &socket])
            .ok()
            .text();
        let pid = said
            .split("SSH_AGENT_PID=")
            .nth(1)
            .and_then(|rest| rest.split(';').next())
            .expect("pid")
            .to_owned();
        let agent = Self { socket, pid };
        Program::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "e2e-key", "-f"])
            .arg(&key)
            .ok();
        Program::new("ssh-add")
            .arg("-q")
            .arg(&key)
            .env("SSH_AUTH_SOCK", &agent.socket)
            .ok();
        Some(agent)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        Program::new("kill").arg(&self.pid).run();
    }
}
