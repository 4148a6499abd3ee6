//! How a build uses an image: the words of `used-by`.

use std::fmt;

use crate::plan::UseKind;

/// How a build uses an image. The order is that of the words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageRole {
    /// A named context of this name.
    Context(String),
    /// `COPY --from`
    CopyFrom,
    /// `FROM`
    From,
    /// A trigger of a base image.
    Onbuild,
    /// `RUN --mount=from=`
    RunMount,
    /// The SBOM scanner.
    Sbom,
    /// The frontend, of `# syntax=`.
    Syntax,
    /// A word that this version does not know.
    Other(String),
}

/// The words that need no name.
const WORDS: [(&str, ImageRole); 6] = [
    ("copy-from", ImageRole::CopyFrom),
    ("from", ImageRole::From),
    ("onbuild", ImageRole::Onbuild),
    ("run-mount", ImageRole::RunMount),
    ("sbom", ImageRole::Sbom),
    ("syntax", ImageRole::Syntax),
];

impl ImageRole {
    /// The role that a word of a lock names.
    pub fn parse(word: &str) -> Self {
        if let Some(name) = word.strip_prefix("context:") {
            return ImageRole::Context(name.to_owned());
        }
        let known = WORDS.into_iter().find(|(known, _)| *known == word);
        known.map_or_else(|| ImageRole::Other(word.to_owned()), |(_, role)| role)
    }
}

impl fmt::Display for ImageRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageRole::Context(name) => write!(f, "context:{name}"),
            ImageRole::Other(word) => f.write_str(word),
            role => {
                let known = WORDS.iter().find(|(_, known)| known == role);
                f.write_str(known.map_or("", |(word, _)| word))
            }
        }
    }
}

impl From<UseKind> for ImageRole {
    fn from(kind: UseKind) -> Self {
        match kind {
            UseKind::From => ImageRole::From,
            UseKind::CopyFrom => ImageRole::CopyFrom,
            UseKind::RunMount => ImageRole::RunMount,
            UseKind::Onbuild => ImageRole::Onbuild,
        }
    }
}
