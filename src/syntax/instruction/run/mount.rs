//! `RUN --mount=`

use std::borrow::Cow;

use crate::diagnostic::ErrorCode;
use crate::go::csv;
use crate::go::number::{parse_bool, parse_uint};
use crate::go::quote::quote;
use crate::go::text::to_lower;
use crate::go::units::ram_in_bytes;
use crate::syntax::ast::{RunMount, RunMountKind, Sharing};
use crate::syntax::error::ArgumentError;

use super::option;

/// For suggestions, in the reference's order.
pub(crate) const KEYS: [&str; 19] = [
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "src",
    "dst",
    "destination",
    "ro",
    "rw",
    "readwrite",
    "env",
];

/// What can be said before variables are known: the form, and that `from` has none.
pub(super) fn check_from(value: &str) -> Result<(), ArgumentError> {
    for field in &fields(value)? {
        let (key, Some(value)) = option::split(field) else {
            continue;
        };
        let dollar = value.find('$');
        if key == "from" && dollar.is_some_and(|at| at + 1 != value.len()) {
            let title =
                format!("'{key}' doesn't support variable expansion, define alias stage instead");
            return Err(ArgumentError {
                code: ErrorCode::VariableInFrom,
                ..ArgumentError::new(title)
            });
        }
    }
    Ok(())
}

/// See [`crate::syntax::parse_mount`].
pub(crate) fn parse_mount<E>(
    value: &str,
    mut expand: impl FnMut(&str) -> Result<String, E>,
) -> Result<RunMount, E>
where
    E: From<ArgumentError>,
{
    let mut options = Options::default();
    for field in &fields(value)? {
        let (key, value) = option::split(field);
        match value {
            None => options.switch(&key, field)?,
            Some(value) => options.set(&key, expand(value)?, field)?,
        }
    }
    Ok(options.finish()?)
}

fn fields(value: &str) -> Result<Vec<Cow<'_, str>>, ArgumentError> {
    csv::fields(value)
        .map_err(|problem| ArgumentError::new(format!("failed to parse csv mounts: {problem}")))
}

/// Options are checked against the `type` seen so far, so their order matters.
#[derive(Default)]
struct Options {
    mount: RunMount,
    /// `None` leaves it to the type.
    read_only: Option<bool>,
}

