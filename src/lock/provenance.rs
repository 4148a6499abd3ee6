//! What a build says that it was made of: SLSA provenance as BuildKit writes it, and what a lock has to do with it.
//!
//! ```text
//! statement, metadata of buildx, what `imagetools inspect` shows -> Provenance -> a lock, or a comparison with one
//! ```

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::hermetic::is_steering;
use super::model::{GitKey, GitPin, HttpPin, ImageLookup, ImagePin, Inputs, Lock};
use super::verify::show_git;
use crate::go::url::parse_query;
use crate::image::{Digest, Platform, Reference};
use crate::remote::GitUrl;

/// How an image is named among materials.
const IMAGE: &str = "pkg:docker/";

/// The payload of an envelope with a signature.
const STATEMENT: &str = "application/vnd.in-toto+json";

/// Before the platform in the metadata that buildx writes.
const METADATA: &str = "buildx.build.provenance/";

/// Something that a build was made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Material {
    /// An image: normalised reference, and digest of its index.
    Image {
        /// The reference as the build asked for it.
        reference: String,
        /// What it was.
        digest: String,
    },
    /// A git repository.
    Git {
        /// Where, and which ref.
        key: GitKey,
        /// The commit, or the object of an annotated tag.
        hash: String,
    },
    /// A file on the web.
    Http {
        /// Where.
        url: String,
        /// Digest of its content.
        digest: String,
    },
}

impl Material {
    /// The source in one word.
    pub fn subject(&self) -> String {
        match self {
            Material::Image { reference, .. } => reference.clone(),
            Material::Git { key, .. } => show_git(&key.remote, &key.reference),
            Material::Http { url, .. } => url.clone(),
        }
    }

    /// What it was.
    pub fn content(&self) -> &str {
        match self {
            Material::Image { digest, .. } | Material::Http { digest, .. } => digest,
            Material::Git { hash, .. } => hash,
        }
    }
}

/// The provenance of one image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Its platform, where that is told.
    pub platform: Option<String>,
    /// What it was made of.
    pub materials: BTreeSet<Material>,
    /// Materials that no Dockerfile can ask for, as they are told.
    pub other: BTreeSet<String>,
    /// Its target; empty for the last stage.
    pub target: String,
    /// Its build arguments, where they are told.
    pub build_args: BTreeMap<String, String>,
    /// The main context, where it was a repository or a file on the web.
    pub context: Option<String>,
}

/// Reads every provenance in a text of JSON values, however they are wrapped: statements, envelopes with signatures,
/// predicates alone, by platform or by target.
///
/// # Errors
/// What keeps the text from being read.
pub fn read(bytes: &[u8], platform: Option<&str>) -> Result<Vec<Provenance>, String> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let value = value.map_err(|error| format!("not valid JSON: {error}"))?;
        visit(&value, platform, &mut found)?;
    }
    Ok(found)
}

fn visit(value: &Value, platform: Option<&str>, found: &mut Vec<Provenance>) -> Result<(), String> {
    let map = match value {
        Value::Object(map) => map,
        Value::Array(list) => {
            return list
                .iter()
                .try_for_each(|value| visit(value, platform, found));
        }
        _ => return Ok(()),
    };
    if let Some(definition) = object(map, "buildDefinition") {
        let asked = object(definition, "externalParameters");
        let request = asked.and_then(|asked| object(asked, "request"));
        let materials = list(definition, "resolvedDependencies");
        found.push(provenance(materials, asked, request, platform));
        return Ok(());
    }
    if map.contains_key("materials") {
        let asked = object(map, "invocation");
        let request = asked.and_then(|asked| object(asked, "parameters"));
        found.push(provenance(list(map, "materials"), asked, request, platform));
        return Ok(());
    }
    if map.get("payloadType").and_then(Value::as_str) == Some(STATEMENT) {
        let payload = map
            .get("payload")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let bytes = STANDARD
            .decode(payload)
            .map_err(|error| format!("the payload is not valid base64: {error}"))?;
        found.extend(read(&bytes, platform)?);
        return Ok(());
    }
    for (key, value) in map {
        let own = platform_of(key);
        visit(value, own.as_deref().or(platform), found)?;
    }
    Ok(())
}

/// The platform that a key names: `linux/amd64`, or with that at its end.
fn platform_of(key: &str) -> Option<String> {
    let name = key.strip_prefix(METADATA).unwrap_or(key);
    if !name.contains('/') {
        return None;
    }
    let parsed = Platform::parse(name, &Platform::new("linux", "amd64")).ok()?;
    Some(parsed.normalized().format_all())
}

