//! `rdf-frontend`, the binary of the frontend image: serves one build on stdin and stdout.

use std::process::ExitCode;

use dockerfile_llb::frontend::{DockerfileFrontend, version_line};
use dockerfile_llb::gateway;

/// In place of musl's own allocator, which asks the kernel for most blocks beyond a few kilobytes.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    if arguments.any(|argument| matches!(argument.as_str(), "--version" | "-version")) {
        println!("{}", version_line(&program));
        return ExitCode::SUCCESS;
    }
    gateway::run(DockerfileFrontend)
}
