//! Resolving by the daemon: its credentials, its mirrors, its network.
//!
//! Each git remote and ref, and each URL, is asked about once, and never again after an error: some
//! daemons do not survive the same failing question twice.

use std::collections::BTreeMap;

use crate::frontend::dockerfile::resolve::{marshal_error, single};
use crate::gateway::{
    Bridge, Error, ResolveImageConfigRequest, ResolveSourceMetaRequest, Result, SolveRequest,
};
use crate::image::{Digest, Platform};
use crate::llb::{Constraints, MarshalOptions, custom_source};
use crate::lock::collect::{ImageQuestion, facts_of};
use crate::lock::model::{ConfigFacts, GitKey, is_commit};
use crate::lock::update::{ResolvedGit, ResolvedHttp};
use crate::pb::gateway::{ResolveSourceGitRequest, ResolveSourceHttpRequest};
use crate::pb::map::entries;
use crate::pb::ops::SourceOp;
use crate::remote::GitUrl;

/// Name under which a file is fetched.
const FILENAME: &str = "download";

/// An image: the reference as asked, its digest, the facts of its config.
pub(super) async fn image(
    bridge: &dyn Bridge,
    reference: &str,
    question: &ImageQuestion,
) -> Result<(String, ConfigFacts)> {
    let host = Platform::new("linux", "amd64");
    let platform = Platform::parse(&question.platform, &host).unwrap_or(host);
    let answer = bridge
        .resolve_image_config(ResolveImageConfigRequest {
            r#ref: reference.to_owned(),
            platform: Some((&platform).into()),
            log_name: format!("[internal] lock {}", question.reference),
            ..ResolveImageConfigRequest::default()
        })
        .await
        .map_err(|error| error.context(&question.reference))?;
    let digest = Digest::parse(&answer.digest).map_err(|error| {
        Error::new(format!(
            "{}: the daemon gives no digest: {error}",
            question.reference
        ))
    })?;
    let facts =
        facts_of(&answer.config).map_err(|error| Error::new(error).context(&question.reference))?;
    Ok((digest.to_string(), facts))
}