fn object<'v>(map: &'v Map<String, Value>, key: &str) -> Option<&'v Map<String, Value>> {
    map.get(key)?.as_object()
}

fn list<'v>(map: &'v Map<String, Value>, key: &str) -> &'v [Value] {
    map.get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn provenance(
    materials: &[Value],
    asked: Option<&Map<String, Value>>,
    request: Option<&Map<String, Value>>,
    platform: Option<&str>,
) -> Provenance {
    let mut found = Provenance {
        platform: platform.map(str::to_owned),
        ..Provenance::default()
    };
    for value in materials {
        let uri = value.get("uri").and_then(Value::as_str).unwrap_or_default();
        let digests = value.get("digest").and_then(Value::as_object);
        match digests.and_then(|digests| material(uri, digests)) {
            Some(material) => drop(found.materials.insert(material)),
            None => drop(found.other.insert(uri.to_owned())),
        }
    }
    let args = request.and_then(|request| object(request, "args"));
    for (key, value) in args.into_iter().flatten() {
        let Some(value) = value.as_str() else {
            continue;
        };
        match key.strip_prefix("build-arg:") {
            Some(name) if !is_steering(name) => {
                found.build_args.insert(name.to_owned(), value.to_owned());
            }
            _ if key == "target" => value.clone_into(&mut found.target),
            _ => {}
        }
    }
    let source = asked.and_then(|asked| object(asked, "configSource"));
    let uri = source
        .and_then(|source| source.get("uri"))
        .and_then(Value::as_str);
    found.context = uri.filter(|uri| !uri.is_empty()).map(str::to_owned);
    found
}

/// A material as a source of a Dockerfile; `None` for anything else.
fn material(uri: &str, digests: &Map<String, Value>) -> Option<Material> {
    let hash = |name: &str| digests.get(name).and_then(Value::as_str);
    let sha256 = || {
        Some(
            Digest::parse(&format!("sha256:{}", hash("sha256")?))
                .ok()?
                .to_string(),
        )
    };
    if let Some(name) = uri.strip_prefix(IMAGE) {
        return Some(Material::Image {
            reference: image_name(name)?,
            digest: sha256()?,
        });
    }
    let is_web = uri.starts_with("http://") || uri.starts_with("https://");
    let url = GitUrl::parse(uri).ok();
    let is_git = url
        .as_ref()
        .is_some_and(|url| !is_web || url.path.ends_with(".git"));
    match (hash("sha1").or_else(|| hash("gitCommit")), url) {
        (commit, Some(url)) if commit.is_some() || is_git => Some(Material::Git {
            key: GitKey {
                remote: url.remote,
                reference: url.reference,
            },
            hash: commit.or_else(|| hash("sha256"))?.to_owned(),
        }),
        (None, _) if is_web => Some(Material::Http {
            url: uri.to_owned(),
            digest: sha256()?,
        }),
        _ => None,
    }
}

/// The reference that a package URL stands for: `NAME@TAG?digest=DIGEST&platform=PLATFORM`.
fn image_name(text: &str) -> Option<String> {
    let (name, qualifiers) = text.split_once('?').unwrap_or((text, ""));
    let (name, tag) = match name.rsplit_once('@') {
        Some((name, tag)) => (name, Some(decoded(tag))),
        None => (name, None),
    };
    let mut reference = Reference::parse_normalized(&decoded(name))
        .ok()?
        .trim_named();
    if let Some(tag) = tag {
        reference = reference.with_tag(&tag).ok()?;
    }
    if let Some(digest) = parse_query(qualifiers)
        .get("digest")
        .and_then(|it| it.first())
    {
        reference = reference.with_digest(Digest::parse(digest).ok()?).ok()?;
    }
    Some(reference.tag_name_only().to_string())
}

