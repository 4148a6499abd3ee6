//! When the content of a source was made, for `SOURCE_DATE_EPOCH`.

use super::daemon::{marshal_error, single};
use super::{archive, commit};
use crate::collect::CollectSmall as _;
use crate::gateway::{Bridge, Error, Result, SolveRequest};
use crate::image::Timestamp;
use crate::llb::{self, Constraints, MarshalOptions, SourceDescription, SourceScheme};
use crate::pb::gateway::{ResolveSourceGitRequest, ResolveSourceMetaRequest};
use crate::pb::map::entries;
use crate::pb::ops::SourceOp;

/// The time of a source op: the commit time of a git repository, `Last-Modified` of a file from the web, or the
/// newest file of the archive that it is. `None` where the source tells none.
///
/// `log_name` is shown as the step. Seconds since 1970, with the
/// offset that the source wrote it with.
///
/// # Errors
/// When the daemon cannot resolve the source, or a commit is none.
pub async fn source_time(
    bridge: &dyn Bridge,
    source: &SourceDescription,
    log_name: &str,
) -> Result<Option<Timestamp>> {
    let is_git = source.scheme() == SourceScheme::Git;
    let request = ResolveSourceMetaRequest {
        source: Some(SourceOp {
            identifier: source.identifier.clone(),
            attrs: entries(source.attrs.clone()),
        }),
        log_name: log_name.to_owned(),
        git: is_git.then_some(ResolveSourceGitRequest {
            return_object: true,
        }),
        ..Default::default()
    };
    let metadata = bridge.resolve_source_meta(request).await?;
    if let Some(git) = metadata.git.filter(|git| !git.commit_object.is_empty()) {
        return commit::commit_time(&git.commit_object).map_err(Error::new);
    }
    if let Some(time) = metadata.http.and_then(|http| http.last_modified) {
        let nanos = u32::try_from(time.nanos).unwrap_or(0);
        return Ok(Some(Timestamp {
            seconds: time.seconds,
            nanos,
            offset: 0,
        }));
    }
    let is_http = source.scheme() == SourceScheme::Http;
    let filename = source.attrs.get("http.filename");
    match filename.filter(|name| is_http && !name.is_empty()) {
        Some(filename) => newest_file(bridge, source, filename).await,
        None => Ok(None),
    }
}

/// Time of the newest file of an archive; `None` for a file that is none.
async fn newest_file(
    bridge: &dyn Bridge,
    source: &SourceDescription,
    filename: &str,
) -> Result<Option<Timestamp>> {
    let attrs = source
        .attrs
        .iter()
        .map(|(key, value)| (key.clone().into(), value.clone()))
        .collect_small();
    let state = llb::custom_source(source.identifier.as_str(), attrs, Constraints::new());
    let definition = state
        .marshal(&MarshalOptions::default())
        .map_err(marshal_error)?;
    let result = bridge.solve(SolveRequest::definition(definition)).await?;
    let reference = single(result.single()?)?;
    let data = bridge.read_file(reference, filename, None).await?;
    Ok(archive::newest_file(&data).unwrap_or(None))
}
