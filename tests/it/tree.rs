//! The lossless tree: tokens tile the file, branches nest and are those of the syntax tree, and an edit
//! of one changes nothing else. For the files in testdata, `RDF_CORPUS`, and generated ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dockerfile_llb::internals::syntax::tree::*;
use dockerfile_llb::source::{Edit, Span, apply};
use dockerfile_llb::syntax::*;
use proptest::prelude::*;

use crate::{parse, parse_dump, snapshot};

/// Files in testdata that are Dockerfiles: fewer means that they were not found.
const FILES: usize = 900;

/// Every Dockerfile below `root`.
pub(crate) fn dockerfiles(root: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(root).unwrap_or_else(|error| panic!("{root:?}: {error}"));
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            dockerfiles(&path, found);
        } else if name.ends_with("Dockerfile") {
            found.push(path);
        }
    }
}

/// What holds for every file.
fn check(source: &[u8]) -> Tree {
    let (parsed, tree) = parse_with_tree(source);
    assert_eq!(parsed, dockerfile_llb::syntax::parse(source));
    check_tokens(source, &tree);
    check_branches(source, &tree);
    check_agreement(source, &parsed, &tree);
    tree
}

fn check_tokens(source: &[u8], tree: &Tree) {
    let mut at = 0;
    for token in tree.tokens() {
        assert_eq!(token.span.start, at, "{token:?} in {:?}", tree.tokens());
        assert!(token.span.end > at, "{token:?} is empty");
        at = token.span.end;
        let bytes = token.span.of(source);
        let fits = match token.kind {
            TokenKind::ByteOrderMark => bytes == b"\xef\xbb\xbf" && token.span.start == 0,
            TokenKind::LineEnd => bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')),
            TokenKind::Comment | TokenKind::Directive => bytes.starts_with(b"#"),
            TokenKind::Continuation => matches!(bytes, b"\\" | b"`"),
            TokenKind::Keyword => !bytes
                .iter()
                .any(|byte| matches!(byte, b' ' | b'\t' | b'\n')),
            TokenKind::HeredocBody | TokenKind::Unread => true,
            _ => !bytes.contains(&b'\n'),
        };
        assert!(fits, "{token:?} is {:?}", Text::from_bytes(bytes));
    }
    assert_eq!(at as usize, source.len(), "{:?}", tree.tokens());
    assert_eq!(tokens(source), tree.tokens());
}

/// What a branch consists of: an index of a branch, or of a token.
#[derive(Clone, Copy, Debug)]
enum Element {
    Branch(usize),
    Token(usize),
}

fn elements(tree: &Tree, branch: usize) -> Vec<Element> {
    let outer = &tree.branches()[branch];
    let mut elements = Vec::new();
    let mut token = outer.tokens.start;
    for index in tree.branches_of(branch) {
        let inner = &tree.branches()[index].tokens;
        elements.extend((token..inner.start).map(Element::Token));
        elements.push(Element::Branch(index));
        token = inner.end;
    }
    elements.extend((token..outer.tokens.end).map(Element::Token));
    elements
}

/// The first branch of this kind at exactly these bytes.
fn find(tree: &Tree, kind: BranchKind, span: Span) -> Option<usize> {
    let mut branches = tree.branches().iter();
    branches.position(|branch| branch.kind == kind && branch.span == span)
}

