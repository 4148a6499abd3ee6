//! Which headers count.

use std::collections::BTreeMap;

use super::secret::tells_who_asks;

/// Request headers that change answers wherever they are understood.
const ALWAYS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "git-protocol",
    "if-range",
    "range",
];

/// Headers that differ between two runs of one tool; what `Vary` says of them, and of credentials, is ignored.
const NEVER: &[&str] = &["origin", "user-agent"];

/// Response headers that clients act on. Times, names of servers and caches, and cookies are not among them: they
/// differ from fetch to fetch.
const KEPT: &[&str] = &[
    "accept-ranges",
    "allow",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "content-type",
    "docker-content-digest",
    "docker-distribution-api-version",
    "etag",
    "last-modified",
    "link",
    "location",
    "retry-after",
    "vary",
    "www-authenticate",
];

/// The headers of a request that its answer depends on: those that always count, and those that the answer's
/// `Vary` names. Names come in any case; values of one name are joined.
pub fn request_headers<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    vary: Option<&str>,
) -> BTreeMap<String, String> {
    let named: Vec<String> = vary
        .into_iter()
        .flat_map(|vary| vary.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !NEVER.contains(&name.as_str()) && !tells_who_asks(name))
        .collect();
    let mut counted: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if !ALWAYS.contains(&name.as_str()) && !named.contains(&name) {
            continue;
        }
        match counted.get_mut(&name) {
            Some(known) => {
                known.push_str(", ");
                known.push_str(value);
            }
            None => {
                counted.insert(name, value.to_owned());
            }
        }
    }
    counted
}

/// The headers of a response that are kept; names come in any case.
pub fn response_headers<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
) -> Vec<(String, String)> {
    headers
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .collect()
}
