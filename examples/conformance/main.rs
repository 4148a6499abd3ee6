//! Compiles many Dockerfiles and writes down what came of them, for comparison with what the reference
//! frontend made of the same files.
//!
//! ```text
//! conformance run CASES_DIR --out OUT_DIR    OUT_DIR/<case>/actual.*
//! conformance bulk ROOT OUT.jsonl [-j N]     one line for each of ROOT/files/*.Dockerfile
//! conformance bench ROOT [-n N]              time to parse, and to compile and marshal
//! ```
//!
//! It produces and does not judge; testdata/conformance/README.md describes cases and formats.

mod bench;
#[allow(dead_code, reason = "tests ask for more")]
mod bulk;
#[allow(dead_code, reason = "tests ask for more")]
mod case;
mod format;
#[allow(dead_code, reason = "tests ask for more")]
mod run;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Errors of this program: told to the user and nothing else.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: conformance run CASES_DIR --out OUT_DIR
       conformance bulk ROOT OUT.jsonl [-j N]
       conformance bench ROOT [-n N]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn command(arguments: &[String]) -> Outcome {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["run", cases, "--out", out] | ["run", "--out", out, cases] => {
            run::all(&PathBuf::from(cases), &PathBuf::from(out))
        }
        ["bulk", root, out] => bulk::all(&PathBuf::from(root), &PathBuf::from(out), 1),
        ["bulk", root, out, "-j", threads] | ["bulk", "-j", threads, root, out] => {
            bulk::all(&PathBuf::from(root), &PathBuf::from(out), threads.parse()?)
        }
        ["bench", root] => bench::all(&PathBuf::from(root), usize::MAX),
        ["bench", root, "-n", files] | ["bench", "-n", files, root] => {
            bench::all(&PathBuf::from(root), files.parse()?)
        }
        _ => Err(USAGE.into()),
    }
}
