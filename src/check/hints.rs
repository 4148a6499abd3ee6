//! What people get wrong, behind an error: the bytes that are really at fault, and what to do about them.
//!
//! The error says what does not fit; here is looked for why, in the text around it: a blank in `<<- EOF`, a comment behind
//! an instruction, what an editor or a merge left. What is not found changes nothing.

use crate::compile::CompileError;
use crate::diagnostic::{ErrorCode, File, number};
use crate::lint::text_at;
use crate::source::{LineRange, Span};
use crate::syntax::{self, Instruction};

/// What an error comes from.
#[derive(Debug, Default)]
pub(super) struct Mistake {
    /// The bytes at fault and why, where others than those of the error are.
    pub at: Option<(Span, &'static str)>,
    /// Another place that explains it.
    pub related: Option<(Span, &'static str)>,
    /// What to do.
    pub hint: String,
}

impl Mistake {
    fn hint(hint: impl Into<String>) -> Self {
        Mistake {
            hint: hint.into(),
            ..Mistake::default()
        }
    }

    fn at(mut self, span: Span, label: &'static str) -> Self {
        self.at = Some((span, label));
        self
    }

    fn related(mut self, span: Span, label: &'static str) -> Self {
        self.related = Some((span, label));
        self
    }
}

/// How far above an error what led to it is looked for, in lines.
const LINES_ABOVE: u32 = 200;

/// What an error comes from, if it is one of the things that people get wrong.
pub(super) fn mistake(error: &CompileError, file: &File<'_>) -> Option<Mistake> {
    if let Some(mistake) = encoding(file.bytes()) {
        return Some(mistake);
    }
    let lines = error.locations().first().and_then(|lines| lines.first());
    let span = error.span().or_else(|| Some(file.span_of_lines(*lines?)))?;
    let marked = text_at(file.bytes(), span)?;
    let line = Line::of(file, span)?;
    match error.code() {
        ErrorCode::UnknownInstruction => odd_blank(&line)
            .or_else(|| conflict(marked))
            .or_else(|| other_comment(marked))
            .or_else(|| failed_heredoc(file, &line)),
        ErrorCode::ArgumentCount => odd_blank(&line).or_else(|| trailing_comment(&line)),
        ErrorCode::InvalidPort
        | ErrorCode::InvalidSignal
        | ErrorCode::InvalidStageName
        | ErrorCode::InvalidImageReference
        | ErrorCode::MissingValue
            if line.text.contains(" #") =>
        {
            trailing_comment(&line)
        }
        // One instruction on the way round: the stage reads itself.
        ErrorCode::CircularDependency if error.locations().len() == 1 => {
            let hint = "name another stage, or copy by `RUN cp`: the files are in this one";
            Some(Mistake::hint(hint))
        }
        ErrorCode::EmptyBaseName | ErrorCode::InvalidImageReference => {
            variable_of_stage(file, span, marked)
        }
        ErrorCode::InvalidFlagValue => flag_without_sign(&line, span, marked),
        ErrorCode::InvalidMount => blank_in_mount(&line, span, marked),
        ErrorCode::UnterminatedHeredoc => no_end(file, span, marked),
        ErrorCode::UnterminatedQuote => open_quote(span, marked),
        ErrorCode::VariableInFrom => variable_in_from(file, span, marked),
        _ => None,
    }
}

/// A line of the file.
struct Line<'s> {
    number: u32,
    start: u32,
    text: &'s str,
}

impl<'s> Line<'s> {
    /// The line that a span begins in.
    fn of(file: &File<'s>, span: Span) -> Option<Line<'s>> {
        Line::numbered(file, file.place(span.start).line)
    }

    fn numbered(file: &File<'s>, number: u32) -> Option<Line<'s>> {
        let (start, bytes) = file.line_numbered(number)?;
        Some(Line {
            number,
            start,
            text: std::str::from_utf8(bytes).ok()?,
        })
    }

    /// Bytes of the line as bytes of the file.
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        let at = |offset: usize| self.start.saturating_add(number(offset));
        Span::new(at(range.start), at(range.end))
    }

    /// What follows a span.
    fn after(&self, span: Span) -> &'s str {
        let end = span.end.saturating_sub(self.start);
        let end = usize::try_from(end).unwrap_or(usize::MAX);
        self.text.get(end..).unwrap_or_default()
    }
}

/// The file is not written as a Dockerfile is.
fn encoding(bytes: &[u8]) -> Option<Mistake> {
    if is_utf16(bytes) {
        return Some(Mistake::hint(
            "save the file as UTF-8: it is UTF-16, which some editors and `>` of PowerShell write",
        ));
    }
    if bytes.contains(&0) {
        return Some(Mistake::hint("name a Dockerfile: the file is binary"));
    }
    let is_one_line = memchr::memchr(b'\n', bytes).is_none();
    let returns = memchr::memchr_iter(b'\r', bytes).count();
    let is_old = is_one_line && returns > usize::from(bytes.ends_with(b"\r"));
    is_old.then(|| {
        Mistake::hint("end lines with LF or CRLF: the file has CR alone, which makes it one line")
    })
}

/// Whether a file is UTF-16: by its mark, or since every other byte of its beginning is zero.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    let is_marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let head = bytes.get(..8).unwrap_or_default();
    let zeros = |first: usize| {
        let mut every_other = head.iter().skip(first).step_by(2);
        !head.is_empty() && every_other.all(|byte| *byte == 0)
    };
    is_marked || zeros(0) != zeros(1)
}

