//! From TOML values to the model, each with its line for errors.

mod recorded;

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{FileError, line_at, malformed, newer};
use crate::collect::CollectSmall as _;
use crate::image::{Digest, Platform, Reference};
use crate::lock::hermetic::KnownValue;
use crate::lock::model::{
    ConfigFacts, FrontendPin, GitKey, GitPin, HttpPin, ImagePin, Inputs, Lock, Mode, VERSION,
    has_credentials, is_commit, is_day,
};
use crate::lock::role::ImageRole;

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads values and knows the text they come from.
pub(super) struct Reader<'t> {
    pub text: &'t str,
}

/// A table whose keys are taken one by one; what is left over is unknown.
struct Table<'r, 't> {
    reader: &'r Reader<'t>,
    /// Where it begins. Its line is counted for errors alone, since that takes as long as the text before it.
    start: usize,
    table: &'r DeTable<'t>,
    known: Vec<&'static str>,
}

impl<'t> Reader<'t> {
    pub(super) fn lock(&self, document: &DeTable<'t>) -> Result<Lock, FileError> {
        let mut table = Table {
            reader: self,
            start: 0,
            table: document,
            known: Vec::new(),
        };
        self.version(&mut table)?;
        let mode = match table.take("mode") {
            None => Mode::default(),
            Some(value) => Mode::parse(self.string(value)?).ok_or_else(|| {
                self.wrong(
                    value,
                    "`mode` must be `off`, `auto`, `locked` or `hermetic`",
                )
            })?,
        };
        let frontend = match table.take("frontend") {
            None => FrontendPin::default(),
            Some(value) => FrontendPin::parse(self.string(value)?)
                .ok_or_else(|| self.wrong(value, "`frontend` must be `major` or `exact`"))?,
        };
        let free_args = self
            .strings(table.take("free-args"))?
            .into_iter()
            .collect_small();
        let secrets = self
            .strings(table.take("secrets"))?
            .into_iter()
            .collect_small();
        let mut args = BTreeMap::new();
        for (name, values) in self.pairs(table.take("args"))? {
            let mut known = BTreeSet::new();
            for value in self.array_of(Some(values))? {
                known.insert(self.known(value)?);
            }
            args.insert(name.to_owned(), known);
        }
        let inputs = match table.take("inputs") {
            None => Inputs::default(),
            Some(value) => self.inputs(self.table(value)?)?,
        };
        let mut lock = Lock {
            mode,
            frontend,
            inputs,
            args,
            free_args,
            secrets,
            ..Lock::default()
        };
        if let Some(value) = table.take("pinned") {
            lock.pinned = self.map(value)?;
        }
        for value in self.array_of(table.take("image"))? {
            let (key, pin) = self.image(self.table(value)?)?;
            self.unique(lock.images.insert(key, pin).is_some(), value)?;
        }
        for value in self.array_of(table.take("git"))? {
            let (key, pin) = self.git(self.table(value)?)?;
            self.unique(lock.git.insert(key, pin).is_some(), value)?;
        }
        for value in self.array_of(table.take("http"))? {
            let (key, pin) = self.http(self.table(value)?)?;
            self.unique(lock.http.insert(key, pin).is_some(), value)?;
        }
        lock.recordings = match table.take("recording") {
            Some(value) => Some(self.recordings(self.table(value)?)?),
            None => None,
        };
        for value in self.array_of(table.take("run"))? {
            let Some(recordings) = &mut lock.recordings else {
                return Err(self.wrong(value, "`[[run]]` requires `[recording]`"));
            };
            let (key, run) = self.run(self.table(value)?)?;
            self.stored(recordings, &run.recording, value)?;
            if !recordings.programs.contains_key(&key.platform) {
                let message = format!("`[recording]` has no `rdf-run` for {}", key.platform);
                return Err(self.wrong(value, message));
            }
            self.unique(recordings.runs.insert(key, run).is_some(), value)?;
        }
        table.finish()?;
        Ok(lock)
    }

