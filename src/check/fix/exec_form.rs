//! Commands in shell form as JSON arrays, where a shell does nothing but start them.

use super::{Fix, Offer, Scene};
use crate::check::script::Script;
use crate::check::shell::{Command, is_assignment};
use crate::check::text_at;
use crate::source::Edit;
use crate::syntax::{CmdInstruction, CommandLine, EntrypointInstruction, Instruction, Stage};

/// What only a shell can do.
const BUILTINS: [&str; 33] = [
    ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "eval", "exec", "exit",
    "export", "fg", "for", "function", "getopts", "hash", "jobs", "local", "read", "readonly",
    "return", "select", "set", "shift", "source", "time", "times", "trap", "type", "ulimit",
    "umask",
];
/// The rest of them.
const MORE_BUILTINS: [&str; 7] = ["unalias", "unset", "wait", "declare", "let", "shopt", "[["];

/// `CMD`: its words are handed to the entrypoint, if there is one.
pub(super) fn cmd(stage: usize, cmd: &CmdInstruction, scene: &Scene<'_>) -> Offer {
    let mut fix = exec_form(&cmd.command, scene)?;
    let chain = scene.index.chain(stage, scene.uses);
    let mut own = stages(scene, &chain.stages);
    if own.any(has_entrypoint) || scene.index.above(stage).any(has_entrypoint) {
        return Err("the ENTRYPOINT would get other arguments".to_owned());
    }
    let image = chain.image.as_deref().unwrap_or("the base image");
    match chain.start(scene.images).entrypoint {
        Some(false) => {}
        Some(true) => {
            return Err(format!(
                "the entrypoint of `{image}` would get other arguments"
            ));
        }
        None => {
            fix.doubt = Some(format!(
                "it is not known whether `{image}` has an entrypoint that looks at its arguments"
            ));
        }
    }
    Ok(fix)
}

/// `ENTRYPOINT`: in exec form it gets the words of `CMD`, which a shell drops.
pub(super) fn entrypoint(stage: usize, it: &EntrypointInstruction, scene: &Scene<'_>) -> Offer {
    let fix = exec_form(&it.command, scene)?;
    let above = scene.index.above(stage);
    if above.into_iter().any(has_cmd) {
        return Err("it would get the words of CMD, which the shell drops".to_owned());
    }
    Ok(fix)
}

fn stages<'d>(scene: &'d Scene<'_>, indices: &'d [usize]) -> impl Iterator<Item = &'d Stage> {
    indices
        .iter()
        .filter_map(|index| scene.index.dockerfile.stages.get(*index))
}

fn has_entrypoint(stage: &Stage) -> bool {
    let is = |it: &Instruction| matches!(it, Instruction::Entrypoint(_));
    stage.instructions.iter().any(is)
}

fn has_cmd(stage: &Stage) -> bool {
    let is = |it: &Instruction| matches!(it, Instruction::Cmd(_));
    stage.instructions.iter().any(is)
}

fn exec_form(command: &CommandLine, scene: &Scene<'_>) -> Offer {
    let line = command.args.first().ok_or("there is no command")?;
    if scene.is_windows() {
        return Err("the shell of Windows reads words in its own way".to_owned());
    }
    let script = Script::of_line(scene.bytes, line, scene.escape());
    if !line.is_utf8() || !script.has_places() {
        return Err("the command is odd".to_owned());
    }
    let words = plain_words(&script)?;
    let last = words.words.len().saturating_sub(1);
    let mut edits = Vec::new();
    for (at, word) in words.words.iter().enumerate() {
        let span = script.span(word.range.clone());
        // Several lines may be one word; what stands between them must not be lost.
        if text_at(scene.bytes, span).is_none_or(|text| text.contains('\n')) {
            return Err("a word goes over several lines".to_owned());
        }
        let open = if at == 0 { "[" } else { "" };
        let close = if at == last { "]" } else { "," };
        edits.push(Edit::replace(
            span,
            format!("{open}{}{close}", json(&word.text)),
        ));
    }
    let shown: Vec<String> = words.texts().map(json).collect();
    Ok(Fix::new(format!("write `[{}]`", shown.join(", ")), edits))
}

/// The one command of the script, if a shell would only start it; else what else it does.
fn plain_words(script: &Script) -> Result<&Command, String> {
    let [command] = script.commands.as_slice() else {
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
