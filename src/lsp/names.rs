//! Which names a Dockerfile has, and where each stands: stages, and variables of `ARG` and `ENV`.
//!
//! Names are read off the tree, so that a file with an error still has them. A variable is one thing as far as its value
//! goes: in a stage and those built on it, and wherever an `ARG` takes the same build argument.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::document::Document;
use super::text::number;
use crate::expand::{Expander, Quotes};
use crate::source::Span;
use crate::syntax::{self, Branch, BranchKind, join};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    /// A stage, by its index.
    Stage(usize),
    /// A variable, by an index of its own.
    Variable(usize),
}

/// What a place does with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Gives it its meaning.
    Definition,
    /// Uses it.
    Reference,
    /// Uses it without naming it: a stage by its number.
    Number,
}

/// A place with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) subject: Subject,
    /// The bytes of the name alone.
    pub(crate) span: Span,
    pub(crate) role: Role,
    /// 0 above the first stage and in every `FROM`, otherwise the number of the stage from one.
    pub(crate) scope: usize,
}

/// A stage as it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct StageName {
    /// As written; empty without one.
    pub(crate) name: String,
    /// Its `FROM`.
    pub(crate) from: Span,
    /// The word behind `FROM`.
    pub(crate) base: Option<Span>,
    /// The stage that it is built on.
    pub(crate) below: Option<usize>,
}

/// The names of a document.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By place.
    occurrences: Vec<Occurrence>,
    stages: Vec<StageName>,
    /// The names of variables.
    variables: Vec<String>,
}

impl Names {
    pub(crate) fn read(document: &Document) -> Names {
        let mut reader = Reader {
            document,
            expander: Expander::new(document.dockerfile().escape),
            scope: 0,
            stages: Vec::new(),
            by_name: HashMap::new(),
            found: Vec::new(),
            occurrences: Vec::new(),
        };
        for (index, branch) in document.instructions() {
            reader.instruction(index, branch);
        }
        reader.finish()
    }

    pub(crate) fn all(&self) -> &[Occurrence] {
        &self.occurrences
    }

    pub(crate) fn stages(&self) -> &[StageName] {
        &self.stages
    }

    /// The name at an offset, its end included.
    pub(crate) fn at(&self, offset: u32) -> Option<&Occurrence> {
        let holds = |it: &&Occurrence| it.span.start <= offset && offset <= it.span.end;
        let after = self
            .occurrences
            .partition_point(|it| it.span.start <= offset);
        self.occurrences
            .get(..after)?
            .iter()
            .rev()
            .take(2)
            .find(holds)
    }

    /// The names at exactly these bytes.
    pub(crate) fn exactly(&self, span: Span) -> impl Iterator<Item = &Occurrence> {
        let first = self
            .occurrences
            .partition_point(|it| it.span.start < span.start);
        let rest = self.occurrences.get(first..).unwrap_or_default();
        let here = move |it: &&Occurrence| it.span.start == span.start;
        let rest = rest.iter().take_while(here);
        rest.filter(move |it| it.span == span)
    }

    /// Every place with a subject.
    pub(crate) fn of(&self, subject: Subject) -> impl Iterator<Item = &Occurrence> {
        self.occurrences
            .iter()
            .filter(move |it| it.subject == subject)
    }

    /// The name of a subject as written first.
    pub(crate) fn name(&self, subject: Subject) -> &str {
        match subject {
            Subject::Stage(index) => self.stages.get(index).map_or("", |stage| &stage.name),
            Subject::Variable(index) => self.variables.get(index).map_or("", String::as_str),
        }
    }

    /// The definition that an occurrence is about: the last one above it in its stage or the stages below, or else the
    /// first.
    pub(crate) fn definition(&self, of: &Occurrence) -> Option<&Occurrence> {
        let all = || self.of(of.subject).filter(|it| it.role == Role::Definition);
        let mut scope = of.scope;
        let mut before = of.span.start;
        loop {
            let here = all().filter(|it| it.scope == scope && it.span.start < before);
            if let Some(found) = here.last() {
                return Some(found);
            }
            let below = scope
                .checked_sub(1)
                .and_then(|at| self.stages.get(at)?.below);
            match below {
                Some(below) if below + 1 < scope => scope = below + 1,
                _ => break,
            }
            before = u32::MAX;
        }
        all().next()
    }

