//! `rdf-frontend`, the binary of the frontend image.
fn main() {}
