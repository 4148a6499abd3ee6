//! One part of a compilation, once for each file of the corpus, to be counted in instructions: other programs of the
//! machine do not matter then. `benches/README.md` says how.
//!
//! `RDF_CORPUS=DIR` as for the benchmark `compile`; the argument is the name of the part.
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

#[path = "compile/files.rs"]
mod files;
#[path = "compile/locked.rs"]
mod locked;
#[path = "compile/shapes.rs"]
#[allow(dead_code, reason = "the others are for growth")]
mod shapes;

use std::hint::black_box;
use std::time::Instant;

use dockerfile_llb::syntax;
use files::{Floor, Input, MultiPlatform, PLATFORMS};

/// How often all builds are run.
const ROUNDS: usize = 7;

const PARTS: &str = "parse, lower, compile, known, floor, generated, triggers, triggers-known, one-platform, \
    eight-platforms, build, build-locked";

/// What is counted: the tool looks for this name. Without the tool the time is told.
#[inline(never)]
fn counted<T>(inputs: &[T], run: impl Fn(&T)) {
    let start = Instant::now();
    inputs.iter().for_each(run);
    println!(
        "{} inputs, {} us",
        inputs.len(),
        start.elapsed().as_micros()
    );
}

fn each<T>(inputs: &[T], run: impl Fn(&T)) {
    // What is made once for a process is made before.
    inputs.iter().take(1).for_each(&run);
    counted(inputs, run);
}

fn main() {
    // Cargo adds `--bench`.
    let part = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let files = match part.as_deref() {
        Some("triggers" | "triggers-known") => vec![Input::with_triggers()],
        Some("generated") => vec![Input::new(shapes::generated().into_bytes())],
        _ => files::corpus(),
    };
    let multi = |platforms| {
        let builds = files.iter().map(|it| MultiPlatform::new(it, platforms));
        each(&builds.collect::<Vec<_>>(), MultiPlatform::compile);
    };
    let build = |is_locked| {
        let builds = files.iter().filter_map(|it| locked::Build::new(&it.bytes));
        let builds: Vec<_> = builds.collect();
        for _ in 0..ROUNDS {
            // Each daemon answers one build.
            let daemons: Vec<_> = builds.iter().map(|it| it.daemon(is_locked)).collect();
            counted(&daemons, locked::build);
        }
    };
    match part.as_deref() {
        Some("parse") => each(&files, |file| {
            black_box(syntax::parse(&file.bytes));
        }),
        Some("lower") => each(&files, |file| {
            black_box(file.lowered());
        }),
        Some("compile" | "generated" | "triggers") => each(&files, Input::compile),
        Some("known" | "triggers-known") => each(&files, Input::compile_known),
        Some("floor") => {
            let floors: Vec<_> = files.iter().filter_map(Floor::of).collect();
            each(&floors, Floor::write);
        }
        Some("one-platform") => multi(&PLATFORMS[..1]),
        Some("eight-platforms") => multi(&PLATFORMS[..]),
        Some("build") => build(false),
        Some("build-locked") => build(true),
        _ => eprintln!("name a part: {PARTS}"),
    }
}
