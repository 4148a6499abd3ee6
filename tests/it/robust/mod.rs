//! No input makes the crate panic, run for ever or give two answers.
//!
//! Inputs are random changes of the Dockerfiles and recordings in testdata. `RDF_FUZZ_SECONDS` says how
//! long (then each run takes other paths), otherwise it is a short run that is the same each time:
//!
//! ```text
//! scripts/fuzz              # each target of fuzz.rs for a minute
//! scripts/fuzz words 600    # one of them for ten
//! ```
//!
//! What fails is printed and stays in the directory for temporary files of the build as
//! `robust-<name>.input`; `RDF_FUZZ_INPUT=FILE` runs that file alone.

mod answers;
#[cfg(all(feature = "testing", feature = "cli"))]
mod builds;
#[cfg(not(fuzzing))]
mod determinism;
#[cfg(all(feature = "testing", feature = "cli"))]
mod dockerfile_writer;
mod fuzz;
#[cfg(all(feature = "testing", feature = "cli"))]
mod generate;
mod mutate;
#[cfg(not(fuzzing))]
mod stress;
mod texts;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use dockerfile_llb::compile::{
    Answer, AnswerError, Compiled, ImageAnswer, ImageMeta, MainContext, Need, NoCache, Options,
    Outcome, Source,
};
use dockerfile_llb::image::{Platform, Timestamp};
use dockerfile_llb::internals::diagnostic::{Diagnostic, File, json, text};
use dockerfile_llb::internals::{empty_continuations, related};
use dockerfile_llb::llb::{Definition, SourceMap, State};
use dockerfile_llb::source::{LineRange, Span};
use dockerfile_llb::syntax::{self, Instruction, InstructionMeta, Parsed};
use mutate::{Random, WORDS, mutate};

/// Time of a short run.
const SHORT: Duration = Duration::from_secs(2);

/// No input may take longer, however slow the machine and the build.
const LONGEST: Duration = Duration::from_secs(60);

/// Stack of the thread that runs the inputs: deep recursion must show.
const STACK: usize = 1 << 20;

/// The project, also for the package in `fuzz`.
fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut dirs = package.ancestors();
    dirs.find(|dir| dir.join("testdata").is_dir()).unwrap()
}

fn testdata() -> PathBuf {
    root().join("testdata")
}

/// Dockerfiles of testdata.
fn dockerfiles() -> Vec<Vec<u8>> {
    let corpus = files(&testdata().join("corpus/files"));
    let mut cases = files(&testdata().join("conformance/cases"));
    cases.retain(|path| path.file_name().is_some_and(|name| name == "Dockerfile"));
    assert!(corpus.len() > 100 && cases.len() > 100, "seeds are missing");
    let paths = corpus.iter().chain(&cases);
    paths.map(|path| fs::read(path).unwrap()).collect()
}

/// Files below `dir`, ordered by name.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Runs `check` on changes of seeds, until time is up.
fn run(name: &str, seeds: &[Vec<u8>], check: fn(&[u8], &[Vec<u8>], &mut Random)) {
    #[cfg(fuzzing)]
    {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("guided-{name}"));
        let seconds = std::env::var("RDF_FUZZ_SECONDS").unwrap_or_else(|_| "60".to_owned());
        let others = seeds.to_vec();
        // What else is random is of the input, so that one that fails does so again.
        let seed = |input: &[u8]| {
            input
                .iter()
                .fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(*byte))
        };
        let check = move |input: &[u8]| check(input, &others, &mut Random::new(seed(input)));
        crate::guide::run(&dir, &seconds, seeds, Box::new(check));
    }
    #[cfg(not(fuzzing))]
    {
        let make = |random: &mut Random| mutate(&seeds[random.below(seeds.len())], seeds, random);
        run_made(name, seeds, make, check);
    }
}

