//! # JSONArgsRecommended
//!
//! ## What it does
//!
//! Finds `CMD` and `ENTRYPOINT` that are not written as a JSON array.
//!
//! ## Why it is bad
//!
//! The text is run by a shell, which is the process that gets the signals: when a container is
//! stopped the shell does not pass them on, and the program is killed after the grace period instead of
//! ending by itself.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENTRYPOINT my-server --port 8080
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENTRYPOINT ["my-server", "--port", "8080"]
//! ```
//!
//! ## Notes
//!
//! Where a shell is wanted, `SHELL` says so, and this rule is silent below it.

use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "JSONArgsRecommended",
    "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
).aliases(&["DL3025"])
.url("https://docs.docker.com/go/dockerfile/rule/json-args-recommended/")
.fixable();

/// A command that a shell runs.
#[derive(Debug)]
pub(crate) struct JsonArgsRecommended {
    /// The instruction's keyword as written.
    pub keyword: String,
    pub arguments: Span,
}

impl Violation for JsonArgsRecommended {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        format!(
            "JSON arguments recommended for {} to prevent unintended behavior related to OS signals",
            self.keyword
        ).into()
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::image::ImageConfig;
    use crate::lint::{Advice, Advise, Context, Fix, Offer};
    use crate::shell::{Command, Script, is_assignment};
    use crate::source::Edit;
    use crate::syntax::{CommandLine, Instruction, Stage};

