//! Diagnostics for terminals: a headline, the lines concerned with marks under them, advice.
//!
//! Owns the layout, down to the column. A renderer of our own rather than a crate: it is small,
//! it escapes what a Dockerfile could do to a terminal, and nothing of it ends up in a frontend.
//!
//! ```text
//! error[stage-used-before-definition]: stage `assets` is used before it is defined
//!  --> Dockerfile:2:13
//!   |
//! 1 | FROM alpine:3.20 AS app
//!   |                     --- this is the current stage
//! 2 | COPY --from=assets /dist /srv
//!   |             ^^^^^^ only earlier stages can be copied from
//!   |
//!   = hint: move stage `assets` above `app`
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::display::{Cell, cells, sanitize};
use super::file::{File, index};
use super::{Diagnostic, Label, Severity};

/// Lines of one label that are shown at its start, and as many at its end.
const EDGE_LINES: usize = 4;

/// Columns of a line that are shown; of a longer line, those around its first mark.
const MAX_COLUMNS: usize = 160;

/// The fewest columns that a line is cut to, and that a text is wrapped to: less is not readable.
const MIN_COLUMNS: usize = 24;

/// Columns that are left before the first mark of a line that is cut off in front.
const COLUMNS_BEFORE_MARK: usize = 40;

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Text only.
    #[default]
    Plain,
    /// With ANSI escapes.
    Ansi,
}

/// The diagnostic as lines of text, the last one ended. For a terminal of so many columns as `width` says, lines of the file are
/// cut and texts are wrapped.
pub fn render(
    diagnostic: &Diagnostic,
    file: &File<'_>,
    colour: Colour,
    width: Option<usize>,
) -> String {
    let mut frame = Frame {
        out: String::new(),
        width,
        paint: Paint {
            colour,
            severity: diagnostic.severity,
        },
        gutter: 1,
    };
    frame.headline(diagnostic);
    let lines = marked_lines(diagnostic, file);
    let last = lines.keys().next_back().copied().unwrap_or_default();
    frame.gutter = (last + 1).to_string().len();
    frame.location(diagnostic, file);
    if !lines.is_empty() {
        frame.lines(&lines, file);
    }
    frame.advice(diagnostic, !lines.is_empty());
    frame.out
}

/// A mark under a part of one line.
#[derive(Clone, Copy, Debug)]
struct Mark<'d> {
    /// Bytes of the line, its content only.
    start: usize,
    end: usize,
    primary: bool,
    /// What stands beside the mark.
    text: &'d str,
}

/// The lines to show, by index, with their marks.
fn marked_lines<'d>(diagnostic: &'d Diagnostic, file: &File<'_>) -> BTreeMap<usize, Vec<Mark<'d>>> {
    let mut lines = BTreeMap::new();
    if let Some(label) = &diagnostic.primary {
        mark_label(label, true, file, &mut lines);
    }
    for label in &diagnostic.secondary {
        mark_label(label, false, file, &mut lines);
    }
    for marks in lines.values_mut() {
        marks.sort_by_key(|mark| (mark.start, !mark.primary));
    }
    lines
}

/// Marks each line of a label; of a long one the first and the last lines.
fn mark_label<'d>(
    label: &'d Label,
    primary: bool,
    file: &File<'_>,
    lines: &mut BTreeMap<usize, Vec<Mark<'d>>>,
) {
    let start = index(label.span.start).min(file.len());
    let end = index(label.span.end).clamp(start, file.len());
    let first = file.line_of(start);
    // A label that ends with a line's end does not touch the next line.
    let last = file.line_of(end.saturating_sub(1).max(start));
    let tail = last.saturating_sub(EDGE_LINES - 1).max(first + EDGE_LINES);
    for line in (first..=last).filter(|line| *line < first + EDGE_LINES || *line >= tail) {
        let Some((line_start, content)) = file.line(line) else {
            continue;
        };
        let blanks = content.len() - content.trim_ascii_start().len();
        let kept = content.trim_ascii_end().len();
        let from = start.checked_sub(line_start).unwrap_or(blanks);
        let to = if line < last { kept } else { end - line_start };
        let from = from.min(content.len());
        lines.entry(line).or_default().push(Mark {
            start: from,
            end: to.clamp(from, content.len()),
            primary,
            text: if line == last { &label.text } else { "" },
        });
    }
}