/// Runs `check` on what `make` makes, input after input, until time is up.
fn run_made(
    name: &str,
    seeds: &[Vec<u8>],
    make: impl Fn(&mut Random) -> Vec<u8>,
    check: impl Fn(&[u8], &[Vec<u8>], &mut Random),
) {
    let wanted = std::env::var("RDF_FUZZ_SECONDS").ok();
    let (time, first) = match &wanted {
        Some(seconds) => (
            Duration::from_secs(seconds.parse().expect("a number of seconds")),
            SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
        ),
        None => (SHORT, 1),
    };
    let only = std::env::var_os("RDF_FUZZ_INPUT").map(|path| fs::read(path).unwrap());
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("robust-{name}.input"));
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < time {
        let seed = first.wrapping_add(count);
        let mut random = Random::new(seed);
        let input = match &only {
            Some(input) => input.clone(),
            None => make(&mut random),
        };
        if wanted.is_some() {
            // A stack that overflows leaves no other trace.
            fs::write(&kept, &input).unwrap();
        }
        let began = Worked::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&input, seeds, &mut random)));
        let took = began.elapsed();
        count += 1;
        if let Err(panic) = outcome {
            fs::write(&kept, &input).unwrap();
            eprintln!("{name}, input {count}, seed {seed}, {}:", kept.display());
            eprintln!("{}", String::from_utf8_lossy(&input).escape_debug());
            resume_unwind(panic);
        }
        let shown = || input.escape_ascii().to_string();
        assert!(took < LONGEST, "{took:?} for input {count}, {}", shown());
    }
    println!("{name}: {count} inputs");
    assert_ne!(count, 0);
}

/// The time that this thread works: a machine that is busy, or stops it, makes no input slow.
struct Worked {
    clock: Instant,
    processor: Option<Duration>,
}

impl Worked {
    fn now() -> Self {
        Worked {
            clock: Instant::now(),
            processor: Self::processor(),
        }
    }

    /// By the clock where the system does not say.
    fn elapsed(&self) -> Duration {
        match (self.processor, Self::processor()) {
            (Some(began), Some(now)) => now.saturating_sub(began),
            _ => self.clock.elapsed(),
        }
    }

    fn processor() -> Option<Duration> {
        let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let nanoseconds = text.split(' ').next()?.parse().ok()?;
        Some(Duration::from_nanos(nanoseconds))
    }
}

/// Runs `work` where there is little stack.
fn on_small_stack(stack: usize, work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(stack).spawn(work);
    if let Err(panic) = thread.unwrap().join() {
        resume_unwind(panic);
    }
}

#[test]
fn dockerfiles_never_panic() {
    on_small_stack(STACK, || run("dockerfiles", &dockerfiles(), dockerfile));
}

#[test]
fn texts_never_panic() {
    on_small_stack(STACK, || run("texts", &texts::seeds(), texts::check));
}

#[test]
fn recorded_dockerfiles_hold() {
    on_small_stack(STACK, || {
        let seeds = dockerfiles();
        for (number, seed) in seeds.iter().enumerate() {
            dockerfile(seed, &seeds, &mut Random::new(number as u64));
        }
    });
}

/// Everything that must hold for a Dockerfile, whatever is in it.
fn dockerfile(input: &[u8], seeds: &[Vec<u8>], random: &mut Random) {
    let parsed = syntax::parse(input);
    check_places(input, &parsed);
    let source = Source::new(input);
    assert_eq!(source.parsed(), &parsed);
    let options = options(input, &parsed, random);
    let (compiled, answers) =
        answers::compile(&source, &options, |need| answer(need, seeds, random));
    let Outcome::Done(again) = Source::new(input).compile(&options, &answers) else {
        panic!("an answered question is asked again");
    };
    check_lines(input, &compiled);
    // In rounds of one compilation, what was planned is gone on with.
    let kept = source.compile_with(&options, |need| {
        let known = answers.get(need).cloned();
        known.unwrap_or_else(|| panic!("only asked in rounds: {need:?}"))
    });
    let again = outcome(again);
    assert_eq!(outcome(compiled), again);
    assert_eq!(outcome(kept), again);
}

/// Everything that came of a compilation, to be compared.
fn outcome(compiled: Compiled) -> (String, Vec<u8>, String) {
    let warnings = format!("{:?}", compiled.warnings);
    let definition = compiled.result.and_then(|lowered| {
        let definition = lowered.definition()?;
        Ok((definition, lowered.image.to_json()))
    });
    match definition {
        Ok((definition, image)) => {
            let bytes = definition.encode();
            let decoded = Definition::decode(&bytes).expect("a definition");
            assert_eq!(decoded.encode(), bytes);
            State::from_definition(&decoded).expect("a graph");
            (warnings, bytes, image)
        }
        Err(error) => (warnings, Vec::new(), format!("{error:?}")),
    }
}

