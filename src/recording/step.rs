//! Which step of a build a recording belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::image::Digest;
use crate::image::digest::Hasher;

/// How much of a command is shown, in characters.
const SHOWN: usize = 60;

/// Names a `RUN` step by what it does: neither by its place in the file nor by what the files that it reads hold, so
/// that a moved line, a comment or other sources leave its recording valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey {
    /// Name of the stage as a build shows it, `build` or `stage-0`; empty where there is nothing but one stage.
    pub stage: String,
    /// Platform that it runs on, normalised: `linux/amd64`.
    pub platform: String,
    /// Program and arguments, the shell's included, as they are executed; variables are not replaced.
    pub command: Vec<String>,
    /// Digest of the script of a here-document that is executed itself.
    pub script: Option<Digest>,
    /// Where something is mounted, sorted.
    pub mounts: Vec<String>,
    /// Build arguments of the client that the step is given, but for those that no step is told apart by.
    pub args: BTreeMap<String, String>,
    /// Which of several equal steps, from 1.
    pub ordinal: u32,
}

impl StepKey {
    /// The first line of the command, cut; of a shell's arguments the script alone.
    pub fn shown(&self) -> String {
        let script = match self.command.as_slice() {
            [.., flag, script] if flag.starts_with('-') || flag.starts_with('/') => script.clone(),
            words => words.join(" "),
        };
        let line = script.lines().next().unwrap_or_default();
        let mut shown: String = line.chars().take(SHOWN).collect();
        if shown.len() < script.len() {
            shown.push('…');
        }
        shown
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RUN {} (", self.shown())?;
        if !self.stage.is_empty() {
            write!(f, "{}, ", self.stage)?;
        }
        f.write_str(&self.platform)?;
        for (name, value) in &self.args {
            write!(f, ", {name}={value}")?;
        }
        if self.ordinal > 1 {
            write!(f, ", {} of its kind", self.ordinal)?;
        }
        f.write_str(")")
    }
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

impl Fetch {
    /// A digest of a list of fetches, by which a lock and a recording are compared: of a line for each, with URL, digest
    /// and size. No URL has a line feed.
    pub fn digest_of(fetches: &BTreeSet<Fetch>) -> Digest {
        let mut hasher = Hasher::default();
        for Fetch { url, digest, size } in fetches {
            hasher.update(format!("{url} {digest} {size}\n").as_bytes());
        }
        hasher.finish()
    }
}
