//! Heredocs: which words of a line open one, and what such a word says.
//!
//! The reference finds them with its shell lexer, always with `\` as the escape token and with no
//! variable set. This lexer does the same and nothing more; `expand` has the one that knows
//! variables.

use super::error::{Fault, ParseErrorCode};
use super::{HeredocWord, grammar};
use crate::go::quote::quote;
use crate::go::unicode::{is_digit, is_letter, is_space};
use crate::limits::MAX_WORD_NESTING;

/// The heredocs that a line opens, in order.
pub(super) fn openers(line: &str) -> Result<Vec<HeredocWord>, Fault> {
    // a line that cannot be lexed has none
    let words = Lexer::new(line, true, true).words().unwrap_or_default();
    let mut found = Vec::new();
    for word in &words {
        if let Some(heredoc) = read(word)? {
            found.push(heredoc);
        }
    }
    Ok(found)
}

/// Reads a text that is one heredoc word.
pub(super) fn read(text: &str) -> Result<Option<HeredocWord>, Fault> {
    if !looks_like_heredoc(text.as_bytes()) {
        return Ok(None);
    }
    let Some((fd, chomp, word)) = grammar::heredoc(text) else {
        return Ok(None);
    };
    let word = text.get(word).unwrap_or("");
    let lex = |raw_quotes| {
        let words = Lexer::new(word, raw_quotes, false).words();
        words.map_err(|problem| unreadable(word, &problem))
    };
    let words = lex(false)?;
    let [name] = words.as_slice() else {
        return Ok(None);
    };
    let raw_words = lex(true)?;
    let [raw_name] = raw_words.as_slice() else {
        return Err(inconsistent(word));
    };
    let quotes = |text: &str| text.matches(['\'', '"']).count();
    Ok(Some(HeredocWord {
        name: name.clone(),
        fd: fd_value(text.get(fd).unwrap_or("")),
        // the word keeps all its quotes: none of them was meant as one
        expand: quotes(name) == quotes(raw_name),
        chomp,
    }))
}

fn looks_like_heredoc(text: &[u8]) -> bool {
    memchr::memchr(b'<', text).is_some_and(|at| text.get(at + 1) == Some(&b'<'))
}

fn fd_value(digits: &str) -> u64 {
    match digits {
        "" => 0,
        _ => digits.parse().unwrap_or(u64::MAX),
    }
}

#[cold]
fn unreadable(word: &str, problem: &str) -> Fault {
    let quoted = quote(word);
    let title = format!("failed to process {quoted}: {problem}");
    Fault::new(ParseErrorCode::InvalidHeredoc, title)
}

#[cold]
fn inconsistent(word: &str) -> Fault {
    let title = format!("internal lexing of heredoc produced inconsistent results: {word}");
    Fault::new(ParseErrorCode::InvalidHeredoc, title)
}

/// See [`super::chomp_heredoc`].
pub(super) fn chomp(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    for line in content.split_inclusive(|&byte| byte == b'\n') {
        let tabs = line.iter().take_while(|&&byte| byte == b'\t').count();
        out.extend_from_slice(line.get(tabs..).unwrap_or(&[]));
    }
    out
}

/// Splits a text into shell words in which no variable is set: `$name` and `${name…}` stay.
struct Lexer<'t> {
    rest: std::str::Chars<'t>,
    raw_quotes: bool,
    raw_escapes: bool,
    /// The word being read. One for all levels, as in the reference: a nested `${…}` clears it.
    word: String,
    depth: usize,
}

type Lexed<T> = Result<T, String>;

impl<'t> Lexer<'t> {
    fn new(text: &'t str, raw_quotes: bool, raw_escapes: bool) -> Self {
        Lexer {
            // the reference's scanner drops a byte order mark in front
            rest: text.strip_prefix('\u{feff}').unwrap_or(text).chars(),
            raw_quotes,
            raw_escapes,
            word: String::new(),
            depth: 0,
        }
    }