/// Lines of the input, the one after the last newline included.
fn line_count(input: &[u8]) -> u32 {
    1 + input.iter().filter(|byte| **byte == b'\n').count() as u32
}

fn check_lines(input: &[u8], compiled: &Compiled) {
    let count = line_count(input);
    let warnings = compiled.warnings.iter().flat_map(|found| &found.location);
    let errors = compiled.result.as_ref().err().into_iter();
    let errors = errors.flat_map(|error| error.locations().iter().flatten());
    if let Some(error) = compiled.result.as_ref().err() {
        for span in error.span().into_iter().chain(related(error)) {
            assert!(span.start <= span.end && span.end as usize <= input.len());
        }
    }
    for lines in warnings.chain(errors) {
        assert!(
            lines.start <= lines.end && lines.end <= count,
            "{lines:?} of {count}"
        );
    }
}

fn check_places(input: &[u8], parsed: &Parsed) {
    let dockerfile = &parsed.dockerfile;
    let span = |span: Span| {
        assert!(
            span.start <= span.end && span.end as usize <= input.len(),
            "{span:?} of {}",
            input.len()
        );
    };
    let lines = |lines: LineRange| {
        assert!(lines.start <= lines.end, "{lines:?}");
        assert!(lines.end <= line_count(input), "{lines:?}");
    };
    let meta = |meta: &InstructionMeta| {
        span(meta.span);
        span(meta.args);
        span(meta.keyword.span);
        lines(meta.location);
        for flag in &meta.flags {
            span(flag.span);
            flag.value.iter().for_each(|value| span(value.span));
        }
    };
    for directive in &dockerfile.directives {
        span(directive.span);
        lines(directive.location);
    }
    empty_continuations(dockerfile).for_each(|(_, it)| span(it));
    dockerfile.meta_args.iter().for_each(|arg| meta(&arg.meta));
    for stage in &dockerfile.stages {
        meta(&stage.meta);
        span(stage.base_name.span);
        for instruction in &stage.instructions {
            meta(instruction.meta());
            arguments(instruction).into_iter().for_each(span);
        }
    }
    let file = File::new("Dockerfile", input);
    for error in &parsed.errors {
        error.location.into_iter().for_each(lines);
        let diagnostic = Diagnostic::error("error", &*error.message);
        let diagnostic = match (error.span, error.location) {
            (Some(place), _) => {
                span(place);
                diagnostic.at(place, "here")
            }
            (None, Some(location)) => diagnostic.at(file.span_of_lines(location), "here"),
            (None, None) => diagnostic,
        };
        text::render(&diagnostic, &file, text::Colour::Ansi, None);
        json::render(&diagnostic, &file);
    }
}

/// Places of arguments.
fn arguments(instruction: &Instruction) -> Vec<Span> {
    let of_command = |command: &syntax::CommandLine| {
        let heredocs = command.files.iter();
        let heredocs = heredocs.flat_map(|heredoc| [heredoc.body, heredoc.terminator]);
        let args = command.args.iter().map(|arg| arg.span);
        args.chain(heredocs).collect()
    };
    let of_paths = |paths: &syntax::SourcesAndDest| {
        let contents = paths.contents.iter().map(|content| content.span);
        let sources = paths.sources.iter().map(|source| source.span);
        sources.chain(contents).chain([paths.dest.span]).collect()
    };
    match instruction {
        Instruction::Run(it) => of_command(&it.command),
        Instruction::Cmd(it) => of_command(&it.command),
        Instruction::Entrypoint(it) => of_command(&it.command),
        Instruction::Copy(it) => of_paths(&it.paths),
        Instruction::Add(it) => of_paths(&it.paths),
        Instruction::Arg(it) => it.args.iter().map(|arg| arg.key.span).collect(),
        Instruction::Volume(it) => it.volumes.iter().map(|path| path.span).collect(),
        Instruction::User(it) => vec![it.user.span],
        Instruction::Workdir(it) => vec![it.path.span],
        _ => Vec::new(),
    }
}

