//! Sources and destination, shared by `COPY` and `ADD`.

use std::collections::HashMap;

use crate::diagnostic::ErrorCode;
use crate::syntax::ast::{Argument, Heredoc, SourceContent, SourcesAndDest, Text};
use crate::syntax::error::Fault;
use crate::syntax::heredoc::{self, HeredocWord};

use super::Request;

/// There must be a source and a destination. Comes before the check of flags.
pub(super) fn check_count(request: &Request<'_>, name: &str) -> Result<(), Fault> {
    if request.args.list.args.len() >= 2 {
        return Ok(());
    }
    let title = format!(
        "{name} requires at least two arguments, but only one was provided. \
         Destination could not be determined"
    );
    Err(Fault::new(ErrorCode::ArgumentCount, title).at(request.meta.keyword.span))
}

/// Tells heredocs from paths.
pub(super) fn build(request: &mut Request<'_>, name: &str) -> Result<SourcesAndDest, Fault> {
    let list = std::mem::take(&mut request.args.list);
    let json = list.is_json();
    let mut args = list.args;
    let dest = args.pop().unwrap_or_default();
    if heredoc::parse_heredoc(&dest).is_some() {
        let title = format!("{name} cannot accept a heredoc as a destination");
        return Err(Fault::new(ErrorCode::HeredocDestination, title).at(dest.span));
    }
    let mut sources = Vec::with_capacity(args.len());
    let mut contents = Vec::new();
    // of two with one name the last body counts
    let bodies = request.heredocs.iter().map(|it| (it.name.as_str(), it));
    let bodies: HashMap<&str, &Heredoc> = bodies.collect();
    for source in args {
        match heredoc::parse_heredoc(&source) {
            Some(word) => contents.push(content(&source, word, &bodies)),
            None => sources.push(source),
        }
    }
    Ok(SourcesAndDest {
        sources,
        contents,
        dest,
        json,
    })
}

fn content(
    source: &Argument,
    word: HeredocWord,
    bodies: &HashMap<&str, &Heredoc>,
) -> SourceContent {
    let (data, body) = match bodies.get(&*word.name) {
        Some(it) if word.chomp => (
            Text::from_bytes(&heredoc::chomp(it.content.as_bytes())),
            it.body,
        ),
        Some(it) => (it.content.clone(), it.body),
        None => (Text::default(), source.span),
    };
    SourceContent {
        path: Text::from(word.name),
        data,
        expand: word.expand,
        body,
        span: source.span,
    }
}
