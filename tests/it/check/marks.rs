//! What is marked: testdata/check/marks/*.cases, as testdata/check has them, with
//! `#! line:column Rule [bytes] label` for each finding of a rule.

use std::fs;

use dockerfile_llb::internals::check::catalogue::Group;
use dockerfile_llb::internals::check::{Problem, Selector, check};
use dockerfile_llb::internals::diagnostic::File;

use super::{files, input, settings};

fn shown(problem: &Problem, bytes: &[u8]) -> Option<String> {
    let rule = problem.rule?.name;
    let label = problem.diagnostic.primary.as_ref()?;
    let place = File::new("", bytes).place(label.span.start);
    let marked = String::from_utf8_lossy(label.span.of(bytes)).into_owned();
    let (line, column) = (place.line, place.column);
    Some(
        format!("{line}:{column} {rule} {marked:?} {}", label.text)
            .trim_end()
            .to_owned(),
    )
}

#[test]
fn the_bytes_at_fault_are_marked() {
    let settings = settings(true);
    let description = Selector::Rule("InvalidDefinitionDescription");
    let mut input = input(&[Selector::Group(Group::Docker), description]);
    input.context_ignore = Some(b"app\n"[..].into());
    let mut wrong = Vec::new();
    let paths = files("testdata/check/marks", "cases");
    assert!(!paths.is_empty());
    for path in paths {
        for case in super::cases(&fs::read_to_string(&path).unwrap()) {
            let bytes = case.dockerfile.as_bytes();
            let problems = check(bytes, &settings, &input).problems;
            let found: Vec<String> = problems.iter().filter_map(|it| shown(it, bytes)).collect();
            assert!(
                !case.expected.is_empty() || std::env::var_os("SHOW").is_some(),
                "{}",
                case.name
            );
            if found != case.expected {
                wrong.push(format!("#= {}\n#! {}", case.name, found.join("\n#! ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
