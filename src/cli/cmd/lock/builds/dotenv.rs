//! `.env` files: `NAME=VALUE` and `NAME: VALUE` lines, quotes, escapes, and variables in values.

use std::collections::BTreeMap;

use super::Environment;
use super::interpolate::interpolate;

/// The variables of a file. Values may name variables of the environment, and those above them.
///
/// # Errors
/// What is wrong with a value.
pub(super) fn read(
    text: &str,
    environment: Environment<'_>,
) -> Result<BTreeMap<String, String>, String> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let line = line.trim_start();
        if line.is_empty() || line.starts_with(['#', '\r']) {
            rest = after;
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some(at) = line.find(['=', ':']) else {
            // A name alone has the value of the environment.
            let name = line.trim();
            known.extend(environment(name).map(|value| (name.to_owned(), value)));
            rest = after;
            continue;
        };
        let (name, _) = line.split_at_checked(at).unwrap_or_default();
        // A value in quotes may go over several lines.
        let from =
            rest.len() - after.len() - usize::from(rest.len() > after.len() && !after.is_empty());
        let value_at = line_offset(rest, line) + at + 1;
        let (value, end) = value(rest, value_at, from.max(value_at))?;
        let value = match value {
            Value::Literal(text) => text,
            Value::Expanded(text) => {
                let lookup = |name: &str| environment(name).or_else(|| known.get(name).cloned());
                interpolate(&text, &lookup).map_err(|why| format!("`{}`: {why}", name.trim()))?
            }
        };
        known.insert(name.trim().to_owned(), value);
        rest = rest.get(end..).unwrap_or_default();
        rest = rest.split_once('\n').map_or("", |(_, after)| after);
    }
    Ok(known)
}

enum Value {
    Literal(String),
    Expanded(String),
}

/// Where a part of a text begins in it.
fn line_offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// The value at an offset, and where it ends.
fn value(text: &str, at: usize, line_end: usize) -> Result<(Value, usize), String> {
    let rest = text.get(at..).unwrap_or_default();
    let begin = at
        + rest
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
    let rest = text.get(begin..).unwrap_or_default();
    if let Some(quoted) = rest.strip_prefix('\'') {
        let end = quoted.find('\'').ok_or("unterminated quote")?;
        let inner = quoted.get(..end).unwrap_or_default();
        return Ok((Value::Literal(inner.to_owned()), begin + end + 2));
    }
    if let Some(quoted) = rest.strip_prefix('"') {
        let (mut out, mut chars) = (String::new(), quoted.char_indices());
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => return Ok((Value::Expanded(out), begin + offset + 2)),
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('r') => out.push('\r'),
                    Some('t') => out.push('\t'),
                    Some('$') => out.push_str("$$"),
                    Some(c @ ('"' | '\\')) => out.push(c),
                    Some(c) => out.extend(['\\', c]),
                    None => break,
                },
                c => out.push(c),
            }
        }
        return Err("unterminated quote".to_owned());
    }
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let bare = match line.starts_with('#') {
        true => "",
        false => line.split(" #").next().unwrap_or(line),
    };
    Ok((
        Value::Expanded(bare.trim_end().to_owned()),
        line_end.max(begin),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_kind_are_read() {
        let text = "# c\nA=1\nexport B = 'x # $A' \nC=\"d\" # e\nD=f # g\n\nSET\nUNSET\nE: colon\nF=${A}-two\n\
            G=\"a\\\"b\\nc $A\"\nH=\"x\\$A\"\nI=${NOPE:-def}x\nJ=\nK=#\nL=\"two\nlines\"\nM=after\r\nN='o\np'\nO=${SET}";
        let environment = |name: &str| (name == "SET").then(|| "set".to_owned());
        let map = read(text, &environment).unwrap();
        let shown: Vec<String> = map
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(
            shown,
            [
                "A=1",
                "B=x # $A",
                "C=d",
                "D=f",
                "E=colon",
                "F=1-two",
                "G=a\"b\nc 1",
                "H=x$A",
                "I=defx",
                "J=",
                "K=",
                "L=two\nlines",
                "M=after",
                "N=o\np",
                "O=set",
                "SET=set"
            ]
        );
        for text in ["A='x", "A=\"x", "A=${B", "A=${B:?needed}"] {
            assert!(read(text, &environment).is_err(), "{text}");
        }
    }
}
