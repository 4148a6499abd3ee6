//! The bridge to a daemon: messages out, messages in, and what daemons of different age need.
//!
//! Every rule here is the reference client's (`frontend/gateway/grpcclient`): which call needs which
//! capability, what older daemons are asked in its place, which options are added to a nested solve.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use prost::Message;

use super::container::{Container, NewContainer, Processes};
use super::rpc::{Method, Rpc};
use super::{
    BoxFuture, Bridge, CapList, CapSet, Code, Environment, Error, Ref, Refs, Result, SolveRequest,
    SolveResult, Worker, gateway_cap,
};
use crate::pb::fsutil::Stat;
use crate::pb::gateway::{self as pb, FileRange};
use crate::pb::ops::{Definition, SourceOp};

/// Scheme of image sources.
const IMAGE: &str = "docker-image://";
/// Scheme of OCI layout sources.
const OCI_LAYOUT: &str = "oci-layout://";
/// `resolver_type` of an OCI layout.
const RESOLVER_OCI_LAYOUT: i32 = 1;
/// Attributes of an OCI layout source.
const ATTR_OCI_SESSION: &str = "oci.session";
const ATTR_OCI_STORE: &str = "oci.store";
/// Options of the build that also hold for nested solves.
const INHERITED_OPTS: [&str; 2] = ["cache-imports", "cache-from"];

/// The bridge to a daemon.
pub struct Client {
    rpc: Arc<dyn Rpc>,
    environment: Environment,
    /// Requests by ref: daemons without `return` are told the result by repeating its request.
    requests: Mutex<HashMap<String, pb::SolveRequest>>,
    processes: Arc<Processes>,
}

impl Client {
    /// Asks the daemon what it can do. `environment` brings options, session, workers and product; the
    /// capabilities are replaced, and the workers too when there are none.
    ///
    /// # Errors
    /// Those of the first call: no daemon, or not one that speaks this protocol. It has no time limit of its
    /// own.
    pub async fn connect(rpc: Arc<dyn Rpc>, mut environment: Environment) -> Result<Self> {
        let pong: pb::PongResponse = call(&*rpc, Method::Ping, &pb::PingRequest {}).await?;
        let product = &environment.product;
        environment.caps = CapSet::from_ping(CapList::Gateway, pong.frontend_api_caps, product);
        environment.llb_caps = CapSet::from_ping(CapList::Llb, pong.llb_caps, product);
        if environment.workers.is_empty() {
            environment.workers = pong.workers.into_iter().map(Worker::from).collect();
        }
        Ok(Client {
            processes: Arc::new(Processes::new(Arc::clone(&rpc))),
            rpc,
            environment,
            requests: Mutex::default(),
        })
    }

    /// Tells the daemon what came of the build. The result of a build that cannot be sent in this daemon's
    /// wire form becomes an error, which is told in its place and returned.
    ///
    /// # Errors
    /// The build's own error, or why its result could not be delivered.
    pub async fn finish(&self, outcome: Result<SolveResult>) -> Result<()> {
        let outcome = outcome.and_then(|result| match &result.refs {
            Refs::Map(refs) if refs.len() > 1 => {
                self.require(gateway_cap::RETURN_MAP)?;
                Ok(result)
            }
            _ => Ok(result),
        });
        if !self.supports(gateway_cap::RETURN_RESULT) {
            return self.finish_by_solve(outcome?).await;
        }
        let arrays = self.supports(gateway_cap::PROTO_REF_ARRAY);
        let (request, outcome) = match outcome {
            Ok(result) => {
                let request = pb::ReturnRequest {
                    result: Some(result.into_pb(arrays)),
                    error: None,
                };
                (request, Ok(()))
            }
            Err(error) => {
                let request = pb::ReturnRequest {
                    result: None,
                    error: Some(error.to_status()),
                };
                (request, Err(error))
            }
        };
        let returned: Result<pb::ReturnResponse> = self.call(Method::Return, &request).await;
        outcome.and(
            returned
                .map(|_| ())
                .map_err(|e| e.context("cannot return the result")),
        )
    }

