//! The client for the real servers.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

use super::{Error, trust};

/// The cryptography of both sides.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn variable(names: [&str; 2]) -> Option<String> {
    names
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
}

/// A client that trusts whom the image trusts, else the authorities that browsers trust, and takes the proxies that
/// the step was given. It follows no redirect and unpacks nothing: the command does.
pub(super) fn client() -> Result<reqwest::Client, Error> {
    let mut roots = RootCertStore::empty();
    let (known, _) = roots.add_parsable_certificates(trust::image_roots());
    if known == 0 {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let tls = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|source| Error::Tls {
            doing: "cannot set up TLS",
            source,
        })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client = reqwest::Client::builder()
        .use_preconfigured_tls(tls)
        .redirect(reqwest::redirect::Policy::none())
        .http1_only()
        .no_proxy();
    let direct =
        variable(["no_proxy", "NO_PROXY"]).and_then(|hosts| reqwest::NoProxy::from_string(&hosts));
    if let Some(proxy) = variable(["http_proxy", "HTTP_PROXY"]) {
        client = client.proxy(reqwest::Proxy::http(proxy)?.no_proxy(direct.clone()));
    }
    if let Some(proxy) = variable(["https_proxy", "HTTPS_PROXY"]) {
        client = client.proxy(reqwest::Proxy::https(proxy)?.no_proxy(direct));
    }
    Ok(client.build()?)
}
