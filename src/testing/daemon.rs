//! The fake daemon itself: what it holds, and its answer to each method.

mod answer;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
#[cfg(feature = "internals")]
use prost::Message;
use tokio::sync::mpsc;

use super::exec::{self, ProcessAnswer};
use super::files::Files;
use super::image::Image;
use crate::gateway::{
    BoxFuture, CapList, CapSet, Client, Environment, Error, ExecStream, Frontend, Method,
    NewProcess, OPT_SOURCE, Result, Rpc, SolveResult, Worker,
};
use crate::image::Platform;
use crate::llb;
use crate::pb::gateway::{self as pb, ExecMessage, ResolveSourceMetaResponse};
use crate::pb::map::to_map;
use crate::pb::ops::Definition;

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
    pub request: Vec<u8>,
}

/// What this repository's own tests ask, in the daemon's messages.
pub trait Messages {
    /// Requests of one method so far. Those that are not of the type are left out.
    #[cfg(feature = "internals")]
    fn requests<T: Message + Default>(&self, method: Method) -> Vec<T>;

    /// Sets the metadata of a source that is not an image; its `source` may be left out.
    #[cfg(feature = "internals")]
    fn set_source_meta(&self, identifier: &str, meta: ResolveSourceMetaResponse);

    /// The definition behind a ref, as it was sent; `None` for unknown refs.
    fn sent(&self, id: &str) -> Option<Definition>;

    /// A bridge to this daemon, in memory.
    fn client(&self) -> BoxFuture<'_, Result<Client>>;
}

impl Messages for FakeDaemon {
    #[cfg(feature = "internals")]
    fn requests<T: Message + Default>(&self, method: Method) -> Vec<T> {
        let calls = self.calls().into_iter();
        calls
            .filter(|call| call.method == method)
            .filter_map(|call| T::decode(&*call.request).ok())
            .collect()
    }

    #[cfg(feature = "internals")]
    fn set_source_meta(&self, identifier: &str, meta: ResolveSourceMetaResponse) {
        self.state().source_meta.insert(identifier.to_owned(), meta);
    }

    fn sent(&self, id: &str) -> Option<Definition> {
        self.state().refs.get(id)?.clone()
    }

    fn client(&self) -> BoxFuture<'_, Result<Client>> {
        Box::pin(Client::connect(Arc::new(self.clone()), self.environment()))
    }
}

type SourceFiles = Arc<dyn Fn(&str, &BTreeMap<String, String>) -> Option<Files> + Send + Sync>;
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
    /// Definitions of refs, by their ids.
    refs: BTreeMap<String, Option<Definition>>,
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
        let platform = Platform::new("linux", "amd64");
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
    pub fn add_file(&self, identifier: &str, path: &str, content: impl Into<Vec<u8>>) {
        let mut state = self.state();
        let files = state.files.entry(identifier.to_owned()).or_default();
        files.insert(path, content);
    }

    /// Sets all files of a source.
    pub fn set_files(&self, identifier: &str, files: Files) {
        self.state().files.insert(identifier.to_owned(), files);
    }

    /// Gives the files of sources that none were set for, by their identifiers and attributes.
    pub fn set_source_files(
        &self,
        files: impl Fn(&str, &BTreeMap<String, String>) -> Option<Files> + Send + Sync + 'static,
    ) {
        self.state().source_files = Some(Arc::new(files));
    }

    /// Adds a frontend input.
    pub fn add_input(&self, name: &str, definition: llb::Definition) {
        lock(&self.inputs).insert(name.to_owned(), definition.into_pb());
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
        answer: impl Fn(&NewProcess, &[u8]) -> ProcessAnswer + Send + Sync + 'static,
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

    /// What the frontend returned, if it did.
    pub fn returned(&self) -> Option<Result<SolveResult>> {
        let returned = self.state().returned.clone()?;
        Some(match returned.error {
            Some(status) => Err(Error::from_status(status)),
            None => Ok(SolveResult::from_pb(returned.result.unwrap_or_default())),
        })
    }

    /// The definition behind a ref; `None` for unknown refs.
    pub fn definition(&self, id: &str) -> Option<llb::Definition> {
        self.sent(id).map(llb::Definition::from_pb)
    }

    /// What a frontend of this daemon finds in its environment.
    pub fn environment(&self) -> Environment {
        lock(&self.environment).clone()
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

    /// [`build`](Self::build) for tests that have no async runtime: waits for the end.
    ///
    /// # Errors
    /// Those of the build, or of the return.
    pub fn run(&self, frontend: impl Frontend) -> Result<SolveResult> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::new(format!("cannot start the runtime: {error}")))?;
        runtime.block_on(self.build(&frontend))
    }

    /// What the result is made of: the graph behind each of its refs, in the order of [`Refs::iter`](crate::gateway::Refs::iter). A ref of
    /// scratch, and one that this daemon does not know, has none.
    pub fn graphs(&self, result: &SolveResult) -> Vec<llb::Definition> {
        let refs = result.refs.iter().flatten();
        refs.filter_map(|reference| self.definition(&reference.id))
            .collect()
    }

    /// The same daemon, for a build of its own.
    fn nested(&self, request: pb::SolveRequest) -> FakeDaemon {
        let mut environment = self.environment();
        // As daemons tell it, where the image is named by its digest.
        let image = request.frontend_opt.get(OPT_SOURCE);
        environment.frontend = image.filter(|image| image.contains('@')).cloned();
        environment.opts = request.frontend_opt;
        FakeDaemon {
            state: Arc::clone(&self.state),
            environment: Arc::new(Mutex::new(environment)),
            inputs: Arc::new(Mutex::new(to_map(request.frontend_inputs))),
        }
    }
}

impl Rpc for FakeDaemon {
    fn unary(&self, method: Method, request: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        Box::pin(async move {
            let (failure, hangs) = {
                let mut state = self.state();
                let request = request.to_vec();
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
