//! ShellCheck: which scripts it is given, and that what it says comes back at the right bytes. A stand-in that finds a
//! word shows both for any Dockerfile; the program itself is used where it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use dockerfile_llb::internals::check::{
    Problem, Selector, ShellCheck, ShellComment, ShellFix, ShellReplacement, check, fix,
};
use dockerfile_llb::internals::diagnostic::Severity;
use proptest::prelude::*;

use super::{input, settings};

/// Finds a word in scripts, offers quotes for it, and keeps the scripts.
#[derive(Debug)]
pub struct Finds {
    word: String,
    scripts: Mutex<Vec<String>>,
}

impl Finds {
    pub fn new(word: &str) -> Self {
        Finds {
            word: word.to_owned(),
            scripts: Mutex::default(),
        }
    }

    fn comments_of(&self, script: &str) -> Arc<[ShellComment]> {
        let mut comments = Vec::new();
        for (line, text) in (1..).zip(script.split('\n')) {
            for (at, _) in text.match_indices(&self.word) {
                if text[..at].ends_with('"') {
                    continue;
                }
                let column = text[..at].chars().count() + 1;
                let end_column = column + self.word.chars().count();
                let insert = |column: usize| ShellReplacement {
                    line,
                    end_line: line,
                    column,
                    end_column: column,
                    replacement: "\"".to_owned(),
                };
                comments.push(ShellComment {
                    file: String::new(),
                    line,
                    end_line: line,
                    column,
                    end_column,
                    level: Severity::Info,
                    code: 2086,
                    message: format!("`{}` stands here.", self.word),
                    fix: Some(ShellFix {
                        replacements: vec![insert(column), insert(end_column)],
                    }),
                });
            }
        }
        comments.into()
    }
}

impl ShellCheck for Finds {
    fn comments(&self, scripts: &[&str]) -> Vec<Arc<[ShellComment]>> {
        let mut all = self.scripts.lock().unwrap();
        all.extend(scripts.iter().map(|script| (*script).to_owned()));
        scripts.iter().map(|it| self.comments_of(it)).collect()
    }
}

/// What is found in a file by a stand-in for `word`, and the scripts that it was given.
fn found(dockerfile: &str, word: &str) -> (Vec<Problem>, Vec<String>) {
    let finds = Arc::new(Finds::new(word));
    let mut input = input(&[Selector::Rule("ShellCheck")]);
    input.shellcheck = Some(finds.clone());
    let problems = check(dockerfile.as_bytes(), &settings(true), &input).problems;
    let scripts = finds.scripts.lock().unwrap().clone();
    (problems, scripts)
}

/// The scripts of a file.
fn scripts(dockerfile: &str) -> Vec<String> {
    found(dockerfile, "nothing").1
}

