//! `HEALTHCHECK`

use std::ops::Range;

use crate::diagnostic::ErrorCode;
use crate::go::number::parse_int;
use crate::go::quote::quote;
use crate::go::text::to_upper;
use crate::go::time::parse_duration;
use crate::syntax::args::{self, List};
use crate::syntax::ast::{Argument, HealthcheckInstruction, InstructionMeta, Spanned, Text};
use crate::syntax::blank::is_latin1_space;
use crate::syntax::error::Fault;
use crate::syntax::flag::{self, FlagKind, Known};
use crate::syntax::line::LogicalLine;

use super::{Keyword, Request, at_least_one_argument};

pub(super) const FLAGS: &Known = &[
    ("interval", FlagKind::Single),
    ("timeout", FlagKind::Single),
    ("start-period", FlagKind::Single),
    ("start-interval", FlagKind::Single),
    ("retries", FlagKind::Single),
];

/// Nanoseconds.
const SHORTEST_INTERVAL: i64 = 1_000_000;

/// The type, then its command as `CMD` has it.
pub(super) fn read(line: &LogicalLine<'_>, range: Range<usize>) -> Result<List, Fault> {
    let bytes = line.slice(range.clone());
    // Parity: byte by byte, taken as Latin-1
    let is_space = |byte: &u8| is_latin1_space(*byte);
    let kind = bytes.iter().position(is_space).unwrap_or(bytes.len());
    if kind == 0 {
        return Ok(List::default());
    }
    let spaces = bytes.iter().skip(kind).take_while(|b| is_space(b)).count();
    let kind_end = range.start + kind;
    let mut list = args::json_or_whole(line, kind_end + spaces..range.end)?;
    list.args.insert(0, line.argument(range.start..kind_end));
    Ok(list)
}

pub(super) fn build(request: Request<'_>) -> Result<HealthcheckInstruction, Fault> {
    let meta = request.meta;
    let list = request.args.list;
    let is_json = list.is_json();
    let mut args = list.args.into_iter();
    let Some(kind) = args.next() else {
        return Err(at_least_one_argument(&meta, "HEALTHCHECK"));
    };
    let name = to_upper(&kind);
    if name == "NONE" {
        if args.next().is_some() {
            let title = "HEALTHCHECK NONE takes no arguments";
            return Err(Fault::new(ErrorCode::InvalidHealthcheck, title).at(meta.args));
        }
        return Ok(HealthcheckInstruction {
            meta,
            test: vec![Spanned::new(Text::from("NONE"), kind.span)],
            interval: 0,
            timeout: 0,
            start_period: 0,
            start_interval: 0,
            retries: 0,
            shell: false,
        });
    }
    Keyword::Healthcheck.check_flags(&meta)?;
    if name != "CMD" {
        return Err(unknown_type(&kind, &name));
    }
    let mut test = vec![Spanned::new(
        Text::from(if is_json { "CMD" } else { "CMD-SHELL" }),
        kind.span,
    )];
    test.extend(args);
    if test.len() == 1 {
        let title = "Missing command after HEALTHCHECK CMD";
        return Err(Fault::new(ErrorCode::InvalidHealthcheck, title).at(kind.span));
    }
    Ok(HealthcheckInstruction {
        test,
        interval: interval(&meta, "interval")?,
        timeout: interval(&meta, "timeout")?,
        start_period: interval(&meta, "start-period")?,
        start_interval: interval(&meta, "start-interval")?,
        retries: retries(&meta)?,
        shell: !is_json,
        meta,
    })
}

#[cold]
fn unknown_type(kind: &Argument, name: &str) -> Fault {
    let quoted = quote(name);
    let title = format!("Unknown type {quoted} in HEALTHCHECK (try CMD)");
    Fault::new(ErrorCode::InvalidHealthcheck, title).at(kind.span)
}

fn interval(meta: &InstructionMeta, name: &str) -> Result<i64, Fault> {
    let Some(value) = flag::single(&meta.flags, name).filter(|value| !value.is_empty()) else {
        return Ok(0);
    };
    let wrong = |title: String| Fault::new(ErrorCode::InvalidFlagValue, title).at(value.span);
    let duration = parse_duration(&value).map_err(|error| wrong(error.to_string()))?;
    match duration.0 {
        0 => Ok(0),
        ..SHORTEST_INTERVAL => {
            let quoted = quote(name);
            Err(wrong(format!("Interval {quoted} cannot be less than 1ms")))
        }
        nanoseconds => Ok(nanoseconds),
    }
}

fn retries(meta: &InstructionMeta) -> Result<i32, Fault> {
    let Some(value) = flag::single(&meta.flags, "retries").filter(|value| !value.is_empty()) else {
        return Ok(0);
    };
    let wrong = |title: String| Fault::new(ErrorCode::InvalidFlagValue, title).at(value.span);
    let number = parse_int(&value, 10, 32).map_err(|error| wrong(error.to_string()))?;
    match i32::try_from(number) {
        Ok(retries @ 0..) => Ok(retries),
        _ => Err(wrong(format!("--retries cannot be negative ({number})"))),
    }
}