    fn words(mut self) -> Lexed<Vec<String>> {
        let mut words = Vec::new();
        self.until(None, self.raw_escapes, &mut words)?;
        Ok(words)
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    /// Reads up to `stop` (past it) or, without one, to the end. Returns the text; the words go to
    /// `words`.
    fn until(
        &mut self,
        stop: Option<char>,
        raw_escapes: bool,
        words: &mut Vec<String>,
    ) -> Lexed<String> {
        let outer_raw_escapes = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        self.word.clear();
        let mut text = String::new();
        let mut in_word = false;
        while let Some(c) = self.peek() {
            if stop == Some(c) {
                self.rest.next();
                self.end_word(words);
                self.raw_escapes = outer_raw_escapes;
                return Ok(text);
            }
            match c {
                '\'' => {
                    let quoted = self.single_quoted()?;
                    self.push_raw(quoted, &mut text, &mut in_word);
                }
                '"' => {
                    let quoted = self.double_quoted()?;
                    self.push_raw(quoted, &mut text, &mut in_word);
                }
                '<' => {
                    let opener = self.heredoc_sign();
                    self.push_raw(opener, &mut text, &mut in_word);
                }
                '$' => {
                    let variable = self.dollar()?;
                    text.push_str(&variable);
                    for c in variable.chars() {
                        self.push_char(c, &mut in_word, words);
                    }
                }
                '\\' => {
                    self.rest.next();
                    if self.raw_escapes {
                        self.push_raw("\\".to_owned(), &mut text, &mut in_word);
                    }
                    let Some(escaped) = self.rest.next() else {
                        break;
                    };
                    self.push_raw(escaped.to_string(), &mut text, &mut in_word);
                }
                _ => {
                    self.rest.next();
                    self.push_char(c, &mut in_word, words);
                    text.push(c);
                }
            }
        }
        if let Some(stop) = stop {
            return Err(format!(
                "unexpected end of statement while looking for matching {stop}"
            ));
        }
        self.end_word(words);
        self.raw_escapes = outer_raw_escapes;
        Ok(text)
    }

    fn push_raw(&mut self, piece: String, text: &mut String, in_word: &mut bool) {
        text.push_str(&piece);
        self.word.push_str(&piece);
        *in_word = true;
    }

    fn push_char(&mut self, c: char, in_word: &mut bool, words: &mut Vec<String>) {
        if !is_space(c) {
            self.word.push(c);
            *in_word = true;
        } else if *in_word && !self.word.is_empty() {
            words.push(std::mem::take(&mut self.word));
            *in_word = false;
        }
    }

    fn end_word(&mut self, words: &mut Vec<String>) {
        if !self.word.is_empty() {
            words.push(std::mem::take(&mut self.word));
        }
    }

    fn single_quoted(&mut self) -> Lexed<String> {
        let mut quoted = String::new();
        self.push_quote('\'', &mut quoted);
        loop {
            match self.rest.next() {
                None => return Err(unclosed("single")),
                Some('\'') => break,
                Some(c) => quoted.push(c),
            }
        }
        if self.raw_quotes {
            quoted.push('\'');
        }
        Ok(quoted)
    }

    fn double_quoted(&mut self) -> Lexed<String> {
        let mut quoted = String::new();
        self.push_quote('"', &mut quoted);
        loop {
            match self.peek() {
                None => return Err(unclosed("double")),
                Some('"') => {
                    self.push_quote('"', &mut quoted);
                    return Ok(quoted);
                }
                Some('$') => quoted.push_str(&self.dollar()?),
                Some('\\') => {
                    self.rest.next();
                    if self.raw_escapes {
                        quoted.push('\\');
                    }
                    match self.peek() {
                        None => {}
                        Some(c @ ('"' | '$' | '\\')) => {
                            self.rest.next();
                            quoted.push(c);
                        }
                        Some(_) => quoted.push('\\'),
                    }
                }
                Some(c) => {
                    self.rest.next();
                    quoted.push(c);
                }
            }
        }
    }

    fn push_quote(&mut self, quote: char, quoted: &mut String) {
        self.rest.next();
        if self.raw_quotes {
            quoted.push(quote);
        }
    }

    /// `<<` keeps the blanks behind it in the word.
    fn heredoc_sign(&mut self) -> String {
        self.rest.next();
        if self.peek() != Some('<') {
            return "<".to_owned();
        }
        self.rest.next();
        let mut sign = "<<".to_owned();
        while let Some(c @ ('\t' | '\r' | ' ')) = self.peek() {
            sign.push(c);
            self.rest.next();
        }
        sign
    }

    fn dollar(&mut self) -> Lexed<String> {
        self.rest.next();
        if self.peek() != Some('{') {
            return Ok(format!("${}", self.name()));
        }
        self.rest.next();
        match self.peek() {
            None => return Err("syntax error: missing '}'".into()),
            Some('{' | '}' | ':') => return Err("syntax error: bad substitution".into()),
            Some(_) => {}
        }
        let name = self.name();
        let modifier = self.rest.next();
        match modifier {
            Some('}') => Ok(format!("${{{name}}}")),
            Some(':') => {
                let second = self.rest.next();
                let second_shown = second.unwrap_or(char::REPLACEMENT_CHARACTER);
                if let Some('#' | '%') = second {
                    return Err(unsupported(&format!(":{second_shown}")));
                }
                let word = self.nested('}', false, "}")?;
                Ok(format!("${{{name}:{second_shown}{word}}}"))
            }
            Some(c @ ('+' | '-' | '?')) => {
                let word = self.nested('}', false, "}")?;
                Ok(format!("${{{name}{c}{word}}}"))
            }
            Some(c @ ('#' | '%')) => {
                let word = self.nested('}', true, "}")?;
                Ok(format!("${{{name}{c}{word}}}"))
            }
            Some('/') => {
                if self.peek() == Some('/') {
                    self.rest.next();
                }
                let pattern = self.nested('/', true, "/")?;
                let replacement = self.nested('}', true, "}")?;
                Ok(format!("${{{name}/{pattern}/{replacement}}}"))
            }
            other => {
                let shown = other.unwrap_or(char::REPLACEMENT_CHARACTER);
                Err(unsupported(&shown.to_string()))
            }
        }
    }

    /// A word inside `${…}`.
    fn nested(&mut self, stop: char, raw_escapes: bool, missing: &str) -> Lexed<String> {
        if self.depth >= MAX_WORD_NESTING {
            return Err("syntax error: bad substitution".into());
        }
        self.depth += 1;
        let result = self.until(Some(stop), raw_escapes, &mut Vec::new());
        self.depth -= 1;
        result.map_err(|problem| match (self.peek(), missing) {
            (None, "/") => "syntax error: missing '/' in ${}".into(),
            (None, _) => "syntax error: missing '}'".into(),
            _ => problem,
        })
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.peek() {
            Some(c) if is_digit(c) => {
                while let Some(c) = self.peek().filter(|&c| is_digit(c)) {
                    name.push(c);
                    self.rest.next();
                }
            }
            Some(c @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
                self.rest.next();
                name.push(c);
            }
            _ => {
                while let Some(c) = self
                    .peek()
                    .filter(|&c| is_letter(c) || is_digit(c) || c == '_')
                {
                    name.push(c);
                    self.rest.next();
                }
            }
        }
        name
    }
}

fn unclosed(kind: &str) -> String {
    format!("unexpected end of statement while looking for matching {kind}-quote")
}

fn unsupported(modifier: &str) -> String {
    format!("unsupported modifier ({modifier}) in substitution")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        let found = openers(line).unwrap();
        found.into_iter().map(|heredoc| heredoc.name).collect()
    }