struct Frame {
    out: String,
    /// Columns of the terminal.
    width: Option<usize>,
    paint: Paint,
    /// Width of line numbers.
    gutter: usize,
}

impl Frame {
    fn headline(&mut self, diagnostic: &Diagnostic) {
        let mut kind = diagnostic.severity.as_str().to_owned();
        if !diagnostic.code.is_empty() {
            let _ = write!(kind, "[{}]", sanitize(&diagnostic.code));
        }
        let used = kind.len() + 2;
        let kind = self.paint.severity(&kind);
        let message = self.wrapped(&sanitize(&diagnostic.message), used, 2);
        let message = self.paint.bold(&format!(": {message}"));
        let _ = writeln!(self.out, "{kind}{message}");
    }

    fn location(&mut self, diagnostic: &Diagnostic, file: &File<'_>) {
        let name = sanitize(file.name());
        let arrow = self
            .paint
            .frame(&format!("{:>1$}", "--> ", self.gutter + 4));
        match &diagnostic.primary {
            Some(label) => {
                let place = file.place(label.span.start);
                let (line, column) = (place.line, place.column);
                let _ = writeln!(self.out, "{arrow}{name}:{line}:{column}");
            }
            None if name.is_empty() => {}
            None => {
                let _ = writeln!(self.out, "{arrow}{name}");
            }
        }
    }

    fn lines(&mut self, lines: &BTreeMap<usize, Vec<Mark<'_>>>, file: &File<'_>) {
        self.margin(None, "");
        let mut previous: Option<usize> = None;
        for (line, marks) in lines {
            match previous.map(|previous| line - previous) {
                // The one line between two shown ones takes no more place than dots.
                Some(2) => self.source_line(line - 1, &[], file),
                Some(3..) => self.out.push_str("...\n"),
                _ => {}
            }
            self.source_line(*line, marks, file);
            previous = Some(*line);
        }
    }

    fn advice(&mut self, diagnostic: &Diagnostic, after_lines: bool) {
        let hints = diagnostic.hints.iter().map(|hint| ("hint", hint.as_str()));
        let url = diagnostic.url.iter().map(|url| ("see", url.as_ref()));
        let advice: Vec<(&str, &str)> = hints.chain(url).collect();
        if after_lines && !advice.is_empty() {
            self.margin(None, "");
        }
        for (kind, text) in advice {
            let indent = self.gutter + 5 + kind.len();
            let text = self.wrapped(&sanitize(text), indent, indent);
            let bullet = self.paint.frame(&format!("{:>1$}", "=", self.gutter + 2));
            let kind = self.paint.bold(&format!("{kind}:"));
            let _ = writeln!(self.out, "{bullet} {kind} {text}");
        }
    }

    /// A text whose first line begins at the column `used`, and the others at `indent`.
    fn wrapped(&self, text: &str, used: usize, indent: usize) -> String {
        let blanks = format!("\n{}", " ".repeat(indent));
        let Some(width) = self.width else {
            return text.replace('\n', &blanks);
        };
        let mut used = used;
        let lines = text.split('\n').flat_map(|line| {
            let lines = wrap(
                line,
                width.saturating_sub(used),
                width.saturating_sub(indent),
            );
            used = indent;
            lines
        });
        lines.collect::<Vec<_>>().join(&blanks)
    }

    /// Columns for a line of the file: beside its number, and with an ellipsis at both ends.
    fn columns(&self) -> usize {
        let beside = self
            .width
            .map(|width| width.saturating_sub(self.gutter + 5));
        beside.map_or(MAX_COLUMNS, |it| it.clamp(MIN_COLUMNS, MAX_COLUMNS))
    }