/// A character that looks like a blank, or like nothing, and is none.
fn odd_blank(line: &Line<'_>) -> Option<Mistake> {
    let mut chars = line.text.char_indices();
    let (at, c) = chars.find(|(_, c)| {
        matches!(
            c,
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        ) || matches!(c, '\u{feff}' | '\u{2060}')
    })?;
    let (label, hint) = match c {
        '\u{200b}' | '\u{feff}' | '\u{2060}' => ("a character without a width", "remove it"),
        '\u{a0}' => ("a no-break space, not a blank", "write an ordinary blank"),
        _ => ("a special space, not a blank", "write an ordinary blank"),
    };
    Some(Mistake::hint(hint).at(line.span(at..at + c.len_utf8()), label))
}

/// What a merge left.
fn conflict(word: &str) -> Option<Mistake> {
    let marks = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
    marks.contains(&word).then(|| {
        Mistake::hint("resolve the merge conflict, and remove the lines that git put around it")
    })
}

/// Comments of other languages, and fences of Markdown.
fn other_comment(word: &str) -> Option<Mistake> {
    if word.starts_with("```") {
        return Some(Mistake::hint("remove the fence: the file is not Markdown"));
    }
    let is_comment = ["//", "/*", "*/", "--", "<!--"]
        .iter()
        .any(|mark| word.starts_with(mark));
    is_comment.then(|| Mistake::hint("begin the comment with `#`"))
}

/// A comment behind an instruction.
fn trailing_comment(line: &Line<'_>) -> Option<Mistake> {
    let (before, _) = line.text.split_once(" #")?;
    let at = before.len() + 1;
    let hint = "put the comment on a line of its own, above: behind an instruction `#` is text";
    Some(Mistake::hint(hint).at(
        line.span(at..line.text.trim_end().len()),
        "part of the arguments",
    ))
}

/// Instructions that take heredocs.
const WITH_HEREDOCS: [&str; 3] = ["RUN", "COPY", "ADD"];

