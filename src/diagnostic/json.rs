//! Diagnostics for programs: one JSON object each.
//!
//! ```text
//! {"code":…,"severity":"error"|"warning","message":…,"file":…,
//!  "primary":{"start":{"line":1,"column":1,"offset":0},"end":{…},"label":…},
//!  "secondary":[…],"hints":[…],"url":…}
//! ```
//! Lines and columns count from one, columns in characters; offsets are bytes from zero. Ends are
//! behind the last character. What is not known is null or empty; no member is ever left out.

use super::file::File;
use super::{Diagnostic, Label};
use crate::go::json::Writer;

/// The diagnostic as one line of JSON, without a line feed.
pub fn render(diagnostic: &Diagnostic, file: &File<'_>) -> String {
    let mut out = Writer::default();
    out.open('{');
    for (key, value) in [
        ("code", diagnostic.code.as_ref()),
        ("severity", diagnostic.severity.as_str()),
        ("message", &diagnostic.message),
        ("file", file.name()),
    ] {
        out.key(key);
        out.value(value);
    }
    out.key("primary");
    match &diagnostic.primary {
        Some(label) => write_label(&mut out, label, file),
        None => out.push("null"),
    }
    out.key("secondary");
    out.open('[');
    for label in &diagnostic.secondary {
        out.separate();
        write_label(&mut out, label, file);
    }
    out.close(']');
    out.key("hints");
    out.values(&diagnostic.hints);
    out.key("url");
    match &diagnostic.url {
        Some(url) => out.value(url.as_ref()),
        None => out.push("null"),
    }
    out.close('}');
    out.finish()
}

fn write_label(out: &mut Writer, label: &Label, file: &File<'_>) {
    out.open('{');
    for (key, offset) in [("start", label.span.start), ("end", label.span.end)] {
        let place = file.place(offset);
        out.key(key);
        out.push(&format!(
            "{{\"line\":{},\"column\":{},\"offset\":{}}}",
            place.line, place.column, place.offset
        ));
    }
    out.key("label");
    out.value(&label.text);
    out.close('}');
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
