//! What changed between two versions of a file, as a unified diff.

use std::time::Duration;

use similar::TextDiff;

use crate::limits::MAX_DIFF_CELLS;

/// The unified diff of two texts, each line with its end; empty when they are equal. Bytes that are
/// not UTF-8 are shown as U+FFFD.
pub fn unified_diff(name: &str, old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let mut settings = TextDiff::configure();
    if old.lines().count().saturating_mul(new.lines().count()) > MAX_DIFF_CELLS {
        // No time at all: what is alike at both ends is left out, the rest is not looked into.
        settings.timeout(Duration::ZERO);
    }
    let diff = settings.diff_lines(old.as_ref(), new.as_ref());
    diff.unified_diff().header(name, name).to_string()
}

#[cfg(test)]
mod tests {
    use super::unified_diff;

    #[test]
    fn long_texts_that_differ_everywhere_are_one_block() {
        let text = |word: &str, lines: usize| -> String {
            let changed = (0..lines).map(|line| format!("{word} {line}\n"));
            format!("same\n{}same\n", changed.collect::<String>())
        };
        let lines = 20_000;
        let diff = unified_diff(
            "f",
            text("a", lines).as_bytes(),
            text("b", lines).as_bytes(),
        );
        let header = format!(
            "--- f\n+++ f\n@@ -1,{0} +1,{0} @@\n same\n-a 0\n",
            lines + 2
        );
        assert!(diff.starts_with(&header), "{}", &diff[..200]);
        assert_eq!(diff.matches("@@ ").count(), 1);
        assert!(diff.ends_with("+b 19999\n same\n"));
    }

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
            "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n"
        );
    }
}
