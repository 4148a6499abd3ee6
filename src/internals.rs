//! Every module as it is inside, for this repository's own tests, benchmarks and examples of them.
//!
//! Not part of the interface: it is there with the feature `internals` only, and nothing in it is promised.

/// Modules whose public items are those of the library's module of the same name.
macro_rules! modules {
    ($($(#[$cfg:meta])* $name:ident $({ $($inner:ident)* })?;)*) => {$(
        $(#[$cfg])*
        pub mod $name {
            pub use crate::$name::*;
            $($(
                pub mod $inner {
                    pub use crate::$name::$inner::*;
                }
            )*)?
        }
    )*};
}

modules! {
    diagnostic { suggest };
    go;
    limits;
    syntax;
    #[cfg(any(feature = "llb", feature = "lint"))]
    image { platform platform_match reference };
    #[cfg(feature = "llb")]
    llb { caps dump };
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
    gateway;
    #[cfg(feature = "lock")]
    lock { apply collect command contexts diff directive edit export file hermetic model update verify version };
    #[cfg(feature = "recording")]
    recording;
    #[cfg(feature = "check")]
    check { catalogue config selection };
    #[cfg(feature = "kit")]
    frontend;
    #[cfg(feature = "registry")]
    registry;
    #[cfg(feature = "run")]
    run;
    #[cfg(feature = "testing")]
    testing;
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
