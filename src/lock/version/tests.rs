//! Tags, and where they may go.

use super::*;

const TAGS: &str = "latest 3 3.9 3.9-slim 3.11-slim 3.12 3.12-alpine 3.12-slim 3.12.1-slim 3.12.7-slim 3.13 3.13-slim \
    3.13-slim-bookworm 3.13-alpine 3.13-rc-slim 3.14-rc-slim 3.14.0a1-slim 3.14.0-beta.2 4.0-slim 4.0-alpha-slim \
    v3.13-slim slim bookworm 3.13.0-slim 3.13.1-slim 3.10-slim 20240101 3.13.1rc1-slim 4 5.0 5.0-dev";

fn bounds(level: Level, pre_release: bool, ignored: &str) -> Bounds {
    Bounds {
        level,
        pre_release,
        ignored: ignored
            .split_whitespace()
            .filter_map(Ignored::parse)
            .collect(),
    }
}

fn among(current: &str, tags: &str, bounds: &Bounds) -> Option<String> {
    let tags: Vec<String> = tags.split_whitespace().map(str::to_owned).collect();
    candidates(current, &tags, bounds)
        .first()
        .map(|tag| (*tag).to_owned())
}

fn newest(current: &str, level: Level, pre: bool) -> Option<String> {
    among(current, TAGS, &bounds(level, pre, ""))
}

#[test]
fn variants_are_kept_and_levels_hold() {
    for (current, level, newest_tag) in [
        ("3.12-slim", Level::Digest, None),
        ("3.12-slim", Level::Patch, None),
        ("3.12-slim", Level::Minor, Some("3.13-slim")),
        ("3.12-slim", Level::Major, Some("4.0-slim")),
        ("3.12-alpine", Level::Major, Some("3.13-alpine")),
        ("3.12", Level::Minor, Some("3.13")),
        ("3.12", Level::Major, Some("5.0")),
        ("3.12.1-slim", Level::Patch, Some("3.12.7-slim")),
        ("3.12.1-slim", Level::Minor, Some("3.13.1-slim")),
        ("3", Level::Minor, None),
        ("3", Level::Major, Some("4")),
        ("latest", Level::Major, None),
        ("bookworm", Level::Major, None),
        ("5.0", Level::Major, None),
    ] {
        assert_eq!(
            newest(current, level, false).as_deref(),
            newest_tag,
            "{current} {level:?}"
        );
    }
}

#[test]
fn a_pre_release_comes_only_when_asked_for() {
    assert_eq!(newest("3.13-slim", Level::Minor, false), None);
    for (current, level, pre, tag) in [
        ("3.13-slim", Level::Minor, true, "3.14-rc-slim"),
        ("3.13-rc-slim", Level::Minor, false, "3.13-slim"),
        ("3.13-rc-slim", Level::Minor, true, "3.14-rc-slim"),
        ("3.13.1rc1-slim", Level::Patch, false, "3.13.1-slim"),
    ] {
        assert_eq!(
            newest(current, level, pre).as_deref(),
            Some(tag),
            "{current}"
        );
    }
}

