//! Checks an instruction's flags against the ones it knows.

use crate::diagnostic::suggest::{Case, suggest};
use crate::diagnostic::{ErrorCode, Relation};

use super::ast::{Argument, Flag};
use super::error::Fault;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlagKind {
    /// `--name`, `--name=true`, `--name=false`
    Switch,
    /// `--name=value`, once
    Single,
    /// `--name=value`, any number of times
    List,
}

/// The flags that an instruction knows.
pub(crate) type Known = [(&'static str, FlagKind)];

/// Checks flags in their order; the first problem counts.
pub(super) fn check(flags: &[Flag], known: &'static Known) -> Result<(), Fault> {
    let mut seen = 0u32;
    for (at, flag) in flags.iter().enumerate() {
        let Some(index) = known.iter().position(|(name, _)| *name == &*flag.name) else {
            return Err(unknown(flag, known));
        };
        let kind = known.get(index).map_or(FlagKind::Single, |(_, kind)| *kind);
        let bit = 1 << index;
        if seen & bit != 0 && kind != FlagKind::List {
            let title = format!("duplicate flag specified: --{}", flag.name);
            let fault = Fault::new(ErrorCode::DuplicateFlag, title).at(flag.span);
            let first = flags.iter().take(at).find(|first| first.name == flag.name);
            return Err(match first {
                Some(first) => fault.related(first.span, Relation::Earlier),
                None => fault,
            });
        }
        seen |= bit;
        check_value(flag, kind)?;
    }
    Ok(())
}

fn check_value(flag: &Flag, kind: FlagKind) -> Result<(), Fault> {
    let value = flag.value.as_ref().map(|value| value.as_str());
    let title = match (kind, value) {
        (FlagKind::Single | FlagKind::List, Some(_)) | (FlagKind::Switch, None) => return Ok(()),
        (FlagKind::Switch, Some(value)) if switch(value).is_some() => return Ok(()),
        (FlagKind::Single | FlagKind::List, None) | (FlagKind::Switch, Some("")) => {
            format!("missing a value on flag: --{}", flag.name)
        }
        (FlagKind::Switch, Some(value)) => {
            let name = &flag.name;
            format!("expecting boolean value for flag --{name}, not: {value}")
        }
    };
    Err(Fault::new(ErrorCode::InvalidFlagValue, title).at(flag.span))
}

fn switch(value: &str) -> Option<bool> {
    if value.eq_ignore_ascii_case("true") {
        Some(true)
    } else if value.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cold]
fn unknown(flag: &Flag, known: &Known) -> Fault {
    let names = known.iter().map(|(name, _)| *name);
    let title = format!("unknown flag: --{}", flag.name);
    Fault::new(ErrorCode::UnknownFlag, title)
        .at(flag.span)
        .suggest(suggest(&flag.name, names, Case::Sensitive))
}

/// The value of a checked [`FlagKind::Single`].
pub(super) fn single(flags: &[Flag], name: &str) -> Option<Argument> {
    let flag = flags.iter().find(|flag| &*flag.name == name)?;
    flag.value.clone()
}

/// The values of a checked [`FlagKind::List`].
pub(super) fn list(flags: &[Flag], name: &str) -> Vec<Argument> {
    let flags = flags.iter().filter(|flag| &*flag.name == name);
    flags.filter_map(|flag| flag.value.clone()).collect()
}

/// The value of a checked [`FlagKind::Switch`], if it was given.
pub(super) fn switched(flags: &[Flag], name: &str) -> Option<bool> {
    let flag = flags.iter().find(|flag| &*flag.name == name)?;
    match &flag.value {
        Some(value) => switch(value),
        None => Some(true),
    }
}
