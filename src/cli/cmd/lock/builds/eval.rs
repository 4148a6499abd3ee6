//! Expressions of bake files, evaluated by `hcl`, which is given what the language does beyond it: variables with their types
//! and the environment, functions of the file, references to other blocks, conversions.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use hcl::edit::Span as _;
use hcl::edit::expr::{
    BinaryOperator, Expression, FuncArgs, FuncCall, Parenthesis, TraversalOperator, UnaryOperator,
};
use hcl::edit::visit::{self, Visit};
use hcl::edit::visit_mut::{self, VisitMut};
use hcl::eval::{Context, ErrorKind, Evaluate as _};
use serde_json::{Map, Value as Json};

use super::functions::{self, TO_BOOL, TO_NUMBER};
use super::hcl_file::{BakeFile, Term};
use super::value::{bytes, converted, json_of, of_type, overridden, size, value_of};
use super::{Environment, Problem};
use crate::limits::{MAX_EVALUATED_BYTES, MAX_EVALUATED_ELEMENTS, MAX_VARIABLE_CHAIN};

/// What to do about something that is not evaluated here.
const PRINT: &str =
    "`docker buildx bake --print > bake.json` evaluates it; then `rdf lock --bake bake.json`";

/// Blocks whose attributes others can name.
const BLOCKS: [&str; 2] = ["target", "group"];

/// Evaluates the expressions of a file.
pub(super) struct Evaluator<'f> {
    file: &'f BakeFile,
    environment: Environment<'f>,
    known: RefCell<BTreeMap<String, Json>>,
    /// Variables and attributes in work.
    open: RefCell<Vec<String>>,
}

/// Variables of one target: those of its matrix.
pub(super) type Locals = BTreeMap<String, Json>;

