//! The file that says what to build, and what is read with it: the ignore file beside it, and others that a
//! frontend wants.

use std::sync::Arc;

use futures_util::future::{join_all, join3};

use super::ClientOptions;
use super::beside::{Beside, Listing, links, look};
use super::context::BuildContext;
use super::daemon::{marshal_error, single};
use super::place;
use crate::context::IgnoreFile;
use crate::gateway::{Bridge, Error, Ref, Result, SolveRequest, SolveResult, WarnRequest};
use crate::go::path;
use crate::llb::SourceInfo;
use crate::llb::{self, Constraints, DiffType, Differ, LocalOptions, MarshalOptions, SourceMap};
use crate::source::LineRange;

/// How a frontend names the file that says what to build. [`BuildFile::new`] suits most.
#[derive(Clone, Copy, Debug)]
pub struct BuildFile {
    /// Its path where the client says none (option `filename`).
    pub(crate) default_name: &'static str,
    /// Its language as Linguist names it, for clients that colour code.
    pub(crate) language: &'static str,
    /// Other spellings of a path, read where there is no file of that path.
    pub(crate) spellings: fn(&str) -> Vec<String>,
    /// Files wanted beside the one of a path; they come as [`LoadedFile::beside`].
    pub(crate) beside: fn(&str) -> Vec<String>,
}

impl BuildFile {
    /// A file of this name and language, and nothing beside it but an ignore file.
    pub fn new(default_name: &'static str, language: &'static str) -> Self {
        BuildFile {
            default_name,
            language,
            spellings: |_| Vec::new(),
            beside: |_| Vec::new(),
        }
    }

    /// The file that a build is about: the option `filename`, or the default name.
    pub fn name<'o>(&self, options: &'o ClientOptions) -> &'o str {
        options
            .get(crate::options::key::FILENAME)
            .unwrap_or(self.default_name)
    }

    /// The directory with the file, as the daemon is asked for it: only the files that are read are sent.
    fn state(
        &self,
        options: &ClientOptions,
        local: &str,
        name: &str,
        others: Vec<String>,
    ) -> llb::State {
        let mut follow_paths = vec![name.to_owned(), ignore_name(name)];
        follow_paths.extend((self.spellings)(name));
        follow_paths.extend(others);
        let options = LocalOptions {
            session_id: options.session_for(local).unwrap_or_default(),
            shared_key_hint: local.to_owned(),
            follow_paths,
            differ: Some(Differ {
                diff_type: DiffType::None,
                required: false,
            }),
            constraints: Constraints::new()
                .custom_name(format!("[internal] load build definition from {name}")),
            ..LocalOptions::default()
        };
        llb::State::local(local, options)
    }

    /// A file that was read elsewhere, with the definition that a frontend would load it by. `unique_id` tells its
    /// directory from others where there is no session.
    ///
    /// # Errors
    /// Those of marshalling, which do not occur.
    pub fn source_map(
        &self,
        options: &ClientOptions,
        name: &str,
        data: &[u8],
        unique_id: &str,
    ) -> Result<SourceMap> {
        let local = super::context::file_local(options);
        let marshal = MarshalOptions {
            local_unique_id: Some(unique_id.to_owned()),
            ..MarshalOptions::default()
        };
        let definition = self
            .state(options, local, name, Vec::new())
            .marshal(&marshal)
            .map_err(marshal_error)?;
        Ok(SourceMap::new(name, self.language, data).with_definition(definition))
    }
}

/// Name of the ignore file that belongs to the file `name`.
fn ignore_name(name: &str) -> String {
    format!("{name}.dockerignore")
}

/// The file that says what to build, as it was loaded.
#[derive(Debug)]
pub struct LoadedFile {
    /// Bytes, name, and how they were loaded: for [`Constraints::location`].
    pub source_map: SourceMap,
    /// `<name>.dockerignore`, if there is one.
    pub ignore_file: Option<IgnoreFile>,
    /// The files of [`BuildFile::beside`], in its order.
    pub(crate) beside: Vec<Beside>,
    /// The directory of the file, where files beside it were wanted.
    #[cfg_attr(not(feature = "frontend"), allow(dead_code))]
    pub(super) listing: Listing,
    /// Digest of the op that loads it; warnings refer to it.
    pub vertex: String,
}

