//! Heredocs: which words of a line open one, and what such a word says.
//!
//! The reference finds them with its shell lexer, always with `\` as the escape token and with no
//! variable set: references to variables stay as written.

use super::error::Fault;
use super::grammar;
use crate::diagnostic::ErrorCode;
use crate::expand::{Env, Escapes, ExpandError, Expander, Quotes, Unset};
use crate::source::Escape;

/// A heredoc word: `<<EOF`, `<<-EOF`, `3<<"EOF"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeredocWord {
    /// The word without quotes.
    pub name: String,
    /// File descriptor in front of `<<`, 0 when absent.
    pub fd: u64,
    /// The word was not quoted.
    pub expand: bool,
    /// `<<-`
    pub chomp: bool,
}

/// Whether a line has what opens heredocs anywhere; nearly none has.
pub(super) fn may_open(line: &[u8]) -> bool {
    memchr::memchr_iter(b'<', line).any(|at| line.get(at + 1) == Some(&b'<'))
}

/// The heredocs that a line opens, in order.
pub(super) fn openers(line: &str) -> Result<Vec<HeredocWord>, Fault> {
    // a line that cannot be lexed has none
    let words = words(line, Quotes::Keep, Escapes::Keep).unwrap_or_default();
    let mut found = Vec::new();
    for word in &words {
        if let Some(heredoc) = read(word)? {
            found.push(heredoc);
        }
    }
    Ok(found)
}

/// Reads a text that is one heredoc word; `None` when it is anything else, or cannot be read.
pub fn parse_heredoc(text: &str) -> Option<HeredocWord> {
    read(text).ok().flatten()
}

/// [`parse_heredoc`], with what keeps a word from being read.
fn read(text: &str) -> Result<Option<HeredocWord>, Fault> {
    if !looks_like_heredoc(text.as_bytes()) {
        return Ok(None);
    }
    let Some((fd, chomp, word)) = grammar::heredoc(text) else {
        return Ok(None);
    };
    let word = text.get(word).unwrap_or("");
    let names = |quotes| words(word, quotes, Escapes::Remove).map_err(unreadable);
    let unquoted = names(Quotes::Remove)?;
    let [name] = unquoted.as_slice() else {
        return Ok(None);
    };
    let quoted = names(Quotes::Keep)?;
    let [raw_name] = quoted.as_slice() else {
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

/// The shell words of a text in which no variable is set.
fn words(text: &str, quotes: Quotes, escapes: Escapes) -> Result<Vec<String>, ExpandError> {
    struct NoVariables;
    impl Env for NoVariables {
        fn get(&self, _: &str) -> Option<&str> {
            None
        }
        fn keys(&self) -> Vec<&str> {
            Vec::new()
        }
    }
    let expander = Expander {
        escape: Escape::Backslash,
        quotes,
        escapes,
        unset: Unset::Keep,
    };
    let expanded = expander.expand_words(text, &NoVariables)?;
    Ok(expanded.words)
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
fn unreadable(error: ExpandError) -> Fault {
    Fault::new(ErrorCode::InvalidHeredoc, error.message)
}

#[cold]
fn inconsistent(word: &str) -> Fault {
    let title = format!("internal lexing of heredoc produced inconsistent results: {word}");
    Fault::new(ErrorCode::InvalidHeredoc, title)
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

    #[test]
    fn a_line_of_any_length_opens_heredocs() {
        let line = format!("RUN {} ${{a}} <<A", "\\\"".repeat(1 << 20));
        assert_eq!(names(&line), ["A"]);
    }
}