#[test]
fn scripts_have_their_shell() {
    for (dockerfile, first) in [
        ("FROM x\nRUN a\n", "#!/bin/sh\n"),
        ("FROM debian:12\nRUN a\n", "#!/bin/dash\n"),
        ("FROM fedora:41\nCMD a b\n", "#!/bin/bash\n"),
        (
            "ARG V=3.20\nFROM alpine:$V AS base\nFROM base\nRUN a\n",
            "#!/bin/dash\n# shellcheck disable=SC3001,",
        ),
        (
            "FROM x\nSHELL [\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]\nRUN a\n",
            "#!/bin/bash -e\n",
        ),
        (
            "FROM x AS a\nSHELL [\"ash\", \"-c\"]\nFROM a\nENTRYPOINT a\n",
            "#!/bin/dash\n# shellcheck disable=",
        ),
        (
            "FROM x\nRUN <<E\n#!/usr/bin/env bash\na\nE\n",
            "#!/usr/bin/env bash\na\n",
        ),
        ("FROM x\nHEALTHCHECK CMD a b\n", "#!/bin/sh\n"),
        (
            "# hadolint shell=/bin/bash -e\nFROM x AS a\nFROM y\nRUN a\n",
            "#!/bin/bash -e\n",
        ),
        (
            "# hadolint shell=powershell\nFROM x\nRUN a\nSHELL [\"ash\", \"-c\"]\nRUN b\nFROM x\nRUN c\n",
            "#!/bin/dash\n# shellcheck disable=",
        ),
        (
            "FROM x\nRUN a\n#hadolint shell=pwsh\nRUN b\n",
            "#!/bin/sh\n",
        ),
        // The escape token says nothing where the base does.
        ("# escape=`\nFROM debian:12\nRUN a\n", "#!/bin/dash\n"),
        (
            "# escape=`\nFROM node:22-alpine3.20\nRUN a\n",
            "#!/bin/dash\n# shellcheck disable=",
        ),
        (
            "# escape=`\nFROM --platform=linux/arm64 x\nRUN a\n",
            "#!/bin/sh\n",
        ),
    ] {
        let scripts = scripts(dockerfile);
        assert_eq!(scripts.len(), 1, "{dockerfile}");
        assert!(scripts[0].starts_with(first), "{dockerfile}{}", scripts[0]);
    }
    for dockerfile in [
        "FROM x\nRUN [\"a\"]\n",
        "FROM x\nCMD [\"a\"]\nENTRYPOINT [\"a\"]\nHEALTHCHECK NONE\n",
        "FROM x\nSHELL [\"zsh\", \"-c\"]\nRUN a\n",
        "FROM x\nSHELL [\"powershell\", \"-Command\"]\nRUN a\n",
        "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN a\n",
        "FROM --platform=windows/amd64 debian\nRUN a\n",
        "# escape=`\nFROM golang:1.22\nRUN a\n",
        "FROM x\nRUN <<E\n#!/usr/bin/python3\na\nE\n",
        "FROM x\nCOPY <<E /a\na\nE\n",
        "# hadolint shell=powershell\n\n# a\nFROM x\nRUN a\n",
    ] {
        assert_eq!(scripts(dockerfile), [""; 0], "{dockerfile}");
    }
}

#[test]
fn variables_of_the_dockerfile_are_set() {
    let text = scripts(
        "ARG G='a b'\nFROM x AS a\nARG G\nARG unset\nENV one=1 two=$one\nFROM a\nENV unused=1\n\
         RUN echo $G $unset ${one} $((two + 1)) $other\n",
    );
    assert_eq!(
        text,
        [
            "#!/bin/sh\nexport G='a b' one='1' two='1' unset='1'\necho $G $unset ${one} $((two + 1)) $other\n"
        ]
    );
    // A container has its name in a variable, a step of a build has not.
    let text = scripts("FROM x\nRUN a $HOSTNAME\nCMD a $HOSTNAME\n");
    assert_eq!(
        text,
        [
            "#!/bin/sh\na $HOSTNAME\n",
            "#!/bin/sh\nexport HOSTNAME='1'\na $HOSTNAME\n"
        ]
    );
    // What is said about all of a script stays before its first command, and one of a later stage is not known.
    let text = scripts(
        "FROM x\nENV A=1\nRUN <<E\n# shellcheck disable=SC2086\n\necho $A $B\nE\nFROM y\nENV B=1\n",
    );
    assert_eq!(
        text,
        ["#!/bin/sh\n# shellcheck disable=SC2086\n\nexport A='1'\necho $A $B\n"]
    );
}

#[test]
fn inputs_of_programs_are_part_of_the_script() {
    assert_eq!(
        scripts("FROM x\nRUN cat <<A - <<-'B' > c\na $b\nA\n\tb\n\tB\n"),
        ["#!/bin/sh\ncat <<A - <<-'B' > c\na $b\nA\nb\nB\n"]
    );
    // A shell's input is a script as well.
    assert_eq!(
        scripts("FROM x\nRUN bash -e <<'A'\na $b\nA\n"),
        ["#!/bin/sh\nbash -e <<'A'\na $b\nA\n", "#!/bin/bash\na $b\n"]
    );
}

