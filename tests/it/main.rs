//! Tests of everything that is visible from outside, in one binary.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

/// `with!(base, a = 1, b)`: `base` with those of its fields set. Types that may grow have no literals.
#[allow(
    unused_macros,
    reason = "which tests there are depends on the features"
)]
macro_rules! with {
    ($base:expr $(, $field:ident $(= $value:expr)?)* $(,)?) => {{
        let mut it = $base;
        $(with!(@set it, $field $(, $value)?);)*
        it
    }};
    (@set $it:ident, $field:ident) => { $it.$field = $field };
    (@set $it:ident, $field:ident, $value:expr) => { $it.$field = $value };
}

mod api;
#[cfg(feature = "cli")]
mod baseline;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod bytes;
#[cfg(feature = "cli")]
mod check;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod completions;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod conformance;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod contexts;
mod dependencies;
mod expand;
#[cfg(feature = "cli")]
mod explain;
mod format;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod frontend;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod frontend_calls;
#[cfg(feature = "testing")]
mod gateway;
#[cfg(feature = "testing")]
mod gateway_faults;
#[cfg(feature = "testing")]
mod gateway_hostile;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod gateway_process;
mod go;
#[cfg(all(feature = "compile", feature = "kit"))]
mod graph;
mod house;
#[cfg(feature = "cli")]
mod init;
mod inputs;
#[cfg(all(feature = "testing", feature = "kit"))]
mod kit;
#[cfg(feature = "compile")]
mod lint;
#[cfg(feature = "llb")]
mod llb;
#[cfg(feature = "llb")]
mod llb_graph;
#[cfg(feature = "llb")]
mod llb_ops;
#[cfg(feature = "llb")]
mod llb_rebuild;
#[cfg(all(feature = "testing", feature = "cli"))]
mod lock;
#[cfg(feature = "cli")]
mod lsp;
mod names;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod order;
#[cfg(all(feature = "testing", feature = "cli"))]
mod outputs;
#[cfg(all(feature = "testing", feature = "cli"))]
mod pages;
mod parity;
mod parse;
mod parse_dump;
#[cfg(all(feature = "lock", feature = "check"))]
mod robust;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod round_trips;
#[cfg(feature = "run")]
mod run;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod since_1_26;
mod snapshot;
#[cfg(feature = "cli")]
mod tidy;
#[cfg(any(feature = "run", all(feature = "testing", feature = "cli")))]
mod tls;
mod tree;
#[cfg(all(feature = "cli", unix))]
mod watch;
#[cfg(all(feature = "testing", feature = "cli", unix))]
mod workflows;
