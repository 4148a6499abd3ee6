//! What is known about images without asking for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::image::config::default_path;
use crate::image::{Digest, ImageConfig, Platform, Reference};
use crate::lint::Start;
use crate::plan::{ImageMeta, ImageNeed};

/// Distributions: their images have neither an entrypoint nor a working directory, so that a command is
/// run as it is, in the root. By repository.
const PLAIN: [&str; 18] = [
    "docker.io/library/almalinux",
    "docker.io/library/alpine",
    "docker.io/library/amazonlinux",
    "docker.io/library/archlinux",
    "docker.io/library/buildpack-deps",
    "docker.io/library/busybox",
    "docker.io/library/centos",
    "docker.io/library/debian",
    "docker.io/library/fedora",
    "docker.io/library/oraclelinux",
    "docker.io/library/rockylinux",
    "docker.io/library/ubuntu",
    "docker.io/opensuse/leap",
    "docker.io/opensuse/tumbleweed",
    "public.ecr.aws/amazonlinux/amazonlinux",
    "public.ecr.aws/docker/library/alpine",
    "public.ecr.aws/docker/library/debian",
    "public.ecr.aws/docker/library/ubuntu",
];

/// Configs of images, as far as they are known. An image that is not is taken for one that sets nothing
/// but a search path.
#[derive(Clone, Debug, Default)]
pub struct Images {
    /// Configs, JSON, by normalised reference with tag or digest.
    pub known: BTreeMap<String, Arc<[u8]>>,
    /// Every other image is known to set nothing but a search path; otherwise that is a guess.
    pub others_are_bare: bool,
}

impl Images {
    /// The answer to a question of the compiler.
    pub(super) fn answer(&self, need: &ImageNeed, default: &Platform) -> ImageMeta {
        let platform = need.platform.as_ref().unwrap_or(default);
        let config = match self.known.get(&need.reference) {
            Some(config) => config.clone(),
            None => bare(platform),
        };
        ImageMeta {
            reference: need.reference.clone(),
            digest: Some(
                Digest::sha256(need.reference.as_bytes())
                    .as_str()
                    .to_owned(),
            ),
            config,
        }
    }

    /// What an image brings.
    pub(super) fn start(&self, reference: &str) -> Start {
        if let Some(config) = self.known.get(reference) {
            let Ok(config) = ImageConfig::from_json(config) else {
                return Start::default();
            };
            let workdir = match config.config.working_dir.as_str() {
                "" => "/",
                dir => dir,
            };
            return Start {
                entrypoint: Some(!config.config.entrypoint.is_empty()),
                user: Some(config.config.user.to_string()),
                workdir: Some(workdir.to_owned()),
                knows_variables: true,
            };
        }
        let name = Reference::parse_normalized(reference).map(|reference| reference.name());
        let is_plain = name.is_ok_and(|name| PLAIN.contains(&name.as_str()));
        if self.others_are_bare || is_plain {
            return Start::plain();
        }
        Start::default()
    }
}

/// The config of an image that sets nothing but a search path.
fn bare(platform: &Platform) -> Arc<[u8]> {
    let mut config = ImageConfig::stand_in(platform);
    config.config.working_dir.clear();
    if platform.os == "windows" {
        config
            .config
            .env
            .push(format!("PATH={}", default_path("windows")));
    }
    config.to_json().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_images_bring_is_known_or_not() {
        let config = br#"{"config":{"Entrypoint":["x"],"WorkingDir":"/go"}}"#;
        let images = Images {
            known: BTreeMap::from([(
                "docker.io/library/golang:1".to_owned(),
                Arc::from(&config[..]),
            )]),
            others_are_bare: false,
        };
        let golang = images.start("docker.io/library/golang:1");
        assert_eq!(golang.entrypoint, Some(true));
        assert_eq!(golang.workdir.as_deref(), Some("/go"));
        assert_eq!(images.start("docker.io/library/node:22"), Start::default());
        assert_eq!(
            images.start("docker.io/library/debian:12-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000"),
            Start::plain()
        );
    }
}
