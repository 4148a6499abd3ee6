//! How words are expanded where it is not the usual way.

/// What becomes of quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quotes {
    /// They group characters and vanish.
    #[default]
    Remove,
    /// They group characters and stay.
    Keep,
    /// They are characters like any other.
    Literal,
}

/// What becomes of escape tokens outside single quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escapes {
    /// They vanish.
    #[default]
    Remove,
    /// They stay, and still protect the next character.
    Keep,
}

/// What becomes of a variable that is not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unset {
    /// It gives the empty string.
    #[default]
    Empty,
    /// The reference to it stays as written.
    Keep,
}
