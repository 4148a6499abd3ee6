//! `rdf`, the command line.

/// In place of the system's: a check in the editor took a quarter longer with that of glibc; that of musl, which releases
/// have, has one lock for all threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    dockerfile_llb::cli::run()
}
