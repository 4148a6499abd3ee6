//! Findings of builds: the frontend on a daemon in memory, with the files of a directory.

use std::collections::BTreeSet;

use dockerfile_llb::frontend::DockerfileFrontend as Dockerfile;
use dockerfile_llb::gateway::Method;
use dockerfile_llb::internals::lock::file;
use dockerfile_llb::internals::lock::model::pinned_reference;
use dockerfile_llb::internals::pb::gateway::WarnRequest;
use dockerfile_llb::internals::testing::daemon::Messages as _;
use dockerfile_llb::testing::{FakeDaemon, Image};

use super::checks::sources;
use super::{Case, Told, case};
use crate::lock::Dir;
use crate::lock::frontend::CONFIG;
use crate::lock::world::World;

/// A build with these options; `own` is the image of the frontend that runs.
fn built(dir: &Dir, world: &World, options: &[(&str, &str)], own: Option<String>) -> Vec<Told> {
    let daemon = FakeDaemon::new();
    let mut images = BTreeSet::new();
    for name in ["Dockerfile", "Dockerfile.lock"] {
        if let Ok(bytes) = std::fs::read(dir.path().join(name)) {
            if let Ok(lock) = file::read(&bytes) {
                let pins = lock.images.iter();
                images.extend(pins.filter_map(|(key, pin)| {
                    Some((pinned_reference(key, pin)?, pin.digest.clone()))
                }));
            }
            daemon.add_file("local://dockerfile", name, bytes);
        }
    }
    for (reference, digest) in images {
        let image = Image::new(digest, CONFIG);
        daemon.add_image(&reference, image);
    }
    for (key, value) in options {
        daemon.set_opt(
            &key.replace("@/", &format!("{}/", world.host())),
            &value.replace("@/", &format!("{}/", world.host())),
        );
    }
    daemon.set_environment(|environment| environment.frontend = own);
    daemon.set_forward(Dockerfile);
    let outcome = daemon.run(Dockerfile);
    let warnings: Vec<WarnRequest> = daemon.requests(Method::Warn);
    let mut told: Vec<Told> = warnings
        .into_iter()
        .filter(|warning| warning.short.starts_with(b"Dockerfile.lock"))
        .map(|warning| Told {
            code: "warning".to_owned(),
            subject: String::new(),
            message: String::from_utf8(warning.short).unwrap(),
            hint: String::from_utf8(warning.detail.concat()).unwrap(),
        })
        .collect();
    if let Err(error) = outcome {
        told.push(Told {
            code: "error".to_owned(),
            subject: String::new(),
            message: error.message().to_owned(),
            hint: error.message().to_owned(),
        });
    }
    told
}

/// Writes a Dockerfile, locks it, and writes another in its place.
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

const APP: &str = "FROM @/app:1\nRUN true\n";
const HERMETIC: [(&str, &str); 2] = [
    ("build-arg:RDF_LOCK", "hermetic"),
    ("build-arg:SOURCE_DATE_EPOCH", "0"),
];

