//! What must not be kept: credentials in headers and addresses.

/// Parameters of a query that sign an address or name who signed it, in lower case: S3 and what speaks like
/// it, Google Cloud Storage, Azure's shared access signatures, CloudFront, and plain tokens.
const SIGNING: &[&str] = &[
    "access_token",
    "awsaccesskeyid",
    "expires",
    "googleaccessid",
    "hdnea",
    "jwt",
    "key-pair-id",
    "policy",
    "se",
    "sig",
    "signature",
    "ske",
    "skoid",
    "sks",
    "skt",
    "sktid",
    "skv",
    "sp",
    "spr",
    "sr",
    "st",
    "sv",
    "token",
];

/// Beginnings of such parameters.
const SIGNING_PREFIXES: &[&str] = &["x-amz-", "x-goog-", "x-oss-", "x-ms-"];

/// Request headers that say who asks, in lower case: those of HTTP itself, and those of forges, package registries and
/// clouds that no ending below tells.
const TELLING: &[&str] = &[
    "authorization",
    "cookie",
    "npm-otp",
    "ocp-apim-subscription-key",
    "proxy-authorization",
    "x-auth-email",
    "x-auth-key",
    "x-functions-key",
    "x-jfrog-art-api",
    "x-registry-auth",
];

/// Endings of such headers: `Private-Token`, `X-Auth-Token`, `X-Amz-Security-Token`, `X-Goog-Api-Key`, …
const TELLING_ENDINGS: &[&str] = &["api-key", "apikey", "password", "secret", "token"];

/// Whether a request header says who asks; its name in any case.
pub fn tells_who_asks(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELLING.contains(&&*name) || TELLING_ENDINGS.iter().any(|end| name.ends_with(end))
}

/// Whether a request shows who makes it: `Authorization`, cookies, or a token in another header or in the address. What
/// it fetches may be meant for few eyes.
pub fn credentials<'h>(url: &str, headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> bool {
    let has_user = url
        .split_once("://")
        .map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default())
        .is_some_and(|authority| authority.contains('@'));
    has_user || signed_query(url) || headers.into_iter().any(|(name, _)| tells_who_asks(name))
}

fn signs(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    let name = name.to_ascii_lowercase();
    SIGNING.contains(&name.as_str()) || SIGNING_PREFIXES.iter().any(|start| name.starts_with(start))
}

/// Whether the query carries a signature or a token, and not merely a parameter that could belong to one.
fn signed_query(url: &str) -> bool {
    let Some((_, query)) = url.split_once('?') else {
        return false;
    };
    let decisive = [
        "access_token",
        "hdnea",
        "jwt",
        "sig",
        "signature",
        "token",
        "x-amz-signature",
        "x-goog-signature",
        "x-oss-signature",
    ];
    query.split('&').any(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        decisive
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    })
}

/// An address as it is told: without who asks, and without the values that sign it.
pub fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let mut shown = match authority.rsplit_once('@') {
        Some((user, _)) => {
            let address = rest.get(user.len() + 1..).unwrap_or_default();
            format!("{scheme}://{address}")
        }
        None => url.to_owned(),
    };
    if let (true, Some((address, query))) = (signed_query(url), shown.split_once('?')) {
        let told: Vec<&str> = query
            .split('&')
            .map(|parameter| match parameter.split_once('=') {
                Some((name, _)) if signs(parameter) => name,
                _ => parameter,
            })
            .collect();
        shown = format!("{address}?{}", told.join("&"));
    }
    shown
}

/// The address that stands for a signed one that a server redirects to: the same without what signs it, which
/// differs from fetch to fetch. `None` where nothing signs it.
pub fn stable_location(url: &str) -> Option<String> {
    if !signed_query(url) {
        return None;
    }
    let (address, query) = url.split_once('?')?;
    let (query, fragment) = match query.split_once('#') {
        Some((query, fragment)) => (query, Some(fragment)),
        None => (query, None),
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|parameter| !signs(parameter))
        .collect();
    let mut stable = address.to_owned();
    if !kept.is_empty() {
        stable.push('?');
        stable.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        stable.push('#');
        stable.push_str(fragment);
    }
    Some(stable)
}
