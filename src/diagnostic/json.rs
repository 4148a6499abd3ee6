//! Diagnostics for programs: one JSON object each.
//!
//! ```text
//! {"code":…,"severity":"error"|"warning","message":…,"file":…,
//!  "primary":{"start":{"line":1,"column":1,"offset":0},"end":{…},"label":…},
//!  "secondary":[…],"hints":[…],"url":…}
//! ```
//! Lines and columns count from one, columns in characters; offsets are bytes from zero. Ends are
//! behind the last character. What is not known is null or empty; no member is ever left out.

use std::fmt::Write as _;

use super::file::File;
use super::{Diagnostic, Label};
use crate::go::json::{array, write_string};

/// The diagnostic as one line of JSON, without an end of line.
pub fn render(diagnostic: &Diagnostic, file: &File<'_>) -> String {
    let mut out = String::from("{\"code\":");
    write_string(&mut out, diagnostic.code.as_ref());
    out.push_str(",\"severity\":");
    write_string(&mut out, diagnostic.severity.as_str());
    out.push_str(",\"message\":");
    write_string(&mut out, &diagnostic.message);
    out.push_str(",\"file\":");
    write_string(&mut out, file.name());
    out.push_str(",\"primary\":");
    match &diagnostic.primary {
        Some(label) => write_label(&mut out, label, file),
        None => out.push_str("null"),
    }
    out.push_str(",\"secondary\":[");
    for (at, label) in diagnostic.secondary.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_label(&mut out, label, file);
    }
    out.push_str("],\"hints\":");
    if diagnostic.hints.is_empty() {
        out.push_str("[]");
    } else {
        out.push_str(&array(&diagnostic.hints));
    }
    out.push_str(",\"url\":");
    match &diagnostic.url {
        Some(url) => write_string(&mut out, url.as_ref()),
        None => out.push_str("null"),
    }
    out.push('}');
    out
}

fn write_label(out: &mut String, label: &Label, file: &File<'_>) {
    out.push_str("{\"start\":");
    write_place(out, label.span.start, file);
    out.push_str(",\"end\":");
    write_place(out, label.span.end, file);
    out.push_str(",\"label\":");
    write_string(out, &label.text);
    out.push('}');
}

fn write_place(out: &mut String, offset: u32, file: &File<'_>) {
    let place = file.place(offset);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{{\"line\":{},\"column\":{},\"offset\":{}}}",
        place.line, place.column, place.offset
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn every_member_is_there() {
        let file = File::new("Dockerfile", "FROM é\nRUN x".as_bytes());
        assert_eq!(
            render(&Diagnostic::error("a-b", "it is <wrong>"), &file),
            concat!(
                r#"{"code":"a-b","severity":"error","message":"it is \u003cwrong\u003e","#,
                r#""file":"Dockerfile","primary":null,"secondary":[],"hints":[],"url":null}"#
            )
        );
        let diagnostic = Diagnostic::warning("Rule", "m")
            .at(Span::new(12, 13), "here")
            .label(Span::new(5, 7), "")
            .hint("h")
            .url("https://x.test/");
        assert_eq!(
            render(&diagnostic, &file),
            concat!(
                r#"{"code":"Rule","severity":"warning","message":"m","file":"Dockerfile","#,
                r#""primary":{"start":{"line":2,"column":5,"offset":12},"#,
                r#""end":{"line":2,"column":6,"offset":13},"label":"here"},"#,
                r#""secondary":[{"start":{"line":1,"column":6,"offset":5},"#,
                r#""end":{"line":1,"column":7,"offset":7},"label":""}],"#,
                r#""hints":["h"],"url":"https://x.test/"}"#
            )
        );
    }
}
