//! Which stages a build needs, on what they depend, and what must be known from outside before they can
//! be lowered.
//!
//! Planning is a loop without I/O: [`Need`]s go out, [`Answer`]s come in, until nothing is missing. It
//! owns stage names, reachability, base images, named contexts and ONBUILD; it builds no steps.

mod error;
mod need;
mod options;

pub use error::CompileError;
pub use need::{
    Answer, AnswerError, Answers, ImageAnswer, ImageMeta, ImageNeed, Need, OciStore, ResolveMode,
};
pub use options::{Channel, IgnoreFile, MainContext, NoCache, Options};