fn check_branches(source: &[u8], tree: &Tree) {
    let whole = Span::new(0, u32::try_from(source.len()).unwrap());
    assert_eq!(tree.branches()[0].kind, BranchKind::File);
    assert_eq!(tree.branches()[0].span, whole);
    let mut seen = 0;
    for (index, branch) in tree.branches().iter().enumerate() {
        if let Some(parent) = branch.parent {
            let parent = &tree.branches()[parent];
            assert!(
                parent.span.contains(branch.span),
                "{branch:?} in {parent:?}"
            );
        }
        let joined: usize = tree.tokens_of(index).iter().map(length).sum();
        let own = branch.span.range().len();
        assert_eq!(joined, own, "{branch:?} cuts a token");
        // what a branch consists of tiles it
        let mut at = branch.span.start;
        for element in elements(tree, index) {
            let span = match element {
                Element::Token(token) => tree.tokens()[token].span,
                Element::Branch(inner) => {
                    assert_eq!(tree.branches()[inner].parent, Some(index));
                    seen += 1;
                    tree.branches()[inner].span
                }
            };
            assert_eq!(span.start, at, "{element:?} of {branch:?}");
            at = span.end;
        }
        assert_eq!(at, branch.span.end, "{branch:?}");
        let inner = elements(tree, index).into_iter().filter_map(|it| match it {
            Element::Branch(inner) => Some(inner),
            Element::Token(_) => None,
        });
        assert!(inner.eq(tree.branches_of(index)));
    }
    assert_eq!(seen + 1, tree.branches().len());
}

fn length(token: &Token) -> usize {
    token.span.range().len()
}

/// The syntax tree has no place that the lossless tree does not have.
fn check_agreement(source: &[u8], parsed: &Parsed, tree: &Tree) {
    let file = &parsed.dockerfile;
    let metas = file.meta_args.iter().map(|arg| &arg.meta);
    let metas = metas.chain(file.stages.iter().flat_map(|stage| {
        let instructions = stage.instructions.iter().map(Instruction::meta);
        std::iter::once(&stage.meta).chain(instructions)
    }));
    for meta in metas {
        let index = find(tree, BranchKind::Instruction, meta.span).unwrap();
        assert_eq!(tree.branches()[index].parent, Some(0));
        let keyword = find(tree, BranchKind::Keyword, meta.keyword.span).unwrap();
        assert_eq!(tree.branches()[keyword].parent, Some(index));
        for flag in &meta.flags {
            let flag_index = find(tree, BranchKind::Flag, flag.span).unwrap();
            assert_eq!(tree.branches()[flag_index].parent, Some(index));
            let value = flag.value.as_ref().map(|value| value.span);
            if let Some(value) = value.filter(|value| *value != flag.span) {
                assert!(find(tree, BranchKind::Value, value).is_some());
            }
        }
    }
    for directive in &file.directives {
        let kinds = tree.tokens().iter().filter(|it| it.span == directive.span);
        assert!(kinds.map(|it| it.kind).eq([TokenKind::Directive]));
    }
    // every other place begins and ends with a token
    let starts: BTreeSet<u32> = tree.tokens().iter().map(|it| it.span.start).collect();
    let dump = parse_dump::tree(source, file);
    // places in a trigger are those of the trigger's text
    let lines = dump
        .lines()
        .filter(|line| !line.trim_start().starts_with('|'));
    for place in lines.flat_map(|line| line.split('@').skip(1)) {
        let Some((start, rest)) = place.split_once("..") else {
            continue;
        };
        let end = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        let (Ok(start), Ok(end)) = (start.parse::<u32>(), end.parse::<u32>()) else {
            continue;
        };
        let cut = |at: u32| starts.contains(&at) || at as usize == source.len();
        assert!(cut(start) && cut(end), "{start}..{end} in\n{dump}");
    }
}

