//! A file with errors, as far as the rest of it can be looked at: the instructions at fault are blanked, byte for
//! byte so that all places stay, and what is left is compiled.
//!
//! A blanked `ARG` or `ENV` leaves variables undefined, and a blanked `FROM` names another image. What follows from
//! that is not reported.

use std::collections::BTreeSet;

use super::known::compile_for;
use super::{CheckInput, Purpose, Settings};
use crate::compile::{CompileError, Compiled, ErrorCode, Source};
use crate::limits::MAX_ERROR_ROUNDS;
use crate::source::{LineRange, Span};
use crate::syntax::{InstructionMeta, Parsed, Stage};

/// What is left of a file without the instructions that have errors.
pub(super) struct Rest {
    pub bytes: Vec<u8>,
    pub source: Source,
    pub compiled: Compiled,
    /// Errors that the first one hid.
    pub errors: Vec<CompileError>,
    /// Lines of the instructions that do not exist.
    blanked: Vec<LineRange>,
    /// A definition does not exist: what it defined is not missed.
    lacks_definitions: bool,
}

impl Rest {
    /// Blanks what has errors until the rest compiles; `None` where nothing can be blanked.
    pub(super) fn of(
        bytes: &[u8],
        source: &Source,
        compiled: &Compiled,
        settings: &Settings,
        input: &CheckInput,
    ) -> Option<Rest> {
        let mut blanks = Blanks::new(bytes);
        if !blanks.blank(source, compiled.result.as_ref().err()) {
            return None;
        }
        let mut errors = Vec::new();
        let mut rounds = 1;
        loop {
            let source = Source::new(&blanks.bytes);
            let mut needs = BTreeSet::new();
            let compiled = compile_for(
                Purpose::Findings,
                &blanks.bytes,
                &source,
                settings,
                input,
                &mut needs,
            );
            let error = compiled.result.as_ref().err();
            let is_new = source.parsed().errors.is_empty() && !blanks.lacks_definitions;
            if let Some(error) = error.filter(|_| is_new) {
                errors.push(error.clone());
            }
            rounds += 1;
            if error.is_none() || rounds > MAX_ERROR_ROUNDS || !blanks.blank(&source, error) {
                return Some(Rest {
                    bytes: blanks.bytes,
                    source,
                    compiled,
                    errors,
                    blanked: blanks.blanked,
                    lacks_definitions: blanks.lacks_definitions,
                });
            }
        }
    }

    /// Whether what a rule found here was so before anything was blanked.
    pub(super) fn is_genuine(&self, rule: &str, location: Option<LineRange>) -> bool {
        let about_definitions = matches!(
            rule,
            "UndefinedVar" | "UndefinedArgInFrom" | "InvalidDefaultArgInFrom"
        );
        let is_blanked = location.is_some_and(|lines| self.is_blanked(lines));
        !(is_blanked || about_definitions && self.lacks_definitions)
    }

    fn is_blanked(&self, lines: LineRange) -> bool {
        let mut blanked = self.blanked.iter();
        blanked.any(|blank| blank.start <= lines.start && lines.start <= blank.end)
    }
}

struct Blanks {
    bytes: Vec<u8>,
    blanked: Vec<LineRange>,
    lacks_definitions: bool,
}

impl Blanks {
    fn new(bytes: &[u8]) -> Self {
        Blanks {
            bytes: bytes.to_vec(),
            blanked: Vec::new(),
            lacks_definitions: false,
        }
    }

    /// Blanks the instructions with errors; whether there were any.
    fn blank(&mut self, source: &Source, error: Option<&CompileError>) -> bool {
        let parsed = source.parsed();
        if parsed.errors.is_empty() {
            let lines = error.and_then(|error| error.locations().first()?.first().copied());
            let lines = lines.or_else(|| {
                let line = self.line_at(error?.span()?);
                Some(LineRange::new(line, line))
            });
            return lines.is_some_and(|lines| self.blank_at(parsed, lines));
        }
        let mut any = false;
        for error in &parsed.errors {
            let Some(lines) = error.location else {
                continue;
            };
            any |= match error.code {
                // The file ends in a body that has no end.
                ErrorCode::UnterminatedHeredoc => {
                    let start = self.offset_of_line(lines.start);
                    let end = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
                    self.blanked.push(LineRange::new(lines.start, u32::MAX));
                    self.blank_bytes(Span::new(start, end))
                }
                _ => self.blank_at(parsed, lines),
            };
        }
        any
    }

