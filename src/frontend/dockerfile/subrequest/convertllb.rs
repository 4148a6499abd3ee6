//! `frontend.convertllb`: the definition as JSON.

use super::super::build::Build;
use super::super::problem;
use super::SubrequestAnswer;
use crate::gateway::{Error, Result};
use crate::llb::dump;

pub(super) const NAME: &str = "frontend.convertllb";
const VERSION: &str = "0.1.0";

pub(super) async fn answer(build: &Build<'_>) -> Result<SubrequestAnswer> {
    let compiled = build.compile(build.request.options.clone()).await;
    build.warn(&compiled.warnings).await;
    let lowered = compiled.result.map_err(problem::plain)?;
    // Parity: without the words that a build puts before it.
    let definition = lowered.marshal().map_err(problem::plain)?;
    let json = dump::convertllb(&definition).map_err(|error| Error::new(error.to_string()))?;
    Ok(SubrequestAnswer::of_json(json.into_bytes(), VERSION))
}
