//! The fake daemon itself: what it holds, and its answer to each method.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use prost::Message;
use tokio::sync::mpsc;

use super::exec::{self, ProcessAnswer};
use super::files::{Files, source_of};
use super::image::Image;
use crate::gateway::{
    BoxFuture, CapList, CapSet, Client, Code, Environment, Error, ExecStream, Frontend, Method,
    Result, Rpc, SolveResult, Worker, gateway_cap,
};
use crate::pb::gateway::{self as pb, ExecMessage, InitMessage, ResolveSourceMetaResponse};
use crate::pb::ops::{Definition, Platform, SourceOp};
use crate::pb::worker::WorkerRecord;

/// A daemon in memory. Clones are handles to the same daemon.
#[derive(Clone)]
pub struct FakeDaemon {
    state: Arc<Mutex<State>>,
    /// Options and inputs of the build that this handle serves.
    environment: Arc<Mutex<Environment>>,
    inputs: Arc<Mutex<BTreeMap<String, Definition>>>,
}

/// A call that a frontend made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// The encoded request.
    pub request: Bytes,
}

impl Call {
    /// The request; the type must be the one of the method.
    ///
    /// # Errors
    /// When the bytes are not of that type.
    pub fn decode<T: Message + Default>(&self) -> Result<T> {
        Ok(T::decode(self.request.clone())?)
    }
}

type SourceFiles = Arc<dyn Fn(&SourceOp) -> Option<Files> + Send + Sync>;
type Forward = Arc<dyn Fn(FakeDaemon) -> BoxFuture<'static, Result<SolveResult>> + Send + Sync>;

#[derive(Default)]
struct State {
    images: HashMap<String, Image>,
    files: HashMap<String, Files>,
    source_files: Option<SourceFiles>,
    source_meta: HashMap<String, ResolveSourceMetaResponse>,
    forward: Option<Forward>,
    processes: Option<exec::Handler>,
    /// Errors to give, and whether once only.
    failures: HashMap<Method, (Error, bool)>,
    hangs: Vec<Method>,
    /// Definitions of refs, in the order of their numbers.
    refs: Vec<Option<Definition>>,
    containers: HashMap<String, Vec<String>>,
    calls: Vec<Call>,
    returned: Option<pb::ReturnRequest>,
}

impl Default for FakeDaemon {
    fn default() -> Self {
        FakeDaemon::new()
    }
}

