//! `# rdf:` comments: what the author of a Dockerfile wants for the instruction below.
//!
//! ```text
//! # rdf: update=minor ignore=>=3.14
//! FROM python:3.12-slim
//! ```

use super::version::{Ignored, Level};
use crate::recording::unknown_group;
use crate::source::LineRange;
use crate::syntax::{Dockerfile, InstructionMeta, Stage};

/// What comments say about one instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The instruction.
    pub location: LineRange,
    /// How far updates may go.
    pub update: Option<Level>,
    /// Versions that updates leave out.
    pub ignored: Vec<Ignored>,
    /// What could not be read.
    pub problem: Option<Unread>,
}

/// A word of a comment that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The word.
    pub word: String,
    /// What is wrong with it.
    pub message: String,
}

impl Directive {
    /// Line and column, from one, of `word` in the comments above the instruction; `bytes` are the file's.
    pub fn place(&self, bytes: &[u8], word: &str) -> (u32, u32) {
        place(self.location, bytes, word)
    }
}

/// Line and column of `word` in the `# rdf:` comments above an instruction.
fn place(instruction: LineRange, bytes: &[u8], word: &str) -> (u32, u32) {
    let before = usize::try_from(instruction.start.saturating_sub(1)).unwrap_or(usize::MAX);
    let lines = (1u32..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .take(before);
    let lines: Vec<(u32, &[u8])> = lines.collect();
    let above = lines.into_iter().rev();
    let own = above.take_while(|(_, line)| matches!(line.trim_ascii(), [] | [b'#', ..]));
    let found = own.filter_map(|(number, line)| {
        let text = String::from_utf8_lossy(line);
        let (start, said) = text.split_once("rdf:")?;
        let at = said
            .split_whitespace()
            .find(|it| *it == word)
            .and_then(|it| said.find(it))?;
        let column = start.chars().count() + "rdf:".len() + said.get(..at)?.chars().count();
        Some((number, u32::try_from(column + 1).unwrap_or(u32::MAX)))
    });
    found.last().unwrap_or((instruction.start, 1))
}

/// The directives of a file, in order.
pub fn directives(dockerfile: &Dockerfile) -> Vec<Directive> {
    let metas = dockerfile.stages.iter().flat_map(Stage::metas);
    metas.filter_map(directive).collect()
}

/// Values of `# rdf: keep=` that name an unknown group, each with line and column, from one; `bytes` are the file's.
pub fn unknown_groups(dockerfile: &Dockerfile, bytes: &[u8]) -> Vec<(u32, u32, Unread)> {
    let metas = dockerfile.stages.iter().flat_map(Stage::metas);
    let mut unknown = Vec::new();
    for meta in metas {
        for groups in meta.kept_groups() {
            if let Some(message) = unknown_group(groups) {
                let word = format!("keep={groups}");
                let (line, column) = place(meta.location, bytes, &word);
                unknown.push((line, column, Unread { word, message }));
            }
        }
    }
    unknown
}

/// How far the source at `lines` may be updated: the first level that is said there, and all that is left out.
pub fn bounds_at(
    directives: &[Directive],
    lines: &std::collections::BTreeSet<LineRange>,
) -> (Option<Level>, Vec<Ignored>) {
    let here = || directives.iter().filter(|it| lines.contains(&it.location));
    (
        here().find_map(|it| it.update),
        here().flat_map(|it| it.ignored.clone()).collect(),
    )
}

fn directive(meta: &InstructionMeta) -> Option<Directive> {
    let texts: Vec<&str> = meta.rdf_comments().collect();
    if texts.is_empty() {
        return None;
    }
    let mut directive = Directive {
        location: meta.location,
        update: None,
        ignored: Vec::new(),
        problem: None,
    };
    for text in texts {
        for word in text.split_whitespace() {
            if let Err(message) = directive.read(text, word) {
                let word = word.to_owned();
                directive.problem.get_or_insert(Unread { word, message });
            }
        }
    }
    Some(directive)
}

impl Directive {
    /// Reads one word of the comment `text`.
    fn read(&mut self, text: &str, word: &str) -> Result<(), String> {
        match word.split_once('=') {
            Some(("update", level)) if Level::parse(level).is_some() => {
                self.update = Level::parse(level);
            }
            Some(("ignore", versions)) if Ignored::is_meant(versions) => {
                let ignored = Ignored::parse(versions).ok_or_else(|| {
                    format!("`{word}` names no versions; `ignore=>=5000` or `ignore=>=2,<4` would")
                })?;
                self.ignored.push(ignored);
            }
            // Of steps that are recorded.
            Some(("keep", groups)) => unknown_group(groups).map_or(Ok(()), Err)?,
            // `rdf check` reads these, and says what is wrong with them.
            _ if text.contains("ignore") => {}
            _ => {
                return Err(format!(
                    "unknown directive `{word}`; a valid one is `update=minor`"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::collect::Document;

    fn told(text: &str) -> Option<(u32, u32, String)> {
        let document = Document::new("Dockerfile", text.as_bytes());
        let found = directives(&document.source().parsed().dockerfile);
        let directive = found.into_iter().find(|it| it.problem.is_some())?;
        let Unread { word, message } = directive.problem.clone()?;
        let (line, column) = directive.place(text.as_bytes(), &word);
        Some((line, column, message))
    }

    #[test]
    fn a_word_that_cannot_be_read_has_its_place() {
        let unknown = "unknown group `loggs`, expected `all`, `caches`, `ids`, `logs` or `pyc`";
        for (comments, line, column) in [
            ("# rdf: keep=loggs\n", 2, 8),
            ("# rdf: keep=pyc,loggs\n# rdf: update=minor\n", 2, 8),
            (
                "# a remark\n\n#  rdf: update=minor keep=loggs\n# more\n",
                4,
                22,
            ),
        ] {
            let text = format!("FROM scratch\n{comments}RUN id\n");
            assert_eq!(
                told(&text),
                Some((line, column, unknown.to_owned())),
                "{text}"
            );
        }
        assert_eq!(
            told("FROM scratch\n# rdf: keep=logs,ids,pyc\nRUN id\n"),
            None
        );
        assert_eq!(told("FROM scratch\n# rdf: keep=all\nRUN id\n"), None);
    }
}