    /// How daemons before 0.4 learn the result.
    async fn finish_by_solve(&self, result: SolveResult) -> Result<()> {
        let reference = result.single()?;
        let mut request = match reference {
            Some(reference) if !reference.id.is_empty() => {
                let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
                requests.get(&reference.id).cloned().ok_or_else(|| {
                    let id = &reference.id;
                    Error::new(format!("did not find request for return reference {id}"))
                })?
            }
            _ => pb::SolveRequest {
                definition: Some(Definition::default()),
                ..pb::SolveRequest::default()
            },
        };
        request.r#final = true;
        request.exporter_attr = super::result::metadata_to_json(&result.metadata);
        let solved: Result<pb::SolveResponse> = self.call(Method::Solve, &request).await;
        solved
            .map(|_| ())
            .map_err(|error| error.context("failed to solve"))
    }

    fn supports(&self, cap: &str) -> bool {
        self.environment.caps.supports(cap)
    }

    fn require(&self, cap: &str) -> Result<()> {
        Ok(self.environment.caps.require(cap)?)
    }

    async fn call<A: Message + Default>(
        &self,
        method: Method,
        request: &impl Message,
    ) -> Result<A> {
        call(&*self.rpc, method, request).await
    }

    /// As the reference does, options of the build that concern caches are handed on.
    fn inherit_opts(&self, opts: &mut BTreeMap<String, String>) {
        for key in INHERITED_OPTS {
            if let Some(value) = self.environment.opts.get(key) {
                opts.entry(key.to_owned()).or_insert_with(|| value.clone());
            }
        }
    }

    async fn solve_request(&self, mut request: SolveRequest) -> Result<SolveResult> {
        if let Some(definition) = &request.definition {
            let metadata = definition.metadata.iter();
            for cap in metadata.flat_map(|entry| &entry.value.caps) {
                self.environment.llb_caps.require(&cap.key)?;
            }
        }
        self.inherit_opts(&mut request.frontend_opt);
        let evaluate = request.evaluate;
        let early = evaluate && self.supports(gateway_cap::EVALUATE_SOLVE);
        let mut request = request.into_pb();
        request.evaluate = early;
        let returns = self.supports(gateway_cap::RETURN_RESULT);
        if !returns {
            request.exporter_attr = b"{}".to_vec();
        }
        let response: pb::SolveResponse = self.call(Method::Solve, &request).await?;
        let result = match response.result {
            Some(result) => SolveResult::from_pb(result),
            None => {
                let id = response.r#ref;
                if !returns && !id.is_empty() {
                    let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
                    requests.insert(id.clone(), request);
                }
                SolveResult::of(Ref::from_id(id))
            }
        };
        if evaluate && !early {
            for reference in result.refs.iter().flatten() {
                self.stat_file(reference, ".").await?;
            }
        }
        Ok(result)
    }

