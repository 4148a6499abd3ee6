//! The frontend that runs, and the one that the lock holds.
//!
//! ```text
//! syntax line -> reference -> pin -> the one that runs: the build goes on
//!                                 -> another release of it: the build goes on, with a warning
//!                                 -> that, where the lock wants exactly its own: the build goes to the locked one, once
//!                                 -> anything else: an error
//! ```

use super::ActiveLock;
use crate::frontend::dockerfile::options::{Request, key};
use crate::frontend::dockerfile::{SYNTAX_VERSION, problem};
use crate::gateway::{Error, Result};
use crate::image::{Digest, Reference};
use crate::llb::SourceInfo;
use crate::lock::ImageRole;
use crate::lock::apply::PinnedImage;
use crate::lock::command::word;
use crate::lock::model::{FrontendPin, ImageLookup, Mode, pinned_reference};
use crate::lock::verify::{Finding, FindingKind};
use crate::source::LineRange;
use crate::syntax::DetectedDirective;

/// Option by which a build says that it was handed to the frontend of the lock: the digest of that.
pub(in crate::frontend::dockerfile) const HANDED_OVER: &str = "rdf-lock-frontend";

/// Which frontend builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::frontend::dockerfile) enum Builder {
    /// This one, with something to be said about it.
    This(Option<Finding>),
    /// That of the lock.
    Locked(LockedFrontend),
}

/// The image of a frontend, as the lock holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::frontend::dockerfile) struct LockedFrontend {
    /// Name, tag and digest.
    pub(in crate::frontend::dockerfile) image: String,
    /// The digest alone.
    pub(in crate::frontend::dockerfile) digest: String,
}

/// The frontend that a client or a syntax line names.
struct Named<'n> {
    text: &'n str,
    /// The line names it; `None` where an option does.
    location: Option<LineRange>,
}

impl ActiveLock {
    /// Which frontend builds. `own` is the image that runs, by its digest, where the daemon tells it; `line` the syntax
    /// line of the file.
    pub(in crate::frontend::dockerfile) fn builder(
        &self,
        request: &Request,
        own: Option<&str>,
        line: Option<&DetectedDirective>,
        info: &SourceInfo,
    ) -> Result<Builder> {
        if !self.mode.is_strict() {
            return Ok(Builder::This(None));
        }
        let own = own.and_then(|own| Reference::parse_normalized(own).ok());
        let named = named(request, line);
        self.choose(request, own.as_ref(), named.as_ref())
            .map_err(|error| {
                let location = named.and_then(|named| named.location);
                match location.or(line.map(|line| line.location)) {
                    Some(location) => problem::at(error, info, &[location]),
                    None => error,
                }
            })
    }

    /// Whether only the frontend of the lock may build.
    fn wants_exactly_its_own(&self) -> bool {
        self.mode == Mode::Hermetic || self.lock.frontend == FrontendPin::Exact
    }

    fn choose(
        &self,
        request: &Request,
        own: Option<&Reference>,
        named: Option<&Named<'_>>,
    ) -> Result<Builder> {
        let asked = match named {
            Some(named) => Reference::parse_normalized(named.text).ok(),
            None => own.map(without_digest),
        };
        let Some(asked) = asked.map(|asked| asked.tag_name_only()) else {
            return self.without_a_pin(own, named);
        };
        let (key, pin) = match self.lock.image(&asked.to_string()) {
            ImageLookup::Found(key, pin) => (key, pin),
            ImageLookup::Contradicted(..) | ImageLookup::Missing => {
                return self.without_a_pin(own, named);
            }
        };
        let Some(image) = pinned_reference(key, pin) else {
            return self.without_a_pin(own, named);
        };
        let handed_over = request.get(HANDED_OVER) == Some(pin.digest.as_str());
        let runs = own.and_then(Reference::digest).map(Digest::as_str);
        if runs == Some(pin.digest.as_str()) {
            return Ok(Builder::This(None));
        }
        if self.wants_exactly_its_own() {
            return match (handed_over, own) {
                (true, None) => Ok(Builder::This(None)),
                (true, Some(own)) => Err(Error::new(format!(
                    "{}: the build was handed to the locked frontend, `{image}`, and `{own}` runs: the daemon gives \
                     another image in its place",
                    self.name
                ))),
                (false, _) => Ok(Builder::Locked(LockedFrontend {
                    image,
                    digest: pin.digest.clone(),
                })),
            };
        }
        let (Some(own), Some(digest)) = (own, runs) else {
            return Ok(Builder::This(None));
        };
        if own.name() != asked.name() {
            return Err(self.another(own, named));
        }
        let locked_tag = pin.tag.as_deref().or(asked.tag());
        let update = format!("rdf lock {} --update {key}", word(&self.dockerfile));
        let exact = format!("rdf lock --frontend exact {}", word(&self.dockerfile));
        let locked_major = locked_tag.and_then(major);
        if locked_major.is_some_and(|locked| Some(locked) != major(SYNTAX_VERSION)) {
            return Err(Error::new(format!(
                "{}: the frontend that runs has version {SYNTAX_VERSION} of the syntax, and the lock holds `{key}`, \
                 another major version (run `{exact}` to build by the locked one, or `{update}` to lock the one that \
                 runs)",
                self.name
            )));
        }
        Ok(Builder::This(Some(Finding {
            location: named.and_then(|named| named.location),
            kind: FindingKind::Stale,
            subject: key.to_owned(),
            message: format!(
                "the frontend `{key}` has moved: the build goes on with {} (syntax {SYNTAX_VERSION}), locked is {}",
                short(digest),
                short(&pin.digest)
            ),
            hint: format!(
                "run `{update}` to lock the one that runs, or `{exact}` to build by the locked one"
            ),
        })))
    }