/// Text that was meant to be the body of a heredoc.
fn failed_heredoc(file: &File<'_>, line: &Line<'_>) -> Option<Mistake> {
    let first = line.number.saturating_sub(LINES_ABOVE).max(1);
    for number in (first..line.number).rev() {
        let Some(above) = Line::numbered(file, number) else {
            continue;
        };
        let Some((at, sign, word)) = opener(above.text) else {
            continue;
        };
        let mut between = (number + 1..line.number).filter_map(|it| Line::numbered(file, it));
        // A body that ended before has nothing to do with it.
        if between.any(|it| it.text.trim() == word) {
            return None;
        }
        let keyword = above
            .text
            .split_ascii_whitespace()
            .next()?
            .to_ascii_uppercase();
        let has_blank = above.text.get(at + sign.len()..)?.starts_with([' ', '\t']);
        let length = above.text.get(at..)?.find(word)? + word.len();
        let opened = above.span(at..at + length);
        return if has_blank {
            let hint = format!("write `{sign}{word}`, without a blank");
            Some(Mistake::hint(hint).related(opened, "opens no heredoc: a blank is in it"))
        } else if !WITH_HEREDOCS.contains(&keyword.as_str()) && keyword != "ONBUILD" {
            let hint = match keyword.as_str() {
                "CMD" | "ENTRYPOINT" => {
                    format!(
                        "write the script to a file by `COPY <<{word} /file`, and name that in {keyword}"
                    )
                }
                _ => "write the text in one line, or end its lines with `\\`".to_owned(),
            };
            Some(Mistake::hint(hint).related(opened, "only RUN, COPY and ADD have heredocs"))
        } else {
            None
        };
    }
    None
}

/// `<<- WORD` or `<<WORD` in a line: where, the sign, and the word without quotes.
fn opener(line: &str) -> Option<(usize, &str, &str)> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    let at = line.find("<<")?;
    let rest = line.get(at..)?;
    if rest.starts_with("<<<") {
        return None;
    }
    let sign = if rest.starts_with("<<-") { "<<-" } else { "<<" };
    let word = rest.get(sign.len()..)?.trim_start();
    let word = word.trim_start_matches(['"', '\'']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = word.find(|c: char| !is_part(c)).unwrap_or(word.len());
    let word = word.get(..length)?;
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        .then_some((at, sign, word))
}

/// A heredoc whose end is there, but not as it should be.
fn no_end(file: &File<'_>, span: Span, marked: &str) -> Option<Mistake> {
    let (_, sign, word) = opener(marked)?;
    let first = file.place(span.start).line + 1;
    let lines = (first..).map_while(|number| file.line_numbered(number));
    for (start, bytes) in lines {
        let Ok(text) = std::str::from_utf8(bytes) else {
            continue;
        };
        let found = text.trim();
        if !found.eq_ignore_ascii_case(word) {
            continue;
        }
        let at = text.find(found).unwrap_or(0);
        let line = Line {
            number: 0,
            start,
            text,
        };
        let place = line.span(at..at + found.len());
        let indent = text.get(..at).unwrap_or_default();
        let (label, hint) = if found != word {
            (
                "in other letters",
                format!("write `{word}`, as it was opened"),
            )
        } else if text.trim_start() != text
            && !(sign == "<<-" && indent.bytes().all(|b| b == b'\t'))
        {
            let hint = match sign {
                "<<" => format!(
                    "write `{word}` at the start of its line, or open it by `<<-{word}` and indent by tabs"
                ),
                _ => format!("indent `{word}` by tabs: blanks before it are text, also for `<<-`"),
            };
            ("indented, so no end", hint)
        } else {
            (
                "blanks follow, so no end",
                format!("remove the blanks behind `{word}`"),
            )
        };
        return Some(Mistake::hint(hint).related(place, label));
    }
    None
}

/// `--from stage` for `--from=stage`.
fn flag_without_sign(line: &Line<'_>, span: Span, marked: &str) -> Option<Mistake> {
    let value = line.after(span).split_ascii_whitespace().next()?;
    let is_flag = marked.starts_with("--") && !marked.contains('=');
    (is_flag && !value.starts_with("--"))
        .then(|| Mistake::hint(format!("write `{marked}={value}`, without a blank")))
}

