//! Secrets of a step: no request that is kept may have one in it, and no message shows one.

use std::fmt;

use crate::limits::{MIN_PART_BYTES, MIN_SECRET_BYTES};

/// What stands in a message for a secret.
const MASK: &str = "***";

/// The secrets of a step, as far as they can be found in a request: those that are one word, and of files such as
/// `.netrc` what looks like a token.
#[derive(Default)]
pub(super) struct Secrets(Vec<Vec<u8>>);

/// How many, and nothing else.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// Remembers a secret. A short one is in many requests that do not carry it.
    pub(super) fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.iter().any(u8::is_ascii_whitespace) || value.contains(&b'=') {
            let parts = value.split(|byte| !is_of_token(*byte));
            parts
                .filter(|part| looks_like_token(part))
                .for_each(|part| self.add_word(part));
        }
        if value.len() >= MIN_SECRET_BYTES && !value.iter().any(u8::is_ascii_whitespace) {
            self.add_word(value);
        }
    }

    fn add_word(&mut self, word: &[u8]) {
        for form in [word.to_owned(), percent_encoded(word)] {
            if !self.0.contains(&form) {
                self.0.push(form);
            }
        }
        // What is a part of another is masked after it.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// Whether `bytes` have one of them in them.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|secret| {
            let mut places = bytes.windows(secret.len());
            places.any(|place| place == secret)
        })
    }

    /// `text` without them.
    pub(super) fn masked(&self, text: &str) -> String {
        let words = self
            .0
            .iter()
            .filter_map(|secret| std::str::from_utf8(secret).ok());
        words.fold(text.to_owned(), |text, word| text.replace(word, MASK))
    }
}

/// Characters of tokens and keys; what is between them in a file is not.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_+~".contains(&byte)
}

/// Letters and digits, and not short: names of hosts, users and settings mostly lack one of these.
fn looks_like_token(part: &[u8]) -> bool {
    part.len() >= MIN_PART_BYTES
        && part.iter().any(u8::is_ascii_alphabetic)
        && part.iter().any(u8::is_ascii_digit)
}

/// Bytes as a query has them: all but letters, digits and `-._~` by number.
fn percent_encoded(value: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for byte in value {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) => encoded.push(*byte),
            byte => encoded.extend(format!("%{byte:02X}").into_bytes()),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        values
            .iter()
            .for_each(|value| secrets.add(value.as_bytes()));
        secrets
    }

    #[test]
    fn tokens_of_files_are_found_and_names_are_not() {
        let secrets = of(&[
            "machine registry.example.com login me password NL1SECRET\n",
            "//registry.npmjs.org/:_authToken=npm_abcDEF0123456789\nregistry=https://registry.npmjs.org/\n",
            "[global]\nindex-url = https://me:pypi-AgEIcHlwaS5@pypi.example.com/simple\n",
            "TOKEN=ghp_16C7e42F292c",
        ]);
        for kept in [
            "NL1SECRET",
            "npm_abcDEF0123456789",
            "pypi-AgEIcHlwaS5",
            "ghp_16C7e42F292c",
        ] {
            assert!(
                secrets.are_in(format!("https://h/x?k={kept}").as_bytes()),
                "{kept}"
            );
        }
        for open in [
            "https://registry.npmjs.org/left-pad",
            "https://pypi.example.com/simple/pip/",
            "https://registry.example.com/password/index-url",
        ] {
            assert!(!secrets.are_in(open.as_bytes()), "{open}");
        }
    }

    #[test]
    fn messages_show_no_secret() {
        let secrets = of(&[
            "hunter22",
            "hunter22-and-more",
            "a b/c",
            "short",
            "blank+plus",
        ]);
        assert_eq!(
            secrets.masked("GET http://h/hunter22-and-more/hunter22?x=blank%2Bplus&y=short"),
            "GET http://h/***/***?x=***&y=short"
        );
    }
}
