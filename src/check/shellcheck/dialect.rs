//! Which shell reads a script, as far as ShellCheck tells shells apart.

use crate::image::Reference;

/// A shell, by its name for ShellCheck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Its name in the first line of a script.
    pub name: &'static str,
    /// Checks that are wrong about it.
    pub knows: &'static [u16],
}

/// What POSIX has.
const SH: Dialect = Dialect::plain("sh");
const BASH: Dialect = Dialect::plain("bash");
const DASH: Dialect = Dialect::plain("dash");
const KSH: Dialect = Dialect::plain("ksh");
/// The shell of BusyBox: dash, with much of what bash has.
const ASH: Dialect = Dialect {
    name: "dash",
    knows: &[
        3001, 3003, 3010, 3014, 3015, 3018, 3019, 3020, 3028, 3036, 3037, 3040, 3043, 3045, 3046,
        3048, 3049, 3057, 3060,
    ],
};

/// Words for images whose `/bin/sh` is that of BusyBox, bash or dash, without the numbers that they end with. They stand in
/// names and in tags, which often say what an image is built on.
const ASH_IMAGES: &[&str] = &["alpine", "busybox"];
const BASH_IMAGES: &[&str] = &[
    "almalinux",
    "amazonlinux",
    "archlinux",
    "centos",
    "fedora",
    "leap",
    "oraclelinux",
    "rhel",
    "rockylinux",
    "tumbleweed",
    "ubi",
];
const DASH_IMAGES: &[&str] = &[
    "bookworm",
    "buildpack",
    "bullseye",
    "buster",
    "debian",
    "focal",
    "jammy",
    "noble",
    "stretch",
    "trixie",
    "ubuntu",
];

impl Dialect {
    const fn plain(name: &'static str) -> Self {
        Dialect { name, knows: &[] }
    }

    /// The shell that a word names, without its directory; none if ShellCheck does not know it.
    pub(super) fn named(word: &str) -> Option<Dialect> {
        match word.rsplit('/').next().unwrap_or(word) {
            "sh" => Some(SH),
            "bash" => Some(BASH),
            "dash" => Some(DASH),
            "ash" => Some(ASH),
            "ksh" | "mksh" => Some(KSH),
            _ => None,
        }
    }

    /// The `/bin/sh` of an image, as far as its name tells.
    pub(super) fn of_image(image: &str) -> Dialect {
        let Ok(reference) = Reference::parse_normalized(image) else {
            return SH;
        };
        let name = reference.name();
        let path = name.split_once('/').map_or("", |(_, path)| path);
        let tag = reference.tag().unwrap_or_default();
        let is_one_of = |images: &[&str]| {
            let mut words = [path, tag]
                .into_iter()
                .flat_map(|text| text.split(['/', '-', '_', '.']));
            words.any(|word| images.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())))
        };
        if is_one_of(ASH_IMAGES) || path == "library/docker" {
            ASH
        } else if is_one_of(BASH_IMAGES) {
            BASH
        } else if is_one_of(DASH_IMAGES) {
            DASH
        } else {
            SH
        }
    }

    /// The shell that the first line of a script names; none without such a line.
    pub(super) fn of_first_line(script: &str) -> Option<Option<Dialect>> {
        let words = script.lines().next()?.strip_prefix("#!")?;
        let words = words.split_ascii_whitespace();
        let mut names = words.filter(|word| !word.ends_with("/env") && !word.starts_with('-'));
        Some(names.next().and_then(Dialect::named))
    }
}

/// Whether an image is one of Windows, as far as its name tells.
pub(in crate::check) fn is_image_of_windows(image: &str) -> Option<bool> {
    let name = image.to_ascii_lowercase();
    let is_named = name
        .split(['/', '-', ':', '@'])
        .any(|word| word == "windows")
        || name.contains("windowsservercore")
        || name.contains("nanoserver");
    let is_linux = || Dialect::of_image(image) != SH;
    match is_named {
        true => Some(true),
        false => is_linux().then_some(false),
    }
}

/// Whether the programs of an image are those of BusyBox, as far as its name tells.
pub(in crate::check) fn has_busybox(image: &str) -> bool {
    Dialect::of_image(image) == ASH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_shells() {
        for (image, shell) in [
            ("alpine:3.20", ASH),
            ("node:22-alpine3.20", ASH),
            ("python:3.12-slim-bookworm", DASH),
            ("docker.io/library/debian:12", DASH),
            ("registry.example.com:5000/base/ubuntu", DASH),
            ("fedora:41", BASH),
            ("registry.access.redhat.com/ubi9:9.4", BASH),
            ("node:22", SH),
            ("docker:29-cli", ASH),
            ("centos/ruby-22-centos7", BASH),
            ("gcr.io/google_containers/ubuntu-slim:0.6", DASH),
            ("$BASE", SH),
        ] {
            assert_eq!(Dialect::of_image(image), shell, "{image}");
        }
    }

    #[test]
    fn first_lines_name_shells() {
        for (script, shell) in [
            ("#!/bin/bash -eu\na", Some(Some(BASH))),
            ("#!/usr/bin/env -S bash -e\na", Some(Some(BASH))),
            ("#! /bin/sh", Some(Some(SH))),
            ("#!/usr/bin/python3\n", Some(None)),
            ("#!\n", Some(None)),
            ("# a\n", None),
            ("", None),
        ] {
            assert_eq!(Dialect::of_first_line(script), shell, "{script}");
        }
    }
}
