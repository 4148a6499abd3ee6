//! A plan in the making: what stays while needs are answered.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::base::FoundImage;
use super::{GlobalArgs, Options, PendingLocal, PlannedStage, RemoteUse, StageId, global_args};
use crate::collect::IdVec;
use crate::expand::Expander;
use crate::image::{Platform, Timestamp};
use crate::lint::Linter;
use crate::source::LineRange;
use crate::syntax::{Dockerfile, Stage};

/// What is planned so far. It borrows from the Dockerfile, and from no answer.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(super) dockerfile: &'a Dockerfile,
    pub(super) linter: Linter,
    pub(super) expander: Expander,
    pub(super) globals: GlobalArgs,
    /// Build arguments with `SOURCE_DATE_EPOCH` replaced by its value, where the client gave it.
    pub(super) resolved_args: Option<BTreeMap<String, String>>,
    pub(super) build_platform: Arc<Platform>,
    pub(super) target_platform: Arc<Platform>,
    /// The builder's platform counts, apart from what [`GlobalArgs::env`] knows.
    pub(super) builder_read: bool,
    pub(super) stages: IdVec<StageId, PlannedStage<'a>>,
    pub(super) by_name: HashMap<String, StageId>,
    pub(super) epoch: Option<Timestamp>,
    pub(super) pending_locals: Vec<(StageId, PendingLocal)>,
    pub(super) remote_uses: Vec<RemoteUse>,
    pub(super) context_uses: BTreeMap<String, Option<LineRange>>,
    /// Base images that were found so far, by their names as `FROM` has them.
    pub(super) found: HashMap<Cow<'a, str>, FoundImage>,
    /// Stages and other sources that the file itself names.
    pub(super) written_sources: usize,
    /// Where base images are being resolved: all that comes before is done.
    pub(super) pass: Option<Pass>,
}

/// One pass over base images. The ONBUILD triggers of those that it finds may lead to another one.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) target: StageId,
    /// Stages that the target needs, itself among them.
    pub(super) reachable: IdVec<StageId, bool>,
    /// Stages whose base is still to be resolved.
    pub(super) open: Vec<StageId>,
    /// Passes before this one.
    pub(super) depth: usize,
    /// No trigger brought anything new: all bases are known.
    pub(super) is_last: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(dockerfile: &'a Dockerfile, options: &Options, linter: Linter) -> Self {
        let build_platform = Arc::new(options.client.builder());
        let target_platform = match &options.target_platform {
            Some(platform) => Arc::new(platform.clone()),
            None => build_platform.clone(),
        };
        let last = dockerfile.stages.last().map_or("", Stage::name);
        let target = match options.client.target.as_str() {
            "" => last,
            target => target,
        };
        let build_args = &options.client.build_args;
        Draft {
            globals: GlobalArgs {
                env: global_args::predefined(&build_platform, &target_platform, target, build_args),
                infos: BTreeMap::new(),
            },
            dockerfile,
            linter,
            expander: Expander::new(dockerfile.escape),
            resolved_args: None,
            // What no platform was asked for is for the builder's, also in named contexts.
            builder_read: options.target_platform.is_none() || !options.client.contexts.is_empty(),
            build_platform,
            target_platform,
            stages: IdVec::with_capacity(dockerfile.stages.len()),
            by_name: HashMap::with_capacity(dockerfile.stages.len()),
            epoch: None,
            pending_locals: Vec::new(),
            remote_uses: Vec::new(),
            context_uses: BTreeMap::new(),
            found: HashMap::new(),
            written_sources: 0,
            pass: None,
        }
    }

    /// The draft, if it can be gone on with. A named context is noted while it is loaded, and must not be noted twice.
    pub(super) fn kept(self, options: &Options) -> Option<Self> {
        (self.pass.is_some() && options.client.contexts.is_empty()).then_some(self)
    }
}
