//! One build from the first question to the result.
//!
//! ```text
//! options -> main context -> Dockerfile -> forward? -> subrequest? -> compile, asking, for each platform
//!         -> solve -> scan -> result
//! ```

use std::collections::BTreeSet;

use futures_util::future::{join, try_join_all};

use super::compile::{only, platform_result};
use super::load::{LoadedDockerfile, OtherLock};
use super::lock::{self, ActiveLock, Builder, LockRequest, Weakened};
use super::options::{Request, key};
use super::resolve::Resolver;
use super::{forward, problem};
use crate::collect::sort_small;
use crate::compile::{Answers, Compiled, Lowered, Options, Source};
use crate::frontend::platforms::ResultPlatform;
use crate::frontend::{
    FrontendCaps, PlatformResult, Sbom, ScanTarget, Scanner, answer_subrequest, assemble,
};
use crate::gateway::{
    Attestation, Bridge, Error, Ref, Result, SolveRequest, SolveResult, WarnRequest,
};
use crate::image::Reference;
use crate::lint::Warning;
use crate::lock::apply::PinnedImage;
use crate::lock::collect::Document;
use crate::lock::command::word;
use crate::lock::verify::Finding;
use crate::syntax;

/// Runs a build, or answers a subrequest.
pub(super) async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
    let mut request = Request::from_environment(bridge.environment())?;
    let caps = request.frontend_caps();
    if let FrontendCaps::Unsupported(error) = caps {
        return Err(error);
    }
    let dockerfile = LoadedDockerfile::open(bridge, &mut request).await?;
    if let Some(target) = forward::target(&request, &dockerfile)? {
        return forward::forward(bridge, target, request, &dockerfile).await;
    }
    if let FrontendCaps::OnlyForwarded(error) = caps {
        return Err(error);
    }
    let build = Build::new(bridge, request, dockerfile)?;
    if let Builder::Locked(frontend) = &build.builder {
        return forward::hand_over(bridge, frontend, build.request, &build.dockerfile).await;
    }
    if let Some(answer) = answer_subrequest(&build.request.options.client, &build).await? {
        return Ok(answer);
    }
    if lock::is_recording(&build)? {
        return lock::record_result(build).await;
    }
    match lock::is_wished(&build)? {
        true => lock::write_result(&build).await,
        false => build.run().await,
    }
}

/// Everything that is known once the Dockerfile is loaded.
pub(super) struct Build<'b> {
    pub(super) bridge: &'b dyn Bridge,
    pub(super) request: Request,
    pub(super) dockerfile: LoadedDockerfile,
    /// The Dockerfile, parsed.
    pub(super) document: Document,
    /// The lock that counts.
    pub(super) lock: Option<ActiveLock>,
    /// What the client told us not to keep to.
    weakened: Option<Weakened>,
    /// Who builds.
    builder: Builder,
}

impl<'b> Build<'b> {
    fn new(
        bridge: &'b dyn Bridge,
        mut request: Request,
        dockerfile: LoadedDockerfile,
    ) -> Result<Self> {
        let document = Document::new(dockerfile.name(), dockerfile.data().clone());
        let asks = request.get(key::REQUEST_ID).is_some();
        let requested = LockRequest::of(&request)?;
        // A question about a lock reads it by itself, and other questions can do without one.
        let lock = match asks || requested.makes_a_lock() {
            true => None,
            false => {
                let found = ActiveLock::find(requested, dockerfile.name(), &dockerfile.lock);
                found.map_err(|error| at_first_stage(error, &document, &dockerfile))?
            }
        };
        let weakened = match asks {
            true => None,
            false => Weakened::find(requested, dockerfile.name(), &dockerfile.lock),
        };
        let builder = match &lock {
            Some(lock) => {
                let own = bridge.environment().frontend.as_deref();
                let line = syntax::detect_syntax(dockerfile.data());
                lock.builder(&request, own, line.as_ref(), dockerfile.info())
                    .map_err(|error| at_first_stage(error, &document, &dockerfile))?
            }
            None => Builder::This(None),
        };
        if let Some(lock) = &lock {
            lock.close(&mut request.options);
        }
        if let Some(lock) = &lock {
            lock.replay(&mut request, &dockerfile);
        }
        Ok(Build {
            bridge,
            request,
            dockerfile,
            document,
            lock,
            weakened,
            builder,
        })
    }