fn options(input: &[u8], parsed: &Parsed, random: &mut Random) -> Options {
    let mut options = Options::default();
    if random.one_in(2) {
        options.source_map = Some(SourceMap::new("Dockerfile", "Dockerfile", input));
    }
    if random.one_in(4) {
        let names = parsed.dockerfile.stages.iter().map(|stage| stage.name());
        let names: Vec<&str> = names.chain(["0", "1", "nothing"]).collect();
        random.pick(&names).clone_into(&mut options.client.target);
    }
    if random.one_in(4) {
        let platforms = [
            "windows/amd64",
            "linux/arm64/v8",
            "wasi/wasm",
            "linux/arm/v7",
        ];
        let host = Platform::new("linux", "amd64");
        options.target_platform = Platform::parse(random.pick(&platforms), &host).ok();
    }
    if random.one_in(4) {
        let names = [
            "SOURCE_DATE_EPOCH",
            "VERSION",
            "BUILDPLATFORM",
            "TARGETARCH",
            "HTTP_PROXY",
        ];
        for _ in 0..2 {
            let value = random.pick(WORDS).to_owned();
            options
                .client
                .build_args
                .insert(random.pick(&names).to_owned(), value);
        }
    }
    if random.one_in(4) {
        let contexts = [
            "docker-image://busybox",
            "docker-image://Bad:",
            "local:dir",
            "input:base",
            "https://example.org/x.git#main:sub",
            "https://example.org/x.tar",
            "oci-layout://store@sha256:12",
            "scratch",
            "target:base",
            "",
        ];
        for name in ["alpine", "base", "build", "alpine::linux/arm64"] {
            let value = random.pick(&contexts).to_owned();
            options.client.contexts.insert(name.to_owned(), value);
        }
    }
    if random.one_in(8) {
        options.all_stages = true;
    }
    if random.one_in(8) {
        options.client.multi_platform = true;
        options.client.no_cache = NoCache::Stages(vec!["build".to_owned(), "base".to_owned()]);
    }
    if random.one_in(8) {
        options.main_context = MainContext::State(State::scratch());
    }
    options
}

fn answer(need: &Need, seeds: &[Vec<u8>], random: &mut Random) -> Answer {
    match need {
        Need::Image(image) => Answer::Image(match random.below(12) {
            0 => Err(AnswerError::new("not found")),
            1 => Ok(ImageAnswer::NotAnImage {
                updated: random.pick(WORDS).to_owned(),
            }),
            _ => Ok(ImageAnswer::Found(ImageMeta {
                reference: image.reference.clone(),
                digest: (!random.one_in(6)).then(|| format!("sha256:{:064}", 1)),
                config: Arc::from(config(seeds, random)),
            })),
        }),
        Need::Input { .. } => Answer::Input(Ok(random.one_in(2).then(State::scratch))),
        Need::SourceTime { .. } => Answer::Time(
            Timestamp::parse(b"2024-05-06T07:08:09.5+02:00")
                .map(Some)
                .map_err(|error| AnswerError::new(error.to_string())),
        ),
        _ => {
            let lines = mutate(b"*.md\n!README.md\n**/a?[b-c]\n", seeds, random);
            Answer::File(Ok(random.one_in(2).then(|| Arc::from(lines))))
        }
    }
}

/// An image config, now and then a broken one.
fn config(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let triggers = [
        r#""RUN true""#,
        r#""COPY . /src","ENV A=$B""#,
        r#""ARG X","RUN echo $X""#,
        r#""FROM x""#,
        r#""""#,
        r#""COPY --from=base /a /b""#,
        "",
    ];
    let json = format!(
        r#"{{"architecture":"amd64","os":"{}","created":"2024-01-01T00:00:00Z","config":{{"Env":["PATH=/bin","A","=b","C=d=e"],
            "User":"u","WorkingDir":"w","Shell":["/bin/ash"],"ExposedPorts":{{"80/tcp":{{}}}},"OnBuild":[{}]}},
            "history":[{{"created_by":"x"}}],"rootfs":{{"type":"layers","diff_ids":["sha256:{:064}"]}}}}"#,
        random.pick(&["linux", "windows"]),
        random.pick(&triggers),
        0
    );
    match random.below(6) {
        0 => mutate(json.as_bytes(), seeds, random),
        _ => json.into_bytes(),
    }
}
