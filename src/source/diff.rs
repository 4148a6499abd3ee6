//! What changed between two versions of a file, as a unified diff.

use crate::limits::MAX_DIFF_CELLS;
use std::fmt::Write as _;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// A line of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Removed(&'t str),
    Added(&'t str),
}

/// The unified diff of two texts, each line with its end; empty when they are equal. Bytes that are
/// not UTF-8 are shown as U+FFFD.
pub fn unified_diff(name: &str, old: &[u8], new: &[u8]) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (
        String::from_utf8_lossy(old).into_owned(),
        String::from_utf8_lossy(new).into_owned(),
    );
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let lines = compare(&old, &new);
    let mut out = format!("--- {name}\n+++ {name}\n");
    for hunk in hunks(&lines) {
        write_hunk(&mut out, &lines, hunk);
    }
    out
}

/// All lines of both, in order.
fn compare<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(new).take_while(same).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(same)
        .count();
    let middle = |lines: &[&'t str]| -> Vec<&'t str> {
        lines
            .get(head..lines.len() - tail)
            .unwrap_or_default()
            .to_vec()
    };
    let mut lines: Vec<Line<'t>> = old.iter().take(head).map(|line| Line::Same(line)).collect();
    lines.extend(compare_middle(&middle(old), &middle(new)));
    lines.extend(
        old.iter()
            .skip(old.len() - tail)
            .map(|line| Line::Same(line)),
    );
    lines
}

fn compare_middle<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let replaced = || {
        let removed = old.iter().map(|line| Line::Removed(line));
        removed
            .chain(new.iter().map(|line| Line::Added(line)))
            .collect()
    };
    let width = new.len() + 1;
    if (old.len() + 1).saturating_mul(width) > MAX_DIFF_CELLS {
        return replaced();
    }
    // Length of the longest common rest, from each pair of lines on.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    let at = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let length = if a == b {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = length;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                lines.push(Line::Same(a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                lines.push(Line::Removed(a));
                i += 1;
            }
            (_, Some(b)) => {
                lines.push(Line::Added(b));
                j += 1;
            }
            _ => return lines,
        }
    }
}

/// Ranges of lines that are shown together.
fn hunks(lines: &[Line<'_>]) -> Vec<std::ops::Range<usize>> {
    let mut hunks: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if matches!(line, Line::Same(_)) {
            continue;
        }
        let (from, to) = (
            at.saturating_sub(CONTEXT),
            (at + CONTEXT + 1).min(lines.len()),
        );
        match hunks.last_mut() {
            Some(last) if last.end >= from => last.end = to,
            _ => hunks.push(from..to),
        }
    }
    hunks
}

fn write_hunk(out: &mut String, lines: &[Line<'_>], hunk: std::ops::Range<usize>) {
    let count = |range: &[Line<'_>]| {
        let removed = range
            .iter()
            .filter(|line| !matches!(line, Line::Added(_)))
            .count();
        let added = range
            .iter()
            .filter(|line| !matches!(line, Line::Removed(_)))
            .count();
        (removed, added)
    };
    let (old_before, new_before) = count(lines.get(..hunk.start).unwrap_or_default());
    let shown = lines.get(hunk).unwrap_or_default();
    let (old, new) = count(shown);
    let start = |before: usize, lines: usize| if lines == 0 { before } else { before + 1 };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "@@ -{},{old} +{},{new} @@",
        start(old_before, old),
        start(new_before, new)
    );
    for line in shown {
        let (sign, text) = match line {
            Line::Same(text) => (' ', text),
            Line::Removed(text) => ('-', text),
            Line::Added(text) => ('+', text),
        };
        out.push(sign);
        out.push_str(text);
        if !text.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::unified_diff;

    #[test]
    fn changes_come_with_what_is_around_them() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13";
        let expected = "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\
                        @@ -10,3 +10,4 @@\n 10\n 11\n 12\n+13\n\\ No newline at end of file\n";
        assert_eq!(unified_diff("f", old.as_bytes(), new.as_bytes()), expected);
        assert_eq!(unified_diff("f", b"a", b"a"), "");
        assert_eq!(
            unified_diff("f", b"", b"a\n"),
            "--- f\n+++ f\n@@ -0,0 +1,1 @@\n+a\n"
        );
    }
}
