//! The syntax tree as JSON.
//!
//! Every node has the place it was read from: `span` in bytes, `lines` from one. Fields that are
//! absent in the file are absent here.

use serde_json::{Map, Value, json};

use crate::source::{Escape, LineRange, Span};
use crate::syntax::{
    Argument, CommandLine, Dockerfile, Heredoc, Instruction, InstructionMeta, KeyValue, Network,
    Security, SourcesAndDest, Stage, Text,
};

/// A whole file.
pub(super) fn dockerfile(dockerfile: &Dockerfile) -> Value {
    let directives = dockerfile.directives.iter().map(|directive| {
        json!({
            "name": directive.kind.as_str(),
            "value": text(&directive.value),
            "lines": lines(directive.location),
            "span": span(directive.span),
        })
    });
    let meta_args = dockerfile
        .meta_args
        .iter()
        .map(|arg| instruction(&Instruction::Arg(arg.clone())));
    json!({
        "escape": match dockerfile.escape { Escape::Backslash => "\\", Escape::Backtick => "`" },
        "directives": directives.collect::<Vec<_>>(),
        "globalArgs": meta_args.collect::<Vec<_>>(),
        "stages": dockerfile.stages.iter().map(stage).collect::<Vec<_>>(),
    })
}

fn stage(stage: &Stage) -> Value {
    let mut node = meta(&stage.meta);
    node.argument("base", Some(&stage.base_name));
    node.argument("platform", stage.platform.as_ref());
    node.argument("as", stage.written_name.as_ref());
    node.text("name", stage.name.as_deref());
    node.text("description", stage.doc_comment.as_deref());
    node.list("instructions", stage.instructions.iter().map(instruction));
    node.done()
}

fn instruction(instruction: &Instruction) -> Value {
    let mut node = meta(instruction.meta());
    node.text("name", Some(instruction.name()));
    match instruction {
        Instruction::Add(add) => {
            node.paths(&add.paths);
            node.argument("chown", add.chown.as_ref());
            node.argument("chmod", add.chmod.as_ref());
            node.argument("checksum", add.checksum.as_ref());
            node.arguments("exclude", &add.exclude);
            node.flag("link", add.link);
            node.choice("keepGitDir", add.keep_git_dir);
            node.choice("unpack", add.unpack);
        }
        Instruction::Arg(arg) => node.list(
            "args",
            arg.args.iter().map(|arg| {
                let mut node = Node::default();
                node.argument("key", Some(&arg.key));
                node.argument("value", arg.value.as_ref());
                node.text("description", arg.doc_comment.as_deref());
                node.done()
            }),
        ),
        Instruction::Cmd(cmd) => node.command(&cmd.command),
        Instruction::Copy(copy) => {
            node.paths(&copy.paths);
            node.argument("from", copy.from.as_ref());
            node.argument("chown", copy.chown.as_ref());
            node.argument("chmod", copy.chmod.as_ref());
            node.arguments("exclude", &copy.exclude);
            node.flag("link", copy.link);
            node.flag("parents", copy.parents);
        }
        Instruction::Entrypoint(entrypoint) => node.command(&entrypoint.command),
        Instruction::Env(env) => node.pairs(&env.pairs),
        Instruction::Expose(expose) => node.arguments("ports", &expose.ports),
        Instruction::Healthcheck(check) => {
            node.arguments("test", &check.test);
            node.flag("shell", check.shell);
            for (key, nanoseconds) in [
                ("interval", check.interval),
                ("timeout", check.timeout),
                ("startPeriod", check.start_period),
                ("startInterval", check.start_interval),
                ("retries", i64::from(check.retries)),
            ] {
                node.number(key, nanoseconds);
            }
        }
        Instruction::Label(label) => node.pairs(&label.pairs),
        Instruction::Maintainer(maintainer) => {
            node.argument("maintainer", Some(&maintainer.maintainer))
        }
        Instruction::Onbuild(onbuild) => node.text("expression", Some(&onbuild.expression)),
        Instruction::Run(run) => {
            node.arguments("mounts", &run.mounts);
            let network = match run.network {
                Network::None => Some("none"),
                Network::Host => Some("host"),
                Network::Default => None,
            };
            node.text("network", network);
            node.text(
                "security",
                (run.security == Security::Insecure).then_some("insecure"),
            );
            node.list(
                "devices",
                run.devices
                    .iter()
                    .map(|device| json!({ "name": device.name, "required": device.required })),
            );
            node.command(&run.command);
        }
        Instruction::Shell(shell) => node.arguments("shell", &shell.shell),
        Instruction::Stopsignal(stopsignal) => node.argument("signal", Some(&stopsignal.signal)),
        Instruction::User(user) => node.argument("user", Some(&user.user)),
        Instruction::Volume(volume) => node.arguments("volumes", &volume.volumes),
        Instruction::Workdir(workdir) => node.argument("path", Some(&workdir.path)),
    }
    node.done()
}

