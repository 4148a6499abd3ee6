//! `rdf fmt --style tidy`: what it makes of files, and what it may not change of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dockerfile_llb::format::format;
use dockerfile_llb::syntax::*;

use crate::tree;

struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let path = std::env::temp_dir().join(format!("rdf-tidy-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn rdf(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_rdf"))
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .output()
            .unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the style makes of a file.
fn tidied(name: &str, file: &str) -> String {
    let directory = Directory::new(name);
    fs::write(directory.0.join("Dockerfile"), file).unwrap();
    let output = directory.rdf(&["fmt", "--style", "tidy", "Dockerfile"]);
    assert!(output.status.success(), "{output:?}");
    let once = fs::read_to_string(directory.0.join("Dockerfile")).unwrap();
    let again = directory.rdf(&["fmt", "--style", "tidy", "--diff", "Dockerfile"]);
    assert_eq!(text(&again.stdout), "", "the second time changes nothing");
    once
}

#[test]
fn lines_of_a_command_are_laid_out() {
    let file = "FROM debian\n\
        #packages\n\
        RUN apt-get update &&\\\n  apt-get install -y --no-install-recommends wget git \\\n\
        #for TLS\n   ca-certificates curl && \\\n  rm -rf /var/lib/apt/lists/*\n\
        RUN apt-get update && apt-get install -y zip b=1 a curl && make all\n\
        RUN make &&\\\n\tmake install  |\\\n\ttee log\n\
        RUN if a; then \\\n      b; \\\n    fi\n";
    let expected = [
        "FROM debian",
        "# packages",
        "RUN apt-get update \\",
        "    && apt-get install -y --no-install-recommends wget git \\",
        "     # for TLS",
        "     ca-certificates curl \\",
        "    && rm -rf /var/lib/apt/lists/*",
        "RUN apt-get update \\",
        "    && apt-get install -y \\",
        "        a \\",
        "        b=1 \\",
        "        curl \\",
        "        zip \\",
        "    && make all",
        "RUN make \\",
        "    && make install \\",
        "    | tee log",
        "RUN if a; then \\",
        "      b; \\",
        "    fi",
        "",
    ];
    let got = tidied("lines", file);
    assert_eq!(got, expected.join("\n"), "{got}");
}

#[test]
fn pairs_are_written_with_a_sign() {
    let got = tidied("pairs", "FROM a\nENV A  b c\nLABEL x \"y z\"\nENV B=1\n");
    assert_eq!(got, "FROM a\nENV A=\"b c\"\nLABEL x=\"y z\"\nENV B=1\n");
}

#[test]
fn what_means_something_stays() {
    for file in [
        // White space in quotes, a comment of the shell, heredocs, another shell, another escape token.
        "FROM a\nRUN echo 'x \\\n      y' &&\\\n  z\n",
        "FROM a\nRUN x &&\\\n  y # z\n",
        "FROM a\nRUN <<EOF\n  a   &&\nEOF\n",
        "FROM a\nSHELL [\"pwsh\", \"-c\"]\nRUN a &&\\\n  b\n",
        "# escape=`\nFROM a\nRUN a &&`\n  b\n",
        "FROM a\nRUN [\"a\", \"&&\"]\n",
        "FROM a\nONBUILD RUN a &&\\\n  b\n",
        "FROM a\nCMD a &&\\\n  b\n",
        "FROM a\n# fmt: off\nRUN a &&\\\n  b\n#note\nENV A b\n# fmt: on\n",
        "#!/usr/bin/env x\n#####\n#tool:option\nFROM a\n",
    ] {
        assert_eq!(tidied("stays", file), file);
    }
}