    /// One line with the line number or blanks in front; no blanks at its end.
    fn margin(&mut self, line: Option<usize>, text: &str) {
        let number = line.map(|line| (line + 1).to_string()).unwrap_or_default();
        let width = self.gutter;
        let bar = self.paint.frame(&format!("{number:>width$} |"));
        let text = text.trim_end();
        let separator = if text.is_empty() { "" } else { " " };
        let _ = writeln!(self.out, "{bar}{separator}{text}");
    }

    fn source_line(&mut self, line: usize, marks: &[Mark<'_>], file: &File<'_>) {
        let Some((_, content)) = file.line(line) else {
            return;
        };
        let columns = self.columns();
        let row = Row::new(content, marks, columns);
        let text: String = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        self.margin(Some(line), &text);
        let marks: Vec<PlacedMark<'_>> = marks.iter().map(|mark| row.place(mark)).collect();
        let room = self.width.map(|_| columns + 2);
        for text in mark_rows(&marks, &self.paint, room) {
            self.margin(None, &text);
        }
    }
}

/// The part of a line that is shown.
struct Row {
    cells: Vec<Cell>,
    /// Bytes of the line before the first cell.
    skipped: usize,
    /// Columns before the first cell of the line: an ellipsis, or none.
    indent: usize,
}

/// A mark in columns.
#[derive(Clone, Copy, Debug)]
struct PlacedMark<'d> {
    start: usize,
    /// At least one column behind `start`.
    end: usize,
    primary: bool,
    text: &'d str,
}

fn ellipsis() -> Cell {
    Cell {
        text: "…".to_owned(),
        width: 1,
        bytes: 0,
    }
}

impl Row {
    fn new(content: &[u8], marks: &[Mark<'_>], columns: usize) -> Self {
        let all = cells(content);
        let width: usize = all.iter().map(|cell| cell.width).sum();
        if width <= columns {
            return Row {
                cells: all,
                skipped: 0,
                indent: 0,
            };
        }
        let first_mark = marks.iter().map(|mark| mark.start).min().unwrap_or(0);
        let whole = Row {
            cells: all,
            skipped: 0,
            indent: 0,
        };
        let mark_column = whole.column(first_mark);
        let before = COLUMNS_BEFORE_MARK.min(columns / 3);
        let from = match mark_column + before < columns {
            true => 0,
            false => mark_column.saturating_sub(before),
        };
        let mut row = Row {
            cells: Vec::new(),
            skipped: 0,
            indent: 0,
        };
        if from > 0 {
            row.cells.push(ellipsis());
            row.indent = 1;
        }
        let mut column = 0;
        let mut cut = false;
        for cell in whole.cells {
            let start = column;
            column += cell.width;
            if start < from {
                row.skipped += cell.bytes;
            } else if column <= from + columns {
                row.cells.push(cell);
            } else {
                cut = true;
                break;
            }
        }
        if cut {
            row.cells.push(ellipsis());
        }
        row
    }

    /// The column of a byte of the line.
    fn column(&self, byte: usize) -> usize {
        let mut bytes = self.skipped;
        let mut column = 0;
        for cell in &self.cells {
            if bytes >= byte && cell.bytes > 0 {
                break;
            }
            bytes += cell.bytes;
            column += cell.width;
        }
        column.max(self.indent)
    }

    fn place<'d>(&self, mark: &Mark<'d>) -> PlacedMark<'d> {
        let start = self.column(mark.start);
        PlacedMark {
            start,
            end: self.column(mark.end).max(start + 1),
            primary: mark.primary,
            text: mark.text,
        }
    }
}