    async fn image_config(
        &self,
        request: pb::ResolveImageConfigRequest,
    ) -> Result<pb::ResolveImageConfigResponse> {
        let asked = request.r#ref.clone();
        if self.supports(gateway_cap::SOURCE_META_RESOLVER) {
            let request = image_source_request(request);
            let answer: pb::ResolveSourceMetaResponse =
                self.call(Method::ResolveSourceMeta, &request).await?;
            return image_config_of(answer, &asked);
        }
        let mut answer: pb::ResolveImageConfigResponse =
            self.call(Method::ResolveImageConfig, &request).await?;
        if answer.r#ref.is_empty() {
            answer.r#ref = asked;
        }
        Ok(answer)
    }

    async fn source_meta(
        &self,
        request: pb::ResolveSourceMetaRequest,
    ) -> Result<pb::ResolveSourceMetaResponse> {
        let attestations = request
            .image
            .as_ref()
            .is_some_and(|image| image.attestation_chain || !image.resolve_attestations.is_empty());
        let checksum = request
            .http
            .as_ref()
            .is_some_and(|http| http.checksum_request.is_some());
        if !self.supports(gateway_cap::SOURCE_META_RESOLVER) {
            return self
                .source_meta_by_image(request, attestations, checksum)
                .await;
        }
        if attestations {
            self.require(gateway_cap::SOURCE_META_RESOLVER_IMAGE_ATTESTATIONS)
                .map_err(|error| {
                    error.context(
                        "image attestation resolution requires additional source metadata resolver support",
                    )
                })?;
        }
        if checksum {
            self.require(gateway_cap::SOURCE_META_RESOLVER_HTTP_CHECKSUM_REQUEST)
                .map_err(|error| {
                    error.context(
                        "http checksum request requires additional source metadata resolver support",
                    )
                })?;
        }
        let mut request = request;
        if let Some(image) = &mut request.image {
            image.attestation_chain = attestations;
        }
        let asked = request.source.clone();
        let mut answer: pb::ResolveSourceMetaResponse =
            self.call(Method::ResolveSourceMeta, &request).await?;
        if answer.source.is_none() {
            answer.source = asked;
        }
        let answered = answer
            .http
            .as_ref()
            .is_some_and(|http| http.checksum_response.is_some());
        if checksum && !answered {
            return Err(Error::new(
                "http checksum request was sent but response did not include checksum response",
            ));
        }
        Ok(answer)
    }

    /// Daemons without `source.metaresolver` know images only; other sources come back as they are.
    async fn source_meta_by_image(
        &self,
        request: pb::ResolveSourceMetaRequest,
        attestations: bool,
        checksum: bool,
    ) -> Result<pb::ResolveSourceMetaResponse> {
        if attestations {
            return Err(Error::new(
                "image attestation resolution requires source metadata resolver support",
            ));
        }
        let mut source = request.source.unwrap_or_default();
        let (scheme, reference) = match split_image(&source.identifier) {
            Some((scheme, reference)) => (scheme, reference.to_owned()),
            None if checksum => {
                return Err(Error::new(
                    "http checksum request requires source metadata resolver support",
                ));
            }
            None => {
                return Ok(pb::ResolveSourceMetaResponse {
                    source: Some(source),
                    ..Default::default()
                });
            }
        };
        let mut config = pb::ResolveImageConfigRequest {
            r#ref: reference,
            platform: request.platform,
            resolve_mode: request.resolve_mode,
            log_name: request.log_name,
            source_policies: request.source_policies,
            ..Default::default()
        };
        if scheme == OCI_LAYOUT {
            let attr = |key| {
                let entry = source.attrs.iter().find(|entry| entry.key == key);
                entry.map(|entry| entry.value.clone()).unwrap_or_default()
            };
            config.resolver_type = RESOLVER_OCI_LAYOUT;
            config.session_id = attr(ATTR_OCI_SESSION);
            config.store_id = attr(ATTR_OCI_STORE);
        }
        let answer = self.image_config(config).await?;
        source.identifier = format!("{scheme}{}", answer.r#ref);
        Ok(pb::ResolveSourceMetaResponse {
            source: Some(source),
            image: Some(pb::ResolveSourceImageResponse {
                digest: answer.digest,
                config: answer.config,
                attestation_chain: None,
            }),
            ..Default::default()
        })
    }
}

/// One call: encode, carry, decode.
pub(super) async fn call<A: Message + Default>(
    rpc: &dyn Rpc,
    method: Method,
    request: &impl Message,
) -> Result<A> {
    let answer = rpc
        .unary(method, Bytes::from(request.encode_to_vec()))
        .await?;
    Ok(A::decode(answer)?)
}

/// The scheme and reference of an image source.
fn split_image(identifier: &str) -> Option<(&'static str, &str)> {
    [IMAGE, OCI_LAYOUT]
        .into_iter()
        .find_map(|scheme| Some((scheme, identifier.strip_prefix(scheme)?)))
}

