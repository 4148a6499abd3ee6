//! # WorkdirRelativePath
//!
//! ## What it does
//!
//! Finds a relative `WORKDIR` with no other `WORKDIR` above it in the stages that it builds on.
//!
//! ## Why it is bad
//!
//! The directory is relative to the one that the base image is in. If a later version of that image
//! is in another one, so is everything that follows.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM nginx:1.29
//! WORKDIR usr/share/nginx/html
//! COPY public .
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM nginx:1.29
//! WORKDIR /usr/share/nginx/html
//! COPY public .
//! ```

use crate::go::quote;
use crate::lint::{Rule, Violation};
use crate::syntax::{Argument, Text};

/// The rule.
pub(crate) static RULE: Rule = Rule::new(
    "WorkdirRelativePath",
    "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
).aliases(&["DL3000"])
.url("https://docs.docker.com/go/dockerfile/rule/workdir-relative-path/")
.fixable();

/// A path that begins wherever the base image starts.
#[derive(Debug)]
pub(crate) struct WorkdirRelativePath {
    /// The path, expanded.
    pub path: String,
    pub written: Argument,
}

impl Violation for WorkdirRelativePath {
    fn rule(&self) -> &'static Rule {
        &RULE
    }

    fn message(&self) -> Text {
        let path = quote::quote(&self.path);
        format!("Relative workdir {path} can have unexpected results if the base image changes")
            .into()
    }
}

#[cfg(feature = "check")]
mod advice {
    use super::*;
    use crate::lint::{Advice, Advise, Context, Fix, Offer};
    use crate::source::Edit;

    impl Advise for WorkdirRelativePath {
        /// Where the image may be one of Windows, `C:\docs` may be absolute.
        fn is_guess(&self, cx: &Context<'_>) -> bool {
            let has_drive = self.path.as_bytes().get(1) == Some(&b':');
            has_drive && cx.has_unknown_base(self.written.span)
        }

        fn advise(&self, cx: &Context<'_>) -> Advice {
            cx.at(
                self.written.span,
                "relative to wherever the base image starts",
            )
            .hint("begin the path with `/`")
            .fix(|| self.fix(cx))
        }
    }

    impl WorkdirRelativePath {
        /// The path from the root on. Safe where the working directory of the base is known.
        fn fix(&self, cx: &Context<'_>) -> Offer {
            let path = self.written.as_str();
            if path.contains('$') {
                return Err("the path comes out of a variable".to_owned());
            }
            if !cx.is_plain(&self.written) {
                return Err("the path is not written in one piece".to_owned());
            }
            let chain = cx
                .chain(self.written.span)
                .ok_or("the stage is not found")?;
            if chain.is_windows || path.contains('\\') {
                return Err("a path of Windows may have a drive".to_owned());
            }
            let known = chain.start.workdir;
            let base = known.as_deref().unwrap_or("/").trim_end_matches('/');
            let mut rest = path;
            while let Some(shorter) = rest.strip_prefix("./") {
                rest = shorter.trim_start_matches('/');
            }
            let absolute = match rest {
                "." | "" if base.is_empty() => "/".to_owned(),
                "." | "" => base.to_owned(),
                rest => format!("{base}/{rest}"),
            };
            let mut fix = Fix::new(
                format!("write `{absolute}`"),
                vec![Edit::replace(self.written.span, absolute)],
            );
            if known.is_none() {
                let image = chain.image;
                fix.unsafe_because = Some(format!(
                    "it is not known in which directory `{image}` starts"
                ));
            }
            Ok(fix)
        }
    }
}
