//! Named contexts: what a client puts in the place of a name (`--build-context name=…`).

use std::collections::BTreeMap;

use base64::Engine as _;

use super::{ContextError, http_options};
use crate::go::text;
use crate::image::{ImageConfig, Platform, Reference};
use crate::llb::{self, Constraints, LocalOptions};
use crate::options::ClientOptions;
use crate::remote::{self, GitSource};

/// A context that the client gave for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedContext {
    /// What it is: `docker-image://…`, `local:…`, …
    pub spec: String,
    /// The name in its familiar form, `:latest` trimmed.
    pub name: String,
    /// The name, with `::platform` where the client gave one for that platform.
    pub key: String,
    /// Platform that was asked for.
    pub platform: Option<Platform>,
}

/// What a named context is, by its scheme.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ContextSource<'s> {
    /// `docker-image://scratch`: the empty file system.
    Scratch,
    /// A git repository.
    Git(Box<GitSource>),
    /// The URL of a file on the web.
    Http(&'s str),
    /// `docker-image://`: an image, as it is written.
    Image(&'s str),
    /// `oci-layout://`: an image in a store of the client, `store@digest`.
    OciLayout(&'s str),
    /// `local:`: the directory that the client calls so.
    Local(&'s str),
    /// `input:`: the frontend input of that name.
    Input(&'s str),
}

/// An image in an OCI layout of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutImage {
    /// The name of the context with the image's digest: what is shown, and what the source is named.
    pub reference: String,
    /// Name of the store that the client offers.
    pub store_id: String,
}

impl NamedContext {
    /// Whether `name` means something else than a named context wherever one may be named: `scratch` and
    /// `context`, in any case of letters.
    pub fn is_reserved(name: &str) -> bool {
        text::equal_fold(name, "scratch") || text::equal_fold(name, super::LOCAL_CONTEXT)
    }

    /// The context that the client gave for `name`; one for `platform` comes first. Without a platform it is one for
    /// that of this program ([`ClientOptions::own`]), which the context is not bound to, though.
    ///
    /// # Errors
    /// When `name` cannot be the name of an image, whether there are contexts or not.
    pub fn find(
        options: &ClientOptions,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<NamedContext>, ContextError> {
        let contexts = &options.contexts;
        // The common case needs no reference: a plain word is always one.
        if contexts.is_empty() && is_plain(name) {
            return Ok(None);
        }
        let reference = Reference::parse_normalized(name).map_err(|error| ContextError::Name {
            name: name.to_owned(),
            error,
        })?;
        if contexts.is_empty() {
            return Ok(None);
        }
        let name = reference.context_name();
        let shown = match platform {
            Some(platform) => platform.normalized().format_all(),
            None => options.own().normalized().format_all(),
        };
        let found = [format!("{name}::{shown}"), name.clone()]
            .into_iter()
            .find_map(|key| contexts.get(&key).map(|spec| (key, spec.clone())));
        Ok(found.map(|(key, spec)| NamedContext {
            spec,
            name,
            key,
            platform: platform.cloned(),
        }))
    }

    /// The image that it is, normalised; `None` for anything else.
    pub fn image(&self) -> Option<String> {
        let reference = self.spec.strip_prefix("docker-image:")?;
        let reference = reference.strip_prefix("//").unwrap_or(reference);
        Some(
            Reference::parse_normalized(reference)
                .ok()?
                .tag_name_only()
                .to_string(),
        )
    }

    /// What `spec` stands for: the context's own, or what a source policy put in its place. `git_advice`: a repository
    /// is fetched with what git advises shown.
    ///
    /// # Errors
    /// When it has no scheme, an unknown one, or names a repository that cannot be.
    pub fn source<'s>(
        &self,
        spec: &'s str,
        git_advice: bool,
    ) -> Result<ContextSource<'s>, ContextError> {
        let Some((scheme, rest)) = spec.split_once(':') else {
            return Err(ContextError::NoScheme {
                spec: spec.to_owned(),
                key: self.key.clone(),
            });
        };
        let bare = rest.strip_prefix("//").unwrap_or(rest);
        match scheme {
            "docker-image" if bare == "scratch" => Ok(ContextSource::Scratch),
            "docker-image" => Ok(ContextSource::Image(bare)),
            "oci-layout" => Ok(ContextSource::OciLayout(bare)),
            "local" => Ok(ContextSource::Local(rest)),
            "input" => Ok(ContextSource::Input(rest)),
            "http" | "https" => match git_source(spec, git_advice)? {
                Some(git) => Ok(ContextSource::Git(git)),
                None => Ok(ContextSource::Http(spec)),
            },
            // `git@host:path` has no protocol of its own.
            _ if scheme == "git" || scheme.starts_with("git@") => {
                match git_source(spec, git_advice)? {
                    Some(git) => Ok(ContextSource::Git(git)),
                    None => Err(ContextError::NotGit(spec.to_owned())),
                }
            }
            _ => Err(ContextError::Scheme {
                scheme: scheme.to_owned(),
                key: self.key.clone(),
            }),
        }
    }

    /// The spec of a source that a policy put in the place of an image.
    ///
    /// # Errors
    /// When it has no scheme.
    pub fn redirected(updated: &str) -> Result<String, ContextError> {
        match updated.split_once("://") {
            Some((scheme, rest)) => Ok(format!("{scheme}:{rest}")),
            None => Err(ContextError::Redirect(updated.to_owned())),
        }
    }

    /// What is said of a spec that was redirected more than [`MAX_POLICY_REDIRECTS`](crate::limits::MAX_POLICY_REDIRECTS) times.
    pub fn redirected_too_often(spec: &str) -> String {
        format!(
            "context recursion limit exceeded; this may indicate a cycle in the provided source policies: {spec}"
        )
    }

    /// Name of the step that resolves the image `reference`.
    pub fn resolve_name(&self, reference: &str) -> String {
        format!("[context {}] load metadata for {reference}", self.key)
    }

    /// What accompanies the op of the git repository `spec`.
    pub fn git_constraints(&self, spec: &str) -> Constraints {
        Constraints::new().custom_name(format!("[internal] load git source {spec}"))
    }

    /// How the file at `url` is loaded.
    pub fn http_options(&self, url: &str) -> llb::HttpOptions {
        http_options(format!("[context {}] {url}", self.key))
    }

    /// The image that was found as `resolved` for `written`.
    pub fn image_state(&self, written: &str, resolved: &str) -> llb::State {
        let constraints = self.constraints(format!("[context {}] {written}", self.key));
        let options = llb::ImageOptions {
            constraints,
            ..Default::default()
        };
        llb::State::image(resolved, options)
    }

    /// Reads the spec of an image in an OCI layout.
    ///
    /// # Errors
    /// When it has no digest, or the context's name takes none.
    pub fn layout_image(&self, spec: &str) -> Result<LayoutImage, ContextError> {
        let layout = remote::parse_oci_layout(spec)?;
        // The name is only shown; what is loaded is decided by store and digest.
        let named =
            Reference::parse_normalized(&self.name).map_err(|error| ContextError::LayoutName {
                name: self.name.clone(),
                error,
            })?;
        let named =
            named
                .with_digest(layout.digest)
                .map_err(|error| ContextError::LayoutDigest {
                    name: self.name.clone(),
                    error,
                })?;
        Ok(LayoutImage {
            reference: named.to_string(),
            store_id: layout.store_id,
        })
    }

    /// An image in an OCI layout that the client offers.
    pub fn layout_state(&self, reference: &str, store: llb::OciStore) -> llb::State {
        let options = llb::OciLayoutOptions {
            store,
            constraints: self.constraints(format!("[context {}] OCI load from client", self.key)),
            ..Default::default()
        };
        llb::State::oci_layout(reference, options)
    }

    /// How a local directory is loaded. `shared_key` is what the client gave by `sharedkey:localdir:`, empty
    /// without; which paths to follow is left to the caller.
    pub fn local_options(
        &self,
        shared_key: &str,
        session_id: Option<String>,
        exclude_patterns: Vec<String>,
    ) -> LocalOptions {
        LocalOptions {
            session_id: session_id.unwrap_or_default(),
            shared_key_hint: format!("context:{}-{shared_key}", self.key),
            exclude_patterns,
            constraints: Constraints::new()
                .custom_name(format!("[context {}] load from client", self.key)),
            ..Default::default()
        }
    }

    /// The image config in the metadata of an input (`input-metadata:`); `None` where it has none.
    ///
    /// # Errors
    /// When metadata or config cannot be read.
    pub fn input_image(&self, metadata: &str) -> Result<Option<ImageConfig>, ContextError> {
        let config = input_config(metadata).map_err(|why| ContextError::InputMetadata {
            metadata: metadata.to_owned(),
            why,
        })?;
        let Some(config) = config else {
            return Ok(None);
        };
        let image = ImageConfig::from_json(&config).map_err(|error| ContextError::InputConfig {
            key: self.key.clone(),
            error,
        })?;
        Ok(Some(image))
    }

    fn constraints(&self, name: String) -> Constraints {
        let constraints = Constraints::new().custom_name(name);
        match &self.platform {
            Some(platform) => constraints.platform(platform.clone()),
            None => constraints,
        }
    }
}

fn shown(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A git source as context; `None` if `spec` names none.
fn git_source(spec: &str, advice: bool) -> Result<Option<Box<GitSource>>, ContextError> {
    let Some(git) = remote::detect_git_context(spec) else {
        return Ok(None);
    };
    let mut git = git?;
    git.advice = advice;
    Ok(Some(Box::new(git)))
}

/// Letters and digits: a reference whatever else holds.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 64
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The image config in the metadata of an input: JSON, a map of names to base64 bytes.
fn input_config(metadata: &str) -> Result<Option<Vec<u8>>, String> {
    let map: BTreeMap<String, Option<String>> = serde_json::from_str(metadata).map_err(shown)?;
    let Some(Some(encoded)) = map.get("containerimage.config") else {
        return Ok(None);
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded);
    bytes.map(Some).map_err(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> ClientOptions {
        let entries = [
            ("base", "docker-image://alpine"),
            ("base::linux/arm64", "oci-layout://store@sha256:aa"),
            ("files", "local:files"),
        ];
        ClientOptions {
            contexts: entries
                .map(|(name, spec)| (name.to_owned(), spec.to_owned()))
                .into(),
            ..ClientOptions::default()
        }
    }

    fn found(name: &str, platform: Option<&str>) -> Option<String> {
        let host = Platform::new("linux", "amd64");
        let platform = platform.map(|text| Platform::parse(text, &host).unwrap());
        let context = NamedContext::find(&options(), name, platform.as_ref()).unwrap();
        context.map(|context| context.key)
    }

    #[test]
    fn the_one_for_the_platform_comes_first() {
        assert_eq!(found("base", None).unwrap(), "base");
        assert_eq!(found("base:latest", Some("linux/amd64")).unwrap(), "base");
        let key = found("docker.io/library/base", Some("arm64")).unwrap();
        assert_eq!(key, "base::linux/arm64");
        assert_eq!(found("other", None), None);
    }

    #[test]
    fn without_a_platform_the_programs_own_counts() {
        let arm = Platform::new("linux", "arm64");
        let found = |options: &ClientOptions| {
            let context = NamedContext::find(options, "base", None).unwrap().unwrap();
            (context.key, context.platform)
        };
        let built_on_arm = ClientOptions {
            build_platform: arm.clone(),
            own_platform: Platform::new("linux", "amd64"),
            ..options()
        };
        assert_eq!(found(&built_on_arm), ("base".to_owned(), None));
        let own = ClientOptions {
            own_platform: arm.clone(),
            ..options()
        };
        assert_eq!(found(&own), ("base::linux/arm64".to_owned(), None));
        // A program that never said what it is runs where the build does.
        let unsaid = ClientOptions {
            build_platform: arm,
            ..options()
        };
        assert_eq!(found(&unsaid).0, "base::linux/arm64");
    }

    #[test]
    fn schemes_decide_what_a_context_is() {
        let context = NamedContext {
            spec: String::new(),
            name: "x".into(),
            key: "x".into(),
            platform: None,
        };
        for (spec, what) in [
            ("docker-image://scratch", "Scratch"),
            ("docker-image:alpine", "Image(\"alpine\")"),
            ("oci-layout://s@d", "OciLayout(\"s@d\")"),
            ("local:dir", "Local(\"dir\")"),
            ("input:a::b", "Input(\"a::b\")"),
            ("https://h.test/f", "Http(\"https://h.test/f\")"),
            ("git@h.test:r.git", "Git(GitSource"),
        ] {
            let shown = format!("{:?}", context.source(spec, false).unwrap());
            assert!(shown.starts_with(what), "{spec}: {shown}");
        }
        for (spec, message) in [
            ("word", "invalid context specifier word for x"),
            ("ftp://h", "unsupported context source ftp for x"),
            ("git:x", "invalid git context git:x"),
        ] {
            assert_eq!(
                context.source(spec, false).unwrap_err().to_string(),
                message
            );
        }
    }
}
