//! Capabilities: which features a daemon has, and the words for those it lacks.
//!
//! A daemon answers the first Ping with two lists, one for the gateway and one for LLB. Both are looked up by
//! id; the tables below say which ids a client knows, as the reference client does (`util/apicaps`). The
//! tables are data: to add a capability, add a line.

use std::collections::BTreeMap;
use std::fmt;

use crate::collect::CollectSmall as _;
use crate::llb::caps as llb_cap;
use crate::pb::apicaps::ApiCap;

/// How settled a capability is; part of the error text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CapStatus {
    /// May be removed.
    Experimental,
    /// Will move to stable.
    Prerelease,
}

/// A capability that a client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cap {
    /// Identifier on the wire.
    pub id: &'static str,
    /// Readable name, or empty.
    pub name: &'static str,
    /// How settled it is.
    pub status: CapStatus,
    /// By product, the version that brought it.
    pub hints: &'static [(&'static str, &'static str)],
}

macro_rules! cap_table {
    ($(#[$doc:meta])* $module:ident; $($konst:ident = $id:literal $(, $name:literal)?;)*) => {
        $(#[$doc])*
        pub mod $module {
            use super::{Cap, CapStatus};

            $(
                #[doc = concat!("`", $id, "`")]
                #[allow(dead_code, reason = "the list is whole")]
                pub const $konst: &str = $id;
            )*

            pub(super) const TABLE: &[Cap] = &[$(Cap {
                id: $id,
                name: concat!($($name)?),
                status: CapStatus::Experimental,
                hints: &[],
            }),*];
        }
    };
}

cap_table! {
    /// Identifiers of gateway capabilities (`frontend/gateway/pb`).
    gateway_cap;
    SOLVE_BASE = "solve.base";
    SOLVE_INLINE_RETURN = "solve.inlinereturn", "inline return from solve";
    RESOLVE_IMAGE = "resolveimage", "resolve remote image config";
    RESOLVE_IMAGE_RESOLVE_MODE = "resolveimage.resolvemode", "resolve remote image config with custom resolvemode";
    READ_FILE = "readfile", "read static file";
    RETURN_RESULT = "return", "return solve result";
    RETURN_MAP = "returnmap", "return reference map";
    READ_DIR = "readdir", "read static directory";
    STAT_FILE = "statfile", "stat a file";
    IMPORT_CACHES = "importcaches", "import caches";
    PROTO_REF_ARRAY = "proto.refarray", "wire format ref arrays";
    REFERENCE_OUTPUT = "reference.output", "reference output";
    FRONTEND_INPUTS = "frontend.inputs", "frontend inputs";
    SOLVE_METADATA = "gateway.solve.metadata", "gateway metadata";
    EXEC = "gateway.exec", "gateway exec";
    EXEC_EXTRA_HOSTS = "gateway.exec.extrahosts", "gateway exec extra-hosts";
    EXEC_SECRET_ENV = "gateway.exec.secretenv", "gateway exec secret env";
    EXEC_SIGNALS = "gateway.exec.signals", "gateway exec signals";
    EXEC_FILESYSTEM = "gateway.exec.filesystem", "gateway exec filesystem";
    FRONTEND_CAPS = "frontend.caps", "frontend capabilities";
    EVALUATE_SOLVE = "gateway.solve.evaluate", "gateway evaluate solve";
    EVALUATE = "gateway.evaluate", "gateway evaluate";
    WARNINGS = "gateway.warnings", "logging warnings";
    ATTESTATIONS = "reference.attestations", "reference attestations";
    SOURCE_META_RESOLVER = "source.metaresolver", "source meta resolver";
    SOURCE_META_RESOLVER_IMAGE_ATTESTATIONS = "source.metaresolver.image.attestations", "source meta resolver image attestations";
    SOURCE_META_RESOLVER_HTTP_CHECKSUM_REQUEST = "source.metaresolver.http.checksumrequest", "source meta resolver http checksum request";
}

/// Hints of `file.base`, the only capability that has any.
const FILE_BASE_HINTS: &[(&str, &str)] =
    &[("docker", "Docker v19.03"), ("buildkit", "BuildKit v0.5.0")];

/// Ids that the reference marks ops with but never put into its table, so that no daemon announces them.
const UNANNOUNCED: [&str; 2] = [
    llb_cap::EXEC_META_REMOVE_MOUNT_STUBS_RECURSIVE,
    llb_cap::FILE_COPY_MODE_STRING_FORMAT,
];

/// The row of an LLB capability.
fn llb_row(id: &'static str) -> Cap {
    let (name, status, hints) = match id {
        llb_cap::FILE_BASE => ("", CapStatus::Prerelease, FILE_BASE_HINTS),
        llb_cap::SOURCE_DATE_EPOCH => ("source date epoch", CapStatus::Experimental, &[][..]),
        _ => ("", CapStatus::Experimental, &[][..]),
    };
    Cap {
        id,
        name,
        status,
        hints,
    }
}

/// Which list a [`CapSet`] is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapList {
    /// The gateway's.
    #[default]
    Gateway,
    /// LLB's.
    Llb,
}

impl CapList {
    /// All capabilities that a client knows.
    pub(crate) fn known(self) -> Vec<Cap> {
        match self {
            CapList::Gateway => gateway_cap::TABLE.to_vec(),
            CapList::Llb => {
                let ids = llb_cap::ALL.iter().copied();
                ids.filter(|id| !UNANNOUNCED.contains(id))
                    .map(llb_row)
                    .collect()
            }
        }
    }

    /// The row of an id, if a client knows it.
    pub(crate) fn find(self, id: &str) -> Option<Cap> {
        match self {
            CapList::Gateway => gateway_cap::TABLE.iter().find(|cap| cap.id == id).copied(),
            CapList::Llb => {
                let id = llb_cap::ALL.iter().copied().find(|known| *known == id)?;
                (!UNANNOUNCED.contains(&id)).then(|| llb_row(id))
            }
        }
    }

    /// What a daemon has that predates capabilities: the reference's frozen lists.
    pub const fn frozen(self) -> &'static [&'static str] {
        match self {
            CapList::Gateway => FROZEN_GATEWAY,
            CapList::Llb => FROZEN_LLB,
        }
    }
}

