//! The functions of bake files: those that bake brings along and that give the same each time, and the clock.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hcl::Value;
use hcl::eval::{Context, FuncArgs, FuncDef, ParamType};
use sha2::Digest as _;

use super::arguments::{
    Answer, arg, arithmetic, boolean, bounded, captured, count, distinct, elements, expression,
    extreme, flatten, format_with, hex, list, map, number, ordered, sorted, text, texts, whole,
};
use super::value::{in_order, json_of, number_value, text_of, value_of};
use crate::limits::{MAX_EVALUATED_BYTES, MAX_EVALUATED_ELEMENTS};

/// Names that only [`super::eval`] writes: conversions that the language makes by itself.
pub(super) const TO_BOOL: &str = "to-bool";
pub(super) const TO_NUMBER: &str = "to-number";

/// Makes all functions known.
pub(super) fn declare(context: &mut Context<'_>) {
    for (name, function) in FUNCTIONS {
        let any = FuncDef::builder().variadic_param(ParamType::Any);
        context.declare_func(*name, any.build(*function));
    }
}

type Function = fn(FuncArgs) -> Answer;

const FUNCTIONS: &[(&str, Function)] = &[
    (TO_BOOL, |a| Ok(Value::Bool(boolean(&a, 0)?))),
    (TO_NUMBER, |a| number(&a, 0).map(number_value)),
    ("absolute", |a| Ok(number_value(number(&a, 0)?.abs()))),
    ("add", |a| arithmetic(&a, |x, y| x + y)),
    ("subtract", |a| arithmetic(&a, |x, y| x - y)),
    ("multiply", |a| arithmetic(&a, |x, y| x * y)),
    ("divide", |a| arithmetic(&a, |x, y| x / y)),
    ("modulo", |a| arithmetic(&a, |x, y| x % y)),
    ("pow", |a| arithmetic(&a, f64::powf)),
    ("log", |a| arithmetic(&a, |x, base| x.ln() / base.ln())),
    ("negate", |a| Ok(number_value(-number(&a, 0)?))),
    ("ceil", |a| Ok(number_value(number(&a, 0)?.ceil()))),
    ("floor", |a| Ok(number_value(number(&a, 0)?.floor()))),
    ("int", |a| Ok(number_value(number(&a, 0)?.trunc()))),
    ("signum", |a| {
        let it = number(&a, 0)?;
        Ok(number_value(if it == 0.0 { 0.0 } else { it.signum() }))
    }),
    ("max", |a| extreme(&a, f64::max)),
    ("min", |a| extreme(&a, f64::min)),
    ("parseint", |a| {
        let base = number(&a, 1)?;
        if !(2.0..=36.0).contains(&base) {
            return Err("a base must be from 2 to 36".to_owned());
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within its bounds.
        let parsed = i64::from_str_radix(&text(&a, 0)?, base as u32);
        parsed.map(Value::from).map_err(|error| error.to_string())
    }),
    ("and", |a| {
        Ok(Value::Bool(boolean(&a, 0)? && boolean(&a, 1)?))
    }),
    ("or", |a| {
        Ok(Value::Bool(boolean(&a, 0)? || boolean(&a, 1)?))
    }),
    ("not", |a| Ok(Value::Bool(!boolean(&a, 0)?))),
    ("equal", |a| Ok(Value::Bool(arg(&a, 0)? == arg(&a, 1)?))),
    ("notequal", |a| Ok(Value::Bool(arg(&a, 0)? != arg(&a, 1)?))),
    ("greaterthan", |a| {
        Ok(Value::Bool(number(&a, 0)? > number(&a, 1)?))
    }),
    ("greaterthanorequalto", |a| {
        Ok(Value::Bool(number(&a, 0)? >= number(&a, 1)?))
    }),
    ("lessthan", |a| {
        Ok(Value::Bool(number(&a, 0)? < number(&a, 1)?))
    }),
    ("lessthanorequalto", |a| {
        Ok(Value::Bool(number(&a, 0)? <= number(&a, 1)?))
    }),
    ("upper", |a| Ok(text(&a, 0)?.to_uppercase().into())),
    ("lower", |a| Ok(text(&a, 0)?.to_lowercase().into())),
    ("title", |a| {
        let mut begins = true;
        let it = text(&a, 0)?;
        let title = it.chars().flat_map(|c| {
            let upper = std::mem::replace(&mut begins, c.is_whitespace());
            if upper {
                c.to_uppercase().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        });
        Ok(title.collect::<String>().into())
    }),
    ("chomp", |a| {
        Ok(text(&a, 0)?.trim_end_matches(['\n', '\r']).into())
    }),
    ("trimspace", |a| Ok(text(&a, 0)?.trim().into())),
    ("trim", |a| {
        let set = text(&a, 1)?;
        Ok(text(&a, 0)?.trim_matches(|c| set.contains(c)).into())
    }),
    ("trimprefix", |a| {
        let (it, end) = (text(&a, 0)?, text(&a, 1)?);
        Ok(it.strip_prefix(end.as_str()).unwrap_or(&it).into())
    }),
    ("trimsuffix", |a| {
        let (it, end) = (text(&a, 0)?, text(&a, 1)?);
        Ok(it.strip_suffix(end.as_str()).unwrap_or(&it).into())
    }),
    ("replace", |a| {
        bounded(text(&a, 0)?.replace(text(&a, 1)?.as_str(), &text(&a, 2)?))
    }),
    ("regex_replace", |a| {
        let replaced = expression(&a, 1)?
            .replace_all(&text(&a, 0)?, text(&a, 2)?.as_str())
            .into_owned();
        bounded(replaced)
    }),
    ("regex", |a| {
        let (it, whole) = (expression(&a, 0)?, text(&a, 1)?);
        let found = it.captures(&whole).ok_or("no match")?;
        Ok(captured(&it, &found))
    }),
    ("regexall", |a| {
        let (it, whole) = (expression(&a, 0)?, text(&a, 1)?);
        Ok(Value::Array(
            it.captures_iter(&whole)
                .map(|found| captured(&it, &found))
                .collect(),
        ))
    }),
    ("split", |a| {
        Ok(Value::Array(
            text(&a, 1)?
                .split(text(&a, 0)?.as_str())
                .map(Value::from)
                .collect(),
        ))
    }),
    ("join", |a| {
        let mut all = Vec::new();
        for index in 1..a.len() {
            all.extend(texts(&a, index)?);
        }
        bounded(all.join(&text(&a, 0)?))
    }),
    ("substr", |a| {
        let it: Vec<char> = text(&a, 0)?.chars().collect();
        let (offset, length) = (number(&a, 1)?, number(&a, 2)?);
        #[allow(clippy::cast_precision_loss)] // Texts are short.
        let size = it.len() as f64;
        let start = if offset < 0.0 {
            (size + offset).max(0.0)
        } else {
            offset
        };
        let end = if length < 0.0 { size } else { start + length };
        let (start, end) = (whole(start)?, whole(end.min(size))?);
        Ok(it
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .collect::<String>()
            .into())
    }),
    ("strlen", |a| Ok(count(text(&a, 0)?.chars().count()))),
    ("byteslen", |a| Ok(count(text(&a, 0)?.len()))),
    ("reverse", |a| {
        Ok(text(&a, 0)?.chars().rev().collect::<String>().into())
    }),
    ("indent", |a| {
        let pad = " ".repeat(whole(number(&a, 0)?)?.min(MAX_EVALUATED_BYTES));
        bounded(text(&a, 1)?.replace('\n', &format!("\n{pad}")))
    }),
    ("sanitize", |a| {
        let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        Ok(text(&a, 0)?
            .chars()
            .map(|c| if kept(c) { c } else { '_' })
            .collect::<String>()
            .into())
    }),
    ("basename", |a| {
        let path = text(&a, 0)?;
        let name = crate::go::path::clean(&path)
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        Ok(if name.is_empty() {
            "/".to_owned()
        } else {
            name
        }
        .into())
    }),
    ("dirname", |a| {
        let path = text(&a, 0)?;
        let directory = path
            .rfind('/')
            .and_then(|at| path.get(..=at))
            .unwrap_or_default();
        Ok(crate::go::path::clean(directory).to_string().into())
    }),
    ("urlencode", |a| {
        let mut out = String::new();
        for byte in text(&a, 0)?.bytes() {
            match byte {
                b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                b' ' => out.push('+'),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        Ok(out.into())
    }),
    ("base64encode", |a| Ok(STANDARD.encode(text(&a, 0)?).into())),
    ("base64decode", |a| {
        let bytes = STANDARD
            .decode(text(&a, 0)?)
            .map_err(|error| error.to_string())?;
        String::from_utf8(bytes)
            .map(Value::from)
            .map_err(|error| error.to_string())
    }),
    ("sha256", |a| {
        Ok(hex(&sha2::Sha256::digest(text(&a, 0)?)).into())
    }),
    ("sha512", |a| {
        Ok(hex(&sha2::Sha512::digest(text(&a, 0)?)).into())
    }),
    ("jsonencode", |a| {
        serde_json::to_string(&ordered(json_of(arg(&a, 0)?)))
            .map(Value::from)
            .map_err(|error| error.to_string())
    }),
    ("jsondecode", |a| {
        let json: serde_json::Value =
            serde_json::from_str(&text(&a, 0)?).map_err(|error| error.to_string())?;
        Ok(value_of(&json))
    }),
    ("format", |a| {
        format_with(&text(&a, 0)?, a.get(1..).unwrap_or_default())
    }),
    ("timestamp", |_| {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let (day, second) = (crate::lock::model::day_of(now), now % 86_400);
        Ok(format!(
            "{day}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
        .into())
    }),
    ("length", |a| match arg(&a, 0)? {
        Value::Array(list) => Ok(count(list.len())),
        Value::Object(map) => Ok(count(map.len())),
        _ => Err("only lists and maps have a length".to_owned()),
    }),
    ("concat", |a| {
        let mut all = Vec::new();
        for index in 0..a.len() {
            all.extend(list(&a, index)?.iter().cloned());
        }
        elements(all)
    }),
    ("contains", |a| {
        Ok(Value::Bool(list(&a, 0)?.contains(arg(&a, 1)?)))
    }),
    ("distinct", |a| {
        Ok(Value::Array(distinct(list(&a, 0)?.iter())))
    }),
    ("compact", |a| {
        let kept = list(&a, 0)?
            .iter()
            .filter(|it| !matches!(it, Value::Null) && text_of(it) != Some(String::new()));
        Ok(Value::Array(kept.cloned().collect()))
    }),
    ("flatten", |a| {
        let mut flat = Vec::new();
        flatten(arg(&a, 0)?, &mut flat);
        elements(flat)
    }),
    ("reverselist", |a| {
        Ok(Value::Array(list(&a, 0)?.iter().rev().cloned().collect()))
    }),
    ("sort", |a| {
        let mut all = texts(&a, 0)?;
        all.sort();
        Ok(Value::Array(all.into_iter().map(Value::from).collect()))
    }),
    ("slice", |a| {
        let (from, to) = (whole(number(&a, 1)?)?, whole(number(&a, 2)?)?);
        let slice = list(&a, 0)?
            .get(from..to)
            .ok_or("the range exceeds the length of the list")?;
        Ok(Value::Array(slice.to_vec()))
    }),
    ("chunklist", |a| {
        let size = whole(number(&a, 1)?)?;
        let all = list(&a, 0)?;
        let size = if size == 0 { all.len().max(1) } else { size };
        Ok(Value::Array(
            all.chunks(size)
                .map(|chunk| Value::Array(chunk.to_vec()))
                .collect(),
        ))
    }),
    ("element", |a| {
        let all = list(&a, 0)?;
        let index = whole(number(&a, 1)?)?
            .checked_rem(all.len())
            .ok_or("the list is empty")?;
        Ok(all.get(index).cloned().unwrap_or_default())
    }),
    ("index", |a| match (arg(&a, 0)?, arg(&a, 1)?) {
        (Value::Object(map), key) => map
            .get(&text_of(key).unwrap_or_default())
            .cloned()
            .ok_or_else(|| "no such key".to_owned()),
        _ => list(&a, 0)?
            .get(whole(number(&a, 1)?)?)
            .cloned()
            .ok_or_else(|| "no such element".to_owned()),
    }),
    ("hasindex", |a| {
        Ok(Value::Bool(match (arg(&a, 0)?, arg(&a, 1)?) {
            (Value::Object(map), key) => text_of(key).is_some_and(|key| map.contains_key(&key)),
            (Value::Array(all), _) => whole(number(&a, 1)?).is_ok_and(|index| index < all.len()),
            _ => false,
        }))
    }),
    ("indexof", |a| {
        let at = list(&a, 0)?.iter().position(|it| arg(&a, 1) == Ok(it));
        at.map(count).ok_or_else(|| "no such item".to_owned())
    }),
    ("coalesce", |a| {
        a.iter()
            .find(|it| !matches!(it, Value::Null))
            .cloned()
            .ok_or_else(|| "every argument is null".to_owned())
    }),
    ("coalescelist", |a| {
        let full = a
            .iter()
            .find(|it| it.as_array().is_some_and(|all| !all.is_empty()));
        full.cloned()
            .ok_or_else(|| "every list is empty".to_owned())
    }),
    ("keys", |a| {
        Ok(Value::Array(
            sorted(&a)?.into_iter().map(|(key, _)| key.into()).collect(),
        ))
    }),
    ("values", |a| {
        Ok(Value::Array(
            sorted(&a)?.into_iter().map(|(_, value)| value).collect(),
        ))
    }),
    ("lookup", |a| {
        let found = map(&a, 0)?.get(&text(&a, 1)?).or_else(|| a.get(2));
        found.cloned().ok_or_else(|| "no such key".to_owned())
    }),
    ("merge", |a| {
        let mut all = hcl::Map::new();
        for index in 0..a.len() {
            all.extend(map(&a, index)?.clone());
        }
        Ok(Value::Object(all))
    }),
    ("zipmap", |a| {
        let keys = texts(&a, 0)?;
        Ok(Value::Object(
            keys.into_iter().zip(list(&a, 1)?.iter().cloned()).collect(),
        ))
    }),
    ("range", |a| {
        let (from, to, step) = match a.len() {
            1 => (0.0, number(&a, 0)?, 1.0),
            2 => (number(&a, 0)?, number(&a, 1)?, 1.0),
            _ => (number(&a, 0)?, number(&a, 1)?, number(&a, 2)?),
        };
        let step = if a.len() < 3 && to < from { -1.0 } else { step };
        if step == 0.0 {
            return Err("a step must not be 0".to_owned());
        }
        let mut all = Vec::new();
        let mut at = from;
        while (step > 0.0 && at < to) || (step < 0.0 && at > to) {
            all.push(number_value(at));
            if all.len() > MAX_EVALUATED_ELEMENTS {
                break;
            }
            at += step;
        }
        elements(all)
    }),
    ("setunion", |a| {
        let mut all = Vec::new();
        for index in 0..a.len() {
            all.extend(list(&a, index)?);
        }
        Ok(Value::Array(in_order(distinct(all.into_iter()))))
    }),
    ("setintersection", |a| {
        let first = list(&a, 0)?.iter();
        let mut common = distinct(first);
        for index in 1..a.len() {
            let other = list(&a, index)?;
            common.retain(|it| other.contains(it));
        }
        Ok(Value::Array(in_order(common)))
    }),
    ("setsubtract", |a| {
        let without = list(&a, 1)?;
        let rest = list(&a, 0)?.iter().filter(|it| !without.contains(it));
        Ok(Value::Array(in_order(distinct(rest))))
    }),
    ("sethaselement", |a| {
        Ok(Value::Bool(list(&a, 0)?.contains(arg(&a, 1)?)))
    }),
    ("setproduct", |a| {
        let mut all = vec![Vec::new()];
        for index in 0..a.len() {
            let next = list(&a, index)?;
            if all.len().saturating_mul(next.len()) > MAX_EVALUATED_ELEMENTS {
                return Err("the product is too large".to_owned());
            }
            all = all
                .iter()
                .flat_map(|have| {
                    next.iter()
                        .map(move |it| [have.as_slice(), std::slice::from_ref(it)].concat())
                })
                .collect();
        }
        Ok(Value::Array(all.into_iter().map(Value::Array).collect()))
    }),
];