    /// The stage, by its index, with an offset; none above the first.
    pub(crate) fn stage_at(&self, offset: u32) -> Option<usize> {
        let after = self
            .stages
            .partition_point(|stage| stage.from.start <= offset);
        after.checked_sub(1)
    }

    /// The variables that are defined above an offset, in its stage and those below, or above the first stage for
    /// `scope` 0. Each once.
    pub(crate) fn variables_at(&self, offset: u32, is_global: bool) -> Vec<&str> {
        let stage = self.stage_at(offset).filter(|_| !is_global);
        let mut scopes = HashSet::new();
        let mut next = stage;
        while let Some(stage) = next {
            scopes.insert(stage + 1);
            next = self.stages.get(stage).and_then(|stage| stage.below);
        }
        if scopes.is_empty() {
            scopes.insert(0);
        }
        let found = self.occurrences.iter().filter(|it| {
            matches!(it.subject, Subject::Variable(_))
                && it.role == Role::Definition
                && it.span.start < offset
                && scopes.contains(&it.scope)
        });
        let mut names: Vec<&str> = found.map(|it| self.name(it.subject)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A variable as it was met.
struct Found {
    name: String,
    span: Span,
    scope: usize,
    role: Role,
    is_arg: bool,
}

struct Reader<'d> {
    document: &'d Document,
    expander: Expander,
    scope: usize,
    stages: Vec<StageName>,
    /// The last stage of each name in lower case.
    by_name: HashMap<String, usize>,
    found: Vec<Found>,
    occurrences: Vec<Occurrence>,
}

impl Reader<'_> {
    fn parts(&self, branch: usize) -> Vec<(usize, Branch)> {
        let tree = self.document.tree();
        let parts = tree.branches_of(branch);
        parts
            .filter_map(|at| Some((at, tree.branches().get(at)?.clone())))
            .collect()
    }

    fn instruction(&mut self, index: usize, branch: &Branch) {
        let parts = self.parts(index);
        let keyword = parts.iter().find(|(_, it)| it.kind == BranchKind::Keyword);
        let word = keyword.map_or("", |(_, it)| self.document.text().get(it.span));
        let word = syntax::vocabulary::instruction(word).unwrap_or_default();
        match word {
            "FROM" => self.from(branch, &parts),
            // What a trigger names is of another build.
            "ONBUILD" => {}
            _ => {
                self.flags(&parts);
                for (at, part) in &parts {
                    self.argument(word, *at, part);
                }
                self.heredocs(word, &parts);
            }
        }
    }

    fn from(&mut self, branch: &Branch, parts: &[(usize, Branch)]) {
        self.scope = 0;
        self.flags(parts);
        let mut args = parts
            .iter()
            .filter(|(_, it)| it.kind == BranchKind::Argument);
        let text = |part: Option<&(usize, Branch)>| {
            let span = part?.1.span;
            Some((span, self.document.text().get(span).to_owned()))
        };
        let (base, keyword, name) = (text(args.next()), text(args.next()), text(args.next()));
        let mut stage = StageName {
            from: branch.span,
            base: base.as_ref().map(|(span, _)| *span),
            ..StageName::default()
        };
        if let Some((span, base)) = base {
            stage.below = self.by_name.get(&base.to_lowercase()).copied();
            if let Some(below) = stage.below {
                self.stage(below, span, Role::Reference);
            }
            self.variables(span);
        }
        let index = self.stages.len();
        let is_named = keyword.is_some_and(|(_, word)| word.eq_ignore_ascii_case("as"));
        if let Some((span, name)) = name.filter(|_| is_named) {
            self.stage(index, span, Role::Definition);
            self.by_name.insert(name.to_lowercase(), index);
            stage.name = name;
        }
        self.stages.push(stage);
        self.scope = index + 1;
    }

    fn stage(&mut self, index: usize, span: Span, role: Role) {
        self.occurrences.push(Occurrence {
            subject: Subject::Stage(index),
            span,
            role,
            scope: self.scope,
        });
    }

    /// A word that may name a stage.
    fn stage_word(&mut self, span: Span) {
        let word = self.document.text().get(span).to_lowercase();
        if let Some(index) = self.by_name.get(&word) {
            return self.stage(*index, span, Role::Reference);
        }
        let number = word.parse::<usize>().ok();
        if let Some(index) = number.filter(|index| *index < self.stages.len()) {
            self.stage(index, span, Role::Number);
        }
    }

    fn flags(&mut self, parts: &[(usize, Branch)]) {
        let flags = parts.iter().filter(|(_, it)| it.kind == BranchKind::Flag);
        for (at, flag) in flags {
            let value = self
                .parts(*at)
                .into_iter()
                .next()
                .map(|(_, value)| value.span);
            let Some(value) = value else {
                continue;
            };
            let written = self.document.text().get(flag.span);
            if written.starts_with("--from=") {
                self.stage_word(value);
            } else if written.starts_with("--mount=") {
                if let Some(span) = option(self.document.text().get(value), value, "from") {
                    self.stage_word(span);
                }
                self.variables(value);
            } else {
                self.variables(value);
            }
        }
    }

    fn argument(&mut self, word: &str, at: usize, part: &Branch) {
        let is_command = matches!(word, "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" | "HEALTHCHECK");
        match part.kind {
            BranchKind::Pair => {
                let inner = self.parts(at);
                for (_, it) in &inner {
                    match it.kind {
                        BranchKind::Key if word != "LABEL" => self.key(it.span, word == "ARG"),
                        _ => self.variables(it.span),
                    }
                }
                if inner.is_empty() {
                    self.variables(part.span);
                }
            }
            BranchKind::Argument if word == "ARG" => self.key(part.span, true),
            BranchKind::Argument => self.variables(part.span),
            BranchKind::Array if !is_command => {
                for (_, it) in self.parts(at) {
                    self.variables(it.span);
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, span: Span, is_arg: bool) {
        let name = self.document.text().get(span);
        if is_name(name) {
            self.found.push(Found {
                name: name.to_owned(),
                span,
                scope: self.scope,
                role: Role::Definition,
                is_arg,
            });
        } else {
            self.variables(span);
        }
    }

    fn heredocs(&mut self, word: &str, parts: &[(usize, Branch)]) {
        let bodies = parts
            .iter()
            .filter(|(_, it)| it.kind == BranchKind::Heredoc);
        // Quotes around the word are for the shell of a RUN, and for COPY and ADD mean that nothing is expanded.
        let quoted: Vec<bool> = (parts.iter())
            .filter(|(_, it)| it.kind == BranchKind::Argument)
            .flat_map(|(_, it)| self.document.text().get(it.span).split_whitespace())
            .filter_map(syntax::heredoc::parse_heredoc)
            .map(|word| !word.expand)
            .collect();
        for (place, (at, _)) in bodies.enumerate() {
            let is_literal = quoted.get(place).copied().unwrap_or_default();
            if is_literal && word != "RUN" {
                continue;
            }
            let Some((_, body)) = self.parts(*at).into_iter().next() else {
                continue;
            };
            let quotes = match word {
                "RUN" => Quotes::Remove,
                _ => Quotes::Literal,
            };
            let mut start = body.span.start;
            let lines: Vec<String> = (self.document.text().get(body.span))
                .split_inclusive('\n')
                .map(str::to_owned)
                .collect();
            for line in lines {
                let end = start + number(line.len());
                let is_comment = word == "RUN" && line.trim_start().starts_with('#');
                if !is_comment {
                    self.variables_in(Span::new(start, end), quotes);
                }
                start = end;
            }
        }
    }

    fn variables(&mut self, span: Span) {
        self.variables_in(span, Quotes::Remove);
    }

    /// The variables that a word asks for.
    fn variables_in(&mut self, span: Span, quotes: Quotes) {
        let bytes = self.document.bytes();
        if memchr::memchr(b'$', span.of(bytes)).is_none() {
            return;
        }
        let Some((joined, pieces)) = join(bytes, span, self.expander.escape) else {
            return;
        };
        let Ok(text) = std::str::from_utf8(&joined) else {
            return;
        };
        let expander = Expander {
            quotes,
            ..self.expander
        };
        for reference in expander.references(text) {
            let name = reference.name;
            let begin = text.get(reference.range.clone());
            let skip = match begin.is_some_and(|text| text.starts_with("${")) {
                true => 2,
                false => 1,
            };
            let at = reference.range.start + skip;
            if is_name(name) {
                self.found.push(Found {
                    name: name.to_owned(),
                    span: pieces.span(at..at + name.len()),
                    scope: self.scope,
                    role: Role::Reference,
                    is_arg: false,
                });
            }
        }
    }

    /// Tells which variables are one.
    fn finish(mut self) -> Names {
        let mut groups = Groups::default();
        let mut defined: HashSet<(usize, &str)> = HashSet::new();
        for found in &self.found {
            if found.role == Role::Definition {
                defined.insert((found.scope, &found.name));
            }
        }
        // A build argument is one wherever it is taken.
        let mut args: HashMap<&str, usize> = HashMap::new();
        for found in self.found.iter().filter(|found| found.is_arg) {
            let group = groups.of(found.scope, &found.name);
            let first = *args.entry(&found.name).or_insert(group);
            groups.unite(first, group);
        }
        let mut seen: HashSet<(usize, &str)> = HashSet::new();
        for found in &self.found {
            if !seen.insert((found.scope, &found.name)) {
                continue;
            }
            let own = groups.of(found.scope, &found.name);
            let mut below = found
                .scope
                .checked_sub(1)
                .and_then(|at| self.stages.get(at)?.below);
            while let Some(stage) = below {
                if defined.contains(&(stage + 1, found.name.as_str())) {
                    let other = groups.of(stage + 1, &found.name);
                    groups.unite(own, other);
                    break;
                }
                below = self.stages.get(stage).and_then(|stage| stage.below);
            }
        }
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut variables = Vec::new();
        for found in &self.found {
            let root = groups.of(found.scope, &found.name);
            let root = groups.root(root);
            let number = *numbers.entry(root).or_insert_with(|| {
                variables.push(found.name.clone());
                variables.len() - 1
            });
            self.occurrences.push(Occurrence {
                subject: Subject::Variable(number),
                span: found.span,
                role: found.role,
                scope: found.scope,
            });
        }
        self.occurrences
            .sort_by_key(|it| (it.span.start, it.span.end));
        Names {
            occurrences: self.occurrences,
            stages: self.stages,
            variables,
        }
    }
}

/// Whether a text is a name that can be renamed.
pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Where the value of an option stands in `key=value,…`.
pub(super) fn option(value: &str, span: Span, key: &str) -> Option<Span> {
    let mut at = 0;
    for field in value.split(',') {
        if let Some((name, text)) = field.split_once('=')
            && name.trim_start_matches('"').eq_ignore_ascii_case(key)
        {
            let start = span.start + number(at + name.len() + 1);
            let text = text.trim_end_matches('"');
            return Some(Span::new(start, start + number(text.len())));
        }
        at += field.len() + 1;
    }
    None
}

/// Variables by scope and name, and which of them are one.
#[derive(Default)]
struct Groups {
    known: HashMap<(usize, String), usize>,
    above: Vec<usize>,
}

impl Groups {
    fn of(&mut self, scope: usize, name: &str) -> usize {
        let above = &mut self.above;
        *self
            .known
            .entry((scope, name.to_owned()))
            .or_insert_with(|| {
                above.push(above.len());
                above.len() - 1
            })
    }

    fn root(&mut self, of: usize) -> usize {
        let mut at = of;
        while let Some(next) = self.above.get(at).copied().filter(|next| *next != at) {
            let grand = self.above.get(next).copied().unwrap_or(next);
            if let Some(slot) = self.above.get_mut(at) {
                *slot = grand;
            }
            at = grand;
        }
        at
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.above.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}
