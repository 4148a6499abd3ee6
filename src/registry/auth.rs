//! Proving who asks: basic authentication and tokens, kept for the next request.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_auth::parse_challenges;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Response, Url};
use tokio::sync::Mutex;

use super::credentials::{Credential, Credentials};
use super::host::{Endpoint, is_loopback};
use super::transport::{Asked, Request, Transport, failure, place};
use super::{Error, ErrorKind};
use crate::limits::MAX_TOKEN_BYTES;

/// A challenge that we can meet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token from `realm`.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// Of all challenges in all lines the best that can be met: tokens before passwords.
fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let lines = headers.get_all(WWW_AUTHENTICATE).iter();
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let all = lines
        .iter()
        .flat_map(|line| parse_challenges(line).unwrap_or_default());
    let mut basic = None;
    for challenge in all {
        let parameter = |name: &str| {
            let mut all = challenge.params.iter();
            let (_, value) = all.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            Some(value.to_unescaped())
        };
        if challenge.scheme.eq_ignore_ascii_case("basic") {
            basic = Some(Challenge::Basic);
        } else if challenge.scheme.eq_ignore_ascii_case("bearer")
            && let Some(realm) = parameter("realm")
        {
            return Some(Challenge::Bearer {
                realm,
                service: parameter("service"),
                scope: parameter("scope"),
            });
        }
    }
    basic
}

/// Credentials, and the headers made of them so far.
#[derive(Debug)]
pub(super) struct Tokens {
    credentials: Credentials,
    known: Mutex<HashMap<(String, String), HeaderValue>>,
}

impl Tokens {
    pub(super) fn new(credentials: Credentials) -> Self {
        Tokens {
            credentials,
            known: Mutex::new(HashMap::new()),
        }
    }

    /// The header that worked for a repository before.
    async fn known(&self, endpoint: &Endpoint, repository: &str) -> Option<HeaderValue> {
        self.known
            .lock()
            .await
            .get(&key(endpoint, repository))
            .cloned()
    }

    /// An error that credentials might have spared, with the reason why there are none.
    pub(super) fn explained(&self, error: Error) -> Error {
        let is_refusal = matches!(
            error.kind,
            ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::NotFound
        );
        match self.credentials.troubles().filter(|_| is_refusal) {
            Some(why) => Error {
                message: format!(
                    "{}; credentials could not be looked up: {why}",
                    error.message
                ),
                ..error
            },
            None => error,
        }
    }

    /// Sends a request to a registry, and meets its challenge.
    pub(super) async fn send(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        repository: &str,
        mut request: Request,
    ) -> Result<Response, Error> {
        request.authorization = self.known(endpoint, repository).await;
        let response = transport.send(&request).await?;
        if response.status() != reqwest::StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let Some(challenge) = challenge(response.headers()) else {
            return Ok(response);
        };
        let header = self.meet(transport, endpoint, repository, challenge);
        let Some(header) = header.await? else {
            return Ok(response);
        };
        self.known
            .lock()
            .await
            .insert(key(endpoint, repository), header.clone());
        request.authorization = Some(header);
        transport.send(&request).await
    }

    /// The header for a challenge; `None` without credentials where only they help.
    async fn meet(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        repository: &str,
        challenge: Challenge,
    ) -> Result<Option<HeaderValue>, Error> {
        let limit = transport.config.answer_timeout;
        let credential = self.credentials.find(&endpoint.name, repository, limit);
        let credential = credential.await;
        match challenge {
            Challenge::Basic => Ok(match credential {
                Some(Credential::Password { user, password }) => Some(basic(&user, &password)?),
                _ => None,
            }),
            Challenge::Bearer {
                realm,
                service,
                scope,
            } => {
                let url = realm_url(&realm, endpoint)?;
                let scope = scope.unwrap_or_else(|| format!("repository:{repository}:pull"));
                let request = token_request(url, service.as_deref(), &scope, credential)?;
                let response = transport.send(&request).await?;
                if !response.status().is_success() {
                    let what = format!("no token for `{repository}`");
                    return Err(failure(response, &what, Asked::Registry).await.unnamed());
                }
                let host = place(&request.url);
                let answer = transport.body(response, MAX_TOKEN_BYTES).await?;
                bearer(&answer).map(Some).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Malformed,
                        format!("the answer of {host} has no token in it"),
                    )
                    .unnamed()
                })
            }
        }
    }
}

