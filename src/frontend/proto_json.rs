//! JSON of LLB messages, read from their bytes with a table of fields.
//!
//! Two spellings are on the wire: that of protobuf's JSON mapping (`frontend.convertllb`) and that of
//! Go's encoder over the generated types (`frontend.lint`). They differ in names, numbers and enums; the
//! table below holds what both need.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// How fields are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// The JSON mapping of protobuf: camel case, enums by name, 64-bit numbers as strings.
    Protobuf,
    /// Go's encoder: names as in the schema, numbers as numbers.
    Go,
}

/// Messages nest no deeper than this in what the reference writes; the rest is left out.
const MAX_DEPTH: usize = 32;

/// What a field holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Bytes,
    Bool,
    Int32,
    Int64,
    Uint64,
    Enum(&'static [&'static str]),
    Message(&'static Message),
    /// A map with text keys and this kind of value.
    Map(&'static Kind),
}

/// How often a field occurs.
#[derive(Clone, Copy, PartialEq)]
enum Count {
    /// Left out when it has its default value.
    One,
    /// Part of a oneof: written even when it has its default value.
    Choice,
    Many,
}

struct Field {
    tag: u64,
    name: &'static str,
    kind: Kind,
    count: Count,
}

/// Fields of a message, in the order of the schema.
pub struct Message(&'static [Field]);

const fn one(tag: u64, name: &'static str, kind: Kind) -> Field {
    Field {
        tag,
        name,
        kind,
        count: Count::One,
    }
}

const fn choice(tag: u64, name: &'static str, kind: Kind) -> Field {
    Field {
        tag,
        name,
        kind,
        count: Count::Choice,
    }
}

const fn many(tag: u64, name: &'static str, kind: Kind) -> Field {
    Field {
        tag,
        name,
        kind,
        count: Count::Many,
    }
}

use Kind::{Bool, Bytes, Enum, Int32, Int64, Text, Uint64};

const TEXTS: Kind = Kind::Map(&Text);

/// `pb.Op`
pub static OP: Message = Message(&[
    many(1, "inputs", Kind::Message(&INPUT)),
    choice(2, "exec", Kind::Message(&EXEC)),
    choice(3, "source", Kind::Message(&SOURCE_OP)),
    choice(4, "file", Kind::Message(&FILE)),
    choice(5, "build", Kind::Message(&BUILD)),
    choice(6, "merge", Kind::Message(&MERGE)),
    choice(7, "diff", Kind::Message(&DIFF)),
    choice(8, "passthrough", Kind::Message(&PASSTHROUGH)),
    one(10, "platform", Kind::Message(&PLATFORM)),
    one(
        11,
        "constraints",
        Kind::Message(&Message(&[many(1, "filter", Text)])),
    ),
]);

/// `pb.Source`
pub static SOURCE: Message = Message(&[
    one(
        1,
        "locations",
        Kind::Map(&Kind::Message(&Message(&[many(
            1,
            "locations",
            Kind::Message(&LOCATION),
        )]))),
    ),
    many(2, "infos", Kind::Message(&SOURCE_INFO)),
]);

/// `pb.SourceInfo`
pub static SOURCE_INFO: Message = Message(&[
    one(1, "filename", Text),
    one(2, "data", Bytes),
    one(3, "definition", Kind::Message(&DEFINITION)),
    one(4, "language", Text),
]);

/// `pb.OpMetadata`
pub static OP_METADATA: Message = Message(&[
    one(1, "ignore_cache", Bool),
    one(2, "description", TEXTS),
    one(
        4,
        "export_cache",
        Kind::Message(&Message(&[one(1, "Value", Bool)])),
    ),
    one(5, "caps", Kind::Map(&Bool)),
    one(6, "progress_group", Kind::Message(&PROGRESS_GROUP)),
    one(7, "linux_resources", Kind::Message(&LINUX_RESOURCES)),
]);

static DEFINITION: Message = Message(&[
    many(1, "def", Bytes),
    one(2, "metadata", Kind::Map(&Kind::Message(&OP_METADATA))),
    one(3, "Source", Kind::Message(&SOURCE)),
]);

static PROGRESS_GROUP: Message = Message(&[
    one(1, "id", Text),
    one(2, "name", Text),
    one(3, "weak", Bool),
]);

static LINUX_RESOURCES: Message = Message(&[
    one(1, "memory", Int64),
    one(2, "memorySwap", Int64),
    one(3, "cpuShares", Uint64),
    one(4, "cpuPeriod", Uint64),
    one(5, "cpuQuota", Int64),
    one(6, "cpusetCpus", Text),
    one(7, "cpusetMems", Text),
]);

static LOCATION: Message = Message(&[
    one(1, "sourceIndex", Int32),
    many(2, "ranges", Kind::Message(&RANGE)),
]);
static RANGE: Message = Message(&[
    one(1, "start", Kind::Message(&POSITION)),
    one(2, "end", Kind::Message(&POSITION)),
]);
static POSITION: Message = Message(&[one(1, "line", Int32), one(2, "character", Int32)]);

static PLATFORM: Message = Message(&[
    one(1, "Architecture", Text),
    one(2, "OS", Text),
    one(3, "Variant", Text),
    one(4, "OSVersion", Text),
    many(5, "OSFeatures", Text),
]);

static INPUT: Message = Message(&[one(1, "digest", Text), one(2, "index", Int64)]);

static EXEC: Message = Message(&[
    one(1, "meta", Kind::Message(&META)),
    many(2, "mounts", Kind::Message(&MOUNT)),
    one(3, "network", Enum(&["UNSET", "HOST", "NONE"])),
    one(4, "security", Enum(&["SANDBOX", "INSECURE"])),
    many(
        5,
        "secretenv",
        Kind::Message(&Message(&[
            one(1, "ID", Text),
            one(2, "name", Text),
            one(3, "optional", Bool),
        ])),
    ),
    many(
        6,
        "cdiDevices",
        Kind::Message(&Message(&[one(1, "name", Text), one(2, "optional", Bool)])),
    ),
]);

static META: Message = Message(&[
    many(1, "args", Text),
    many(2, "env", Text),
    one(3, "cwd", Text),
    one(4, "user", Text),
    one(5, "proxy_env", Kind::Message(&PROXY_ENV)),
    many(
        6,
        "extraHosts",
        Kind::Message(&Message(&[one(1, "Host", Text), one(2, "IP", Text)])),
    ),
    one(7, "hostname", Text),
    many(
        9,
        "ulimit",
        Kind::Message(&Message(&[
            one(1, "Name", Text),
            one(2, "Soft", Int64),
            one(3, "Hard", Int64),
        ])),
    ),
    one(10, "cgroupParent", Text),
    one(11, "removeMountStubsRecursive", Bool),
    many(12, "validExitCodes", Int32),
]);

static PROXY_ENV: Message = Message(&[
    one(1, "http_proxy", Text),
    one(2, "https_proxy", Text),
    one(3, "ftp_proxy", Text),
    one(4, "no_proxy", Text),
    one(5, "all_proxy", Text),
]);

static MOUNT: Message = Message(&[
    one(1, "input", Int64),
    one(2, "selector", Text),
    one(3, "dest", Text),
    one(4, "output", Int64),
    one(5, "readonly", Bool),
    one(
        6,
        "mountType",
        Enum(&["BIND", "SECRET", "SSH", "CACHE", "TMPFS"]),
    ),
    one(
        19,
        "TmpfsOpt",
        Kind::Message(&Message(&[one(1, "size", Int64)])),
    ),
    one(20, "cacheOpt", Kind::Message(&CACHE_OPT)),
    one(21, "secretOpt", Kind::Message(&SECRET_OPT)),
    one(22, "SSHOpt", Kind::Message(&SECRET_OPT)),
    one(23, "resultID", Text),
    one(24, "contentCache", Enum(&["DEFAULT", "ON", "OFF"])),
]);

static CACHE_OPT: Message = Message(&[
    one(1, "ID", Text),
    one(2, "sharing", Enum(&["SHARED", "PRIVATE", "LOCKED"])),
]);

/// Options of secret and SSH mounts have the same fields.
static SECRET_OPT: Message = Message(&[
    one(1, "ID", Text),
    one(2, "uid", Int32),
    one(3, "gid", Int32),
    one(4, "mode", Int32),
    one(5, "optional", Bool),
]);

static SOURCE_OP: Message = Message(&[one(1, "identifier", Text), one(2, "attrs", TEXTS)]);

static BUILD: Message = Message(&[
    one(1, "builder", Int64),
    one(
        2,
        "inputs",
        Kind::Map(&Kind::Message(&Message(&[one(1, "input", Int64)]))),
    ),
    one(3, "def", Kind::Message(&DEFINITION)),
    one(4, "attrs", TEXTS),
]);

static FILE: Message = Message(&[many(2, "actions", Kind::Message(&FILE_ACTION))]);

static FILE_ACTION: Message = Message(&[
    one(1, "input", Int64),
    one(2, "secondaryInput", Int64),
    one(3, "output", Int64),
    choice(4, "copy", Kind::Message(&COPY)),
    choice(5, "mkfile", Kind::Message(&MKFILE)),
    choice(6, "mkdir", Kind::Message(&MKDIR)),
    choice(7, "rm", Kind::Message(&RM)),
    choice(8, "symlink", Kind::Message(&SYMLINK)),
]);

static COPY: Message = Message(&[
    one(1, "src", Text),
    one(2, "dest", Text),
    one(3, "owner", Kind::Message(&CHOWN)),
    one(4, "mode", Int32),
    one(5, "followSymlink", Bool),
    one(6, "dirCopyContents", Bool),
    one(7, "attemptUnpackDockerCompatibility", Bool),
    one(8, "createDestPath", Bool),
    one(9, "allowWildcard", Bool),
    one(10, "allowEmptyWildcard", Bool),
    one(11, "timestamp", Int64),
    many(12, "include_patterns", Text),
    many(13, "exclude_patterns", Text),
    one(14, "alwaysReplaceExistingDestPaths", Bool),
    one(15, "modeStr", Text),
    many(16, "required_paths", Text),
]);

static MKFILE: Message = Message(&[
    one(1, "path", Text),
    one(2, "mode", Int32),
    one(3, "data", Bytes),
    one(4, "owner", Kind::Message(&CHOWN)),
    one(5, "timestamp", Int64),
]);

static MKDIR: Message = Message(&[
    one(1, "path", Text),
    one(2, "mode", Int32),
    one(3, "makeParents", Bool),
    one(4, "owner", Kind::Message(&CHOWN)),
    one(5, "timestamp", Int64),
]);

static RM: Message = Message(&[
    one(1, "path", Text),
    one(2, "allowNotFound", Bool),
    one(3, "allowWildcard", Bool),
]);

static SYMLINK: Message = Message(&[
    one(1, "oldpath", Text),
    one(2, "newpath", Text),
    one(3, "owner", Kind::Message(&CHOWN)),
    one(4, "timestamp", Int64),
]);

static CHOWN: Message = Message(&[
    one(1, "user", Kind::Message(&USER)),
    one(2, "group", Kind::Message(&USER)),
]);

static USER: Message = Message(&[
    choice(
        1,
        "byName",
        Kind::Message(&Message(&[one(1, "name", Text), one(2, "input", Int64)])),
    ),
    choice(2, "byID", Int32),
]);

static MERGE: Message = Message(&[many(
    1,
    "inputs",
    Kind::Message(&Message(&[one(1, "input", Int64)])),
)]);

static DIFF: Message = Message(&[
    one(
        1,
        "lower",
        Kind::Message(&Message(&[one(1, "input", Int64)])),
    ),
    one(
        2,
        "upper",
        Kind::Message(&Message(&[one(1, "input", Int64)])),
    ),
]);

static PASSTHROUGH: Message = Message(&[one(1, "id", Text), many(2, "outputs", Int64)]);

impl Message {
    /// JSON of a message from its bytes. What cannot be read, or is not in the table, is left out.
    pub fn to_json(&self, bytes: &[u8], spelling: Spelling) -> Value {
        self.object(bytes, spelling, MAX_DEPTH)
    }

    fn object(&self, bytes: &[u8], spelling: Spelling, depth: usize) -> Value {
        let mut object = Map::new();
        let Some(depth) = depth.checked_sub(1) else {
            return Value::Object(object);
        };
        for field in self.0 {
            let name = match spelling {
                Spelling::Protobuf => camel_case(field.name),
                Spelling::Go => field.name.to_owned(),
            };
            let values = Records(bytes)
                .filter(|(tag, _)| *tag == field.tag)
                .map(|(_, record)| record);
            if let Some(value) = field.value(values, spelling, depth) {
                object.insert(name, value);
            }
        }
        Value::Object(object)
    }
}

impl Field {
    fn value<'b>(
        &self,
        records: impl Iterator<Item = Record<'b>>,
        spelling: Spelling,
        depth: usize,
    ) -> Option<Value> {
        match (&self.kind, self.count) {
            (Kind::Map(kind), _) => {
                let mut entries: Vec<(String, Value)> = records
                    .filter_map(|record| map_entry(&record, kind, spelling, depth))
                    .collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                let object: Map<String, Value> = entries.into_iter().collect();
                (!object.is_empty()).then_some(Value::Object(object))
            }
            (kind, Count::Many) => {
                let values: Vec<Value> = records
                    .flat_map(|record| unpacked(record, kind))
                    .map(|r| kind.value(&r, spelling, depth))
                    .collect();
                (!values.is_empty()).then_some(Value::Array(values))
            }
            (kind, count) => {
                let record = records.last()?;
                let written = count == Count::Choice
                    || matches!(kind, Kind::Message(_))
                    || !record.is_default();
                written.then(|| kind.value(&record, spelling, depth))
            }
        }
    }
}

/// Numbers of a repeated field may be packed into one record.
fn unpacked<'b>(record: Record<'b>, kind: &Kind) -> Vec<Record<'b>> {
    match (record, kind) {
        (Record::Bytes(mut bytes), Int32 | Int64 | Uint64 | Bool | Enum(_)) => {
            let numbers = std::iter::from_fn(|| varint(&mut bytes).map(Record::Number));
            numbers.collect()
        }
        (record, _) => vec![record],
    }
}

