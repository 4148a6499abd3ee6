//! The main build context and where the Dockerfile comes from.
//!
//! ```text
//! option `context` (or the one named by `contextkey`): git URL | http URL of an archive or a Dockerfile
//! otherwise: inputs `context` and `dockerfile` | local directories that the client sends
//! ```

use futures_util::future::join;

use super::archive;
use super::load::RequestedFiles;
use super::options::{Request, key};
use super::resolve::{input_state, marshal_error, single};
use crate::compile::{IgnoreFile, MainContext};
use crate::gateway::{Bridge, Error, FileRange, Result, SolveRequest, gateway_cap};
use crate::go::number::parse_bool;
use crate::llb::{self, Constraints, CopyOptions, FileAction, HttpOptions, MarshalOptions};
use crate::remote;

/// Names of the local sources, and of the inputs that replace them.
pub(super) const LOCAL_CONTEXT: &str = "context";
pub(super) const LOCAL_DOCKERFILE: &str = "dockerfile";

/// The Dockerfile's usual name.
pub(super) const DOCKERFILE: &str = "Dockerfile";

/// Name under which an HTTP context is fetched.
const HTTP_FILENAME: &str = "context";

/// How the URLs of archives begin that come from the client's session.
const UPLOAD: &str = "http://buildkit-session/";

/// How much of an HTTP context tells what it is.
const SNIFFED_BYTES: i64 = 1024;

/// The main context and the place of the Dockerfile.
#[derive(Debug)]
pub(super) struct BuildContext {
    /// Set when the context is not a local directory.
    pub(super) state: Option<llb::State>,
    /// Set when the Dockerfile is not in a local directory.
    pub(super) dockerfile: Option<llb::State>,
    /// Name of the local source with the Dockerfile.
    pub(super) dockerfile_local: String,
    /// Path of the Dockerfile.
    pub(super) filename: String,
    /// The local directory with the Dockerfile, where it was asked for already.
    pub(super) requested: Option<RequestedFiles>,
}

impl BuildContext {
    /// Finds out what the client wants to build.
    pub(super) async fn detect(bridge: &dyn Bridge, request: &Request) -> Result<BuildContext> {
        let forced_local = request.get(key::DOCKERFILE_KEY);
        let mut context = BuildContext {
            state: None,
            dockerfile: None,
            dockerfile_local: forced_local.unwrap_or(LOCAL_DOCKERFILE).to_owned(),
            filename: request.get(key::FILENAME).unwrap_or(DOCKERFILE).to_owned(),
            requested: None,
        };
        let reference = reference(request);
        if let Some(git) = remote::detect_git_context(reference) {
            let git = git.map_err(|error| Error::new(error.to_string()))?;
            let state = git_state(git, reference, request);
            context.dockerfile = Some(state.clone());
            context.state = Some(state);
        } else if is_http(reference) {
            context.fetch(bridge, reference).await?;
        } else if bridge
            .environment()
            .caps
            .supports(gateway_cap::FRONTEND_INPUTS)
        {
            context.take_inputs(bridge, request).await?;
        }
        if forced_local.is_some() {
            context.dockerfile = None;
        }
        if let (Some(state), Some(subdir)) = (&context.state, request.get(key::CONTEXT_SUBDIR)) {
            let options = CopyOptions {
                copy_dir_contents_only: true,
                ..CopyOptions::default()
            };
            context.state = Some(copied(state, subdir, options));
        }
        Ok(context)
    }

    /// A file from the web: an archive is unpacked, anything else is the Dockerfile.
    async fn fetch(&mut self, bridge: &dyn Bridge, url: &str) -> Result<()> {
        let state = http_state(url);
        let definition = state
            .marshal(&MarshalOptions::default())
            .map_err(|error| marshal_error(error).context("failed to marshal httpcontext"))?;
        let result = bridge
            .solve(SolveRequest::definition(definition.into_pb()))
            .await
            .map_err(|error| error.context("failed to resolve httpcontext"))?;
        let range = FileRange {
            offset: 0,
            length: SNIFFED_BYTES,
        };
        let header = bridge
            .read_file(single(result.single()?)?, HTTP_FILENAME, Some(range))
            .await
            .map_err(|error| error.context("failed to read downloaded context"))?;
        let state = if archive::is_archive(&header) {
            unpacked(&state)
        } else {
            self.filename = HTTP_FILENAME.to_owned();
            state
        };
        self.dockerfile = Some(state.clone());
        self.state = Some(state);
        Ok(())
    }

