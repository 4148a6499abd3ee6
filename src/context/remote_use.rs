//! Git repositories and files on the web, where something uses them.

use crate::llb::{Constraints, HttpOptions, State};
use crate::remote::{GitSource, Pin, RemoteSource};
use crate::source::LineRange;

/// One place that names a source over the network that is not an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemoteUse {
    /// The source.
    pub source: RemoteSource,
    /// The commit or digest that is demanded there, a commit perhaps only by its beginning; empty without one.
    pub checksum: String,
    /// Lines of the instruction; for a trigger, of the `FROM` that fires it.
    pub location: Option<LineRange>,
    /// The answers hold it to a commit or digest, and `checksum` does not contradict.
    pub pinned: bool,
    /// Identifier of the op that it became.
    pub identifier: String,
}

impl RemoteUse {
    /// A repository that `location` names. With `pin`, if that is not contradicted, its commit is taken.
    pub(crate) fn git(
        mut source: GitSource,
        pin: Option<&Pin>,
        location: Option<LineRange>,
        constraints: Constraints,
    ) -> (Self, State) {
        let (named, checksum) = (source.remote_source(), source.checksum.clone());
        let pinned = pin.is_some_and(|pin| source.pin(pin));
        let state = source.state(constraints);
        RemoteUse::of(named, checksum, pinned, location, state)
    }

    /// A file that `location` names; `options` have the checksum that is demanded. With `pin`, if that is not
    /// contradicted, it must have that digest.
    pub(crate) fn http(
        url: &str,
        mut options: HttpOptions,
        pin: Option<&Pin>,
        location: Option<LineRange>,
    ) -> (Self, State) {
        let checksum = options.checksum.clone();
        let pin = pin.filter(|pin| pin.agrees(&checksum));
        if let Some(Pin::Digest(digest)) = pin {
            options.checksum.clone_from(digest);
        }
        let state = State::http(url, options);
        let source = RemoteSource::http(url);
        RemoteUse::of(source, checksum, pin.is_some(), location, state)
    }

    fn of(
        source: RemoteSource,
        checksum: String,
        pinned: bool,
        location: Option<LineRange>,
        state: State,
    ) -> (Self, State) {
        let used = RemoteUse {
            source,
            checksum,
            location,
            pinned,
            identifier: state.source_identifier().unwrap_or_default().to_owned(),
        };
        (used, state)
    }
}