/// From, level, the tags that there are, and where it goes; `-` for nowhere.
const MOVES: &str = "
    3                     major  3 20250108 2025.1 1718000000                                  -
    22                    major  22 20240101 24 2024 2024.5                                    24
    20240329              minor  20240329 20250108 3 20240901                                  20250108
    20240329              patch  20240329 20250108                                             20250108
    20240329              digest 20240329 20250108                                             -
    v1.3.0-rc.1           major  v1.3.0-rc.1 v1.3.0-rc.2 v2.0.0-beta v1.4.0-rc.1               v1.3.0-rc.2
    v1.3.0-rc.1           major  v1.3.0-rc.1 v1.3.0-rc.10 v1.3.0 v2.0.0-beta                   v1.3.0
    v1.3.0-rc.1           minor  v1.3.0-rc.1 v1.2.9 v2.0.0 v1.4.1                              v1.4.1
    1.0.0-M1              major  1.0.0-M1 1.0.0-M2 1.0.0-RC1 1.1.0-M1                          1.0.0-RC1
    22-alpine3.21         minor  22-alpine3.21 22-alpine3.22 24-alpine3.22 22-alpine           22-alpine3.22
    22-alpine3.21         patch  22-alpine3.21 22-alpine3.22                                   -
    22-alpine3.21         major  22-alpine3.21 24-alpine3.22 24-alpine3.20 26-alpine3.19       24-alpine3.22
    22.1.0-alpine3.21     patch  22.1.0-alpine3.21 22.1.3-alpine3.21 22.1.4-alpine3.22         22.1.3-alpine3.21
    22-bookworm           minor  22-bookworm 22-trixie 24-bookworm                             -
    22-bookworm           major  22-bookworm 24-bookworm 26-trixie 26-bullseye 26-noble        26-trixie
    22-jammy              major  22-jammy 24-noble 26-trixie                                   24-noble
    bookworm              major  bookworm trixie bullseye noble sid                            trixie
    bookworm-20240612-slim minor bookworm-20240612-slim bookworm-20250203-slim trixie-20250811-slim bookworm-20250301 bookworm-20250203-slim
    bookworm-20240612-slim major bookworm-20240612-slim bookworm-20250203-slim trixie-20250811-slim trixie-20250811-slim
    jammy-20240111        patch  jammy-20240111 jammy-20240627.1 jammy-20240530                jammy-20240530
    jdk-21.0.1            patch  jdk-21.0.1 jdk-21.0.4 jre-21.0.5 jdk-21.1.0                   jdk-21.0.4
    21.0.1-jdk            minor  21.0.1-jdk 21.0.9-jre 21.2.0-jdk 22.0.1-jdk                   21.2.0-jdk
    17.0.9_9-jdk          patch  17.0.9_9-jdk 17.0.10_7-jdk 17.0.10_7-jre 17.0.9_11-jdk        17.0.10_7-jdk
    17.0.9_9-jdk          patch  17.0.9_9-jdk 17.0.9_11-jdk 17.0.9_8-jdk                       17.0.9_11-jdk
    8u392-b08-jdk         minor  8u392-b08-jdk 8u402-b06-jdk 11u1-b01-jdk                      8u402-b06-jdk
    RELEASE.2024-05-10T01-41-38Z minor RELEASE.2024-05-10T01-41-38Z RELEASE.2024-05-10T12-00-00Z RELEASE.2024-06-01T00-00-00Z.hotfix RELEASE.2024-05-10T12-00-00Z
    RELEASE.2024-05-10T01-41-38Z patch RELEASE.2024-05-10T01-41-38Z RELEASE.2025-01-01T00-00-00Z RELEASE.2025-01-01T00-00-00Z
    alpine-1.13.2         minor  alpine-1.13.2 alpine-1.14.0 debian-1.15.0 alpine-2.0.0        alpine-1.14.0
    release-1.2           major  release-1.2 release-1.10 release-2.0 main-3.0                 release-2.0
    release-1.2           minor  release-1.2 release-1.10 release-2.0                          release-1.10
    8.2-apache            minor  8.2-apache 8.3-apache 8.4-fpm                                 8.3-apache
    php8.2-apache         minor  php8.2-apache php8.3-apache php8.4-fpm                        php8.3-apache
    2.1.0-cuda12.1-cudnn8-runtime minor 2.1.0-cuda12.1-cudnn8-runtime 2.3.0-cuda12.4-cudnn8-runtime 2.4.0-cuda11.8-cudnn8-runtime 2.3.0-cuda12.1-cudnn8-devel 2.3.0-cuda12.4-cudnn8-runtime
    2024.1                minor  2024.1 2024.3 2025.1 3.0                                      2024.3
    2024.1.2              major  2024.1.2 2025.10.1 9.0.0                                      2025.10.1
    1.2.3-r0              patch  1.2.3-r0 1.2.3-r2 1.2.4-r0                                    1.2.4-r0
    1.25.3.1              patch  1.25.3.1 1.25.3.4 1.25.4.0                                    1.25.4.0
    24.04                 minor  24.04 24.10 26.04                                             24.10
    sha-3f2a9b1           major  sha-3f2a9b1 sha-4f2a9b1                                       -
    edge                  major  edge latest 3                                                 -
";

#[test]
fn tags_move_as_what_they_are() {
    let mut count = 0;
    for line in MOVES.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let current = words.next().unwrap();
        let level = Level::parse(words.next().unwrap()).unwrap();
        let mut tags: Vec<&str> = words.collect();
        let wanted = tags.pop().filter(|tag| *tag != "-").map(str::to_owned);
        let found = among(current, &tags.join(" "), &bounds(level, false, ""));
        assert_eq!(found, wanted, "{line}");
        count += 1;
    }
    assert!(count > 35);
}

#[test]
fn what_is_ignored_is_left_out() {
    let tags = "1.2 1.9 2.0 4999 5000 5123 3 4";
    for (current, ignored, wanted) in [
        ("1", "", Some("5123")),
        ("1", ">=5000", Some("4999")),
        ("1", ">=4,<6000", Some("3")),
        ("1.2", "=2.0", Some("1.9")),
        ("1.2", ">=1.9 <1", None),
    ] {
        let found = among(current, tags, &bounds(Level::Major, false, ignored));
        assert_eq!(found.as_deref(), wanted, "{current} {ignored}");
    }
    for text in ["", "x", ">=", "LatestTag", ">=1.2.3.4"] {
        assert!(Ignored::parse(text).is_none(), "{text}");
    }
}

#[test]
fn what_is_not_followed_is_said() {
    let why = |current: &str, tags: &str| {
        let tags: Vec<String> = tags.split_whitespace().map(str::to_owned).collect();
        why_not_followed(current, &tags, &bounds(Level::Major, false, ""))
    };
    assert!(
        why("latest", "latest 1")
            .unwrap()
            .contains("is not a version")
    );
    assert!(
        why("22-slim", "22-slim 24 24-alpine")
            .unwrap()
            .contains("to `24-alpine`")
    );
    assert_eq!(why("24", "22 24 20250101"), None);
}

#[test]
fn odd_tags_are_no_trouble() {
    for tag in [
        "",
        "v",
        ".",
        "1.",
        "1..2",
        "99999999999999999999999",
        "é",
        "1é",
        "1-rcé",
        "20240é",
        "2024-01-é",
        "2024-01-01Té",
        "-",
        "--1",
        "x.1",
        "bookworm.",
    ] {
        let _ = TagVersion::parse(tag);
    }
    assert_eq!(TagVersion::parse("99999999999999999999999"), None);
}
