//! Dockerfiles by their grammar.

use super::generate::{PINNED, PLATFORMS, VARIABLES};
use super::mutate::Random;

/// The same, as people write them.
const BASES: &[&str] = &[
    "alpine",
    "alpine:3.20",
    "debian:bookworm-slim",
    "golang:1.22",
    "ghcr.io/org/app:v1.2.3",
    "localhost:5000/team/base",
];

/// A Dockerfile, and the names of its stages.
pub fn write(random: &mut Random) -> (String, Vec<String>) {
    let mut writer = Writer::new(random);
    writer.file();
    (writer.text, writer.stages)
}

/// A Dockerfile while it is written.
struct Writer<'r> {
    random: &'r mut Random,
    text: String,
    /// Names of the stages so far.
    stages: Vec<String>,
    escape: char,
    /// Whether there may be mistakes: one is enough for a build to end.
    wild: bool,
}

impl<'r> Writer<'r> {
    fn new(random: &'r mut Random) -> Self {
        Writer {
            wild: random.one_in(4),
            random,
            text: String::new(),
            stages: Vec::new(),
            escape: '\\',
        }
    }

    /// One of `right`, or, where mistakes may be, of `wrong`.
    fn choose(&mut self, right: &[&'static str], wrong: &[&'static str]) -> &'static str {
        match self.wild && self.random.one_in(3) {
            true => self.random.pick(wrong),
            false => self.random.pick(right),
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn file(&mut self) {
        if self.random.one_in(12) {
            self.escape = '`';
            self.line("# escape=`");
        }
        if self.random.one_in(12) {
            let check = self.random.pick(&[
                "skip=all",
                "skip=StageNameCasing",
                "experimental=all",
                "skip=all;error=true",
            ]);
            self.line(&format!("# check={check}"));
        }
        for _ in 0..self.random.below(3) {
            let name = self.random.pick(VARIABLES);
            let value = self.random.pick(&[
                "=3.20",
                "=alpine",
                "",
                "=linux/arm64",
                "=\"a b\"",
                "=$B",
                "=${A:-1.22}",
            ]);
            self.line(&format!("ARG {name}{value}"));
        }
        for number in 0..1 + self.random.below(5) {
            self.stage(number);
        }
    }

    fn stage(&mut self, number: usize) {
        let platform = match self.random.below(8) {
            0 => format!("--platform={} ", self.random.pick(PLATFORMS)),
            1 => format!(
                "--platform={} ",
                self.random
                    .pick(&["$BUILDPLATFORM", "$TARGETPLATFORM", "linux/$TARGETARCH"])
            ),
            _ => String::new(),
        };
        let base = self.base();
        let name = match self.random.below(4) {
            0 => None,
            _ => Some(format!(
                "{}{number}",
                self.random.pick(&["build", "Base", "s-t_a.g", "x"])
            )),
        };
        let from = self.keyword("FROM");
        let named = name.as_ref().map_or(String::new(), |name| {
            format!(" {} {name}", self.keyword("AS"))
        });
        self.line(&format!("{from} {platform}{base}{named}"));
        self.stages.push(name.unwrap_or_else(|| number.to_string()));
        for _ in 0..self.random.below(9) {
            self.filler();
            let instruction = self.instruction();
            self.line(&instruction);
        }
    }

    fn base(&mut self) -> String {
        match self.random.below(10) {
            0 | 1 => "scratch".to_owned(),
            2..=4 => self.stage_name(true).unwrap_or_else(|| "alpine".to_owned()),
            5 => "alpine:${VERSION:-3.20}".to_owned(),
            6 => PINNED.to_owned(),
            7 if self.wild => self
                .random
                .pick(&["nothing:1", "$A", "${B:?is not set}", "UPPER/case"])
                .to_owned(),
            _ => self.random.pick(BASES).to_owned(),
        }
    }

    /// An earlier stage: by its number only where an instruction names it, or by mistake.
    fn stage_name(&mut self, named: bool) -> Option<String> {
        // While the instructions of a stage are written it is the last of the list.
        let earlier = self.stages.len() - usize::from(!named);
        let mut candidates = self.stages[..earlier].to_vec();
        if named && !self.wild {
            candidates.retain(|name| !name.starts_with(char::is_numeric));
        }
        let name = candidates.get(self.random.below(candidates.len().max(1)))?;
        Some(match self.wild && self.random.one_in(4) {
            true => name.to_uppercase(),
            false => name.clone(),
        })
    }

    fn keyword(&mut self, keyword: &str) -> String {
        match self.random.below(12) {
            0 => keyword.to_lowercase(),
            1 => keyword[..1].to_owned() + &keyword[1..].to_lowercase(),
            _ => keyword.to_owned(),
        }
    }

    /// What may stand between two instructions.
    fn filler(&mut self) {
        match self.random.below(10) {
            0 => self.line(""),
            1 => self.line("# a comment"),
            2 => self.line("  \t# another, indented"),
            _ => {}
        }
    }

    /// What may stand between two words.
    fn blank(&mut self) -> String {
        let escape = self.escape;
        match self.random.below(16) {
            0 => "  ".to_owned(),
            1 => "\t".to_owned(),
            2 => format!(" {escape}\n    "),
            3 => format!(" {escape}\n# within\n\n  "),
            4 => format!(" {escape}  \n"),
            _ => " ".to_owned(),
        }
    }

    fn instruction(&mut self) -> String {
        let keywords = [
            "RUN",
            "RUN",
            "RUN",
            "COPY",
            "COPY",
            "ADD",
            "ENV",
            "ENV",
            "ARG",
            "ARG",
            "LABEL",
            "WORKDIR",
            "USER",
            "EXPOSE",
            "VOLUME",
            "CMD",
            "ENTRYPOINT",
            "SHELL",
            "HEALTHCHECK",
            "STOPSIGNAL",
            "ONBUILD",
            "MAINTAINER",
        ];
        let keyword = self.random.pick(&keywords);
        let (arguments, body) = self.arguments(keyword);
        format!("{}{}{arguments}{body}", self.keyword(keyword), self.blank())
    }

    /// Arguments of an instruction, and what follows on lines of its own.
    fn arguments(&mut self, keyword: &str) -> (String, String) {
        let arguments = match keyword {
            "RUN" => return self.run(),
            "COPY" | "ADD" => return self.copy(keyword),
            "ENV" | "LABEL" => self.pairs(),
            "ARG" => self.args(),
            "WORKDIR" => self.path(),
            "USER" => self
                .random
                .pick(&["app", "1000", "1000:1000", "$A", "app:${B:-staff}", "root"])
                .to_owned(),
            "EXPOSE" => self
                .random
                .pick(&[
                    "80",
                    "80/tcp 443/udp",
                    "8000-8002",
                    "$A",
                    "${VERSION:-53}/udp",
                    "0080",
                    "80:80",
                ])
                .to_owned(),
            "VOLUME" => match self.random.below(2) {
                0 => "[\"/data\", \"/b c\"]".to_owned(),
                _ => format!("{}{}{}", self.path(), self.blank(), self.path()),
            },
            "CMD" | "ENTRYPOINT" => self.command(),
            "SHELL" => match self.random.below(6) {
                0 => "[\"powershell\", \"-Command\"]".to_owned(),
                1 => self.json(),
                _ => "[\"/bin/bash\", \"-eo\", \"pipefail\", \"-c\"]".to_owned(),
            },
            "HEALTHCHECK" => self.health(),
            "STOPSIGNAL" => self
                .choose(&["SIGTERM", "9", "sigquit"], &["$A", "SIGNOPE"])
                .to_owned(),
            "ONBUILD" => {
                let right = ["RUN", "COPY", "ENV", "ARG", "USER", "LABEL"];
                let keyword = self.choose(&right, &["FROM", "ONBUILD"]);
                let (arguments, body) = match keyword {
                    "FROM" => ("alpine".to_owned(), String::new()),
                    "ONBUILD" => ("RUN true".to_owned(), String::new()),
                    keyword => self.arguments(keyword),
                };
                return (format!("{keyword} {arguments}"), body);
            }
            _ => "Somebody <some@body>".to_owned(),
        };
        (arguments, String::new())
    }

    fn args(&mut self) -> String {
        let count = 1 + self.random.below(2);
        let args: Vec<String> = (0..count)
            .map(|_| {
                let name = self.random.pick(VARIABLES);
                match self.random.below(3) {
                    0 => name.to_owned(),
                    _ => format!("{name}={}", self.word()),
                }
            })
            .collect();
        args.join(&self.blank())
    }

    fn pairs(&mut self) -> String {
        if self.random.one_in(6) {
            return format!(
                "{} {} {}",
                self.random.pick(VARIABLES),
                self.word(),
                self.word()
            );
        }
        let count = 1 + self.random.below(3);
        let pairs: Vec<String> = (0..count)
            .map(|_| format!("{}={}", self.random.pick(VARIABLES), self.word()))
            .collect();
        pairs.join(&self.blank())
    }

    /// A word with what a word may have in it.
    fn word(&mut self) -> String {
        let count = 1 + self.random.below(3);
        (0..count).map(|_| self.piece(2)).collect()
    }

    fn piece(&mut self, depth: usize) -> String {
        let name = self.random.pick(VARIABLES);
        let escape = self.escape;
        match self.random.below(16) {
            0 | 1 => format!("${name}"),
            2 | 3 => format!("${{{name}}}"),
            4 | 5 if depth > 0 => {
                let operator = self
                    .random
                    .pick(&[":-", "-", ":+", "+", "#", "##", "%", "%%"]);
                format!("${{{name}{operator}{}}}", self.piece(depth - 1))
            }
            6 if depth > 0 => {
                let operator = self.random.pick(&["/", "//"]);
                format!(
                    "${{{name}{operator}{}/{}}}",
                    self.random.pick(&["a", "*", "?", "a*b", "."]),
                    self.random.pick(&["", "b"])
                )
            }
            7 => "'$A is \"not\" read'".to_owned(),
            8 => format!("\"a ${{{name}}} b\""),
            9 => format!("{escape}$A"),
            10 => format!("{escape}\""),
            11 => "é".to_owned(),
            12 if self.wild => self
                .random
                .pick(&["${", "$", "\"", "'", "${A?}", "${A:?gone}", "${}", "${A^}"])
                .to_owned(),
            _ => self
                .random
                .pick(&["a", "1.2", "x-y", "/usr/local", "k=v", "*"])
                .to_owned(),
        }
    }

    fn path(&mut self) -> String {
        match self.random.below(10) {
            0 => format!("/srv/{}", self.word().replace(' ', "_")),
            1 => "\"/with blank/x\"".to_owned(),
            2 => "../up".to_owned(),
            3 => "./".to_owned(),
            4 => "/a/../b//c/".to_owned(),
            5 => "${A:-/opt}/app".to_owned(),
            6 => "C:\\app".to_owned(),
            _ => self
                .random
                .pick(&["/app", "src", "/", "/etc/app.conf", "/app/"])
                .to_owned(),
        }
    }

    fn json(&mut self) -> String {
        self.random
            .pick(&[
                "[\"a\"]",
                "[ \"/bin/sh\" , \"-c\", \"echo $A \\\"x\\\"\" ]",
                "[\"a b\", \"\\u00e9\"]",
                "[]",
                "[\"a\",]",
                "['a']",
            ])
            .to_owned()
    }

    fn command(&mut self) -> String {
        match self.random.below(3) {
            0 => self.json(),
            _ => self.shell(),
        }
    }

    fn shell(&mut self) -> String {
        let mut commands = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            commands.push(match self.random.below(5) {
                0 => format!("echo {}", self.word()),
                1 => "apt-get update && apt-get install -y curl".to_owned(),
                2 => "make -C src install".to_owned(),
                3 => "for i in 1 2; do echo $i; done # done".to_owned(),
                _ => "true".to_owned(),
            });
        }
        let blank = self.blank();
        commands.join(&format!("{blank}&& "))
    }

