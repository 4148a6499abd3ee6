//! Laws of Go's formats and parsers, for any input.

use dockerfile_llb::internals::diagnostic::suggest::{Case, suggest};
use dockerfile_llb::internals::go::{csv, json, number, path, quote, text, time, units, url, utf8};
use proptest::prelude::*;

/// Reads what `quote` or `json::string` wrote; both use a subset of these escapes.
fn unquote(quoted: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut characters = quoted[1..quoted.len() - 1].chars();
    while let Some(character) = characters.next() {
        let escape = match character {
            '\\' => characters.next().expect("an escape"),
            other => {
                out.extend(other.to_string().bytes());
                continue;
            }
        };
        let mut hex = |digits: usize| {
            let digits: String = characters.by_ref().take(digits).collect();
            u32::from_str_radix(&digits, 16).expect("hexadecimal digits")
        };
        match escape {
            'x' => out.push(u8::try_from(hex(2)).expect("a byte")),
            'u' => out.extend(
                char::from_u32(hex(4))
                    .expect("a character")
                    .to_string()
                    .bytes(),
            ),
            'U' => out.extend(
                char::from_u32(hex(8))
                    .expect("a character")
                    .to_string()
                    .bytes(),
            ),
            'a' => out.push(7),
            'b' => out.push(8),
            't' => out.push(9),
            'n' => out.push(10),
            'v' => out.push(11),
            'f' => out.push(12),
            'r' => out.push(13),
            other => out.extend(other.to_string().bytes()),
        }
    }
    out
}

proptest! {
    #[test]
    fn quoting_loses_nothing(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
        let quoted = quote::quote(&bytes);
        prop_assert!(!quoted.contains(char::is_control));
        prop_assert_eq!(unquote(&quoted), bytes);
    }

    #[test]
    fn json_keeps_text_and_replaces_bytes(bytes in prop::collection::vec(any::<u8>(), 0..30)) {
        let written = json::string(&bytes);
        let escaped = ['<', '>', '&', '\u{2028}', '\u{2029}', '\n'];
        prop_assert!(!written.contains(escaped));
        prop_assert_eq!(unquote(&written), utf8::to_valid(&bytes).into_owned().into_bytes());
    }

    #[test]
    fn text_survives_quoting(text in "\\PC{0,30}") {
        prop_assert_eq!(unquote(&quote::quote(&text)), text.as_bytes());
        prop_assert_eq!(unquote(&json::string(&text)), text.as_bytes());
    }

    #[test]
    fn clean_paths_stay(path in "[a./]{0,16}") {
        let clean = path::clean(&path);
        prop_assert_eq!(&*path::clean(&clean), &*clean);
        prop_assert_eq!(path::is_abs(&clean), path::is_abs(&path));
        prop_assert!(clean == "/" || !clean.ends_with('/'));
        prop_assert!(!clean.contains("//") && !clean.contains("/./"));
        prop_assert!(!path::is_abs(&clean) || !clean.split('/').any(|element| element == ".."), "{}", clean);
    }

    #[test]
    fn a_path_is_its_directory_and_its_base(path in "[a./]{0,16}") {
        let clean = path::clean(&path);
        if !clean.ends_with("..") {
            prop_assert_eq!(path::join(&[&*path::dir(&clean), path::base(&clean)]), &*clean);
        }
    }

    #[test]
    fn durations_survive_printing(nanoseconds in any::<i64>()) {
        // Fractions of large durations go through floating point, as in Go: whole milliseconds are exact.
        let duration = time::Duration(nanoseconds / 1_000_000 * 1_000_000);
        prop_assert_eq!(time::parse_duration(&duration.to_string()), Ok(duration));
    }

    #[test]
    fn any_text_is_a_duration_a_size_or_an_error(text in "[-+0-9.a-zµ_ ]{0,12}") {
        let _ = time::parse_duration(&text);
        let _ = units::ram_in_bytes(&text);
        let _ = units::parse_ulimit(&format!("cpu={text}"));
        let _ = number::parse_float(&text);
    }

    #[test]
    fn integers_survive_printing(value in any::<i64>()) {
        prop_assert_eq!(number::atoi(&value.to_string()), Ok(value));
        prop_assert_eq!(number::parse_int(&value.to_string(), 10, 32).ok(), i32::try_from(value).ok().map(i64::from));
        prop_assert_eq!(number::parse_uint(&format!("{:o}", value.unsigned_abs()), 8, 64), Ok(value.unsigned_abs()));
    }

    #[test]
    fn records_survive_quoting(fields in prop::collection::vec("[a,\" é]{0,6}", 1..5)) {
        let quoted = fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\"")));
        let record = quoted.collect::<Vec<_>>().join(",");
        prop_assert_eq!(csv::fields(&record).unwrap(), fields);
    }

    #[test]
    fn plain_records_are_split_at_commas(record in "[a=, é]{1,20}") {
        let fields: Vec<String> = record.split(',').map(str::to_owned).collect();
        prop_assert_eq!(csv::fields(&record).unwrap(), fields);
    }

    #[test]
    fn printed_urls_are_read_as_the_same(address in "(https?://|ssh://git@|//|/)?[a-z0-9:@/?#%&=. \\[\\]é-]{0,24}") {
        if let Ok(address) = url::Url::parse(&address) {
            let printed = address.to_string();
            let again = url::Url::parse(&printed);
            prop_assert_eq!(again.map(|again| again.to_string()), Ok(printed));
        }
    }

    #[test]
    fn folding_is_symmetric(left in "\\PC{0,4}", right in "\\PC{0,4}") {
        prop_assert_eq!(text::equal_fold(&left, &right), text::equal_fold(&right, &left));
        prop_assert!(text::equal_fold(&left, &text::to_lower(&left)));
        prop_assert!(text::equal_fold(&left, &text::to_upper(&left)));
    }

    #[test]
    fn one_edit_is_near_enough(name in "[a-z]{3,10}", at in 0usize..3, edit in "[A-Z]?") {
        let mut edited = name.clone();
        edited.replace_range(at..=at, &edit);
        prop_assert_eq!(suggest(&edited, [&name], Case::Sensitive), Some(name.clone()));
        let far = format!("{edited}XYZ");
        prop_assert_eq!(suggest(&far, [&name], Case::Sensitive), None);
    }
}
