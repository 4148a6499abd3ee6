//! One build from the first question to the result.
//!
//! ```text
//! options -> main context -> Dockerfile -> forward? -> subrequest? -> compile, asking, for each platform
//!         -> solve -> scan -> result
//! ```

use std::collections::BTreeSet;

use futures_util::future::{join, try_join_all};

use super::context::BuildContext;
use super::dockerfile::LoadedDockerfile;
use super::options::{FrontendCaps, Request};
use super::resolve::Resolver;
use super::result::{ExportPlatform, PlatformResult, assemble};
use super::sbom::Scanner;
use super::{forward, problem, subrequest};
use crate::compile::{self, Channel, Compiled, Lowered, Options, Source, Step};
use crate::gateway::{Bridge, Ref, Result, SolveRequest, SolveResult, WarnRequest};
use crate::lint::Warning;

/// Runs a build, or answers a subrequest.
pub(super) async fn build(bridge: &dyn Bridge, channel: Channel) -> Result<SolveResult> {
    let request = Request::from_environment(bridge.environment(), channel)?;
    let caps = request.frontend_caps();
    if let FrontendCaps::Unsupported(error) = caps {
        return Err(error);
    }
    let context = BuildContext::detect(bridge, &request).await?;
    let dockerfile = LoadedDockerfile::load(bridge, &request, &context).await?;
    if let Some(target) = forward::target(&request, &dockerfile) {
        return forward::forward(bridge, target, &dockerfile).await;
    }
    if let FrontendCaps::OnlyForwarded(error) = caps {
        return Err(error);
    }
    let build = Build::new(bridge, request, &context, dockerfile);
    match subrequest::answer(&build).await? {
        Some(answer) => Ok(answer),
        None => build.run().await,
    }
}

/// Everything that is known once the Dockerfile is loaded.
pub(super) struct Build<'b> {
    pub(super) bridge: &'b dyn Bridge,
    pub(super) request: Request,
    pub(super) dockerfile: LoadedDockerfile,
    /// The Dockerfile, parsed.
    pub(super) source: Source,
}

impl<'b> Build<'b> {
    fn new(
        bridge: &'b dyn Bridge,
        mut request: Request,
        context: &BuildContext,
        dockerfile: LoadedDockerfile,
    ) -> Self {
        request.options.main_context =
            context.main_context(&request, dockerfile.ignore_file.clone());
        request.options.source_map = Some(dockerfile.source_map.clone());
        let source = Source::new(dockerfile.data());
        Build {
            bridge,
            request,
            dockerfile,
            source,
        }
    }

    async fn run(&self) -> Result<SolveResult> {
        let scanner = match &self.request.sbom {
            Some(sbom) => Some(Scanner::resolve(self.bridge, &self.request, sbom).await?),
            None => None,
        };
        let targets = self.targets();
        let mut compiled = self.compile_all(&targets).await.into_iter();

        let mut lowered = Vec::with_capacity(targets.len());
        let mut failed = None;
        let mut warnings = Vec::new();
        for (index, compiled) in compiled.by_ref().enumerate() {
            if index == 0 {
                warnings = compiled.warnings;
            }
            match compiled.result {
                Ok(result) => lowered.push(result),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let solve = async {
            match failed {
                Some(error) => Err(problem::located(error, self.dockerfile.info())),
                None => self.solve_all(&targets, lowered, scanner.as_ref()).await,
            }
        };
        let ((), results) = join(self.warn(&warnings), solve).await;
        assemble(results?, self.request.options.multi_platform)
    }

    /// Options for each platform to build.
    fn targets(&self) -> Vec<Options> {
        let options = &self.request.options;
        if self.request.target_platforms.is_empty() {
            return vec![options.clone()];
        }
        let platforms = self.request.target_platforms.iter();
        platforms
            .map(|platform| Options {
                target_platform: Some(platform.clone()),
                ..options.clone()
            })
            .collect()
    }

    /// Compiles for all platforms, asking the daemon round by round what is not known yet.
    async fn compile_all(&self, targets: &[Options]) -> Vec<Compiled> {
        let mut resolver = Resolver::new(self.bridge);
        let mut compiled: Vec<Option<Compiled>> = targets.iter().map(|_| None).collect();
        loop {
            let mut open = BTreeSet::new();
            for (options, slot) in targets
                .iter()
                .zip(&mut compiled)
                .filter(|(_, slot)| slot.is_none())
            {
                match self.source.compile(options, resolver.answers()) {
                    Step::Needs(needs) => open.extend(needs),
                    Step::Done(done) => *slot = Some(done),
                }
            }
            if open.is_empty() {
                return compiled.into_iter().flatten().collect();
            }
            resolver.answer(open).await;
        }
    }

    /// Compiles for one platform.
    pub(super) async fn compile(&self, options: Options) -> Compiled {
        let no_answer = || Compiled {
            warnings: Vec::new(),
            result: Err(compile::CompileError::new(
                "internal: compilation ended without a result",
            )),
        };
        self.compile_all(&[options])
            .await
            .pop()
            .unwrap_or_else(no_answer)
    }

    async fn solve_all(
        &self,
        targets: &[Options],
        lowered: Vec<Lowered>,
        scanner: Option<&Scanner>,
    ) -> Result<Vec<PlatformResult>> {
        let solves = targets
            .iter()
            .zip(lowered)
            .map(|(options, lowered)| async move {
                let requested = options
                    .target_platform
                    .as_ref()
                    .unwrap_or(&self.request.own_platform);
                let platform = ExportPlatform::new(requested, &lowered.image.platform);
                let reference = self.solve(&lowered).await?;
                let attestations = match scanner {
                    Some(scanner) => vec![scanner.scan(self.bridge, &platform.id, &lowered).await?],
                    None => Vec::new(),
                };
                Ok(PlatformResult {
                    platform,
                    lowered,
                    reference,
                    attestations,
                })
            });
        try_join_all(solves).await
    }

    async fn solve(&self, lowered: &Lowered) -> Result<Option<Ref>> {
        let definition = lowered.definition().map_err(problem::plain)?;
        let request = SolveRequest {
            cache_imports: self.request.cache_imports.clone(),
            ..SolveRequest::definition(definition.into_pb())
        };
        Ok(self.bridge.solve(request).await?.single()?.cloned())
    }

    /// Shows lint warnings. They are an extra: a daemon that does not take them is no reason to fail.
    pub(super) async fn warn(&self, warnings: &[Warning]) {
        for warning in warnings {
            let request = WarnRequest {
                digest: self.dockerfile.vertex.clone(),
                level: 1,
                short: warning.message().into_bytes(),
                detail: vec![warning.rule.description.as_bytes().to_vec()],
                url: warning.rule.url.to_owned(),
                info: Some(self.dockerfile.info().clone()),
                ranges: problem::ranges(&warning.location),
            };
            // One after the other: clients show them in the order in which they arrive.
            let _ = self.bridge.warn(request).await;
        }
    }
}
