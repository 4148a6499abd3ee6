//! `buildctl`, BuildKit's own client, and the options that `nerdctl` hands to it. No package of Debian has either, so a
//! `buildctl` is used where `RDF_E2E_BUILDCTL` names one.

use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::{env, io, thread};

use crate::engine::{engine, skipped};
use crate::process::{Program, Said};
use crate::project::{Folder, Project};

/// The client, and the engine's BuildKit as a socket for it, gone with the directory.
struct Buildctl {
    program: String,
    folder: Folder,
}

impl Buildctl {
    fn new() -> Option<Self> {
        let Ok(program) = env::var("RDF_E2E_BUILDCTL") else {
            skipped("RDF_E2E_BUILDCTL names no buildctl");
            return None;
        };
        let folder = Folder::new();
        let listener = UnixListener::bind(folder.join("buildkit.sock")).expect("a socket");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || drop(connect(client)));
            }
        });
        Some(Self { program, folder })
    }

    #[track_caller]
    fn build(&self, args: &[&str]) -> Said {
        let socket = self.folder.join("buildkit.sock").display().to_string();
        Program::new(&self.program)
            .args(["--addr", &format!("unix://{socket}")])
            .args(["build", "--progress=plain"])
            .args(args)
            .run()
    }
}

/// Joins a client to the BuildKit that is in the engine, as buildx reaches it.
fn connect(client: UnixStream) -> io::Result<()> {
    let mut program = Command::new("docker")
        .args(["buildx", "dial-stdio"])
        .stdin(OwnedFd::from(client.try_clone()?))
        .stdout(OwnedFd::from(client))
        .stderr(Stdio::null())
        .spawn()?;
    program.wait().map(drop)
}

const FILE: &str = "
FROM @REGISTRY@/busybox AS base
ARG WORD
RUN --mount=type=secret,id=token,target=/token echo \"$WORD $(cat /token) @NONCE@\" >/made
FROM scratch AS out
COPY --from=base /made /
COPY a /
FROM base AS not-asked-for
RUN exit 1
";

fn check(out: &Folder, project: &Project) {
    assert_eq!(
        out.read("made"),
        format!("given swordfish {}\n", project.nonce)
    );
    assert_eq!(out.read("a"), "a\n");
    assert_eq!(out.names(), ["a", "made"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_gateway_frontend_by_its_name() {
    let Some(buildctl) = Buildctl::new() else {
        return;
    };
    let project = Project::plain(FILE).file("a", "a\n");
    let (out, secrets) = (Folder::new(), Folder::new());
    let secret = secrets.write("token", "swordfish");
    let said = buildctl.build(&[
        "--frontend=gateway.v0",
        &format!("--opt=source={}", engine().frontend),
        "--opt=target=out",
        "--opt=build-arg:WORD=given",
        &format!("--secret=id=token,src={}", secret.display()),
        &format!("--local=context={}", project.path()),
        &format!("--local=dockerfile={}", project.path()),
        &format!("--output=type=local,dest={}", out.path().display()),
    ]);
    said.must_succeed();
    check(&out, &project);
}

/// All that `nerdctl build` knows, in the words it hands to `buildctl`.
#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_options_of_nerdctl() {
    let Some(buildctl) = Buildctl::new() else {
        return;
    };
    let project = Project::new(FILE)
        .file("a", "a\n")
        .file("not", "ignored\n")
        .file("Other.Dockerfile", "FROM scratch\n")
        .file(".dockerignore", "not\n");
    let (out, secrets) = (Folder::new(), Folder::new());
    let secret = secrets.write("token", "swordfish");
    let base = project.fill("--opt=context:base-of-name=docker-image://@REGISTRY@/busybox:other");
    let said = buildctl.build(&[
        "--frontend=dockerfile.v0",
        &format!("--local=context={}", project.path()),
        &format!("--local=dockerfile={}", project.path()),
        "--opt=filename=Dockerfile",
        "--opt=target=out",
        "--opt=platform=linux/amd64",
        "--opt=build-arg:WORD=given",
        "--opt=label:made.by=nerdctl",
        "--opt=no-cache=",
        "--opt=force-network-mode=none",
        "--opt=add-hosts=somewhere=10.1.2.3",
        "--opt=shm-size=1048576",
        "--opt=image-resolve-mode=pull",
        &base,
        &format!("--secret=id=token,src={}", secret.display()),
        &format!("--output=type=local,dest={}", out.path().display()),
    ]);
    said.says(&engine().frontend);
    said.must_succeed();
    check(&out, &project);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_mistake_has_its_place() {
    let Some(buildctl) = Buildctl::new() else {
        return;
    };
    let project = Project::plain("FROM scratch\nCOPPY a /\n");
    let said = buildctl.build(&[
        "--frontend=gateway.v0",
        &format!("--opt=source={}", engine().frontend),
        &format!("--local=context={}", project.path()),
        &format!("--local=dockerfile={}", project.path()),
    ]);
    said.must_fail()
        .says("unknown instruction: COPPY")
        .says("   2 | >>> COPPY a /");
}