pub(super) fn all(follow: &mut impl FnMut(&[Case<'_>])) {
    let locked =
        |text: &'static str| move |dir: &Dir, world: &World| written(dir, world, text, &[], text);
    let with = |options: &'static [(&'static str, &'static str)]| {
        move |dir: &Dir, world: &World| built(dir, world, options, None)
    };
    let plain = &with(&[]);
    follow(&[
        case(
            "no lock",
            "error",
            &|dir, world| {
                sources(world);
                dir.write(
                    "Dockerfile",
                    &APP.replace("@/", &format!("{}/", world.host())),
                );
            },
            &with(&[("build-arg:RDF_LOCK", "locked")]),
        ),
        case(
            "several sources",
            "error",
            &|dir, world| {
                let more = format!(
                    "{APP}COPY --from=@/other:1 /a /\nADD http://@/file /\nADD http://@/r.git#v1 /r\n"
                );
                written(dir, world, APP, &[], &more);
            },
            plain,
        ),
        case(
            "an argument",
            "error",
            &locked("ARG V=1\nFROM @/app:$V\nRUN true\n"),
            &with(&[("build-arg:V", "2")]),
        ),
        case(
            "a target",
            "error",
            &locked("FROM @/other:1 AS early\nRUN true\nFROM @/app:1\nRUN true\n"),
            &with(&[("target", "early")]),
        ),
        case(
            "a platform",
            "error",
            &locked(APP),
            &with(&[("platform", "linux/arm64")]),
        ),
        case(
            "two platforms",
            "error",
            &locked(APP),
            &with(&[("platform", "linux/arm64,linux/amd64")]),
        ),
        case(
            "an image in the place of an image",
            "error",
            &locked(APP),
            &with(&[("context:@/app:1", "docker-image://@/other:1")]),
        ),
        Case {
            fill: &[("app:1=DIR", "app:1=.")],
            ..case(
                "a directory in the place of an image",
                "error",
                &locked(APP),
                &with(&[("context:@/app:1", "local:given")]),
            )
        },
        case(
            "a scanner",
            "error",
            &locked(APP),
            &with(&[("attest:sbom", "generator=@/scanner:1")]),
        ),
        case(
            "a changed Dockerfile of another use",
            "error",
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
    ]);
    let hermetic = |more: &'static [(&'static str, &'static str)]| {
        move |dir: &Dir, world: &World| built(dir, world, &[&HERMETIC, more].concat(), None)
    };
    follow(&[
        case(
            "an argument of a hermetic build",
            "error",
            &locked("FROM @/app:1\nARG X\nRUN echo $X\n"),
            &hermetic(&[("build-arg:X", "a b")]),
        ),
        case(
            "a secret of a hermetic build",
            "error",
            &locked("FROM @/app:1\nRUN --mount=type=secret,id=npm true\n"),
            &hermetic(&[]),
        ),
        case(
            "several ways into a hermetic build",
            "error",
            &locked("FROM @/app:1\nARG X\nRUN --mount=type=secret,id=npm true\n"),
            &hermetic(&[("build-arg:X", "1"), ("platform", "linux/arm64")]),
        ),
    ]);
    // The frontend: not in the lock, asked for by an option, moved.
    let syntax = "# syntax=@/frontend:1\nFROM @/app:1\nRUN true\n";
    let started = |dir: &Dir, world: &World, own: Option<String>| {
        built(dir, world, &[("cmdline", "@/frontend:1")], own)
    };
    follow(&[
        case(
            "a frontend that was named later",
            "error",
            &|dir, world| {
                world.image("frontend", "1", "", "");
                written(dir, world, APP, &[], syntax);
            },
            &|dir, world| started(dir, world, None),
        ),
        case(
            "forwarded to a frontend that was named later",
            "error",
            &|dir, world| {
                world.image("frontend", "1", "", "");
                written(dir, world, APP, &[], syntax);
            },
            plain,
        ),
        case(
            "another frontend by an argument",
            "error",
            &|dir, world| {
                world.image("frontend", "1", "", "");
                written(dir, world, syntax, &[], syntax);
            },
            &|dir, world| {
                let options = [
                    ("cmdline", "@/other:1"),
                    ("build-arg:BUILDKIT_SYNTAX", "@/other:1"),
                ];
                built(dir, world, &options, None)
            },
        ),
        case(
            "a frontend that has moved",
            "warning",
            &|dir, world| {
                world.image("frontend", "1", "before", "");
                written(dir, world, syntax, &[], syntax);
                world.image("frontend", "1", "after", "");
            },
            &|dir, world| {
                // What runs is what the tag is now.
                let now = world.image("frontend", "1", "after", "");
                let own = format!("{}/frontend:1@{now}", world.host());
                started(dir, world, Some(own))
            },
        ),
        case(
            "a frontend of another major version",
            "error",
            &|dir, world| {
                world.image("frontend", "7", "before", "");
                let seven = syntax.replace("frontend:1", "frontend:7");
                written(dir, world, &seven, &[], &seven);
            },
            &|dir, world| {
                let now = world.image("frontend", "7", "after", "");
                let own = format!("{}/frontend:7@{now}", world.host());
                built(dir, world, &[("cmdline", "@/frontend:7")], Some(own))
            },
        ),
    ]);
}
