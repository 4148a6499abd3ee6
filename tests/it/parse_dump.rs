//! Syntax trees and errors as text, for `testdata/parse`.
//!
//! A value is shown as `label "text" @start..end`, and what stands in the file at its span where
//! that is something else: `<- "written"`.

use std::fmt::Write as _;

use dockerfile_llb::internals::{empty_continuations, misplaced_description, phase, stage_style};
use dockerfile_llb::source::{LineRange, Span};
use dockerfile_llb::syntax::*;

/// The tree of `source`.
pub fn tree(source: &[u8], dockerfile: &Dockerfile) -> String {
    let mut dump = Dump {
        out: String::new(),
        source,
    };
    dump.file(dockerfile);
    dump.out
}

/// The errors of `source`, in their order.
pub fn errors(source: &[u8], errors: &[ParseError]) -> String {
    let mut out = String::new();
    for error in errors {
        let place = match error.location {
            Some(lines) => format!("lines {}", lines_text(lines)),
            None => "no place".to_owned(),
        };
        let _ = writeln!(out, "{}: {place}, {:?}", error.code.as_str(), phase(error));
        let _ = writeln!(out, "  {}", error.message);
        if let Some(word) = &error.suggestion {
            let _ = writeln!(out, "  suggestion {word:?}");
        }
        if let Some(span) = error.span {
            let _ = writeln!(out, "  at {} {:?}", span_text(span), slice(source, span));
        }
    }
    out
}

fn slice(source: &[u8], span: Span) -> Text {
    let (start, end) = (span.start as usize, span.end as usize);
    Text::from_bytes(source.get(start..end).expect("span inside the file"))
}

fn span_text(span: Span) -> String {
    format!("@{}..{}", span.start, span.end)
}

fn lines_text(lines: LineRange) -> String {
    format!("{}-{}", lines.start, lines.end)
}

struct Dump<'s> {
    out: String,
    source: &'s [u8],
}

