//! Time to parse, and to compile and marshal: a corpus of real files, and one long generated file.
//!
//! `RDF_CORPUS=DIR` names a directory with `files/*.Dockerfile`; its first 400 files by name are measured as one.
//! `RDF_LONG_FILE=FILE` names a long Dockerfile that is measured beside the generated one; `RDF_GENERATED_FILE=FILE` is
//! where that one is written to, for others to be measured by.
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

#[allow(dead_code, reason = "the others are for growth")]
mod shapes;

mod locked;

#[allow(dead_code, reason = "the rest is for counting")]
mod files;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dockerfile_llb::syntax;
use files::{Floor, Input, MultiPlatform, PLATFORMS, corpus};

/// All files one after the other: divide by their number.
fn corpus_files(criterion: &mut Criterion) {
    let files = corpus();
    if files.is_empty() {
        return;
    }
    let mut group = criterion.benchmark_group("corpus");
    group.throughput(Throughput::Elements(files.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for file in &files {
                black_box(syntax::parse(&file.bytes));
            }
        });
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| files.iter().for_each(Input::compile));
    });
    let floors: Vec<_> = files.iter().filter_map(Floor::of).collect();
    group.bench_function("floor", |bencher| {
        bencher.iter(|| floors.iter().for_each(Floor::write));
    });
    for (name, platforms) in [
        ("one-platform", &PLATFORMS[..1]),
        ("eight-platforms", &PLATFORMS[..]),
    ] {
        let builds: Vec<_> = files
            .iter()
            .map(|file| MultiPlatform::new(file, platforms))
            .collect();
        group.bench_function(name, |bencher| {
            bencher.iter(|| builds.iter().for_each(MultiPlatform::compile));
        });
    }
    let files: Vec<_> = files
        .iter()
        .filter_map(|file| locked::Build::new(&file.bytes))
        .collect();
    group.throughput(Throughput::Elements(files.len() as u64));
    for (name, is_locked) in [("build", false), ("build-locked", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || files.iter().map(|file| file.daemon(is_locked)).collect(),
                |daemons: Vec<_>| daemons.iter().for_each(locked::build),
                BatchSize::PerIteration,
            );
        });
    }
}

fn long_files(criterion: &mut Criterion) {
    let generated = shapes::generated().into_bytes();
    if let Some(path) = std::env::var_os("RDF_GENERATED_FILE") {
        std::fs::write(path, &generated).expect("RDF_GENERATED_FILE can be written");
    }
    measure(criterion, "generated-36006-lines", generated);
    if let Some(path) = std::env::var_os("RDF_LONG_FILE") {
        let bytes = std::fs::read(path).expect("RDF_LONG_FILE can be read");
        measure(criterion, "long-file", bytes);
    }
}

fn measure(criterion: &mut Criterion, name: &str, bytes: Vec<u8>) {
    let file = Input::new(bytes);
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    group.bench_function("parse", |bencher| {
        bencher.iter(|| black_box(syntax::parse(&file.bytes)));
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| file.compile());
    });
}

criterion_group!(benches, corpus_files, long_files);
criterion_main!(benches);
