//! What a client wants to build: the main context, and where the file that says what to build comes from.
//!
//! ```text
//! option `context` (or the one named by `contextkey`): git URL | http URL of an archive or of the file itself
//! otherwise: inputs `context` and `dockerfile` | local directories that the client sends
//! ```

use futures_util::future::join;

use super::archive;
use super::daemon::{IgnoreFileLoad, input_state, marshal_error, single};
use super::file::{BuildFile, LoadedFile, RequestedFiles};
use crate::context::{IgnoreFile, LOCAL_CONTEXT, MainContext, http_options};
use crate::gateway::{Bridge, Error, FileRange, Result, SolveRequest, gateway_cap};
use crate::go::number::parse_bool;
use crate::ignore;
use crate::llb::{self, Constraints, CopyOptions, FileAction, HttpOptions, MarshalOptions};
use crate::options::{ClientOptions, key};
use crate::remote::{self, GitSource, HTTP_CONTEXT_FILENAME, is_http_context};

/// Name of the local source with the file that says what to build, and of the input that replaces it. Clients of
/// every frontend call it so.
const LOCAL_FILE: &str = "dockerfile";

/// How the URLs of archives begin that come from the client's session.
const UPLOAD: &str = "http://buildkit-session/";

/// How much of an HTTP context tells what it is.
const SNIFFED_BYTES: i64 = 1024;

/// What a client wants to build: a file that says it, and the main context.
///
/// ```
/// use dockerfile_llb::frontend::{BuildFile, BuildSource, ClientOptions};
/// use dockerfile_llb::gateway::{Bridge, Result, SolveResult};
///
/// async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
///     let options = ClientOptions::read(bridge.environment())?;
///     let source = BuildSource::open(bridge, &options, &BuildFile::new("image.toml", "TOML")).await?;
///     let context = source.context_state(bridge).await?;
///     # assert_eq!(&**source.file.data(), b"from = 'busybox'");
///     # assert!(!context.is_scratch());
///     // …
///     Ok(SolveResult::default())
/// }
/// # #[cfg(feature = "testing")]
/// # {
/// # use dockerfile_llb::testing::FakeDaemon;
/// # let daemon = FakeDaemon::new();
/// # daemon.add_file("local://dockerfile", "image.toml", "from = 'busybox'");
/// # daemon.run(build).unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct BuildSource {
    /// The file.
    pub file: LoadedFile,
    /// The main context; its ignore file is the one beside the file, where there is one.
    pub context: MainContext,
}

impl BuildSource {
    /// Finds out what the client wants to build and loads the file that says it.
    ///
    /// # Errors
    /// When the address of a repository cannot be read, or the file cannot be loaded.
    pub async fn open(
        bridge: &dyn Bridge,
        options: &ClientOptions,
        file: &BuildFile,
    ) -> Result<Self> {
        let mut context = BuildContext::detect(bridge, options, file).await?;
        let file = LoadedFile::load(bridge, options, file, &mut context).await?;
        let context = context.main_context(options, file.ignore_file.clone());
        Ok(BuildSource { file, context })
    }

    /// Patterns of what stays out of the main context: those of the ignore file beside the file, or of the
    /// `.dockerignore` at the root of a directory of the client.
    ///
    /// # Errors
    /// When an ignore file has too long a line.
    pub async fn exclude_patterns(&self, bridge: &dyn Bridge) -> Result<Vec<String>> {
        let MainContext::Local {
            name,
            session_id,
            ignore_file,
        } = &self.context
        else {
            return Ok(Vec::new());
        };
        if let Some(file) = ignore_file {
            return file
                .patterns()
                .map_err(|error| Error::new(error.to_string()));
        }
        let load = IgnoreFileLoad::main(name, session_id.clone());
        match load.read(bridge, name).await? {
            None => Ok(Vec::new()),
            Some(data) => ignore::read_patterns(&data)
                .map_err(|error| Error::new(format!("failed parsing .dockerignore: {error}"))),
        }
    }

    /// The files of the main context, without those that are to be ignored.
    ///
    /// # Errors
    /// Those of [`exclude_patterns`](Self::exclude_patterns).
    pub async fn context_state(&self, bridge: &dyn Bridge) -> Result<llb::State> {
        let patterns = self.exclude_patterns(bridge).await?;
        Ok(self.context.state(patterns, Vec::new()))
    }
}

