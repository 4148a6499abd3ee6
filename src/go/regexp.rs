//! Replacement templates of `regexp`: `$1`, `${name}`, `$$`.

use super::unicode::{is_digit, is_letter};

/// A template for an expression without groups: only `$0`, the whole match, gives text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<'t> {
    pieces: Vec<Piece<'t>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Match,
}

impl<'t> Template<'t> {
    /// Reads a template.
    pub fn new(template: &'t str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('$') {
            pieces.push(Piece::Text(before));
            if let Some(after) = after.strip_prefix('$') {
                pieces.push(Piece::Text("$"));
                rest = after;
            } else if let Some((name, after)) = reference(after) {
                if name == "0" {
                    pieces.push(Piece::Match);
                }
                rest = after;
            } else {
                pieces.push(Piece::Text("$"));
                rest = after;
            }
        }
        pieces.push(Piece::Text(rest));
        Template { pieces }
    }

    /// Appends what the template gives for one match.
    pub fn append(&self, matched: &str, out: &mut String) {
        for piece in &self.pieces {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Match => matched,
            });
        }
    }
}

/// The group's name after a dollar and what follows it: `1x`, `{1}x`; `None` if that is not a name.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (braces, text) = match text.strip_prefix('{') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let end = text
        .find(|character| !(is_letter(character) || is_digit(character) || character == '_'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).filter(|_| end > 0)?;
    let rest = if braces {
        rest.strip_prefix('}')?
    } else {
        rest
    };
    Some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str) -> String {
        let mut out = String::new();
        Template::new(template).append("M", &mut out);
        out
    }

    #[test]
    fn groups_that_do_not_exist_vanish() {
        assert_eq!(expand("a$1b"), "a");
        assert_eq!(expand("a${1}b$x-$0-${0}"), "ab-M-M");
        assert_eq!(expand("$00"), "");
    }

    #[test]
    fn a_dollar_without_a_name_is_text() {
        assert_eq!(expand("$$1 $ ${ ${} ${a $-"), "$1 $ ${ ${} ${a $-");
    }
}
