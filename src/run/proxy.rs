//! The proxy on loopback: plain requests in absolute form, and `CONNECT`, behind which TLS is ended here.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::body::{self, Any};
use super::trust::{ForHost, Leaves, Trust};
use super::{Doing as _, Error};
use crate::limits::MAX_RECORDED_REQUEST_BYTES;

/// The proxy's usual port. One that is always the same leaves nothing that differs where a command writes its
/// environment down.
const PORT: u16 = 3129;

/// First byte of a TLS connection: a handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// Headers that are about one connection and not about the message.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request as the command made it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    /// The whole URL; default ports are left out.
    pub(super) url: String,
    /// Headers of the message, not of the connection.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Asked {
    /// Headers that are text, as pairs.
    pub(super) fn header_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(&self.headers)
    }
}

/// Headers that are text, as pairs.
pub(super) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let texts = headers.iter();
    texts.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
}

/// Removes what is about the connection.
pub(super) fn end_to_end(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all("connection")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in listed {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(*name);
    }
}

/// Who answers requests.
pub(super) trait Handler: Send + Sync + 'static {
    /// The response, whatever happens.
    fn answer(self: Arc<Self>, asked: Asked) -> impl Future<Output = Response<Any>> + Send;
}

/// Where a connection leads: `https` and `example.org`, with a port that is not the usual one.
#[derive(Clone, Debug)]
struct Target {
    scheme: &'static str,
    authority: String,
}

impl Target {
    fn new(scheme: &'static str, authority: &str) -> Self {
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(usual).unwrap_or(authority);
        Target {
            scheme,
            authority: authority.to_ascii_lowercase(),
        }
    }
}

/// Listens on loopback, and serves as long as the runtime runs.
pub(super) async fn listen<H: Handler>(
    handler: Arc<H>,
    trust: &Trust,
) -> Result<SocketAddr, Error> {
    let listener = match TcpListener::bind(("127.0.0.1", PORT)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind(("127.0.0.1", 0))
            .await
            .doing(|| "the proxy cannot listen on loopback".to_owned())?,
    };
    let address = listener
        .local_addr()
        .doing(|| "the proxy's address is unknown".to_owned())?;
    let leaves = trust.leaves();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let (handler, leaves) = (Arc::clone(&handler), Arc::clone(&leaves));
            tokio::spawn(serve(stream, None, handler, leaves));
        }
    });
    Ok(address)
}

/// Serves one connection. A command that hangs up early is nothing to tell of.
fn serve<S, H>(
    stream: S,
    target: Option<Target>,
    handler: Arc<H>,
    leaves: Arc<Leaves>,
) -> Pin<Box<dyn Future<Output = ()> + Send>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    // Boxed, since what is behind a CONNECT is served by the same function.
    Box::pin(async move {
        let service = service_fn(move |request| {
            let (handler, leaves) = (Arc::clone(&handler), Arc::clone(&leaves));
            let target = target.clone();
            async move { Ok::<_, Infallible>(respond(request, target, handler, leaves).await) }
        });
        let _ = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
            .await;
    })
}

async fn respond<H: Handler>(
    request: Request<Incoming>,
    target: Option<Target>,
    handler: Arc<H>,
    leaves: Arc<Leaves>,
) -> Response<Any> {
    if request.method() == Method::CONNECT {
        let Some(authority) = request.uri().authority().cloned() else {
            return refusal(StatusCode::BAD_REQUEST, "CONNECT without a host");
        };
        tokio::spawn(async move {
            if let Ok(upgraded) = hyper::upgrade::on(request).await {
                tunnel(
                    BufReader::new(TokioIo::new(upgraded)),
                    authority.as_str(),
                    handler,
                    leaves,
                )
                .await;
            }
        });
        return Response::new(body::empty());
    }
    let Some(url) = url(&request, target.as_ref()) else {
        return refusal(StatusCode::BAD_REQUEST, "a request without a host");
    };
    let (head, body) = request.into_parts();
    let mut headers = head.headers;
    end_to_end(&mut headers);
    headers.remove("host");
    headers.remove("expect");
    let Ok(body) = Limited::new(body, MAX_RECORDED_REQUEST_BYTES)
        .collect()
        .await
    else {
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the body of the request is too large to be recorded",
        );
    };
    let asked = Asked {
        method: head.method,
        url,
        headers,
        body: body.to_bytes(),
    };
    handler.answer(asked).await
}

/// The URL that a request means.
fn url(request: &Request<Incoming>, target: Option<&Target>) -> Option<String> {
    let uri = request.uri();
    let target = match (target, uri.authority()) {
        (Some(target), _) => target.clone(),
        (None, Some(authority)) => match uri.scheme_str() {
            Some("http") => Target::new("http", authority.as_str()),
            _ => return None,
        },
        (None, None) => Target::new("http", request.headers().get("host")?.to_str().ok()?),
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Some(format!("{}://{}{path}", target.scheme, target.authority))
}

/// What follows a CONNECT: TLS, or plain HTTP for a client that tunnels everything.
async fn tunnel<S, H>(
    mut stream: BufReader<S>,
    authority: &str,
    handler: Arc<H>,
    leaves: Arc<Leaves>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    let Ok(first) = stream.fill_buf().await.map(|bytes| bytes.first().copied()) else {
        return;
    };
    match first {
        Some(TLS_HANDSHAKE) => {
            let host = authority
                .rsplit_once(':')
                .map_or(authority, |(host, _)| host);
            let resolver = ForHost {
                leaves: Arc::clone(&leaves),
                host: host.trim_matches(['[', ']']).to_owned(),
            };
            let mut config =
                rustls::ServerConfig::builder_with_provider(super::upstream::provider())
                    .with_safe_default_protocol_versions()
                    .map(|builder| {
                        builder
                            .with_no_client_auth()
                            .with_cert_resolver(Arc::new(resolver))
                    });
            if let Ok(config) = &mut config {
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
            }
            let Ok(config) = config else { return };
            // A client that does not trust us ends the handshake; it says so itself.
            if let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
                serve(
                    stream,
                    Some(Target::new("https", authority)),
                    handler,
                    leaves,
                )
                .await;
            }
        }
        Some(byte) if byte.is_ascii_uppercase() => {
            serve(
                stream,
                Some(Target::new("http", authority)),
                handler,
                leaves,
            )
            .await;
        }
        _ => {}
    }
}

/// A response of ours that says why there is no other.
pub(super) fn refusal(status: StatusCode, why: &str) -> Response<Any> {
    let mut response = Response::new(body::text(format!("rdf-run: {why}\n")));
    *response.status_mut() = status;
    response
}
