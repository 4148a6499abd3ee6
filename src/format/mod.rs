//! One way to write Dockerfiles: white space and the casing of words, never what is built.
//!
//! ```text
//! bytes -> lossless tree -> edits (layout) -> bytes -> the same meaning? (meaning)
//! ```
//!
//! Everything that reaches an op or the image's config stays: shell commands with their white space,
//! triggers, heredocs, values. So do comments, directives, line ends and what a lint rule has to say
//! about (an empty line between continued ones). Between comments `# fmt: off` and `# fmt: on` all stays. docs/fmt.md lists the rules. Knows no files.

mod layout;
mod lines;
mod meaning;
mod off;

pub(crate) use off::off;

use crate::source::{Edit, Span, apply};
use crate::syntax::{self, ParseError, Tree};

/// Why a file stays as it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// It is not a Dockerfile: all that is wrong with it, first what the reference reports.
    #[error("{}", .0.first().map_or("no Dockerfile", |error| error.message.as_str()))]
    Rejected(Vec<ParseError>),
    /// What the rules make of it would not mean the same, which is a mistake in a rule.
    #[error("formatting would change what this file means; please report it")]
    Meaning,
}

/// Gives a file the usual layout. What is fine already comes back as it is; formatting twice is
/// formatting once.
///
/// ```
/// let formatted = dockerfile_llb::format::format(b"from  scratch\n\n\n\ncopy a\t/ \\\n").unwrap();
/// assert_eq!(formatted, b"FROM scratch\n\n\nCOPY a / \\\n");
/// ```
///
/// # Errors
///
/// [`FormatError::Rejected`] for a file that does not parse.
pub fn format(source: &[u8]) -> Result<Vec<u8>, FormatError> {
    let (parsed, tree) = syntax::parse_with_tree(source);
    if !parsed.errors.is_empty() {
        return Err(FormatError::Rejected(parsed.errors));
    }
    let edits = wanted(source, &tree);
    if edits.is_empty() {
        return Ok(source.to_vec());
    }
    let formatted = apply(source, edits).bytes;
    let (parsed_again, tree_again) = syntax::parse_with_tree(&formatted);
    let before = meaning::of(source, &parsed, &tree);
    match before == meaning::of(&formatted, &parsed_again, &tree_again) {
        true => Ok(formatted),
        false => Err(FormatError::Meaning),
    }
}

/// The edits that [`format()`] makes, by place; none when the file is fine. Does not look at errors.
pub fn edits(source: &[u8]) -> Vec<Edit> {
    wanted(source, &syntax::tree(source))
}

/// The edits outside of what comments ask to leave alone.
fn wanted(source: &[u8], tree: &Tree) -> Vec<Edit> {
    let off = off::spans(source, tree);
    let is_off = |edit: &Edit| {
        let inside = |off: &Span| off.start <= edit.span.start && edit.span.end <= off.end;
        off.iter().any(inside)
    };
    let mut edits = layout::edits(source, tree);
    edits.retain(|edit| !is_off(edit));
    edits
}
