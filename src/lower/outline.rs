//! Which build arguments, secrets and SSH sockets a target uses, and where they are declared.

use crate::source::LineRange;

/// What a target can be given from outside. Entries are in the order of their lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Name of the target stage; empty when it has none.
    pub name: String,
    /// Doc comment of the target stage.
    pub description: String,
    /// Build arguments.
    pub args: Vec<OutlineArg>,
    /// Secrets.
    pub secrets: Vec<OutlineMount>,
    /// SSH sockets.
    pub ssh: Vec<OutlineMount>,
}

/// A build argument that the target uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineArg {
    /// Name of the argument.
    pub name: String,
    /// Doc comment above its `ARG`.
    pub description: String,
    /// Its value in this build.
    pub value: String,
    /// Lines of its `ARG`.
    pub location: Vec<LineRange>,
}

/// A secret or SSH socket that the target mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlineMount {
    /// Its id.
    pub name: String,
    /// Whether the build fails without it.
    pub required: bool,
    /// Lines of the first `RUN` that mounts it.
    pub location: Vec<LineRange>,
}
