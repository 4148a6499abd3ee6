//! Values of bake files: conversions between types, texts and JSON.

use hcl::Value;
use hcl::edit::expr::Expression;
use serde_json::Value as Json;

/// A variable of the environment, of the type of the default.
pub(super) fn overridden(default: &Json, text: &str) -> Option<Json> {
    match default {
        Json::String(_) | Json::Null => Some(Json::String(text.to_owned())),
        Json::Bool(_) => go_bool(text).map(Json::Bool),
        Json::Number(_) => text
            .parse()
            .ok()
            .map(|number| json_of(&number_value(number))),
        _ => None,
    }
}

/// A variable of the environment, of a type: lists are separated by commas.
pub(super) fn of_type(text: &str, kind: &Expression) -> Option<Json> {
    match kind {
        Expression::FuncCall(call) if matches!(call.name.name.as_str(), "list" | "set") => {
            let fields = crate::go::csv::fields(text).ok()?;
            let fields = fields.into_iter().map(|it| Json::String(it.into_owned()));
            converted(Json::Array(fields.collect()), Some(kind))
        }
        Expression::FuncCall(call) if call.name.name.as_str() == "tuple" => None,
        Expression::FuncCall(_) => None,
        Expression::Variable(name) if name.as_str() == "bool" => go_bool(text).map(Json::Bool),
        _ => converted(Json::String(text.to_owned()), Some(kind)),
    }
}

/// A value of a type, converted where the language does so.
pub(super) fn converted(value: Json, kind: Option<&Expression>) -> Option<Json> {
    let Some(kind) = kind.filter(|_| !value.is_null()) else {
        return Some(value);
    };
    match kind {
        Expression::Variable(name) => match name.as_str() {
            "string" => text_of(&value_of(&value)).map(Json::String),
            "number" => number_of(&value_of(&value)).map(|it| json_of(&number_value(it))),
            "bool" => truth(&value_of(&value)).map(Json::Bool),
            _ => Some(value),
        },
        Expression::FuncCall(call) => {
            let inner = call.args.iter().next();
            match (call.name.name.as_str(), value) {
                ("list", Json::Array(list)) => list
                    .into_iter()
                    .map(|it| converted(it, inner))
                    .collect::<Option<_>>()
                    .map(Json::Array),
                ("set", Json::Array(list)) => {
                    let list = list
                        .into_iter()
                        .map(|it| converted(it, inner))
                        .collect::<Option<Vec<_>>>()?;
                    let mut list: Vec<Json> = in_order(list.iter().map(value_of).collect())
                        .iter()
                        .map(json_of)
                        .collect();
                    list.dedup();
                    Some(Json::Array(list))
                }
                ("map", Json::Object(map)) => map
                    .into_iter()
                    .map(|(key, it)| Some((key, converted(it, inner)?)))
                    .collect::<Option<_>>()
                    .map(Json::Object),
                ("list" | "set" | "map", _) => None,
                (_, value) => Some(value),
            }
        }
        _ => Some(value),
    }
}

pub(super) fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A value as text; lists, maps and null are none.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(json_of(&Value::Number(*number)).to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A value of a target as text.
pub(super) fn json_text(value: &Json) -> Option<String> {
    text_of(&value_of(value))
}

pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A number; whole ones have no point.
pub(super) fn number_value(number: f64) -> Value {
    #[allow(clippy::cast_possible_truncation)] // Within what both can hold.
    match number.fract() == 0.0 && number.abs() < 9e15 {
        true => Value::from(number as i64),
        false => hcl::Number::from_f64(number).map_or(Value::Null, Value::Number),
    }
}

pub(super) fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_f64().map_or(Value::Null, number_value),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(list) => Value::Array(list.iter().map(value_of).collect()),
        Json::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| (key.clone(), value_of(value)));
            Value::Object(pairs.collect())
        }
    }
}

pub(super) fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => match number.as_f64() {
            #[allow(clippy::cast_possible_truncation)] // Within what both can hold.
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 9e15 => Json::from(whole as i64),
            Some(number) => serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number),
            None => Json::Null,
        },
        Value::String(text) => Json::String(text.clone()),
        Value::Array(list) => Json::Array(list.iter().map(json_of).collect()),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| (key.clone(), json_of(value)));
            Json::Object(pairs.collect())
        }
    }
}

/// How many values are in a value.
pub(super) fn size(value: &Json) -> usize {
    match value {
        Json::Array(list) => list.iter().map(size).sum::<usize>() + 1,
        Json::Object(map) => map.values().map(size).sum::<usize>() + 1,
        _ => 1,
    }
}

/// How many bytes of text are in a value.
pub(super) fn bytes(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len(),
        Json::Array(list) => list.iter().map(bytes).sum(),
        Json::Object(map) => map.values().map(bytes).sum(),
        _ => 0,
    }
}

/// Sets are told in the order of their elements.
pub(super) fn in_order(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by(|one, other| match (number_of(one), number_of(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => text_of(one).cmp(&text_of(other)),
    });
    values
}
