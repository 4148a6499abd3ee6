//! Which bytes of a shell's text are white space that means nothing but the end of a word.

/// Where a byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Between commands and their words.
    Bare,
    /// The same in brackets or in `$(…)`.
    Inner,
    /// In quotes, behind a backslash, in `${…}`: all of it is text.
    Text,
}

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Bracket,
    Brace,
    Single,
    Double,
    Backtick,
}

/// The place of each byte; none for a text with a comment, a heredoc or something that is never closed.
pub(super) fn places(text: &str) -> Option<Vec<Place>> {
    let bytes = text.as_bytes();
    let mut places = Vec::with_capacity(bytes.len());
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        let top = open.last().copied();
        let is_quoted = matches!(
            top,
            Some(Open::Single | Open::Double | Open::Brace | Open::Backtick)
        );
        let place = match (open.is_empty(), is_quoted) {
            (true, _) => Place::Bare,
            (_, false) => Place::Inner,
            (_, true) => Place::Text,
        };
        let mut length = 1;
        let mut own = place;
        match (top, byte) {
            (Some(Open::Single), b'\'') | (Some(Open::Backtick), b'`') => {
                open.pop();
            }
            (Some(Open::Single), _) => {}
            (_, b'\\') => {
                own = Place::Text;
                length = 1 + next.map_or(0, |_| char_length(text, at + 1));
            }
            (Some(Open::Backtick), _) => {}
            (Some(Open::Double), b'"') => {
                open.pop();
            }
            (Some(Open::Brace), b'}') => {
                open.pop();
            }
            (_, b'$') if next == Some(b'(') => {
                open.push(Open::Bracket);
                length = 2;
            }
            (_, b'$') if next == Some(b'{') => {
                open.push(Open::Brace);
                length = 2;
            }
            (_, b'`') => open.push(Open::Backtick),
            (Some(Open::Double), _) => {}
            (_, b'"') => open.push(Open::Double),
            (_, b'\'') => open.push(Open::Single),
            (Some(Open::Brace), _) => {}
            (_, b'(') => open.push(Open::Bracket),
            // A pattern of `case` is closed without having been opened.
            (Some(Open::Bracket), b')') => {
                open.pop();
            }
            (_, b'<') if next == Some(b'<') => return None,
            (_, b'#') if is_word_start(bytes, at) => return None,
            (_, b'\n') => return None,
            _ => {}
        }
        let end = (at + length).min(bytes.len());
        places.resize(end, own);
        at = end;
    }
    open.is_empty().then_some(places)
}

fn char_length(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.chars().next().map_or(1, char::len_utf8)
}

fn is_word_start(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    before.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b';' | b'&' | b'|' | b'(' | b')'))
}

/// The text with one blank for all white space between words, and one around signs that join commands: what two texts
/// have in common that say the same to a shell.
pub(super) fn canonical(text: &str) -> Option<String> {
    let places = places(text)?;
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_text = places.get(at) == Some(&Place::Text);
        if is_text || !matches!(c, ' ' | '\t' | '&' | '|' | ';') {
            out.push(c);
            continue;
        }
        if c == ' ' || c == '\t' {
            blank(&mut out);
            continue;
        }
        // Not in `2>&1` and `>|`.
        if out.ends_with(['>', '<']) {
            out.push(c);
            continue;
        }
        blank(&mut out);
        out.push(c);
        while let Some((_, next)) = chars.next_if(|(_, next)| *next == c) {
            out.push(next);
        }
        // `&>` and `|&` stay as they are.
        if !matches!(chars.peek(), Some((_, '>' | '&'))) {
            blank(&mut out);
        }
    }
    Some(out.trim_end().to_owned())
}

fn blank(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_words_is_bare() {
        let bare = |text: &str| {
            let places = places(text).unwrap();
            let blanks = text.char_indices().filter(|(_, c)| *c == ' ');
            blanks.map(|(at, _)| places[at]).collect::<Vec<_>>()
        };
        use Place::*;
        assert_eq!(bare("a 'b c' \"d e\" f"), [Bare, Text, Bare, Text, Bare]);
        assert_eq!(
            bare("a $(b c) ${d e} `f g`"),
            [Bare, Inner, Bare, Text, Bare, Text]
        );
        assert_eq!(
            bare("a\\ b \"$(c d)\" (e f)"),
            [Text, Bare, Inner, Bare, Inner]
        );
        for odd in ["a 'b", "a # b", "a <<EOF", "a $(b", "a\nb"] {
            assert_eq!(places(odd), None, "{odd}");
        }
        assert!(places("a#b $# x=\"#\"").is_some());
    }

    #[test]
    fn texts_that_say_the_same_are_equal() {
        let same = |a: &str, b: &str| assert_eq!(canonical(a), canonical(b));
        same("a  b&&c", "a b \t&& c ");
        same("a;b | c", "a ; b|c");
        assert_ne!(canonical("a 'b  c'"), canonical("a 'b c'"));
        assert_ne!(canonical("a && b"), canonical("a & & b"));
        assert_eq!(canonical("a >&2 2>&1 &>x").unwrap(), "a >&2 2>&1 &>x");
        assert_eq!(
            canonical("case x in a) b ;; esac").unwrap(),
            "case x in a) b ;; esac"
        );
    }
}