    async fn run(&self) -> Result<SolveResult> {
        let targets = self.targets();
        self.tell_weakness().await;
        let resolver = self.resolver();
        let findings = self.check_inputs(&targets, &resolver)?;
        let scanner = match &self.request.options.client.sbom {
            Some(sbom) => {
                let sbom = self.pinned_scanner(sbom)?;
                Some(Scanner::resolve(self.bridge, &self.request.options.client, &sbom).await?)
            }
            None => None,
        };
        let (compiled, answers) = resolver.compile(self.document.source(), &targets).await;
        self.check_lock(findings, &targets, &compiled, &answers)
            .await?;
        lock::check_programs(self).await?;
        let mut compiled = compiled.into_iter();

        let mut lowered = Vec::with_capacity(targets.len());
        let mut failed = None;
        let mut warnings = Vec::new();
        for (index, compiled) in compiled.by_ref().enumerate() {
            if index == 0 {
                warnings = compiled.warnings;
            }
            match compiled.result {
                Ok(result) => lowered.push(result),
                // Parity: as with stages, the last platform that fails is told.
                Err(error) => failed = Some(error),
            }
        }
        let solve = async {
            match failed {
                Some(error) => Err(problem::located(error, self.dockerfile.info())),
                None => {
                    self.solve_all(&targets, lowered, &answers, scanner.as_ref())
                        .await
                }
            }
        };
        let ((), results) = join(self.warn(&warnings), solve).await;
        let mut result = assemble(results?, self.request.options.client.multi_platform)?;
        if let Some(lock) = &self.lock {
            lock.sign(&self.request, &mut result)?;
        }
        if let Some(weakened) = &self.weakened {
            weakened.sign(&mut result);
        }
        Ok(result)
    }

    /// Warns of a lock that this build does not keep to.
    async fn tell_weakness(&self) {
        let mut messages = Vec::new();
        messages.extend(self.weakened.as_ref().map(Weakened::message));
        let other = self.dockerfile.other_lock.as_ref();
        messages.extend(other.map(OtherLock::message));
        for message in messages {
            // An extra, as lint warnings are.
            let _ = self
                .bridge
                .warn(self.dockerfile.file.warning(message, None))
                .await;
        }
    }

    /// Holds the lock against the inputs of the build, before anything is asked for.
    fn check_inputs(&self, targets: &[Options], resolver: &Resolver<'_>) -> Result<Vec<Finding>> {
        let Some(lock) = &self.lock else {
            return Ok(Vec::new());
        };
        let document = &self.document;
        lock.check_hermetic(&self.request.options)
            .map_err(|error| at_first_stage(error, document, &self.dockerfile))?;
        let findings = lock.check_inputs(document, targets);
        if lock.mode.is_strict() && !findings.is_empty() {
            resolver.refuse();
        }
        Ok(findings)
    }

    /// Holds the lock against what the build takes, before anything is pulled.
    async fn check_lock(
        &self,
        mut findings: Vec<Finding>,
        targets: &[Options],
        compiled: &[Compiled],
        answers: &Answers,
    ) -> Result<()> {
        let Some(lock) = &self.lock else {
            return Ok(());
        };
        let document = &self.document;
        findings.extend(lock.missing(document, targets, compiled, answers));
        sort_small(&mut findings, Ord::cmp);
        if lock.mode.is_strict() {
            lock.refuse(&findings, self.dockerfile.info())
                .map_err(|error| at_first_stage(error, document, &self.dockerfile))?;
            findings.clear();
        }
        findings.extend(lock.open_networks(compiled));
        findings.extend(lock.unused_recordings());
        if let Builder::This(Some(finding)) = &self.builder {
            findings.push(finding.clone());
        }
        findings.extend(lock.open_caches(&self.request.options));
        findings.extend(lock.open_context(self.request.options.client.remote_context_url()));
        for finding in findings {
            let message = format!("{}: {}", lock.name, finding.message);
            let request = WarnRequest {
                detail: vec![finding.hint.into_bytes()],
                ..self.dockerfile.file.warning(message, finding.location)
            };
            // An extra, as lint warnings are.
            let _ = self.bridge.warn(request).await;
        }
        Ok(())
    }

    /// The scanner by the digest that the lock holds it to.
    fn pinned_scanner(&self, sbom: &Sbom) -> Result<Sbom> {
        let Some(lock) = &self.lock else {
            return Ok(sbom.clone());
        };
        let named = Reference::parse_normalized(&sbom.generator)
            .map_err(|error| Error::new(error.to_string()))?;
        match lock
            .lock
            .pin_image(&named.tag_name_only().to_string(), None)
        {
            PinnedImage::Pinned { reference, .. } => Ok(Sbom {
                generator: reference,
                ..sbom.clone()
            }),
            _ if lock.mode.is_strict() => Err(Error::new(format!(
                "{}: the SBOM scanner `{}` is not in the lock (run `rdf lock {} {}`)",
                lock.name,
                sbom.generator,
                word(&format!("--sbom={}", sbom.generator)),
                word(&lock.dockerfile)
            ))),
            _ => Ok(sbom.clone()),
        }
    }