type Outcome = Result<Json, Problem>;

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
            Term::Over(both) => match (self.term(&both.0, locals)?, self.term(&both.1, locals)?) {
                (Json::Object(mut below), Json::Object(over)) => {
                    below.extend(over);
                    Ok(Json::Object(below))
                }
                (_, over) => Ok(over),
            },
        }
    }

    fn json(&self, value: &Json, locals: &Locals) -> Outcome {
        Ok(match value {
            Json::String(text) if text.contains("${") || text.contains("%{") => {
                let template = hcl::edit::parser::parse_template(text).map_err(|error| {
                    let why = error.message().trim().replace('\n', ", ");
                    Problem::new(None, format!("`{text}` is not a valid template: {why}"))
                })?;
                let elements: Vec<_> = template.into_iter().collect();
                let template = hcl::edit::template::StringTemplate::from(elements);
                self.expression(&Expression::StringTemplate(template), locals)?
            }
            Json::Array(list) => list
                .iter()
                .map(|value| self.json(value, locals))
                .collect::<Result<_, _>>()?,
            Json::Object(map) => {
                let pairs = map
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.json(value, locals)?)));
                Json::Object(pairs.collect::<Result<Map<_, _>, Problem>>()?)
            }
            other => other.clone(),
        })
    }

    fn expression(&self, whole: &Expression, locals: &Locals) -> Outcome {
        let mut expression = whole.clone();
        let mut prepare = Prepare {
            evaluator: self,
            locals,
            depth: 0,
            problem: None,
        };
        prepare.visit_expr_mut(&mut expression);
        if let Some(problem) = prepare.problem {
            return Err(self.placed(problem, whole));
        }
        let mut names = Names::default();
        names.visit_expr(&expression);
        let mut context = Context::new();
        functions::declare(&mut context);
        for name in &names.variables {
            let value = self
                .variable(name, locals)
                .map_err(|it| self.placed(it, whole))?;
            if let Some(value) = value {
                context.declare_var(name.as_str(), value_of(&value));
            }
        }
        for (kind, label, attribute) in &names.attributes {
            self.declare_attribute(kind, label, attribute, &names, &mut context)
                .map_err(|it| self.placed(it, whole))?;
        }
        let evaluated = hcl::Expression::from(expression).evaluate(&context);
        let value = match evaluated {
            Ok(value) => json_of(&value),
            Err(error) => return Err(self.failed(whole, locals, error.kind())),
        };
        match size(&value) > MAX_EVALUATED_ELEMENTS || bytes(&value) > MAX_EVALUATED_BYTES {
            true => Err(self.wrong(whole, "the value of an expression is too large")),
            false => Ok(value),
        }
    }

    /// What other blocks have; all of one kind are one variable.
    fn declare_attribute(
        &self,
        kind: &str,
        label: &str,
        attribute: &str,
        names: &Names,
        context: &mut Context<'_>,
    ) -> Result<(), Problem> {
        // The last one of a kind declares them all.
        let last = names.attributes.iter().rfind(|(other, ..)| other == kind);
        if last != Some(&(kind.to_owned(), label.to_owned(), attribute.to_owned())) {
            return Ok(());
        }
        let mut blocks = Map::new();
        for (_, label, attribute) in names.attributes.iter().filter(|it| it.0 == kind) {
            let table = match kind {
                "target" => &self.file.targets,
                _ => &self.file.groups,
            };
            let Some(block) = table.get(label) else {
                continue;
            };
            let path = format!("{kind}.{label}.{attribute}");
            let value = match block.terms.get(attribute) {
                Some(term) => {
                    self.enter(&path, block.line)?;
                    let value = self.term(term, &Locals::new());
                    self.open.borrow_mut().pop();
                    value?
                }
                None => Json::Null,
            };
            let entry = blocks
                .entry(label.clone())
                .or_insert_with(|| Json::Object(Map::new()));
            if let Some(entry) = entry.as_object_mut() {
                entry.insert(attribute.clone(), value);
            }
        }
        context.declare_var(kind, value_of(&Json::Object(blocks)));
        Ok(())
    }

    /// Where and why an expression has no value: the innermost part of a list or an object that has none.
    fn failed(&self, whole: &Expression, locals: &Locals, kind: &ErrorKind) -> Problem {
        let parts: Vec<&Expression> = match whole {
            Expression::Array(list) => list.iter().collect(),
            Expression::Object(object) => object.iter().map(|(_, value)| value.expr()).collect(),
            Expression::Parenthesis(inner) => vec![inner.inner()],
            _ => Vec::new(),
        };
        let inner = parts
            .into_iter()
            .find_map(|part| self.expression(part, locals).err());
        if let Some(inner) = inner {
            return inner;
        }
        match kind {
            ErrorKind::UndefinedVar(name) => {
                self.wrong(whole, &format!("unknown variable `{}`", name.as_str()))
            }
            ErrorKind::UndefinedFunc(name) => {
                let message = format!("the function `{}` is not supported", name.name.as_str());
                self.wrong(whole, &message).hint(PRINT)
            }
            ErrorKind::FuncCall(name, why)
                if [TO_BOOL, TO_NUMBER].contains(&name.name.as_str()) =>
            {
                self.wrong(whole, &format!("an operator cannot be applied: {why}"))
            }
            ErrorKind::FuncCall(name, why) => self.wrong(
                whole,
                &format!("the function `{}`: {why}", name.name.as_str()),
            ),
            other => self.wrong(whole, &other.to_string()).hint(PRINT),
        }
    }

    /// The value of a variable: of the matrix, of the environment, of the file.
    fn variable(&self, name: &str, locals: &Locals) -> Result<Option<Json>, Problem> {
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
        let kind = variable.and_then(|variable| match variable.terms.get("type") {
            Some(Term::Hcl(kind)) => Some(kind),
            _ => None,
        });
        let line = variable.and_then(|variable| variable.line);
        let value = match (default, variable) {
            (Some(default), _) => {
                self.enter(name, line)?;
                let value = self.term(default, &Locals::new());
                self.open.borrow_mut().pop();
                value?
            }
            (None, Some(_)) if kind.is_some() => Json::Null,
            (None, Some(_)) => Json::String(String::new()),
            (None, None) => match built_in(name) {
                Some(value) => return Ok(Some(Json::String(value))),
                None => return Ok(None),
            },
        };
        let unfit = |text: &str| {
            let message = format!(
                "`{name}` of the environment, `{text}`, does not match the type of the variable"
            );
            Problem::new(line, message)
        };
        let of_json = variable
            .and(kind)
            .and_then(|_| (self.environment)(&format!("{name}_JSON")));
        let given = variable.and_then(|_| (self.environment)(name));
        let value = match (of_json, given) {
            (Some(text), _) => {
                let read = serde_json::from_str(&text).ok();
                read.and_then(|value| converted(value, kind))
                    .ok_or_else(|| unfit(&text))?
            }
            (None, Some(text)) => match kind {
                Some(kind) => of_type(&text, kind).ok_or_else(|| unfit(&text))?,
                None => overridden(&value, &text).ok_or_else(|| unfit(&text))?,
            },
            (None, None) => converted(value, kind).ok_or_else(|| {
                Problem::new(
                    line,
                    format!("the default of `{name}` does not match its type"),
                )
            })?,
        };
        self.known
            .borrow_mut()
            .insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }

    fn enter(&self, name: &str, line: Option<u32>) -> Result<(), Problem> {
        let mut open = self.open.borrow_mut();
        if open.iter().any(|have| have == name) || open.len() >= MAX_VARIABLE_CHAIN {
            let message = format!("the variable `{name}` is recursive");
            return Err(Problem::new(line, message));
        }
        open.push(name.to_owned());
        Ok(())
    }

    fn wrong(&self, at: &Expression, why: &str) -> Problem {
        Problem::new(self.file.line_of(at.span()), why)
    }

    fn placed(&self, problem: Problem, at: &Expression) -> Problem {
        Problem {
            line: problem.line.or_else(|| self.file.line_of(at.span())),
            ..problem
        }
    }
}

