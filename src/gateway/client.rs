//! The bridge to a daemon: messages out, messages in, and what daemons of different age need.
//!
//! Every rule here is the reference client's (`frontend/gateway/grpcclient`): which call needs which
//! capability, what older daemons are asked in its place, which options are added to a nested solve.

mod resolve;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use prost::Message;

use super::container::{Container, NewContainer, Processes};
use super::resolve::Resolve;
use super::rpc::{Method, Rpc};
use super::{
    BoxFuture, Bridge, CapList, CapSet, Code, Environment, Error, FileRange, Ref, Refs,
    ResolvedImage, ResolvedSource, Result, SolveRequest, SolveResult, Stat, WarnRequest, Worker,
    gateway_cap,
};
use crate::collect::CollectSmall as _;
use crate::image::Platform;
use crate::llb::Definition;
use crate::pb::gateway as pb;
use crate::pb::map::{entries, to_map};
use crate::pb::ops::SourceOp;

/// Options of the build that also hold for nested solves.
const INHERITED_OPTS: [&str; 2] = ["cache-imports", "cache-from"];
/// What the reference says to an input that holds no graph.
const NIL_INPUT: &str = "invalid nil input definition to definition op";

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
                definition: Some(Default::default()),
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
            // Ops by the ten thousand need the same few capabilities.
            let metadata = definition.metadata.values();
            let caps: BTreeSet<&str> = metadata.flat_map(|it| it.caps.iter()).collect_small();
            for cap in caps {
                self.environment.llb_caps.require(cap)?;
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
    A::decode(answer).map_err(Error::undecodable)
}

impl Resolve for Client {
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
}

impl Bridge for Client {
    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn resolve_image<'a>(
        &'a self,
        reference: &'a str,
        platform: Option<&'a Platform>,
    ) -> BoxFuture<'a, Result<ResolvedImage>> {
        let request = pb::ResolveImageConfigRequest {
            r#ref: reference.to_owned(),
            platform: platform.map(Into::into),
            ..Default::default()
        };
        Box::pin(async move { Ok(self.image_config(request).await?.into()) })
    }

    fn resolve_source<'a>(
        &'a self,
        identifier: &'a str,
        attrs: &'a BTreeMap<String, String>,
        platform: Option<&'a Platform>,
    ) -> BoxFuture<'a, Result<ResolvedSource>> {
        let source = SourceOp {
            identifier: identifier.to_owned(),
            attrs: entries(attrs.clone()),
        };
        let request = pb::ResolveSourceMetaRequest {
            source: Some(source),
            platform: platform.map(Into::into),
            ..Default::default()
        };
        Box::pin(async move { Ok(self.source_meta(request).await?.into()) })
    }

    fn solve(&self, request: SolveRequest) -> BoxFuture<'_, Result<SolveResult>> {
        Box::pin(self.solve_request(request))
    }

    fn read_file<'a>(
        &'a self,
        reference: &'a Ref,
        path: &'a str,
        range: Option<FileRange>,
    ) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(async move {
            let request = pb::ReadFileRequest {
                r#ref: reference.id.clone(),
                file_path: path.to_owned(),
                range: range.map(Into::into),
                mount_index: 0,
            };
            let answer: pb::ReadFileResponse = self.call(Method::ReadFile, &request).await?;
            Ok(answer.data.into())
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
            Ok(answer.entries.into_iter().map(Stat::from).collect())
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
                .map(Stat::from)
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
            let inputs = to_map(answer.definitions).into_iter();
            let inputs: BTreeMap<String, Definition> = inputs
                .map(|(name, input)| (name, Definition::from_pb(input)))
                .collect_small();
            // Parity: an input without metadata, such as an empty file system, is none.
            if inputs.values().any(|input| input.metadata.is_empty()) {
                return Err(Error::new(NIL_INPUT));
            }
            Ok(inputs)
        })
    }

    fn warn(&self, warning: WarnRequest) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if !self.supports(gateway_cap::WARNINGS) {
                return Ok(());
            }
            let answer: Result<pb::WarnResponse> =
                self.call(Method::Warn, &warning.into_pb()).await;
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