    fn health(&mut self) -> String {
        if self.random.one_in(4) {
            return "NONE".to_owned();
        }
        let mut flags = String::new();
        for flag in [
            "--interval=5s",
            "--timeout=1m30s",
            "--start-period=0s",
            "--start-interval=2s",
            "--retries=3",
        ] {
            if self.random.one_in(4) {
                flags += flag;
                flags += &self.blank();
            }
        }
        format!("{flags}CMD {}", self.command())
    }

    fn run(&mut self) -> (String, String) {
        let mut flags = String::new();
        for _ in 0..self.random.below(3) {
            flags += &self.run_flag();
            flags += &self.blank();
        }
        if self.random.one_in(5) {
            let (head, body) = self.heredoc();
            let command = self.random.pick(&["", "cat ", "python3 - "]);
            return (format!("{flags}{command}{head}"), body);
        }
        (flags + &self.command(), String::new())
    }

    fn run_flag(&mut self) -> String {
        let from = self.stage_name(false);
        let from = from.unwrap_or_else(|| "alpine".to_owned());
        match self.random.below(10) {
            0 => "--network=none".to_owned(),
            1 => "--network=host".to_owned(),
            2 => "--security=insecure".to_owned(),
            3 => format!(
                "--mount=type=bind,from={from},source=/etc,target=/mnt/{}",
                self.random.below(9)
            ),
            4 => format!(
                "--mount=target=/src{}",
                self.random.pick(&["", ",rw", ",readonly"])
            ),
            5 => {
                let options = self.random.pick(&[
                    "",
                    ",id=$A",
                    ",sharing=locked",
                    ",mode=0750,uid=1000,gid=1000",
                    ",sharing=private",
                ]);
                format!("--mount=type=cache,target=/var/cache/x{options}")
            }
            6 => format!(
                "--mount=type=tmpfs,target=/tmp/t{}",
                self.random.pick(&["", ",size=64m", ",size=1g"])
            ),
            7 => {
                let options = self.random.pick(&[
                    "",
                    ",required=true",
                    ",target=/run/token,mode=0400",
                    ",env=TOKEN",
                ]);
                format!("--mount=type=secret,id=token{options}")
            }
            8 => format!(
                "--mount=type=ssh{}",
                self.random.pick(&["", ",id=key,required"])
            ),
            _ => self
                .choose(
                    &["--mount=type=bind,target=/x", "--network=default"],
                    &[
                        "--mount=type=nothing,target=/x",
                        "--mount=type=cache",
                        "--nothing",
                        "--network=some",
                    ],
                )
                .to_owned(),
        }
    }