fn key(endpoint: &Endpoint, repository: &str) -> (String, String) {
    (endpoint.base.to_string(), repository.to_owned())
}

/// Credentials go over plain HTTP only where the registry does so itself.
fn realm_url(realm: &str, endpoint: &Endpoint) -> Result<Url, Error> {
    let refused = |why: String| {
        Error::refused(format!(
            "{} refers to `{realm}` for a token: {why}",
            endpoint.name
        ))
        .unnamed()
    };
    let url = Url::parse(realm).map_err(|error| refused(error.to_string()))?;
    let plain_ok = endpoint.base.scheme() == "http" || is_loopback(&place(&url));
    match url.scheme() {
        "https" => Ok(url),
        "http" if plain_ok => Ok(url),
        scheme => Err(refused(format!("no credentials are sent over `{scheme}`"))),
    }
}

fn token_request(
    mut url: Url,
    service: Option<&str>,
    scope: &str,
    credential: Option<Credential>,
) -> Result<Request, Error> {
    if let Some(Credential::IdentityToken(token)) = credential {
        let mut form = reqwest::Url::parse("form:")
            .map_err(|error| Error::refused(error.to_string()).unnamed())?;
        form.query_pairs_mut()
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", "rdf")
            .append_pair("service", service.unwrap_or_default())
            .append_pair("scope", scope)
            .append_pair("refresh_token", &token);
        let body = form.query().unwrap_or_default().as_bytes().to_vec();
        let mut request = Request::get(url);
        request.method = reqwest::Method::POST;
        request.body = Some(("application/x-www-form-urlencoded", body));
        return Ok(request);
    }
    {
        let mut query = url.query_pairs_mut();
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        for scope in scope.split(' ') {
            query.append_pair("scope", scope);
        }
    }
    let mut request = Request::get(url);
    if let Some(Credential::Password { user, password }) = credential {
        request.authorization = Some(basic(&user, &password)?);
    }
    Ok(request)
}

fn basic(user: &str, password: &str) -> Result<HeaderValue, Error> {
    secret(format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{password}"))
    ))
    .ok_or_else(|| Error::refused("the credentials cannot be sent").unnamed())
}

fn bearer(answer: &[u8]) -> Option<HeaderValue> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let token = ["token", "access_token"]
        .iter()
        .find_map(|key| answer.get(key)?.as_str().filter(|token| !token.is_empty()))?;
    secret(format!("Bearer {token}"))
}

/// A header that no debug output shows.
fn secret(text: String) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(lines: &[&'static str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(line));
        }
        challenge(&headers)
    }

    #[test]
    fn of_all_challenges_the_best_is_met() {
        let bearer = |realm: &str| Challenge::Bearer {
            realm: realm.to_owned(),
            service: None,
            scope: None,
        };
        let long = r#"Bearer realm="https://auth.x/token",service="reg\"x",scope="repository:a/b:pull,push",error=e"#;
        assert_eq!(
            met(&[long]),
            Some(Challenge::Bearer {
                realm: "https://auth.x/token".into(),
                service: Some("reg\"x".into()),
                scope: Some("repository:a/b:pull,push".into()),
            })
        );
        for (lines, wanted) in [
            (&["Basic realm=\"x\""][..], Some(Challenge::Basic)),
            (&["basic"], Some(Challenge::Basic)),
            (
                &["Basic realm=\"x\", Bearer realm=\"y\""],
                Some(bearer("y")),
            ),
            (&["Negotiate, Bearer realm=\"y\""], Some(bearer("y"))),
            (&["Negotiate", "Basic realm=\"x\""], Some(Challenge::Basic)),
            (
                &["Basic realm=\"x\"", "Bearer realm=\"y\""],
                Some(bearer("y")),
            ),
            (&["\"", "Bearer realm=\"y\""], Some(bearer("y"))),
            (
                &["Bearer service=\"x\"", "Basic realm=x"],
                Some(Challenge::Basic),
            ),
        ] {
            assert_eq!(met(lines), wanted, "{lines:?}");
        }
        for text in [
            "",
            "Bearer",
            "Bearer realm",
            "Digest realm=\"x\"",
            "Bearer \"=\\",
        ] {
            assert_eq!(met(&[text]), None, "{text}");
        }
    }
}