fn map_entry(
    record: &Record<'_>,
    kind: &Kind,
    spelling: Spelling,
    depth: usize,
) -> Option<(String, Value)> {
    let Record::Bytes(bytes) = record else {
        return None;
    };
    let mut key = String::new();
    let mut value = match kind {
        Bool => Record::Number(0),
        _ => Record::Bytes(&[]),
    };
    for (tag, record) in Records(bytes) {
        match (tag, record) {
            (1, Record::Bytes(text)) => key = String::from_utf8_lossy(text).into_owned(),
            (2, record) => value = record,
            _ => {}
        }
    }
    Some((key, kind.value(&value, spelling, depth)))
}

impl Kind {
    fn value(&self, record: &Record<'_>, spelling: Spelling, depth: usize) -> Value {
        let as_numbers = spelling == Spelling::Go;
        let (bytes, number) = match record {
            Record::Bytes(bytes) => (*bytes, 0),
            Record::Number(number) => (&[][..], *number),
        };
        match self {
            Text => Value::from(String::from_utf8_lossy(bytes)),
            Bytes => Value::from(STANDARD.encode(bytes)),
            Bool => Value::from(number != 0),
            Int32 => Value::from(number.cast_signed()),
            Int64 if as_numbers => Value::from(number.cast_signed()),
            Int64 => Value::from(number.cast_signed().to_string()),
            Uint64 if as_numbers => Value::from(number),
            Uint64 => Value::from(number.to_string()),
            Enum(names) => {
                let name = usize::try_from(number)
                    .ok()
                    .and_then(|number| names.get(number));
                match name {
                    Some(name) if !as_numbers => Value::from(*name),
                    _ => Value::from(number),
                }
            }
            Kind::Message(message) => message.object(bytes, spelling, depth),
            Kind::Map(_) => Value::Null,
        }
    }
}

