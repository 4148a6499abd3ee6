//! `ENV name value` and `LABEL name value` with `=`.

use super::{Fix, Offer, Scene};
use crate::check::text_at;
use crate::source::Edit;
use crate::source::Span;
use crate::syntax::{InstructionMeta, KeyValue};

pub(super) fn offer(meta: &InstructionMeta, pairs: &[KeyValue], scene: &Scene<'_>) -> Offer {
    let [pair] = pairs else {
        return Err("there is more than one pair".to_owned());
    };
    let (key, value) = (&pair.key, &pair.value);
    if !value.is_utf8() || !key.is_utf8() || key.contains(['"', '\'']) {
        return Err("the name or the value is odd".to_owned());
    }
    let gap = Span::new(key.span.end, value.span.start);
    let between = text_at(scene.bytes, gap).unwrap_or("#");
    if between.contains('#') {
        return Err("a comment stands between name and value".to_owned());
    }
    let mut edits = Vec::new();
    let name = meta.keyword.as_str();
    let title = match written(value, scene.escape().char()) {
        Form::Plain => {
            edits.push(Edit::replace(gap, "="));
            format!("write `{name} {}={}`", key.as_str(), shown(value))
        }
        Form::Quoted => {
            edits.push(Edit::replace(gap, "=\""));
            edits.push(Edit::insert(value.span.end, "\""));
            format!("write `{name} {}=\"{}\"`", key.as_str(), shown(value))
        }
        Form::Escaped(blanks) => {
            if value.contains("${") {
                return Err(
                    "quotes and `${…}` in one value are for a person to untangle".to_owned(),
                );
            }
            if text_at(scene.bytes, value.span) != Some(value.as_str()) {
                return Err("a value with quotes goes over several lines".to_owned());
            }
            edits.push(Edit::replace(gap, "="));
            for at in blanks {
                let at = value
                    .span
                    .start
                    .saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
                edits.push(Edit::insert(at, [scene.escape().byte()]));
            }
            format!("write `{name} {}=…` with its blanks escaped", key.as_str())
        }
    };
    Ok(Fix::new(title, edits))
}

/// A value in a message; most of a long one is left out.
fn shown(value: &str) -> &str {
    match value.chars().count() {
        0..=60 => value,
        _ => "…",
    }
}

/// How a value is written so that it is one word.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// In double quotes.
    Quoted,
    /// With an escape token before each of these blanks.
    Escaped(Vec<usize>),
}

fn written(value: &str, escape: char) -> Form {
    let blanks = outer_blanks(value, escape);
    if blanks.is_empty() {
        return Form::Plain;
    }
    // In double quotes nothing but these means something else than outside of quotes.
    match value.contains(['"', '\'', escape]) {
        false => Form::Quoted,
        true => Form::Escaped(blanks),
    }
}

/// The blanks that stand outside of quotes, and are not escaped.
fn outer_blanks(value: &str, escape: char) -> Vec<usize> {
    let mut blanks = Vec::new();
    let mut quote = None;
    let mut chars = value.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == escape && quote != Some('\'') {
            chars.next();
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '"' || c == '\'') {
            quote = Some(c);
        } else if quote.is_none() && c.is_whitespace() {
            blanks.push(at);
        }
    }
    blanks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_word() {
        let form = |value| written(value, '\\');
        assert_eq!(form("/var/lib"), Form::Plain);
        assert_eq!(form("\"a b\"c\\ d"), Form::Plain);
        assert_eq!(form("a b $c"), Form::Quoted);
        assert_eq!(form("-x \"a b\" c"), Form::Escaped(vec![2, 8]));
        assert_eq!(form("it's a"), Form::Plain);
    }
}
