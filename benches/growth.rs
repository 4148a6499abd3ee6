//! Time and peak memory of inputs of four sizes each, a fresh process for every one.
//!
//! Without arguments it starts itself again and again, and prints `SHAPE SIZE NANOSECONDS PEAK-KIB OUTPUT-BYTES`; with
//! a shape and a size it compiles that, and prints its line.
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

#[path = "compile/shapes.rs"]
#[allow(dead_code, reason = "one is for the other benchmark")]
mod shapes;

#[path = "../examples/conformance/bulk.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod bulk;
#[path = "../examples/conformance/format.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod format;

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use dockerfile_llb::compile::Source;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A size is compiled until this time is spent, at least once; the shortest run counts.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

fn main() -> Outcome {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    match arguments.as_slice() {
        [name, size] => one(name, size.parse()?),
        _ => all(),
    }
}

fn all() -> Outcome {
    for shape in &shapes::SHAPES {
        for size in shape.sizes() {
            let mut child = Command::new(std::env::current_exe()?);
            let status = child.arg(shape.name).arg(size.to_string()).status()?;
            if !status.success() {
                println!("{} {size} failed", shape.name);
            }
        }
    }
    Ok(())
}

fn one(name: &str, size: usize) -> Outcome {
    let shape = shapes::SHAPES.iter().find(|shape| shape.name == name);
    let text = (shape.ok_or("no such shape")?.make)(size);
    let options = bulk::options(text.as_bytes());
    let mut best = Duration::MAX;
    let mut bytes = 0;
    let begin = Instant::now();
    while best == Duration::MAX || begin.elapsed() < LONG_ENOUGH {
        let start = Instant::now();
        let compiled = bulk::compile(&Source::new(text.as_bytes()), &options);
        let definition = compiled.result.and_then(|lowered| lowered.definition());
        bytes = definition.map_or(0, |definition| definition.encode().len());
        best = best.min(start.elapsed());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak
        .and_then(|peak| peak.split_whitespace().next())
        .unwrap_or("0");
    println!("{name} {size} {} {peak} {bytes}", best.as_nanos());
    Ok(())
}