/// An image config request in terms of sources. Parity: the resolve mode is not handed on.
fn image_source_request(request: pb::ResolveImageConfigRequest) -> pb::ResolveSourceMetaRequest {
    let oci_layout = request.resolver_type == RESOLVER_OCI_LAYOUT;
    let scheme = if oci_layout { OCI_LAYOUT } else { IMAGE };
    let mut source = SourceOp {
        identifier: format!("{scheme}{}", request.r#ref),
        ..SourceOp::default()
    };
    if oci_layout {
        source.attrs = crate::pb::map::entries([
            (ATTR_OCI_SESSION, request.session_id),
            (ATTR_OCI_STORE, request.store_id),
        ]);
    }
    pb::ResolveSourceMetaRequest {
        source: Some(source),
        platform: request.platform,
        log_name: request.log_name,
        source_policies: request.source_policies,
        ..Default::default()
    }
}

fn image_config_of(
    answer: pb::ResolveSourceMetaResponse,
    asked: &str,
) -> Result<pb::ResolveImageConfigResponse> {
    let identifier = answer.source.map(|source| source.identifier);
    let identifier = identifier.unwrap_or_default();
    let Some(image) = answer.image else {
        return Err(Error::new(format!(
            "ref mutated by policy to non-image: {IMAGE}{asked} -> {identifier}"
        )));
    };
    let reference =
        split_image(&identifier).map_or(identifier.as_str(), |(_, reference)| reference);
    let reference = if reference.is_empty() {
        asked
    } else {
        reference
    };
    Ok(pb::ResolveImageConfigResponse {
        digest: image.digest,
        config: image.config,
        r#ref: reference.to_owned(),
    })
}

impl Bridge for Client {
    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn resolve_image_config(
        &self,
        request: pb::ResolveImageConfigRequest,
    ) -> BoxFuture<'_, Result<pb::ResolveImageConfigResponse>> {
        Box::pin(self.image_config(request))
    }

    fn resolve_source_meta(
        &self,
        request: pb::ResolveSourceMetaRequest,
    ) -> BoxFuture<'_, Result<pb::ResolveSourceMetaResponse>> {
        Box::pin(self.source_meta(request))
    }

    fn solve(&self, request: SolveRequest) -> BoxFuture<'_, Result<SolveResult>> {
        Box::pin(self.solve_request(request))
    }

    fn read_file<'a>(
        &'a self,
        reference: &'a Ref,
        path: &'a str,
        range: Option<FileRange>,
    ) -> BoxFuture<'a, Result<Bytes>> {
        Box::pin(async move {
            let request = pb::ReadFileRequest {
                r#ref: reference.id.clone(),
                file_path: path.to_owned(),
                range,
                mount_index: 0,
            };
            let answer: pb::ReadFileResponse = self.call(Method::ReadFile, &request).await?;
            Ok(answer.data)
        })
    }

    fn read_dir<'a>(
        &'a self,
        reference: &'a Ref,
        path: &'a str,
        include_pattern: &'a str,
    ) -> BoxFuture<'a, Result<Vec<Stat>>> {
        Box::pin(async move {
            self.require(gateway_cap::READ_DIR)?;
            let request = pb::ReadDirRequest {
                r#ref: reference.id.clone(),
                dir_path: path.to_owned(),
                include_pattern: include_pattern.to_owned(),
                mount_index: 0,
            };
            let answer: pb::ReadDirResponse = self.call(Method::ReadDir, &request).await?;
            Ok(answer.entries)
        })
    }

    fn stat_file<'a>(&'a self, reference: &'a Ref, path: &'a str) -> BoxFuture<'a, Result<Stat>> {
        Box::pin(async move {
            self.require(gateway_cap::STAT_FILE)?;
            let request = pb::StatFileRequest {
                r#ref: reference.id.clone(),
                path: path.to_owned(),
                mount_index: 0,
            };
            let answer: pb::StatFileResponse = self.call(Method::StatFile, &request).await?;
            answer
                .stat
                .ok_or_else(|| Error::with_code(Code::Internal, "the daemon sent no file metadata"))
        })
    }

    fn evaluate<'a>(&'a self, reference: &'a Ref) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if !self.supports(gateway_cap::EVALUATE) {
                return self.stat_file(reference, ".").await.map(|_| ());
            }
            let request = pb::EvaluateRequest {
                r#ref: reference.id.clone(),
            };
            let answer: Result<pb::EvaluateResponse> = self.call(Method::Evaluate, &request).await;
            answer.map(|_| ())
        })
    }

    fn inputs(&self) -> BoxFuture<'_, Result<BTreeMap<String, Definition>>> {
        Box::pin(async move {
            self.require(gateway_cap::FRONTEND_INPUTS)?;
            let request = pb::InputsRequest {};
            let answer: pb::InputsResponse = self.call(Method::Inputs, &request).await?;
            Ok(answer.definitions)
        })
    }

    fn warn(&self, warning: pb::WarnRequest) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if !self.supports(gateway_cap::WARNINGS) {
                return Ok(());
            }
            let answer: Result<pb::WarnResponse> = self.call(Method::Warn, &warning).await;
            answer.map(|_| ())
        })
    }

    fn new_container(&self, container: NewContainer) -> BoxFuture<'_, Result<Container>> {
        Box::pin(async move {
            self.require(gateway_cap::EXEC)?;
            let caps = &self.environment.caps;
            Container::create(
                Arc::clone(&self.rpc),
                Arc::clone(&self.processes),
                caps,
                container,
            )
            .await
        })
    }
}