/// The main context and the place of the file.
#[derive(Debug)]
pub(super) struct BuildContext {
    /// Set when the context is a git repository.
    git: Option<GitSource>,
    /// What is on the web is an archive.
    is_archive: bool,
    /// Set when the context is not a local directory.
    state: Option<llb::State>,
    /// Set when the file is not in a local directory.
    pub(super) file: Option<llb::State>,
    /// Name of the local source with the file.
    pub(super) file_local: String,
    /// Path of the file.
    pub(super) filename: String,
    /// The local directory with the file, where it was asked for already.
    pub(super) requested: Option<RequestedFiles>,
}

impl BuildContext {
    /// Finds out what the client wants to build.
    pub(super) async fn detect(
        bridge: &dyn Bridge,
        options: &ClientOptions,
        file: &BuildFile,
    ) -> Result<Self> {
        let mut context = BuildContext {
            git: None,
            is_archive: false,
            state: None,
            file: None,
            file_local: file_local(options).to_owned(),
            filename: file.name(options).to_owned(),
            requested: None,
        };
        let reference = reference(options);
        if let Some(git) = remote::detect_git_context(reference) {
            let git = git.map_err(|error| Error::new(error.to_string()))?;
            context.place(git_state(git.clone(), reference, options), options);
            context.git = Some(git);
        } else if is_http_context(reference) {
            let state = context.fetch(bridge, reference).await?;
            context.place(state, options);
        } else if bridge
            .environment()
            .caps
            .supports(gateway_cap::FRONTEND_INPUTS)
        {
            context.take_inputs(bridge, options, file).await?;
            context.settle(options);
        }
        Ok(context)
    }

    /// Holds a context over the network to the content of `pin`.
    #[cfg(feature = "frontend")]
    pub(super) fn pin(&mut self, options: &ClientOptions, pin: &remote::Pin) {
        let reference = reference(options);
        let state = match (&self.git, pin) {
            (Some(git), _) => {
                let mut git = git.clone();
                git.pin(pin);
                git_state(git, reference, options)
            }
            (None, remote::Pin::Digest(digest)) if self.state.is_some() => {
                let file = http_context(reference, digest);
                if self.is_archive {
                    unpacked(&file)
                } else {
                    file
                }
            }
            (None, _) => return,
        };
        self.place(state, options);
    }

    /// Takes both the context and the file out of `state`.
    fn place(&mut self, state: llb::State, options: &ClientOptions) {
        self.file = Some(state.clone());
        self.state = Some(state);
        self.settle(options);
    }

    /// What the client says of the parts.
    fn settle(&mut self, options: &ClientOptions) {
        if options.get(key::DOCKERFILE_KEY).is_some() {
            self.file = None;
        }
        if let (Some(state), Some(subdir)) = (&self.state, options.get(key::CONTEXT_SUBDIR)) {
            let options = CopyOptions {
                copy_dir_contents_only: true,
                ..CopyOptions::default()
            };
            self.state = Some(copied(state, subdir, options));
        }
    }

    /// A file from the web: an archive is unpacked, anything else is the file that says what to build.
    async fn fetch(&mut self, bridge: &dyn Bridge, url: &str) -> Result<llb::State> {
        let state = http_context(url, "");
        let definition = state
            .marshal(&MarshalOptions::default())
            .map_err(|error| marshal_error(error).context("failed to marshal httpcontext"))?;
        let result = bridge
            .solve(SolveRequest::definition(definition))
            .await
            .map_err(|error| error.context("failed to resolve httpcontext"))?;
        let range = FileRange {
            offset: 0,
            length: SNIFFED_BYTES,
        };
        let header = bridge
            .read_file(
                single(result.single()?)?,
                HTTP_CONTEXT_FILENAME,
                Some(range),
            )
            .await
            .map_err(|error| error.context("failed to read downloaded context"))?;
        self.is_archive = archive::is_archive(&header);
        Ok(if self.is_archive {
            unpacked(&state)
        } else {
            self.filename = HTTP_CONTEXT_FILENAME.to_owned();
            state
        })
    }

