//! Attestations asked for: `attest:<type>` and `build-arg:BUILDKIT_ATTEST_<type>`.

use std::collections::BTreeMap;

use crate::collect::CollectSmall as _;
use crate::go::csv;
use crate::image::Reference;

/// Scanner image when the client names none.
const DEFAULT_SCANNER: &str = "docker/buildkit-syft-scanner:stable-1";

const PREFIXES: [&str; 2] = ["attest:", "build-arg:BUILDKIT_ATTEST_"];

/// A scan for an SBOM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sbom {
    /// Normalised reference of the scanner image.
    pub generator: String,
    /// Parameters that the scanner gets.
    pub parameters: BTreeMap<String, String>,
}

/// The SBOM scan that `opts` ask for. Provenance is the daemon's work, other types are refused.
pub(super) fn sbom(opts: &BTreeMap<String, String>) -> Result<Option<Sbom>, String> {
    let mut attributes = BTreeMap::new();
    for prefix in PREFIXES {
        for (key, value) in opts {
            if let Some(kind) = key.strip_prefix(prefix) {
                attributes.insert(crate::go::text::to_lower(kind).into_owned(), value.as_str());
            }
        }
    }
    let mut found = None;
    for (kind, value) in &attributes {
        let fields = fields(kind, value)?;
        if kind == "sbom" {
            found = Some(fields);
        }
    }
    if let Some(kind) = attributes
        .keys()
        .find(|kind| !matches!(kind.as_str(), "sbom" | "provenance"))
    {
        return Err(format!(
            "unknown attestation type {}",
            crate::go::quote::quote(kind)
        ));
    }
    found.map(scan).transpose()
}

fn fields(kind: &str, value: &str) -> Result<Vec<(String, String)>, String> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let fields = csv::fields(value).map_err(|error| format!("failed to parse {kind}: {error}"))?;
    let split = fields.into_iter().map(|field| {
        let (key, value) = field.split_once('=').unwrap_or((field.as_ref(), ""));
        (key.to_owned(), value.to_owned())
    });
    Ok(split.collect())
}

fn scan(fields: Vec<(String, String)>) -> Result<Sbom, String> {
    let mut parameters: BTreeMap<String, String> = fields.into_iter().collect_small();
    let generator = parameters
        .remove("generator")
        .unwrap_or_else(|| DEFAULT_SCANNER.to_owned());
    let reference = Reference::parse_normalized(&generator)
        .map_err(|error| format!("failed to parse sbom scanner {generator}: {error}"))?;
    Ok(Sbom {
        generator: reference.tag_name_only().to_string(),
        parameters,
    })
}

#[cfg(test)]
mod tests {
    use super::{Sbom, sbom};

    fn parse(opts: &[(&str, &str)]) -> Result<Option<Sbom>, String> {
        sbom(
            &opts
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn scanner_has_a_default_and_parameters() {
        let scan = parse(&[("attest:sbom", "")]).unwrap().unwrap();
        assert_eq!(
            scan.generator,
            "docker.io/docker/buildkit-syft-scanner:stable-1"
        );
        let scan = parse(&[(
            "build-arg:BUILDKIT_ATTEST_SBOM",
            "generator=x/y,LEVEL=2,FLAG",
        )])
        .unwrap()
        .unwrap();
        assert_eq!(scan.generator, "docker.io/x/y:latest");
        let parameters: Vec<_> = scan
            .parameters
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        assert_eq!(parameters, ["FLAG=", "LEVEL=2"]);
    }

    #[test]
    fn provenance_is_left_to_the_daemon() {
        assert_eq!(parse(&[("attest:provenance", "mode=max")]), Ok(None));
    }

    #[test]
    fn other_types_are_refused() {
        let error = parse(&[("attest:signature", "")]).unwrap_err();
        assert_eq!(error, "unknown attestation type \"signature\"");
    }
}