#[test]
fn what_it_costs_is_told_before() {
    let directory = Directory::new("cost");
    let file = "FROM a AS a\nRUN x\nRUN y &&\\\n z\nRUN last\nFROM b\nCOPY . .\nRUN z\n";
    fs::write(directory.0.join("Dockerfile"), file).unwrap();
    let output = directory.rdf(&["fmt", "--style", "tidy", "--diff"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("+RUN y \\\n+    && z\n"),
        "{output:?}"
    );
    let told = text(&output.stderr);
    assert!(told.starts_with("2 steps would lose the cache"), "{told}");
    assert!(told.ends_with("Would format 1 file.\n"), "{told}");
    assert_eq!(
        fs::read_to_string(directory.0.join("Dockerfile")).unwrap(),
        file
    );
    let output = directory.rdf(&["fmt", "--style", "tidy"]);
    let told = text(&output.stderr);
    assert!(told.starts_with("2 steps lose the cache"), "{told}");
    assert!(told.ends_with("Formatted 1 file.\n"), "{told}");
    let output = directory.rdf(&["fmt", "--style", "tidy"]);
    assert_eq!(text(&output.stderr), "Nothing to do in 1 file.\n");
}

#[test]
fn the_nearest_config_chooses_the_style() {
    let directory = Directory::new("config");
    fs::write(directory.0.join("rdf.toml"), "[fmt]\nstyle = \"tidy\"\n").unwrap();
    fs::write(directory.0.join("Dockerfile"), "FROM a\nRUN x &&\\\n y\n").unwrap();
    let code = |arguments: &[&str]| directory.rdf(arguments).status.code();
    assert_eq!(code(&["fmt", "--check"]), Some(1));
    assert_eq!(code(&["fmt", "--check", "--style", "usual"]), Some(0));
}

/// Words of each instruction in the usual layout, in order of the alphabet, without what only joins lines: the style moves
/// words and never changes one.
fn words(source: &[u8]) -> Vec<(String, Vec<String>)> {
    let dockerfile = parse(&format(source).unwrap()).dockerfile;
    let instructions = dockerfile
        .stages
        .iter()
        .flat_map(|stage| &stage.instructions);
    instructions
        .map(|instruction| {
            let meta = instruction.meta();
            // A pair's sign and quotes are written by the style.
            let is_pair = matches!(instruction, Instruction::Env(_) | Instruction::Label(_));
            // Signs stand apart from words, or not.
            let signs = ["&&", "|", ";", "(", ")"].iter();
            let code = signs.fold(meta.code.as_str().to_owned(), |code, sign| {
                code.replace(sign, &format!(" {sign} "))
            });
            let code = match is_pair {
                true => code.replace(['=', '"', '\'', '\\'], " "),
                false => code,
            };
            let mut words: Vec<String> = code.split_whitespace().map(str::to_owned).collect();
            words.sort();
            (meta.keyword.to_ascii_uppercase(), words)
        })
        .collect()
}

fn check_below(root: &Path, name: &str) -> usize {
    let mut files = Vec::new();
    tree::dockerfiles(root, &mut files);
    let directory = Directory::new(name);
    let mut sources = BTreeMap::new();
    for (number, file) in files.iter().enumerate() {
        let bytes = fs::read(file).unwrap();
        if parse(&bytes).errors.is_empty() {
            let copy = directory.0.join(format!("{number}.Dockerfile"));
            fs::write(&copy, &bytes).unwrap();
            sources.insert(copy, (file, bytes));
        }
    }
    directory.rdf(&["fmt", "--style", "tidy", "."]);
    let mut wrong = Vec::new();
    for (copy, (file, bytes)) in &sources {
        if words(bytes) != words(&fs::read(copy).unwrap()) {
            wrong.push(format!("{}: other words", file.display()));
        }
    }
    let again = directory.rdf(&["fmt", "--style", "tidy", "--check", "."]);
    for line in text(&again.stdout).lines() {
        let (file, _) = &sources[&directory.0.join(line)];
        wrong.push(format!("{}: changed the second time", file.display()));
    }
    // A file of its own accord that is left alone would be told.
    let problems = text(&again.stderr);
    assert!(!problems.contains("report"), "{problems}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    sources.len()
}

#[test]
fn all_files_keep_their_words_and_are_tidied_once() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    assert!(check_below(&testdata, "testdata") >= 700);
}

#[test]
fn other_files_keep_their_words_and_are_tidied_once() {
    match std::env::var_os("RDF_CORPUS") {
        Some(root) => assert_ne!(
            check_below(Path::new(&root), "corpus"),
            0,
            "no files in {root:?}"
        ),
        None => println!("skipped: RDF_CORPUS is not set"),
    }
}
