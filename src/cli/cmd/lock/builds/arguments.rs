//! Arguments of functions, taken as what they have to be, and results within bounds.

use std::collections::BTreeSet;

use hcl::Value;

use super::value::{json_of, number_of, number_value, text_of, truth};
use crate::limits::{MAX_EVALUATED_BYTES, MAX_EVALUATED_ELEMENTS};

/// What a function gives.
pub(super) type Answer = Result<Value, String>;

pub(super) fn arg(args: &[Value], index: usize) -> Result<&Value, String> {
    args.get(index)
        .ok_or_else(|| "an argument is missing".to_owned())
}

pub(super) fn text(args: &[Value], index: usize) -> Result<String, String> {
    text_of(arg(args, index)?).ok_or_else(|| "an argument must be a string".to_owned())
}

pub(super) fn number(args: &[Value], index: usize) -> Result<f64, String> {
    number_of(arg(args, index)?).ok_or_else(|| "an argument must be a number".to_owned())
}

pub(super) fn boolean(args: &[Value], index: usize) -> Result<bool, String> {
    truth(arg(args, index)?).ok_or_else(|| "an argument must be a boolean".to_owned())
}

pub(super) fn list(args: &[Value], index: usize) -> Result<&Vec<Value>, String> {
    arg(args, index)?
        .as_array()
        .ok_or_else(|| "an argument must be a list".to_owned())
}

pub(super) fn map(args: &[Value], index: usize) -> Result<&hcl::Map<String, Value>, String> {
    arg(args, index)?
        .as_object()
        .ok_or_else(|| "an argument must be a map".to_owned())
}

pub(super) fn texts(args: &[Value], index: usize) -> Result<Vec<String>, String> {
    let all = list(args, index)?
        .iter()
        .map(text_of)
        .collect::<Option<_>>();
    all.ok_or_else(|| "a list must hold only strings".to_owned())
}

pub(super) fn sorted(args: &[Value]) -> Result<Vec<(String, Value)>, String> {
    let mut all: Vec<_> = map(args, 0)?
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(all)
}

pub(super) fn arithmetic(args: &[Value], of: fn(f64, f64) -> f64) -> Answer {
    Ok(number_value(of(number(args, 0)?, number(args, 1)?)))
}

pub(super) fn extreme(args: &[Value], of: fn(f64, f64) -> f64) -> Answer {
    let mut found = number(args, 0)?;
    for index in 1..args.len() {
        found = of(found, number(args, index)?);
    }
    Ok(number_value(found))
}

pub(super) fn whole(number: f64) -> Result<usize, String> {
    if number < 0.0 || number.fract() != 0.0 || number > 1e9 {
        return Err("an index must be a whole number".to_owned());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Looked at above.
    Ok(number as usize)
}

pub(super) fn count(number: usize) -> Value {
    Value::from(u64::try_from(number).unwrap_or(u64::MAX))
}

pub(super) fn bounded(text: String) -> Answer {
    match text.len() > MAX_EVALUATED_BYTES {
        true => Err("the string is too long".to_owned()),
        false => Ok(text.into()),
    }
}

pub(super) fn elements(list: Vec<Value>) -> Answer {
    match list.len() > MAX_EVALUATED_ELEMENTS {
        true => Err("the list is too long".to_owned()),
        false => Ok(Value::Array(list)),
    }
}

pub(super) fn flatten(value: &Value, into: &mut Vec<Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|it| flatten(it, into)),
        other => into.push(other.clone()),
    }
}

pub(super) fn distinct<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    values
        .filter(|it| seen.insert(format!("{it:?}")))
        .cloned()
        .collect()
}

/// Objects have their keys in order.
pub(super) fn ordered(json: serde_json::Value) -> serde_json::Value {
    match json {
        serde_json::Value::Object(map) => {
            let map: std::collections::BTreeMap<_, _> = map
                .into_iter()
                .map(|(key, value)| (key, ordered(value)))
                .collect();
            serde_json::Value::Object(map.into_iter().collect())
        }
        serde_json::Value::Array(list) => list.into_iter().map(ordered).collect(),
        other => other,
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn expression(args: &[Value], index: usize) -> Result<regex::Regex, String> {
    regex::Regex::new(&text(args, index)?).map_err(|error| error.to_string())
}

/// A match: named groups as a map, groups as a list, else the text.
pub(super) fn captured(expression: &regex::Regex, found: &regex::Captures<'_>) -> Value {
    let group = |at: usize| found.get(at).map_or(Value::Null, |it| it.as_str().into());
    let names: Vec<Option<&str>> = expression.capture_names().collect();
    if names.iter().any(Option::is_some) {
        let named = names
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((((*name)?).to_owned(), group(at))));
        return Value::Object(named.collect());
    }
    match names.len() {
        1 => group(0),
        count => Value::Array((1..count).map(group).collect()),
    }
}

/// `%s`, `%d`, `%v`, `%q`, `%t`, `%f`, `%x`, with a width.
pub(super) fn format_with(pattern: &str, args: &[Value]) -> Answer {
    let mut args = args.iter();
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let length = after
            .bytes()
            .take_while(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'+'))
            .count();
        let (flags, verb) = after.split_at_checked(length).unwrap_or_default();
        let kind = verb.chars().next().ok_or("a verb is missing after `%`")?;
        rest = verb.get(kind.len_utf8()..).unwrap_or_default();
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = args.next().ok_or("too few arguments")?;
        let plain = || match value {
            Value::Array(_) | Value::Object(_) => json_of(value).to_string(),
            Value::Null => "null".to_owned(),
            _ => text_of(value).unwrap_or_default(),
        };
        let number = || number_of(value).ok_or("an argument must be a number");
        let (width, precision) = flags.split_once('.').unwrap_or((flags, ""));
        let shown = match kind {
            's' | 'v' | 't' => plain(),
            'q' => serde_json::Value::from(plain()).to_string(),
            'd' => number_value(number()?.trunc()).to_string(),
            'f' => format!("{:.*}", precision.parse().unwrap_or(6), number()?),
            #[allow(clippy::cast_possible_truncation)] // Numbers in hexadecimal are whole.
            'x' => match value {
                Value::String(text) => hex(text.as_bytes()),
                _ => format!("{:x}", number()? as i64),
            },
            other => return Err(format!("the verb `%{other}` is not supported")),
        };
        let size: usize = width
            .trim_start_matches(['-', '+', '0'])
            .parse()
            .unwrap_or(0);
        let pad = size
            .min(MAX_EVALUATED_BYTES)
            .saturating_sub(shown.chars().count());
        match (width.starts_with('-'), width.starts_with('0')) {
            (true, _) => out.push_str(&format!("{shown}{}", " ".repeat(pad))),
            (_, true) => out.push_str(&format!("{}{shown}", "0".repeat(pad))),
            _ => out.push_str(&format!("{}{shown}", " ".repeat(pad))),
        }
    }
    out.push_str(rest);
    bounded(out)
}
