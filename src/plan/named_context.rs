//! Named contexts: what a client puts in the place of an image or a stage (`--build-context`).

use super::{CompileError, Planner, RemoteUse, ResolveMode};
use crate::context::Loaded;
pub(super) use crate::context::NamedContext;
use crate::image::Platform;
use crate::llb;
use crate::source::LineRange;

impl Planner<'_, '_> {
    /// The context that the client gave for `name`, the one for `platform` first.
    pub(super) fn named_context(
        &self,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<NamedContext>, CompileError> {
        match NamedContext::is_reserved(name) {
            true => Ok(None),
            false => self.context_given(name, platform),
        }
    }

    /// The same of any name, also one that stands for something else in a Dockerfile.
    pub(super) fn context_given(
        &self,
        name: &str,
        platform: Option<&Platform>,
    ) -> Result<Option<NamedContext>, CompileError> {
        NamedContext::find(&self.options.client, name, platform).map_err(CompileError::from)
    }

    /// Loads a context that is named at `place` and first read at `location`; `None` while an answer is missing. An
    /// image is resolved by `resolve_mode`.
    pub(super) fn load_context(
        &mut self,
        context: &NamedContext,
        place: Option<LineRange>,
        location: Option<LineRange>,
        resolve_mode: Option<ResolveMode>,
    ) -> Result<Option<Loaded>, CompileError> {
        let known = self
            .draft
            .context_uses
            .entry(context.key.clone())
            .or_default();
        *known = known.or(place).or(location);
        let loaded = self.loader.load(context, location, resolve_mode)?;
        let used = loaded.as_ref().and_then(|loaded| loaded.used.clone());
        self.draft.remote_uses.extend(used.map(|used| RemoteUse {
            location: place.or(used.location),
            ..used
        }));
        Ok(loaded)
    }

    /// The files of a source that is used.
    pub(super) fn used(&mut self, (used, state): (RemoteUse, llb::State)) -> llb::State {
        self.draft.remote_uses.push(used);
        state
    }
}
