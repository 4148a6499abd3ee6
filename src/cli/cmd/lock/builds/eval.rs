//! Expressions of bake files: literals, templates, variables, operators and conditions.
//!
//! Functions, `for` and references to other targets are refused with their place: `docker buildx bake
//! --print` evaluates them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOperator, Expression, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::template::Element;
use serde_json::{Map, Number, Value};

use super::hcl::{BakeFile, Term};
use super::{Environment, Problem};
use crate::limits::{MAX_EVALUATED_BYTES, MAX_EVALUATED_ELEMENTS, MAX_VARIABLE_CHAIN};

/// What to do about something that is not evaluated here.
const PRINT: &str =
    "`docker buildx bake --print > bake.json` evaluates it; then `rdf lock --bake bake.json`";

/// Evaluates the expressions of a file.
pub(super) struct Evaluator<'f> {
    file: &'f BakeFile,
    environment: Environment<'f>,
    known: RefCell<BTreeMap<String, Value>>,
    /// Variables in work.
    open: RefCell<Vec<String>>,
}

/// Variables of one target: those of its matrix.
pub(super) type Locals = BTreeMap<String, Value>;

type Outcome = Result<Value, Problem>;

impl<'f> Evaluator<'f> {
    /// `environment` gives the variables that override those of the file.
    pub(super) fn new(file: &'f BakeFile, environment: Environment<'f>) -> Self {
        Evaluator {
            file,
            environment,
            known: RefCell::default(),
            open: RefCell::default(),
        }
    }

    /// The value of a term.
    pub(super) fn term(&self, term: &Term, locals: &Locals) -> Outcome {
        match term {
            Term::Hcl(expression) => self.expression(expression, locals),
            Term::Json(value) => self.json(value, locals),
        }
    }

