//! Which step of a build a recording belongs to.

use crate::image::Digest;

/// Names a `RUN` step by what it does: neither by its place in the file nor by what the files that it reads hold, so
/// that a moved line, a comment or other sources leave its recording valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// Name of the stage as a build shows it, `build` or `stage-0`.
    pub stage: String,
    /// Platform that it runs on, normalised: `linux/amd64`.
    pub platform: String,
    /// Program and arguments, the shell's included, as they are executed; variables are not replaced.
    pub command: Vec<String>,
    /// Digest of the script of a here-document that is executed itself.
    pub script: Option<Digest>,
    /// Where something is mounted, sorted.
    pub mounts: Vec<String>,
    /// Which of several equal steps, from 1.
    pub ordinal: u32,
}

/// A body that a step fetched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fetch {
    /// The URL, without credentials and signatures.
    pub url: String,
    /// Digest of the body.
    pub digest: Digest,
    /// Its length in bytes, at least 1.
    pub size: u64,
}
