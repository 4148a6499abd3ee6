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

#[path = "../../examples/conformance/bulk.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod bulk;
#[path = "../../examples/conformance/format.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod format;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dockerfile_llb::compile::{Answers, Options, Source};
use dockerfile_llb::image::Digest;
use dockerfile_llb::internals::pb::ops::Definition;
use dockerfile_llb::syntax;
use prost::Message as _;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Files of the corpus that are measured.
const FILES: usize = 400;

/// A Dockerfile, and all that is known before it is measured.
struct Input {
    bytes: Vec<u8>,
    options: Options,
    /// What will be asked: making it up would take longer than some files do.
    known: Answers,
}

impl Input {
    fn new(bytes: Vec<u8>) -> Self {
        let options = bulk::options(&bytes);
        let source = Source::new(&bytes);
        let mut known = Answers::new();
        let _ = source.complete(&options, &mut known, bulk::answer);
        Input {
            bytes,
            options,
            known,
        }
    }

    /// From the first byte to the last: without answers at first, as a frontend does it.
    fn compile(&self) {
        let source = Source::new(&self.bytes);
        let compiled = source.compile_with(&self.options, |need| {
            let answer = self.known.get(need);
            answer.expect("it was answered before").clone()
        });
        let definition = compiled.result.and_then(|lowered| lowered.definition());
        black_box(definition.map(|definition| definition.encode()).ok());
    }
}

/// What is left when all is known: the bytes of a definition.
struct Floor {
    ops: Vec<Vec<u8>>,
    definition: Vec<u8>,
}

impl Floor {
    fn of(file: &Input) -> Option<Self> {
        let source = Source::new(&file.bytes);
        let compiled = source.complete(&file.options, &mut file.known.clone(), bulk::answer);
        let definition = compiled.result.ok()?.definition().ok()?.encode();
        let ops = Definition::decode(&*definition).ok()?.def;
        Some(Floor { ops, definition })
    }

    /// Hashes and writes them.
    fn write(&self) {
        for op in &self.ops {
            black_box(Digest::sha256(op));
        }
        black_box(self.definition.clone());
    }
}

fn corpus() -> Vec<Input> {
    let Some(root) = std::env::var_os("RDF_CORPUS") else {
        eprintln!("RDF_CORPUS is not set: no corpus is measured");
        return Vec::new();
    };
    let files = bulk::dockerfiles(Path::new(&root)).expect("RDF_CORPUS has a directory `files`");
    files
        .iter()
        .take(FILES)
        .map(|file| Input::new(std::fs::read(file).expect("a file of the corpus can be read")))
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
