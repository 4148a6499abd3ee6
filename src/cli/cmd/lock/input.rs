//! For what to lock: flags over what the lock says.

use super::args::{LockArgs, pairs};
use super::layout;
use crate::cli::variant::{host, platform, platform_of_environment};
use crate::compile::RemoteSource;
use crate::image::Reference;
use crate::lock::collect::SYNTAX_ARG;
use crate::lock::contexts::{key, portable};
use crate::lock::hermetic::is_steering;
use crate::lock::{Inputs, Lock};

const CREDENTIALS: &str =
    "a context with credentials in its URL is not locked: they would end up in the lock";

/// The inputs for a file: those of its lock, changed by flags.
///
/// # Errors
/// What is wrong with a flag.
pub(super) fn inputs(args: &LockArgs, old: Option<&Lock>) -> Result<Inputs, String> {
    let mut inputs = match old {
        Some(lock) if !args.reset_inputs => lock.inputs.clone(),
        _ => Inputs::default(),
    };
    if !args.target.is_empty() {
        inputs.targets = args.target.iter().cloned().collect();
    }
    if !args.platform.is_empty() {
        inputs.platforms.clear();
    }
    for text in &args.platform {
        let platform = platform(text, &host()).map_err(|failure| failure.message)?;
        inputs.platforms.insert(platform.normalized().format_all());
    }
    if inputs.platforms.is_empty() {
        let default = platform_of_environment(&host()).map_err(|failure| failure.message)?;
        let default = default.unwrap_or_else(host);
        inputs.platforms.insert(default.normalized().format_all());
    }
    if !args.build_arg.is_empty() {
        let mut given = pairs(&args.build_arg)?;
        given.retain(|name, _| !is_steering(name) || name == SYNTAX_ARG);
        inputs.build_args.insert(given);
    }
    for (name, value) in pairs(&args.build_context)? {
        let value = context(&name, &value)?;
        inputs.contexts.insert(key(&name), value);
    }
    if let Some(url) = &args.context {
        if crate::lock::model::has_credentials(url) {
            return Err(CREDENTIALS.to_owned());
        }
        // A directory is what a recording is built from; a lock holds none.
        if !args.record || RemoteSource::of_context(url).is_some() {
            inputs.context = Some(url.clone());
        }
    }
    if let Some(scanner) = &args.sbom {
        let reference = Reference::parse_normalized(scanner)
            .map_err(|error| format!("`{scanner}`: {error}"))?;
        inputs.sbom = Some(reference.tag_name_only().to_string());
    }
    Ok(inputs)
}

/// A context as clients send it: a path becomes a local source.
pub(super) fn context(name: &str, value: &str) -> Result<String, String> {
    if crate::lock::model::has_credentials(value) {
        return Err(CREDENTIALS.to_owned());
    }
    if let Some(layout) = value.strip_prefix("oci-layout://") {
        let spec = format!("oci-layout://layout@{}", layout::digest(layout)?);
        return Ok(portable(name, &spec));
    }
    let known = [
        "docker-image:",
        "http:",
        "https:",
        "git:",
        "git@",
        "ssh:",
        "target:",
        "input:",
        "local:",
    ];
    if known.iter().any(|scheme| value.starts_with(scheme)) {
        return Ok(match value.strip_prefix("target:") {
            Some(target) => format!("input:{target}"),
            None => value.to_owned(),
        });
    }
    Ok("local:context".to_owned())
}