impl Dump<'_> {
    fn line(&mut self, text: String) {
        self.out.push_str(&text);
        self.out.push('\n');
    }

    fn value(&mut self, label: &str, value: &str, span: Span) {
        let mut line = format!("    {label} {value} {}", span_text(span));
        let written = slice(self.source, span);
        if format!("{written:?}") != value {
            let _ = write!(line, " <- {written:?}");
        }
        self.line(line);
    }

    fn arg(&mut self, label: &str, arg: &Argument) {
        self.value(label, &format!("{:?}", arg.value), arg.span);
    }

    fn args<'a>(&mut self, label: &str, args: impl IntoIterator<Item = &'a Argument>) {
        for arg in args {
            self.arg(label, arg);
        }
    }

    fn set(&mut self, label: &str, is_set: bool) {
        if is_set {
            self.line(format!("    {label}"));
        }
    }

    fn file(&mut self, dockerfile: &Dockerfile) {
        self.line(format!("escape {}", dockerfile.escape.char()));
        for directive in &dockerfile.directives {
            let kind = directive.kind.as_str();
            let place = lines_text(directive.location);
            self.line(format!("directive {kind} lines {place}"));
            self.value("value", &format!("{:?}", directive.value), directive.span);
        }
        for (lines, _) in empty_continuations(dockerfile) {
            let place = lines_text(lines);
            self.line(format!("warning EmptyContinuation lines {place}"));
        }
        for arg in &dockerfile.meta_args {
            self.instruction(&Instruction::Arg(arg.clone()), "");
        }
        for stage in &dockerfile.stages {
            self.stage(stage);
        }
    }

    fn stage(&mut self, stage: &Stage) {
        self.meta(&stage.meta, "");
        self.arg("base", &stage.base_name);
        self.args("platform", &stage.platform);
        self.args("as", &stage.as_keyword);
        self.args("written name", &stage.written_name);
        if let Some(name) = &stage.name {
            self.line(format!("    name {name:?}"));
        }
        self.doc(&stage.doc_comment);
        let written = stage.written_name.as_deref().map_or("", Text::as_str);
        let (as_differs, misplaced) = stage_style(stage);
        self.set("name is not lower case", written != written.to_lowercase());
        self.set("AS has another case", as_differs);
        self.misplaced(misplaced);
        for instruction in &stage.instructions {
            self.instruction(instruction, "  ");
        }
    }

    fn doc(&mut self, doc: &Option<Text>) {
        if let Some(doc) = doc {
            self.line(format!("    doc {doc:?}"));
        }
    }

    fn misplaced(&mut self, example: Option<&str>) {
        if let Some(example) = example {
            self.line(format!("    comment should describe {example:?}"));
        }
    }

    fn meta(&mut self, meta: &InstructionMeta, indent: &str) {
        let keyword = meta.keyword.as_str();
        let lines = lines_text(meta.location);
        let span = span_text(meta.span);
        self.line(format!("{indent}{keyword} lines {lines} {span}"));
        let span = Span::new(meta.span.start, meta.span.end);
        if slice(self.source, span) != meta.code {
            self.line(format!("    code {:?}", meta.code));
        }
        for comment in &meta.comments {
            self.line(format!("    comment {comment:?}"));
        }
        for flag in &meta.flags {
            let value = match &flag.value {
                Some(value) => format!("{:?} = {:?}", flag.name, value.value),
                None => format!("{:?}", flag.name),
            };
            self.value("flag", &value, flag.span);
        }
    }

    fn instruction(&mut self, instruction: &Instruction, indent: &str) {
        self.meta(instruction.meta(), indent);
        match instruction {
            Instruction::Add(it) => {
                self.paths(&it.paths);
                self.args("chown", &it.chown);
                self.args("chmod", &it.chmod);
                self.args("checksum", &it.checksum);
                self.args("exclude", &it.exclude);
                self.set("link", it.link);
                self.set("keep git dir", it.keep_git_dir == Some(true));
                self.set("drop git dir", it.keep_git_dir == Some(false));
                self.set("unpack", it.unpack == Some(true));
                self.set("do not unpack", it.unpack == Some(false));
            }
            Instruction::Copy(it) => {
                self.paths(&it.paths);
                self.args("from", &it.from);
                self.args("chown", &it.chown);
                self.args("chmod", &it.chmod);
                self.args("exclude", &it.exclude);
                self.set("link", it.link);
                self.set("parents", it.parents);
            }
            Instruction::Arg(it) => {
                for arg in &it.args {
                    self.arg("key", &arg.key);
                    self.args("default", &arg.value);
                    self.doc(&arg.doc_comment);
                }
                self.misplaced(misplaced_description(it));
            }
            Instruction::Cmd(it) => self.command(&it.command),
            Instruction::Entrypoint(it) => self.command(&it.command),
            Instruction::Run(it) => self.run(it),
            Instruction::Env(it) => self.pairs(&it.pairs),
            Instruction::Label(it) => self.pairs(&it.pairs),
            Instruction::Expose(it) => self.args("port", &it.ports),
            Instruction::Healthcheck(it) => {
                self.args("test", &it.test);
                let times = [it.interval, it.timeout, it.start_period, it.start_interval];
                self.line(format!("    times {times:?} retries {}", it.retries));
            }
            Instruction::Maintainer(it) => self.arg("name", &it.maintainer),
            Instruction::Onbuild(it) => self.trigger(it),
            Instruction::Shell(it) => self.args("word", &it.shell),
            Instruction::Stopsignal(it) => self.arg("signal", &it.signal),
            Instruction::User(it) => self.arg("user", &it.user),
            Instruction::Volume(it) => self.args("volume", &it.volumes),
            Instruction::Workdir(it) => self.arg("path", &it.path),
            other => panic!("no dump of {}", other.name()),
        }
    }

    fn paths(&mut self, paths: &SourcesAndDest) {
        self.args("source", &paths.sources);
        for content in &paths.contents {
            let value = format!("{:?} = {:?}", content.path, content.data);
            let label = if content.expand {
                "content"
            } else {
                "literal content"
            };
            self.value(label, &value, content.span);
        }
        self.arg("dest", &paths.dest);
        self.set("JSON form", paths.json);
    }

    fn pairs(&mut self, pairs: &[KeyValue]) {
        for pair in pairs {
            self.arg("key", &pair.key);
            self.arg(
                if pair.no_delim {
                    "legacy value"
                } else {
                    "value"
                },
                &pair.value,
            );
        }
    }

    fn command(&mut self, command: &CommandLine) {
        let label = if command.shell {
            "shell form"
        } else {
            "exec form"
        };
        if command.args.is_empty() {
            self.line(format!("    {label}, empty"));
        }
        self.args(label, &command.args);
        for file in &command.files {
            let mut label = format!("heredoc {:?}", file.name);
            for (word, is_set) in [(" literal", !file.expand), (" chomp", file.chomp)] {
                label.push_str(if is_set { word } else { "" });
            }
            if file.fd != 0 {
                let _ = write!(label, " fd {}", file.fd);
            }
            self.value(&label, &format!("{:?}", file.content), file.body);
            let end = slice(self.source, file.terminator);
            self.value("heredoc end", &format!("{end:?}"), file.terminator);
        }
    }

    fn run(&mut self, run: &RunInstruction) {
        let no_variables = |value: &str| Ok::<_, ArgumentError>(value.to_owned());
        for value in &run.mounts {
            let mount = match parse_mount(value, no_variables) {
                Ok(mount) => format!("{mount:?}"),
                Err(error) => format!("error {error}"),
            };
            self.line(format!("    mount {mount}"));
        }
        if run.network != Network::Default || uses_flag(&run.meta, "network") {
            self.line(format!("    network {:?}", run.network));
        }
        if run.security != Security::Sandbox || uses_flag(&run.meta, "security") {
            self.line(format!("    security {:?}", run.security));
        }
        for device in &run.devices {
            self.line(format!("    {device:?}"));
        }
        self.command(&run.command);
    }

    fn trigger(&mut self, onbuild: &OnbuildInstruction) {
        let expression = onbuild.expression.as_bytes();
        self.line(format!("    expression {:?}", onbuild.expression));
        match parse_trigger(expression, onbuild.meta.location) {
            Ok(instruction) => {
                let mut dump = Dump {
                    out: String::new(),
                    source: expression,
                };
                dump.instruction(&instruction, "");
                for line in dump.out.lines() {
                    self.line(format!("    | {line}"));
                }
            }
            Err(error) => self.line(format!("    | error {error}")),
        }
    }
}

fn uses_flag(meta: &InstructionMeta, name: &str) -> bool {
    meta.flags.iter().any(|flag| &*flag.name == name)
}
