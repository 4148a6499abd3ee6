//! Files beside another: nothing there, a file, or something that cannot be read as one.
//!
//! Only a name that is not in its directory counts as nothing. What is in there and is not a readable file (a link that
//! leads out of what the client sends, a directory, a pipe) is told apart, since reading alone cannot: a link that
//! dangles gives the same error as no file.

use std::sync::Arc;

use crate::gateway::{Bridge, Ref, Stat, gateway_cap};
use crate::go::path;
use crate::limits::{MAX_BESIDE_BYTES, MAX_LINKS};

/// What is under the name of a file that is wanted beside another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Beside {
    /// No such name.
    #[default]
    Missing,
    /// A file; its bytes.
    File(Arc<[u8]>),
    /// Something that cannot be read as a file; what it is.
    Unreadable(String),
}

/// The entries of a directory.
#[derive(Clone, Debug)]
pub(super) enum Listing {
    /// By name.
    Entries(Vec<Stat>),
    /// The daemon cannot list.
    Unsupported,
    /// Why it cannot be listed.
    Failed(String),
}

impl Listing {
    /// The directory `dir` of `reference`.
    pub(super) async fn read(bridge: &dyn Bridge, reference: &Ref, dir: &str) -> Self {
        if !bridge.environment().caps.supports(gateway_cap::READ_DIR) {
            return Listing::Unsupported;
        }
        match bridge.read_dir(reference, dir, "").await {
            Ok(entries) => Listing::Entries(entries),
            Err(error) => Listing::Failed(error.message().to_owned()),
        }
    }

    /// The entry of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Stat> {
        match self {
            Listing::Entries(entries) => entries.iter().find(|entry| entry.path == name),
            Listing::Unsupported | Listing::Failed(_) => None,
        }
    }
}

/// What is at `path`, whose directory has been listed. Nothing is opened before it is known to be a file of a size that
/// one message can carry: a daemon waits at a pipe for ever.
pub(super) async fn look(
    bridge: &dyn Bridge,
    reference: &Ref,
    path: &str,
    listing: &Listing,
) -> Beside {
    match listing {
        Listing::Failed(why) => return Beside::Unreadable(format!("its directory: {why}")),
        Listing::Unsupported => {
            return match bridge.read_file(reference, path, None).await {
                Ok(data) => Beside::File(Arc::from(data.as_ref())),
                Err(error) if error.message().contains("no such file") => Beside::Missing,
                Err(error) => Beside::Unreadable(error.message().to_owned()),
            };
        }
        Listing::Entries(_) => {}
    }
    let Some(entry) = listing.get(path::base(path)) else {
        return Beside::Missing;
    };
    let file = match entry.is_symlink() {
        false => entry.clone(),
        true => match bridge.stat_file(reference, path).await {
            Ok(file) => file,
            Err(_) => {
                return Beside::Unreadable(format!(
                    "it is a link to `{}`, which does not exist within the directory that the client sends",
                    entry.linkname
                ));
            }
        },
    };
    if file.is_dir() {
        return Beside::Unreadable("it is a directory".to_owned());
    }
    if !file.is_file() {
        return Beside::Unreadable("it is not a regular file".to_owned());
    }
    if file.size > MAX_BESIDE_BYTES {
        return Beside::Unreadable(format!("it is larger than {MAX_BESIDE_BYTES} bytes"));
    }
    match bridge.read_file(reference, path, None).await {
        Ok(data) => Beside::File(Arc::from(data.as_ref())),
        Err(error) => Beside::Unreadable(error.message().to_owned()),
    }
}

/// Where the links lead that begin with `path`, one after the other; empty where it is not a link. `listing` is that of
/// its directory. Paths are of the root of what the client sends, which nothing leads out of.
pub(super) async fn links(
    bridge: &dyn Bridge,
    reference: &Ref,
    path: &str,
    listing: &Listing,
) -> Vec<String> {
    let mut places = Vec::new();
    let mut here = path.to_owned();
    let mut listing = listing.clone();
    while places.len() < MAX_LINKS {
        let Some(link) = listing
            .get(path::base(&here))
            .filter(|entry| entry.is_symlink())
        else {
            break;
        };
        let next = target(&here, &link.linkname);
        if path::dir(&next) != path::dir(&here) {
            listing = Listing::read(bridge, reference, &path::dir(&next)).await;
        }
        here = next.clone();
        places.push(next);
    }
    places
}

/// Where a link at `from` leads.
fn target(from: &str, linkname: &str) -> String {
    let dir = path::dir(from);
    let joined = match linkname.starts_with('/') {
        true => linkname.to_owned(),
        false => path::join(&["/", &dir, linkname]),
    };
    path::join(&["/", &joined])
        .trim_start_matches('/')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn links_stay_within_the_root() {
        for (from, link, to) in [
            ("Dockerfile", "docker/app", "docker/app"),
            ("a/Dockerfile", "../b", "b"),
            ("a/Dockerfile", "../../../b", "b"),
            ("a/b/Dockerfile", "/c", "c"),
            ("a/Dockerfile", "./x/../y", "a/y"),
        ] {
            assert_eq!(target(from, link), to);
        }
    }
}
