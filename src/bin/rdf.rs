//! `rdf`, the command line.

fn main() -> std::process::ExitCode {
    dockerfile_llb::cli::run()
}