/// The rows below a line: marks, with the last text beside them, then the other texts, each under
/// its mark. Texts end before the column `room`, if there is one.
fn mark_rows(marks: &[PlacedMark<'_>], paint: &Paint, room: Option<usize>) -> Vec<String> {
    let mut rows = Vec::new();
    let Some(width) = marks.iter().map(|mark| mark.end).max() else {
        return rows;
    };
    let mut symbols = vec![(' ', false); width];
    // Primary marks cover secondary ones.
    for primary in [false, true] {
        for mark in marks.iter().filter(|mark| mark.primary == primary) {
            let symbol = if primary { '^' } else { '-' };
            if let Some(place) = symbols.get_mut(mark.start..mark.end) {
                place.fill((symbol, primary));
            }
        }
    }
    let mut texts: Vec<&PlacedMark<'_>> = marks.iter().filter(|m| !m.text.is_empty()).collect();
    // Beside the marks there is place for one text: that of the last mark, if nothing is behind it.
    let fits = |mark: &PlacedMark<'_>| {
        room.is_none_or(|room| width + 1 + columns_of(&one_line(mark.text)) <= room)
    };
    let beside = texts.pop_if(|mark| mark.end == width && fits(mark));
    let mut row = paint.symbols(&symbols);
    if let Some(mark) = beside {
        row.push(' ');
        row.push_str(&paint.mark(&one_line(mark.text), mark.primary));
    }
    rows.push(row);
    if !texts.is_empty() {
        rows.push(bars(&texts, paint));
    }
    while let Some(mark) = texts.pop() {
        let used = texts.last().map_or(0, |last| last.start + 1);
        let text = one_line(mark.text);
        // Far to the right a text begins further to the left than its mark.
        let start = match room {
            Some(room) => {
                let length = columns_of(&text).min(MIN_COLUMNS);
                mark.start.min(room.saturating_sub(length)).max(used)
            }
            None => mark.start.max(used),
        };
        let left = room.map_or(usize::MAX, |room| {
            room.saturating_sub(start).max(MIN_COLUMNS)
        });
        for line in wrap(&text, left, left) {
            let mut row = bars(&texts, paint);
            row.push_str(&" ".repeat(start.saturating_sub(used)));
            row.push_str(&paint.mark(&line, mark.primary));
            rows.push(row);
        }
    }
    rows
}

/// A bar under each mark that still waits for its text.
fn bars(marks: &[&PlacedMark<'_>], paint: &Paint) -> String {
    let mut row = String::new();
    let mut column = 0;
    for mark in marks.iter().filter(|mark| !mark.text.is_empty()) {
        if mark.start < column {
            continue;
        }
        row.push_str(&" ".repeat(mark.start - column));
        row.push_str(&paint.mark("|", mark.primary));
        column = mark.start + 1;
    }
    row
}

/// A line as lines of words that have at most so many columns, the first one and the others; a longer word has a line
/// of its own.
fn wrap(line: &str, first: usize, others: usize) -> Vec<String> {
    let (first, others) = (first.max(MIN_COLUMNS), others.max(MIN_COLUMNS));
    let mut lines = vec![String::new()];
    let mut left = first;
    for word in line.split_inclusive(' ') {
        let width = columns_of(word.trim_end());
        if width > left && lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
            left = others;
        }
        left = left.saturating_sub(columns_of(word));
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    let last = lines.len().saturating_sub(1);
    for line in lines.iter_mut().take(last) {
        line.truncate(line.trim_end().len());
    }
    lines
}

fn columns_of(text: &str) -> usize {
    cells(text.as_bytes()).iter().map(|cell| cell.width).sum()
}

fn one_line(text: &str) -> String {
    sanitize(text).replace('\n', " ")
}

/// Colours, if wanted.
struct Paint {
    colour: Colour,
    severity: Severity,
}

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        match self.colour {
            Colour::Ansi if !text.trim().is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            _ => text.to_owned(),
        }
    }

    fn severity_code(&self) -> &'static str {
        match self.severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Info | Severity::Style => "1;36",
        }
    }

    fn severity(&self, text: &str) -> String {
        self.with(self.severity_code(), text)
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn frame(&self, text: &str) -> String {
        self.with("1;34", text)
    }

    fn mark(&self, text: &str, primary: bool) -> String {
        if primary {
            self.severity(text)
        } else {
            self.frame(text)
        }
    }

    /// A row of marks, each run painted as one.
    fn symbols(&self, symbols: &[(char, bool)]) -> String {
        let runs = symbols.chunk_by(|a, b| a == b);
        runs.map(|run| {
            let text: String = run.iter().map(|(symbol, _)| symbol).collect();
            self.mark(&text, run.first().is_some_and(|(_, primary)| *primary))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests;
