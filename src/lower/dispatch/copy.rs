//! `COPY` and `ADD`.

use std::borrow::Cow;

use super::fetch::{RemoteFlags, git_source, http_options, invalid_checksum};
use crate::diagnostic::ErrorCode;
use crate::go::path;
use crate::image::Timestamp;
use crate::lint::rules::copy_ignored_file::{CopyIgnoredFile, is_ignored};
use crate::llb::{self, ChownOpt, Constraints, CopyOptions, FileAction, ProgressGroup, State};
use crate::lower::chmod::{self, Chmod};
use crate::lower::state::DispatchState;
use crate::lower::{Lowering, Site, os_path};
use crate::plan::step_name;
use crate::plan::{CompileError, RemoteUse, StageId};
use crate::remote::{self, GitRefResult, RemoteSource};
use crate::syntax::{
    AddInstruction, Argument, CopyInstruction, Flag, SourceContent, SourcesAndDest, Spanned, Text,
};

/// Name and body of a heredoc.
type Content<'i> = (Cow<'i, str>, Cow<'i, [u8]>);
/// Sources, destination, heredocs.
type Paths<'i> = (Vec<Spanned<String>>, String, Vec<Content<'i>>);

/// One instruction, its variables replaced.
struct Copying<'i> {
    /// `COPY` or `ADD`.
    keyword: &'static str,
    code: &'i Text,
    sources: Vec<Spanned<String>>,
    contents: Vec<Content<'i>>,
    dest: String,
    places: &'i SourcesAndDest,
    flags: &'i [Flag],
    chown: String,
    chmod: String,
    exclude: Vec<String>,
    link: bool,
    parents: bool,
    keep_git_dir: Option<bool>,
    checksum: String,
    unpack: Option<bool>,
    /// What paths without a scheme are read from.
    from: State,
    /// `from` is the main context, whose ignore file counts.
    from_context: bool,
}

impl Copying<'_> {
    fn is_add(&self) -> bool {
        self.keyword == "ADD"
    }

    /// The error is about the value of this flag.
    #[cold]
    fn at_flag(&self, name: &str, error: CompileError) -> CompileError {
        let flag = self.flags.iter().find(|flag| &*flag.name == name);
        match flag.and_then(|flag| flag.value.as_ref()) {
            Some(value) => error.with_span(value.span),
            None => error,
        }
    }
}

impl Lowering<'_, '_> {
    pub(super) fn add(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        it: &AddInstruction,
    ) -> Result<(), CompileError> {
        let chown = self.expand_flag(state, site, it.chown.as_ref())?;
        let chmod = self.expand_flag(state, site, it.chmod.as_ref())?;
        let checksum = self.expand_flag(state, site, it.checksum.as_ref())?;
        let (sources, dest, contents) = self.expand_paths(state, site, &it.paths)?;
        let copying = Copying {
            keyword: "ADD",
            code: &it.meta.code,
            places: &it.paths,
            flags: &it.meta.flags,
            sources,
            contents,
            dest,
            chown,
            chmod,
            exclude: strings(&it.exclude),
            link: it.link,
            parents: false,
            keep_git_dir: it.keep_git_dir,
            checksum,
            unpack: it.unpack,
            from: self.context_state.clone(),
            from_context: true,
        };
        self.copy_files(state, site, &copying)?;
        for source in copying.sources {
            if !source.starts_with("http://") && !source.starts_with("https://") {
                self.context_paths.insert(path::join(&["/", &source]));
            }
        }
        Ok(())
    }

    pub(super) fn copy(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        it: &CopyInstruction,
    ) -> Result<(), CompileError> {
        let chown = self.expand_flag(state, site, it.chown.as_ref())?;
        let chmod = self.expand_flag(state, site, it.chmod.as_ref())?;
        let (sources, dest, contents) = self.expand_paths(state, site, &it.paths)?;
        let stage = site.sources.first().copied();
        let (from, paths) = match stage {
            None => (self.context_state.clone(), None),
            Some(stage) => match self.dispatched(stage) {
                Some(source) => (source.state.clone(), Some(source.paths)),
                None => return Err(self.copied_too_early(site, stage, it)),
            },
        };
        let copying = Copying {
            keyword: "COPY",
            code: &it.meta.code,
            places: &it.paths,
            flags: &it.meta.flags,
            sources,
            contents,
            dest,
            chown,
            chmod,
            exclude: strings(&it.exclude),
            link: it.link,
            parents: it.parents,
            keep_git_dir: None,
            checksum: String::new(),
            unpack: None,
            from,
            from_context: stage.is_none(),
        };
        self.copy_files(state, site, &copying)?;
        for source in copying.sources {
            let path = path::join(&["/", &source]);
            match paths {
                None => self.context_paths.insert(path),
                Some(id) => self.mark_path(id, path),
            }
        }
        Ok(())
    }

