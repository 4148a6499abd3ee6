//! Dockerfiles of the shapes that people write, built through the frontend, and their images run.

use crate::build::Build;
use crate::engine::{Feature, engine};
use crate::project::{Project, with_syntax};

#[test]
#[ignore = "needs an engine: scripts/test"]
fn four_independent_stages_are_copied_together() {
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS one
RUN echo "one @NONCE@" >/one
FROM @REGISTRY@/busybox AS two
WORKDIR /made
RUN echo two >two.txt
FROM @REGISTRY@/busybox AS three
COPY poem /poem
RUN wc -l </poem >/lines
FROM scratch AS four
COPY poem /kept/poem
FROM @REGISTRY@/busybox
COPY --from=one /one /
COPY --from=two /made /made/
COPY --from=2 /lines /lines
COPY --from=four /kept /
CMD cat /one /made/two.txt /lines /poem
"#,
    )
    .file("poem", "first\nsecond\n");
    let image = Build::of(&project).image();
    assert_eq!(
        image.run(&[]),
        format!("one {}\ntwo\n2\nfirst\nsecond\n", project.nonce)
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn from_scratch_alone() {
    let project = Project::new("FROM scratch\n");
    let (_image, said) = Build::of(&project).image_and_progress();
    assert!(
        !said.stderr.contains("] FROM"),
        "nothing is pulled: {}",
        said.whole()
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn from_scratch_with_one_file() {
    let project = Project::new("FROM scratch\nCOPY hello.txt /\nLABEL made=@NONCE@\n")
        .file("hello.txt", "@NONCE@");
    let files = Build::of(&project).files();
    assert_eq!(files.names(), ["hello.txt"]);
    assert_eq!(files.read("hello.txt"), project.nonce);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_development_image_with_the_users_ids() {
    let project = Project::new(
        r#"
ARG BASE=@REGISTRY@/busybox
FROM ${BASE}
ARG USER_NAME=dev
ARG USER_ID=1000
ARG GROUP_ID=${USER_ID}
ENV LANG=C.UTF-8 EDITOR="vi -R" \
    HOME=/home/${USER_NAME}
RUN echo "${USER_NAME}:x:${GROUP_ID}:" >>/etc/group && \
    echo "${USER_NAME}:x:${USER_ID}:${GROUP_ID}::$HOME:/bin/sh" >>/etc/passwd && mkdir -p "$HOME" && chown ${USER_ID} "$HOME"
USER ${USER_NAME}
WORKDIR /home/${USER_NAME}/src
COPY --chown=${USER_ID}:${GROUP_ID} --chmod=0750 tool ./bin/
ADD --chown=${USER_NAME} archive.tar ./unpacked/
ADD notes ../notes
RUN id -u >id && id -g >>id && touch "mine-@NONCE@"
CMD ["sh", "-c", "cat id; pwd; echo $HOME; stat -c '%U %a' bin/tool; cat unpacked/inside ../notes; ./bin/tool"]
"#,
    )
    .program("tool", "#!/bin/sh\necho tool by $(whoami) in $EDITOR\n")
    .file("notes", "notes\n")
    .file("packed/inside", "inside\n");
    crate::process::Program::new("tar")
        .args(["-cf", "archive.tar", "-C", "packed", "inside"])
        .dir(project.path())
        .ok();
    let image = Build::of(&project)
        .args([
            "--build-arg",
            "USER_ID=4321",
            "--build-arg",
            "USER_NAME=jane",
        ])
        .image();
    let expected =
        "4321\n4321\n/home/jane/src\n/home/jane\njane 750\ninside\nnotes\ntool by jane in vi -R\n";
    assert_eq!(image.run(&[]), expected);
    assert_eq!(
        image.inspect("{{.Config.User}} {{.Config.WorkingDir}}"),
        "jane /home/jane/src"
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_compiled_program_from_mounts_only() {
    // As Go projects do it: nothing is copied, sources and tools are mounted, a cache outlives the build.
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS tools
RUN printf '#!/bin/sh\ntr a-z A-Z\n' >/compile && chmod +x /compile
FROM @REGISTRY@/busybox AS build
WORKDIR /src
RUN --mount=target=. \
    --mount=type=cache,target=/cache,id=e2e-@NONCE@ \
    --mount=type=bind,from=tools,source=/compile,target=/usr/local/bin/compile \
    --mount=type=tmpfs,target=/scratch \
    echo once >>/cache/runs && compile <main.txt >/scratch/out && cp /scratch/out /program
RUN --mount=type=cache,target=/cache,id=e2e-@NONCE@ echo twice >>/cache/runs && cp /cache/runs /runs
RUN test ! -e main.txt && test ! -e /cache/runs && ls -A /src | wc -l >/left
FROM scratch
COPY --from=build /program /runs /left /
"#,
    )
    .file("main.txt", "hello @NONCE@\n");
    let files = Build::of(&project).files();
    assert_eq!(
        files.read("program"),
        format!("hello {}\n", project.nonce).to_uppercase()
    );
    assert_eq!(files.read("runs"), "once\ntwice\n");
    assert_eq!(files.read("left"), "0\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn run_without_network() {
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
RUN --network=none ip -o link show >/none-@NONCE@ && cp /none-@NONCE@ /none
RUN ip -o link show >/some && : @NONCE@
FROM scratch
COPY --from=build /none /some /
"#,
    );
    let files = Build::of(&project).files();
    assert_eq!(
        files.read("none").lines().count(),
        1,
        "only lo: {}",
        files.read("none")
    );
    assert!(
        files.read("some").lines().count() > 1,
        "lo and another: {}",
        files.read("some")
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn heredocs_in_run_copy_and_add() {
    let project = Project::new(
        r#"
FROM @REGISTRY@/busybox AS build
ARG WHO=world
RUN <<EOT
  echo "plain $WHO" >/plain
  echo @NONCE@ >>/plain
EOT
RUN <<'EOT' cat >/piped
literal $WHO
EOT
RUN <<-EOT
	printf 'tabs off' >/tabs
EOT
RUN <<EOT
#!/bin/awk -f
BEGIN { print "awk " 6*7 >"/awk" }
EOT
COPY --chmod=600 <<first <<"second" /files/
hello $WHO
first
hello $WHO
second
ADD <<EOT /added
added by ${WHO}
EOT
RUN stat -c '%a' /files/first >/mode
FROM scratch
COPY --from=build /plain /piped /tabs /awk /files /added /mode /
"#,
    );
    let files = Build::of(&project)
        .args(["--build-arg", "WHO=jane"])
        .files();
    assert_eq!(
        files.read("plain"),
        format!("plain jane\n{}\n", project.nonce)
    );
    assert_eq!(files.read("piped"), "literal $WHO\n");
    assert_eq!(files.read("tabs"), "tabs off");
    assert_eq!(files.read("awk"), "awk 42\n");
    assert_eq!(files.read("first"), "hello jane\n");
    assert_eq!(files.read("second"), "hello $WHO\n");
    assert_eq!(files.read("added"), "added by jane\n");
    assert_eq!(files.read("mode"), "600\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn dockerfile_on_stdin_with_a_context() {
    let project = Project::empty().file("words", "from the context");
    let dockerfile = project.fill(&with_syntax(
        "FROM scratch\nCOPY words /\nLABEL made=@NONCE@\n",
    ));
    let files = Build::of(&project)
        .args(["-f", "-"])
        .stdin(dockerfile)
        .files();
    assert_eq!(files.read("words"), "from the context");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn dockerfile_of_another_name_with_its_own_ignore_file() {
    let project = Project::empty()
        .file(
            "build/Other.Dockerfile",
            &with_syntax("FROM scratch\nCOPY . /\nLABEL made=@NONCE@\n"),
        )
        .file(
            "build/Other.Dockerfile.dockerignore",
            "**/*.log\n!keep.log\nbuild\n",
        )
        .file(".dockerignore", "a\n")
        .file("a/b.log", "")
        .file("a/b", "b")
        .file("keep.log", "kept");
    let files = Build::of(&project)
        .args(["-f", &format!("{}/build/Other.Dockerfile", project.path())])
        .files();
    assert_eq!(files.names(), [".dockerignore", "a/b", "keep.log"]);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_base_image_of_the_local_registry_keeps_its_settings() {
    let project =
        Project::new("FROM @REGISTRY@/busybox:other\nENV MORE=@NONCE@\nRUN id -un >/tmp/who\n");
    let image = Build::of(&project).image();
    let config = image.inspect("{{json .Config}}");
    let config: serde_json::Value = serde_json::from_str(&config).expect("JSON of the image");
    assert_eq!(config["User"], "app");
    assert_eq!(config["WorkingDir"], "/srv/other");
    assert_eq!(config["Labels"]["base"], "other");
    let env = config["Env"].to_string();
    assert!(
        env.contains("BASE_IMAGE=other") && env.contains(&project.nonce),
        "{env}"
    );
    assert_eq!(image.run(&["cat /tmp/who; pwd"]), "app\n/srv/other\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_base_image_that_does_not_exist_is_shown_in_the_dockerfile() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project = Project::new(
        "FROM @REGISTRY@/busybox AS fine\nRUN true\n\n# no such image\nFROM @REGISTRY@/e2e/absent:@NONCE@\nCOPY --from=fine /bin/sh /\n",
    );
    let said = Build::of(&project).fails();
    let name = format!("{}/e2e/absent:{}", engine().registry, project.nonce);
    said.says("Dockerfile:6")
        .says(&format!("   6 | >>> FROM {name}"))
        .says("   5 |     # no such image");
    said.says(&format!("failed to solve: {name}: "))
        .says(&format!("{name}: not found"));
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_failing_command_is_shown_in_the_dockerfile() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project = Project::new(
        "FROM @REGISTRY@/busybox\nRUN true && \\\n    exit 42 # @NONCE@\nRUN echo never\n",
    );
    let said = Build::of(&project).fails();
    said.says("Dockerfile:3")
        .says("   3 | >>> RUN true && \\")
        .says("   4 | >>>     exit 42")
        .says("exit code: 42");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_misspelt_instruction_is_shown_in_the_dockerfile() {
    if engine().lacks(&[Feature::Modern]) {
        return;
    }
    let project = Project::new("FROM scratch\nCOPPY a b\n");
    let said = Build::of(&project).fails();
    said.says("   3 | >>> COPPY a b");
    said.says("dockerfile parse error on line 3: unknown instruction: COPPY (did you mean COPY?)");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn warnings_reach_the_client() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::new("FROM @REGISTRY@/busybox as one\nENV A b\nRUN : @NONCE@\n");
    let said = Build::of(&project).ok();
    said.says("2 warnings found")
        .says(" - FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 2)");
    said.says(" - LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key value\" format (line 3)");
}
