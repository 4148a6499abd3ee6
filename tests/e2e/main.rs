//! End-to-end tests: real Docker clients and a real engine build through the frontend image.
//!
//! What is tested is an image, so nothing here uses the library. Every test is ignored unless asked for, because it
//! needs an engine: `scripts/test` and `scripts/e2e` find or start one and set what [`engine::Engine`] reads.
//! With `RDF_E2E_FRONTEND` set to an image of the reference, the same tests say whether they are right themselves.
//!
//! A test that the engine at hand cannot run is skipped: it says so on stderr and passes; see [`engine::Engine::lacks`].
//! Which tests each engine may skip is listed in `tests/e2e/skips`; `scripts/e2e` fails on any other.
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

mod attestations;
mod bake;
mod build;
mod buildctl;
mod cache;
mod call;
mod contexts;
mod debugger;
mod definition;
mod devices;
mod engine;
mod engines;
mod entitlements;
mod examples;
mod lock;
mod named_contexts;
mod outputs;
mod own_calls;
mod platforms;
mod policies;
mod process;
mod programs;
mod project;
mod registry;
mod secrets;
mod served;
mod shapes;
mod switching;
mod syntax_line;
