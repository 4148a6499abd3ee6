//! What the fake daemon answers to each method.

use bytes::Bytes;
use prost::Message;

use super::{FakeDaemon, Messages as _, lock};
use crate::gateway::{Code, Error, Method, Ref, Result, SolveResult, gateway_cap};
use crate::image::Platform;
use crate::pb::gateway::{self as pb, ResolveSourceMetaResponse};
use crate::pb::map::{entries, to_map};
use crate::pb::ops::{self as pb_ops, Definition};
use crate::pb::worker::WorkerRecord;
use crate::testing::files::{Files, source_of};

impl FakeDaemon {
    fn pong(&self) -> pb::PongResponse {
        let environment = lock(&self.environment);
        let workers = environment.workers.iter().map(|worker| WorkerRecord {
            id: worker.id.clone(),
            labels: worker.labels.clone(),
            platforms: worker.platforms.iter().map(Into::into).collect(),
            buildkit_version: None,
        });
        pb::PongResponse {
            frontend_api_caps: environment.caps.iter().cloned().collect(),
            llb_caps: environment.llb_caps.iter().cloned().collect(),
            workers: workers.collect(),
        }
    }

    fn image(
        &self,
        reference: &str,
        platform: Option<&pb_ops::Platform>,
    ) -> Result<(String, Vec<u8>)> {
        let state = self.state();
        let image = state.images.get(reference).ok_or_else(|| {
            let text = format!(
                "failed to resolve source metadata for {reference}: {reference}: not found"
            );
            Error::with_code(Code::NotFound, text)
        })?;
        let environment = lock(&self.environment);
        let own = environment.workers.first();
        let own = own.and_then(|worker| worker.platforms.first());
        let platform = platform
            .map(Platform::from)
            .or(own.cloned())
            .unwrap_or_default();
        Ok((image.digest.clone(), image.config_for(&platform)))
    }

    fn source_meta(
        &self,
        request: pb::ResolveSourceMetaRequest,
    ) -> Result<ResolveSourceMetaResponse> {
        let source = request.source.unwrap_or_default();
        let identifier = source.identifier.as_str();
        let image = ["docker-image://", "oci-layout://"];
        let reference = image
            .iter()
            .find_map(|scheme| identifier.strip_prefix(scheme));
        // What was set for an identifier counts before images, as a source policy would.
        let set = self.state().source_meta.get(identifier).cloned();
        if let Some(reference) = reference.filter(|_| set.is_none()) {
            let (digest, config) = self.image(reference, request.platform.as_ref())?;
            let no_config = request.image.is_some_and(|image| image.no_config);
            let image = pb::ResolveSourceImageResponse {
                digest,
                config: if no_config { Vec::new() } else { config },
                attestation_chain: None,
            };
            return Ok(ResolveSourceMetaResponse {
                source: Some(source),
                image: Some(image),
                ..Default::default()
            });
        }
        let mut meta = set.unwrap_or_default();
        meta.source.get_or_insert(source);
        Ok(meta)
    }

    async fn solve(&self, request: pb::SolveRequest) -> Result<pb::SolveResponse> {
        let result = if request.frontend.is_empty() {
            let id = self.add_ref(request.definition);
            SolveResult::of(Ref::from_id(id))
        } else {
            let forward = self.state().forward.clone().ok_or_else(|| {
                Error::new(format!("failed to find frontend {}", request.frontend))
            })?;
            forward(self.nested(request)).await?
        };
        let environment = self.environment();
        let supports = |cap| environment.caps.contains(cap);
        if !supports(gateway_cap::RETURN_RESULT) {
            let id = result.single()?.map(|reference| reference.id.clone());
            return Ok(pb::SolveResponse {
                r#ref: id.unwrap_or_default(),
                result: None,
            });
        }
        let mut result = result.into_pb(supports(gateway_cap::PROTO_REF_ARRAY));
        if let Some(pb::result::Result::Ref(reference)) = &mut result.result
            && supports(gateway_cap::REFERENCE_OUTPUT)
            && reference.def.is_none()
        {
            reference.def = self.sent(&reference.id);
        }
        Ok(pb::SolveResponse {
            r#ref: String::new(),
            result: Some(result),
        })
    }

    /// The id of a new ref; empty for a definition without ops.
    fn add_ref(&self, definition: Option<Definition>) -> String {
        let definition = definition.filter(|definition| !definition.def.is_empty());
        if definition.is_none() {
            return String::new();
        }
        let mut state = self.state();
        let id = format!("ref-{}", state.refs.len());
        state.refs.insert(id.clone(), definition);
        id
    }