    impl Advise for JsonArgsRecommended {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at_arguments(
                self.arguments,
                "run by a shell, which keeps signals to itself",
            )
            .hint("write a JSON array, or say by `SHELL` that a shell is wanted")
            .fix(|| self.fix(cx))
        }
    }

    /// What only a shell can do.
    const BUILTINS: [&str; 33] = [
        ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "eval", "exec",
        "exit", "export", "fg", "for", "function", "getopts", "hash", "jobs", "local", "read",
        "readonly", "return", "select", "set", "shift", "source", "time", "times", "trap", "type",
        "ulimit", "umask",
    ];
    /// The rest of them.
    const MORE_BUILTINS: [&str; 7] = ["unalias", "unset", "wait", "declare", "let", "shopt", "[["];

    impl JsonArgsRecommended {
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let purpose = |image: &mut ImageConfig| {
                image.config.cmd.clear();
                image.config.entrypoint.clear();
            };
            match cx.instruction_at(self.arguments) {
                Some(Instruction::Cmd(cmd)) => self.fix_cmd(&cmd.command, cx),
                Some(Instruction::Entrypoint(it)) => self.fix_entrypoint(&it.command, cx),
                _ => Err("the instruction is not found".to_owned()),
            }
            .map(|fix| fix.changes(purpose))
        }

        /// `CMD`: its words are handed to the entrypoint, if there is one.
        fn fix_cmd(&self, command: &CommandLine, cx: &Context<'_>) -> Offer {
            let mut fix = exec_form(command, cx)?;
            let chain = cx.chain(self.arguments).ok_or("the stage is not found")?;
            let mut above = cx.above(self.arguments).into_iter();
            if chain.stages.into_iter().any(has_entrypoint) || above.any(has_entrypoint) {
                return Err("the ENTRYPOINT would get other arguments".to_owned());
            }
            let image = chain.image;
            match chain.start.entrypoint {
                Some(false) => {}
                Some(true) => {
                    return Err(format!(
                        "the entrypoint of `{image}` would get other arguments"
                    ));
                }
                None => {
                    fix.unsafe_because = Some(format!(
                        "it is not known whether `{image}` has an entrypoint that looks at its arguments"
                    ));
                }
            }
            Ok(fix)
        }

        /// `ENTRYPOINT`: in exec form it gets the words of `CMD`, which a shell drops.
        fn fix_entrypoint(&self, command: &CommandLine, cx: &Context<'_>) -> Offer {
            let fix = exec_form(command, cx)?;
            if cx.above(self.arguments).into_iter().any(has_cmd) {
                return Err("it would get the words of CMD, which the shell drops".to_owned());
            }
            Ok(fix)
        }
    }

    fn has_entrypoint(stage: &Stage) -> bool {
        let is = |it: &Instruction| matches!(it, Instruction::Entrypoint(_));
        stage.instructions.iter().any(is)
    }

    fn has_cmd(stage: &Stage) -> bool {
        let is = |it: &Instruction| matches!(it, Instruction::Cmd(_));
        stage.instructions.iter().any(is)
    }

    fn exec_form(command: &CommandLine, cx: &Context<'_>) -> Offer {
        let line = command.args.first().ok_or("there is no command")?;
        if cx.chain(line.span).is_some_and(|chain| chain.is_windows) {
            return Err("the shell of Windows reads words in its own way".to_owned());
        }
        if line.as_str().starts_with("[\"") || line.as_str().starts_with("['") {
            return Err("it looks like a JSON array and is not".to_owned());
        }
        let script = Script::of_line(cx.bytes, line, cx.escape());
        if !line.is_utf8() || !script.has_places() {
            return Err("the command cannot be split into words".to_owned());
        }
        let words = plain_words(&script)?;
        let last = words.words.len().saturating_sub(1);
        let mut edits = Vec::new();
        for (at, word) in words.words.iter().enumerate() {
            let span = script.span(word.range.clone());
            // Several lines may be one word; what stands between them must not be lost.
            if cx.text(span).is_none_or(|text| text.contains('\n')) {
                return Err("a word goes over several lines".to_owned());
            }
            let open = if at == 0 { "[" } else { "" };
            let close = if at == last { "]" } else { "," };
            let text = format!("{open}{}{close}", json(&word.text));
            edits.push(Edit::replace(span, text));
        }
        let shown: Vec<String> = words.texts().map(json).collect();
        Ok(Fix::new(format!("write `[{}]`", shown.join(", ")), edits))
    }

    /// The one command of the script, if a shell would only start it; else what else it does.
    fn plain_words(script: &Script) -> Result<&Command, String> {
        let [command] = script.commands() else {
            return Err("a shell is needed for several commands".to_owned());
        };
        if command.redirects || !is_covered(script, command) {
            return Err("a shell is needed for what its signs mean".to_owned());
        }
        if let Some(word) = command.words.iter().find(|word| word.expands) {
            return Err(format!("a shell is needed for `{}`", word.text));
        }
        let first = command.words.first().map_or("", |word| word.text.as_str());
        if is_assignment(first) {
            return Err(format!("a shell is needed for `{first}`"));
        }
        if BUILTINS.contains(&first) || MORE_BUILTINS.contains(&first) {
            return Err(format!("`{first}` is a part of the shell"));
        }
        // The shell's own `echo` reads backslashes.
        let echoes = matches!(first, "echo" | "printf" | "test" | "[");
        if echoes
            && command
                .texts()
                .skip(1)
                .any(|word| word.contains('\\') || word.starts_with('-'))
        {
            return Err(format!(
                "`{first}` of the shell may differ from the program"
            ));
        }
        // A second opinion on what the words are.
        let words = shell_words::split(&script.text).map_err(|error| error.to_string())?;
        if !words.iter().map(String::as_str).eq(command.texts()) {
            return Err("the words are not certain".to_owned());
        }
        Ok(command)
    }

    /// Whether the words cover all of the script but blanks: signs of the shell are all in quotes.
    fn is_covered(script: &Script, command: &Command) -> bool {
        let mut done = 0;
        for word in &command.words {
            let between = script.text.get(done..word.range.start).unwrap_or("#");
            if !between.trim().is_empty() {
                return false;
            }
            done = word.range.end;
        }
        script
            .text
            .get(done..)
            .is_some_and(|rest| rest.trim().is_empty())
    }

    fn json(word: &str) -> String {
        serde_json::Value::from(word).to_string()
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::source::{Escape, Span};
        use crate::syntax::{Spanned, Text};

        fn words(text: &str) -> Result<Vec<String>, String> {
            let end = u32::try_from(text.len()).unwrap();
            let line = Spanned::new(Text::from(text), Span::new(0, end));
            let script = Script::of_line(text.as_bytes(), &line, Escape::Backslash);
            plain_words(&script).map(|command| command.texts().map(str::to_owned).collect())
        }

        #[test]
        fn a_shell_is_needed_for_what_only_it_can_do() {
            for text in [
                "a && b",
                "a | b",
                "a; b",
                "a > b",
                "a $b",
                "a `b`",
                "a *.c",
                "a \"$b\"",
                "A=1 b",
                "cd /x",
                "exec a",
                "a &",
                "(a)",
                "a # b",
                "~/a",
                "a {b,c}",
                "echo -n a",
                "echo 'a\\n'",
                "! a",
                "if a",
            ] {
                assert!(words(text).is_err(), "{text}");
            }
        }

        #[test]
        fn plain_commands_are_their_words() {
            assert_eq!(
                words("a 'b c' \"d;e\" f\\ g -h=i").unwrap(),
                ["a", "b c", "d;e", "f g", "-h=i"]
            );
            assert_eq!(words("echo hello").unwrap(), ["echo", "hello"]);
            assert_eq!(words("a 'b#c' d~").unwrap(), ["a", "b#c", "d~"]);
        }
    }
}