impl LoadedFile {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.source_map.info().filename
    }

    /// Its bytes.
    pub fn data(&self) -> &Arc<[u8]> {
        &self.source_map.info().data
    }

    /// Name, bytes and origin, as errors and warnings carry them.
    pub fn info(&self) -> &SourceInfo {
        self.source_map.info()
    }

    /// The file with other bytes, for a frontend that rewrites what it builds. Places are those of the new text.
    #[must_use]
    pub fn with_data(self, data: impl Into<Arc<[u8]>>) -> Self {
        let info = SourceInfo {
            data: data.into(),
            ..self.source_map.info().clone()
        };
        LoadedFile {
            source_map: SourceMap::of(info),
            ..self
        }
    }

    /// The line, one-based, of the byte at `offset`.
    pub fn line_at(&self, offset: usize) -> LineRange {
        let before = self.data().iter().take(offset);
        let breaks = before.filter(|byte| **byte == b'\n').count();
        LineRange::line(u32::try_from(breaks).map_or(u32::MAX, |line| line.saturating_add(1)))
    }

    /// `error` with its place in the file, of which clients print a code frame.
    pub fn error(&self, error: Error, lines: impl IntoIterator<Item = LineRange>) -> Error {
        let lines: Vec<LineRange> = lines.into_iter().collect();
        place::at(error, self.info(), &lines)
    }

    /// A warning about lines of the file, for [`Bridge::warn`].
    pub fn warning(
        &self,
        message: impl Into<Vec<u8>>,
        lines: impl IntoIterator<Item = LineRange>,
    ) -> WarnRequest {
        let lines: Vec<LineRange> = lines.into_iter().collect();
        WarnRequest {
            digest: self.vertex.clone(),
            level: 1,
            short: message.into(),
            info: Some(self.info().clone()),
            ranges: place::ranges(&lines),
            ..WarnRequest::default()
        }
    }

    /// Loads the file of `context`.
    pub(super) async fn load(
        bridge: &dyn Bridge,
        options: &ClientOptions,
        file: &BuildFile,
        context: &mut BuildContext,
    ) -> Result<Self> {
        let requested = context.requested.take();
        let name = context.filename.as_str();
        let requested = match (&context.file, requested) {
            (Some(state), _) => {
                let definition = marshal(state)?;
                RequestedFiles::solve(bridge, definition.clone(), definition).await?
            }
            (None, Some(requested)) => requested,
            (None, None) => {
                RequestedFiles::of_local(bridge, options, file, &context.file_local, name).await?
            }
        };
        let RequestedFiles {
            definition,
            vertex,
            result,
        } = requested;
        let result = result.map_err(|error| error.context("failed to resolve dockerfile"))?;
        let reference = single(result.single()?)?;

        let ignore = ignore_name(name);
        let others = (file.beside)(name);
        let (data, ignore_data, listing) = join3(
            read(bridge, reference, name, file),
            bridge.read_file(reference, &ignore, None),
            async {
                match others.is_empty() {
                    true => Listing::Unsupported,
                    false => Listing::read(bridge, reference, &path::dir(name)).await,
                }
            },
        )
        .await;
        let data: Arc<[u8]> = data.map_err(|error| error.context("failed to read dockerfile"))?;
        let mut beside = join_all(
            others
                .iter()
                .map(|other| look(bridge, reference, other, &listing)),
        )
        .await;
        let links = links(bridge, reference, name, &listing).await;
        let linked = Linked {
            file,
            local: context.file.is_none().then_some(&context.file_local),
            name,
            links: &links,
        };
        linked
            .explain(bridge, options, reference, &mut beside)
            .await?;
        // Parity: whatever prevents reading it, the ignore file counts as missing.
        let ignore_file = ignore_data.ok().map(|data| IgnoreFile {
            name: ignore,
            data: data.into(),
        });
        let source_map = SourceMap::new(name, file.language, data).with_definition(definition);
        Ok(LoadedFile {
            source_map,
            ignore_file,
            beside,
            listing,
            vertex,
        })
    }
}

