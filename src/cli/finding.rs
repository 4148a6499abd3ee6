//! A finding as data: the one form that it has in the JSON of all commands.

use serde_json::{Value, json};

use crate::check::Fix;
use crate::diagnostic::{Diagnostic, File, json as one_json};
use crate::source::LineRange;

/// Version of the data around findings; members may be added without a new one.
pub(super) const VERSION: u32 = 1;

/// What a finding consists of; `docs/schema/finding.json` has it as JSON.
pub(super) struct Finding<'f> {
    pub(super) diagnostic: &'f Diagnostic,
    pub(super) file: &'f File<'f>,
    /// The first and the last line of what it is about.
    pub(super) lines: Option<(u32, u32)>,
    pub(super) fix: Option<&'f Fix>,
    /// The entry of a lock that it is about.
    pub(super) subject: Option<&'f str>,
}

impl Finding<'_> {
    /// No member is ever left out; what is not known is null.
    pub(super) fn to_json(&self) -> Value {
        let text = one_json::render(self.diagnostic, self.file);
        let mut finding: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(object) = finding.as_object_mut() {
            let lines = self.lines.map(|(start, end)| json!([start, end]));
            object.insert("lines".to_owned(), lines.unwrap_or_default());
            let fix = self.fix.map(fix);
            object.insert("fix".to_owned(), fix.unwrap_or_default());
            object.insert("subject".to_owned(), json!(self.subject));
        }
        finding
    }
}

/// The lines of an instruction; none for one that is in no file.
pub(super) fn lines(location: Option<LineRange>) -> Option<(u32, u32)> {
    let lines = location.filter(|lines| lines.start > 0)?;
    Some((lines.start, lines.end))
}

fn fix(fix: &Fix) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        json!({
            "start": edit.span.start, "end": edit.span.end,
            "text": String::from_utf8_lossy(&edit.text),
        })
    });
    json!({
        "title": fix.title,
        "safe": fix.unsafe_because.is_none(),
        "edits": edits.collect::<Vec<_>>(),
    })
}