/// `include_patterns` to `includePatterns`.
fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raise = false;
    for character in name.chars() {
        match character {
            '_' => raise = true,
            _ if raise => {
                out.push(character.to_ascii_uppercase());
                raise = false;
            }
            _ => out.push(character),
        }
    }
    out
}

/// The value of a field on the wire.
#[derive(Clone, Copy)]
enum Record<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

impl Record<'_> {
    fn is_default(&self) -> bool {
        match self {
            Record::Number(number) => *number == 0,
            Record::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

/// Tags and values of a message; ends at the first byte that makes no sense.
struct Records<'b>(&'b [u8]);

impl<'b> Iterator for Records<'b> {
    type Item = (u64, Record<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = varint(&mut self.0)?;
        let record = match key & 7 {
            0 => Record::Number(varint(&mut self.0)?),
            1 => Record::Bytes(take(&mut self.0, 8)?),
            2 => {
                let length = usize::try_from(varint(&mut self.0)?).ok()?;
                Record::Bytes(take(&mut self.0, length)?)
            }
            5 => Record::Bytes(take(&mut self.0, 4)?),
            _ => return None,
        };
        Some((key >> 3, record))
    }
}

fn take<'b>(bytes: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use serde_json::json;

    use super::{OP, OP_METADATA, SOURCE_INFO, Spelling};
    use crate::pb::map::entries;
    use crate::pb::ops::{self, op};

    #[test]
    fn ops_are_written_as_protobuf_maps_them() {
        let bytes = ops::Op {
            inputs: vec![ops::Input {
                digest: "sha256:1".into(),
                index: 2,
            }],
            op: Some(op::Op::Exec(ops::ExecOp {
                mounts: vec![ops::Mount {
                    input: -1,
                    mount_type: 3,
                    ..Default::default()
                }],
                network: 2,
                ..Default::default()
            })),
            constraints: Some(ops::WorkerConstraints::default()),
            ..Default::default()
        }
        .encode_to_vec();
        let expected = json!({
            "inputs": [{"digest": "sha256:1", "index": "2"}],
            "exec": {"mounts": [{"input": "-1", "mountType": "CACHE"}], "network": "NONE"},
            "constraints": {},
        });
        assert_eq!(OP.to_json(&bytes, Spelling::Protobuf), expected);
    }

    #[test]
    fn a_user_id_of_zero_is_written() {
        let user = ops::UserOpt {
            user: Some(ops::user_opt::User::ById(0)),
        };
        let owner = ops::ChownOpt {
            user: Some(user),
            group: None,
        };
        let bytes = owner.encode_to_vec();
        assert_eq!(
            super::CHOWN.to_json(&bytes, Spelling::Protobuf),
            json!({"user": {"byID": 0}})
        );
    }

    #[test]
    fn metadata_has_the_names_of_the_schema_in_go() {
        let bytes = ops::OpMetadata {
            ignore_cache: true,
            caps: entries([("source.local", true)]),
            linux_resources: Some(ops::LinuxResources {
                memory: 7,
                ..Default::default()
            }),
            ..Default::default()
        }
        .encode_to_vec();
        let expected = json!({"ignore_cache": true, "caps": {"source.local": true}, "linux_resources": {"memory": 7}});
        assert_eq!(OP_METADATA.to_json(&bytes, Spelling::Go), expected);
    }

    #[test]
    fn bytes_that_are_no_message_give_what_can_be_read() {
        assert_eq!(
            SOURCE_INFO.to_json(&[0x0a, 0x01, b'x', 0x12, 0x7f], Spelling::Go),
            json!({"filename": "x"})
        );
    }
}
