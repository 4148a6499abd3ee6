//! The tags of a repository, for an editor: asked at once, and for no longer than somebody waits.

use std::time::Duration;

use super::world::{connect, parse};
use crate::registry::Config;

/// Asks a registry, once.
///
/// # Errors
/// Why there is no answer.
pub(in crate::cli) fn tags(repository: &str, patience: Duration) -> Result<Vec<String>, String> {
    let config = Config {
        connect_timeout: patience,
        read_timeout: patience,
        answer_timeout: patience,
        attempts: 1,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let asked = async {
        let client = connect(config)?;
        client.tags(&parse(repository)?).await
    };
    match runtime.block_on(async { tokio::time::timeout(patience, asked).await }) {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer in {} seconds", patience.as_secs())),
    }
}
