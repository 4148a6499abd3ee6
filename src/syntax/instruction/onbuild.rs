//! `ONBUILD`

use std::ops::Range;

use crate::diagnostic::ErrorCode;
use crate::go::text::{to_upper, trim_space};
use crate::limits::MAX_ONBUILD_CHAIN;
use crate::source::Escape;
use crate::syntax::args::List;
use crate::syntax::ast::{OnbuildInstruction, Text};
use crate::syntax::error::Fault;
use crate::syntax::head;
use crate::syntax::line::LogicalLine;

use super::{Args, Keyword, Request, at_least_one_argument, read_args};

/// Checks the form of the trigger's arguments; what is kept is its instruction word.
pub(super) fn read(
    line: &LogicalLine<'_>,
    range: Range<usize>,
    escape: Escape,
) -> Result<Args, Fault> {
    let mut args = Args::default();
    let mut part = range;
    for depth in 0..MAX_ONBUILD_CHAIN {
        if part.is_empty() {
            break;
        }
        let head = head::split(line, part, escape);
        let word = line.slice(head.keyword.clone());
        let keyword = Keyword::find(word);
        let is_chained = keyword == Some(Keyword::Onbuild);
        let inner = match keyword {
            Some(keyword) if !is_chained => read_args(keyword, line, head.args.clone(), escape)?,
            _ => Args::default(),
        };
        if depth == 0 {
            args.list.args.push(line.argument(head.keyword));
            args.heredocs = inner.heredocs;
        }
        if !is_chained {
            break;
        }
        part = head.args;
    }
    Ok(args)
}

pub(super) fn build(request: Request<'_>) -> Result<OnbuildInstruction, Fault> {
    let meta = request.meta;
    let List { args, .. } = request.args.list;
    let Some(word) = args.first() else {
        return Err(at_least_one_argument(&meta, "ONBUILD"));
    };
    Keyword::Onbuild.check_flags(&meta)?;
    let trigger = to_upper(trim_space(word));
    let refused = match &*trigger {
        "ONBUILD" => Some("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        "MAINTAINER" | "FROM" => Some(format!("{trigger} isn't allowed as an ONBUILD trigger")),
        _ => None,
    };
    if let Some(title) = refused {
        return Err(Fault::new(ErrorCode::InvalidTrigger, title).at(word.span));
    }
    let mut expression = without_keyword(&request.line.text).to_vec();
    for heredoc in &request.heredocs {
        expression.push(b'\n');
        expression.extend_from_slice(heredoc.content.as_bytes());
        expression.extend_from_slice(heredoc.name.as_bytes());
    }
    Ok(OnbuildInstruction {
        meta,
        expression: Text::from_bytes(&expression),
    })
}

/// Parity: blanks at the end of the line are kept.
fn without_keyword(line: &[u8]) -> &[u8] {
    let word = skip_blanks(line);
    match word.split_at_checked("ONBUILD".len()) {
        Some((word, rest)) if word.eq_ignore_ascii_case(b"ONBUILD") => skip_blanks(rest),
        _ => line,
    }
}

fn skip_blanks(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [b' ' | b'\t' | b'\r' | b'\n' | 0x0c, tail @ ..] = rest {
        rest = tail;
    }
    rest
}
