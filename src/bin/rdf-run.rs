//! `rdf-run`, which stands before the command of a recorded step.

fn main() -> std::process::ExitCode {
    dockerfile_llb::run::run()
}