    fn heredoc(&mut self) -> (String, String) {
        let (head, body) = self.random.pick_of(&[
            ("<<EOF", "\necho $A\n# no comment\n\n  indented \\\nEOF"),
            ("<<'EOF'", "\necho $A\nEOF"),
            ("<<-EOF", "\n\techo a\n\tEOF"),
            ("<<EOF <<-\"TWO\"", "\n#!/bin/sh\nset -e\nEOF\n\ttwo\n\tTWO"),
            ("<<EOF", "\nEOF"),
        ]);
        (head.to_owned(), body.to_owned())
    }

    fn copy(&mut self, keyword: &str) -> (String, String) {
        let mut flags = String::new();
        if keyword == "COPY" && self.random.one_in(3) {
            let from = match self.random.below(4) {
                0 | 1 => self
                    .stage_name(false)
                    .unwrap_or_else(|| "alpine".to_owned()),
                2 if self.wild => self.random.below(3).to_string(),
                _ => self.random.pick(BASES).to_owned(),
            };
            flags += &format!("--from={from}{}", self.blank());
        }
        // Of each list at most one: a flag that is given twice is a mistake.
        let of_copy: &[&str] = match keyword {
            "COPY" => &["--parents"],
            _ => &[],
        };
        for list in [
            &["--chown=1000:1000", "--chown=app", "--chown=$A:${B:-1}"][..],
            &["--chmod=755", "--chmod=u+x", "--chmod=${A:-0644}"],
            &["--link"],
            &["--exclude=*.md"],
            of_copy,
        ] {
            if !list.is_empty() && self.random.one_in(8) {
                flags += self.random.pick(list);
                flags += &self.blank();
            }
        }
        if keyword == "ADD" && self.random.one_in(3) {
            let source = self.random.pick(&[
                "https://example.org/file.tar.gz",
                "--checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.org/f",
                "https://github.com/org/repo.git#v1.0:sub",
                "--keep-git-dir=true git@github.com:org/repo.git",
                "--unpack https://example.org/a.tgz",
                "https://example.org/${A:-x}/y",
            ]);
            return (format!("{flags}{source} {}", self.path()), String::new());
        }
        if self.random.one_in(6) {
            let (head, body) = self.heredoc();
            return (format!("{flags}{head} {}", self.path()), body);
        }
        if self.random.one_in(6) {
            return (
                format!("{flags}[\"a b\", \"c\", \"/dest dir/\"]"),
                String::new(),
            );
        }
        let mut paths = String::new();
        for _ in 0..1 + self.random.below(2) {
            paths += self.random.pick(&[
                ".",
                "src/",
                "a*.txt",
                "*.go",
                "$A",
                "/abs/file",
                "../x",
                "b?[c-d]",
            ]);
            paths += &self.blank();
        }
        (format!("{flags}{paths}{}", self.path()), String::new())
    }
}