    /// Results of other builds in the place of local directories.
    ///
    /// The local Dockerfile is asked for at the same time: that costs nothing where there is an input.
    async fn take_inputs(&mut self, bridge: &dyn Bridge, request: &Request) -> Result<()> {
        let local =
            RequestedFiles::of_local(bridge, request, &self.dockerfile_local, &self.filename);
        let (inputs, local) = join(bridge.inputs(), local).await;
        let inputs = inputs.map_err(|error| error.context("failed to get frontend inputs"))?;
        self.requested = Some(local?);
        self.dockerfile = inputs
            .get(&self.dockerfile_local)
            .map(input_state)
            .transpose()?;
        self.state = inputs.get(LOCAL_CONTEXT).map(input_state).transpose()?;
        Ok(())
    }

    /// The main context as the compiler takes it; `ignore_file` is the one beside the Dockerfile.
    pub(super) fn main_context(
        &self,
        request: &Request,
        ignore_file: Option<IgnoreFile>,
    ) -> MainContext {
        match &self.state {
            Some(state) => MainContext::State(state.clone()),
            None => MainContext::Local {
                name: LOCAL_CONTEXT.to_owned(),
                session_id: session_for(request, LOCAL_CONTEXT),
                ignore_file,
            },
        }
    }
}

impl Request {
    /// The main context where it is a git repository or an archive on the web; `None` where it is a
    /// directory. What is on the web is taken for an archive without a look at it.
    ///
    /// # Errors
    /// When the URL of a repository cannot be read.
    pub fn remote_context(&self) -> Result<Option<llb::State>> {
        let reference = reference(self);
        if let Some(git) = remote::detect_git_context(reference) {
            let git = git.map_err(|error| Error::new(error.to_string()))?;
            return Ok(Some(git_state(git, reference, self)));
        }
        Ok(is_http(reference).then(|| unpacked(&http_state(reference))))
    }
}

impl Request {
    /// The URL of the main context where it is a git repository or on the web; an archive that the client itself
    /// hands over is neither.
    pub(super) fn remote_context_url(&self) -> Option<&str> {
        let url = reference(self);
        let remote = is_http(url) || remote::detect_git_context(url).is_some();
        (remote && !url.starts_with(UPLOAD)).then_some(url)
    }
}

/// What the client names as the main context; empty for a directory.
fn reference(request: &Request) -> &str {
    let key = request.get(key::CONTEXT_KEY).unwrap_or(LOCAL_CONTEXT);
    request.get(key).unwrap_or("")
}

fn is_http(reference: &str) -> bool {
    reference.starts_with("http://") || reference.starts_with("https://")
}

fn http_state(url: &str) -> llb::State {
    let options = HttpOptions {
        filename: HTTP_FILENAME.to_owned(),
        constraints: Constraints::new().custom_name("[internal] load remote build context"),
        ..HttpOptions::default()
    };
    llb::State::http(url, options)
}

/// The files of an archive.
fn unpacked(archive: &llb::State) -> llb::State {
    let options = CopyOptions {
        attempt_unpack: true,
        ..CopyOptions::default()
    };
    copied(archive, &format!("/{HTTP_FILENAME}"), options)
}

/// The session that offers the local source `name`.
pub(super) fn session_for(request: &Request, name: &str) -> Option<String> {
    let options = &request.options;
    options
        .local_session_ids
        .get(name)
        .or(options.session_id.as_ref())
        .cloned()
}

fn git_state(mut git: remote::GitSource, reference: &str, request: &Request) -> llb::State {
    if request
        .get(key::KEEP_GIT_DIR)
        .is_some_and(|keep| parse_bool(keep) == Ok(true))
    {
        git.keep_git_dir = true;
    }
    if request
        .get(key::EPOCH)
        .is_some_and(|epoch| !epoch.is_empty())
        && git.mtime.is_empty()
    {
        git.mtime = "commit".to_owned();
    }
    git.state(Constraints::new().custom_name(format!("[internal] load git source {reference}")))
}

/// `path` of `state`, copied onto an empty file system.
fn copied(state: &llb::State, path: &str, options: CopyOptions) -> llb::State {
    llb::State::scratch().file(
        FileAction::new().copy(state, path, "/", options),
        Constraints::new(),
    )
}