impl FakeDaemon {
    /// A daemon with every capability, one `linux/amd64` worker and nothing else.
    pub fn new() -> Self {
        let platform = Platform {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            ..Platform::default()
        };
        let environment = Environment {
            session_id: "session".to_owned(),
            workers: vec![Worker {
                id: "worker".to_owned(),
                platforms: vec![platform],
                ..Worker::default()
            }],
            caps: CapSet::all(CapList::Gateway),
            llb_caps: CapSet::all(CapList::Llb),
            ..Environment::default()
        };
        FakeDaemon {
            state: Arc::default(),
            environment: Arc::new(Mutex::new(environment)),
            inputs: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Sets a frontend option.
    pub fn set_opt(&self, key: &str, value: &str) {
        let mut environment = lock(&self.environment);
        environment.opts.insert(key.to_owned(), value.to_owned());
    }

    /// Changes anything else that a frontend knows without asking: session, workers, capabilities.
    pub fn set_environment(&self, change: impl FnOnce(&mut Environment)) {
        change(&mut lock(&self.environment));
    }

    /// Adds an image under its full reference.
    pub fn add_image(&self, reference: &str, image: Image) {
        self.state().images.insert(reference.to_owned(), image);
    }

    /// Adds a file to a source, such as `local://context`.
    pub fn add_file(&self, identifier: &str, path: &str, content: impl Into<Bytes>) {
        let mut state = self.state();
        let files = state.files.entry(identifier.to_owned()).or_default();
        files.insert(path, content);
    }

    /// Sets all files of a source.
    pub fn set_files(&self, identifier: &str, files: Files) {
        self.state().files.insert(identifier.to_owned(), files);
    }

    /// Gives the files of sources that none were set for.
    pub fn set_source_files(
        &self,
        files: impl Fn(&SourceOp) -> Option<Files> + Send + Sync + 'static,
    ) {
        self.state().source_files = Some(Arc::new(files));
    }

    /// Sets the metadata of a source that is no image; its `source` may be left out.
    pub fn set_source_meta(&self, identifier: &str, meta: ResolveSourceMetaResponse) {
        self.state().source_meta.insert(identifier.to_owned(), meta);
    }

    /// Adds a frontend input.
    pub fn add_input(&self, name: &str, definition: Definition) {
        lock(&self.inputs).insert(name.to_owned(), definition);
    }

    /// Runs this frontend whenever one is asked for (`gateway.v0`, `dockerfile.v0`), with the options and
    /// inputs of that request, on a thread of its own.
    pub fn set_forward<F: Frontend + Send + Sync + 'static>(&self, frontend: F) {
        let frontend = Arc::new(frontend);
        self.state().forward = Some(Arc::new(move |daemon| {
            let frontend = Arc::clone(&frontend);
            Box::pin(async move { on_thread(frontend, daemon).await })
        }));
    }

    /// Answers processes of containers.
    pub fn set_processes(
        &self,
        answer: impl Fn(&InitMessage, &[u8]) -> ProcessAnswer + Send + Sync + 'static,
    ) {
        self.state().processes = Some(Arc::new(answer));
    }

    /// Fails every call of a method.
    pub fn fail(&self, method: Method, error: Error) {
        self.state().failures.insert(method, (error, false));
    }

    /// Fails the next call of a method.
    pub fn fail_once(&self, method: Method, error: Error) {
        self.state().failures.insert(method, (error, true));
    }

    /// Never answers calls of a method.
    pub fn hang(&self, method: Method) {
        self.state().hangs.push(method);
    }

    /// Every call so far, those of forwarded frontends included.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// Requests of one method so far. Those that are not of the type are left out.
    pub fn requests<T: Message + Default>(&self, method: Method) -> Vec<T> {
        let calls = self.calls().into_iter();
        calls
            .filter(|call| call.method == method)
            .filter_map(|call| call.decode().ok())
            .collect()
    }

    /// What the frontend returned, if it did.
    pub fn returned(&self) -> Option<Result<SolveResult>> {
        let returned = self.state().returned.clone()?;
        Some(match returned.error {
            Some(status) => Err(Error::from_status(status)),
            None => Ok(SolveResult::from_pb(returned.result.unwrap_or_default())),
        })
    }

    /// The definition behind a ref; `None` for unknown refs.
    pub fn definition(&self, id: &str) -> Option<Definition> {
        let number: usize = id.strip_prefix("ref-")?.parse().ok()?;
        self.state().refs.get(number)?.clone()
    }

    /// What a frontend of this daemon finds in its environment.
    pub fn environment(&self) -> Environment {
        lock(&self.environment).clone()
    }

    /// A bridge to this daemon, in memory.
    pub async fn client(&self) -> Result<Client> {
        Client::connect(Arc::new(self.clone()), self.environment()).await
    }

    /// One whole build in memory: connect, build, return. Gives what the daemon was told.
    ///
    /// # Errors
    /// Those of the build, or of the return.
    pub async fn build(&self, frontend: &impl Frontend) -> Result<SolveResult> {
        let client = self.client().await?;
        let outcome = frontend.build(&client).await;
        client.finish(outcome).await?;
        self.returned()
            .unwrap_or_else(|| Err(Error::new("the frontend returned nothing")))
    }

    /// The same daemon, for a build of its own.
    fn nested(&self, request: pb::SolveRequest) -> FakeDaemon {
        let mut environment = self.environment();
        environment.opts = request.frontend_opt;
        FakeDaemon {
            state: Arc::clone(&self.state),
            environment: Arc::new(Mutex::new(environment)),
            inputs: Arc::new(Mutex::new(request.frontend_inputs)),
        }
    }

    fn pong(&self) -> pb::PongResponse {
        let environment = lock(&self.environment);
        let workers = environment.workers.iter().map(|worker| WorkerRecord {
            id: worker.id.clone(),
            labels: worker.labels.clone(),
            platforms: worker.platforms.clone(),
            buildkit_version: None,
        });
        pb::PongResponse {
            frontend_api_caps: environment.caps.iter().cloned().collect(),
            llb_caps: environment.llb_caps.iter().cloned().collect(),
            workers: workers.collect(),
        }
    }

    fn image(&self, reference: &str, platform: Option<&Platform>) -> Result<(String, Vec<u8>)> {
        let state = self.state();
        let image = state.images.get(reference).ok_or_else(|| {
            let text = format!(
                "failed to resolve source metadata for {reference}: {reference}: not found"
            );
            Error::with_code(Code::NotFound, text)
        })?;
        let environment = lock(&self.environment);
        let own = environment.workers.first();
        let own = own.and_then(|worker| worker.platforms.first());
        let platform = platform.or(own).cloned().unwrap_or_default();
        Ok((image.digest.clone(), image.config_for(&platform)))
    }

    fn source_meta(
        &self,
        request: pb::ResolveSourceMetaRequest,
    ) -> Result<ResolveSourceMetaResponse> {
        let source = request.source.unwrap_or_default();
        let identifier = source.identifier.as_str();
        let image = ["docker-image://", "oci-layout://"];
        let reference = image
            .iter()
            .find_map(|scheme| identifier.strip_prefix(scheme));
        if let Some(reference) = reference {
            let (digest, config) = self.image(reference, request.platform.as_ref())?;
            let no_config = request.image.is_some_and(|image| image.no_config);
            let image = pb::ResolveSourceImageResponse {
                digest,
                config: if no_config { Vec::new() } else { config },
                attestation_chain: None,
            };
            return Ok(ResolveSourceMetaResponse {
                source: Some(source),
                image: Some(image),
                ..Default::default()
            });
        }
        let mut meta = self.state().source_meta.get(identifier).cloned();
        let meta = meta.get_or_insert_default();
        meta.source.get_or_insert(source);
        Ok(meta.clone())
    }

    async fn solve(&self, request: pb::SolveRequest) -> Result<pb::SolveResponse> {
        let result = if request.frontend.is_empty() {
            let id = self.add_ref(request.definition);
            SolveResult::of(crate::gateway::Ref::from_id(id))
        } else {
            let forward = self.state().forward.clone().ok_or_else(|| {
                Error::new(format!("failed to find frontend {}", request.frontend))
            })?;
            forward(self.nested(request)).await?
        };
        let environment = self.environment();
        let supports = |cap| environment.caps.contains(cap);
        if !supports(gateway_cap::RETURN_RESULT) {
            let id = result.single()?.map(|reference| reference.id.clone());
            return Ok(pb::SolveResponse {
                r#ref: id.unwrap_or_default(),
                result: None,
            });
        }
        let mut result = result.into_pb(supports(gateway_cap::PROTO_REF_ARRAY));
        if let Some(pb::result::Result::Ref(reference)) = &mut result.result
            && supports(gateway_cap::REFERENCE_OUTPUT)
            && reference.def.is_none()
        {
            reference.def = self.definition(&reference.id);
        }
        Ok(pb::SolveResponse {
            r#ref: String::new(),
            result: Some(result),
        })
    }

    /// The id of a new ref; empty for a definition without ops.
    fn add_ref(&self, definition: Option<Definition>) -> String {
        let definition = definition.filter(|definition| !definition.def.is_empty());
        if definition.is_none() {
            return String::new();
        }
        let mut state = self.state();
        state.refs.push(definition);
        format!("ref-{}", state.refs.len() - 1)
    }

    /// Files of a ref.
    fn files(&self, id: &str) -> Result<Files> {
        let definition = self
            .definition(id)
            .ok_or_else(|| Error::new(format!("no such ref: {id}")))?;
        let source = source_of(&definition).unwrap_or_default();
        let state = self.state();
        if let Some(files) = state.files.get(&source.identifier) {
            return Ok(files.clone());
        }
        let files = state.source_files.clone();
        drop(state);
        Ok(files.and_then(|files| files(&source)).unwrap_or_default())
    }

    /// Files of a container's mount.
    fn mounted(&self, container: &str, mount_index: i32) -> Result<Files> {
        let unknown = || Error::new(format!("no mount {mount_index} in container {container}"));
        let mounts = self.state().containers.get(container).cloned();
        let index = usize::try_from(mount_index).unwrap_or(usize::MAX);
        let id = mounts.and_then(|mounts| mounts.get(index).cloned());
        self.files(&id.ok_or_else(unknown)?)
    }

    fn new_container(&self, request: pb::NewContainerRequest) {
        let mounts = request.mounts.into_iter().map(|mount| mount.result_id);
        let mounts = mounts.collect();
        let mut state = self.state();
        state.containers.insert(request.container_id, mounts);
    }

    async fn answer(&self, method: Method, request: Bytes) -> Result<Vec<u8>> {
        Ok(match method {
            Method::Ping => self.pong().encode_to_vec(),
            Method::ResolveImageConfig => {
                let request = pb::ResolveImageConfigRequest::decode(request)?;
                let (digest, config) = self.image(&request.r#ref, request.platform.as_ref())?;
                pb::ResolveImageConfigResponse {
                    digest,
                    config,
                    r#ref: request.r#ref,
                }
                .encode_to_vec()
            }
            Method::ResolveSourceMeta => {
                let request = pb::ResolveSourceMetaRequest::decode(request)?;
                self.source_meta(request)?.encode_to_vec()
            }
            Method::Solve => {
                let request = pb::SolveRequest::decode(request)?;
                self.solve(request).await?.encode_to_vec()
            }
            Method::ReadFile | Method::ReadFileContainer => {
                let request = pb::ReadFileRequest::decode(request)?;
                let files = match method {
                    Method::ReadFile => self.files(&request.r#ref)?,
                    _ => self.mounted(&request.r#ref, request.mount_index)?,
                };
                let data = files.read(&request.file_path, request.range)?;
                pb::ReadFileResponse { data }.encode_to_vec()
            }
            Method::ReadDir | Method::ReadDirContainer => {
                let request = pb::ReadDirRequest::decode(request)?;
                let files = match method {
                    Method::ReadDir => self.files(&request.r#ref)?,
                    _ => self.mounted(&request.r#ref, request.mount_index)?,
                };
                let entries = files.list(&request.dir_path, &request.include_pattern)?;
                pb::ReadDirResponse { entries }.encode_to_vec()
            }
            Method::StatFile | Method::StatFileContainer => {
                let request = pb::StatFileRequest::decode(request)?;
                let files = match method {
                    Method::StatFile => self.files(&request.r#ref)?,
                    _ => self.mounted(&request.r#ref, request.mount_index)?,
                };
                let stat = Some(files.stat(&request.path)?);
                pb::StatFileResponse { stat }.encode_to_vec()
            }
            Method::Return => {
                let request = pb::ReturnRequest::decode(request)?;
                self.state().returned = Some(request);
                Vec::new()
            }
            Method::Inputs => {
                let definitions = lock(&self.inputs).clone();
                pb::InputsResponse { definitions }.encode_to_vec()
            }
            Method::NewContainer => {
                self.new_container(pb::NewContainerRequest::decode(request)?);
                Vec::new()
            }
            Method::ReleaseContainer => {
                let request = pb::ReleaseContainerRequest::decode(request)?;
                self.state().containers.remove(&request.container_id);
                Vec::new()
            }
            Method::Evaluate | Method::Warn => Vec::new(),
        })
    }
}

impl Rpc for FakeDaemon {
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        Box::pin(async move {
            let (failure, hangs) = {
                let mut state = self.state();
                let request = request.clone();
                state.calls.push(Call { method, request });
                let failure = state.failures.get(&method).cloned();
                if let Some((_, true)) = failure {
                    state.failures.remove(&method);
                }
                (failure, state.hangs.contains(&method))
            };
            if hangs {
                std::future::pending::<()>().await;
            }
            let answer = match failure {
                Some((error, _)) => Err(error),
                None => self.answer(method, request).await,
            };
            // As on the wire, an error is written and read.
            answer
                .map(Bytes::from)
                .map_err(|error| Error::from_status(error.to_status()))
        })
    }

    fn exec(&self, messages: mpsc::Receiver<ExecMessage>) -> ExecStream {
        let handler = self.state().processes.clone();
        exec::answer(handler, messages)
    }
}

/// Runs a frontend on its own thread, since its future need not move between threads.
async fn on_thread<F>(frontend: Arc<F>, daemon: FakeDaemon) -> Result<SolveResult>
where
    F: Frontend + Send + Sync + 'static,
{
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let result = match runtime {
            Ok(runtime) => runtime.block_on(async {
                let client = daemon.client().await?;
                frontend.build(&client).await
            }),
            Err(error) => Err(Error::new(error.to_string())),
        };
        let _ = sender.send(result);
    });
    receiver
        .await
        .unwrap_or_else(|_| Err(Error::new("the forwarded frontend panicked")))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
