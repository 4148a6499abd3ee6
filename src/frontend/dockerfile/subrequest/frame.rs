//! The code frame of a place in a file, as clients and the lint report print it.

use std::io::Write;

use crate::source::LineRange;

const RULE: &str = "--------------------\n";

/// The lines of `ranges` with some context, marked by `>>>`; empty when `ranges` is, or when it lies
/// outside of `data`.
///
/// ```text
/// Dockerfile:2
/// --------------------
///    1 |     FROM alpine
///    2 | >>> RUN make
/// --------------------
/// ```
pub fn code_frame(filename: &str, data: &[u8], ranges: &[LineRange]) -> Vec<u8> {
    let mut out = Vec::new();
    let lines: Vec<&[u8]> = data.split(|&byte| byte == b'\n').collect();
    let Some(first) = ranges
        .iter()
        .map(|range| range.start)
        .min()
        .filter(|first| *first >= 1)
    else {
        return out;
    };
    let last = ranges
        .iter()
        .map(|range| range.end.max(range.start))
        .max()
        .unwrap_or(first);
    let total = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    if first > total {
        return out;
    }
    let (start, end) = with_context(first, last.min(total), total);

    // Writing to memory cannot fail.
    let _ = write!(out, "{filename}:{first}\n{RULE}");
    for (number, line) in (1u32..)
        .zip(&lines)
        .skip_while(|(n, _)| *n < start)
        .take_while(|(n, _)| *n <= end)
    {
        let marked = ranges
            .iter()
            .any(|range| range.start <= number && number <= range.end.max(range.start));
        let mark = if marked { ">>>" } else { "   " };
        let _ = write!(out, " {number:3} | {mark} ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.extend_from_slice(RULE.as_bytes());
    out
}

/// Widens `start..=end` by a few lines on both sides.
fn with_context(mut start: u32, mut end: u32, total: u32) -> (u32, u32) {
    // Parity: each step takes a line above and a line below where there are any, and counts one more.
    let budget = if start == end { 4 } else { 2 };
    let mut spent = 0;
    while spent < budget {
        if start > 1 {
            start -= 1;
            spent += 1;
        }
        if end != total {
            end += 1;
            spent += 1;
        }
        spent += 1;
    }
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::code_frame;
    use crate::source::LineRange;

    #[test]
    fn single_line_shows_two_lines_around() {
        let frame = code_frame("Dockerfile", b"a\nb\nc\nd\ne\n", &[LineRange::line(3)]);
        let expected = "Dockerfile:3\n--------------------\n   1 |     a\n   2 |     b\n   3 | >>> c\n   4 |     d\n   \
                        5 |     e\n--------------------\n";
        assert_eq!(frame, expected.as_bytes());
    }

    #[test]
    fn several_lines_show_one_line_around() {
        let frame = code_frame(
            "f",
            b"a\nb\nc\nd\ne\n",
            &[LineRange::line(2), LineRange::line(3)],
        );
        let expected = "f:2\n--------------------\n   1 |     a\n   2 | >>> b\n   3 | >>> c\n   4 |     d\n--------------------\n";
        assert_eq!(frame, expected.as_bytes());
    }

    #[test]
    fn lines_keep_their_bytes() {
        let frame = code_frame("f", b"\xff\n\xc3", &[LineRange::line(1)]);
        let expected =
            b"f:1\n--------------------\n   1 | >>> \xff\n   2 |     \xc3\n--------------------\n";
        assert_eq!(frame, expected);
    }

    #[test]
    fn a_place_outside_the_file_has_no_frame() {
        assert_eq!(code_frame("f", b"a", &[LineRange::line(0)]), b"");
        assert_eq!(code_frame("f", b"a", &[LineRange::line(9)]), b"");
        assert_eq!(code_frame("f", b"a", &[]), b"");
    }
}