    /// What becomes of a build whose frontend the lock does not hold.
    fn without_a_pin(&self, own: Option<&Reference>, named: Option<&Named<'_>>) -> Result<Builder> {
        let mut pins = self.lock.images.values();
        let holds_any = pins.any(|pin| pin.used_by.contains(&ImageRole::Syntax));
        match named {
            Some(Named {
                text,
                location: Some(_),
            }) => Err(self.unlocked(text)),
            Some(_) | None if holds_any => Err(match (own, named) {
                (Some(own), named) => self.another(own, named),
                (None, Some(named)) => self.unlocked_option(named.text),
                // Nobody says which one it is.
                (None, None) => return Ok(Builder::This(None)),
            }),
            _ if self.lock.frontend == FrontendPin::Exact => Err(Error::new(format!(
                "{}: `frontend = \"exact\"` asks for the locked frontend, and the lock holds none: name it in a \
                 `# syntax=` line, then run `rdf lock {}`",
                self.name,
                word(&self.dockerfile)
            ))),
            _ => Ok(Builder::This(None)),
        }
    }

    /// The frontend of a syntax line that the lock does not hold.
    fn unlocked(&self, image: &str) -> Error {
        Error::new(format!(
            "{}: the frontend `{image}` is not in the lock (run `rdf lock {}`; RDF_LOCK=off builds without the lock)",
            self.name,
            word(&self.dockerfile)
        ))
    }

    /// The frontend of an option that the lock does not hold.
    fn unlocked_option(&self, image: &str) -> Error {
        Error::new(format!(
            "{}: the frontend `{image}` is not in the lock (leave out BUILDKIT_SYNTAX, or run `rdf lock --build-arg \
             {} {}`; RDF_LOCK=off builds without the lock)",
            self.name,
            word(&format!("BUILDKIT_SYNTAX={image}")),
            word(&self.dockerfile)
        ))
    }

    /// A frontend that runs in the place of the locked one.
    fn another(&self, own: &Reference, named: Option<&Named<'_>>) -> Error {
        let asked = named.filter(|named| named.location.is_none());
        if let Some(named) = asked {
            return self.unlocked_option(named.text);
        }
        Error::new(format!(
            "{}: the frontend that runs, `{own}`, is not the one in the lock (name it in the `# syntax=` line, then run \
             `rdf lock {}`; RDF_LOCK=off builds without the lock)",
            self.name,
            word(&self.dockerfile)
        ))
    }

    /// The image to forward to in the place of `image`, which `location` names, or an option.
    pub(in crate::frontend::dockerfile) fn forwarded(
        &self,
        image: &str,
        location: Option<LineRange>,
    ) -> Result<String> {
        let reference = Reference::parse_normalized(image).ok();
        let asked = reference.map(|reference| reference.tag_name_only().to_string());
        let pinned = asked.map(|asked| self.lock.pin_image(&asked, None));
        match pinned {
            Some(PinnedImage::Pinned { reference, .. }) => Ok(reference),
            _ if !self.mode.is_strict() => Ok(image.to_owned()),
            _ => Err(match location {
                Some(_) => self.unlocked(image),
                None => self.unlocked_option(image),
            }),
        }
    }
}

/// The frontend that the client asked the daemon for, or that the file names.
fn named<'n>(request: &'n Request, line: Option<&'n DetectedDirective>) -> Option<Named<'n>> {
    let first = |text: &'n str| crate::go::text::trim_space(text).split(' ').next();
    let option = request
        .get(key::CMDLINE)
        .or_else(|| request.get(key::SYNTAX))
        .and_then(first)
        .filter(|text| !text.is_empty());
    match (option, line) {
        (Some(text), Some(line)) if line.value == *text => Some(Named {
            text,
            location: Some(line.location),
        }),
        (Some(text), _) => Some(Named {
            text,
            location: None,
        }),
        (None, _) => None,
    }
}

/// The major version that a tag of a frontend names: 1 of `1.7-labs`, 2 of `v2rc1` and `labs-2`; of a date, none.
fn major(tag: &str) -> Option<u32> {
    let mut named = None;
    for word in tag.split(['-', '_', '+']) {
        let number = word.trim_start_matches(|it: char| it.is_ascii_alphabetic());
        let end = number.find(|it: char| !it.is_ascii_digit());
        let digits = number.get(..end.unwrap_or(number.len()))?;
        let Ok(number) = digits.parse() else {
            continue;
        };
        // Years, whole dates and numbers of builds.
        if (1990..2100).contains(&number) || digits.len() > 6 {
            return None;
        }
        if matches!(
            word.as_bytes(),
            [b'v' | b'V', b'0'..=b'9', ..] | [b'0'..=b'9', ..]
        ) {
            return Some(number);
        }
        named = named.or(Some(number));
    }
    named
}

/// Name and tag of a reference.
fn without_digest(reference: &Reference) -> Reference {
    let name = reference.trim_named();
    match reference.tag() {
        Some(tag) => name.clone().with_tag(tag).unwrap_or(name),
        None => name,
    }
}

/// A digest as people compare them.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn major_versions_of_tags() {
        for (tag, wanted) in [
            ("1", Some(1)),
            ("1.7-labs", Some(1)),
            ("v2", Some(2)),
            ("v2rc1", Some(2)),
            ("labs-2", Some(2)),
            ("alpine3.21-1.24.0", Some(1)),
            ("dockerfile3", Some(3)),
            ("2024-06-12", None),
            ("master-20240612", None),
            ("99999999999999999999", None),
            ("labs", None),
            ("é1", None),
            ("", None),
        ] {
            assert_eq!(major(tag), wanted, "{tag}");
        }
    }
}
