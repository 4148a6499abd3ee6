//! # LegacyKeyValueFormat
//!
//! ## What it does
//!
//! Finds `ENV` and `LABEL` with a blank between name and value.
//!
//! ## Why it is bad
//!
//! Everything after the first blank is the value, other assignments on the line included. The form
//! with `=` can say where a value ends, and is the one that other instructions use.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENV DIR /var/lib/app
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ENV DIR=/var/lib/app
//! ```

use crate::lint::{Rule, Violation};
use crate::source::Span;
use crate::syntax::Text;

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "LegacyKeyValueFormat",
    "Legacy key/value format with whitespace separator should not be used",
)
.url("https://docs.docker.com/go/dockerfile/rule/legacy-key-value-format/")
.fixable();

/// A name and a value with a blank between them.
#[derive(Debug)]
pub(crate) struct LegacyKeyValueFormat {
    /// The instruction's keyword as written.
    pub keyword: String,
    /// From the name to the end of the value.
    pub pair: Span,
}

impl Violation for LegacyKeyValueFormat {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let keyword = &self.keyword;
        format!(
            "\"{keyword} key=value\" should be used instead of legacy \"{keyword} key value\" format"
        ).into()
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, Offer};
    use crate::source::Edit;
    use crate::syntax::Instruction;

    impl Advise for LegacyKeyValueFormat {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.pair, "everything behind the first blank is the value")
                .hint("write `name=value`")
                .fix(|| self.fix(cx))
        }
    }

    impl LegacyKeyValueFormat {
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let (meta, pairs) = match cx.instruction_at(self.pair) {
                Some(Instruction::Env(it)) => (&it.meta, &it.pairs),
                Some(Instruction::Label(it)) => (&it.meta, &it.pairs),
                _ => return Err("the instruction is not found".to_owned()),
            };
            let [pair] = pairs.as_slice() else {
                return Err("there is more than one pair".to_owned());
            };
            let (key, value) = (&pair.key, &pair.value);
            if !value.is_utf8() || !key.is_utf8() || key.contains(['"', '\'']) {
                return Err("the name or the value is malformed".to_owned());
            }
            if let Some(meant) = value.strip_prefix('=') {
                let (key, meant) = (key.as_str(), shown(meant.trim_start()));
                return Err(format!(
                    "behind a blank, `=` is a part of the value; perhaps `{key}={meant}` is meant"
                ));
            }
            let gap = Span::new(key.span.end, value.span.start);
            if cx.text(gap).unwrap_or("#").contains('#') {
                return Err("a comment stands between name and value".to_owned());
            }
            let mut edits = Vec::new();
            let name = meta.keyword.as_str();
            let title = match written(value, cx.escape().char()) {
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
                            "quotes and `${…}` in one value are for a person to untangle"
                                .to_owned(),
                        );
                    }
                    if !cx.is_plain(value) {
                        return Err("a value with quotes goes over several lines".to_owned());
                    }
                    edits.push(Edit::replace(gap, "="));
                    for at in blanks {
                        let at = u32::try_from(at).unwrap_or(u32::MAX);
                        let at = value.span.start.saturating_add(at);
                        edits.push(Edit::insert(at, [cx.escape().byte()]));
                    }
                    format!("write `{name} {}=…` with its blanks escaped", key.as_str())
                }
            };
            Ok(Fix::new(title, edits))
        }
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
}
