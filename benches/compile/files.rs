//! What is measured: the files of a corpus with all that they ask for, and what is left of them when all is known.

#[path = "../../examples/conformance/bulk.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod bulk;
#[path = "../../examples/conformance/format.rs"]
#[allow(dead_code, reason = "only what compiles is used here")]
mod format;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use dockerfile_llb::compile::{
    Answer, Answers, ImageAnswer, Lowered, Need, Options, Rounds, Source,
};
use dockerfile_llb::image::{Digest, Platform};
use dockerfile_llb::internals::pb::ops::Definition;
use prost::Message as _;

/// Platforms that base images are often made for.
pub const PLATFORMS: [&str; 8] = [
    "amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "mips64le",
];

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Files of the corpus that are measured.
const FILES: usize = 400;

/// A Dockerfile, and all that is known before it is measured.
pub struct Input {
    pub bytes: Vec<u8>,
    pub options: Options,
    /// What will be asked: making it up would take longer than some files do.
    known: Answers,
}

impl Input {
    pub fn new(bytes: Vec<u8>) -> Self {
        let options = bulk::options(&bytes);
        let mut known = Answers::new();
        let _ = Source::new(&bytes).complete(&options, &mut known, bulk::answer);
        Input {
            bytes,
            options,
            known,
        }
    }

    /// A build of 30 images, each with a trigger that names another one: three rounds of questions.
    pub fn with_triggers() -> Self {
        let stages = (0..30).map(|at| format!("FROM image{at} AS s{at}\nRUN make\n"));
        let copies = (0..30).map(|at| format!("COPY --from=s{at} /out /out\n"));
        let text: String = stages
            .chain(["FROM scratch\n".to_owned()])
            .chain(copies)
            .collect();
        let bytes = text.into_bytes();
        let options = bulk::options(&bytes);
        let mut known = Answers::new();
        let _ = Source::new(&bytes).complete(&options, &mut known, |need| {
            let mut answer = bulk::answer(need);
            if let (Need::Image(need), Answer::Image(Ok(ImageAnswer::Found(image)))) = (need, &mut answer)
                && let Some(at) = need.reference.strip_prefix("docker.io/library/image")
            {
                let trigger = at.replace(":latest", "");
                let config = format!(r#"{{"architecture":"amd64","os":"linux","config":{{"OnBuild":["COPY --from=tool{trigger} / /"]}}}}"#);
                image.config = config.into_bytes().into();
            }
            answer
        });
        Input {
            bytes,
            options,
            known,
        }
    }

    /// [`Input::compile`] with all answers at hand: one round.
    pub fn compile_known(&self) {
        let source = Source::new(&self.bytes);
        let mut known = self.known.clone();
        let compiled = source.complete(&self.options, &mut known, bulk::answer);
        if let Ok(lowered) = compiled.result {
            write(&lowered);
        }
    }

    /// From the first byte to the last: without answers at first, as a frontend does it.
    pub fn compile(&self) {
        if let Some(lowered) = self.lowered() {
            write(&lowered);
        }
    }

    /// [`Input::compile`] without the last step.
    pub fn lowered(&self) -> Option<Lowered> {
        let source = Source::new(&self.bytes);
        let compiled = source.compile_with(&self.options, |need| {
            let answer = self.known.get(need);
            answer.expect("it was answered before").clone()
        });
        compiled.result.ok()
    }
}

/// A Dockerfile for several platforms, and all that is known before it is measured.
pub struct MultiPlatform<'i> {
    bytes: &'i [u8],
    targets: Vec<Options>,
    known: Answers,
}

impl<'i> MultiPlatform<'i> {
    pub fn new(file: &'i Input, platforms: &[&str]) -> Self {
        let targets = platforms.iter().map(|architecture| {
            let mut options = file.options.clone();
            options.client.multi_platform = platforms.len() > 1;
            options.target_platform = Some(Platform::new("linux", architecture));
            options
        });
        let targets: Vec<_> = targets.collect();
        let source = Source::new(&file.bytes);
        let mut known = Answers::new();
        for options in &targets {
            let _ = source.complete(options, &mut known, bulk::answer);
        }
        MultiPlatform {
            bytes: &file.bytes,
            targets,
            known,
        }
    }

    /// [`Input::compile`] for each platform, as a frontend does it.
    pub fn compile(&self) {
        let source = Source::new(self.bytes);
        let mut rounds = Rounds::new(&source, &self.targets, Answers::new());
        loop {
            let needs = rounds.needs();
            if needs.is_empty() {
                break;
            }
            rounds.answer(needs.into_iter().map(|need| {
                let answer = self.known.get(&need);
                let answer = answer.expect("it was answered before").clone();
                (need, answer)
            }));
        }
        let (compiled, _) = rounds.finish();
        for lowered in compiled.into_iter().filter_map(|it| it.result.ok()) {
            write(&lowered);
        }
    }
}

fn write(lowered: &Lowered) {
    let definition = lowered.definition();
    black_box(definition.map(|definition| definition.encode()).ok());
}

/// What is left when all is known: the bytes of a definition.
pub struct Floor {
    ops: Vec<Vec<u8>>,
    definition: Vec<u8>,
}

impl Floor {
    pub fn of(file: &Input) -> Option<Self> {
        let definition = file.lowered()?.definition().ok()?.encode();
        let ops = Definition::decode(&*definition).ok()?.def;
        Some(Floor { ops, definition })
    }

    /// Hashes and writes them.
    pub fn write(&self) {
        for op in &self.ops {
            black_box(Digest::sha256(op));
        }
        black_box(self.definition.clone());
    }
}

/// The files that `RDF_CORPUS` names; empty where it is not set.
pub fn corpus() -> Vec<Input> {
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
