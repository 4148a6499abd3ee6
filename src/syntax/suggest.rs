//! "Did you mean": the nearest of a few words by edit distance.

use super::go_text::{to_lower, to_upper};

/// Distances from here on are not similar.
const TOO_FAR: usize = 3;

/// The option nearest to `word`, at most two edits away. No suggestion for an exact match.
///
/// The reference walks its options in random order, so a tie may differ there; here the first
/// option wins.
pub(crate) fn nearest(word: &str, options: &[&str]) -> Option<String> {
    let word: Vec<char> = word.chars().collect();
    let mut best = None;
    let mut best_distance = TOO_FAR;
    for option in options {
        // a difference in length is a lower bound
        if option.len().abs_diff(word.len()) >= TOO_FAR {
            continue;
        }
        let distance = distance(&word, option);
        if distance == 0 {
            return None;
        }
        if distance < best_distance {
            best_distance = distance;
            best = Some((*option).to_owned());
        }
    }
    best
}

/// Like [`nearest`] whatever the case; the answer takes the case of `word` if it has one.
/// `options` are in lower case.
pub(crate) fn nearest_any_case(word: &str, options: &[&str]) -> Option<String> {
    let lower = to_lower(word);
    let found = nearest(&lower, options)?;
    if word == lower {
        return Some(found);
    }
    if word == to_upper(word) {
        return Some(to_upper(&found).into_owned());
    }
    Some(found)
}

/// Levenshtein distance; `option` is ASCII.
fn distance(word: &[char], option: &str) -> usize {
    let mut row: Vec<usize> = (0..=option.len()).collect();
    for (i, &c) in word.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, o) in row.iter_mut().skip(1).zip(option.chars()) {
            let substituted = diagonal + usize::from(o != c);
            diagonal = *cell;
            left = substituted.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_below_three_edits() {
        let options = ["from", "chown", "link"];
        assert_eq!(nearest("form", &options).as_deref(), Some("from"));
        assert_eq!(nearest("fr", &options).as_deref(), Some("from"));
        assert_eq!(nearest("f", &options), None);
        assert_eq!(nearest("from", &options), None);
    }

    #[test]
    fn case_of_the_word_is_kept() {
        assert_eq!(nearest_any_case("FORM", &["from"]).as_deref(), Some("FROM"));
        assert_eq!(nearest_any_case("Form", &["from"]).as_deref(), Some("from"));
        assert_eq!(nearest_any_case("form", &["from"]).as_deref(), Some("from"));
    }
}
