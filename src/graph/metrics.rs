//! How wide text is, and how to shorten it.
//!
//! A reader's font is not known here, so the widths are those of DejaVu Sans, about the widest of the fonts
//! that a browser falls back to: what fits with them fits with the others.

/// Advance widths of the printable ASCII characters in hundredths of the size, rounded up.
const REGULAR: [u8; 95] = [
    32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75,
    79, 61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36,
    64, 64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
];

/// The same in bold.
const BOLD: [u8; 95] = [
    35, 46, 53, 84, 70, 101, 88, 31, 46, 46, 53, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 70, 40, 40, 84, 84, 84, 59, 100, 78, 77, 74, 84, 69, 69, 83, 84, 38, 38, 78, 64, 100,
    84, 86, 74, 86, 78, 73, 69, 82, 78, 111, 78, 73, 73, 46, 37, 46, 84, 50, 50, 68, 72, 60, 72,
    68, 44, 72, 72, 35, 35, 67, 35, 105, 72, 69, 72, 72, 50, 60, 48, 72, 66, 93, 65, 66, 59, 72,
    37, 72, 84,
];

/// Width of any other character: at most that of a full-width one, but for some emoji.
const OTHER: u8 = 110;

/// Latin letters with marks and the like are not wider than an `M` or `W`.
const LATIN: u8 = 100;

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font {
    /// Size in pixels.
    pub size: f64,
    /// Bold.
    pub bold: bool,
}

impl Font {
    /// A font of `size` pixels.
    pub const fn regular(size: f64) -> Self {
        Font { size, bold: false }
    }

    /// A bold font of `size` pixels.
    pub const fn bold(size: f64) -> Self {
        Font { size, bold: true }
    }

    /// Width of a text in pixels, or somewhat more.
    pub fn width(self, text: &str) -> f64 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    fn advance(self, c: char) -> f64 {
        let table = if self.bold { &BOLD } else { &REGULAR };
        let ascii = u32::from(c).checked_sub(32).map(|at| at as usize);
        let hundredths = match ascii.and_then(|at| table.get(at)) {
            Some(width) => *width,
            None if c < '\u{250}' || c == '…' => LATIN,
            None => OTHER,
        };
        f64::from(hundredths) / 100.0 * self.size
    }

    /// The text, or as much of its beginning as fits into `width` pixels, and `…`.
    pub fn fit(self, text: &str, width: f64) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let mut room = width - self.advance('…');
        let mut short = String::new();
        for c in text.chars() {
            room -= self.advance(c);
            if room < 0.0 {
                break;
            }
            short.push(c);
        }
        short.truncate(short.trim_end().len());
        short.push('…');
        short
    }

    /// The same with the end kept: of a path the last part tells most.
    pub fn fit_end(self, text: &str, width: f64) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let kept = self.tail(text, width - self.advance('…'));
        format!("…{kept}")
    }

    /// The text in lines that fit into `width` pixels, broken where a word or a part of a name ends if possible.
    pub fn wrap(self, text: &str, width: f64) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for piece in text.split_inclusive([' ', '/', '-', '_', '.', ':', '@', ',', '=']) {
            if self.width(&line) + self.width(piece.trim_end()) <= width {
                line.push_str(piece);
                continue;
            }
            // Better between the parts of a name than within one, if that leaves no short line.
            let strong = line.rfind([' ', '/', ':', '@']).map_or(0, |at| at + 1);
            if let Some((head, tail)) = line.split_at_checked(strong)
                && self.width(head) > width * 0.4
                && self.width(tail) + self.width(piece.trim_end()) <= width
            {
                let tail = tail.to_owned();
                line.truncate(strong);
                close(&mut line, &mut lines);
                line = tail + piece;
                continue;
            }
            close(&mut line, &mut lines);
            for c in piece.chars() {
                if self.width(&line) + self.advance(c) > width {
                    close(&mut line, &mut lines);
                }
                line.push(c);
            }
        }
        close(&mut line, &mut lines);
        lines
    }

    /// The same in two lines at most: what does not fit is left out at the start of the second, since both ends of a
    /// reference or an address tell most.
    pub fn wrap_ends(self, text: &str, width: f64) -> Vec<String> {
        let mut lines = self.wrap(text, width);
        if lines.len() > 2 {
            // There is less room than text: the first line is filled.
            let mut room = width;
            let end = text.char_indices().find(|(_, c)| {
                room -= self.advance(*c);
                room < 0.0
            });
            let (first, rest) = text.split_at(end.map_or(text.len(), |(at, _)| at));
            lines = vec![first.trim_end().to_owned(), self.fit_end(rest, width)];
        }
        lines
    }

    /// As much of the end as fits.
    fn tail(self, text: &str, mut room: f64) -> &str {
        let mut kept = text.len();
        for (at, c) in text.char_indices().rev() {
            room -= self.advance(c);
            if room < 0.0 {
                break;
            }
            kept = at;
        }
        text.get(kept..).unwrap_or_default()
    }
}

/// Ends a line, unless there is nothing in it.
fn close(line: &mut String, lines: &mut Vec<String>) {
    line.truncate(line.trim_end().len());
    if !line.is_empty() {
        lines.push(std::mem::take(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_and_fits() {
        let font = Font::bold(13.0);
        for text in [
            "a",
            "production-build",
            "MMMMMMMMMMMMMMM",
            "ünïcödé 文字列 文字列",
        ] {
            for width in [20.0, 60.0, 100.0] {
                for cut in [font.fit(text, width), font.fit_end(text, width)] {
                    assert!(font.width(&cut) <= width, "{cut}");
                    assert!(cut == text || cut.contains('…'));
                }
            }
        }
    }

    #[test]
    fn lines_hold_all_of_a_text() {
        let font = Font::bold(12.5);
        for text in [
            "registry.example/a/team/service-image:1.2.3-debian",
            "a",
            "",
            "x y  z",
        ] {
            for width in [15.0, 60.0, 120.0] {
                let lines = font.wrap(text, width);
                assert!(
                    lines.iter().all(|line| font.width(line) <= width),
                    "{lines:?}"
                );
                let without = |text: &str| text.replace(' ', "");
                assert_eq!(without(&lines.concat()), without(text));
                let two = font.wrap_ends(text, width);
                assert!(two.len() <= 2 && two.iter().all(|line| font.width(line) <= width));
                assert!(text.starts_with(two.first().map_or("", String::as_str)));
            }
        }
        assert_eq!(
            font.wrap("gcr.io/a/long-name:1", 70.0),
            ["gcr.io/a/", "long-", "name:1"]
        );
    }

    #[test]
    fn control_characters_have_a_width() {
        assert!(Font::regular(10.0).width("\n\u{7f}") > 0.0);
    }
}
