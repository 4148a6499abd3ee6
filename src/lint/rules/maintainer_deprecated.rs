//! # MaintainerDeprecated
//!
//! ## What it does
//!
//! Finds `MAINTAINER`.
//!
//! ## Why it is bad
//!
//! It fills a field of the image that few tools show. Labels are shown by all of them, and there is
//! an agreed one for the author.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! MAINTAINER jane@example.com
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! LABEL org.opencontainers.image.authors="jane@example.com"
//! ```

use crate::lint::{Linter, Rule, Scope, ShownAs, Violation};
use crate::syntax::{Argument, InstructionMeta, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "MaintainerDeprecated",
    "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
)
.aliases(&["DL4000"])
.url("https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/")
.fixable()
.shown_as(ShownAs::Deprecated);

/// The instruction.
#[derive(Debug)]
struct MaintainerDeprecated {
    keyword: Argument,
}

impl Violation for MaintainerDeprecated {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        "Maintainer instruction is deprecated in favor of using label".into()
    }
}

/// Reports the instruction wherever it stands.
pub(super) fn check(maintainer: &InstructionMeta, scope: &Scope, linter: &mut Linter) {
    let keyword = maintainer.keyword.clone();
    let violation = MaintainerDeprecated { keyword };
    linter.report(scope, Some(maintainer.location), violation);
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, Offer};
    use crate::source::{Edit, Span};
    use crate::syntax::Instruction;

    const LABEL: &str = "org.opencontainers.image.authors";

    impl Advise for MaintainerDeprecated {
        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(self.keyword.span, "")
                .hint("write `LABEL org.opencontainers.image.authors=\"…\"`")
                .fix(|| self.fix(cx))
        }
    }

    impl MaintainerDeprecated {
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let keyword = &self.keyword;
            let Some(Instruction::Maintainer(maintainer)) = cx.instruction_at(keyword.span) else {
                return Err("the instruction is not found".to_owned());
            };
            let written = &maintainer.maintainer;
            let stage = cx.stage_at(keyword.span);
            let mut labels = stage.into_iter().flat_map(|(_, stage)| &stage.instructions);
            let labelled = labels.any(|it| {
                matches!(it, Instruction::Label(label) if label.pairs.iter().any(|pair| pair.key.trim_matches('"') == LABEL))
            });
            if labelled {
                return Err(format!("there is a label `{LABEL}` already"));
            }
            let between = Span::new(keyword.span.end, written.span.start);
            if !cx.is_plain(written) || !cx.is_blank(between) {
                return Err("the name is not written in one piece".to_owned());
            }
            let word = if keyword.is_lower_case() {
                "label"
            } else if keyword.is_upper_case() {
                "LABEL"
            } else {
                "Label"
            };
            let value = quoted(unquoted(written), cx.escape().char());
            let label = format!("{word} {LABEL}={value}");
            let span = Span::new(keyword.span.start, written.span.end);
            let fix = Fix::new(format!("write `{label}`"), vec![Edit::replace(span, label)]);
            Ok(fix.changes(|image| {
                image.author = Default::default();
                image.config.labels.clear();
            }))
        }
    }

    /// The name without quotes around it: `MAINTAINER` keeps them, and nobody means them.
    fn unquoted(name: &str) -> &str {
        ['"', '\'']
            .iter()
            .find_map(|quote| {
                let inner = name.strip_prefix(*quote)?.strip_suffix(*quote)?;
                (!inner.contains(*quote)).then_some(inner)
            })
            .unwrap_or(name)
    }

    /// The text in double quotes, with everything escaped that means something there.
    fn quoted(text: &str, escape: char) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            if c == '"' || c == '$' || c == escape {
                out.push(escape);
            }
            out.push(c);
        }
        out.push('"');
        out
    }
}
