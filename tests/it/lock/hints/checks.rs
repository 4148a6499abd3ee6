//! Findings of `rdf lock --check`.

use std::collections::BTreeSet;

use dockerfile_llb::image::Platform;
use dockerfile_llb::internals::lock::collect::recorded_steps;
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::{Document, RecordedRun};
use serde_json::Value;

use super::{Case, Told, case, run};
use crate::lock::Dir;
use crate::lock::world::World;

/// `rdf lock --check` with further words.
pub(super) fn check(dir: &Dir, words: &[&str]) -> Vec<Told> {
    let output = dir.rdf(&[&["lock", "--check", "--format", "json"], words].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {said}"));
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let told: Vec<Told> = findings
        .iter()
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            Told {
                code: text("code"),
                subject: text("subject"),
                message: text("message"),
                hint: finding["hints"][0].as_str().unwrap_or_default().to_owned(),
            }
        })
        .collect();
    assert_eq!(told.is_empty(), output.status.code() == Some(0), "{said}");
    told
}

/// Writes a Dockerfile in which `@` is the world, locks it with `words`, and writes another in its place.
fn written(dir: &Dir, world: &World, before: &str, words: &[&str], after: &str) {
    sources(world);
    dir.write(
        "Dockerfile",
        &before.replace("@/", &format!("{}/", world.host())),
    );
    let (exit, said) = dir.run(&[&["lock", "--platform", "linux/amd64"], words].concat());
    assert_eq!(exit, 0, "{said}");
    dir.write(
        "Dockerfile",
        &after.replace("@/", &format!("{}/", world.host())),
    );
}

/// What there is to fetch.
pub(super) fn sources(world: &World) {
    for name in ["app", "other", "scanner"] {
        world.image(name, "1", "", "");
        world.image(name, "2", "2", "");
    }
    world.put("/file", "text/plain", b"first");
    world.put("/file2", "text/plain", b"second");
    let hash = |letter: char| letter.to_string().repeat(40);
    world.git_ref("refs/tags/v1", &hash('a'), None);
    world.git_ref("refs/tags/v2", &hash('b'), None);
}

fn digest_of(bytes: &[u8]) -> String {
    dockerfile_llb::image::Digest::sha256(bytes).to_string()
}

/// Puts a recording of every step into the lock.
fn record(dir: &Dir) {
    let document = Document::new("Dockerfile", dir.read("Dockerfile").into_bytes());
    let mut lock = file::read(dir.read("Dockerfile.lock").as_bytes()).unwrap();
    let programs = BTreeSet::from(["linux/amd64".to_owned()]);
    let host = Platform::new("linux", "amd64");
    let builds = recorded_steps(&document, &lock, &programs, &host);
    let steps = builds.into_iter().flat_map(|build| build.builders);
    let keys = steps.flat_map(|(_, steps)| steps.into_keys());
    let runs = &mut lock.recordings.as_mut().unwrap().runs;
    runs.extend(keys.map(|key| (key, RecordedRun::default())));
    dir.write("Dockerfile.lock", &file::print(&lock));
}

const APP: &str = "FROM @/app:1\nRUN true\n";

/// A hermetic lock, and a step with these flags.
fn hermetic(dir: &Dir, world: &World, flags: &str) {
    let after = format!("FROM @/app:1\nRUN {flags} true\n");
    written(dir, world, &after, &["--mode", "hermetic"], &after);
}

