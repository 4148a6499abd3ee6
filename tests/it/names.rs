//! One place for what the project is called: Cargo.toml names repository and version, `rdf --help` says what it is, and every
//! other text says the same. `RDF_WRITE_PAGES=1` writes them anew after a change.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that name the repository, its image, its action or a version.
const FILES: [&str; 13] = [
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "pyproject.toml",
    "action.yml",
    "docs/check.md",
    "docs/hermetic.md",
    "docs/install.md",
    "docs/lock.md",
    "docs/tutorial.md",
    "frontend-image/README.md",
    "frontend-image/docker-bake.hcl",
    "frontend-image/policy.rego",
];

/// What stands before the organisation, wherever it is named.
const BEFORE: [&str; 6] = [
    "https://github.com/",
    "ghcr.io/",
    "uses: ",
    "--repo ",
    "brew install ",
    "\"",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The organisation and the name of the repository.
fn repository() -> (&'static str, &'static str) {
    let path = env!("CARGO_PKG_REPOSITORY").strip_prefix("https://github.com/");
    path.and_then(|path| path.split_once('/'))
        .expect("a repository on GitHub")
}

/// `text` with the organisation of Cargo.toml wherever the repository or its tap is named, and how often it is.
fn named(text: &str) -> (String, usize) {
    let (organisation, name) = repository();
    let mut count = 0;
    let mut result = String::new();
    let mut rest = text;
    while let Some((at, before)) = BEFORE
        .iter()
        .filter_map(|before| rest.find(before).map(|at| (at, *before)))
        .min()
    {
        let (head, tail) = rest.split_at(at + before.len());
        result.push_str(head);
        let end = tail
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .unwrap_or(tail.len());
        let (word, after) = tail.split_at(end);
        let is_ours = [format!("/{name}"), "/tap/rdf".to_owned()]
            .iter()
            .filter_map(|path| after.strip_prefix(path.as_str()))
            .any(|behind| !behind.starts_with('-'));
        count += usize::from(is_ours);
        result.push_str(if is_ours { organisation } else { word });
        rest = after;
    }
    (result + rest, count)
}

/// `text` with the version of Cargo.toml behind each of `marks`, and how often that is.
fn versioned(text: &str, marks: &[&str]) -> (String, usize) {
    let (mut text, mut count) = (text.to_owned(), 0);
    for mark in marks {
        let parts: Vec<&str> = text.split(mark).collect();
        count += parts.len() - 1;
        let rest = parts[1..].iter().map(|part| {
            let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)));
            format!(
                "{mark}{}{}",
                env!("CARGO_PKG_VERSION"),
                &part[end.unwrap_or(part.len())..]
            )
        });
        text = std::iter::once(parts[0].to_owned()).chain(rest).collect();
    }
    (text, count)
}

#[track_caller]
fn hold(path: &Path, text: &str, right: &str) {
    if text == right {
        return;
    }
    assert!(
        std::env::var_os("RDF_WRITE_PAGES").is_some(),
        "{}: not what Cargo.toml says; RDF_WRITE_PAGES=1 writes it anew",
        path.display()
    );
    fs::write(path, right).unwrap();
}

#[test]
fn texts_name_the_repository_and_the_version_of_the_package() {
    let mut counts = (0, 0);
    for name in FILES {
        let path = root().join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (right, names) = named(&text);
        let marks: &[&str] = match name {
            "pyproject.toml" => &["\nversion = \"", "dockerfile-rs=="],
            "docs/check.md" => &["rev: v"],
            _ => &[],
        };
        let (right, versions) = versioned(&right, marks);
        counts = (counts.0 + names, counts.1 + versions);
        hold(&path, &text, &right);
    }
    assert!(counts.0 > 8 && counts.1 == 4, "{counts:?}");
}

/// Whoever names it elsewhere is to be listed above.
#[test]
fn no_other_text_names_the_repository() {
    let mut open: Vec<PathBuf> = [
        "src",
        "docs",
        "scripts",
        "examples",
        "frontend-image",
        ".github",
        "tests/e2e",
    ]
    .iter()
    .map(|dir| root().join(dir))
    .collect();
    let mut wrong = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let listed = FILES.iter().any(|name| root().join(name) == path);
        if !listed && named(&text).1 > 0 {
            wrong.push(path);
        }
    }
    assert!(wrong.is_empty(), "list in FILES: {wrong:?}");
}

/// What packages say of themselves is what the program says.
#[cfg(feature = "cli")]
#[test]
fn packages_describe_the_program_as_it_does_itself() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rdf"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let about = help.lines().next().unwrap();
    let wheel = fs::read_to_string(root().join("scripts/packaging/python/pyproject.toml")).unwrap();
    assert!(
        wheel.contains(&format!("description = \"{about}\"\n")),
        "{about}"
    );
}

/// `cargo binstall` looks for the archives where a release has them.
#[test]
fn binstall_finds_the_archives_of_a_release() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let expand = |key: &str, target: &str| {
        let template = binstall[key].as_str().unwrap();
        template
            .replace("{ repo }", env!("CARGO_PKG_REPOSITORY"))
            .replace("{ version }", env!("CARGO_PKG_VERSION"))
            .replace("{ target }", target)
            .replace("{ bin }{ binary-ext }", "rdf")
    };
    let formula = fs::read_to_string(root().join("scripts/packaging/homebrew.rb")).unwrap();
    let formula = formula
        .replace("@REPOSITORY@", env!("CARGO_PKG_REPOSITORY"))
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    let mut count = 0;
    for target in formula
        .split("@SHA256 ")
        .skip(1)
        .map(|rest| rest.split('@').next().unwrap())
    {
        count += 1;
        let url = expand("pkg-url", target);
        assert!(formula.contains(&format!("url \"{url}\"")), "{url}");
        assert_eq!(expand("bin-dir", target), format!("rdf-{target}/rdf"));
    }
    assert_eq!(count, 4);
}

/// A lock alone changes nothing for Docker's own frontend, so who has none of ours in the first line is told once.
#[cfg(all(feature = "testing", feature = "cli"))]
#[test]
fn the_first_lock_says_which_builds_use_it() {
    let (world, dir) = (crate::lock::world::World::start(), crate::lock::Dir::new());
    let host = world.host();
    for name in ["base", "frontend"] {
        world.image(name, "1", name, "");
    }
    let lock = || {
        let output = dir
            .command_of(env!("CARGO_BIN_EXE_rdf"))
            .arg("lock")
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        stderr
    };
    let (organisation, name) = repository();
    let line = format!("# syntax=ghcr.io/{organisation}/{name}:1");
    dir.write("Dockerfile", &format!("FROM {host}/base:1\n"));
    let first = lock();
    assert_eq!(first.matches(&line).count(), 1, "{first}");
    assert!(!lock().contains("# syntax="), "once");
    fs::remove_file(dir.path().join("Dockerfile.lock")).unwrap();
    dir.write(
        "Dockerfile",
        &format!("# syntax={host}/frontend:1\nFROM {host}/base:1\n"),
    );
    let first = lock();
    assert!(!first.contains("note:"), "{first}");
}
