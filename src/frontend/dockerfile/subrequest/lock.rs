//! `frontend.lock` and `frontend.lock-check`: `docker buildx build --call=lock`. Ours, not the reference's.

use serde_json::json;

use super::super::build::Build;
use super::super::lock as locking;
use super::SubrequestAnswer;
use crate::gateway::Result;

pub(super) const NAME: &str = "frontend.lock";
pub(super) const CHECK_NAME: &str = "frontend.lock-check";
pub(super) const VERSION: &str = "1.0.0";

/// The lock, resolved by the daemon.
pub(super) async fn answer(build: &Build<'_>) -> Result<SubrequestAnswer> {
    let (lock, text) = locking::answer(build).await?;
    let images = lock
        .images
        .iter()
        .map(|(key, pin)| json!({ "ref": key, "digest": pin.digest }));
    let git = lock.git.iter().map(
        |(key, pin)| json!({ "remote": key.remote, "ref": key.reference, "commit": pin.commit }),
    );
    let http = lock
        .http
        .iter()
        .map(|(url, pin)| json!({ "url": url, "digest": pin.digest, "size": pin.size }));
    let result = json!({
        "image": images.collect::<Vec<_>>(), "git": git.collect::<Vec<_>>(), "http": http.collect::<Vec<_>>(), "file": text,
    });
    Ok(SubrequestAnswer::new(&result, VERSION).text(text))
}

/// Whether the lock is complete; the client exits with 1 where it is not.
pub(super) fn check(build: &Build<'_>) -> Result<SubrequestAnswer> {
    let (text, json, complete) = locking::check_answer(build)?;
    let status = if complete { "0" } else { "1" };
    Ok(SubrequestAnswer::new(&json, VERSION)
        .text(text)
        .with("result.statuscode", status.to_owned()))
}
