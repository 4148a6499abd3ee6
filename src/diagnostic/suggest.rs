//! "Did you mean …?": the nearest of several names.

use std::borrow::Cow;

use crate::go::byte_text::Text;
use crate::go::text::{to_lower, to_upper};

/// Names further away than this are not suggested.
const MAX_DISTANCE: usize = 2;

/// Whether case makes a difference between names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// `run` is not `RUN`.
    Sensitive,
    /// `run` is `RUN`; the suggestion is given in the case of the name, if that has one.
    Insensitive,
}

/// The first of the options that are nearest to `name`.
///
/// `None` if none is near, or if one met before a nearer one is the name itself: the name is not
/// what is wrong then.
pub fn suggest<I, S>(name: &str, options: I, case: Case) -> Option<String>
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let wanted = fold(name, case);
    let mut nearest: Option<String> = None;
    let mut bound = MAX_DISTANCE;
    for option in options {
        let option = fold(option.as_ref(), case);
        if option == wanted {
            return None;
        }
        let Some(distance) = distance_within(&wanted, &option, bound) else {
            continue;
        };
        nearest = Some(match case {
            Case::Sensitive => option.into_owned(),
            Case::Insensitive => like(&option, name).into_owned(),
        });
        // Only a nearer one replaces it; nothing but the name itself is nearer than 1.
        bound = distance - 1;
    }
    nearest.filter(|nearest| !nearest.is_empty())
}

/// `text`, with ` (did you mean X?)` if there is a suggestion.
pub fn with_suggestion(text: impl Into<Text>, nearest: Option<&str>) -> Text {
    let text = text.into();
    match nearest {
        Some(nearest) => Text::concat([
            text.as_bytes(),
            b" (did you mean ",
            nearest.as_bytes(),
            b"?)",
        ]),
        None => text,
    }
}

fn fold(text: &str, case: Case) -> Cow<'_, str> {
    match case {
        Case::Sensitive => Cow::Borrowed(text),
        Case::Insensitive => to_lower(text),
    }
}

/// `text` in lower or upper case, if `name` is.
fn like<'t>(text: &'t str, name: &str) -> Cow<'t, str> {
    if to_lower(name) == name {
        to_lower(text)
    } else if to_upper(name) == name {
        to_upper(text)
    } else {
        Cow::Borrowed(text)
    }
}

/// Insertions, deletions and substitutions of characters that lead from one text to the other;
/// `None` if there are more than `bound`.
fn distance_within(left: &str, right: &str, bound: usize) -> Option<usize> {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    if left.len().abs_diff(right.len()) > bound {
        return None;
    }
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(previous.len());
        current.push(row + 1);
        let mut least = row + 1;
        let pairs = previous.iter().zip(previous.iter().skip(1));
        for (to, (&diagonal, &above)) in right.iter().zip(pairs) {
            let before = current.last().copied().unwrap_or_default();
            let cost = (diagonal + usize::from(from != to))
                .min(above + 1)
                .min(before + 1);
            least = least.min(cost);
            current.push(cost);
        }
        // No row ends lower than the least of the row above it.
        if least > bound {
            return None;
        }
        previous = current;
    }
    previous
        .last()
        .copied()
        .filter(|distance| *distance <= bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_nearest_wins() {
        let options = ["cache", "bind", "tmpfs", "secret", "ssh"];
        assert_eq!(
            suggest("cahe", options, Case::Sensitive).as_deref(),
            Some("cache")
        );
        assert_eq!(
            suggest("bnid", options, Case::Sensitive).as_deref(),
            Some("bind")
        );
        assert_eq!(suggest("volume", options, Case::Sensitive), None);
        assert_eq!(
            suggest("ab", ["ac", "abc"], Case::Sensitive).as_deref(),
            Some("ac")
        );
        assert_eq!(
            suggest("x", ["a", "b"], Case::Sensitive).as_deref(),
            Some("a")
        );
    }

    #[test]
    fn an_exact_name_stops_the_search() {
        assert_eq!(suggest("bind", ["bond", "bind"], Case::Sensitive), None);
        assert_eq!(suggest("RUN", ["run"], Case::Insensitive), None);
    }

    #[test]
    fn case_follows_the_name() {
        assert_eq!(
            suggest("FORM", ["from"], Case::Insensitive).as_deref(),
            Some("FROM")
        );
        assert_eq!(
            suggest("Form", ["FROM"], Case::Insensitive).as_deref(),
            Some("from")
        );
        assert_eq!(suggest("FORM", ["from"], Case::Sensitive), None);
        assert_eq!(
            with_suggestion(
                "no such stage",
                suggest("biuld", ["build"], Case::Sensitive).as_deref()
            ),
            "no such stage (did you mean build?)"
        );
    }
}
