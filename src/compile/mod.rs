//! Dockerfile in, LLB out: one pure call.
//!
//! [`compile`] takes the bytes, the [`Options`] and the [`Answers`] known so far. Where something is
//! missing it says what ([`Step::Needs`]); the caller finds out, inserts the answers and calls again.
//!
//! ```text
//! loop { match compile(source, &options, &answers) {
//!     Step::Needs(needs) => for need in needs { let answer = …; answers.insert(need, answer) },
//!     Step::Done(compiled) => break compiled,
//! } }
//! ```

use std::collections::BTreeMap;

use crate::image::ImageConfig;
use crate::lint::Warning;
use crate::llb;

pub use crate::lower::outline::Outline;
pub use crate::plan::{
    Answer, AnswerError, Answers, Channel, CompileError, IgnoreFile, ImageAnswer, ImageMeta,
    ImageNeed, MainContext, Need, NoCache, OciStore, Options, ResolveMode,
};

/// What came of one call of [`compile`].
#[derive(Debug)]
pub enum Step {
    /// These must be answered first. Never empty; independent of each other, so ask them all at once.
    Needs(Vec<Need>),
    /// Compilation has ended, well or badly.
    Done(Compiled),
}

/// The end of a compilation.
#[derive(Debug)]
pub struct Compiled {
    /// Lint warnings up to the end or the first error, in the order in which they were found.
    pub warnings: Vec<Warning>,
    /// The result, or the error that the reference would report first.
    pub result: Result<Lowered, CompileError>,
}

/// A Dockerfile compiled for one platform.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// File system of the target stage, ready to be marshalled.
    pub state: llb::State,
    /// Defaults for marshalling `state`: the target platform and the daemon's capabilities.
    pub marshal: llb::MarshalOptions,
    /// Config of the resulting image.
    pub image: ImageConfig,
    /// Config of the target's base image as it was resolved.
    pub base_image: Option<ImageConfig>,
    /// `SOURCE_DATE_EPOCH`, resolved, in seconds.
    pub epoch: Option<i64>,
    /// What an SBOM scanner should look at beside the result: `context` and stage names.
    pub sbom_extras: BTreeMap<String, llb::State>,
    /// Whether the target, or a stage to be scanned, was asked not to use the cache.
    pub ignore_cache: bool,
    /// Build arguments, secrets and SSH sockets that the target uses.
    pub outline: Outline,
}
