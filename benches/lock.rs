//! `rdf lock` over many images: time one after another and at once, and peak memory.
//!
//! Cargo's own `rdf` is measured, or `RDF_BIN`, against a registry on loopback that takes 20 ms for each answer.
//! Lines of `NAME VALUE`, one figure each.
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

#[path = "../tests/it/tls.rs"]
#[allow(dead_code, reason = "only the tests speak TLS")]
mod tls;
#[path = "../tests/it/lock/world.rs"]
#[allow(dead_code, reason = "the tests have faults and guards as well")]
mod world;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use world::World;

/// What an answer takes on the way.
const LATENCY: Duration = Duration::from_millis(20);

/// Distinct images of which the speed is measured.
const IMAGES: usize = 200;

/// Numbers of distinct images of which the memory is measured.
const SIZES: [usize; 3] = [20, 200, 1000];

/// How often the peak is looked at; it never falls, so that only its last growth can be missed.
const GLANCE: Duration = Duration::from_millis(2);

fn rdf() -> PathBuf {
    std::env::var_os("RDF_BIN")
        .unwrap_or_else(|| env!("CARGO_BIN_EXE_rdf").into())
        .into()
}

/// A Dockerfile that takes so many images.
fn prepare(directory: &Path, world: &World, images: usize) -> io::Result<()> {
    let _ = std::fs::remove_file(directory.join("Dockerfile.lock"));
    let host = world.host();
    let lines = (0..images).map(|number| format!("COPY --from={host}/x{number}:1 / /\n"));
    let text: String = std::iter::once("FROM scratch\n".to_owned())
        .chain(lines)
        .collect();
    std::fs::write(directory.join("Dockerfile"), text)
}

/// Time and peak memory, in KiB, of one run.
fn run(directory: &Path, arguments: &[&str]) -> io::Result<(Duration, u64)> {
    let begin = Instant::now();
    let mut child = Command::new(rdf())
        .arg("lock")
        .args(arguments)
        .current_dir(directory)
        .env("HOME", directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak_of(child.id()).unwrap_or(peak);
        std::thread::sleep(GLANCE);
    };
    match status.success() {
        true => Ok((begin.elapsed(), peak)),
        false => Err(io::Error::other(format!("rdf lock: {status}"))),
    }
}

fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn main() -> io::Result<()> {
    let directory = std::env::temp_dir().join(format!("rdf-bench-lock-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let world = World::start();
    for number in 0..SIZES.into_iter().max().unwrap_or(IMAGES) {
        world.image(&format!("x{number}"), "1", &number.to_string(), "");
    }
    world.set_latency(LATENCY);
    prepare(&directory, &world, IMAGES)?;
    let (one, _) = run(&directory, &["--jobs", "1"])?;
    prepare(&directory, &world, IMAGES)?;
    let (many, _) = run(&directory, &[])?;
    println!("lock-{IMAGES}-one-by-one-ms {}", one.as_millis());
    println!("lock-{IMAGES}-at-once-ms {}", many.as_millis());
    println!(
        "lock-{IMAGES}-times-faster {:.1}",
        one.as_secs_f64() / many.as_secs_f64()
    );
    for size in SIZES {
        prepare(&directory, &world, size)?;
        let (_, peak) = run(&directory, &[])?;
        println!("lock-{size}-peak-kib {peak}");
    }
    std::fs::remove_dir_all(&directory)
}