/// `type=bind, target=/x`
fn blank_in_mount(line: &Line<'_>, span: Span, marked: &str) -> Option<Mistake> {
    let next = line.after(span).split_ascii_whitespace().next()?;
    let is_cut = marked.ends_with(',') && next.contains('=')
        || !marked.contains('=') && next.starts_with('=')
        || marked.ends_with('=') && !next.contains('=');
    let end = span.end.checked_sub(1)?;
    is_cut.then(|| {
        let hint = format!("write `{marked}{next}`, without a blank");
        Mistake::hint(hint).at(Span::new(end, span.end), "a blank ends the flag here")
    })
}

/// A variable of a stage in a later `FROM`.
fn variable_of_stage(file: &File<'_>, span: Span, marked: &str) -> Option<Mistake> {
    let dockerfile = syntax::parse(file.bytes()).dockerfile;
    let stages = dockerfile.stages.iter();
    let before = stages.take_while(|stage| stage.meta.span.start < span.start);
    let mut args = before
        .flat_map(|stage| &stage.instructions)
        .filter_map(|it| match it {
            Instruction::Arg(arg) => Some(arg),
            _ => None,
        });
    let is_global = |name: &str| {
        let mut globals = dockerfile.meta_args.iter().flat_map(|it| &it.args);
        globals.any(|arg| arg.key.as_str() == name)
    };
    let found = args.find(|arg| {
        arg.args.iter().any(|it| {
            let name = it.key.as_str();
            let forms = [format!("${name}"), format!("${{{name}")];
            forms.iter().any(|form| marked.contains(form.as_str())) && !is_global(name)
        })
    })?;
    let first_line = file.span_of_lines(LineRange::line(found.meta.location.start));
    let text = text_at(file.bytes(), first_line)?;
    let hint = format!("move `{text}` above the first `FROM`, or repeat it there");
    Some(Mistake::hint(hint).related(first_line, "for its own stage only"))
}

/// The quote that is not closed.
fn open_quote(span: Span, marked: &str) -> Option<Mistake> {
    let mut open: Option<(usize, char)> = None;
    let mut escaped = false;
    for (at, c) in marked.char_indices() {
        match open {
            _ if escaped => escaped = false,
            Some((_, '\'')) if c != '\'' => {}
            _ if c == '\\' => escaped = true,
            Some((_, quote)) if c == quote => open = None,
            None if c == '"' || c == '\'' => open = Some((at, c)),
            _ => {}
        }
    }
    let (at, quote) = open?;
    let start = span.start.saturating_add(number(at));
    let hint = format!("close it by another `{quote}`, or write `\\{quote}` for the character");
    Some(Mistake::hint(hint).at(Span::new(start, start.saturating_add(1)), "not closed"))
}

/// `COPY --from=$X`
fn variable_in_from(file: &File<'_>, span: Span, marked: &str) -> Option<Mistake> {
    let at = marked.find('$')?;
    let value = marked
        .rsplit(['=', ','])
        .next()
        .filter(|it| it.contains('$'))?;
    let name: String = value
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .collect();
    let name = name.trim_matches(['_', '-']).to_ascii_lowercase();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let name = if is_name { name } else { "source".to_owned() };
    let stage = file.place(span.start).line;
    let first = (1..stage).rev().find_map(|number| {
        let line = Line::numbered(file, number)?;
        let word = line.text.split_ascii_whitespace().next()?;
        word.eq_ignore_ascii_case("FROM").then_some(number)
    });
    let above = first.map_or_else(String::new, |number| format!(" above line {number}"));
    let hint = format!(
        "add a stage `FROM {value} AS {name}`{above}, and write `--from={name}`; the variable must be an `ARG` above the first `FROM`"
    );
    let start = span.start.saturating_add(number(at));
    Some(Mistake::hint(hint).at(Span::new(start, span.end), "cannot hold a variable"))
}