/// A git ref.
pub(super) async fn git(bridge: &dyn Bridge, key: &GitKey) -> Result<ResolvedGit> {
    if is_commit(&key.reference) {
        return Ok(ResolvedGit {
            resolved: String::new(),
            commit: key.reference.clone(),
            tag_object: None,
        });
    }
    let shown = crate::lock::verify::show_git(&key.remote, &key.reference);
    let (identifier, attrs) = git_source(key)?;
    let request = ResolveSourceMetaRequest {
        source: Some(SourceOp {
            identifier: identifier.clone(),
            attrs: entries(attrs.clone()),
        }),
        log_name: format!("[internal] lock {shown}"),
        git: Some(ResolveSourceGitRequest::default()),
        ..Default::default()
    };
    let answer = bridge
        .resolve_source_meta(request)
        .await
        .map_err(|error| error.context(&shown))?;
    if let Some(git) = answer.git.filter(|git| is_commit(&git.checksum)) {
        let annotated = is_commit(&git.commit_checksum) && git.commit_checksum != git.checksum;
        return Ok(match annotated {
            true => ResolvedGit {
                resolved: full_name(key, git.r#ref),
                commit: git.commit_checksum,
                tag_object: Some(git.checksum),
            },
            false => ResolvedGit {
                resolved: full_name(key, git.r#ref),
                commit: git.checksum,
                tag_object: None,
            },
        });
    }
    checkout(bridge, identifier, attrs, &shown).await
}

/// Only full names are kept; the default branch is not called by a name.
fn full_name(key: &GitKey, name: String) -> String {
    if key.reference.is_empty() || !name.starts_with("refs/") {
        String::new()
    } else {
        name
    }
}

/// What a daemon that answers nothing has checked out.
async fn checkout(
    bridge: &dyn Bridge,
    identifier: String,
    mut attrs: BTreeMap<String, String>,
    shown: &str,
) -> Result<ResolvedGit> {
    attrs.insert("git.keepgitdir".to_owned(), "true".to_owned());
    let attrs = attrs
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect();
    let state = custom_source(
        identifier,
        attrs,
        Constraints::new().custom_name(format!("[internal] lock {shown}")),
    );
    let definition = state
        .marshal(&MarshalOptions::default())
        .map_err(marshal_error)?;
    let result = bridge
        .solve(SolveRequest::definition(definition.into_pb()))
        .await
        .map_err(|error| error.context(shown))?;
    let head = bridge
        .read_file(single(result.single()?)?, ".git/HEAD", None)
        .await
        .map_err(|error| error.context(shown))?;
    let commit = String::from_utf8_lossy(&head).trim().to_owned();
    match is_commit(&commit) {
        true => Ok(ResolvedGit {
            resolved: String::new(),
            commit,
            tag_object: None,
        }),
        false => Err(Error::new(format!(
            "{shown}: the daemon does not tell the commit"
        ))),
    }
}

fn git_source(key: &GitKey) -> Result<(String, BTreeMap<String, String>)> {
    let url = GitUrl::parse(&key.remote)
        .map_err(|error| Error::new(error.to_string()).context(&key.remote))?;
    let mut identifier = format!("git://{}/{}", url.host, url.path.trim_start_matches('/'));
    if !key.reference.is_empty() {
        identifier.push('#');
        identifier.push_str(&key.reference);
    }
    let mut attrs = BTreeMap::from([
        ("git.fullurl".to_owned(), key.remote.clone()),
        (
            "git.authtokensecret".to_owned(),
            crate::llb::GIT_AUTH_TOKEN.to_owned(),
        ),
        (
            "git.authheadersecret".to_owned(),
            crate::llb::GIT_AUTH_HEADER.to_owned(),
        ),
    ]);
    if url.scheme == "ssh" {
        attrs.insert("git.mountsshsock".to_owned(), "default".to_owned());
    }
    Ok((identifier, attrs))
}

/// A file: its digest by the daemon's word, its size by looking.
pub(super) async fn http(bridge: &dyn Bridge, url: &str) -> Result<ResolvedHttp> {
    let attrs = BTreeMap::from([("http.filename".to_owned(), FILENAME.to_owned())]);
    let request = ResolveSourceMetaRequest {
        source: Some(SourceOp {
            identifier: url.to_owned(),
            attrs: entries(attrs.clone()),
        }),
        log_name: format!("[internal] lock {url}"),
        http: Some(ResolveSourceHttpRequest::default()),
        ..Default::default()
    };
    let answer = bridge
        .resolve_source_meta(request)
        .await
        .map_err(|error| error.context(url))?;
    let told = answer
        .http
        .map(|http| http.checksum)
        .filter(|digest| Digest::parse(digest).is_ok());
    let mut attrs: BTreeMap<_, _> = attrs
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect();
    if let Some(digest) = &told {
        attrs.insert("http.checksum".into(), digest.clone());
    }
    let state = custom_source(
        url,
        attrs,
        Constraints::new().custom_name(format!("[internal] lock {url}")),
    );
    let definition = state
        .marshal(&MarshalOptions::default())
        .map_err(marshal_error)?;
    let result = bridge
        .solve(SolveRequest::definition(definition.into_pb()))
        .await
        .map_err(|error| error.context(url))?;
    let reference = single(result.single()?)?;
    match told {
        Some(digest) => {
            let size = bridge
                .stat_file(reference, FILENAME)
                .await
                .ok()
                .and_then(|stat| u64::try_from(stat.size).ok());
            Ok(ResolvedHttp { digest, size })
        }
        None => {
            let data = bridge
                .read_file(reference, FILENAME, None)
                .await
                .map_err(|error| error.context(url))?;
            Ok(ResolvedHttp {
                digest: Digest::sha256(&data).to_string(),
                size: Some(data.len() as u64),
            })
        }
    }
}