/// Text without percent signs.
fn decoded(text: &str) -> String {
    let query = format!("text={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut values = parse_query(&query);
    let text = values.get_mut("text").and_then(Vec::pop);
    text.unwrap_or_default()
}

/// A lock that holds all of it. What configs say is not known yet.
///
/// # Errors
/// Two of them that contradict each other.
pub fn to_lock(all: &[Provenance], today: &str) -> Result<Lock, String> {
    let mut lock = Lock {
        inputs: Inputs {
            targets: all.iter().map(|it| it.target.clone()).collect(),
            platforms: all.iter().filter_map(|it| it.platform.clone()).collect(),
            build_args: all.iter().map(|it| it.build_args.clone()).collect(),
            ..Inputs::default()
        },
        ..Lock::default()
    };
    for material in all.iter().flat_map(|it| &it.materials) {
        let before = match material {
            Material::Image { reference, digest } => {
                let pin = ImagePin {
                    tag: None,
                    digest: digest.clone(),
                    platforms: BTreeMap::new(),
                    config: BTreeMap::new(),
                    used_by: BTreeSet::new(),
                    locked: today.to_owned(),
                };
                // A build by a pin names both; the key is what the Dockerfile has.
                let key = reference
                    .split_once('@')
                    .map_or(
                        reference.as_str(),
                        |(tagged, _)| match Reference::parse_normalized(tagged) {
                            Ok(named) if named.tag().is_some() => tagged,
                            _ => reference.as_str(),
                        },
                    );
                let before = lock.images.insert(key.to_owned(), pin);
                before.map(|pin| pin.digest)
            }
            Material::Git { key, hash } => {
                let pin = GitPin {
                    commit: hash.clone(),
                    tag_object: None,
                    locked: today.to_owned(),
                };
                lock.git.insert(key.clone(), pin).map(|pin| pin.commit)
            }
            Material::Http { url, digest } => {
                let pin = HttpPin {
                    digest: digest.clone(),
                    size: None,
                    given: false,
                    locked: today.to_owned(),
                };
                lock.http.insert(url.clone(), pin).map(|pin| pin.digest)
            }
        };
        if let Some(before) = before.filter(|before| before != material.content()) {
            return Err(format!(
                "`{}` is {before} and {} in it",
                material.subject(),
                material.content()
            ));
        }
    }
    Ok(lock)
}

/// How an image was made otherwise than a lock says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The source.
    pub subject: String,
    /// What the build was made with.
    pub built: String,
    /// What the lock holds it to; `None` where it does not have it.
    pub locked: Option<String>,
}

