//! Time per file, to parse, and to compile and marshal.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use dockerfile_llb::compile::Source;
use dockerfile_llb::syntax;

use super::{Outcome, bulk};

/// Each file is measured this often; the best run counts.
const RUNS: usize = 5;

/// Measures the first `limit` Dockerfiles below `root`.
pub fn all(root: &Path, limit: usize) -> Outcome {
    let mut parse = Vec::new();
    let mut compile = Vec::new();
    for file in bulk::dockerfiles(root)?.into_iter().take(limit) {
        let bytes = fs::read(&file)?;
        let options = bulk::options(&bytes);
        let parse_time = best(|| {
            std::hint::black_box(syntax::parse(&bytes));
        });
        let compile_time = best(|| {
            let compiled = bulk::compile(&Source::new(&bytes), &options);
            let definition = compiled.result.and_then(|lowered| lowered.definition());
            std::hint::black_box(definition.map(|definition| definition.encode()).ok());
        });
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        println!(
            "{name} {} {}",
            parse_time.as_nanos(),
            compile_time.as_nanos()
        );
        parse.push(parse_time);
        compile.push(compile_time);
    }
    println!("median {} {}", median(&mut parse), median(&mut compile));
    println!("mean {} {}", mean(&parse), mean(&compile));
    Ok(())
}

fn best(mut run: impl FnMut()) -> Duration {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn median(times: &mut [Duration]) -> u128 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0, Duration::as_nanos)
}

fn mean(times: &[Duration]) -> u128 {
    let total: Duration = times.iter().sum();
    total.as_nanos() / (times.len().max(1) as u128)
}
