//! Equal input, equal bytes: in every thread and with every seed of the standard library's hash maps, of which each
//! thread has its own.

use dockerfile_llb::compile::{MainContext, Options, Source};
use dockerfile_llb::frontend::ClientOptions;
use dockerfile_llb::llb::SourceMap;

use super::{answers, dockerfiles, outcome};

/// Runs of each file, each in a thread of its own.
const RUNS: usize = 100;

/// Threads at a time.
const AT_ONCE: usize = 10;

/// Warnings, definition and image config of a file, or its error.
type Outcome = (String, Vec<u8>, String);

fn compile(text: &[u8]) -> Outcome {
    let client = ClientOptions {
        build_args: [("HTTP_PROXY", "x"), ("VERSION", "1")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..ClientOptions::default()
    };
    let options = with!(
        Options::from(client),
        main_context = MainContext::Local {
            name: "context".to_owned(),
            session_id: Some("session".to_owned()),
            ignore_file: None,
        },
        source_map = Some(SourceMap::new("Dockerfile", "Dockerfile", text))
    );
    let config = br#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin","B=c"],"Labels":{"x":"y","a":"b"},
        "OnBuild":["RUN a","ENV A=$B"]}}"#;
    let (compiled, _) = answers::compile(&Source::new(text), &options, answers::image(config));
    outcome(compiled)
}

#[test]
fn every_run_gives_the_same_bytes() {
    // The largest of those that can be built: they have the most to get into another order.
    let mut files = dockerfiles();
    files.sort_by_key(|file| std::cmp::Reverse(file.len()));
    files.retain(|file| file.len() < 4 << 10 && !compile(file).1.is_empty());
    files.truncate(12);
    let many = "ENV A=1 B=2 C=3\nLABEL a=b c=d e=f\nEXPOSE 80 81 443\nVOLUME /a /b\n".repeat(3);
    files.push(format!("FROM alpine AS a\n{many}FROM a\n{many}COPY --from=a / /\n").into_bytes());
    let expected: Vec<Outcome> = files.iter().map(|file| compile(file)).collect();
    for _ in 0..RUNS / AT_ONCE {
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    for (file, expected) in files.iter().zip(&expected) {
                        assert!(compile(file) == *expected, "{}", file.escape_ascii());
                    }
                });
            }
        });
    }
    assert!(files.len() == 13 && expected.iter().all(|outcome| !outcome.1.is_empty()));
}