    #[test]
    fn quoted_signs_are_no_heredocs() {
        assert_eq!(names("RUN cat <<A 3<<-\"B\" > x"), ["A", "B"]);
        assert_eq!(
            names("RUN echo '<<A' \"<<B\" \\<<C x<<D <<<E"),
            Vec::<String>::new()
        );
        assert_eq!(names("RUN cat << 'A B'"), ["A B"]);
        assert_eq!(names("RUN echo 'open <<A"), Vec::<String>::new());
        assert_eq!(names("RUN echo ${x:-\"a} <<A"), Vec::<String>::new());
    }

    #[test]
    fn a_quoted_word_is_not_expanded() {
        let read = |text: &str| read(text).unwrap().unwrap();
        assert!(read("<<EOF").expand);
        assert!(!read("<<'EOF'").expand);
        assert!(!read("<<E\"O\"F").expand);
        assert!(read("<<E\\'OF").expand);
        assert_eq!(read("12<<-EOF").fd, 12);
        assert!(read("12<<-EOF").chomp);
    }

    #[test]
    fn chomp_removes_tabs_of_every_line() {
        assert_eq!(chomp(b"\t\ta\n\t\n b\n\tc"), b"a\n\n b\nc");
    }

    #[test]
    fn deep_nesting_ends() {
        assert_eq!(
            names(&format!("RUN {} <<A", "${a:-".repeat(100_000))),
            Vec::<String>::new()
        );
    }
}
