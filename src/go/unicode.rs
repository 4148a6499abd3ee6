//! Character classes and case, as Go's `unicode` and `strconv` see them.

mod tables;

/// `unicode.IsSpace`: the White_Space property, U+0085 and U+00A0 included.
pub fn is_space(character: char) -> bool {
    character.is_whitespace()
}

/// `unicode.IsLetter`.
pub fn is_letter(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphabetic()
    } else {
        contains(tables::LETTERS, character)
    }
}

/// `unicode.IsDigit`.
pub fn is_digit(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_digit()
    } else {
        contains(tables::DIGITS, character)
    }
}

/// `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub fn is_print(character: char) -> bool {
    if character.is_ascii() {
        matches!(character, ' '..='~')
    } else {
        contains(tables::GRAPHIC, character)
    }
}

fn contains(ranges: &[(u32, u32)], character: char) -> bool {
    let code = u32::from(character);
    ranges
        .binary_search_by(|&(start, end)| {
            if end < code {
                std::cmp::Ordering::Less
            } else if start > code {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

/// `unicode.ToLower`: one character for one.
pub fn to_lower(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    match character.to_lowercase().next() {
        Some(lower) if is_print(lower) && is_print(character) => lower,
        _ => character,
    }
}

/// `unicode.ToUpper`: one character for one, so `ß` stays.
pub fn to_upper(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_uppercase();
    }
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        // What is not a character in our version of Unicode is nobody's upper case.
        (Some(upper), None) if is_print(upper) && is_print(character) => upper,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_the_older_tables() {
        assert!(is_letter('ß') && is_letter('中') && !is_letter('1'));
        // A letter since Unicode 16.
        assert!(!is_letter('\u{105C0}'));
        assert!(is_digit('٣') && !is_digit('½'));
        assert!(is_print('é') && !is_print('\u{A0}') && !is_print('\u{200B}'));
    }
}
