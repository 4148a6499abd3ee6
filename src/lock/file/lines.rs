//! Where a lock has what, for findings about the lock itself.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::text_of;
use crate::lock::verify::show_git;

/// Lines of a lock, from one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// That of its mode.
    pub mode: Option<u32>,
    /// Those of the keys of its sources, by the names that findings have for them.
    pub sources: BTreeMap<String, u32>,
}

/// The lines of a lock that can be read; of others, those that can be made out.
pub(crate) fn lines(bytes: &[u8]) -> Lines {
    let Ok(text) = text_of(bytes) else {
        return Lines::default();
    };
    let (document, _) = DeTable::parse_recoverable(text);
    let document = document.get_ref();
    // Offsets of line ends, so that many pins do not each count from the start.
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line_at = |offset| {
        let before = ends.partition_point(|end| *end < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    };
    let key = |table, name| key(table, name).map(|(key, offset)| (key, line_at(offset)));
    let mode = document.get("mode");
    let mut lines = Lines {
        mode: mode.map(|mode| line_at(mode.span().start)),
        sources: BTreeMap::new(),
    };
    for table in tables(document, "image") {
        lines.sources.extend(key(table, "ref"));
    }
    for table in tables(document, "http") {
        lines.sources.extend(key(table, "url"));
    }
    for table in tables(document, "git") {
        let Some((remote, line)) = key(table, "remote") else {
            continue;
        };
        let (reference, line) = key(table, "ref").unwrap_or((String::new(), line));
        lines.sources.insert(show_git(&remote, &reference), line);
    }
    lines
}

fn tables<'d, 't>(document: &'d DeTable<'t>, kind: &str) -> impl Iterator<Item = &'d DeTable<'t>> {
    let list = match document.get(kind).map(|list| list.get_ref()) {
        Some(DeValue::Array(list)) => Some(list),
        _ => None,
    };
    list.into_iter()
        .flatten()
        .filter_map(|table| match table.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        })
}

/// The text at `name` and its offset.
fn key(table: &DeTable<'_>, name: &str) -> Option<(String, usize)> {
    let value = table.get(name)?;
    match value.get_ref() {
        DeValue::String(key) => Some((key.to_string(), value.span().start)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_on_the_lines_of_their_keys() {
        let lock = "version = 1\nmode = \"off\"\n\n[[image]]\ndigest = \"x\"\nref = \"docker.io/library/a:1\"\n\
            \n[[git]]\nremote = \"https://h/r.git\"\nref = \"v1\"\n\n[[git]]\nremote = \"https://h/r.git\"\n\
            \n[[http]]\nurl = \"https://h/f\" # here\n";
        let found = lines(lock.as_bytes());
        assert_eq!(found.mode, Some(2));
        let expected = [
            ("docker.io/library/a:1", 6),
            ("https://h/f", 16),
            ("https://h/r.git", 13),
            ("https://h/r.git#v1", 10),
        ];
        let sources = found.sources.iter();
        let sources: Vec<_> = sources.map(|(key, line)| (key.as_str(), *line)).collect();
        assert_eq!(sources, expected);
        assert_eq!(lines(b"[").mode, None);
    }
}
