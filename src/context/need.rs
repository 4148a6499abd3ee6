//! What must be known from outside, as data: a compiler asks [`Need`]s, it is given [`Answer`]s.
//!
//! Owns the questions and the memory of what was answered. Knows no network, no daemon and no file
//! system: a gateway, a registry, a metadata file and a lockfile all answer the same questions.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::collect::CollectSmall as _;
use crate::image::{Platform, Timestamp};
use crate::llb::{OciStore, ResolveMode, SourceDescription};
use crate::remote::{Pin, RemoteSource};

/// Metadata of one image for one platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageNeed {
    /// Normalised reference with tag or digest: `docker.io/library/alpine:3.20`.
    pub reference: String,
    /// Platform whose config is wanted; `None` leaves the choice to the resolver.
    pub platform: Option<Platform>,
    /// How to resolve; `None` for questions that leave it to the resolver: those about OCI layouts, and about what
    /// `SOURCE_DATE_EPOCH` names.
    pub resolve_mode: Option<ResolveMode>,
    /// Name of the step in the client's progress.
    pub log_name: String,
    /// The named context that it is, if it is one: the name that a client gave.
    pub context: Option<String>,
    /// Set when the image comes out of an OCI layout instead of a registry.
    pub oci_store: Option<OciStore>,
}

/// One question. Equal needs have equal answers within a build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Need {
    /// Digest and config of an image; answered by [`Answer::Image`].
    Image(ImageNeed),
    /// The ignore file at the root of the main context, a local source; answered by [`Answer::File`].
    ContextIgnoreFile {
        /// Name of the local source.
        local: String,
        /// Session that offers it.
        session_id: Option<String>,
    },
    /// The ignore file at the root of a local named context; answered by [`Answer::File`].
    NamedContextIgnoreFile {
        /// Name of the local source.
        local: String,
        /// Name of the context, with `::platform` where the client gave one.
        context: String,
        /// Session that offers it.
        session_id: Option<String>,
    },
    /// The frontend input of that name; answered by [`Answer::Input`].
    Input {
        /// Key of the input.
        name: String,
    },
    /// Time of a remote source: the commit time of a git source, `Last-Modified` of an HTTP one, or the
    /// newest file of the archive behind it; answered by [`Answer::Time`].
    SourceTime {
        /// The source op.
        source: SourceDescription,
        /// Name of the step in the client's progress.
        log_name: String,
    },
    /// What a git repository or a file on the web is held to; answered by [`Answer::Pin`]. Asked only by
    /// [`Answers::with_pins`].
    Pin(RemoteSource),
}

/// Digest and config of an image.
#[derive(Clone, Debug)]
pub struct ImageMeta {
    /// The reference as the resolver gives it back; a source policy may have changed it.
    pub reference: String,
    /// Digest of what the reference names: the index where there is one. `sha256:<hex>`.
    pub digest: Option<String>,
    /// The image config, JSON.
    pub config: Arc<[u8]>,
}

/// What came of an [`ImageNeed`].
#[derive(Clone, Debug)]
pub enum ImageAnswer {
    /// The image.
    Found(ImageMeta),
    /// A source policy turned the image into another source, whose identifier this is.
    NotAnImage {
        /// Identifier such as `https://host/path`.
        updated: String,
    },
}

/// Why a question could not be answered. The message reaches the user as it is.
#[derive(Clone, Debug)]
pub struct AnswerError {
    /// Text of the failure.
    pub message: String,
    /// The resolver's own error, handed back unchanged with what comes of it.
    pub cause: Option<Arc<dyn Any + Send + Sync>>,
}

impl AnswerError {
    /// A failure that is only text.
    pub fn new(message: impl Into<String>) -> Self {
        AnswerError {
            message: message.into(),
            cause: None,
        }
    }
}

/// Answers to the variants of [`Need`], by name.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// For [`Need::Image`].
    Image(Result<ImageAnswer, AnswerError>),
    /// For the ignore files: `None` when the file does not exist.
    File(Result<Option<Arc<[u8]>>, AnswerError>),
    /// For [`Need::Input`]: `None` when there is no such input.
    Input(Result<Option<crate::llb::State>, AnswerError>),
    /// For [`Need::SourceTime`]: the time with the offset it was written with, which shows in the
    /// history of images; `None` when the source tells none.
    Time(Result<Option<Timestamp>, AnswerError>),
    /// For [`Need::Pin`]: `None` when the source is held to nothing.
    Pin(Option<Pin>),
}

/// Everything answered so far.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    known: BTreeMap<Need, Answer>,
    /// Sources over the network are asked about.
    asks_pins: bool,
}

impl Answers {
    /// No answers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The answers of a lock: what each of these sources is held to. A compilation asks for the pin of every other
    /// source over the network, which it does not do without a lock.
    pub fn with_pins(pins: impl IntoIterator<Item = (RemoteSource, Pin)>) -> Self {
        let pins = pins.into_iter();
        Answers {
            known: pins
                .map(|(source, pin)| (Need::Pin(source), Answer::Pin(Some(pin))))
                .collect_small(),
            asks_pins: true,
        }
    }

    /// Whether sources over the network are asked about.
    #[cfg(feature = "compile")]
    pub(crate) fn asks_pins(&self) -> bool {
        self.asks_pins
    }

    /// What `source` is held to. A need that must be answered first goes to `missing`.
    pub(crate) fn pin(&self, source: RemoteSource, missing: &mut BTreeSet<Need>) -> Option<&Pin> {
        let need = Need::Pin(source);
        match self.known.get(&need) {
            Some(Answer::Pin(pin)) => return pin.as_ref(),
            _ if self.asks_pins => drop(missing.insert(need)),
            _ => {}
        }
        None
    }

    /// Remembers `answer`; a second answer to the same need replaces the first.
    pub fn insert(&mut self, need: Need, answer: Answer) {
        self.known.insert(need, answer);
    }

    /// The answer to `need`, if it is known.
    pub fn get(&self, need: &Need) -> Option<&Answer> {
        self.known.get(need)
    }

    /// Every need and its answer, in the order of needs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Need, &Answer)> {
        self.known.iter()
    }
}
