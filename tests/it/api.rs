//! The public interface, as text: `api/public.txt` has a line for everything that another crate can
//! name, so that a change of it is seen where it is made. `RDF_WRITE_API=1` writes the file anew.
//!
//! Read from the source, so it is the same whatever features the tests are compiled with, and needs
//! no other compiler.

mod export;
mod print;
mod source;

use std::fs;
use std::path::Path;

const LISTING: &str = "api/public.txt";

const HEAD: &str = "\
What other crates can name. Made from src by tests/it/api.rs:
RDF_WRITE_API=1 cargo test --test it api

";

#[test]
fn the_listing_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = source::Library::read(&root.join("src"));
    let listing = format!("{HEAD}{}", export::listing(&library));
    let path = root.join(LISTING);
    if std::env::var_os("RDF_WRITE_API").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &listing).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    let diff = similar::TextDiff::from_lines(&recorded, &listing)
        .unified_diff()
        .to_string();
    assert!(
        diff.is_empty(),
        "the public interface changed; if it is meant to, RDF_WRITE_API=1 cargo test --test it api, \
         and say so in CHANGELOG.md\n{diff}"
    );
}

#[test]
fn what_can_be_named_is_listed() {
    let library = source::Library::of(&[
        (
            "",
            "pub mod a; mod b; pub use b::{B, c::C as D}; pub use std::fmt::Debug;",
        ),
        (
            "a",
            "pub use crate::b::B; #[cfg(feature = \"x\")] pub fn f<'a>(x: &'a str) -> u8 { 1 }
             fn hidden() {} pub(crate) struct E; #[cfg(test)] pub fn t() {}
             /// Docs.
             #[derive(Clone)] pub struct S { pub x: u8, y: u8 }
             impl S { pub const N: u8 = 1; pub fn m(&self) {} fn p(&self) {} }
             impl std::fmt::Display for S { fn fmt(&self) {} }",
        ),
        (
            "b",
            "pub mod c { pub enum C { X(u8), #[doc = \"y\"] Y } }
             pub trait B { fn need(&self); fn have(&self) { } }
             impl B for super::a::S { fn need(&self) {} }",
        ),
    ]);
    let expected = r#"
## dockerfile_llb

pub use std::fmt::Debug;
pub trait B {
    fn need(&self);
    fn have(&self);
}
pub enum D {
    X(u8),
    Y,
}

## dockerfile_llb::a

pub use dockerfile_llb::B;
#[derive(Clone)]
pub struct S {
    pub x: u8,
    // private fields
}
impl S {
    pub const N: u8 = 1;
    pub fn m(&self);
}
impl B for super::a::S;
impl std::fmt::Display for S;
#[cfg(feature = "x")]
pub fn f<'a>(x: &'a str) -> u8;
"#;
    assert_eq!(export::listing(&library), expected.trim_start());
}
