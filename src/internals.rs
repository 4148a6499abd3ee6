//! Every module as it is inside, for this repository's own tests, benchmarks and examples of them.
//!
//! Not part of the interface: it is there with the feature `internals` only, and nothing in it is promised.

/// Modules whose public items are those of the library's module of the same name.
macro_rules! modules {
    ($($(#[$cfg:meta])* $name:ident $({ $($(#[$inner_cfg:meta])* $inner:ident)* })?;)*) => {$(
        $(#[$cfg])*
        pub mod $name {
            pub use crate::$name::*;
            $($(
                $(#[$inner_cfg])*
                pub mod $inner {
                    pub use crate::$name::$inner::*;
                }
            )*)?
        }
    )*};
}

modules! {
    diagnostic { json suggest #[cfg(feature = "check")] text };
    go;
    limits;
    expand { settings };
    syntax { error heredoc tree };
    #[cfg(any(feature = "llb", feature = "lint"))]
    image { platform platform_match reference };
    #[cfg(feature = "llb")]
    llb { caps constraints dump vertex };
    #[cfg(feature = "llb")]
    pb;
    #[cfg(any(feature = "lint", feature = "kit"))]
    ignore;
    #[cfg(feature = "lint")]
    lint;
    #[cfg(feature = "compile")]
    compile;
    #[cfg(any(feature = "compile", feature = "kit"))]
    context;
    #[cfg(feature = "compile")]
    explain;
    #[cfg(feature = "compile")]
    graph;
    #[cfg(feature = "compile")]
    lower;
    #[cfg(any(feature = "compile", feature = "kit"))]
    options;
    #[cfg(feature = "compile")]
    plan;
    #[cfg(any(feature = "compile", feature = "kit"))]
    remote;
    #[cfg(feature = "gateway")]
    gateway { caps rpc channel client run resolve };
    #[cfg(feature = "lock")]
    lock { apply collect command contexts diff directive edit export file hermetic model provenance update verify version };
    #[cfg(feature = "recording")]
    recording;
    #[cfg(feature = "check")]
    check { catalogue config selection };
    #[cfg(feature = "kit")]
    frontend { options };
    #[cfg(feature = "registry")]
    registry;
    #[cfg(feature = "run")]
    run;
    #[cfg(feature = "testing")]
    testing { daemon serve };
}

/// An expander that is set otherwise than usual.
pub fn expander(
    escape: crate::source::Escape,
    quotes: expand::settings::Quotes,
    escapes: expand::settings::Escapes,
    unset: expand::settings::Unset,
) -> crate::expand::Expander {
    crate::expand::Expander {
        escape,
        quotes,
        escapes,
        unset,
    }
}

/// Other places that explain an error.
#[cfg(feature = "compile")]
pub fn related(error: &crate::compile::CompileError) -> impl Iterator<Item = crate::source::Span> {
    error.related().iter().map(|related| related.span)
}

/// The phase of reading in which the reference finds an error.
pub fn phase(error: &crate::syntax::ParseError) -> syntax::error::Phase {
    error.phase
}

/// Each instruction with empty lines in it: its last line, and its bytes.
pub fn empty_continuations(
    dockerfile: &crate::syntax::Dockerfile,
) -> impl Iterator<Item = (crate::source::LineRange, crate::source::Span)> {
    let empty = dockerfile.empty_continuations.iter();
    empty.map(|it| (it.location, it.span))
}

/// What a rule says about a stage: `AS` has another casing than `FROM`, and the name that its comment should describe.
pub fn stage_style(stage: &crate::syntax::Stage) -> (bool, Option<&str>) {
    (
        !stage.as_matches_from_casing(),
        stage.misplaced_description(),
    )
}

/// The name that the comment of an `ARG` should describe.
pub fn misplaced_description(arg: &crate::syntax::ArgInstruction) -> Option<&str> {
    arg.misplaced_description()
}

/// What a picture of a build is made of.
///
/// # Errors
/// The compiler's, of a Dockerfile that cannot be planned.
#[cfg(feature = "compile")]
pub fn shape(
    source: &crate::compile::Source,
    options: &crate::compile::Options,
    answers: &crate::compile::Answers,
) -> Result<plan::Shape, crate::compile::CompileError> {
    source.shape(options, answers)
}

/// The picture with addresses as a compiled build has them, in the place of their variables.
#[cfg(feature = "compile")]
pub fn expand(shape: &mut plan::Shape, lowered: &crate::compile::Lowered) {
    shape.expand(&lowered.remote_uses);
}

/// Sets which rules report, in the place of `# check=`.
#[cfg(feature = "compile")]
pub fn set_lint(options: &mut crate::compile::Options, config: lint::Config) {
    options.lint = Some(config);
}

/// The ops of a definition, as messages.
///
/// # Errors
/// When an op is not a valid message.
#[cfg(feature = "llb")]
pub fn messages(
    definition: &crate::llb::Definition,
) -> Result<Vec<pb::ops::Op>, crate::llb::DecodeError> {
    definition.messages()
}

/// The definition without any metadata.
#[cfg(feature = "llb")]
pub fn clear_metadata(definition: &mut crate::llb::Definition) {
    definition.metadata = Default::default();
}

/// The definition of a message.
#[cfg(feature = "llb")]
pub fn from_pb(definition: pb::ops::Definition) -> crate::llb::Definition {
    crate::llb::Definition::from_pb(definition)
}

/// The message of a definition.
#[cfg(feature = "llb")]
pub fn into_pb(definition: crate::llb::Definition) -> pb::ops::Definition {
    definition.into_pb()
}

/// An error as the wire carries it.
#[cfg(feature = "gateway")]
pub fn to_status(error: &crate::gateway::Error) -> pb::status::Status {
    error.to_status()
}

/// The error that the wire carries.
#[cfg(feature = "gateway")]
pub fn from_status(status: pb::status::Status) -> crate::gateway::Error {
    crate::gateway::Error::from_status(status)
}

/// A message of the wire, or the error of a daemon that sent something else.
///
/// # Errors
/// When it is something else.
#[cfg(feature = "gateway")]
pub fn decoded<T: prost::Message + Default>(
    bytes: prost::bytes::Bytes,
) -> Result<T, crate::gateway::Error> {
    T::decode(bytes).map_err(crate::gateway::Error::undecodable)
}

/// Metadata of an op.
#[cfg(feature = "llb")]
pub fn metadata<'d>(
    definition: &'d crate::llb::Definition,
    digest: &crate::llb::OpDigest,
) -> Option<&'d std::sync::Arc<llb::constraints::OpMetadata>> {
    definition.metadata.get(digest)
}

/// Metadata that ops get beside what the builder adds.
#[cfg(feature = "llb")]
pub fn metadata_of(constraints: &mut crate::llb::Constraints) -> &mut llb::constraints::OpMetadata {
    &mut constraints.metadata
}

/// Metadata under that of each op.
#[cfg(feature = "llb")]
pub fn metadata_under(
    options: &mut crate::llb::MarshalOptions,
) -> &mut llb::constraints::OpMetadata {
    &mut options.metadata
}

/// Where the ops of a definition come from.
#[cfg(feature = "llb")]
pub fn source(
    definition: &crate::llb::Definition,
) -> Option<&crate::llb::definition::DefinitionSource> {
    definition.source.as_ref()
}
