//! An explanation as text and as data.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Cause, Explanation, Fate, StepChange};

/// Longest value that is shown on a line, in characters.
const MOST: usize = 60;

/// Version of the data; fields may be added without a new one.
const VERSION: u32 = 1;

impl Explanation {
    /// For reading: a line for each step, and below it why it does not keep its key.
    pub fn to_text(&self) -> String {
        let mut out = format!("{} -> {}\n\n", self.names[0], self.names[1]);
        // Writing to a string cannot fail.
        for step in &self.steps {
            let place = match step.lines {
                Some(lines) if lines.end > lines.start => {
                    format!("  (lines {}-{})", lines.start, lines.end)
                }
                Some(lines) => format!("  (line {})", lines.start),
                None => String::new(),
            };
            let note = match (step.changed_files, &step.fate) {
                (Some(0), _) => String::new(),
                (Some(1), _) => ", of which 1 file differs".to_owned(),
                (Some(count), _) => format!(", of which {count} files differ"),
                (None, Fate::Kept) if step.by_content => {
                    ", as long as its files are the same".to_owned()
                }
                _ => String::new(),
            };
            let _ = writeln!(
                out,
                "{:<8} {}{place}{note}",
                step.fate.as_str(),
                short(&step.shown())
            );
            self.why(step, &mut out);
        }
        if self.steps.is_empty() {
            out.push_str("no steps\n");
        }
        out.push('\n');
        out.push_str(&self.summary());
        if !self.config.is_empty() {
            out.push_str("\nsettings of the image, which cost no step its key:\n");
            for change in &self.config {
                let (old, new) = (change.old.as_deref(), change.new.as_deref());
                let _ = writeln!(out, "  {}: {}", change.field, change_of(old, new));
            }
        }
        out
    }

    fn why(&self, step: &StepChange, out: &mut String) {
        let first = |row: &usize| {
            let cause = self.steps.get(*row);
            let what = match cause.map(|cause| &cause.fate) {
                Some(Fate::Added) => "is new",
                Some(Fate::Removed) => "is gone",
                _ => "changed",
            };
            let name = cause.map(|cause| short(&cause.shown())).unwrap_or_default();
            format!("{name} {what}")
        };
        let _ = match &step.fate {
            Fate::Changed { causes, also } => {
                for cause in causes {
                    let _ = writeln!(out, "           {}", cause.to_text());
                }
                match also {
                    Some(row) => writeln!(out, "           and because {}", first(row)),
                    None => Ok(()),
                }
            }
            Fate::Lost(row) => writeln!(out, "           because {}", first(row)),
            Fate::Depends(row) => writeln!(
                out,
                "           keeps it if the files it takes are the same, though {}",
                first(row)
            ),
            Fate::Kept | Fate::Added | Fate::Removed => Ok(()),
        };
    }

    fn count(&self, of: impl Fn(&Fate) -> bool) -> usize {
        self.steps.iter().filter(|step| of(&step.fate)).count()
    }

    fn summary(&self) -> String {
        let parts = [
            (self.count(|it| *it == Fate::Kept), "keep their key"),
            (
                self.count(|it| matches!(it, Fate::Changed { .. })),
                "changed",
            ),
            (
                self.count(|it| matches!(it, Fate::Lost(_))),
                "lose it because of others",
            ),
            (
                self.count(|it| matches!(it, Fate::Depends(_))),
                "depend on files",
            ),
            (self.count(|it| *it == Fate::Added), "new"),
            (self.count(|it| *it == Fate::Removed), "gone"),
        ];
        let shown = parts.iter().filter(|(count, _)| *count > 0);
        let shown: Vec<String> = shown
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        match shown.is_empty() {
            true => String::new(),
            false => format!("{}\n", shown.join(", ")),
        }
    }

    /// As data.
    pub fn to_json(&self) -> Value {
        let steps = self.steps.iter().map(|step| {
            let mut value = json!({
                "place": step.place,
                "text": step.text,
                "fate": step.fate.as_str(),
                "digest": step.digest,
            });
            let lines = step.lines.map(|lines| json!([lines.start, lines.end]));
            let causes = match &step.fate {
                Fate::Changed { causes, .. } => {
                    Some(json!(causes.iter().map(cause).collect::<Vec<_>>()))
                }
                _ => None,
            };
            let because = match &step.fate {
                Fate::Lost(row) | Fate::Depends(row) => Some(json!(row)),
                Fate::Changed { also, .. } => also.map(|row| json!(row)),
                _ => None,
            };
            let by_content = step.by_content.then(|| json!(true));
            let changed_files = step.changed_files.map(|count| json!(count));
            if let Some(object) = value.as_object_mut() {
                for (key, field) in [
                    ("lines", lines),
                    ("causes", causes),
                    ("because", because),
                    ("byContent", by_content),
                    ("changedFiles", changed_files),
                ] {
                    if let Some(field) = field {
                        object.insert(key.to_owned(), field);
                    }
                }
            }
            value
        });
        let config = self
            .config
            .iter()
            .map(|it| json!({ "field": it.field, "old": it.old, "new": it.new }));
        json!({
            "version": VERSION,
            "old": self.names[0],
            "new": self.names[1],
            "steps": steps.collect::<Vec<_>>(),
            "config": config.collect::<Vec<_>>(),
        })
    }
}

impl StepChange {
    fn shown(&self) -> String {
        match self.place.as_str() {
            "" => self.text.clone(),
            place => format!("[{place}] {}", self.text),
        }
    }
}

impl Cause {
    fn to_text(&self) -> String {
        let change = change_of(self.old.as_deref(), self.new.as_deref());
        match &self.by {
            Some(by) => format!("{}: {change} ({by})", self.field),
            None => format!("{}: {change}", self.field),
        }
    }
}

fn cause(cause: &Cause) -> Value {
    json!({ "field": cause.field, "old": cause.old, "new": cause.new, "by": cause.by })
}

/// `1 -> 2`. Of long values the part that differs.
fn change_of(old: Option<&str>, new: Option<&str>) -> String {
    match (old, new) {
        (Some(old), Some(new)) => {
            let (old, new) = differing(old, new);
            format!("{old} -> {new}")
        }
        (Some(old), None) => format!("{} -> (none)", short(old)),
        (None, Some(new)) => format!("(none) -> {}", short(new)),
        (None, None) => "changed".to_owned(),
    }
}

/// Two values from a little before where they differ on.
fn differing(old: &str, new: &str) -> (String, String) {
    if old.chars().count() <= MOST && new.chars().count() <= MOST {
        return (short(old), short(new));
    }
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b);
    let skipped = same.count().saturating_sub(12);
    let cut = |text: &str| {
        let rest: String = text.chars().skip(skipped).collect();
        match skipped {
            0 => short(&rest),
            _ => format!("…{}", short(&rest)),
        }
    };
    (cut(old), cut(new))
}

/// On one line, and not too long; nothing in it can reach a terminal's controls.
pub(super) fn short(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_long_values_the_part_that_differs_is_shown() {
        let long = "a".repeat(100);
        let (old, new) = differing(&format!("{long}1"), &format!("{long}2"));
        assert_eq!(old, "…aaaaaaaaaaaa1");
        assert_eq!(new, "…aaaaaaaaaaaa2");
        assert_eq!(differing("a", "b"), ("a".to_owned(), "b".to_owned()));
    }
}
