//! The whole file: lines to instructions, instructions to stages, errors in the reference's order.

use crate::collect::sort_small;
use crate::diagnostic::{ErrorCode, Relation};
use crate::go::utf8::to_valid;
use crate::limits::MAX_LINE_BYTES;
use crate::source::{Escape, LineRange, Span};

use super::ast::{
    ArgInstruction, Directive, DirectiveKind, Dockerfile, EmptyContinuation, Heredoc, Instruction,
    InstructionMeta, LostInstruction, Spanned, Stage, Text,
};
use super::directive::{self, DirectiveReader};
use super::error::{Fault, ParseError, Phase};
use super::heredoc::HeredocWord;
use super::instruction::{self, Args, Built, Keyword, Request};
use super::line::{BOM, Lines, LogicalLine, PhysicalLine, span, strip_continuation};
use super::trace::{Role, Trace};
use super::{Parsed, blank, head, heredoc};

/// See [`super::parse`].
pub(super) fn parse(source: &[u8]) -> Parsed {
    read(&mut Reader::new(source))
}

/// Parses and notes down what every byte was taken for.
pub(super) fn parse_traced(source: &[u8]) -> (Parsed, Trace) {
    let mut reader = Reader::new(source);
    reader.trace = Some(Trace::default());
    let parsed = read(&mut reader);
    let mut trace = reader.trace.unwrap_or_default();
    trace.unread = reader.lines.offset()..source.len();
    (parsed, trace)
}

fn read(reader: &mut Reader<'_>) -> Parsed {
    if reader.lines.is_empty() {
        let title = "the Dockerfile cannot be empty";
        let fault = Fault::new(ErrorCode::EmptyFile, title);
        return Parsed {
            errors: vec![fault.into_error(Phase::Lines, None)],
            ..Parsed::default()
        };
    }
    let mut stages = StageBuilder::default();
    while let Some(statement) = reader.statement() {
        if let Err(error) = stages.add(statement) {
            reader.errors.push(error);
        }
    }
    let mut errors = std::mem::take(&mut reader.errors);
    sort_small(&mut errors, |a, b| a.phase.cmp(&b.phase));
    Parsed {
        dockerfile: Dockerfile {
            escape: reader.escape,
            directives: std::mem::take(&mut reader.directives),
            meta_args: stages.meta_args,
            stages: stages.stages,
            empty_continuations: std::mem::take(&mut reader.empty_continuations),
        },
        errors,
        lost: stages.lost,
    }
}

/// See [`super::parse_trigger`].
pub(super) fn parse_trigger(source: &[u8], location: LineRange) -> Result<Instruction, ParseError> {
    let unplaced = |fault: Fault, phase| fault.into_error(phase, None);
    let mut reader = Reader::new(source);
    let first = reader.statement();
    let has_more = first.is_some() && reader.statement().is_some();
    // what stops the reading of lines comes first, wherever it stands
    while reader.errors.is_empty() && reader.statement().is_some() {}
    if let Some(error) = reader.errors.into_iter().next() {
        return Err(ParseError {
            location: None,
            ..error
        });
    }
    let Some(mut statement) = first.filter(|_| !has_more) else {
        let title = "onbuild trigger should be a single expression";
        let fault = Fault::new(ErrorCode::InvalidTrigger, title);
        return Err(unplaced(fault, Phase::Instructions));
    };
    statement.meta.location = location;
    match statement.build() {
        Ok(Built::Instruction(instruction)) => Ok(instruction),
        Ok(Built::Stage(_)) => {
            let title = "*instructions.Stage is not a command type";
            let fault = Fault::new(ErrorCode::InvalidTrigger, title);
            Err(unplaced(fault, Phase::Instructions))
        }
        Err(fault) => Err(unplaced(fault, Phase::Instructions)),
    }
}

/// An instruction that passed the first phase.
struct Statement<'s> {
    keyword: Option<Keyword>,
    line: LogicalLine<'s>,
    meta: InstructionMeta,
    args: Args,
    heredocs: Vec<Heredoc>,
}

impl Statement<'_> {
    fn words(&self) -> LostInstruction {
        LostInstruction {
            meta: self.meta.clone(),
            args: self.args.list.args.clone(),
        }
    }

    fn build(self) -> Result<Built, Fault> {
        let Some(keyword) = self.keyword else {
            return Err(instruction::unknown(&self.meta.keyword));
        };
        let request = Request {
            line: &self.line,
            meta: self.meta,
            args: self.args,
            heredocs: self.heredocs,
        };
        instruction::build(keyword, request)
    }
}

