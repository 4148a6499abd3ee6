//! `rdf`, the command line.
fn main() {}
