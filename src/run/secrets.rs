//! Secrets of a step, which no request that is kept may have in it.

use crate::limits::MIN_SECRET_BYTES;

/// The secrets of a step, as far as they can be found in a request: those that are one word.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<Vec<u8>>);

impl Secrets {
    /// Remembers a secret. A short one is in many requests that do not carry it.
    pub(super) fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.len() >= MIN_SECRET_BYTES && !value.iter().any(u8::is_ascii_whitespace) {
            self.0.push(value.to_owned());
            self.0.push(percent_encoded(value));
        }
    }

    /// Whether `bytes` have one of them in them.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|secret| {
            let mut places = bytes.windows(secret.len());
            places.any(|place| place == secret)
        })
    }
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