/// What of `provenance` is not as in `lock`. The main context does not count as a source, unless the lock holds it.
pub fn differences(lock: &Lock, provenance: &Provenance) -> BTreeSet<Difference> {
    let mut found = BTreeSet::new();
    for material in &provenance.materials {
        let content = material.content();
        let locked = match material {
            Material::Image { reference, .. } => match lock.image(reference) {
                ImageLookup::Found(_, pin) | ImageLookup::Contradicted(_, pin) => {
                    Some(pin.digest.clone())
                }
                ImageLookup::Missing => None,
            },
            Material::Git { key, hash } => {
                lock.git_pin(key)
                    .map(|(_, pin)| match pin.tag_object.as_ref() == Some(hash) {
                        true => hash.clone(),
                        false => pin.commit.clone(),
                    })
            }
            Material::Http { url, .. } => lock.http.get(url).map(|pin| pin.digest.clone()),
        };
        let is_context = || provenance.context.as_deref() == Some(material.subject().as_str());
        if locked.as_deref() == Some(content) || (locked.is_none() && is_context()) {
            continue;
        }
        found.insert(Difference {
            subject: material.subject(),
            built: content.to_owned(),
            locked,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(letter: char, count: usize) -> String {
        letter.to_string().repeat(count)
    }

    /// Materials of every kind, by the names that BuildKit gives them.
    fn materials() -> String {
        let (a, b, c) = (hex('a', 64), hex('b', 64), hex('c', 40));
        format!(
            r#"[
            {{"uri": "pkg:docker/alpine@3?platform=linux%2Famd64", "digest": {{"sha256": "{a}"}}}},
            {{"uri": "pkg:docker/localhost%3A5000/x/y@1?digest=sha256:{b}&platform=linux%2Famd64", "digest": {{"sha256": "{b}"}}}},
            {{"uri": "pkg:docker/busybox?digest=sha256:{a}", "digest": {{"sha256": "{a}"}}}},
            {{"uri": "https://h.example/r.git#v1", "digest": {{"sha1": "{c}"}}}},
            {{"uri": "git@h.example:o/r.git", "digest": {{"sha1": "{c}"}}}},
            {{"uri": "https://h.example/f?x=1", "digest": {{"sha256": "{b}"}}}},
            {{"uri": "oci-layout://x", "digest": {{"sha256": "{b}"}}}}]"#
        )
    }

    fn subjects(found: &Provenance) -> Vec<String> {
        found.materials.iter().map(Material::subject).collect()
    }

    #[test]
    fn every_wrapping_is_read_alike() {
        let materials = materials();
        let request =
            r#"{"args": {"build-arg:V": "2", "build-arg:BUILDKIT_SYNTAX": "x", "target": "web"}}"#;
        let old = format!(
            r#"{{"buildType": "x", "invocation": {{"configSource": {{"uri": "https://h.example/app.git#main"}}, "parameters": {request}}},
            "materials": {materials}}}"#
        );
        let new = format!(
            r#"{{"buildDefinition": {{"externalParameters": {{"configSource": {{"uri": "https://h.example/app.git#main"}}, "request": {request}}},
            "resolvedDependencies": {materials}}}, "runDetails": {{}}}}"#
        );
        let statement = |predicate: &str| {
            format!(
                r#"{{"_type": "s", "predicateType": "https://slsa.dev/provenance/v1", "predicate": {predicate}}}"#
            )
        };
        let envelope = |statement: &str| {
            let payload = STANDARD.encode(statement);
            format!(r#"{{"payloadType": "{STATEMENT}", "payload": "{payload}", "signatures": []}}"#)
        };
        let texts = [
            old.clone(),
            new.clone(),
            statement(&old),
            envelope(&statement(&new)),
            format!(r#"{{"buildx.build.provenance": {new}, "containerimage.digest": "sha256:0"}}"#),
            format!(r#"{{"SLSA": {old}}}"#),
            format!("[{new}]"),
            format!(r#"{{"target-of-bake": {{"buildx.build.provenance": {new}}}}}"#),
        ];
        for text in texts {
            let found = read(text.as_bytes(), None).unwrap();
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(
                subjects(&found[0]),
                [
                    "docker.io/library/alpine:3".to_owned(),
                    format!("docker.io/library/busybox@sha256:{}", hex('a', 64)),
                    format!("localhost:5000/x/y:1@sha256:{}", hex('b', 64)),
                    "git@h.example:o/r.git".to_owned(),
                    "https://h.example/r.git#v1".to_owned(),
                    "https://h.example/f?x=1".to_owned(),
                ],
                "{text}"
            );
            assert_eq!(found[0].other, ["oci-layout://x".to_owned()].into());
            assert_eq!(
                (found[0].target.as_str(), found[0].build_args.len()),
                ("web", 1)
            );
            assert_eq!(
                found[0].context.as_deref(),
                Some("https://h.example/app.git#main")
            );
        }
        let by_platform = format!(
            r#"{{"buildx.build.provenance/linux/arm64/v8": {new}, "linux/amd64": {{"SLSA": {old}}}}}"#
        );
        let found = read(by_platform.as_bytes(), None).unwrap();
        let platforms: Vec<_> = found
            .iter()
            .filter_map(|it| it.platform.as_deref())
            .collect();
        assert_eq!(platforms, ["linux/arm64", "linux/amd64"]);
        assert_eq!(read(b"{}\n{}", None), Ok(Vec::new()));
        assert!(read(b"{", None).unwrap_err().contains("not valid JSON"));
        let broken = format!(r#"{{"payloadType": "{STATEMENT}", "payload": "!"}}"#);
        assert!(read(broken.as_bytes(), None).is_err());
    }

    #[test]
    fn a_lock_and_its_differences() {
        let text = format!(r#"{{"materials": {}}}"#, materials());
        let all = read(text.as_bytes(), Some("linux/amd64")).unwrap();
        let mut lock = to_lock(&all, "2026-01-01").unwrap();
        assert!(lock.images.contains_key("localhost:5000/x/y:1"));
        assert_eq!(
            (lock.images.len(), lock.git.len(), lock.http.len()),
            (3, 2, 1)
        );
        assert_eq!(lock.inputs.platforms, ["linux/amd64".to_owned()].into());
        assert_eq!(differences(&lock, &all[0]), BTreeSet::new());
        // The object of an annotated tag is that tag.
        let key = lock
            .git
            .keys()
            .find(|key| key.reference == "v1")
            .cloned()
            .unwrap();
        let pin = lock.git.get_mut(&key).unwrap();
        pin.tag_object = Some(std::mem::replace(&mut pin.commit, hex('d', 40)));
        assert_eq!(differences(&lock, &all[0]), BTreeSet::new());
        lock.http.clear();
        lock.images
            .get_mut("docker.io/library/alpine:3")
            .unwrap()
            .digest = format!("sha256:{}", hex('e', 64));
        let found: Vec<_> = differences(&lock, &all[0]).into_iter().collect();
        let told: Vec<_> = found
            .iter()
            .map(|it| (it.subject.as_str(), it.locked.is_some()))
            .collect();
        assert_eq!(
            told,
            [
                ("docker.io/library/alpine:3", true),
                ("https://h.example/f?x=1", false)
            ]
        );
        // Two images of one build that were made of different things.
        let other = text.replace(&hex('a', 64), &hex('f', 64));
        let both = [all, read(other.as_bytes(), None).unwrap()].concat();
        assert!(
            to_lock(&both, "2026-01-01")
                .unwrap_err()
                .contains("alpine:3")
        );
    }
}