    /// Results of other builds in the place of local directories.
    ///
    /// The local file is asked for at the same time: that costs nothing where there is an input.
    async fn take_inputs(
        &mut self,
        bridge: &dyn Bridge,
        options: &ClientOptions,
        file: &BuildFile,
    ) -> Result<()> {
        let local =
            RequestedFiles::of_local(bridge, options, file, &self.file_local, &self.filename);
        let (inputs, local) = join(bridge.inputs(), local).await;
        let inputs = inputs.map_err(|error| error.context("failed to get frontend inputs"))?;
        self.requested = Some(local?);
        self.file = inputs.get(&self.file_local).map(input_state).transpose()?;
        self.state = inputs.get(LOCAL_CONTEXT).map(input_state).transpose()?;
        Ok(())
    }

    /// The main context; `ignore_file` is the one beside the file.
    pub(super) fn main_context(
        &self,
        options: &ClientOptions,
        ignore_file: Option<IgnoreFile>,
    ) -> MainContext {
        match &self.state {
            Some(state) => MainContext::State(state.clone()),
            None => MainContext::Local {
                name: LOCAL_CONTEXT.to_owned(),
                session_id: options.session_for(LOCAL_CONTEXT),
                ignore_file,
            },
        }
    }
}

impl ClientOptions {
    /// The main context where it is a git repository or an archive on the web; `None` where it is a
    /// directory. What is on the web is taken for an archive without a look at it.
    ///
    /// # Errors
    /// When the URL of a repository cannot be read.
    pub(crate) fn remote_context(&self) -> Result<Option<llb::State>> {
        let reference = reference(self);
        if let Some(git) = remote::detect_git_context(reference) {
            let git = git.map_err(|error| Error::new(error.to_string()))?;
            return Ok(Some(git_state(git, reference, self)));
        }
        Ok(is_http_context(reference).then(|| unpacked(&http_context(reference, ""))))
    }
}

impl ClientOptions {
    /// The URL of the main context where it is a git repository or on the web; an archive that the client itself
    /// hands over is neither.
    pub(crate) fn remote_context_url(&self) -> Option<&str> {
        let url = reference(self);
        let is_remote = is_http_context(url) || remote::detect_git_context(url).is_some();
        (is_remote && !url.starts_with(UPLOAD)).then_some(url)
    }
}

/// Name of the local source with the file.
pub(super) fn file_local(options: &ClientOptions) -> &str {
    options.get(key::DOCKERFILE_KEY).unwrap_or(LOCAL_FILE)
}

/// What the client names as the main context; empty for a directory.
fn reference(options: &ClientOptions) -> &str {
    let key = options.get(key::CONTEXT_KEY).unwrap_or(LOCAL_CONTEXT);
    options.get(key).unwrap_or("")
}

/// The file at `url`, which must have the digest `checksum`, if that is not empty.
fn http_context(url: &str, checksum: &str) -> llb::State {
    let options = HttpOptions {
        checksum: checksum.to_owned(),
        ..http_options("[internal] load remote build context")
    };
    llb::State::http(url, options)
}

/// The files of an archive.
fn unpacked(archive: &llb::State) -> llb::State {
    let options = CopyOptions {
        attempt_unpack: true,
        ..CopyOptions::default()
    };
    copied(archive, &format!("/{HTTP_CONTEXT_FILENAME}"), options)
}

fn git_state(mut git: remote::GitSource, reference: &str, options: &ClientOptions) -> llb::State {
    if options
        .get(key::KEEP_GIT_DIR)
        .is_some_and(|keep| parse_bool(keep) == Ok(true))
    {
        git.keep_git_dir = true;
    }
    if options
        .get(key::EPOCH)
        .is_some_and(|epoch| !epoch.is_empty())
        && git.mtime.is_empty()
    {
        git.mtime = "commit".to_owned();
    }
    git.advice = options.git_advice;
    git.state(Constraints::new().custom_name(format!("[internal] load git source {reference}")))
}

/// `path` of `state`, copied onto an empty file system.
fn copied(state: &llb::State, path: &str, options: CopyOptions) -> llb::State {
    llb::State::scratch().file(
        FileAction::new().copy(state, path, "/", options),
        Constraints::new(),
    )
}
