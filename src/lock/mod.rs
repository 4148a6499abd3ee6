//! The lock: what a build takes from outside, held to exact content.
//!
//! ```text
//! collect (what the compiler would fetch) -> verify (against the file) -> apply (pinned answers)
//!                                         -> update (choose new pins)  -> file (print)
//! ```
//!
//! Nothing here reads a file, asks a network or knows the time: `collect` and `apply` are given
//! answers, `rdf lock` and the frontend find them.

/// Kinds with a stable name each, under which tools report them, and the list of all.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $kind:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $kind,)*
        }

        impl $name {
            /// Every kind.
            #[cfg(feature = "internals")]
            pub const ALL: &'static [$name] = &[$($name::$kind),*];

            /// The code under which tools report it.
            pub const fn code(self) -> &'static str {
                match self {
                    $($name::$kind => $code,)*
                }
            }
        }
    };
}

pub(crate) mod apply;
mod assume;
pub(crate) mod collect;
pub(crate) mod command;
pub(crate) mod contexts;
pub(crate) mod diff;
pub(crate) mod directive;
pub(crate) mod edit;
pub(crate) mod export;
pub(crate) mod file;
pub(crate) mod hermetic;
pub(crate) mod model;
pub(crate) mod provenance;
pub(crate) mod recorded;
mod role;
pub(crate) mod sbom;
pub(crate) mod update;
pub(crate) mod verify;
pub(crate) mod version;

pub(crate) use assume::assume;
#[cfg(feature = "internals")]
pub use collect::Document;
#[cfg(feature = "internals")]
pub use file::{print, read};
#[cfg(feature = "internals")]
pub use hermetic::KnownValue;
#[cfg(feature = "internals")]
pub use model::{ConfigFacts, GitPin, HttpPin, ImagePin};
pub use model::{
    FrontendPin, GitKey, Inputs, LayoutName, Lock, Mode, RecordedRun, RecordingStore, Recordings,
    StoreImages,
};
pub use role::ImageRole;