/// Makes an expression one that `hcl` evaluates: functions of the file put in their places, conversions spelled out.
struct Prepare<'p, 'f> {
    evaluator: &'p Evaluator<'f>,
    locals: &'p Locals,
    depth: usize,
    problem: Option<Problem>,
}

impl VisitMut for Prepare<'_, '_> {
    fn visit_expr_mut(&mut self, node: &mut Expression) {
        if self.problem.is_some() {
            return;
        }
        if let Expression::FuncCall(call) = node
            && let Some(replaced) = self.replaced(call)
        {
            match replaced {
                Ok(replaced) => *node = replaced,
                Err(problem) => {
                    self.problem = Some(problem);
                    return;
                }
            }
            self.depth += 1;
            if self.depth > MAX_VARIABLE_CHAIN {
                let message = "a function of the file is recursive";
                self.problem = Some(Problem::new(None, message));
                return;
            }
            self.visit_expr_mut(node);
            self.depth -= 1;
            return;
        }
        visit_mut::visit_expr_mut(self, node);
        match node {
            Expression::Conditional(it) => convert(&mut it.cond_expr, TO_BOOL),
            Expression::UnaryOp(it) => {
                let to = match it.operator.value() {
                    UnaryOperator::Not => TO_BOOL,
                    UnaryOperator::Neg => TO_NUMBER,
                };
                convert(&mut it.expr, to);
            }
            Expression::BinaryOp(it) => {
                let to = match it.operator.value() {
                    BinaryOperator::Eq | BinaryOperator::NotEq => return,
                    BinaryOperator::And | BinaryOperator::Or => TO_BOOL,
                    _ => TO_NUMBER,
                };
                convert(&mut it.lhs_expr, to);
                convert(&mut it.rhs_expr, to);
            }
            _ => {}
        }
    }
}