/// A file that is a link: what lies beside the file that it leads to is not beside it.
struct Linked<'l> {
    file: &'l BuildFile,
    /// Name of the local source, if it is one.
    local: Option<&'l String>,
    name: &'l str,
    /// Where the link leads, from one to the next.
    links: &'l [String],
}

impl Linked<'_> {
    /// Says of what is missing beside the link that it is beside the file. That takes another look at a local
    /// directory, since only files that are named are sent.
    async fn explain(
        &self,
        bridge: &dyn Bridge,
        options: &ClientOptions,
        reference: &Ref,
        beside: &mut [Beside],
    ) -> Result<()> {
        if self.links.is_empty() || beside.iter().all(|beside| *beside != Beside::Missing) {
            return Ok(());
        }
        let solved = match self.local {
            None => None,
            Some(local) => {
                let others = self.links.iter().flat_map(|link| (self.file.beside)(link));
                let state = self.file.state(options, local, self.name, others.collect());
                let definition = marshal(&state)?;
                let request = SolveRequest::definition(definition);
                Some(bridge.solve(request).await?)
            }
        };
        let reference = match &solved {
            Some(result) => single(result.single()?)?,
            None => reference,
        };
        for link in self.links {
            let listing = Listing::read(bridge, reference, &path::dir(link)).await;
            for (beside, other) in beside.iter_mut().zip((self.file.beside)(link)) {
                if *beside == Beside::Missing && listing.get(path::base(&other)).is_some() {
                    *beside = Beside::Unreadable(format!(
                        "`{}` is a link to `{link}`, and what lies beside that as `{other}` is not beside the link",
                        self.name
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The file system with the file, as the daemon has it.
#[derive(Debug)]
pub(super) struct RequestedFiles {
    /// The form that a build without further files has; the source map records it.
    definition: llb::Definition,
    /// Digest of the op that was sent.
    vertex: String,
    result: Result<SolveResult>,
}

impl RequestedFiles {
    /// Asks for the local directory, with the further files in it. Nothing is sent before a file of it is read.
    pub(super) async fn of_local(
        bridge: &dyn Bridge,
        options: &ClientOptions,
        file: &BuildFile,
        local: &str,
        name: &str,
    ) -> Result<Self> {
        let plain = marshal(&file.state(options, local, name, Vec::new()))?;
        let others = (file.beside)(name);
        let solved = match others.is_empty() {
            true => plain.clone(),
            false => marshal(&file.state(options, local, name, others))?,
        };
        RequestedFiles::solve(bridge, plain, solved).await
    }

    async fn solve(
        bridge: &dyn Bridge,
        definition: llb::Definition,
        solved: llb::Definition,
    ) -> Result<Self> {
        let head = solved.head().ok().flatten();
        let vertex = head
            .map(|digest| digest.as_str().to_owned())
            .unwrap_or_default();
        let result = bridge.solve(SolveRequest::definition(solved)).await;
        Ok(RequestedFiles {
            definition,
            vertex,
            result,
        })
    }
}

fn marshal(state: &llb::State) -> Result<llb::Definition> {
    state
        .marshal(&MarshalOptions::default())
        .map_err(|error| marshal_error(error).context("failed to marshal local source"))
}

/// Reads the file, or else the first of its other spellings. The error is that of the file itself.
async fn read(
    bridge: &dyn Bridge,
    reference: &Ref,
    name: &str,
    file: &BuildFile,
) -> Result<Arc<[u8]>> {
    let error = match bridge.read_file(reference, name, None).await {
        Ok(data) => return Ok(data.into()),
        Err(error) => error,
    };
    for spelling in (file.spellings)(name) {
        if let Ok(data) = bridge.read_file(reference, &spelling, None).await {
            return Ok(data.into());
        }
    }
    Err(error)
}
