//! Locks that cannot be read.

use super::checks::{check, sources};
use super::{Case, case, run};
use crate::lock::Dir;
use crate::lock::world::World;

/// A directory in git with a lock in its first commit.
fn committed(dir: &Dir, world: &World) {
    sources(world);
    dir.write(
        "Dockerfile",
        &format!("FROM {}/app:1\nRUN true\n", world.host()),
    );
    let commands = "git init -q -b main . && git config user.email a@b && git config user.name a && git config \
        commit.gpgsign false && rdf lock --platform linux/amd64 && git add . && git commit -qm first";
    run(dir, commands).unwrap();
}

pub(super) fn all(follow: &mut impl FnMut(&[Case<'_>])) {
    let plain = &|dir: &Dir, _: &World| check(dir, &[]);
    let broken = |text: &'static str| {
        move |dir: &Dir, world: &World| {
            committed(dir, world);
            dir.write("Dockerfile.lock", text);
        }
    };
    follow(&[
        case("emptied", "lock-empty", &broken(""), plain),
        case(
            "newer",
            "lock-newer-version",
            &broken("version = 9\n"),
            plain,
        ),
        case(
            "of another tool",
            "lock-other-tool",
            &broken("FROM debian@sha256:aa\n"),
            plain,
        ),
        case(
            "not TOML",
            "lock-malformed",
            &broken("version = 1\nx = \n"),
            plain,
        ),
        case(
            "an unknown key",
            "lock-malformed",
            &broken("version = 1\nx = 1\n"),
            plain,
        ),
        case(
            "in the middle of a merge",
            "lock-merge-conflict",
            &|dir, world| {
                committed(dir, world);
                let file = |tag: &str| format!("FROM {}/app:{tag}\nRUN true\n", world.host());
                run(dir, "git checkout -qb side").unwrap();
                dir.write("Dockerfile", &file("2"));
                run(
                    dir,
                    "rdf lock && git commit -qam side && git checkout -q main",
                )
                .unwrap();
                dir.write(
                    "Dockerfile",
                    &format!("FROM {}/other:1\nRUN true\n", world.host()),
                );
                run(dir, "rdf lock && git commit -qam main && ! git merge side").unwrap();
                dir.write("Dockerfile", &file("1"));
            },
            plain,
        ),
        case(
            "a link that leads out",
            "lock-unreadable",
            &|dir, world| {
                committed(dir, world);
                run(
                    dir,
                    "rm Dockerfile.lock && ln -s /nonexistent Dockerfile.lock",
                )
                .unwrap();
            },
            plain,
        ),
        case(
            "a directory",
            "lock-unreadable",
            &|dir, world| {
                committed(dir, world);
                run(dir, "rm Dockerfile.lock && mkdir Dockerfile.lock").unwrap();
            },
            plain,
        ),
        case(
            "beside what the Dockerfile is a link to",
            "lock-unreadable",
            &|dir, world| {
                committed(dir, world);
                run(dir, "mkdir in && mv Dockerfile Dockerfile.lock in && ln -s in/Dockerfile Dockerfile").unwrap();
            },
            plain,
        ),
        case(
            "of another spelling",
            "lock-unreadable",
            &|dir, world| {
                committed(dir, world);
                run(dir, "mv Dockerfile dockerfile").unwrap();
            },
            &|dir, _| check(dir, &["dockerfile"]),
        ),
    ]);
}
