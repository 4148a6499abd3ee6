//! Time to parse, and to compile and marshal: a corpus of real files, and one long generated file.
//!
//! `RDF_CORPUS=DIR` names a folder with `files/*.Dockerfile`; its first 400 files by name are measured as one.
//! `RDF_LONG_FILE=FILE` names a long Dockerfile that is measured beside the generated one.

#[allow(dead_code, reason = "the others are for growth")]
mod shapes;

#[path = "../../examples/conformance/bulk.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod bulk;
#[path = "../../examples/conformance/format.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod format;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dockerfile_llb::compile::{Options, Source};
use dockerfile_llb::syntax;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Files of the corpus that are measured.
const FILES: usize = 400;

fn compile(bytes: &[u8], options: &Options) {
    let compiled = bulk::compile(&Source::new(bytes), options);
    let definition = compiled.result.and_then(|lowered| lowered.definition());
    black_box(definition.map(|definition| definition.encode()).ok());
}

fn corpus() -> Vec<(Vec<u8>, Options)> {
    let Some(root) = std::env::var_os("RDF_CORPUS") else {
        eprintln!("RDF_CORPUS is not set: no corpus is measured");
        return Vec::new();
    };
    let files = bulk::dockerfiles(Path::new(&root)).expect("RDF_CORPUS has a folder `files`");
    files
        .iter()
        .take(FILES)
        .map(|file| {
            let bytes = std::fs::read(file).expect("a file of the corpus can be read");
            let options = bulk::options(&bytes);
            (bytes, options)
        })
        .collect()
}

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
            for (bytes, _) in &files {
                black_box(syntax::parse(bytes));
            }
        });
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| {
            for (bytes, options) in &files {
                compile(bytes, options);
            }
        });
    });
}

fn long_files(criterion: &mut Criterion) {
    measure(
        criterion,
        "generated-36006-lines",
        shapes::generated().as_bytes(),
    );
    if let Some(path) = std::env::var_os("RDF_LONG_FILE") {
        let bytes = std::fs::read(path).expect("RDF_LONG_FILE can be read");
        measure(criterion, "long-file", &bytes);
    }
}

fn measure(criterion: &mut Criterion, name: &str, bytes: &[u8]) {
    let options = bulk::options(bytes);
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    group.bench_function("parse", |bencher| {
        bencher.iter(|| black_box(syntax::parse(bytes)));
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| compile(bytes, &options));
    });
}

criterion_group!(benches, corpus_files, long_files);
criterion_main!(benches);