    fn copied_too_early(
        &self,
        site: &Site<'_>,
        read: StageId,
        it: &CopyInstruction,
    ) -> CompileError {
        let from = it.from.as_ref().map_or("", |from| from.as_str());
        let stage = &*self.plan.stages[site.stage].display_name;
        let message = format!(
            "cannot copy from stage {}, it needs to be defined before current stage {}",
            crate::go::quote::quote(from),
            crate::go::quote::quote(stage)
        );
        let error = self.used_too_early(site, read, message);
        match &it.from {
            Some(from) => error.with_span(from.span),
            None => error,
        }
    }

    fn expand_flag(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        flag: Option<&Argument>,
    ) -> Result<String, CompileError> {
        match flag {
            None => Ok(String::new()),
            Some(value) => Ok(self.expand(state, site, value)?.into_owned()),
        }
    }

    fn expand_paths<'i>(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        paths: &'i SourcesAndDest,
    ) -> Result<Paths<'i>, CompileError> {
        let mut sources = Vec::with_capacity(paths.sources.len());
        for source in &paths.sources {
            let path = self.expand(state, site, source)?.into_owned();
            sources.push(Spanned::new(path, source.span));
        }
        let dest = self.expand(state, site, &paths.dest)?.into_owned();
        let mut contents = Vec::with_capacity(paths.contents.len());
        for content in &paths.contents {
            let data = self.expand_content(state, site, content);
            contents.push((
                Cow::Borrowed(content.path.as_str()),
                data.map_err(|error| error.with_span(content.span))?,
            ));
        }
        Ok((sources, dest, contents))
    }

    /// A heredoc's body: quotes stay, and the escape token is `\` whatever the file's is.
    fn expand_content<'i>(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        content: &'i SourceContent,
    ) -> Result<Cow<'i, [u8]>, CompileError> {
        if !content.expand {
            return Ok(Cow::Borrowed(content.data.as_bytes()));
        }
        let expander = crate::expand::Expander {
            quotes: crate::expand::Quotes::Literal,
            ..crate::expand::Expander::default()
        };
        Ok(
            match self.expand_with(&expander, state, site, &content.data, content.body)? {
                Cow::Borrowed(_) if content.data.is_utf8() => {
                    Cow::Borrowed(content.data.as_bytes())
                }
                text => Cow::Owned(text.into_owned().into_bytes()),
            },
        )
    }

    fn copy_files(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        copying: &Copying<'_>,
    ) -> Result<(), CompileError> {
        let dest_span = copying.places.dest.span;
        let dest = dest_path(state, &copying.dest).map_err(|error| error.with_span(dest_span))?;
        let added = dest.len().saturating_sub(copying.dest.len());
        let places = copying.sources.len() + copying.contents.len();
        self.growth
            .add("relative destinations", places.saturating_mul(added))
            .map_err(|error| error.with_span(dest_span))?;
        let base = self
            .base_options(copying)
            .map_err(|error| copying.at_flag("chmod", error))?;
        check_checksum(copying).map_err(|error| copying.at_flag("checksum", error))?;
        let text = step_name::shown(copying.code, &self.expander, state.state.env());
        let platform = state.platform.clone();
        let name = self.step_name(state, site, Some(&platform), &text);
        let mut action = FileAction::new();
        let mut created_by = self.history.text();
        history_flags(copying, &mut created_by);
        let mut remote = RemoteFlags {
            keep_git_dir: copying.keep_git_dir,
            checksum: copying.checksum.clone(),
        };
        for (source, written) in copying.sources.iter().zip(&copying.places.sources) {
            created_by.extend([" ", source]);
            action = self
                .copy_source(
                    action,
                    state,
                    site,
                    copying,
                    &mut remote,
                    source,
                    &dest,
                    &base,
                    &name,
                )
                .map_err(|error| error.with_span(written.span))?;
        }
        for (file, data) in &copying.contents {
            created_by.push_str(" <<");
            created_by.push_str(file);
            action = self.copy_content(action, state, file, data, &dest, &base)?;
        }
        created_by.extend([" ", &copying.dest, " # buildkit"]);
        let constraints = Constraints::new().ignore_cache(self.ignores_cache(site));
        let constraints = self.at(constraints, site.location);
        if copying.link
            && copying.chmod.is_empty()
            && self.options.client.caps.supports(llb::caps::MERGE_OP)
        {
            self.link(state, site, action, constraints, &text, name);
        } else {
            state.state = state.state.file(action, constraints.custom_name(name));
        }
        self.commit_text(state, created_by, true);
        Ok(())
    }

    /// Copies onto an empty file system and lays the result over the stage, so that a changed base
    /// leaves the copied layer as it is.
    fn link(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        action: FileAction,
        constraints: Constraints,
        text: &str,
        name: String,
    ) {
        let group = |weak| ProgressGroup {
            id: format!("progress-group-{}", self.groups),
            name: name.clone(),
            weak,
        };
        let copy = constraints
            .clone()
            .platform(state.platform.clone())
            .custom_name(name.clone());
        let copy = copy.progress_group(group(true));
        let merge = constraints.progress_group(group(false));
        self.groups += 1;
        // The merge is the same step under another name.
        state.steps.index = state.steps.index.saturating_sub(1);
        let platform = state.platform.clone();
        let link_name = self.step_name(state, site, Some(&platform), &format!("LINK {text}"));
        let copied = State::scratch().file(action, copy);
        let merged = State::merge(&[state.state.clone(), copied], merge.custom_name(link_name));
        state.state = std::mem::take(&mut state.state).with_output_of(&merged);
    }

    /// What all sources of an instruction have in common.
    fn base_options(&self, copying: &Copying<'_>) -> Result<CopyOptions, CompileError> {
        let owner = (!copying.chown.is_empty()).then(|| ChownOpt::parse(&copying.chown));
        // Whatever the daemon makes of the link: the base's files cannot be read to look a name up.
        if copying.link && owner.as_ref().is_some_and(ChownOpt::has_names) {
            let message = format!(
                "--chown={}: user and group names can't be resolved when used with --link, use numeric uid[:gid] instead",
                copying.chown
            );
            let error = CompileError::new(ErrorCode::NamedOwnerWithLink, message);
            return Err(copying.at_flag("chown", error));
        }
        let mode = match copying.chmod.as_str() {
            "" => None,
            value => Some(match chmod::parse(value)? {
                Chmod::Octal(mode) => llb::Chmod::Mode(mode),
                Chmod::Symbolic(text) => llb::Chmod::Text(text),
            }),
        };
        Ok(CopyOptions {
            mode,
            owner,
            exclude_patterns: copying.exclude.clone(),
            create_dest_path: true,
            // Steps of a hermetic build could read the times of a disk or a server; a recording would hold those of this disk.
            created: self
                .plan
                .epoch
                .filter(|_| self.options.hermetic || self.options.recording.is_some())
                .map(Timestamp::unix_nanos),
            ..Default::default()
        })
    }

    #[allow(clippy::too_many_arguments)]
    fn copy_source(
        &mut self,
        action: FileAction,
        state: &DispatchState,
        site: &Site<'_>,
        copying: &Copying<'_>,
        flags: &mut RemoteFlags,
        source: &Spanned<String>,
        dest: &str,
        base: &CopyOptions,
        name: &str,
    ) -> Result<FileAction, CompileError> {
        match remote::parse_git_ref(source) {
            GitRefResult::Invalid(error) => Err(CompileError::new(
                ErrorCode::InvalidGitSource,
                error.to_string(),
            )),
            GitRefResult::Git(git) if !git.indistinguishable_from_local => {
                if !copying.is_add() {
                    return Err(remote_in_copy("source can't be a git ref for COPY"));
                }
                let advice = self.options.client.git_advice;
                let source = git_source(&git, flags, advice)?;
                let pin = self.pin(source.remote_source());
                let constraints = Constraints::new().custom_name(name);
                let (used, repository) =
                    RemoteUse::git(source, pin, Some(site.location), constraints);
                self.remote_uses.push(used);
                Ok(action.copy(&repository, "/", dest, base.clone()))
            }
            _ if remote::is_http_source(source) => {
                if !copying.is_add() {
                    return Err(remote_in_copy("source can't be a URL for COPY"));
                }
                let file = remote::http_filename(source);
                let download = http_options(&file, &flags.checksum, name)
                    .map_err(|error| copying.at_flag("checksum", error))?;
                let pin = self.pin(RemoteSource::http(source));
                let (used, download) = RemoteUse::http(source, download, pin, Some(site.location));
                self.remote_uses.push(used);
                let options = CopyOptions {
                    attempt_unpack: copying.unpack.unwrap_or(false),
                    ..base.clone()
                };
                Ok(action.copy(&download, file, dest, options))
            }
            _ => self.copy_path(action, state, site, copying, source, dest, base),
        }
    }

    /// Copies a path of the context, of a stage or of an image.
    #[allow(clippy::too_many_arguments)]
    fn copy_path(
        &mut self,
        action: FileAction,
        state: &DispatchState,
        site: &Site<'_>,
        copying: &Copying<'_>,
        written: &Spanned<String>,
        dest: &str,
        base: &CopyOptions,
    ) -> Result<FileAction, CompileError> {
        self.check_ignored(site, copying, written);
        let os = state.os();
        let mut source = written.as_str();
        let mut options = CopyOptions {
            follow_symlinks: true,
            copy_dir_contents_only: true,
            attempt_unpack: copying.unpack.unwrap_or(copying.is_add()),
            allow_wildcard: true,
            allow_empty_wildcard: true,
            ..base.clone()
        };
        if copying.parents {
            // `/./` divides what is copied from what is kept of its path.
            let (parent, pattern) = written.split_once("/./").unwrap_or(("/", written));
            source = parent;
            let pattern = normalize(pattern, os)?;
            // Only a path without wildcards can be missing.
            if !has_wildcards(source) && !has_wildcards(&pattern) {
                options.required_paths = vec![normalize(&path::join(&[source, &pattern]), os)?];
            }
            options.include_patterns =
                vec![pattern.strip_prefix('/').unwrap_or(&pattern).to_owned()];
        }
        let source = normalize(source, os)?;
        Ok(action.copy(&copying.from, source, dest, options))
    }

    fn check_ignored(&mut self, site: &Site<'_>, copying: &Copying<'_>, source: &Spanned<String>) {
        let Some(matcher) = self.ignore.as_ref().filter(|_| copying.from_context) else {
            return;
        };
        let path = path::clean(source);
        if is_ignored(matcher, &path) {
            let violation = CopyIgnoredFile {
                command: if copying.is_add() { "Add" } else { "Copy" },
                path: path.into_owned(),
                source: source.span,
            };
            self.report(site, violation);
        }
    }

    /// Copies the body of a heredoc as a file.
    fn copy_content(
        &mut self,
        action: FileAction,
        state: &DispatchState,
        file: &str,
        data: &[u8],
        dest: &str,
        base: &CopyOptions,
    ) -> Result<FileAction, CompileError> {
        let os = state.os();
        let file = os_path::without_drive(file, os, false)
            .map_err(|error| error.context("removing drive letter"))?;
        let document = self.inline_document(state, &file, 0o644, data);
        Ok(action.copy(&document, os_path::to_slash(&file, os), dest, base.clone()))
    }
}