    fn blank_at(&mut self, parsed: &Parsed, lines: LineRange) -> bool {
        let Some(meta) = instruction_at(parsed, lines) else {
            let (start, end) = (lines.start, lines.end.saturating_add(1));
            self.blanked.push(lines);
            let span = Span::new(self.offset_of_line(start), self.offset_of_line(end));
            let word = span.of(&self.bytes).trim_ascii_start().get(..4);
            let word = word.unwrap_or_default().to_ascii_uppercase();
            self.lacks_definitions |= word.starts_with(b"ARG") || word.starts_with(b"ENV");
            return self.blank_bytes(span);
        };
        let keyword = meta.keyword.to_ascii_uppercase();
        self.blanked.push(meta.location);
        self.lacks_definitions |= matches!(keyword.as_str(), "ARG" | "ENV" | "FROM");
        if keyword == "FROM" {
            return self.put_base(meta.span, name_of(parsed, meta));
        }
        self.blank_bytes(meta.span)
    }

    /// Leaves a stage with its name, on an image that is none of the file's.
    fn put_base(&mut self, span: Span, name: Option<&str>) -> bool {
        let name = name.map_or_else(String::new, |name| format!(" AS {name}"));
        let line = format!("FROM x{name}");
        let is_changed = self.blank_bytes(span);
        let Some(place) = self.bytes.get_mut(span.range()) else {
            return false;
        };
        let room = place.iter().position(|byte| *byte == b'\n');
        let Some(place) = place
            .get_mut(..room.unwrap_or(usize::MAX).min(span.range().len()))
            .and_then(|place| place.get_mut(..line.len()))
        else {
            return false;
        };
        place.copy_from_slice(line.as_bytes());
        is_changed
    }

    /// Whether there was anything.
    fn blank_bytes(&mut self, span: Span) -> bool {
        let mut any = false;
        for byte in self.bytes.get_mut(span.range()).unwrap_or_default() {
            if !byte.is_ascii_whitespace() {
                any = true;
                *byte = b' ';
            }
        }
        any
    }

    fn line_at(&self, span: Span) -> u32 {
        let before = self.bytes.get(..span.range().start).unwrap_or_default();
        let feeds = memchr::memchr_iter(b'\n', before).count();
        u32::try_from(feeds + 1).unwrap_or(u32::MAX)
    }

    fn offset_of_line(&self, line: u32) -> u32 {
        let skipped = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let offset = match skipped.checked_sub(1) {
            None => 0,
            Some(last) => memchr::memchr_iter(b'\n', &self.bytes)
                .nth(last)
                .map_or(self.bytes.len(), |feed| feed + 1),
        };
        u32::try_from(offset).unwrap_or(u32::MAX)
    }
}

/// The instruction in these lines.
fn instruction_at(parsed: &Parsed, lines: LineRange) -> Option<&InstructionMeta> {
    let dockerfile = &parsed.dockerfile;
    let args = dockerfile.meta_args.iter().map(|arg| &arg.meta);
    let stages = dockerfile.stages.iter().flat_map(Stage::metas);
    let lost = parsed.lost.iter().map(|lost| &lost.meta);
    let mut metas = args.chain(stages).chain(lost);
    metas.find(|meta| meta.location.start <= lines.start && lines.start <= meta.location.end)
}

/// The name of the stage that a `FROM` begins.
fn name_of<'p>(parsed: &'p Parsed, from: &InstructionMeta) -> Option<&'p str> {
    let mut stages = parsed.dockerfile.stages.iter();
    let stage = stages.find(|stage| stage.meta.location == from.location);
    let name = match stage {
        Some(stage) => stage.written_name.as_ref(),
        None => {
            let mut lost = parsed.lost.iter();
            let lost = lost.find(|lost| lost.meta.location == from.location)?;
            let mut words = lost.args.iter();
            words.rfind(|word| word.eq_ignore_ascii_case("as"))?;
            lost.args.last()
        }
    };
    name.map(|name| name.as_str())
}
