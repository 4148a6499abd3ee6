//! What a lock holds, as a bill of materials: CycloneDX 1.6, JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::model::{GitKey, GitPin, HttpPin, ImagePin, Lock};
use crate::image::{Digest, Reference};
use crate::recording::{Fetch, Package};

/// The bill of materials of locks: the images, repositories and files that their builds take, and what their `RUN`
/// steps fetched. Equal locks have equal bytes: the serial number is made of the content.
pub fn cyclonedx(locks: &[&Lock]) -> String {
    let mut components: BTreeMap<String, Value> = BTreeMap::new();
    for lock in locks {
        for (key, pin) in &lock.images {
            add(&mut components, image(key, pin));
        }
        for (key, pin) in &lock.git {
            add(&mut components, Some(git(key, pin)));
        }
        for (url, pin) in &lock.http {
            add(&mut components, Some(file(url, pin)));
        }
        let runs = lock.recordings.iter().flat_map(|it| it.runs.values());
        for fetch in runs.flat_map(|run| &run.fetches) {
            add(&mut components, Some(fetched(fetch)));
        }
    }
    let components: Vec<Value> = components.into_values().collect();
    let content = Value::from(components.clone()).to_string();
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(content.as_bytes()),
        "version": 1,
        "metadata": {
            "tools": { "components": [
                { "type": "application", "name": "rdf", "version": env!("CARGO_PKG_VERSION") },
            ] },
            "lifecycles": [{ "phase": "build" }],
        },
        "components": components,
    });
    let mut text = serde_json::to_string_pretty(&bill).unwrap_or_default();
    text.push('\n');
    text
}

fn add(components: &mut BTreeMap<String, Value>, component: Option<Value>) {
    let Some(component) = component else { return };
    let key = component
        .get("bom-ref")
        .and_then(Value::as_str)
        .map(str::to_owned);
    components
        .entry(key.unwrap_or_default())
        .or_insert(component);
}

/// A UUID made of content: version 8, whose bits are the maker's own.
fn serial_number(content: &[u8]) -> String {
    let digest = Digest::sha256(content);
    let hex = digest.encoded();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-8{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}

/// A component; `what` tells two apart that have the same name and version.
fn component(kind: &str, name: &str, version: &str, purl: &str, what: &str) -> Map<String, Value> {
    let mut map = Map::new();
    let mut put = |key: &str, value: &str| {
        map.insert(key.to_owned(), value.into());
    };
    put("type", kind);
    put("bom-ref", &format!("{purl}#{what}"));
    put("name", name);
    if !version.is_empty() {
        put("version", version);
    }
    put("purl", purl);
    map
}

fn hashes(digest: &str) -> Option<Value> {
    let content = digest.strip_prefix("sha256:")?;
    Some(json!([{ "alg": "SHA-256", "content": content }]))
}

/// A component with the digest of its bytes and the address that they were fetched from.
fn with_bytes(mut map: Map<String, Value>, digest: &str, kind: &str, url: &str) -> Value {
    if let Some(hashes) = hashes(digest) {
        map.insert("hashes".to_owned(), hashes);
    }
    let reference = json!([{ "type": kind, "url": url }]);
    map.insert("externalReferences".to_owned(), reference);
    map.into()
}

fn image(key: &str, pin: &ImagePin) -> Option<Value> {
    let reference = Reference::parse_normalized(key).ok()?;
    let repository = reference.trim_named().to_string();
    let name = repository.rsplit('/').next().unwrap_or_default();
    let tag = pin.tag.as_deref().or(reference.tag()).unwrap_or_default();
    let mut purl = format!(
        "pkg:oci/{}@{}?repository_url={}",
        name.to_ascii_lowercase(),
        pin.digest.replace(':', "%3A"),
        percent(&repository)
    );
    if !tag.is_empty() {
        purl.push_str(&format!("&tag={}", percent(tag)));
    }
    let version = match tag {
        "" => &pin.digest,
        tag => tag,
    };
    let mut map = component("container", &repository, version, &purl, "image");
    if let Some(hashes) = hashes(&pin.digest) {
        map.insert("hashes".to_owned(), hashes);
    }
    Some(map.into())
}

fn git(key: &GitKey, pin: &GitPin) -> Value {
    let name = key.remote.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".git").unwrap_or(name);
    let purl = format!(
        "pkg:generic/{}@{}?vcs_url={}",
        percent(name),
        pin.commit,
        percent(&format!("git+{}@{}", key.remote, pin.commit))
    );
    let map = component("library", name, &pin.commit, &purl, &key.reference);
    with_bytes(map, "", "vcs", &key.remote)
}

fn file(url: &str, pin: &HttpPin) -> Value {
    named_file(url, &pin.digest)
}

fn fetched(fetch: &Fetch) -> Value {
    let digest = fetch.digest.as_str();
    match Package::of_url(&fetch.url) {
        Some(package) => {
            let purl = package.purl();
            let what = fetch.digest.encoded();
            let map = component("library", &package.name, &package.version, &purl, what);
            with_bytes(map, digest, "distribution", &fetch.url)
        }
        None => named_file(&fetch.url, digest),
    }
}

fn named_file(url: &str, digest: &str) -> Value {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let purl = format!(
        "pkg:generic/{}?download_url={}&checksum={}",
        percent(name),
        percent(url),
        percent(digest)
    );
    with_bytes(
        component("file", name, "", &purl, digest),
        digest,
        "distribution",
        url,
    )
}

/// A value in a package URL.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