    fn json(&self, value: &Value, locals: &Locals) -> Outcome {
        Ok(match value {
            Value::String(text) if text.contains("${") || text.contains("%{") => {
                let template = hcl_edit::parser::parse_template(text).map_err(|error| {
                    let why = error.message().trim().replace('\n', ", ");
                    Problem::new(None, format!("`{text}` is no template: {why}"))
                })?;
                self.template(template.iter(), locals)?
            }
            Value::Array(list) => list
                .iter()
                .map(|value| self.json(value, locals))
                .collect::<Result<_, _>>()?,
            Value::Object(map) => {
                let pairs = map
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.json(value, locals)?)));
                Value::Object(pairs.collect::<Result<Map<_, _>, Problem>>()?)
            }
            other => other.clone(),
        })
    }

    fn expression(&self, expression: &Expression, locals: &Locals) -> Outcome {
        let refuse = |what: &str| Err(self.refused(expression, what));
        match expression {
            Expression::Null(_) => Ok(Value::Null),
            Expression::Bool(value) => Ok(Value::Bool(*value.value())),
            Expression::Number(number) => Ok(number
                .value()
                .as_f64()
                .map_or(Value::Null, |number| self.number(number))),
            Expression::String(text) => Ok(Value::String(text.value().clone())),
            Expression::StringTemplate(template) => self.template(template.iter(), locals),
            Expression::HeredocTemplate(heredoc) => self.template(heredoc.template.iter(), locals),
            Expression::Parenthesis(inner) => self.expression(inner.inner(), locals),
            Expression::Array(list) => list
                .iter()
                .map(|item| self.expression(item, locals))
                .collect(),
            Expression::Object(object) => {
                let mut map = Map::new();
                for (key, value) in object.iter() {
                    let name = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(key) => {
                            let value = self.expression(key, locals)?;
                            text_of(&value).ok_or_else(|| self.wrong(key, "a key is no text"))?
                        }
                    };
                    map.insert(name, self.expression(value.expr(), locals)?);
                }
                Ok(Value::Object(map))
            }
            Expression::Variable(name) => match self.variable(name.as_str(), locals)? {
                Some(value) => Ok(value),
                None => Err(self.wrong(
                    expression,
                    &format!("there is no variable `{}`", name.as_str()),
                )),
            },
            Expression::Conditional(it) => {
                let condition = self.expression(&it.cond_expr, locals)?;
                match truth(&condition) {
                    Some(true) => self.expression(&it.true_expr, locals),
                    Some(false) => self.expression(&it.false_expr, locals),
                    None => Err(self.wrong(&it.cond_expr, "a condition is true or false")),
                }
            }
            Expression::Traversal(traversal) => self.traversal(traversal, expression, locals),
            Expression::UnaryOp(it) => {
                let value = self.expression(&it.expr, locals)?;
                let done = match it.operator.value() {
                    UnaryOperator::Not => truth(&value).map(|value| Value::Bool(!value)),
                    UnaryOperator::Neg => value.as_f64().map(|value| self.number(-value)),
                };
                done.ok_or_else(|| self.wrong(expression, "the operator does not go with that"))
            }
            Expression::BinaryOp(it) => {
                let left = self.expression(&it.lhs_expr, locals)?;
                let right = self.expression(&it.rhs_expr, locals)?;
                self.binary(*it.operator.value(), &left, &right)
                    .ok_or_else(|| self.wrong(expression, "the operator does not go with those"))
            }
            Expression::FuncCall(call) => {
                refuse(&format!("the function `{}`", call.name.name.as_str()))
            }
            Expression::ForExpr(_) => refuse("`for`"),
        }
    }

    fn template<'e>(
        &self,
        elements: impl Iterator<Item = &'e Element>,
        locals: &Locals,
    ) -> Outcome {
        let elements: Vec<&Element> = elements.collect();
        // `"${list}"` is the list itself.
        if let [Element::Interpolation(it)] = elements.as_slice() {
            return self.expression(&it.expr, locals);
        }
        let mut text = String::new();
        for element in elements {
            match element {
                Element::Literal(literal) => text.push_str(literal.value()),
                Element::Interpolation(it) => {
                    let part = text_of(&self.expression(&it.expr, locals)?);
                    text.push_str(&part.ok_or_else(|| self.wrong(&it.expr, "this is no text"))?);
                }
                Element::Directive(directive) => {
                    let line = self.file.line_of(directive.span());
                    let message = "directives in templates are not evaluated here";
                    return Err(Problem::new(line, message).hint(PRINT));
                }
            }
            if text.len() > MAX_EVALUATED_BYTES {
                return Err(Problem::new(None, "an expression makes an endless text"));
            }
        }
        Ok(Value::String(text))
    }

    /// The value of a variable: of the matrix, of the environment, of the file.
    fn variable(&self, name: &str, locals: &Locals) -> Result<Option<Value>, Problem> {
        if let Some(value) = locals.get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(value) = self.known.borrow().get(name) {
            return Ok(Some(value.clone()));
        }
        let variable = self.file.variables.get(name);
        let default = match variable {
            Some(variable) => variable.terms.get("default"),
            None => self.file.constants.get(name),
        };
        let value = match (default, variable) {
            (Some(default), _) => {
                let line = variable.and_then(|variable| variable.line);
                self.enter(name, line)?;
                let value = self.term(default, &Locals::new());
                self.open.borrow_mut().pop();
                value?
            }
            (None, Some(_)) => Value::String(String::new()),
            (None, None) => match built_in(name) {
                Some(value) => return Ok(Some(Value::String(value))),
                None => return Ok(None),
            },
        };
        let value = match variable.and_then(|_| (self.environment)(name)) {
            Some(text) => overridden(&value, &text).ok_or_else(|| {
                let message = format!(
                    "`{name}` of the environment, `{text}`, is not of the type of the variable"
                );
                Problem::new(variable.and_then(|variable| variable.line), message)
            })?,
            None => value,
        };
        if size(&value) > MAX_EVALUATED_ELEMENTS {
            let message = format!("the value of `{name}` is endless");
            return Err(Problem::new(None, message));
        }
        self.known
            .borrow_mut()
            .insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }

    fn enter(&self, name: &str, line: Option<u32>) -> Result<(), Problem> {
        let mut open = self.open.borrow_mut();
        if open.iter().any(|have| have == name) || open.len() >= MAX_VARIABLE_CHAIN {
            let message = format!("the variable `{name}` leads to itself");
            return Err(Problem::new(line, message));
        }
        open.push(name.to_owned());
        Ok(())
    }

    fn traversal(&self, it: &Traversal, whole: &Expression, locals: &Locals) -> Outcome {
        if let Expression::Variable(name) = &it.expr
            && matches!(name.as_str(), "target" | "group")
            && self.variable(name.as_str(), locals)?.is_none()
        {
            return Err(self.refused(whole, &format!("a reference to another {}", name.as_str())));
        }
        let mut value = self.expression(&it.expr, locals)?;
        for operator in &it.operators {
            let inner = match operator.value() {
                TraversalOperator::GetAttr(name) => value.get(name.as_str()).cloned(),
                TraversalOperator::LegacyIndex(index) => usize::try_from(*index.value())
                    .ok()
                    .and_then(|index| value.get(index).cloned()),
                TraversalOperator::Index(index) => match self.expression(index, locals)? {
                    Value::String(key) => value.get(key.as_str()).cloned(),
                    Value::Number(index) => index
                        .as_u64()
                        .and_then(|index| usize::try_from(index).ok())
                        .and_then(|index| value.get(index).cloned()),
                    _ => None,
                },
                _ => return Err(self.refused(whole, "`*`")),
            };
            value = inner.ok_or_else(|| self.wrong(whole, "there is no such element"))?;
        }
        Ok(value)
    }

    fn binary(&self, operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value> {
        use BinaryOperator as Op;
        let numbers = || Some((left.as_f64()?, right.as_f64()?));
        let compare =
            |holds: fn(f64, f64) -> bool| numbers().map(|(a, b)| Value::Bool(holds(a, b)));
        let compute = |of: fn(f64, f64) -> f64| numbers().map(|(a, b)| self.number(of(a, b)));
        let same = || match numbers() {
            Some((a, b)) => a == b,
            None => left == right,
        };
        match operator {
            Op::Eq => Some(Value::Bool(same())),
            Op::NotEq => Some(Value::Bool(!same())),
            Op::And => Some(Value::Bool(truth(left)? && truth(right)?)),
            Op::Or => Some(Value::Bool(truth(left)? || truth(right)?)),
            Op::Less => compare(|a, b| a < b),
            Op::LessEq => compare(|a, b| a <= b),
            Op::Greater => compare(|a, b| a > b),
            Op::GreaterEq => compare(|a, b| a >= b),
            Op::Plus => compute(|a, b| a + b),
            Op::Minus => compute(|a, b| a - b),
            Op::Mul => compute(|a, b| a * b),
            Op::Div => compute(|a, b| a / b),
            Op::Mod => compute(|a, b| a % b),
        }
    }

    fn number(&self, number: f64) -> Value {
        // Whole numbers are printed without a point.
        match format!("{number}").parse::<i64>() {
            Ok(whole) => Value::from(whole),
            Err(_) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        }
    }

    fn wrong(&self, at: &Expression, why: &str) -> Problem {
        Problem::new(self.file.line_of(at.span()), why)
    }

    fn refused(&self, at: &Expression, what: &str) -> Problem {
        let message = format!("{what} is not evaluated here");
        Problem::new(self.file.line_of(at.span()), message).hint(PRINT)
    }
}

/// Variables that bake brings along.
fn built_in(name: &str) -> Option<String> {
    match name {
        "BAKE_CMD_CONTEXT" => Some("cwd://".to_owned()),
        "BAKE_LOCAL_PLATFORM" => Some(super::host().normalized().format_all()),
        _ => None,
    }
}

/// A variable of the environment, of the type of the default.
fn overridden(default: &Value, text: &str) -> Option<Value> {
    match default {
        Value::String(_) | Value::Null => Some(Value::String(text.to_owned())),
        Value::Bool(_) => match text {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Value::Number(_) => match text.parse::<i64>() {
            Ok(number) => Some(Value::from(number)),
            Err(_) => Number::from_f64(text.parse().ok()?).map(Value::Number),
        },
        _ => None,
    }
}

/// A value as text; lists, maps and null are none.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// How many values are in a value.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(size).sum::<usize>() + 1,
        Value::Object(map) => map.values().map(size).sum::<usize>() + 1,
        _ => 1,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
