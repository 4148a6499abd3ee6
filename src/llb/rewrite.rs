//! Other sources in a finished graph: what is behind a source op changes, all other ops stay as they
//! are but for the digests of what they read.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message as _;

use super::caps;
use super::few::Few;
use super::{Definition, Digest, Location, OpMetadata, SourceDescription};
use crate::collect::Inserted as _;
use crate::llb::decode::{DecodeError, decode};
use crate::pb::map::entries;
use crate::pb::ops as pb;
use crate::source::LineRange;

/// Field of `pb.Op` with the inputs.
const INPUTS: u64 = 1;
/// Field of `pb.Input` with the digest.
const INPUT_DIGEST: u64 = 1;

impl Definition {
    /// The lines that an op comes from, from the first to the last of its first place.
    #[cfg(feature = "compile")]
    pub(crate) fn first_lines(&self, digest: &Digest) -> Option<LineRange> {
        let location = self.source.as_ref()?.locations.get(digest)?.first()?;
        let line = |line: i32| u32::try_from(line).ok().filter(|line| *line > 0);
        let starts = location.ranges.iter().filter_map(|it| line(it.start.line));
        let ends = location.ranges.iter().filter_map(|it| line(it.end.line));
        let start = starts.min()?;
        Some(LineRange::new(
            start,
            ends.max().unwrap_or(start).max(start),
        ))
    }

    /// Replaces identifier and attributes of source ops: `change` gives the new ones, or `None` for an op
    /// that stays. A definition in which nothing changes keeps its bytes.
    ///
    /// # Errors
    /// When an op is no valid message.
    pub fn map_sources(
        self,
        mut change: impl FnMut(&SourceDescription) -> Option<SourceDescription>,
    ) -> Result<Definition, DecodeError> {
        let mut renamed: HashMap<Digest, Digest> = HashMap::new();
        let mut ops: Vec<(Digest, Vec<u8>)> = Vec::with_capacity(self.ops.len());
        let mut caps: HashMap<Digest, Vec<&'static str>> = HashMap::new();
        let mut seen = std::collections::HashSet::new();
        for (digest, bytes) in self.ops {
            let (bytes, needed) = match changed_source(&bytes, &mut change)? {
                Some(changed) => changed,
                None => (with_inputs(bytes, &renamed), Vec::new()),
            };
            let now = Digest::of(&bytes);
            if !needed.is_empty() {
                caps.insert(now.clone(), needed);
            }
            if now != digest {
                renamed.insert(digest, now.clone());
            }
            // Two sources may have become one.
            if seen.insert(now.clone()) {
                ops.push((now, bytes));
            }
        }
        if renamed.is_empty() {
            return Ok(Definition {
                ops,
                metadata: self.metadata,
                source: self.source,
            });
        }
        let name = |digest: Digest| renamed.get(&digest).cloned().unwrap_or(digest);
        let mut metadata: HashMap<Digest, Arc<OpMetadata>> = HashMap::new();
        for (digest, value) in self.metadata {
            let digest = name(digest);
            let value = match caps.get(&digest) {
                None => value,
                Some(needed) => {
                    let mut value = Arc::unwrap_or_clone(value);
                    needed.iter().for_each(|cap| value.caps.insert(*cap));
                    Arc::new(value)
                }
            };
            metadata.entry(digest).or_insert(value);
        }
        let metadata = metadata.into_iter().collect();
        let source = self.source.map(|mut source| {
            let mut locations: HashMap<Digest, Few<Location>> = HashMap::new();
            for (digest, places) in source.locations {
                locations.entry(name(digest)).or_default().append(places);
            }
            source.locations = locations.into_iter().collect();
            source
        });
        Ok(Definition {
            ops,
            metadata,
            source,
        })
    }

    /// For each source op its description and the lines it comes from: its own, or those of the ops that
    /// read it. Only lines of the first source file count.
    ///
    /// # Errors
    /// When an op is no valid message.
    pub fn located_sources(&self) -> Result<Vec<(SourceDescription, Vec<LineRange>)>, DecodeError> {
        let mut sources: Vec<(&Digest, SourceDescription)> = Vec::new();
        let mut readers: HashMap<&str, Vec<&Digest>> = HashMap::new();
        let mut inputs: Vec<(&Digest, Vec<pb::Input>)> = Vec::new();
        for (digest, bytes) in &self.ops {
            let op = decode::<pb::Op>(bytes)?;
            if let Some(pb::op::Op::Source(source)) = op.op {
                let attrs = source
                    .attrs
                    .into_iter()
                    .map(|entry| (entry.key, entry.value))
                    .inserted();
                sources.push((digest, (source.identifier, attrs)));
            }
            inputs.push((digest, op.inputs));
        }
        for (digest, list) in &inputs {
            for input in list {
                readers.entry(&input.digest).or_default().push(digest);
            }
        }
        let located = sources.into_iter().map(|(digest, source)| {
            let mut lines = self.lines_of(digest);
            if lines.is_empty() {
                let readers = readers.get(digest.as_str()).into_iter().flatten();
                lines = readers.flat_map(|reader| self.lines_of(reader)).collect();
            }
            (source, lines)
        });
        Ok(located.collect())
    }