const FROZEN_GATEWAY: &[&str] = &[
    gateway_cap::SOLVE_BASE,
    gateway_cap::SOLVE_INLINE_RETURN,
    gateway_cap::RESOLVE_IMAGE,
    gateway_cap::READ_FILE,
];

const FROZEN_LLB: &[&str] = &[
    llb_cap::SOURCE_IMAGE,
    llb_cap::SOURCE_LOCAL,
    llb_cap::SOURCE_LOCAL_UNIQUE,
    llb_cap::SOURCE_LOCAL_SESSION_ID,
    llb_cap::SOURCE_LOCAL_INCLUDE_PATTERNS,
    llb_cap::SOURCE_LOCAL_FOLLOW_PATHS,
    llb_cap::SOURCE_LOCAL_EXCLUDE_PATTERNS,
    llb_cap::SOURCE_LOCAL_SHARED_KEY_HINT,
    llb_cap::SOURCE_GIT,
    llb_cap::SOURCE_GIT_KEEP_DIR,
    llb_cap::SOURCE_GIT_FULL_URL,
    llb_cap::SOURCE_HTTP,
    llb_cap::SOURCE_HTTP_CHECKSUM,
    llb_cap::SOURCE_HTTP_PERM,
    llb_cap::SOURCE_HTTP_UID_GID,
    llb_cap::BUILD_OP_LLB_FILE_NAME,
    llb_cap::EXEC_META_BASE,
    llb_cap::EXEC_META_PROXY,
    llb_cap::EXEC_MOUNT_BIND,
    llb_cap::EXEC_MOUNT_CACHE,
    llb_cap::EXEC_MOUNT_CACHE_SHARING,
    llb_cap::EXEC_MOUNT_SELECTOR,
    llb_cap::EXEC_MOUNT_TMPFS,
    llb_cap::EXEC_MOUNT_SECRET,
    llb_cap::CONSTRAINTS,
    llb_cap::PLATFORM,
    llb_cap::META_IGNORE_CACHE,
    llb_cap::META_DESCRIPTION,
    llb_cap::META_EXPORT_CACHE,
];

/// The capabilities of one daemon.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CapSet {
    list: CapList,
    product: String,
    caps: BTreeMap<String, ApiCap>,
}

impl CapSet {
    /// The capabilities that a Ping brought; an empty answer stands for the frozen list.
    /// `product` is named in the text of [`CapError`].
    pub(crate) fn from_ping(list: CapList, caps: Vec<ApiCap>, product: &str) -> Self {
        if caps.is_empty() {
            return CapSet::of(list, list.frozen().iter().copied()).with_product(product);
        }
        let caps = caps
            .into_iter()
            .filter(|cap| !cap.id.is_empty())
            .map(|cap| (cap.id.clone(), cap))
            .collect_small();
        CapSet {
            list,
            product: product.to_owned(),
            caps,
        }
    }