impl Options {
    /// An option without a value.
    fn switch(&mut self, key: &str, field: &str) -> Result<(), ArgumentError> {
        match key {
            "readonly" | "ro" => self.read_only = Some(true),
            "readwrite" | "rw" => self.read_only = Some(false),
            "required" => {
                self.only_for(&[RunMountKind::Secret, RunMountKind::Ssh], key)?;
                self.mount.required = true;
            }
            _ => return Err(option::no_value(field)),
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: String, field: &str) -> Result<(), ArgumentError> {
        let boolean =
            |value: &str| parse_bool(value).map_err(|_| option::invalid_value(key, value));
        let mount = &mut self.mount;
        match key {
            "type" => mount.kind = kind(&value)?,
            "from" => mount.from = value,
            "source" | "src" => mount.source = value,
            "target" | "dst" | "destination" => mount.target = value,
            "readonly" | "ro" => self.read_only = Some(boolean(&value)?),
            "readwrite" | "rw" => self.read_only = Some(!boolean(&value)?),
            "required" => {
                self.only_for(&[RunMountKind::Secret, RunMountKind::Ssh], key)?;
                self.mount.required = boolean(&value)?;
            }
            "size" => {
                self.only_for(&[RunMountKind::Tmpfs], key)?;
                let size = ram_in_bytes(&value);
                self.mount.size_limit = size.map_err(|_| option::invalid_value(key, &value))?;
            }
            "id" => mount.id = value,
            "sharing" => mount.sharing = Some(sharing(&value)?),
            "mode" => mount.mode = Some(number(key, &value, 8)?),
            "uid" => mount.uid = Some(number(key, &value, 10)?),
            "gid" => mount.gid = Some(number(key, &value, 10)?),
            "env" => mount.env = Some(value),
            _ => return Err(option::unknown(key, field, &KEYS)),
        }
        Ok(())
    }

    fn only_for(&self, kinds: &[RunMountKind], key: &str) -> Result<(), ArgumentError> {
        if kinds.contains(&self.mount.kind) {
            return Ok(());
        }
        let kind = self.mount.kind.as_str();
        Err(ArgumentError::new(format!(
            "unexpected key '{key}' for mount type '{kind}'"
        )))
    }

    /// Defaults, and checks of the whole.
    fn finish(self) -> Result<RunMount, ArgumentError> {
        let mut mount = self.mount;
        let has_owner = matches!(
            mount.kind,
            RunMountKind::Secret | RunMountKind::Ssh | RunMountKind::Cache
        );
        if !has_owner {
            no_owner(&mount)?;
        }
        let default = !matches!(mount.kind, RunMountKind::Cache | RunMountKind::Tmpfs);
        mount.read_only = self.read_only.unwrap_or(default);
        if mount.kind == RunMountKind::Secret {
            check_secret(&mount)?;
        }
        if mount.sharing.is_some() && mount.kind != RunMountKind::Cache {
            let kind = mount.kind.as_str();
            return Err(ArgumentError::new(format!(
                "invalid cache sharing set for {kind} mount"
            )));
        }
        Ok(mount)
    }
}

fn no_owner(mount: &RunMount) -> Result<(), ArgumentError> {
    let options = [("mode", mount.mode), ("uid", mount.uid), ("gid", mount.gid)];
    match options.iter().find(|(_, value)| value.is_some()) {
        Some((name, _)) => {
            let kind = mount.kind.as_str();
            Err(ArgumentError::new(format!(
                "{name} not allowed for \"{kind}\" type mounts"
            )))
        }
        None => Ok(()),
    }
}

fn check_secret(mount: &RunMount) -> Result<(), ArgumentError> {
    let message = if !mount.from.is_empty() {
        "secret mount should not have a from"
    } else if mount.sharing.is_some() {
        "secret mount should not define sharing"
    } else if mount.source.is_empty() && mount.target.is_empty() && mount.id.is_empty() {
        "invalid secret mount. one of source, target required"
    } else if !mount.source.is_empty() && !mount.id.is_empty() {
        "both source and id can't be set"
    } else {
        return Ok(());
    };
    Err(ArgumentError::new(message))
}

fn kind(value: &str) -> Result<RunMountKind, ArgumentError> {
    match &*to_lower(value) {
        "bind" => Ok(RunMountKind::Bind),
        "cache" => Ok(RunMountKind::Cache),
        "tmpfs" => Ok(RunMountKind::Tmpfs),
        "secret" => Ok(RunMountKind::Secret),
        "ssh" => Ok(RunMountKind::Ssh),
        _ => {
            let quoted = quote(value);
            let message = format!("unsupported mount type {quoted}");
            let kinds = ["bind", "cache", "tmpfs", "secret", "ssh"];
            Err(ArgumentError::suggesting(message, value, &kinds))
        }
    }
}

fn sharing(value: &str) -> Result<Sharing, ArgumentError> {
    match &*to_lower(value) {
        "shared" => Ok(Sharing::Shared),
        "private" => Ok(Sharing::Private),
        "locked" => Ok(Sharing::Locked),
        _ => {
            let quoted = quote(value);
            let message = format!("unsupported sharing value {quoted}");
            let modes = ["shared", "private", "locked"];
            Err(ArgumentError::suggesting(message, value, &modes))
        }
    }
}

fn number(key: &str, value: &str, base: u32) -> Result<u32, ArgumentError> {
    let number = parse_uint(value, base, 32).ok();
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| ArgumentError::new(format!("invalid value {value} for {key}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(value: &str) -> Result<RunMount, String> {
        parse_mount(value, |value| Ok(value.to_owned()))
            .map_err(|error: ArgumentError| error.to_string())
    }

    #[test]
    fn the_kind_decides_defaults() {
        assert!(mount("target=/a").unwrap().read_only);
        assert!(!mount("type=cache,target=/a").unwrap().read_only);
        assert!(!mount("target=/a,rw").unwrap().read_only);
        assert!(!mount("target=/a,ro=false").unwrap().read_only);
    }

    #[test]
    fn options_are_checked_against_the_kind_so_far() {
        let late = "unexpected key 'size' for mount type 'bind'";
        assert_eq!(mount("size=1k,type=tmpfs").unwrap_err(), late);
        assert_eq!(mount("type=tmpfs,size=1k").unwrap().size_limit, 1024);
        let sharing = "invalid cache sharing set for bind mount";
        assert_eq!(mount("sharing=shared").unwrap_err(), sharing);
    }

    #[test]
    fn from_has_no_variables() {
        assert!(check_from("from=$x").is_err());
        assert!(check_from("from=x$,source=$y").is_ok());
    }
}