/// First phase: reads statements from lines, collects errors and goes on behind them.
struct Reader<'s> {
    lines: Lines<'s>,
    escape: Escape,
    directive_reader: DirectiveReader,
    directives: Vec<Directive>,
    /// Comments above the next instruction.
    comments: Vec<Text>,
    empty_continuations: Vec<EmptyContinuation>,
    errors: Vec<ParseError>,
    has_statements: bool,
    ended: bool,
    /// What the lines were taken for, when somebody wants to know.
    trace: Option<Trace>,
}

impl<'s> Reader<'s> {
    fn new(source: &'s [u8]) -> Self {
        Reader {
            lines: Lines::new(source),
            escape: Escape::default(),
            directive_reader: DirectiveReader::new("#"),
            directives: Vec::new(),
            comments: Vec::new(),
            empty_continuations: Vec::new(),
            errors: Vec::new(),
            has_statements: false,
            ended: false,
            trace: None,
        }
    }

    /// Notes down what a line was taken for.
    fn note(&mut self, line: PhysicalLine<'s>, role: Role) {
        if let Some(trace) = &mut self.trace {
            trace.line(line, role);
        }
    }

    fn statement(&mut self) -> Option<Statement<'s>> {
        while let Some(line) = self.logical_line() {
            let first = line.first;
            let comments = std::mem::take(&mut self.comments);
            match self.read_statement(line, comments) {
                Ok(statement) => {
                    self.has_statements = true;
                    return Some(statement);
                }
                Err((fault, last)) => {
                    let location = LineRange::new(first, last);
                    self.fail(fault, location);
                }
            }
        }
        self.end();
        None
    }

    fn fail(&mut self, fault: Fault, location: LineRange) {
        let error = fault.into_error(Phase::Lines, Some(location));
        self.errors.push(error);
    }

    /// What is wrong with the file as a whole.
    fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let location = LineRange::line(self.lines.number);
        if !self.has_statements && self.errors.is_empty() {
            let title = "file with no instructions";
            self.fail(Fault::new(ErrorCode::NoInstructions, title), location);
        } else if self.lines.too_long {
            let title =
                format!("dockerfile line greater than max allowed size of {MAX_LINE_BYTES}");
            self.fail(Fault::new(ErrorCode::LineTooLong, title), location);
        }
    }

    /// The next line that is not blank and no comment, with the lines that continue it.
    fn logical_line(&mut self) -> Option<LogicalLine<'s>> {
        while let Some(line) = self.lines.next() {
            let mut start = line.start;
            let mut bytes = line.bytes;
            if let (0, Some(rest)) = (start, bytes.strip_prefix(BOM)) {
                start = BOM.len();
                bytes = rest;
            }
            let line = PhysicalLine { start, bytes };
            let content = line.content();
            let text = blank::trim_start(content);
            if text.first() == Some(&b'#') {
                self.comment(line, text);
                continue;
            }
            self.directive_reader.end();
            let text_start = start + (content.len() - text.len());
            match strip_continuation(text, self.escape) {
                Some(rest) => {
                    self.note(line, Role::Code(text_start..text_start + rest.len()));
                    let line = LogicalLine::single(rest, text_start, self.lines.number);
                    return Some(self.continued(line));
                }
                None if text.is_empty() => self.note(line, Role::Blank),
                None => {
                    self.note(line, Role::Code(text_start..text_start + text.len()));
                    return Some(LogicalLine::single(text, text_start, self.lines.number));
                }
            }
        }
        None
    }

    fn comment(&mut self, line: PhysicalLine<'s>, text: &'s [u8]) {
        // Parity: the first byte goes, be it `#` or a blank in front of it
        let comment = blank::trim(line.bytes.get(1..).unwrap_or(&[]));
        let found = self.directive(line, text);
        self.note(
            line,
            match found {
                Ok(false) => Role::Comment,
                Ok(true) | Err(_) => Role::Directive,
            },
        );
        match found {
            Ok(true) => {}
            Ok(false) if comment.is_empty() => self.comments.clear(),
            Ok(false) => self.comments.push(Text::from_bytes(comment)),
            Err(fault) => {
                // Parity: the line is not counted yet
                let location = LineRange::line(self.lines.number.saturating_sub(1));
                self.fail(fault, location);
            }
        }
    }

    /// Whether the comment is a directive.
    fn directive(&mut self, line: PhysicalLine<'s>, text: &'s [u8]) -> Result<bool, Fault> {
        let content = line.content();
        let end = line.start + content.len();
        let place = span(end - text.len()..end);
        let found = self.directive_reader.read(text);
        let duplicate = |kind| {
            let fault = directive::duplicate(kind).at(place);
            match self.directives.iter().find(|first| first.kind == kind) {
                Some(first) => fault.related(first.span, Relation::Earlier),
                None => fault,
            }
        };
        let Some((kind, value)) = found.map_err(duplicate)? else {
            return Ok(false);
        };
        if kind == DirectiveKind::Escape {
            self.escape = escape(&value).map_err(|fault| fault.at(place))?;
        }
        self.directives.push(Directive {
            kind,
            value,
            location: LineRange::line(self.lines.number),
            span: place,
        });
        Ok(true)
    }

    /// Adds the lines that continue `line`.
    fn continued(&mut self, mut line: LogicalLine<'s>) -> LogicalLine<'s> {
        let mut has_empty_line = false;
        while let Some(next) = self.lines.next() {
            let content = next.content();
            line.last = self.lines.number;
            line.end = next.start + content.len();
            let text = blank::trim_start(content);
            if text.first() == Some(&b'#') {
                self.note(next, Role::Comment);
                continue;
            }
            if text.is_empty() {
                self.note(next, Role::Blank);
                has_empty_line = true;
                continue;
            }
            let rest = strip_continuation(content, self.escape);
            let code = rest.unwrap_or(content);
            self.note(next, Role::Code(next.start..next.start + code.len()));
            line.join(code, next.start);
            if rest.is_none() {
                break;
            }
        }
        if has_empty_line {
            self.empty_continuations.push(EmptyContinuation {
                location: LineRange::line(line.last),
                span: Span::new(line.span(0..0).start, span(line.end..line.end).end),
            });
        }
        line
    }

    /// Reads a logical line and its heredocs. An error comes with the last line it is about.
    fn read_statement(
        &mut self,
        line: LogicalLine<'s>,
        comments: Vec<Text>,
    ) -> Result<Statement<'s>, (Fault, u32)> {
        let whole = 0..line.text.len();
        let last = line.last;
        let head = head::split(&line, whole.clone(), self.escape);
        let keyword = Keyword::find(line.slice(head.keyword.clone()));
        let mut args = Args::default();
        if let Some(keyword) = keyword {
            let found = instruction::read_args(keyword, &line, head.args.clone(), self.escape);
            if let Some(trace) = &mut self.trace {
                trace.instruction(&line, &head, found.as_ref().ok(), self.escape);
            }
            args = found.map_err(|fault| (fault, last))?;
        } else if let Some(trace) = &mut self.trace {
            trace.instruction(&line, &head, None, self.escape);
        }
        let mut heredocs = Vec::new();
        if args.heredocs && heredoc::may_open(&line.text) {
            let openers = heredoc::openers(&to_valid(&line.text));
            for opener in openers.map_err(|fault| (fault, last))? {
                let place = line.span(head.args.clone());
                let unterminated = |number| (unterminated().at(place), number);
                heredocs.push(self.heredoc(opener).map_err(unterminated)?);
            }
        }
        let end = match heredocs.last() {
            Some(heredoc) => heredoc.terminator.end,
            None => span(line.end..line.end).end,
        };
        let meta = InstructionMeta {
            keyword: Spanned::new(
                Keyword::text(keyword, line.slice(head.keyword.clone())),
                line.span(head.keyword),
            ),
            code: Text::from_bytes(line.slice(line.trimmed(whole))),
            location: LineRange::new(line.first, last.max(self.lines.number)),
            comments,
            flags: head.flags,
            span: Span::new(line.span(0..0).start, end),
            args: line.span(head.args),
        };
        Ok(Statement {
            keyword,
            line,
            meta,
            args,
            heredocs,
        })
    }

    /// Reads a heredoc's body; the error is the last line of the file.
    fn heredoc(&mut self, word: HeredocWord) -> Result<Heredoc, u32> {
        let start = self.lines.offset();
        let mut content = Vec::new();
        while let Some(line) = self.lines.next() {
            let text = line.content();
            let mut terminator = text;
            while let ([b'\t', rest @ ..], true) = (terminator, word.chomp) {
                terminator = rest;
            }
            if terminator == word.name.as_bytes() {
                self.note(line, Role::Terminator);
                let heredoc = Heredoc {
                    name: Text::from(word.name),
                    fd: word.fd,
                    expand: word.expand,
                    chomp: word.chomp,
                    content: Text::from_bytes(&content),
                    body: span(start..line.start),
                    terminator: span(line.start..line.start + text.len()),
                };
                if let Some(trace) = &mut self.trace {
                    trace.heredoc(heredoc.body, Some(heredoc.terminator));
                }
                return Ok(heredoc);
            }
            self.note(line, Role::Body);
            content.extend_from_slice(line.bytes);
        }
        if let Some(trace) = &mut self.trace {
            trace.heredoc(span(start..self.lines.offset()), None);
        }
        Err(self.lines.number)
    }
}