    /// A daemon with exactly these capabilities, all enabled.
    pub fn of<'a>(list: CapList, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let caps = ids
            .into_iter()
            .map(|id| {
                let cap = ApiCap {
                    id: id.to_owned(),
                    enabled: true,
                    ..ApiCap::default()
                };
                (id.to_owned(), cap)
            })
            .collect_small();
        CapSet {
            list,
            product: String::new(),
            caps,
        }
    }

    /// A daemon with every capability that is known here.
    pub fn all(list: CapList) -> Self {
        CapSet::of(list, list.known().into_iter().map(|cap| cap.id))
    }

    /// The same set, naming `product` in errors.
    pub(crate) fn with_product(mut self, product: &str) -> Self {
        product.clone_into(&mut self.product);
        self
    }

    /// The same set without one capability.
    pub fn without(mut self, id: &str) -> Self {
        self.caps.remove(id);
        self
    }

    /// The rows, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ApiCap> {
        self.caps.values()
    }

    /// Whether the daemon announced the id, known here or not, enabled or not.
    pub fn contains(&self, id: &str) -> bool {
        self.caps.contains_key(id)
    }

    /// Whether the capability is known here and enabled in the daemon.
    pub fn supports(&self, id: &str) -> bool {
        self.require(id).is_ok()
    }

    /// As [`supports`](Self::supports), with the error that says what to do about it.
    pub fn require(&self, id: &str) -> Result<(), CapError> {
        let known = self.list.find(id);
        let state = self.caps.get(id);
        if known.is_some() && state.is_some_and(|cap| cap.enabled) {
            return Ok(());
        }
        // No daemon announces symbolic modes, and the reference client refuses them for that. Daemons
        // have had them since 0.17; one with `exec.meta.cdi` is 0.20 or later.
        if id == llb_cap::FILE_COPY_MODE_STRING_FORMAT && self.contains(llb_cap::EXEC_META_CDI) {
            return Ok(());
        }
        Err(CapError {
            id: id.to_owned(),
            known,
            state: known.and(state).cloned().map(Box::new),
            product: self.product.clone(),
        })
    }
}

/// A capability that the daemon lacks. Its text is the reference's.
#[derive(Clone, Debug, PartialEq)]
pub struct CapError {
    /// Identifier.
    pub id: String,
    /// The row of the table, if there is one.
    known: Option<Cap>,
    /// What the daemon said of it, if anything.
    state: Option<Box<ApiCap>>,
    product: String,
}

impl fmt::Display for CapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(cap) = &self.known else {
            return write!(f, "unknown API capability {}", self.id);
        };
        let status = match cap.status {
            CapStatus::Experimental => "experimental ",
            CapStatus::Prerelease => "prerelease ",
        };
        write!(f, "requested {status}feature {} ", self.id)?;
        if !cap.name.is_empty() {
            write!(f, "({})", cap.name)?;
        }
        match &self.state {
            None => {
                f.write_str(" is not supported by build server")?;
                if let Some((_, hint)) = cap.hints.iter().find(|(p, _)| *p == self.product) {
                    write!(f, " (added in {hint})")?;
                }
                // Parity: the product is mostly empty, which leaves a space at the end.
                write!(f, ", please update {}", self.product)
            }
            Some(state) => {
                f.write_str(" has been disabled on the build server")?;
                if !state.disabled_reason_msg.is_empty() {
                    write!(f, ": {}", state.disabled_reason_msg)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for CapError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(set: &CapSet, id: &str) -> String {
        set.require(id).unwrap_err().to_string()
    }

    fn cap(id: &str, enabled: bool, disabled_reason_msg: &str) -> ApiCap {
        ApiCap {
            id: id.to_owned(),
            enabled,
            disabled_reason_msg: disabled_reason_msg.to_owned(),
            ..ApiCap::default()
        }
    }

    #[test]
    fn a_missing_capability_is_told_in_the_words_of_the_reference() {
        let set = CapSet::of(CapList::Gateway, []);
        assert_eq!(
            text(&set, gateway_cap::READ_DIR),
            "requested experimental feature readdir (read static directory) is not supported by build server, please update "
        );
        assert_eq!(text(&set, "x.y"), "unknown API capability x.y");
        let set = CapSet::of(CapList::Llb, []).with_product("docker");
        assert_eq!(
            text(&set, llb_cap::FILE_BASE),
            "requested prerelease feature file.base  is not supported by build server (added in Docker v19.03), please update docker"
        );
    }

    #[test]
    fn a_disabled_capability_is_there_but_not_supported() {
        let caps = vec![cap("statfile", false, "by policy"), cap("odd", true, "")];
        let set = CapSet::from_ping(CapList::Gateway, caps, "");
        assert!(set.contains("statfile") && set.contains("odd"));
        assert!(!set.supports("odd"));
        assert_eq!(
            text(&set, "statfile"),
            "requested experimental feature statfile (stat a file) has been disabled on the build server: by policy"
        );
    }

    #[test]
    fn a_daemon_without_lists_has_the_frozen_ones() {
        let gateway = CapSet::from_ping(CapList::Gateway, Vec::new(), "");
        assert_eq!(gateway.iter().count(), 4);
        assert!(!gateway.supports(gateway_cap::RETURN_RESULT));
        let llb = CapSet::from_ping(CapList::Llb, Vec::new(), "");
        assert_eq!(llb.iter().count(), 29);
        assert!(CapList::Llb.frozen().iter().all(|id| llb.supports(id)));
        assert_eq!(CapList::Gateway.known().len(), 27);
        assert_eq!(CapList::Llb.known().len(), 88);
    }

    #[test]
    fn symbolic_modes_come_with_cdi() {
        let mode = llb_cap::FILE_COPY_MODE_STRING_FORMAT;
        let old = CapSet::of(CapList::Llb, [llb_cap::FILE_BASE]);
        assert_eq!(
            text(&old, mode),
            "unknown API capability file.copy.modestring"
        );
        assert!(CapSet::all(CapList::Llb).supports(mode));
    }
}