/// What every instruction has.
fn meta(meta: &InstructionMeta) -> Node {
    let mut node = Node::default();
    node.argument("keyword", Some(&meta.keyword));
    node.set("lines", lines(meta.location));
    node.set("span", span(meta.span));
    node.list("comments", meta.comments.iter().map(text));
    node.list(
        "flags",
        meta.flags.iter().map(|flag| {
            let mut node = Node::default();
            node.text("name", Some(&flag.name));
            node.text("value", flag.value.as_ref().map(|value| value.as_str()));
            node.set("span", span(flag.span));
            node.done()
        }),
    );
    node
}

fn text(text: &Text) -> Value {
    Value::from(text.as_str())
}

fn span(span: Span) -> Value {
    json!([span.start, span.end])
}

fn lines(lines: LineRange) -> Value {
    json!([lines.start, lines.end])
}

fn argument(argument: &Argument) -> Value {
    json!({ "text": argument.as_str(), "span": span(argument.span) })
}

fn heredoc(heredoc: &Heredoc) -> Value {
    json!({
        "name": text(&heredoc.name),
        "fd": heredoc.fd,
        "expand": heredoc.expand,
        "chomp": heredoc.chomp,
        "content": text(&heredoc.content),
        "body": span(heredoc.body),
    })
}

/// An object under construction.
#[derive(Default)]
struct Node(Map<String, Value>);

impl Node {
    fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    fn text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.set(key, Value::from(text));
        }
    }

    fn argument(&mut self, key: &str, value: Option<&Argument>) {
        if let Some(value) = value {
            self.set(key, argument(value));
        }
    }

    fn arguments(&mut self, key: &str, values: &[Argument]) {
        self.list(key, values.iter().map(argument));
    }

    fn list(&mut self, key: &str, values: impl Iterator<Item = Value>) {
        let values: Vec<Value> = values.collect();
        if !values.is_empty() {
            self.set(key, Value::Array(values));
        }
    }

    fn flag(&mut self, key: &str, flag: bool) {
        if flag {
            self.set(key, Value::from(true));
        }
    }

    fn choice(&mut self, key: &str, choice: Option<bool>) {
        if let Some(choice) = choice {
            self.set(key, Value::from(choice));
        }
    }

    fn number(&mut self, key: &str, number: i64) {
        if number != 0 {
            self.set(key, Value::from(number));
        }
    }

    fn pairs(&mut self, pairs: &[KeyValue]) {
        let pairs = pairs.iter().map(|pair| {
            let mut node = Node::default();
            node.argument("key", Some(&pair.key));
            node.argument("value", Some(&pair.value));
            node.flag("legacy", pair.no_delim);
            node.done()
        });
        self.list("pairs", pairs);
    }

    fn command(&mut self, command: &CommandLine) {
        self.arguments("args", &command.args);
        self.flag("shell", command.shell);
        self.list("heredocs", command.files.iter().map(heredoc));
    }

    fn paths(&mut self, paths: &SourcesAndDest) {
        self.arguments("sources", &paths.sources);
        self.argument("dest", Some(&paths.dest));
        self.flag("json", paths.json);
        let contents = paths.contents.iter().map(|content| {
            json!({
                "path": text(&content.path),
                "content": text(&content.data),
                "expand": content.expand,
                "span": span(content.span),
            })
        });
        self.list("contents", contents);
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}
