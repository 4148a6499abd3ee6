//! Resolving sources: the newer call for all of them, or the older one for images.

use super::Client;
use crate::gateway::rpc::Method;
use crate::gateway::{Error, Result, gateway_cap};
use crate::pb::gateway as pb;
use crate::pb::ops::SourceOp;

/// Scheme of image sources.
const IMAGE: &str = "docker-image://";
/// Scheme of OCI layout sources.
const OCI_LAYOUT: &str = "oci-layout://";
/// `resolver_type` of an OCI layout.
const RESOLVER_OCI_LAYOUT: i32 = 1;
/// Attributes of an OCI layout source.
const ATTR_OCI_SESSION: &str = "oci.session";
const ATTR_OCI_STORE: &str = "oci.store";
impl Client {
    pub(super) async fn image_config(
        &self,
        request: pb::ResolveImageConfigRequest,
    ) -> Result<pb::ResolveImageConfigResponse> {
        let asked = request.r#ref.clone();
        if self.supports(gateway_cap::SOURCE_META_RESOLVER) {
            let request = image_source_request(request);
            let answer: Result<pb::ResolveSourceMetaResponse> =
                self.call(Method::ResolveSourceMeta, &request).await;
            let answer = answer.map_err(|error| not_resolved(error, &asked))?;
            return image_config_of(answer, &asked);
        }
        let answer: Result<pb::ResolveImageConfigResponse> =
            self.call(Method::ResolveImageConfig, &request).await;
        let mut answer = answer.map_err(|error| not_resolved(error, &asked))?;
        if answer.r#ref.is_empty() {
            answer.r#ref = asked;
        }
        Ok(answer)
    }

    pub(super) async fn source_meta(
        &self,
        request: pb::ResolveSourceMetaRequest,
    ) -> Result<pb::ResolveSourceMetaResponse> {
        let attestations = request
            .image
            .as_ref()
            .is_some_and(|image| image.attestation_chain || !image.resolve_attestations.is_empty());
        let checksum = request
            .http
            .as_ref()
            .is_some_and(|http| http.checksum_request.is_some());
        if !self.supports(gateway_cap::SOURCE_META_RESOLVER) {
            return self
                .source_meta_by_image(request, attestations, checksum)
                .await;
        }
        if attestations {
            self.require(gateway_cap::SOURCE_META_RESOLVER_IMAGE_ATTESTATIONS)
                .map_err(|error| {
                    error.context(
                        "image attestation resolution requires additional source metadata resolver support",
                    )
                })?;
        }
        if checksum {
            self.require(gateway_cap::SOURCE_META_RESOLVER_HTTP_CHECKSUM_REQUEST)
                .map_err(|error| {
                    error.context(
                        "http checksum request requires additional source metadata resolver support",
                    )
                })?;
        }
        let mut request = request;
        if let Some(image) = &mut request.image {
            image.attestation_chain = attestations;
        }
        let asked = request.source.clone();
        let mut answer: pb::ResolveSourceMetaResponse =
            self.call(Method::ResolveSourceMeta, &request).await?;
        if answer.source.is_none() {
            answer.source = asked;
        }
        let answered = answer
            .http
            .as_ref()
            .is_some_and(|http| http.checksum_response.is_some());
        if checksum && !answered {
            return Err(Error::new(
                "http checksum request was sent but response did not include checksum response",
            ));
        }
        Ok(answer)
    }

    /// Daemons without `source.metaresolver` know images only; other sources come back as they are.
    async fn source_meta_by_image(
        &self,
        request: pb::ResolveSourceMetaRequest,
        attestations: bool,
        checksum: bool,
    ) -> Result<pb::ResolveSourceMetaResponse> {
        if attestations {
            return Err(Error::new(
                "image attestation resolution requires source metadata resolver support",
            ));
        }
        let mut source = request.source.unwrap_or_default();
        let (scheme, reference) = match split_image(&source.identifier) {
            Some((scheme, reference)) => (scheme, reference.to_owned()),
            None if checksum => {
                return Err(Error::new(
                    "http checksum request requires source metadata resolver support",
                ));
            }
            None => {
                return Ok(pb::ResolveSourceMetaResponse {
                    source: Some(source),
                    ..Default::default()
                });
            }
        };
        let mut config = pb::ResolveImageConfigRequest {
            r#ref: reference,
            platform: request.platform,
            resolve_mode: request.resolve_mode,
            log_name: request.log_name,
            source_policies: request.source_policies,
            ..Default::default()
        };
        if scheme == OCI_LAYOUT {
            let attr = |key| {
                let entry = source.attrs.iter().find(|entry| entry.key == key);
                entry.map(|entry| entry.value.clone()).unwrap_or_default()
            };
            config.resolver_type = RESOLVER_OCI_LAYOUT;
            config.session_id = attr(ATTR_OCI_SESSION);
            config.store_id = attr(ATTR_OCI_STORE);
        }
        let answer = self.image_config(config).await?;
        source.identifier = format!("{scheme}{}", answer.r#ref);
        Ok(pb::ResolveSourceMetaResponse {
            source: Some(source),
            image: Some(pb::ResolveSourceImageResponse {
                digest: answer.digest,
                config: answer.config,
                attestation_chain: None,
            }),
            ..Default::default()
        })
    }
}

/// The words that the built-in frontend has for an image that cannot be resolved. Daemons lose them on the way to
/// a frontend image, so they are put back.
fn not_resolved(error: Error, reference: &str) -> Error {
    let words = format!("failed to resolve source metadata for {reference}");
    if error.is_lost() || error.other_source().is_some() || error.message().contains(&words) {
        return error;
    }
    error.context(words)
}

/// The scheme and reference of an image source.
fn split_image(identifier: &str) -> Option<(&'static str, &str)> {
    [IMAGE, OCI_LAYOUT]
        .into_iter()
        .find_map(|scheme| Some((scheme, identifier.strip_prefix(scheme)?)))
}

/// An image config request in terms of sources. Parity: the resolve mode is not handed on.
fn image_source_request(request: pb::ResolveImageConfigRequest) -> pb::ResolveSourceMetaRequest {
    let oci_layout = request.resolver_type == RESOLVER_OCI_LAYOUT;
    let scheme = if oci_layout { OCI_LAYOUT } else { IMAGE };
    let mut source = SourceOp {
        identifier: format!("{scheme}{}", request.r#ref),
        ..SourceOp::default()
    };
    if oci_layout {
        source.attrs = crate::pb::map::entries([
            (ATTR_OCI_SESSION, request.session_id),
            (ATTR_OCI_STORE, request.store_id),
        ]);
    }
    pb::ResolveSourceMetaRequest {
        source: Some(source),
        platform: request.platform,
        log_name: request.log_name,
        source_policies: request.source_policies,
        ..Default::default()
    }
}

fn image_config_of(
    answer: pb::ResolveSourceMetaResponse,
    asked: &str,
) -> Result<pb::ResolveImageConfigResponse> {
    let identifier = answer.source.map(|source| source.identifier);
    let identifier = identifier.unwrap_or_default();
    let Some(image) = answer.image else {
        return Err(Error::not_an_image(&format!("{IMAGE}{asked}"), &identifier));
    };
    let reference =
        split_image(&identifier).map_or(identifier.as_str(), |(_, reference)| reference);
    let reference = if reference.is_empty() {
        asked
    } else {
        reference
    };
    Ok(pb::ResolveImageConfigResponse {
        digest: image.digest,
        config: image.config,
        r#ref: reference.to_owned(),
    })
}