    fn integer(&self, value: &Value<'t>) -> Result<i64, FileError> {
        match value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        }
        .ok_or_else(|| self.wrong(value, "expected a whole number"))
    }

    fn version(&self, table: &mut Table<'_, 't>) -> Result<(), FileError> {
        let Some(value) = table.take("version") else {
            return Err(malformed(
                Some(1),
                "`version` is missing: this is not a lock of rdf",
            ));
        };
        let version = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        match version {
            Some(version) if (1..=VERSION).contains(&version) => Ok(()),
            Some(version) if version > VERSION => Err(newer(version, self.line(value))),
            _ => Err(self.wrong(value, "`version` must be a number from 1")),
        }
    }

    fn inputs(&self, mut table: Table<'_, 't>) -> Result<Inputs, FileError> {
        let defaults = Inputs::default();
        let targets = self.strings(table.take("targets"))?;
        let mut platforms = BTreeSet::new();
        for value in self.array_of(table.take("platforms"))? {
            platforms.insert(self.platform(value)?);
        }
        let mut build_args = BTreeSet::new();
        for value in self.array_of(table.take("build-args"))? {
            build_args.insert(self.map(value)?);
        }
        let contexts = match table.take("contexts") {
            Some(value) => self.map(value)?,
            None => BTreeMap::new(),
        };
        let context = table
            .take("context")
            .map(|value| self.url(value))
            .transpose()?;
        let sbom = table
            .take("sbom")
            .map(|value| self.string(value).map(str::to_owned))
            .transpose()?;
        table.finish()?;
        Ok(Inputs {
            context,
            sbom,
            targets: if targets.is_empty() {
                defaults.targets
            } else {
                targets.into_iter().collect_small()
            },
            platforms,
            build_args: if build_args.is_empty() {
                defaults.build_args
            } else {
                build_args
            },
            contexts,
        })
    }

    fn image(&self, mut table: Table<'_, 't>) -> Result<(String, ImagePin), FileError> {
        let value = table.need("ref")?;
        let key = self.string(value)?.to_owned();
        let reference = Reference::parse_normalized(&key).map_err(|error| {
            self.wrong(
                value,
                format!("`{key}` is not a valid image reference: {error}"),
            )
        })?;
        if reference.is_name_only() || reference.to_string() != key {
            let whole = reference.tag_name_only();
            return Err(self.wrong(value, format!("`ref` must be written in full: `{whole}`")));
        }
        let digest_value = table.need("digest")?;
        let digest = self.digest(digest_value)?;
        if reference.digest().is_some_and(|own| own.as_str() != digest) {
            return Err(self.wrong(
                digest_value,
                format!("`digest` contradicts the one in `{key}`"),
            ));
        }
        let tag = match table.take("tag") {
            None => None,
            Some(value) => {
                let tag = self.string(value)?;
                let tagged = reference.trim_named().with_tag(tag);
                tagged.map_err(|error| self.wrong(value, error.to_string()))?;
                Some(tag.to_owned())
            }
        };
        let mut platforms = BTreeMap::new();
        for (key, value) in self.pairs(table.take("platforms"))? {
            platforms.insert(self.platform_key(key, value)?, self.digest(value)?);
        }
        let mut config = BTreeMap::new();
        for (key, value) in self.pairs(table.take("config"))? {
            let mut facts = self.table(value)?;
            let onbuild = self.strings(facts.take("onbuild"))?;
            let env = self.strings(facts.take("env"))?;
            facts.finish()?;
            config.insert(self.platform_key(key, value)?, ConfigFacts { onbuild, env });
        }
        let used_by = self.strings(table.take("used-by"))?;
        let locked = self.day(table.need("locked")?)?;
        table.finish()?;
        Ok((
            key,
            ImagePin {
                tag,
                digest,
                platforms,
                config,
                used_by: used_by
                    .iter()
                    .map(|word| ImageRole::parse(word))
                    .collect_small(),
                locked,
            },
        ))
    }

    fn git(&self, mut table: Table<'_, 't>) -> Result<(GitKey, GitPin), FileError> {
        let remote = self.url(table.need("remote")?)?;
        let reference = match table.take("ref") {
            Some(value) => self.name(value)?.to_owned(),
            None => String::new(),
        };
        let commit = self.commit(table.need("commit")?)?;
        let tag_object = table
            .take("tag-object")
            .map(|value| self.commit(value))
            .transpose()?;
        let locked = self.day(table.need("locked")?)?;
        table.finish()?;
        Ok((
            GitKey { remote, reference },
            GitPin {
                commit,
                tag_object,
                locked,
            },
        ))
    }

    fn http(&self, mut table: Table<'_, 't>) -> Result<(String, HttpPin), FileError> {
        let url = self.url(table.need("url")?)?;
        let digest = self.digest(table.need("digest")?)?;
        let size = match table.take("size") {
            None => None,
            Some(value) => Some(self.number(value)?),
        };
        let given = match table.take("given") {
            None => false,
            Some(value) => match value.get_ref() {
                DeValue::Boolean(given) => *given,
                _ => return Err(self.wrong(value, "`given` must be a boolean")),
            },
        };
        let locked = self.day(table.need("locked")?)?;
        table.finish()?;
        Ok((
            url,
            HttpPin {
                digest,
                size,
                given,
                locked,
            },
        ))
    }

    /// A value of a build argument, or what it can be compared by.
    fn known(&self, value: &Value<'t>) -> Result<KnownValue, FileError> {
        if let DeValue::String(text) = value.get_ref() {
            return Ok(KnownValue::Plain(text.to_string()));
        }
        let mut table = self.table(value)?;
        let salt = self.string(table.need("salt")?)?.to_owned();
        let digest = table.need("sha256")?;
        let sha256 = self.string(digest)?.to_owned();
        let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if sha256.len() != 64 || !sha256.bytes().all(is_hex) {
            return Err(self.wrong(
                digest,
                "`sha256` must be 64 hexadecimal digits in lower case",
            ));
        }
        table.finish()?;
        Ok(KnownValue::Salted { salt, sha256 })
    }

    fn url(&self, value: &Value<'t>) -> Result<String, FileError> {
        let url = self.name(value)?;
        if has_credentials(url) {
            return Err(self.wrong(
                value,
                "a lock must not have credentials: take them out of the URL",
            ));
        }
        Ok(url.to_owned())
    }

    /// What a source is called. It is printed as it is, so nothing in it may steer a terminal or a log's reader.
    fn name<'v>(&self, value: &'v Value<'t>) -> Result<&'v str, FileError> {
        let name = self.string(value)?;
        match name.contains(char::is_control) {
            true => Err(self.wrong(
                value,
                "the name of a source must not have control characters",
            )),
            false => Ok(name),
        }
    }

    fn digest(&self, value: &Value<'t>) -> Result<String, FileError> {
        let text = self.string(value)?;
        Digest::parse(text)
            .map(|digest| digest.as_str().to_owned())
            .map_err(|error| self.wrong(value, format!("`{text}` is not a valid digest: {error}")))
    }

    fn commit(&self, value: &Value<'t>) -> Result<String, FileError> {
        let text = self.string(value)?;
        match is_commit(text) {
            true => Ok(text.to_owned()),
            false => Err(self.wrong(value, format!("`{text}` is not a full hash in lower case"))),
        }
    }

    fn platform(&self, value: &Value<'t>) -> Result<String, FileError> {
        self.platform_name(self.string(value)?, value)
    }

    fn platform_key(&self, key: &str, value: &Value<'t>) -> Result<String, FileError> {
        self.platform_name(key, value)
    }

    fn platform_name(&self, text: &str, value: &Value<'t>) -> Result<String, FileError> {
        match Platform::parse(text, &Platform::new("linux", "amd64")) {
            Ok(platform) if platform.normalized().format_all() == text => Ok(text.to_owned()),
            Ok(platform) => {
                let whole = platform.normalized().format_all();
                Err(self.wrong(
                    value,
                    format!("the platform `{text}` must be written `{whole}`"),
                ))
            }
            Err(error) => Err(self.wrong(value, error.to_string())),
        }
    }

    fn day(&self, value: &Value<'t>) -> Result<String, FileError> {
        let text = match value.get_ref() {
            DeValue::Datetime(day) => day.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        match is_day(&text) {
            true => Ok(text),
            false => Err(self.wrong(value, "`locked` must be a date, such as 2026-01-31")),
        }
    }

    fn number(&self, value: &Value<'t>) -> Result<u64, FileError> {
        match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        }
        .ok_or_else(|| self.wrong(value, "expected a number of bytes"))
    }

    fn string<'v>(&self, value: &'v Value<'t>) -> Result<&'v str, FileError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text),
            other => Err(self.wrong(
                value,
                format!(
                    "expected a string, found a value of type {}",
                    other.type_str()
                ),
            )),
        }
    }

    fn strings(&self, value: Option<&Value<'t>>) -> Result<Vec<String>, FileError> {
        self.array_of(value)?
            .into_iter()
            .map(|value| self.string(value).map(str::to_owned))
            .collect()
    }

    fn map(&self, value: &Value<'t>) -> Result<BTreeMap<String, String>, FileError> {
        let mut map = BTreeMap::new();
        for (key, value) in self.pairs(Some(value))? {
            map.insert(key.to_owned(), self.string(value)?.to_owned());
        }
        Ok(map)
    }

    fn pairs<'v>(
        &self,
        value: Option<&'v Value<'t>>,
    ) -> Result<Vec<(&'v str, &'v Value<'t>)>, FileError> {
        let Some(value) = value else {
            return Ok(Vec::new());
        };
        match value.get_ref() {
            DeValue::Table(table) => Ok(table
                .iter()
                .map(|(key, value)| (key.get_ref().as_ref(), value))
                .collect()),
            _ => Err(self.wrong(value, "expected a table")),
        }
    }

    fn array_of<'v>(&self, value: Option<&'v Value<'t>>) -> Result<Vec<&'v Value<'t>>, FileError> {
        let Some(value) = value else {
            return Ok(Vec::new());
        };
        match value.get_ref() {
            DeValue::Array(array) => Ok(array.iter().collect()),
            _ => Err(self.wrong(value, "expected an array")),
        }
    }

    fn table<'r>(&'r self, value: &'r Value<'t>) -> Result<Table<'r, 't>, FileError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(Table {
                reader: self,
                start: value.span().start,
                table,
                known: Vec::new(),
            }),
            _ => Err(self.wrong(value, "expected a table")),
        }
    }

    fn unique(&self, repeated: bool, value: &Value<'t>) -> Result<(), FileError> {
        match repeated {
            false => Ok(()),
            true => Err(self.wrong(value, "duplicate entry")),
        }
    }

    fn line(&self, value: &Value<'t>) -> u32 {
        line_at(self.text, value.span().start)
    }

    /// An error about a value, which its message may quote: escaped, for nothing in it may steer a terminal or a log's reader.
    fn wrong(&self, value: &Value<'t>, message: impl Into<String>) -> FileError {
        let mut escaped = String::new();
        for c in message.into().chars() {
            match c.is_control() {
                true => escaped.extend(c.escape_default()),
                false => escaped.push(c),
            }
        }
        malformed(Some(self.line(value)), escaped)
    }
}

impl<'r, 't> Table<'r, 't> {
    fn take(&mut self, key: &'static str) -> Option<&'r Value<'t>> {
        self.known.push(key);
        self.table.get(key)
    }

    fn need(&mut self, key: &'static str) -> Result<&'r Value<'t>, FileError> {
        self.take(key).ok_or_else(|| {
            let line = line_at(self.reader.text, self.start);
            malformed(Some(line), format!("`{key}` is missing"))
        })
    }

    fn finish(self) -> Result<(), FileError> {
        let unknown = self
            .table
            .iter()
            .find(|(key, _)| !self.known.contains(&key.get_ref().as_ref()));
        match unknown {
            None => Ok(()),
            Some((key, _)) => {
                let line = line_at(self.reader.text, key.span().start);
                Err(malformed(
                    Some(line),
                    format!("unknown key `{}`", key.get_ref()),
                ))
            }
        }
    }
}