impl Prepare<'_, '_> {
    /// What stands for a call that is not one of bake's own functions.
    fn replaced(&self, call: &FuncCall) -> Option<Result<Expression, Problem>> {
        let name = call.name.name.as_str();
        let value = |argument: &Expression| self.evaluator.expression(argument, self.locals);
        let mut args = call.args.iter();
        match name {
            "can" => {
                return args
                    .next()
                    .map(|it| Ok(Expression::from(value(it).is_ok())));
            }
            "try" => {
                let found = args.find_map(|it| value(it).ok())?;
                return Some(Ok(literal(&found)));
            }
            // Of what has no type here, the text is the same.
            "convert" => return args.next().cloned().map(Ok),
            _ => {}
        }
        let function = self.evaluator.file.functions.get(name)?;
        let mut given: Vec<Expression> = call.args.iter().cloned().collect();
        if call.args.expand_final()
            && let Some(last) = given.pop()
        {
            match value(&last) {
                Ok(Json::Array(list)) => given.extend(list.iter().map(literal)),
                Ok(_) => {
                    return Some(Err(Problem::new(None, "`...` must follow a list")));
                }
                Err(problem) => return Some(Err(problem)),
            }
        }
        let count = function.params.len();
        if given.len() < count || (given.len() > count && function.variadic.is_none()) {
            let message = format!("the function `{name}` takes {count} arguments");
            return Some(Err(Problem::new(None, message)));
        }
        let rest = given.split_off(count);
        let mut values: BTreeMap<&str, Expression> = function
            .params
            .iter()
            .map(String::as_str)
            .zip(given)
            .collect();
        if let Some(variadic) = &function.variadic {
            values.insert(variadic, rest.into_iter().collect());
        }
        let mut result = function.result.clone();
        Substitute(&values).visit_expr_mut(&mut result);
        Some(Ok(Parenthesis::new(result).into()))
    }
}

/// Puts arguments in the places of parameters.
struct Substitute<'s>(&'s BTreeMap<&'s str, Expression>);

impl VisitMut for Substitute<'_> {
    fn visit_expr_mut(&mut self, node: &mut Expression) {
        if let Expression::Variable(name) = node
            && let Some(value) = self.0.get(name.as_str())
        {
            *node = Parenthesis::new(value.clone()).into();
            return;
        }
        visit_mut::visit_expr_mut(self, node);
    }
}

/// The names in an expression.
#[derive(Default)]
struct Names {
    variables: BTreeSet<String>,
    /// Kind, label and attribute of other blocks.
    attributes: BTreeSet<(String, String, String)>,
}

impl Visit for Names {
    fn visit_expr(&mut self, node: &Expression) {
        match node {
            Expression::Variable(name) => drop(self.variables.insert(name.as_str().to_owned())),
            Expression::Traversal(it) => {
                let word = |at: usize| match it.operators.get(at).map(|it| it.value()) {
                    Some(TraversalOperator::GetAttr(name)) => Some(name.as_str().to_owned()),
                    Some(TraversalOperator::Index(Expression::String(name))) => {
                        Some(name.value().clone())
                    }
                    _ => None,
                };
                if let Expression::Variable(kind) = &it.expr
                    && BLOCKS.contains(&kind.as_str())
                    && let (Some(label), Some(attribute)) = (word(0), word(1))
                {
                    self.attributes
                        .insert((kind.as_str().to_owned(), label, attribute));
                }
            }
            _ => {}
        }
        visit::visit_expr(self, node);
    }
}

/// Wraps an expression into a conversion.
fn convert(expression: &mut Expression, to: &str) {
    let inner = std::mem::replace(expression, Expression::null());
    let name = hcl::edit::Ident::new(to);
    *expression = FuncCall::new(name, FuncArgs::from(vec![inner])).into();
}

/// A value as an expression.
fn literal(value: &Json) -> Expression {
    hcl::Expression::from(value_of(value)).into()
}

/// Variables that bake brings along.
fn built_in(name: &str) -> Option<String> {
    match name {
        "BAKE_CMD_CONTEXT" => Some("cwd://".to_owned()),
        "BAKE_LOCAL_PLATFORM" => Some(super::host().normalized().format_all()),
        _ => None,
    }
}
