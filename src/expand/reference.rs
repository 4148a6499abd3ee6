//! Where variables stand in a word, for whoever must point at one.

use super::word::{self, Form, Part, Substitution, Word};
use super::{Expander, Quotes};

/// A variable in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'w> {
    pub name: &'w str,
    /// What follows the name in braces: `:-`, `+`, `/`; empty in `$name` and `${name}`.
    pub operator: &'w str,
    /// Its bytes in the word.
    pub range: std::ops::Range<usize>,
}

impl Reference<'_> {
    /// Without a value it gives a default.
    pub(crate) fn has_default(&self) -> bool {
        self.operator.ends_with('-')
    }
}

impl Expander {
    /// The variables of a word in the order in which they are looked up, those in defaults and patterns as well.
    pub(crate) fn references<'w>(&self, text: &'w str) -> Vec<Reference<'w>> {
        let finder = Finder {
            expander: self,
            text,
        };
        let mut found = Vec::new();
        finder.word(&finder.parse(text), &mut found);
        found.sort_by_key(|reference| reference.range.start);
        found
    }
}

struct Finder<'e, 'w> {
    expander: &'e Expander,
    text: &'w str,
}

impl<'w> Finder<'_, 'w> {
    fn parse<'t>(&self, text: &'t str) -> Word<'t> {
        let quotes = self.expander.quotes != Quotes::Literal;
        word::parse(text, self.expander.escape, quotes)
    }

    fn word(&self, word: &Word<'w>, found: &mut Vec<Reference<'w>>) {
        for part in &word.parts {
            match part {
                Part::Double(word) => self.word(word, found),
                Part::Substitution(substitution) => {
                    found.extend(self.reference(substitution));
                    match &substitution.form {
                        Form::Plain | Form::Braces => {}
                        Form::Operator { word, .. } => self.word(word, found),
                        Form::Replace {
                            pattern,
                            replacement,
                            ..
                        } => {
                            self.word(pattern, found);
                            self.word(replacement, found);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn reference(&self, substitution: &Substitution<'w>) -> Option<Reference<'w>> {
        let name = substitution.name;
        // Names are slices of the text.
        let at = name
            .as_ptr()
            .addr()
            .checked_sub(self.text.as_ptr().addr())?;
        let (operator, range) = match &substitution.form {
            Form::Plain => ("", at.checked_sub(1)?..at + name.len()),
            Form::Braces => ("", at.checked_sub(2)?..at + name.len() + 1),
            Form::Operator { operator, .. } => (*operator, self.braces(at.checked_sub(2)?)?),
            Form::Replace { .. } => ("/", self.braces(at.checked_sub(2)?)?),
        };
        Some(Reference {
            name,
            operator,
            range,
        })
    }

    /// From `${` to its brace: the shortest piece that is one substitution.
    fn braces(&self, start: usize) -> Option<std::ops::Range<usize>> {
        let rest = self.text.get(start..)?;
        let ends = memchr::memchr_iter(b'}', rest.as_bytes()).map(|end| end + 1);
        let is_whole = |end: &usize| {
            let word = rest.get(..*end).map(|piece| self.parse(piece));
            word.is_some_and(|word| is_closed(&word) && word.parts.len() == 1)
        };
        let end = ends.into_iter().find(is_whole).unwrap_or(rest.len());
        Some(start..start + end)
    }
}

/// Whether every quote and brace in it was met again.
fn is_closed(word: &Word<'_>) -> bool {
    let part = |part: &Part<'_>| match part {
        Part::Double(word) => is_closed(word),
        Part::Substitution(substitution) => match &substitution.form {
            Form::Plain | Form::Braces => true,
            Form::Operator { word, .. } => is_closed(word),
            Form::Replace {
                pattern,
                replacement,
                ..
            } => is_closed(pattern) && is_closed(replacement),
        },
        _ => true,
    };
    word.fault.is_none() && word.parts.iter().all(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Escape;

    fn found(text: &str) -> Vec<&str> {
        let references = Expander::new(Escape::Backslash).references(text);
        references
            .into_iter()
            .map(|reference| &text[reference.range])
            .collect()
    }

    #[test]
    fn variables_have_places() {
        assert_eq!(
            found("a$B/${C}'$D'\"$E\"\\$F"),
            ["$B", "${C}", "$E"],
            "quoted and escaped ones are text"
        );
        assert_eq!(found("${A:-x$B}-$A"), ["${A:-x$B}", "$B", "$A"]);
        assert_eq!(found("${A:-\"}\"}}"), ["${A:-\"}\"}"]);
        assert_eq!(
            found("${A/${B}/$C}é$D"),
            ["${A/${B}/$C}", "${B}", "$C", "$D"]
        );
        assert_eq!(found("${A+${B:-}}"), ["${A+${B:-}}", "${B:-}"]);
        assert_eq!(found("$"), Vec::<&str>::new());
    }

    #[test]
    fn an_operator_may_give_a_default() {
        let expander = Expander::new(Escape::Backslash);
        let defaults = |text| expander.references(text)[0].has_default();
        assert!(defaults("${A:-x}") && defaults("${A-x}"));
        assert!(!defaults("${A}") && !defaults("$A") && !defaults("${A:+x}"));
    }
}
