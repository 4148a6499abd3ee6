//! Where a build gets its files from: git, http, stdin; and Dockerfiles that come from elsewhere.

use crate::build::Build;
use crate::engine::{Feature, engine, unique};
use crate::project::{Project, with_syntax};
use crate::served::{LAST_MODIFIED, Repository, Server, archive};

/// A Dockerfile that keeps what matters of its context.
const KEEP: &str = "FROM scratch\nCOPY . /\nLABEL made=@NONCE@\n";

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_git_repository() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let fill = Project::empty();
    let dockerfile = fill.fill(&with_syntax(KEEP));
    let repository = Repository::new(&[
        ("Dockerfile", &dockerfile),
        ("a", "main"),
        ("sub/Dockerfile", &dockerfile),
        ("sub/b", "sub"),
    ]);
    repository.git(&["checkout", "-q", "-b", "other"]);
    repository.commit(&[
        ("a", "other"),
        (".dockerignore", "ignored"),
        ("ignored", "is not"),
    ]);
    repository.git(&["tag", "v1"]);
    let server = repository.serve("repo.git");
    let url = |rest: &str| server.url(&format!("/git/repo.git{rest}"));

    let files = Build::context(&url("#main")).files();
    assert_eq!(files.read("a"), "main");
    assert_eq!(
        files.names(),
        ["Dockerfile", "a", "sub/Dockerfile", "sub/b"]
    );
    let files = Build::context(&url("#v1")).files();
    assert_eq!(files.read("a"), "other");
    assert!(
        files.join("ignored").exists(),
        "ignore files say nothing about remote contexts"
    );
    let files = Build::context(&url("#main:sub")).files();
    assert_eq!(files.names(), ["Dockerfile", "b"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_git_repository_with_a_query() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let fill = Project::empty();
    let dockerfile = fill.fill(&with_syntax(KEEP));
    let repository = Repository::new(&[("sub/Dockerfile", &dockerfile), ("sub/b", "first")]);
    let commit = repository.git(&["rev-parse", "HEAD"]);
    repository.commit(&[("sub/b", "second")]);
    let server = repository.serve("repo.git");
    // The built-in frontend of this engine is older than the query form, so the frontend is named by the client.
    let build = |query: &str| {
        Build::context(&server.url(&format!("/git/repo.git?{query}"))).args([
            "--build-arg",
            &format!("BUILDKIT_SYNTAX={}", engine().frontend),
        ])
    };
    assert_eq!(build("branch=main&subdir=sub").files().read("b"), "second");
    let files = build(&format!(
        "ref=main&subdir=sub&keep-git-dir=true&checksum={}",
        "0".repeat(40)
    ))
    .fails();
    files.says("expected checksum to match");
    assert_eq!(
        build(&format!("ref={commit}&subdir=sub")).files().read("b"),
        "first"
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_archive_over_http() {
    let project = Project::new(KEEP).file("a", "over http");
    let server = Server::of_files([
        ("/plain.tar", archive(&project.folder, &[])),
        ("/packed.tar.gz", archive(&project.folder, &["-z"])),
        ("/packed.tar.xz", archive(&project.folder, &["-J"])),
    ]);
    for name in ["/plain.tar", "/packed.tar.gz", "/packed.tar.xz"] {
        let files = Build::context(&server.url(name)).files();
        assert_eq!(files.names(), ["Dockerfile", "a"], "{name}");
        assert_eq!(files.read("a"), "over http");
        assert!(
            server
                .requests()
                .iter()
                .any(|request| request.ends_with(name)),
            "{:?}",
            server.requests()
        );
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_dockerfile_over_http_is_the_whole_context() {
    let project = Project::empty();
    let dockerfile = project.fill(&with_syntax("FROM @REGISTRY@/busybox AS build\nRUN echo @NONCE@ >/a\nFROM scratch\nCOPY --from=build /a /\n"));
    let server = Server::of_files([("/Dockerfile", dockerfile.into_bytes())]);
    let files = Build::context(&server.url("/Dockerfile")).files();
    assert_eq!(files.read("a"), format!("{}\n", project.nonce));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_remote_dockerfile_with_a_local_context() {
    let project = Project::empty().file("a", "local");
    let server = Server::of_files([(
        "/dir/Far.Dockerfile",
        project.fill(&with_syntax(KEEP)).into_bytes(),
    )]);
    let files = Build::of(&project)
        .args(["-f", &server.url("/dir/Far.Dockerfile")])
        .files();
    assert_eq!(files.names(), ["a"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_tarball_on_stdin() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::new(KEEP)
        .file("a", "on stdin")
        .file("dir/Other", &with_syntax("FROM scratch\nCOPY a /other\n"));
    for options in [&[][..], &["-z"]] {
        let tar = archive(&project.folder, options);
        let files = Build::context("-").stdin(tar.clone()).files();
        assert_eq!(files.names(), ["Dockerfile", "a", "dir/Other"]);
        let files = Build::context("-")
            .args(["-f", "dir/Other"])
            .stdin(tar)
            .files();
        assert_eq!(files.names(), ["other"]);
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_dockerfile_on_stdin_without_a_context() {
    let project = Project::empty();
    let dockerfile = with_syntax(
        "FROM @REGISTRY@/busybox AS build\nRUN echo @NONCE@ >/a\nFROM scratch\nCOPY --from=build /a /\n",
    );
    let files = Build::context("-").stdin(project.fill(&dockerfile)).files();
    assert_eq!(files.read("a"), format!("{}\n", project.nonce));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_context_without_a_dockerfile_says_so() {
    let project = Project::empty().file("Dockerfile.old", "FROM scratch\n");
    let server = Server::of_files([("/c.tar", archive(&project.folder, &[]))]);
    let ours = format!("BUILDKIT_SYNTAX={}", engine().frontend);
    for context in [project.path(), server.url("/c.tar")] {
        // The client may find out by itself, before any frontend is asked.
        let build = Build::context(&context).by_any_frontend();
        let said = build.args(["--build-arg", &ours]).fails();
        said.says("no such file or directory").says("Dockerfile");
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn files_of_the_network_are_added() {
    let archived = Project::empty().file("in/side", "in the archive");
    let repository = Repository::new(&[("readme", "of the repository"), ("dir/x", "x")]);
    let commit = repository.git(&["rev-parse", "HEAD"]);
    let git = repository.serve("tool.git");
    let word = unique();
    let server = Server::of_files([
        ("/file.txt", word.clone().into_bytes()),
        ("/in.tar.gz", archive(&archived.folder, &["-z"])),
    ]);
    let sum = crate::process::Program::new("sha256sum")
        .stdin(word.clone())
        .ok()
        .text();
    let project = Project::new(&format!(
        r#"
FROM @REGISTRY@/busybox AS build
ARG AT=http://{at}
ADD $AT/file.txt /plain/
ADD --checksum=sha256:{sum} --chmod=640 $AT/file.txt /checked
ADD --unpack=true $AT/in.tar.gz /unpacked/
ADD $AT/in.tar.gz /packed/
ADD http://{git}/git/tool.git#main /tool
ADD --keep-git-dir=true --checksum={commit} http://{git}/git/tool.git#main:dir /dir
RUN stat -c '%Y %a' /plain/file.txt /checked >/stat; : @NONCE@
FROM scratch
COPY --from=build /plain /unpacked /packed /
COPY --from=build /tool /tool
COPY --from=build /dir /dir
COPY --from=build /stat /
"#,
        at = server.address,
        git = git.address,
        sum = sum.split(' ').next().unwrap_or_default(),
    ));
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let files = Build::of(&project).files();
    assert_eq!(files.read("file.txt"), word);
    assert_eq!(files.read("in/side"), "in the archive");
    assert!(files.join("in.tar.gz").exists());
    assert_eq!(files.read("tool/readme"), "of the repository");
    assert!(!files.join("tool/.git").exists());
    assert_eq!(files.read("dir/x"), "x");
    assert_eq!(
        files.read("stat"),
        format!("{0} 600\n{0} 640\n", LAST_MODIFIED.1)
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_wrong_checksum_is_refused() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let server = Server::of_files([("/file.txt", unique().into_bytes())]);
    let sum = "0".repeat(64);
    let project = Project::new(&format!(
        "FROM scratch\nADD --checksum=sha256:{sum} {} /\n",
        server.url("/file.txt")
    ));
    Build::of(&project)
        .fails()
        .says("digest mismatch")
        .says(&format!("[1/1] ADD --checksum=sha256:{sum}"));
}
