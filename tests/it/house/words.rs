//! Words that `docs/dev/wording.md` replaces do not come back: private terms, and phrases that are not English.

use super::{Source, files, root};

/// Words that say nothing to a reader from outside, and what is said instead.
const PRIVATE: &[(&str, &str)] = &[
    ("mend", "fix"),
    ("mends", "fixes"),
    ("mended", "fixed"),
    ("mending", "fixing"),
    ("outwait", "retry"),
    ("outwaited", "retried"),
    ("second belt", "defence in depth"),
    ("manners", "name them"),
    ("surroundings", "input, options, execution metadata"),
    ("in force", "active"),
    ("passed over", "skipped, ignored, suppressed"),
    ("passes over", "skips, ignores, suppresses"),
    ("endless", "unbounded, recursive, too large"),
    ("ever more", "many, or a limit"),
    ("Few", "OneOrMany"),
    ("Inserted", "CollectSmall"),
    ("Wish", "LockRequest"),
    ("InForce", "ActiveLock"),
    ("Surroundings", "CheckInput"),
    ("Scene", "FixContext"),
];

/// Words of prose alone: as a name of something in code they do no harm.
const IN_PROSE: &[(&str, &str)] = &[
    ("folder", "directory"),
    ("folders", "directories"),
    ("can't", "cannot"),
];

/// What may follow "is no": English, or a phrase about numbers.
const AFTER_NO: &[&str] = &[
    "longer", "more", "one", "reason", "limit", "error", "lock", "minute",
];

/// Where `word` stands in `text` as a word of its own.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let joins = |c: char| c.is_alphanumeric() || "_-`\"".contains(c);
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// "`x` is no list": a sentence carried over from German. "There is no x" is English.
fn is_carried_over(line: &str) -> bool {
    ["is no ", "are no ", "was no ", "were no "]
        .iter()
        .flat_map(|phrase| line.match_indices(phrase))
        .any(|(at, phrase)| {
            let before = line[..at].trim_end().rsplit(' ').next().unwrap_or_default();
            let after = line[at + phrase.len()..].split(' ').next();
            let after = after
                .unwrap_or_default()
                .trim_end_matches(|c: char| !c.is_alphanumeric());
            !before.to_lowercase().ends_with("there") && !AFTER_NO.contains(&after)
        })
}

/// What is wrong with a line; `prose` for comments and pages.
fn fault(line: &str, prose: bool) -> Option<String> {
    let words = PRIVATE
        .iter()
        .chain(IN_PROSE.iter().filter(|_| prose))
        .find(|(word, _)| has_word(line, word));
    match words {
        Some((word, instead)) => Some(format!("`{word}`: say {instead}")),
        None => is_carried_over(line).then(|| "\"is no\": say \"is not a\"".to_owned()),
    }
}

/// Texts of ours: code and its comments, pages, scripts. Recorded texts are others'.
fn texts() -> Vec<Source> {
    let mut all: Vec<Source> = ["src", "tests/it", "tests/e2e", "examples", "benches"]
        .iter()
        .flat_map(|dir| files(dir, ".rs"))
        .collect();
    all.extend(files("docs", ".md"));
    all.extend(files("testdata/cli", ".snap"));
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "PARITY.md",
        "SECURITY.md",
        "BENCHMARKS.md",
    ] {
        let text = std::fs::read_to_string(root().join(page)).expect("a page");
        all.push(Source {
            path: page.to_owned(),
            text,
        });
    }
    // The lists themselves, here and there.
    all.retain(|file| !["tests/it/house/words.rs", "docs/dev/wording.md"].contains(&&*file.path));
    all
}

#[test]
fn words_are_those_of_the_field() {
    let mut wrong = Vec::new();
    for file in texts() {
        let is_page = file.path.ends_with(".md");
        for (number, line) in file.text.lines().enumerate() {
            let prose = is_page || line.trim_start().starts_with("//");
            if let Some(fault) = fault(line, prose) {
                wrong.push(format!("{}:{}: {fault}", file.path, number + 1));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/dev/wording.md has better words:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn words_are_found_where_they_stand() {
    assert!(fault("what mends it", false).is_some());
    assert!(fault("`x` is no list", false).is_some());
    assert!(fault("an argument is no text.", false).is_some());
    assert!(fault("/// The folder of it.", true).is_some());
    assert!(fault("let folder = x;", false).is_none());
    assert!(fault("there is no lock", true).is_none());
    assert!(fault("it is no longer read", true).is_none());
    assert!(fault("recommended", true).is_none());
    assert!(fault("`store` must be `folder`", true).is_none());
}
