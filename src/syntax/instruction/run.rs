//! `RUN` and its flags.

mod device;
mod mount;
mod option;

use device::parse_device;
#[cfg(feature = "cli")]
pub(crate) use mount::KEYS as MOUNT_OPTIONS;
pub(crate) use mount::parse_mount;

use crate::diagnostic::ErrorCode;
use crate::go::quote::quote;
use crate::syntax::ast::{Argument, InstructionMeta, Network, RunInstruction, Security};
use crate::syntax::error::{ArgumentError, Fault};
use crate::syntax::flag::{self, FlagKind, Known};

use super::{Keyword, Request, command_line};

pub(super) const FLAGS: &Known = &[
    ("device", FlagKind::List),
    ("mount", FlagKind::List),
    ("network", FlagKind::Single),
    ("security", FlagKind::Single),
];

pub(super) fn build(mut request: Request<'_>) -> Result<RunInstruction, Fault> {
    Keyword::Run.check_flags(&request.meta)?;
    let command = command_line(&mut request);
    let meta = request.meta;
    let devices = flag::list(&meta.flags, "device");
    let devices = devices
        .iter()
        .map(|value| {
            parse_device(value).map_err(|error| {
                let code = ErrorCode::InvalidFlagValue;
                invalid(value, ArgumentError { code, ..error })
            })
        })
        .collect::<Result<_, _>>()?;
    let mounts = flag::list(&meta.flags, "mount");
    for value in &mounts {
        mount::check_from(value).map_err(|error| invalid(value, error))?;
    }
    Ok(RunInstruction {
        network: network(&meta)?,
        security: security(&meta)?,
        meta,
        mounts,
        devices,
        command,
    })
}

fn invalid(value: &Argument, error: ArgumentError) -> Fault {
    Fault::argument(error).at(value.span)
}

fn network(meta: &InstructionMeta) -> Result<Network, Fault> {
    let Some(value) = flag::single(&meta.flags, "network") else {
        return Ok(Network::Default);
    };
    match value.as_str() {
        "default" => Ok(Network::Default),
        "none" => Ok(Network::None),
        "host" => Ok(Network::Host),
        other => {
            let title = format!("invalid network mode {}", quote(other));
            Err(Fault::new(ErrorCode::InvalidFlagValue, title).at(value.span))
        }
    }
}

fn security(meta: &InstructionMeta) -> Result<Security, Fault> {
    let Some(value) = flag::single(&meta.flags, "security") else {
        return Ok(Security::Sandbox);
    };
    match value.as_str() {
        "sandbox" => Ok(Security::Sandbox),
        "insecure" => Ok(Security::Insecure),
        other => {
            let title = format!("security {} is not valid", quote(other));
            Err(Fault::new(ErrorCode::InvalidFlagValue, title).at(value.span))
        }
    }
}