/// The destination, absolute unless it has a drive that cannot be.
fn dest_path(state: &DispatchState, dest: &str) -> Result<String, CompileError> {
    let os = state.os();
    let dest = os_path::without_drive(dest, os, true)
        .map_err(|error| error.context("removing drive letter"))?;
    if os_path::is_abs(&dest, os) {
        return os_path::normalize("/", &dest, os, true);
    }
    // A directory, whatever it is called.
    let dest = if dest.is_empty() || dest == "." {
        Cow::Borrowed("./")
    } else {
        dest
    };
    os_path::normalize(state.state.dir(), &dest, os, true)
}

fn normalize(path: &str, os: &str) -> Result<String, CompileError> {
    os_path::normalize("/", path, os, false).map_err(|error| error.context("removing drive letter"))
}

#[cold]
fn remote_in_copy(message: &str) -> CompileError {
    CompileError::new(ErrorCode::RemoteSourceInCopy, message)
}

#[cold]
fn check_checksum(copying: &Copying<'_>) -> Result<(), CompileError> {
    if copying.checksum.is_empty() {
        return Ok(());
    }
    match copying.sources.as_slice() {
        [source] if remote::is_http_source(source) || remote::is_git_source(source) => Ok(()),
        [_] => Err(invalid_checksum("checksum requires HTTP(S) or Git sources")),
        _ => Err(invalid_checksum(
            "checksum can't be specified for multiple sources",
        )),
    }
}

fn history_flags(copying: &Copying<'_>, text: &mut String) {
    text.push_str(copying.keyword);
    if copying.parents {
        text.push_str(" --parents");
    }
    for (flag, value) in [(" --chown=", &copying.chown), (" --chmod=", &copying.chmod)] {
        if !value.is_empty() {
            text.extend([flag, value]);
        }
    }
}

fn has_wildcards(path: &str) -> bool {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => return true,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
    false
}

fn strings(arguments: &[Argument]) -> Vec<String> {
    arguments
        .iter()
        .map(|argument| argument.as_str().to_owned())
        .collect()
}