pub(super) fn all(follow: &mut impl FnMut(&[Case<'_>])) {
    let plain = &|dir: &Dir, _: &World| check(dir, &[]);
    let added = |text: &'static str| {
        move |dir: &Dir, world: &World| written(dir, world, APP, &[], &format!("{APP}{text}"))
    };
    follow(&[
        case(
            "no lock",
            "lock-missing",
            &|dir, world| {
                sources(world);
                dir.write(
                    "Dockerfile",
                    &APP.replace("@/", &format!("{}/", world.host())),
                );
            },
            plain,
        ),
        case(
            "an image",
            "lock-missing",
            &added("COPY --from=@/other:1 /a /\n"),
            plain,
        ),
        case(
            "a file",
            "lock-missing",
            &added("ADD http://@/file /\n"),
            plain,
        ),
        case(
            "a repository",
            "lock-missing",
            &added("ADD http://@/r.git#v1 /\n"),
            plain,
        ),
        case(
            "in a directory with a space",
            "lock-missing",
            &|dir, world| {
                sources(world);
                std::fs::create_dir_all(dir.path().join("my dir")).unwrap();
                dir.write(
                    "my dir/Dockerfile",
                    &APP.replace("@/", &format!("{}/", world.host())),
                );
            },
            &|dir, _| check(dir, &["my dir/Dockerfile"]),
        ),
        case(
            "by a target",
            "lock-missing",
            &|dir, world| {
                let text = format!("FROM @/other:1 AS early\nRUN true\n{APP}");
                written(dir, world, &text, &[], &text);
            },
            &|dir, _| check(dir, &["--target", "early"]),
        ),
        case(
            "by an empty target",
            "lock-missing",
            &|dir, world| {
                let text = format!("FROM @/other:1 AS early\nRUN true\n{APP}");
                written(dir, world, &text, &["--target", "early"], &text);
            },
            &|dir, _| check(dir, &["--target", ""]),
        ),
        case(
            "by an argument",
            "lock-missing",
            &|dir, world| {
                let text = "ARG V=1\nFROM @/app:$V\nRUN true\n";
                written(dir, world, text, &[], text);
            },
            &|dir, _| check(dir, &["--build-arg", "V=2"]),
        ),
        case(
            "by a platform",
            "lock-missing-platform",
            &|dir, world| written(dir, world, APP, &[], APP),
            &|dir, _| check(dir, &["--platform", "linux/arm64"]),
        ),
        case(
            "a platform of a lock that was made for none",
            "lock-missing-platform",
            &|dir, world| {
                written(dir, world, APP, &[], APP);
                let lock = dir.read("Dockerfile.lock");
                dir.write(
                    "Dockerfile.lock",
                    &lock.replace("platforms = [\"linux/amd64\"]", "platforms = []"),
                );
            },
            &|dir, _| check(dir, &["--platform", "linux/arm64"]),
        ),
        case(
            "a platform added by hand",
            "lock-missing-platform",
            &|dir, world| {
                written(dir, world, APP, &[], APP);
                let lock = dir.read("Dockerfile.lock");
                dir.write(
                    "Dockerfile.lock",
                    &lock.replace("[\"linux/amd64\"]", "[\"linux/amd64\", \"linux/arm64\"]"),
                );
            },
            plain,
        ),
    ]);
    follow(&[
        case(
            "a digest",
            "lock-contradiction",
            &|dir, world| {
                let old = world.image("app", "1", "old", "");
                written(
                    dir,
                    world,
                    APP,
                    &[],
                    &format!("FROM @/app:1@{old}\nRUN true\n"),
                );
            },
            plain,
        ),
        case(
            "the checksum of a file",
            "lock-contradiction",
            &|dir, world| {
                let text = format!("{APP}ADD http://@/moving /\n");
                world.put("/moving", "text/plain", b"before");
                let checked =
                    text.replace("ADD", &format!("ADD --checksum={}", digest_of(b"after")));
                written(dir, world, &text, &[], &checked);
                world.put("/moving", "text/plain", b"after");
            },
            plain,
        ),
        case(
            "the checksum of a repository",
            "lock-contradiction",
            &|dir, world| {
                let text = format!("{APP}ADD http://@/r.git#moving /\n");
                let (before, after) = ("c".repeat(40), "d".repeat(40));
                world.git_ref("refs/tags/moving", &before, None);
                let checked = text.replace("ADD", &format!("ADD --checksum={after}"));
                written(dir, world, &text, &[], &checked);
                world.git_ref("refs/tags/moving", &after, None);
            },
            plain,
        ),
        Case {
            edit: Some(&|dir, world| {
                dir.write(
                    "Dockerfile",
                    &APP.replace("@/", &format!("{}/", world.host())),
                );
            }),
            ..case(
                "a digest that is taken out",
                "lock-contradiction",
                &|dir, world| {
                    let old = world.image("app", "1", "old", "");
                    written(
                        dir,
                        world,
                        APP,
                        &[],
                        &format!("FROM @/app:1@{old}\nRUN true\n"),
                    );
                },
                plain,
            )
        },
        case(
            "another use",
            "lock-stale",
            &added("COPY --from=@/app:1 /a /\n"),
            plain,
        ),
        case(
            "a checksum that is gone",
            "lock-stale",
            &|dir, world| {
                let text = format!(
                    "{APP}ADD --checksum={} http://@/file /\n",
                    digest_of(b"first")
                );
                written(
                    dir,
                    world,
                    &text,
                    &[],
                    &format!("{APP}ADD http://@/file /\n"),
                );
            },
            plain,
        ),
        case(
            "unused sources",
            "lock-unused",
            &|dir, world| {
                let text = format!(
                    "{APP}COPY --from=@/other:1 /a /\nADD http://@/file /\nADD http://@/r.git#v1 /\n"
                );
                written(dir, world, &text, &[], APP);
            },
            plain,
        ),
        case(
            "a policy of an older lock",
            "lock-export",
            &|dir, world| {
                let text = format!("{APP}ADD http://@/file /\n");
                written(dir, world, APP, &[], &text);
                run(dir, "rdf lock --export rego > Dockerfile.rego && rdf lock").unwrap();
            },
            plain,
        ),
        case(
            "a lock that is off",
            "lock-off",
            &|dir, world| {
                written(dir, world, APP, &["--mode", "off"], APP);
            },
            plain,
        ),
    ]);
    follow(&[
        case(
            "a target that is gone",
            "lock-inputs",
            &|dir, world| {
                let text = format!("FROM @/other:1 AS early\nRUN true\n{APP}");
                written(dir, world, &text, &["--target", "early"], APP);
            },
            plain,
        ),
        case(
            "an argument that was taken into the lock",
            "lock-inputs",
            &|dir, world| {
                let text = "ARG V=1\nFROM @/app:$V\nRUN true\n";
                written(
                    dir,
                    world,
                    text,
                    &["--build-arg", "V=2"],
                    "ARG V=1\nFROM @/app:$V AS s$V\nRUN true\n",
                );
                let lock = dir.read("Dockerfile.lock");
                dir.write("Dockerfile.lock", &lock.replace("V = \"2\"", "V = \"!\""));
                dir.write(
                    "Dockerfile",
                    &text.replace("@/", &format!("{}/", world.host())),
                );
            },
            plain,
        ),
        Case {
            edit: Some(&|dir, world| {
                dir.write(
                    "Dockerfile",
                    &APP.replace("@/", &format!("{}/", world.host())),
                )
            }),
            ..case(
                "a mistake in the Dockerfile",
                "lock-inputs",
                &|dir, world| {
                    written(dir, world, APP, &[], &APP.replace("RUN", "RUM"));
                },
                plain,
            )
        },
        Case {
            fill: &[("app:1=DIR", "app:1=given")],
            ..case(
                "a directory in the place of an image",
                "lock-inputs",
                &|dir, world| {
                    written(dir, world, APP, &[], APP);
                    std::fs::create_dir_all(dir.path().join("given")).unwrap();
                },
                &|dir, world| {
                    check(
                        dir,
                        &["--build-context", &format!("{}/app:1=given", world.host())],
                    )
                },
            )
        },
        case(
            "an image in the place of an image",
            "lock-inputs",
            &|dir, world| written(dir, world, APP, &[], APP),
            &|dir, world| {
                let host = world.host();
                check(
                    dir,
                    &[
                        "--build-context",
                        &format!("{host}/app:1=docker-image://{host}/other:1"),
                    ],
                )
            },
        ),
    ]);
    let by_hand = |flags: &'static str| {
        (
            move |dir: &Dir, world: &World| hermetic(dir, world, flags),
            move |dir: &Dir, world: &World| {
                dir.write(
                    "Dockerfile",
                    &APP.replace("@/", &format!("{}/", world.host())),
                )
            },
        )
    };
    for flags in [
        "--network=host",
        "--network=default",
        "--mount=type=ssh",
        "--security=insecure",
        "--device=vendor.com/gpu=0",
    ] {
        let (make, edit) = by_hand(flags);
        follow(&[Case {
            edit: Some(&edit),
            ..case(flags, "lock-not-hermetic", &make, plain)
        }]);
    }
    follow(&[
        case(
            "a secret",
            "lock-not-hermetic",
            &|dir, world| hermetic(dir, world, "--mount=type=secret,id=npm"),
            plain,
        ),
        case(
            "an argument",
            "lock-not-hermetic",
            &|dir, world| {
                let text = format!("{APP}ARG X\nRUN echo $X\n");
                written(dir, world, &text, &["--mode", "hermetic"], &text);
            },
            &|dir, _| check(dir, &["--build-arg", "X=it's a value"]),
        ),
        case(
            "two arguments",
            "lock-not-hermetic",
            &|dir, world| {
                let text = format!("{APP}ARG X\nARG Y\nRUN echo $X\n");
                written(dir, world, &text, &["--mode", "hermetic"], &text);
            },
            &|dir, _| check(dir, &["--build-arg", "X=1", "--build-arg", "Y=2"]),
        ),
    ]);
    follow(&[Case {
        // A recording is made with an engine, in the end-to-end tests; here its result is put into the lock.
        edit: Some(&|dir, _| record(dir)),
        fill: &[("rdf lock --record", "true rdf lock --record")],
        ..case(
            "a step that is not recorded",
            "lock-unrecorded",
            &|dir, world| {
                hermetic(dir, world, "");
                let program = digest_of(b"program");
                let recording = format!(
                    "\n[recording]\nstore = \"folder\"\nepoch = 0\nrdf-run = {{ \"linux/amd64\" = \"{program}\" }}\n"
                );
                dir.write(
                    "Dockerfile.lock",
                    &(dir.read("Dockerfile.lock") + &recording),
                );
            },
            plain,
        )
    }]);
    // Several at once: the hints are followed one after the other, and nothing is left.
    let dir = Dir::new();
    let world = World::start();
    let text = "ARG V=1\nFROM @/app:$V\nRUN --mount=type=secret,id=a --mount=type=secret,id=b true\nARG X\nRUN echo $X\n";
    written(
        &dir,
        &world,
        text,
        &["--mode", "hermetic"],
        &format!("{text}COPY --from=@/other:1 /a /\n"),
    );
    let ask = || {
        let args = ["--build-arg", "V=2", "--build-arg", "X=1"];
        check(
            &dir,
            &[
                &args[..],
                &["--platform", "linux/amd64,linux/arm64", "--target", ""],
            ]
            .concat(),
        )
    };
    let told = ask();
    assert!(told.len() >= 6, "{told:?}");
    for told in told {
        let way = super::ways(&told.hint)
            .into_iter()
            .next()
            .unwrap_or_default();
        for command in way {
            run(&dir, &command).unwrap();
        }
    }
    assert_eq!(ask().len(), 0, "{:?}", ask());
}
