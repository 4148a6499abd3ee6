//! Compiling with a daemon that answers what the compiler asks.

use std::sync::Arc;

use super::resolve::Resolver;
use crate::compile::{CompileError, Compiled, ErrorCode, Lowered, Options, Source};
use crate::frontend::PlatformResult;
use crate::frontend::platforms::ResultPlatform;
use crate::gateway::{Bridge, Ref};
use crate::image::Platform;

/// Compiles a Dockerfile for one platform; the daemon answers what the compiler asks.
///
/// `options` are mostly what the client asks ([`ClientOptions`](crate::options::ClientOptions)), with main context and
/// source map set. Errors are in [`Compiled::result`]; [`located`](super::located) gives them their code frames.
pub async fn compile(bridge: &dyn Bridge, source: &Source, options: &Options) -> Compiled {
    let resolver = Resolver::new(bridge, None, options.client.builder());
    let targets = std::slice::from_ref(options);
    only(resolver.compile(source, targets).await.0)
}

/// The one compilation that there is.
pub(super) fn only(mut compiled: Vec<Compiled>) -> Compiled {
    compiled.pop().unwrap_or_else(|| Compiled {
        warnings: Vec::new(),
        result: Err(CompileError::new(
            ErrorCode::Internal,
            "internal: compilation ended without a result",
        )),
    })
}

/// What a frontend returns for a compiled Dockerfile. `requested` is the platform that was asked for, `reference` what
/// the daemon made of [`Lowered::definition`].
pub fn platform_result(
    requested: &Platform,
    lowered: Lowered,
    reference: Option<Ref>,
) -> PlatformResult {
    PlatformResult {
        platform: ResultPlatform::new(requested, &lowered.image.platform),
        reference,
        image: Some(lowered.image),
        base_image: lowered.base_image.map(Arc::unwrap_or_clone),
        epoch: lowered.epoch,
        attestations: Vec::new(),
    }
}
