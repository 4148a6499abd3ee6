//! Where a registry is: the host behind a name, its mirrors, and whether it speaks plain HTTP.

use std::collections::BTreeMap;
use std::net::IpAddr;

use reqwest::Url;

use super::{Config, Error};

const DOCKER_IO: &str = "docker.io";
const DOCKER_HUB: &str = "registry-1.docker.io";

/// Knows where to ask.
#[derive(Debug)]
pub(super) struct Hosts {
    mirrors: BTreeMap<String, Vec<String>>,
    plain: Vec<String>,
}

/// One place that may answer for a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Scheme, host and port.
    pub base: Url,
    /// Name under which credentials are kept.
    pub name: String,
}

impl Hosts {
    pub(super) fn new(config: &Config) -> Self {
        Hosts {
            mirrors: config.mirrors.clone(),
            plain: config.plain_http.clone(),
        }
    }

    /// The endpoints for `domain`, mirrors first.
    pub(super) fn endpoints(&self, domain: &str) -> Result<Vec<Endpoint>, Error> {
        let mut endpoints = Vec::new();
        for mirror in self.mirrors.get(domain).into_iter().flatten() {
            let text = if mirror.contains("://") {
                mirror.clone()
            } else {
                format!("{}://{mirror}", self.scheme(mirror))
            };
            endpoints.push(endpoint(&text)?);
        }
        let host = if domain == DOCKER_IO {
            DOCKER_HUB
        } else {
            domain
        };
        let mut own = endpoint(&format!("{}://{host}", self.scheme(host)))?;
        own.name = domain.to_owned();
        endpoints.push(own);
        Ok(endpoints)
    }

    fn scheme(&self, host: &str) -> &'static str {
        if is_listed(&self.plain, host) || is_loopback(host) {
            "http"
        } else {
            "https"
        }
    }
}

impl Endpoint {
    /// A URL below `/v2/`.
    pub(super) fn url(&self, path: &str) -> Result<Url, Error> {
        let text = format!("{}/v2/{path}", self.base.as_str().trim_end_matches('/'));
        Url::parse(&text)
            .map_err(|error| Error::refused(format!("`{text}` is not a valid URL: {error}")))
    }
}

fn endpoint(text: &str) -> Result<Endpoint, Error> {
    let refused =
        |why: &str| Error::refused(format!("`{text}` is not a valid registry: {why}")).unnamed();
    let base = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
    if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
        return Err(refused("its URL must start with http:// or https://"));
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(refused("its URL must not have credentials"));
    }
    let name = super::transport::place(&base);
    Ok(Endpoint { base, name })
}

/// Whether a list of hosts has this one: one without a port stands for all ports.
pub(super) fn is_listed(list: &[String], host: &str) -> bool {
    let bare = |text: &str| match text.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name.to_owned(),
        _ => text.to_owned(),
    };
    list.iter().any(|listed| {
        let listed = listed.strip_prefix("http://").unwrap_or(listed);
        let listed = listed.trim_end_matches('/');
        listed == host || listed == bare(host)
    })
}

/// Whether a host, with or without port, is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_plain_unasked() {
        let config = Config {
            plain_http: vec![
                "reg.lan:5000".into(),
                "any.lan".into(),
                "http://with.lan/".into(),
            ],
            ..Config::default()
        };
        let hosts = Hosts::new(&config);
        for (domain, base) in [
            ("docker.io", "https://registry-1.docker.io/"),
            ("ghcr.io", "https://ghcr.io/"),
            ("localhost:5000", "http://localhost:5000/"),
            ("127.0.0.9:1", "http://127.0.0.9:1/"),
            ("[::1]:5000", "http://[::1]:5000/"),
            ("reg.lan:5000", "http://reg.lan:5000/"),
            ("reg.lan:5001", "https://reg.lan:5001/"),
            ("reg.lan", "https://reg.lan/"),
            ("any.lan", "http://any.lan/"),
            ("any.lan:5000", "http://any.lan:5000/"),
            ("many.lan:5000", "https://many.lan:5000/"),
            ("with.lan:80", "http://with.lan/"),
            ("localhost.example.com", "https://localhost.example.com/"),
        ] {
            assert_eq!(
                hosts.endpoints(domain).unwrap()[0].base.as_str(),
                base,
                "{domain}"
            );
        }
    }

    #[test]
    fn mirrors_come_first() {
        let mirrors = BTreeMap::from([(
            "docker.io".to_owned(),
            vec!["https://m.example/proxy".to_owned()],
        )]);
        let hosts = Hosts::new(&Config {
            mirrors,
            ..Config::default()
        });
        let endpoints = hosts.endpoints("docker.io").unwrap();
        assert_eq!(endpoints.len(), 2);
        assert_eq!(
            endpoints[0].url("a/manifests/b").unwrap().as_str(),
            "https://m.example/proxy/v2/a/manifests/b"
        );
        assert_eq!(endpoints[1].name, "docker.io");
        let bad = BTreeMap::from([("x".to_owned(), vec!["https://u:p@m".to_owned()])]);
        assert!(
            Hosts::new(&Config {
                mirrors: bad,
                ..Config::default()
            })
            .endpoints("x")
            .is_err()
        );
    }
}