/// Pieces of Dockerfiles with shell words in them; `@` is where a word goes.
fn instruction() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "@",
        "@",
        "@",
        "a",
        "é",
        "\t",
        "\"b c\"",
        "$x",
        "&&",
        ";",
        "|",
        "'q'",
        "-f",
        "a@b",
        "\\\n",
        "\\\n  # @ no\n",
        "\\ \n\n",
        "\\\r\n",
    ]);
    let words = prop::collection::vec(word, 1..12).prop_map(|words| words.join(" "));
    let head = prop::sample::select(vec![
        "RUN",
        "RUN --network=none",
        "CMD",
        "ENTRYPOINT",
        "HEALTHCHECK --interval=3s CMD",
        "run  ",
    ]);
    let line = (head, words.clone()).prop_map(|(head, words)| {
        // A line that ends with `\` would go on with the next instruction.
        format!("{head} {words} z\n")
    });
    let lines = prop::collection::vec(
        (prop::sample::select(vec!["", "\t", "\t\t", "  "]), words),
        1..5,
    );
    let opener = prop::sample::select(vec![
        "<<E",
        "<<-E",
        "<<'E'",
        "cat <<-E > @ && x",
        "bash <<'E'",
    ]);
    let heredoc = (opener, lines).prop_map(|(opener, lines)| {
        let body: String = lines
            .iter()
            .map(|(tabs, words)| format!("{tabs}{words}\n"))
            .collect();
        format!("RUN {opener}\n{body}E\n")
    });
    prop_oneof![line, heredoc]
}

proptest! {
    /// Of a word, the finding marks that word, wherever it stands; no word of a script is missed.
    #[test]
    fn what_is_found_in_a_script_is_marked_in_the_file(
        instructions in prop::collection::vec(instruction(), 1..5),
        word in prop::sample::select(vec!["WORD", "Wört", "$W"]),
    ) {
        let dockerfile = format!("FROM x\n{}", instructions.concat()).replace('@', word);
        let (problems, scripts) = found(&dockerfile, word);
        let expected: usize = scripts.iter().map(|it| Finds::new(word).comments_of(it).len()).sum();
        let shell: Vec<&Problem> = problems.iter().filter(|it| it.diagnostic.code == "SC2086").collect();
        prop_assert_eq!(shell.len(), expected, "{}", dockerfile);
        for problem in shell {
            let span = problem.diagnostic.primary.as_ref().unwrap().span;
            prop_assert_eq!(String::from_utf8_lossy(span.of(dockerfile.as_bytes())), word, "{}", dockerfile);
            let fix = problem.fix.as_ref().unwrap();
            let after = dockerfile_llb::source::apply(dockerfile.as_bytes(), fix.edits.clone());
            let quoted = format!("\"{word}\"");
            let at = span.range().start;
            let written = &after.bytes[at..at + quoted.len()];
            prop_assert_eq!(String::from_utf8_lossy(written), quoted);
        }
    }
}

#[test]
fn fixes_are_made_when_asked_for() {
    let text = "FROM x\nRUN a WORD \\\n  # WORD\n  WORD\nCMD a WORD\n";
    let mut input = input(&[Selector::Rule("ShellCheck")]);
    input.shellcheck = Some(Arc::new(Finds::new("WORD")));
    let fixed = fix(text.as_bytes(), &settings(true), &input, true);
    assert_eq!(
        String::from_utf8_lossy(&fixed.bytes),
        "FROM x\nRUN a \"WORD\" \\\n  # WORD\n  \"WORD\"\nCMD a \"WORD\"\n"
    );
    assert_eq!(fixed.fixed.get("SC2086"), Some(&3));
    let safe = fix(text.as_bytes(), &settings(true), &input, false);
    assert_eq!(safe.bytes, text.as_bytes());
}

/// A directory with files in it.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root =
        std::env::temp_dir().join(format!("rdf-shellcheck-test-{}-{name}", std::process::id()));
    fs::create_dir_all(&root).unwrap();
    for (path, text) in files {
        fs::write(root.join(path), text).unwrap();
    }
    root
}

