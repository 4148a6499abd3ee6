//! Resolving by the daemon: its credentials, its mirrors, its network.
//!
//! Each git remote and ref, and each URL, is asked about once, and never again after an error: some
//! daemons do not survive the same failing question twice.

use std::collections::BTreeMap;

use crate::collect::CollectSmall as _;
use crate::frontend::dockerfile::resolve::{marshal_error, single};
use crate::gateway::{Bridge, Error, FileRange, Ref, Result, SolveRequest};
use crate::image::{Digest, Hasher, Platform};
use crate::llb::{Constraints, MarshalOptions, custom_source};
use crate::lock::collect::{ImageQuestion, facts_of};
use crate::lock::model::{ConfigFacts, GitKey, is_commit};
use crate::lock::update::{ResolvedGit, ResolvedHttp};
use crate::pb::gateway::{
    ResolveImageConfigRequest, ResolveSourceGitRequest, ResolveSourceHttpRequest,
    ResolveSourceMetaRequest,
};
use crate::pb::map::entries;
use crate::pb::ops::SourceOp;
use crate::remote::GitUrl;

/// Name under which a file is fetched.
const FILENAME: &str = "download";

/// Bytes of a file that are read at once: what a daemon sends in one message has a limit.
const PART: i64 = 4 << 20;

/// An image as the daemon sees it.
pub(super) struct Image {
    /// Digest of the index, or of the only manifest.
    pub(super) digest: String,
    /// Digest of the config.
    pub(super) config: String,
    /// What the config says.
    pub(super) facts: ConfigFacts,
}

/// The image `reference`, for the platform of `question`. An image that the daemon has by chance under the same name
/// does not count.
pub(super) async fn image(
    bridge: &dyn Bridge,
    reference: &str,
    question: &ImageQuestion,
) -> Result<Image> {
    let host = Platform::new("linux", "amd64");
    let platform = Platform::parse(&question.platform, &host).unwrap_or(host);
    let answer = bridge
        .resolve_image_config(ResolveImageConfigRequest {
            r#ref: reference.to_owned(),
            platform: Some((&platform).into()),
            resolve_mode: "pull".to_owned(),
            log_name: format!("[internal] lock {}", question.reference),
            ..ResolveImageConfigRequest::default()
        })
        .await
        .map_err(|error| error.context(&question.reference))?;
    let digest = Digest::parse(&answer.digest).map_err(|_| {
        Error::new(format!(
            "{}: the daemon gives no digest, as older ones do of an image that they have (run `rdf lock` first, which \
             asks the registry, or remove the image from the daemon)",
            question.reference
        ))
    })?;
    let facts = facts_of(&answer.config)
        .map_err(|error| Error::new(error.to_string()).context(&question.reference))?;
    Ok(Image {
        digest: digest.to_string(),
        config: Digest::sha256(&answer.config).to_string(),
        facts,
    })
}

/// A source op that is asked about, and fetched where the daemon does not tell.
struct AskedSource {
    identifier: String,
    attrs: BTreeMap<String, String>,
    /// How messages call it.
    shown: String,
}

impl AskedSource {
    fn question(&self) -> ResolveSourceMetaRequest {
        ResolveSourceMetaRequest {
            source: Some(SourceOp {
                identifier: self.identifier.clone(),
                attrs: entries(self.attrs.clone()),
            }),
            log_name: format!("[internal] lock {}", self.shown),
            ..ResolveSourceMetaRequest::default()
        }
    }

    /// Fetches it, with one more attribute.
    async fn fetch(&self, bridge: &dyn Bridge, attr: Option<(&str, &str)>) -> Result<Ref> {
        let attrs = self
            .attrs
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let attrs = attrs
            .chain(attr)
            .map(|(key, value)| (key.to_owned().into(), value.to_owned()))
            .collect_small();
        let name = format!("[internal] lock {}", self.shown);
        let definition = custom_source(
            self.identifier.as_str(),
            attrs,
            Constraints::new().custom_name(name),
        )
        .marshal(&MarshalOptions::default())
        .map_err(marshal_error)?;
        let request = SolveRequest::definition(definition);
        let result = bridge
            .solve(request)
            .await
            .map_err(|error| self.named(error))?;
        Ok(single(result.single()?)?.clone())
    }

    fn named(&self, error: Error) -> Error {
        error.context(&self.shown)
    }
}

/// A git ref.
pub(super) async fn git(bridge: &dyn Bridge, key: &GitKey) -> Result<ResolvedGit> {
    if is_commit(&key.reference) {
        return Ok(ResolvedGit {
            commit: key.reference.clone(),
            tag_object: None,
        });
    }
    let source = git_source(key)?;
    let request = ResolveSourceMetaRequest {
        git: Some(ResolveSourceGitRequest::default()),
        ..source.question()
    };
    let answer = bridge.resolve_source_meta(request).await;
    let answer = answer.map_err(|error| source.named(error))?;
    let Some(git) = answer.git.filter(|git| is_commit(&git.checksum)) else {
        return checkout(bridge, key, &source).await;
    };
    let annotated = is_commit(&git.commit_checksum) && git.commit_checksum != git.checksum;
    Ok(match annotated {
        true => ResolvedGit {
            commit: git.commit_checksum,
            tag_object: Some(git.checksum),
        },
        false => ResolvedGit {
            commit: git.checksum,
            tag_object: None,
        },
    })
}