#[cold]
fn unterminated() -> Fault {
    Fault::new(ErrorCode::UnterminatedHeredoc, "unterminated heredoc")
}

fn escape(value: &Text) -> Result<Escape, Fault> {
    match value.as_str() {
        "\\" => Ok(Escape::Backslash),
        "`" => Ok(Escape::Backtick),
        _ => {
            let title = Text::concat([
                b"invalid escape token '",
                value.as_bytes(),
                b"' does not match ` or \\",
            ]);
            Err(Fault::new(ErrorCode::InvalidEscape, title))
        }
    }
}

/// How many instructions an ordinary stage has, at most.
const ROOM: usize = 16;

/// Second phase: gives statements their meaning and their stage.
#[derive(Default)]
struct StageBuilder {
    meta_args: Vec<ArgInstruction>,
    stages: Vec<Stage>,
    /// The last `FROM` could not be read: what follows has no stage, which adds nothing.
    lost_stage: bool,
    /// The last line and the bytes of the instruction above, if it could go on in the next line.
    above: Option<(u32, Span)>,
    /// See [`Parsed::lost`].
    lost: Vec<LostInstruction>,
}

impl StageBuilder {
    fn add(&mut self, statement: Statement<'_>) -> Result<(), ParseError> {
        let words = match statement.keyword {
            Some(Keyword::From | Keyword::Maintainer) => Some(statement.words()),
            _ => None,
        };
        let added = self.place(statement);
        if added.is_err() {
            self.lost.extend(words);
        }
        added
    }