fn rdf(root: &Path, path: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_rdf"))
        .args(["check", "--format", "gnu"])
        .args(arguments)
        .current_dir(root)
        .env_clear()
        .env("PATH", path)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

/// A program in the place of ShellCheck: what it prints is read, and what goes wrong is told.
#[cfg(unix)]
#[test]
fn what_goes_wrong_with_the_program_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let recorded = r#"{"comments":[{"file":"0.sh","line":2,"endLine":2,"column":6,"endColumn":8,"level":"warning","code":2154,"message":"a is referenced but not assigned.","fix":null}]}"#;
    let root = folder(
        "program",
        &[
            ("Dockerfile", "FROM x:1\nRUN echo $a\n"),
            (
                "rdf.toml",
                "[check]\nselect = [\"ShellCheck\"]\nshellcheck = \"./program\"\n",
            ),
        ],
    );
    let program = root.join("program");
    for (script, text, code) in [
        (
            format!("echo '{recorded}'; exit 1"),
            "Dockerfile:2:10: warning: a is referenced but not assigned. [SC2154]",
            1,
        ),
        ("echo '{\"comments\":[]}'".to_owned(), "", 0),
        ("echo no; exit 1".to_owned(), "unexpected output: ", 2),
        (
            "echo '{\"comments\":[]}'; echo; echo out of memory >&2; exit 2".to_owned(),
            "exit status: 2: out of memory",
            2,
        ),
        (
            format!("echo '{}'", recorded.replace("0.sh", "/etc/passwd")),
            "a comment on the file `/etc/passwd`",
            2,
        ),
        ("kill -9 $$".to_owned(), "cannot run ", 2),
    ] {
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let (told, exit) = rdf(&root, "/usr/bin:/bin", &[]);
        assert!(told.contains(text), "{script}: {told}");
        assert_eq!(exit, Some(code), "{script}: {told}");
    }
    fs::remove_file(&program).unwrap();
    let (told, exit) = rdf(&root, "", &[]);
    assert!(told.contains("no such program: `"), "{told}");
    assert_eq!(exit, Some(2));
    fs::remove_dir_all(&root).unwrap();
}

/// Forms for programs as well: what was not looked at is not taken for clean.
#[test]
fn a_missing_program_is_told_with_every_form() {
    let root = folder("missing", &[("Dockerfile", "FROM x:1\nRUN echo $a\n")]);
    let arguments = ["--no-config", "--select", "ShellCheck"];
    let (told, exit) = rdf(&root, "", &arguments);
    assert_eq!(
        told,
        "Shell scripts were not checked: `shellcheck` is not installed.\n"
    );
    assert_eq!(exit, Some(0));
    let (told, _) = rdf(&root, "", &[&arguments[..], &["--quiet"]].concat());
    assert_eq!(told, "");
    fs::remove_dir_all(&root).unwrap();
}

/// The program itself.
#[test]
fn shellcheck_finds_what_it_finds() {
    let path = std::env::var("PATH").unwrap_or_default();
    let is_there = Command::new("shellcheck").arg("--version").output().is_ok();
    if !is_there {
        println!("skipped: shellcheck is not installed");
        return;
    }
    let text = "FROM debian:12\nENV b=1\nRUN echo $a $b \\\n    # $a\n && cd \"/x\" ; rm\n# hadolint ignore=SC2164\nRUN cd /x; rm\n";
    let root = folder("real", &[("Dockerfile", text)]);
    let (told, code) = rdf(&root, &path, &["--select", "ShellCheck"]);
    let found: Vec<String> = told
        .lines()
        .map(|line| {
            let place = line.split(": ").next().unwrap();
            let code = line.rsplit_once('[').unwrap().1;
            format!("{place} {}", code.trim_end_matches(']'))
        })
        .collect();
    assert_eq!(
        found,
        [
            "Dockerfile:3:10 SC2154",
            "Dockerfile:3:10 SC2086",
            "Dockerfile:5:5 SC2164"
        ],
        "{told}"
    );
    assert_eq!(code, Some(1));
    fs::remove_dir_all(&root).unwrap();
}