/// What a daemon that answers nothing has checked out.
async fn checkout(bridge: &dyn Bridge, key: &GitKey, source: &AskedSource) -> Result<ResolvedGit> {
    let reference = source
        .fetch(bridge, Some(("git.keepgitdir", "true")))
        .await?;
    let hash = async |path: &str| -> Result<String> {
        let text = bridge.read_file(&reference, path, None).await?;
        Ok(String::from_utf8_lossy(&text).trim().to_owned())
    };
    let commit = hash(".git/HEAD")
        .await
        .map_err(|error| source.named(error))?;
    if !is_commit(&commit) {
        let message = format!("{}: the daemon gives no commit", source.shown);
        return Err(Error::new(message));
    }
    // The daemon keeps whatever it fetched under the name of a tag: a branch and a light tag as the commit itself.
    let tag_object = match tag_path(&key.reference) {
        Some(path) => hash(&path).await.ok(),
        None => None,
    };
    Ok(ResolvedGit {
        tag_object: tag_object.filter(|object| is_commit(object) && *object != commit),
        commit,
    })
}

/// Where a daemon keeps the tag object of a ref; `None` for what cannot be a tag.
fn tag_path(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("refs/").unwrap_or(reference);
    let name = name.strip_prefix("tags/").unwrap_or(name);
    let odd = name.is_empty()
        || name.starts_with("heads/")
        || name.split('/').any(|part| matches!(part, "" | "." | ".."));
    (!odd).then(|| format!(".git/refs/tags/{name}"))
}

fn git_source(key: &GitKey) -> Result<AskedSource> {
    let url = GitUrl::parse(&key.remote)
        .map_err(|error| Error::new(error.to_string()).context(&key.remote))?;
    let mut identifier = format!("git://{}/{}", url.host, url.path.trim_start_matches('/'));
    if !key.reference.is_empty() {
        identifier.push('#');
        identifier.push_str(&key.reference);
    }
    let mut attrs = vec![
        ("git.fullurl", key.remote.as_str()),
        ("git.authtokensecret", crate::llb::GIT_AUTH_TOKEN),
        ("git.authheadersecret", crate::llb::GIT_AUTH_HEADER),
    ];
    if url.scheme == "ssh" {
        attrs.push(("git.mountsshsock", "default"));
    }
    Ok(AskedSource {
        identifier,
        attrs: owned(attrs),
        shown: crate::lock::verify::show_git(&key.remote, &key.reference),
    })
}

fn owned<'a>(attrs: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let attrs = attrs.into_iter();
    attrs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect_small()
}

/// A file: its digest by the daemon's word or by reading it, its size by looking.
pub(super) async fn http(bridge: &dyn Bridge, url: &str) -> Result<ResolvedHttp> {
    let source = AskedSource {
        identifier: url.to_owned(),
        attrs: owned([("http.filename", FILENAME)]),
        shown: url.to_owned(),
    };
    let request = ResolveSourceMetaRequest {
        http: Some(ResolveSourceHttpRequest::default()),
        ..source.question()
    };
    let answer = bridge.resolve_source_meta(request).await;
    let answer = answer.map_err(|error| source.named(error))?;
    let told = answer
        .http
        .map(|http| http.checksum)
        .filter(|digest| Digest::parse(digest).is_ok());
    let checksum = told.as_deref().map(|digest| ("http.checksum", digest));
    let reference = source.fetch(bridge, checksum).await?;
    if let Some(digest) = told {
        let stat = bridge.stat_file(&reference, FILENAME).await;
        let size = stat.map_err(|error| source.named(error))?.size;
        return Ok(ResolvedHttp {
            digest,
            size: u64::try_from(size).ok(),
        });
    }
    let mut hasher = Hasher::default();
    let mut offset = 0;
    loop {
        let range = FileRange {
            offset,
            length: PART,
        };
        let part = bridge.read_file(&reference, FILENAME, Some(range)).await;
        let part = part.map_err(|error| source.named(error))?;
        hasher.update(&part);
        let length = i64::try_from(part.len()).unwrap_or(PART);
        offset += length;
        if length < PART {
            return Ok(ResolvedHttp {
                digest: hasher.finish().to_string(),
                size: u64::try_from(offset).ok(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tag_path;

    #[test]
    fn tags_have_a_place() {
        for reference in ["v1", "tags/v1", "refs/tags/v1"] {
            assert_eq!(tag_path(reference).as_deref(), Some(".git/refs/tags/v1"));
        }
        for reference in ["", "refs/heads/main", "heads/main", "a/../../b", "/"] {
            assert_eq!(tag_path(reference), None, "{reference}");
        }
    }
}