    fn lines_of(&self, digest: &Digest) -> Vec<LineRange> {
        let Some(places) = self
            .source
            .as_ref()
            .and_then(|source| source.locations.get(digest))
        else {
            return Vec::new();
        };
        let ranges = places
            .iter()
            .filter(|place| place.source_index == 0)
            .flat_map(|place| place.ranges.iter());
        let line = |line: i32| u32::try_from(line).unwrap_or(0);
        ranges
            .map(|range| LineRange::new(line(range.start.line), line(range.end.line)))
            .collect()
    }

    /// Places of `RUN`s whose network is anything but `mode`: the lines of each such op.
    ///
    /// # Errors
    /// When an op is no valid message.
    pub fn runs_with_other_network(
        &self,
        mode: pb::NetMode,
    ) -> Result<Vec<Vec<LineRange>>, DecodeError> {
        let mut found = Vec::new();
        for (digest, bytes) in &self.ops {
            let op = decode::<pb::Op>(bytes)?;
            if let Some(pb::op::Op::Exec(exec)) = op.op
                && exec.network != i32::from(mode)
            {
                found.push(self.lines_of(digest));
            }
        }
        Ok(found)
    }
}

type Changed = (Vec<u8>, Vec<&'static str>);

/// The bytes of a source op that `change` replaces, and the capabilities that it needs now.
fn changed_source(
    bytes: &[u8],
    change: &mut impl FnMut(&SourceDescription) -> Option<SourceDescription>,
) -> Result<Option<Changed>, DecodeError> {
    let mut op = decode::<pb::Op>(bytes)?;
    let Some(pb::op::Op::Source(source)) = &mut op.op else {
        return Ok(None);
    };
    let attrs = source
        .attrs
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.clone()))
        .collect();
    let Some((identifier, attrs)) = change(&(source.identifier.clone(), attrs)) else {
        return Ok(None);
    };
    let caps = if attrs.contains_key("http.checksum") {
        vec![caps::SOURCE_HTTP_CHECKSUM]
    } else {
        Vec::new()
    };
    source.identifier = identifier;
    source.attrs = entries(attrs);
    Ok(Some((op.encode_to_vec(), caps)))
}

/// The op with new digests in the place of its inputs' old ones. Digests are of one length, so that
/// every other byte stays where it is.
fn with_inputs(mut bytes: Vec<u8>, renamed: &HashMap<Digest, Digest>) -> Vec<u8> {
    if renamed.is_empty() {
        return bytes;
    }
    let mut places: Vec<(std::ops::Range<usize>, &Digest)> = Vec::new();
    for input in fields(&bytes, 0..bytes.len())
        .into_iter()
        .filter(|(field, _)| *field == INPUTS)
    {
        for (_, place) in fields(&bytes, input.1)
            .into_iter()
            .filter(|(field, _)| *field == INPUT_DIGEST)
        {
            let text = bytes
                .get(place.clone())
                .and_then(|text| std::str::from_utf8(text).ok())
                .unwrap_or_default();
            if let Some(now) = renamed.get(text) {
                places.push((place, now));
            }
        }
    }
    for (place, now) in places {
        if let Some(slot) = bytes
            .get_mut(place)
            .filter(|slot| slot.len() == now.as_str().len())
        {
            slot.copy_from_slice(now.as_str().as_bytes());
        }
    }
    bytes
}

/// The length-delimited fields in a range of a message: number and place of the content.
fn fields(bytes: &[u8], range: std::ops::Range<usize>) -> Vec<(u64, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let Some(key) = varint(bytes, &mut at) else {
            break;
        };
        let skip = match key & 7 {
            0 => {
                let Some(_) = varint(bytes, &mut at) else {
                    break;
                };
                continue;
            }
            1 => 8,
            5 => 4,
            2 => match varint(bytes, &mut at).and_then(|len| usize::try_from(len).ok()) {
                Some(len) => len,
                None => break,
            },
            _ => break,
        };
        let Some(end) = at.checked_add(skip).filter(|end| *end <= range.end) else {
            break;
        };
        if key & 7 == 2 {
            found.push((key >> 3, at..end));
        }
        at = end;
    }
    found
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llb::{
        Constraints, CopyOptions, FileAction, HttpOptions, MarshalOptions, RunOptions, State,
    };

    fn graph(checksum: &str, filename: &str) -> Definition {
        let url = "https://h/x";
        let options = HttpOptions {
            checksum: checksum.into(),
            filename: filename.into(),
            ..Default::default()
        };
        let file = State::http(url, options);
        let copied = State::image("docker.io/library/a:1", Default::default()).file(
            FileAction::new().copy(&file, "/x", "/y", CopyOptions::default()),
            Constraints::new().custom_name("ADD"),
        );
        let run = copied.run(RunOptions::args(["true"])).root();
        run.marshal(&MarshalOptions::default()).unwrap()
    }

    #[test]
    fn a_rewritten_graph_is_the_graph_made_that_way() {
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let made = graph(digest, "x");
        let rewritten = graph("", "x")
            .map_sources(|(identifier, attrs)| {
                let mut attrs = attrs.clone();
                identifier.starts_with("https:").then(|| {
                    attrs.insert("http.checksum".into(), digest.into());
                    (identifier.clone(), attrs)
                })
            })
            .unwrap();
        assert_eq!(rewritten.encode(), made.encode());
        assert_ne!(graph("", "x").encode(), made.encode());
    }

    #[test]
    fn nothing_changed_is_nothing_changed() {
        let definition = graph("", "x").map_sources(|_| None).unwrap();
        assert_eq!(definition.encode(), graph("", "x").encode());
    }
}