/// Puts another text in the place of a branch: the bytes outside stay, and so do the tokens around an
/// instruction.
fn check_replacement(source: &[u8], tree: &Tree, branch: usize) {
    let kind = tree.branches()[branch].kind;
    let span = tree.branches()[branch].span.range();
    let text: &[u8] = match kind {
        BranchKind::Instruction => b"RUN true",
        _ => b"zz",
    };
    let place = tree.branches()[branch].span;
    let applied = apply(source, [Edit::replace(place, text)]);
    assert!(applied.refused.is_empty());
    let behind = span.start + text.len();
    assert_eq!(&applied.bytes[..span.start], &source[..span.start]);
    assert_eq!(&applied.bytes[span.start..behind], text);
    assert_eq!(&applied.bytes[behind..], &source[span.end..]);
    let after = check(&applied.bytes);
    if kind == BranchKind::Instruction && tree.branches()[branch].parent == Some(0) {
        let outside = |tree: &Tree, bytes: &[u8], inside: std::ops::Range<usize>| {
            let tokens = tree.tokens().iter();
            let tokens = tokens.filter(|it| {
                let range = it.span.range();
                range.end <= inside.start || range.start >= inside.end
            });
            let texts = tokens.map(|it| (it.kind, it.span.of(bytes).to_vec()));
            texts.collect::<Vec<_>>()
        };
        let before = outside(tree, source, span.clone());
        let after = outside(&after, &applied.bytes, span.start..behind);
        assert_eq!(before, after);
    }
}

fn check_files(root: &Path) -> usize {
    let mut files = Vec::new();
    dockerfiles(root, &mut files);
    for path in &files {
        let source = fs::read(path).unwrap();
        let tree = check(&source);
        // some branches of each, others in others
        let count = tree.branches().len();
        for branch in (source.len() % 7..count).step_by(count / 4 + 1) {
            check_replacement(&source, &tree, branch);
        }
    }
    files.len()
}

#[test]
fn trees_of_all_files_are_lossless() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let count = check_files(&root);
    assert!(count >= FILES, "only {count} files found");
}

#[test]
fn trees_of_other_files_are_lossless() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => assert_ne!(check_files(Path::new(&root)), 0, "no files in {root:?}"),
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}

proptest! {
    #[test]
    fn trees_of_any_bytes_are_lossless(
        source in proptest::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
    ) {
        let tree = check(&source);
        check_replacement(&source, &tree, at.index(tree.branches().len()));
    }

    #[test]
    fn trees_of_any_pieces_are_lossless(
        source in parse::pieces(),
        at in any::<prop::sample::Index>(),
    ) {
        let tree = check(&source);
        check_replacement(&source, &tree, at.index(tree.branches().len()));
    }
}

/// A tree for reading: a line for each branch and token.
fn shown(source: &[u8]) -> String {
    let tree = check(source);
    let mut out = String::new();
    let mut open: Vec<(usize, Element)> = vec![(0, Element::Branch(0))];
    while let Some((depth, element)) = open.pop() {
        out.push_str(&"  ".repeat(depth));
        match element {
            Element::Branch(index) => {
                out.push_str(&format!("{:?}\n", tree.branches()[index].kind));
                let inner = elements(&tree, index).into_iter().rev();
                open.extend(inner.map(|element| (depth + 1, element)));
            }
            Element::Token(index) => {
                let token = tree.tokens()[index];
                let text = Text::from_bytes(token.span.of(source));
                out.push_str(&format!("{:?} {text:?}\n", token.kind));
            }
        }
    }
    out
}

#[test]
fn a_tree_has_everything_in_its_place() {
    let source = b"\xef\xbb\xbf# escape=`\r\n\n  from --platform=`\n # why\n\n x a ` \n  AS b \n\
        Env A=\"1 2\" B= `\n\tC=3\nONBUILD copy --from=b --  [\"x\",\"y\"]\n\
        RUN <<A cat;  x\nhi\nyou\nA\nHEALTHCHECK NONE\nNOPE \xff\n\
        RUN a `\n";
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tree");
    snapshot::text(&dir, "everything", &shown(source));
}

#[test]
fn what_is_behind_an_overlong_line_is_unread() {
    let mut source = b"FROM a\n".to_vec();
    source.resize(source.len() + 70_000, b'x');
    source.extend(b"\nRUN a\n");
    let tree = check(&source);
    let last = tree.tokens().last().unwrap();
    assert_eq!((last.kind, last.span.start), (TokenKind::Unread, 7));
    assert_eq!(tree.branches_of(0).count(), 1);
}
