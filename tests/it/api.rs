//! The public interface, as text: `api/public.txt` has a line for everything that another crate can
//! name, so that a change of it is seen where it is made. `RDF_WRITE_API=1` writes the file anew.
//!
//! Read from the source, so it is the same whatever features the tests are compiled with, and needs
//! no other compiler.

mod export;
mod print;
mod source;

use std::collections::BTreeMap;
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
        "the public interface changed; if it is meant to, RDF_WRITE_API=1 cargo test --all-features --test it api, \
         and say so in CHANGELOG.md\n{diff}"
    );
}

/// Lines of the listing. It grows with what users are promised, so that a look at each line is worth it.
const MAX_LINES: usize = 2100;

/// Words of crates whose next version must not be a breaking one of this crate.
const FOREIGN: [&str; 15] = [
    "prost",
    "tokio",
    "bytes::",
    "Bytes",
    "BytesMut",
    "tonic",
    "hyper",
    "h2::",
    "http::",
    "reqwest",
    "serde_json",
    "clap",
    "AsyncRead",
    "AsyncWrite",
    "mpsc",
];

fn listed() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    export::listing(&source::Library::read(&root.join("src")))
}

#[test]
fn the_interface_stays_small() {
    let lines = listed().lines().count();
    assert!(lines <= MAX_LINES, "{lines} lines");
    assert!(lines > MAX_LINES / 2, "{lines} lines: the limit can fall");
}

#[test]
fn no_type_of_another_crate_is_in_a_signature() {
    let listing = listed();
    let is_word = |line: &str, word: &str| {
        let is_part = |it: char| it.is_alphanumeric() || it == '_';
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + word.len()..].chars().next();
            !before.is_some_and(is_part) && (word.ends_with(':') || !after.is_some_and(is_part))
        })
    };
    assert!(is_word("fn f(x: Bytes)", "Bytes") && !is_word("as_bytes()", "bytes::"));
    for line in listing.lines() {
        let foreign = FOREIGN.iter().find(|word| is_word(line, word));
        assert_eq!(foreign, None, "{line}");
    }
}

#[test]
fn errors_are_types() {
    // Signatures go over lines.
    let listing: String = listed().split_whitespace().collect();
    let mut seen = 0;
    for (at, _) in listing.match_indices("Result<") {
        let (mut depth, mut arguments) = (0, vec![String::new()]);
        for letter in listing[at + "Result<".len()..].chars() {
            match letter {
                '>' if depth == 0 => break,
                ',' if depth == 0 => arguments.push(String::new()),
                '<' | '(' | '[' => depth += 1,
                '>' | ')' | ']' => depth -= 1,
                _ => {}
            }
            if let Some(last) = arguments.last_mut().filter(|_| letter != ',' || depth > 0) {
                last.push(letter);
            }
        }
        seen += 1;
        assert_ne!(
            arguments.get(1).map(String::as_str),
            Some("String"),
            "{arguments:?}"
        );
    }
    assert!(seen > 50);
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let listing = listed();
    let mut names = BTreeMap::new();
    for line in listing.lines() {
        let kinds = ["struct", "enum", "trait", "type", "union"];
        let kind = |kind: &&str| line.strip_prefix(&format!("pub {kind} "));
        if let Some(rest) = kinds.iter().find_map(kind) {
            let end = rest.find(|it: char| !it.is_alphanumeric() && it != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            *names.entry(name).or_insert(0) += 1;
        }
    }
    assert!(names.len() > 100);
    let double: Vec<_> = names.iter().filter(|(_, count)| **count > 1).collect();
    assert!(double.is_empty(), "{double:?}");
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
             impl S { pub fn n(&self) {} }
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
pub struct S {
    pub x: u8,
    // private fields
}
impl S {
    pub const N: u8 = 1;
    pub fn m(&self);
    pub fn n(&self);
}
impl B + Clone + Display for S;
#[cfg(feature = "x")]
pub fn f<'a>(x: &'a str) -> u8;
"#;
    assert_eq!(export::listing(&library), expected.trim_start());
}
