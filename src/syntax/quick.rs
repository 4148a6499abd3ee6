//! Arguments that can be read byte by byte: plain flags, JSON arrays without escapes, words whose quotes are closed.
//!
//! They are nearly all there are, and the grammar takes many times as long for them. This knows the grammar's rules for
//! them and gives up at everything else. A test holds it against the grammar.

use std::ops::Range;

use crate::source::Escape;

/// Reads `text` as `grammar::flags` does, or gives up.
pub(super) fn flags(text: &str, escape: Escape) -> Option<Vec<Range<usize>>> {
    let mut bytes = Bytes::of(text);
    let mut flags = Vec::new();
    loop {
        bytes.skip(is_blank);
        if !bytes.rest().starts_with(b"--") {
            // Beyond ASCII there are blanks, too.
            return bytes
                .peek()
                .is_none_or(|byte| byte.is_ascii())
                .then_some(flags);
        }
        let start = bytes.at;
        bytes.skip(|byte| byte.is_ascii() && !is_blank(byte) && !is_special(byte, escape));
        if bytes.peek().is_some_and(|byte| !is_blank(byte)) {
            return None;
        }
        flags.push(start..bytes.at);
    }
}

/// Reads `text` as `grammar::words` does, or gives up.
pub(super) fn words(text: &str, escape: Escape) -> Option<Vec<Range<usize>>> {
    if !text.is_ascii() {
        return None;
    }
    let mut bytes = Bytes::of(text);
    let mut words = Vec::new();
    loop {
        bytes.skip(is_blank);
        let start = bytes.at;
        while let Some(byte) = bytes.peek().filter(|byte| !is_blank(*byte)) {
            match byte {
                b'\'' => {
                    bytes.at += 1;
                    bytes.skip(|byte| byte != b'\'');
                    bytes.take(b'\'')?;
                }
                b'"' => bytes.double(escape)?,
                _ if byte == escape.byte() => bytes.escaped()?,
                _ => bytes.skip(|byte| !is_blank(byte) && !is_special(byte, escape)),
            }
        }
        if bytes.at == start {
            return Some(words);
        }
        words.push(start..bytes.at);
    }
}

/// Reads `text` as `grammar::json_array` does, or gives up.
pub(super) fn json_array(text: &str) -> Option<Vec<Range<usize>>> {
    let blank = |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let mut bytes = Bytes::of(text);
    let mut strings = Vec::new();
    bytes.skip(blank);
    bytes.take(b'[')?;
    bytes.skip(blank);
    if bytes.take(b']').is_none() {
        loop {
            let start = bytes.at;
            bytes.take(b'"')?;
            bytes.skip(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
            bytes.take(b'"')?;
            strings.push(start..bytes.at);
            bytes.skip(blank);
            if bytes.take(b']').is_some() {
                break;
            }
            bytes.take(b',')?;
            bytes.skip(blank);
        }
    }
    bytes.skip(blank);
    bytes.rest().is_empty().then_some(strings)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_special(byte: u8, escape: Escape) -> bool {
    byte == b'\'' || byte == b'"' || byte == escape.byte()
}

struct Bytes<'t> {
    all: &'t [u8],
    at: usize,
}

impl<'t> Bytes<'t> {
    fn of(text: &'t str) -> Self {
        Bytes {
            all: text.as_bytes(),
            at: 0,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.all.get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.all.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let rest = self.rest();
        let end = rest.iter().position(|byte| !skipped(*byte));
        self.at += end.unwrap_or(rest.len());
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// An escape token and what it protects.
    fn escaped(&mut self) -> Option<()> {
        self.at += 1;
        self.peek()?;
        self.at += 1;
        Some(())
    }

    /// From a double quote to the next one.
    fn double(&mut self, escape: Escape) -> Option<()> {
        self.at += 1;
        loop {
            self.skip(|byte| byte != b'"' && byte != escape.byte());
            if self.take(b'"').is_some() {
                return Some(());
            }
            self.peek()?;
            self.escaped()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammar;
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-z=/$-]{1,4}",
            3 => "[ \t\r\n\x0b]{1,2}",
            3 => "--[a-z]{0,3}",
            2 => "\"[a' ,\\\\`]{0,3}\"",
            1 => "'[a\" \\\\]{0,3}'",
            4 => "[\\[\\]\"'\\\\`,{}\x01\u{1f}ä\u{85}\u{a0}-]",
        ];
        let any = prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat());
        let list = "[ ]?\\[[ ]?(\"[a-zä\\\\\t]{0,2}\"[ ]?[,,,\\]]?[ ]?){0,4}\\][ x]?";
        prop_oneof![3 => any, 1 => list]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn reads_as_the_grammar_does(text in text()) {
            if let Some(found) = json_array(&text) {
                prop_assert_eq!(Some(found), grammar::json_array_by_grammar(&text));
            }
            for escape in [Escape::Backslash, Escape::Backtick] {
                if let Some(found) = words(&text, escape) {
                    prop_assert_eq!(found, grammar::words_by_grammar(&text, escape));
                }
                if let Some(found) = flags(&text, escape) {
                    prop_assert_eq!(found, grammar::flags_by_grammar(&text, escape));
                }
            }
        }
    }

    #[test]
    fn what_files_are_full_of_needs_no_grammar() {
        assert_eq!(json_array(r#" ["a", "b c"] "#).map(|it| it.len()), Some(2));
        assert_eq!(json_array("[]").map(|it| it.len()), Some(0));
        let found = words(r#"A="b c" D='e' f\ g"#, Escape::Backslash);
        assert_eq!(found.map(|it| it.len()), Some(3));
        let found = flags("--from=a --link /b ä", Escape::Backslash);
        assert_eq!(found.map(|it| it.len()), Some(2));
        for text in [r#"["\n"]"#, "[1]", r#"["a",]"#] {
            assert!(json_array(text).is_none(), "{text}");
        }
        for text in ["'a", "\"a", "a\\", "ä"] {
            assert!(words(text, Escape::Backslash).is_none(), "{text}");
        }
    }
}