    /// Options for each platform to build. The first is linted for all.
    pub(super) fn targets(&self) -> Vec<Options> {
        let options = &self.request.options;
        if self.request.options.client.platforms.is_empty() {
            return vec![options.clone()];
        }
        let platforms = self.request.options.client.platforms.iter();
        platforms
            .enumerate()
            .map(|(index, platform)| Options {
                target_platform: Some(platform.clone()),
                unlinted: index > 0,
                ..options.clone()
            })
            .collect()
    }

    /// Whoever answers what the compiler asks.
    pub(super) fn resolver(&self) -> Resolver<'_> {
        let builder = self.request.options.client.builder();
        let lock = self.lock.as_ref().map(|lock| (lock, true));
        Resolver::new(self.bridge, lock, builder)
    }

    /// Compiles for one platform.
    pub(super) async fn compile(&self, options: Options) -> Compiled {
        let source = self.document.source();
        only(self.resolver().compile(source, &[options]).await.0)
    }

    /// Compiles any Dockerfile as if it were this build's, and gives what was answered as well.
    pub(super) async fn compile_other(
        &self,
        source: &Source,
        options: &Options,
        lock: Option<&ActiveLock>,
    ) -> (Compiled, Answers) {
        let builder = options.client.builder();
        // What the lock does not have is asked for as if there were none.
        let resolver = Resolver::new(self.bridge, lock.map(|lock| (lock, false)), builder);
        let targets = std::slice::from_ref(options);
        let (compiled, answers) = resolver.compile(source, targets).await;
        (only(compiled), answers)
    }

    async fn solve_all(
        &self,
        targets: &[Options],
        lowered: Vec<Lowered>,
        answers: &Answers,
        scanner: Option<&Scanner>,
    ) -> Result<Vec<PlatformResult>> {
        let given = self
            .lock
            .as_ref()
            .map(|lock| lock.given(&self.request.options, answers));
        let given = &given.unwrap_or_default();
        let solves = targets
            .iter()
            .zip(lowered)
            .map(|(options, lowered)| async move {
                let requested = options
                    .target_platform
                    .as_ref()
                    .unwrap_or(&self.request.options.client.own_platform);
                let id = ResultPlatform::new(requested, &lowered.image.platform).id;
                let reference = self.solve(&lowered, given).await?;
                let attestations = match scanner {
                    Some(scanner) => vec![self.scan(scanner, &id, &lowered).await?],
                    None => Vec::new(),
                };
                Ok(PlatformResult {
                    attestations,
                    ..platform_result(requested, lowered, reference)
                })
            });
        try_join_all(solves).await
    }

    async fn scan(&self, scanner: &Scanner, id: &str, lowered: &Lowered) -> Result<Attestation> {
        let target = ScanTarget {
            platform: id,
            state: &lowered.state,
            extras: &lowered.sbom_extras,
            ignore_cache: lowered.ignore_cache,
        };
        scanner.scan(self.bridge, &target).await
    }

    async fn solve(&self, lowered: &Lowered, given: &BTreeSet<String>) -> Result<Option<Ref>> {
        let definition = lowered.definition().map_err(problem::plain)?;
        let mut source_policies = Vec::new();
        let mut evaluate = false;
        if let Some(lock) = &self.lock {
            if lock.mode.is_strict() {
                lock.refuse_unpinned(lowered, self.dockerfile.info())?;
            }
            lock.check_result(lowered, self.dockerfile.info())?;
            source_policies = lock.policy(lowered, given, &self.request.options);
            evaluate = lock.evaluates(lowered);
        }
        let request = SolveRequest {
            cache_imports: self.request.options.client.cache_imports.clone(),
            source_policies,
            evaluate,
            ..SolveRequest::definition(definition)
        };
        let result = match (self.bridge.solve(request).await, &self.lock) {
            (Err(error), Some(lock)) => Err(lock.explain(error, lowered, self.dockerfile.info())),
            (result, _) => result,
        };
        Ok(result?.single()?.cloned())
    }

    /// Shows lint warnings. They are an extra: a daemon that does not take them is no reason to fail.
    pub(super) async fn warn(&self, warnings: &[Warning]) {
        for warning in warnings {
            let lines = warning.location.iter().copied();
            let request = WarnRequest {
                detail: vec![warning.rule.description.as_bytes().to_vec()],
                url: warning.rule.url.to_owned(),
                ..self
                    .dockerfile
                    .file
                    .warning(warning.message().as_bytes(), lines)
            };
            // One after the other: clients show them in the order in which they arrive.
            let _ = self.bridge.warn(request).await;
        }
    }
}

/// An error about the whole build at the place where it begins; one that has a place keeps it.
fn at_first_stage(error: Error, document: &Document, dockerfile: &LoadedDockerfile) -> Error {
    let stages = &document.source().parsed().dockerfile.stages;
    match stages.first() {
        Some(stage) if error.sources().is_empty() => {
            problem::at(error, dockerfile.info(), &[stage.meta.location])
        }
        _ => error,
    }
}
