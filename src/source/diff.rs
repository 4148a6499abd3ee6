//! What changed between two versions of a file, as a unified diff.

use similar::TextDiff;

/// The unified diff of two texts, each line with its end; empty when they are equal. Bytes that are
/// not UTF-8 are shown as U+FFFD.
pub fn unified_diff(name: &str, old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let diff = TextDiff::from_lines(old.as_ref(), new.as_ref());
    diff.unified_diff().header(name, name).to_string()
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
            "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n"
        );
    }
}