    fn place(&mut self, statement: Statement<'_>) -> Result<(), ParseError> {
        let location = statement.meta.location;
        let keyword_span = statement.meta.keyword.span;
        let is_from = statement.keyword == Some(Keyword::From);
        if is_from {
            self.lost_stage = true;
        }
        let could_go_on = statement.heredocs.is_empty();
        let here = could_go_on.then_some((location.end, statement.meta.span));
        let above = std::mem::replace(&mut self.above, here);
        let built = statement.build();
        let failed = |fault: Fault| {
            let fault = match above {
                Some((line, span))
                    if line + 1 == location.start
                        && fault.code() == ErrorCode::UnknownInstruction =>
                {
                    fault.related(span, Relation::Above)
                }
                _ => fault,
            };
            fault.into_instruction_error(location)
        };
        match built.map_err(failed)? {
            Built::Stage(stage) => {
                self.lost_stage = false;
                if let Some(above) = self.stages.last_mut() {
                    above.instructions.shrink_to_fit();
                }
                self.stages.push(stage);
            }
            Built::Instruction(_) if self.lost_stage => {}
            Built::Instruction(instruction) => match (self.stages.last_mut(), instruction) {
                (Some(stage), instruction) => {
                    if stage.instructions.is_empty() {
                        stage.instructions.reserve(ROOM);
                    }
                    stage.instructions.push(instruction);
                }
                (None, Instruction::Arg(arg)) => self.meta_args.push(arg),
                (None, _) => {
                    let title = "no build stage in current context";
                    let fault = Fault::new(ErrorCode::InstructionBeforeFrom, title);
                    let fault = fault.at(keyword_span);
                    return Err(fault.into_error(Phase::Instructions, Some(location)));
                }
            },
        }
        Ok(())
    }
}
