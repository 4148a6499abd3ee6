//! Dockerfiles before and after `--fix`: testdata/check/fix/*.cases.
//!
//! ```text
//! #= name of the case
//! the file before
//! #=> or "#=> unsafe" for --unsafe-fixes
//! the file afterwards; nothing for one that stays as it is
//! ```

use std::collections::BTreeSet;
use std::fs;

use dockerfile_llb::internals::check::catalogue;
use dockerfile_llb::internals::check::{Images, Selector, Settings, fix};

use super::{files, input, settings};

#[test]
fn cases_are_mended_as_listed() {
    let settings = Settings {
        // Nothing is known about images, but for distributions.
        images: Images::default(),
        ..settings(true)
    };
    let input = input(&[Selector::All]);
    let (mut fixed_rules, mut wrong) = (BTreeSet::new(), Vec::new());
    for path in files("testdata/check/fix", "cases") {
        let text = fs::read_to_string(&path).unwrap();
        for case in text.split("#= ").skip(1) {
            let (name, rest) = case.split_once('\n').unwrap();
            let (before, after) = rest.split_once("#=>").unwrap();
            let (how, after) = after.split_once('\n').unwrap();
            let expected = if after.is_empty() { before } else { after };
            let fixed = fix(before.as_bytes(), &settings, &input, how == " unsafe");
            let actual = String::from_utf8(fixed.bytes.clone()).unwrap();
            if actual != expected {
                let path = path.display();
                wrong.push(format!("{path}: {name}:\n{actual}{:?}", fixed.refused));
            }
            fixed_rules.extend(fixed.fixed.into_keys().map(String::from));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let fixable = catalogue::all().filter(|entry| entry.rule.fixable);
    let fixable: BTreeSet<String> = fixable.map(|entry| entry.rule.name.to_owned()).collect();
    assert_eq!(fixed_rules, fixable, "rules that say they are fixable");
}

#[test]
fn line_ends_and_odd_bytes_stay() {
    let input = input(&[Selector::All]);
    let before = b"\xef\xbb\xbfFROM alpine as a\r\n# \xff\r\nENV A b \\\r\n c\r\n";
    let after = b"\xef\xbb\xbfFROM alpine AS a\r\n# \xff\r\nENV A=\"b \\\r\n c\"\r\n";
    let fixed = fix(before, &settings(true), &input, false);
    assert_eq!(
        fixed.bytes.escape_ascii().to_string(),
        after.escape_ascii().to_string()
    );
}