    /// Files of a ref.
    fn files(&self, id: &str) -> Result<Files> {
        let definition = self
            .sent(id)
            .ok_or_else(|| Error::new(format!("no such ref: {id}")))?;
        let source = source_of(&definition).unwrap_or_default();
        let state = self.state();
        if let Some(files) = state.files.get(&source.identifier) {
            return Ok(files.clone());
        }
        let files = state.source_files.clone();
        drop(state);
        let attrs = to_map(source.attrs);
        let files = files.and_then(|files| files(&source.identifier, &attrs));
        Ok(files.unwrap_or_default())
    }

    /// Files of a container's mount.
    fn mounted(&self, container: &str, mount_index: i32) -> Result<Files> {
        let unknown = || Error::new(format!("no mount {mount_index} in container {container}"));
        let mounts = self.state().containers.get(container).cloned();
        let index = usize::try_from(mount_index).unwrap_or(usize::MAX);
        let id = mounts.and_then(|mounts| mounts.get(index).cloned());
        self.files(&id.ok_or_else(unknown)?)
    }

    fn new_container(&self, request: pb::NewContainerRequest) {
        let mounts = request.mounts.into_iter().map(|mount| mount.result_id);
        let mounts = mounts.collect();
        let mut state = self.state();
        state.containers.insert(request.container_id, mounts);
    }

    pub(super) async fn answer(&self, method: Method, request: Bytes) -> Result<Vec<u8>> {
        Ok(match method {
            Method::Ping => self.pong().encode_to_vec(),
            Method::ResolveImageConfig => {
                let request =
                    pb::ResolveImageConfigRequest::decode(request).map_err(Error::undecodable)?;
                let (digest, config) = self.image(&request.r#ref, request.platform.as_ref())?;
                pb::ResolveImageConfigResponse {
                    digest,
                    config,
                    r#ref: request.r#ref,
                }
                .encode_to_vec()
            }
            Method::ResolveSourceMeta => {
                let request =
                    pb::ResolveSourceMetaRequest::decode(request).map_err(Error::undecodable)?;
                self.source_meta(request)?.encode_to_vec()
            }
            Method::Solve => {
                let request = pb::SolveRequest::decode(request).map_err(Error::undecodable)?;
                self.solve(request).await?.encode_to_vec()
            }
            Method::ReadFile | Method::ReadFileContainer => {
                let request = pb::ReadFileRequest::decode(request).map_err(Error::undecodable)?;
                let files = match method {
                    Method::ReadFile => self.files(&request.r#ref)?,
                    _ => self.mounted(&request.r#ref, request.mount_index)?,
                };
                let data = files
                    .read(&request.file_path, request.range.map(Into::into))?
                    .into();
                pb::ReadFileResponse { data }.encode_to_vec()
            }
            Method::ReadDir | Method::ReadDirContainer => {
                let request = pb::ReadDirRequest::decode(request).map_err(Error::undecodable)?;
                let files = match method {
                    Method::ReadDir => self.files(&request.r#ref)?,
                    _ => self.mounted(&request.r#ref, request.mount_index)?,
                };
                let entries = files.list(&request.dir_path, &request.include_pattern)?;
                let entries = entries.into_iter().map(Into::into).collect();
                pb::ReadDirResponse { entries }.encode_to_vec()
            }
            Method::StatFile | Method::StatFileContainer => {
                let request = pb::StatFileRequest::decode(request).map_err(Error::undecodable)?;
                let files = match method {
                    Method::StatFile => self.files(&request.r#ref)?,
                    _ => self.mounted(&request.r#ref, request.mount_index)?,
                };
                let stat = Some(files.stat(&request.path)?.into());
                pb::StatFileResponse { stat }.encode_to_vec()
            }
            Method::Return => {
                let request = pb::ReturnRequest::decode(request).map_err(Error::undecodable)?;
                self.state().returned = Some(request);
                Vec::new()
            }
            Method::Inputs => {
                let definitions = entries(lock(&self.inputs).clone());
                pb::InputsResponse { definitions }.encode_to_vec()
            }
            Method::NewContainer => {
                self.new_container(
                    pb::NewContainerRequest::decode(request).map_err(Error::undecodable)?,
                );
                Vec::new()
            }
            Method::ReleaseContainer => {
                let request =
                    pb::ReleaseContainerRequest::decode(request).map_err(Error::undecodable)?;
                self.state().containers.remove(&request.container_id);
                Vec::new()
            }
            Method::Evaluate | Method::Warn => Vec::new(),
        })
    }
}
