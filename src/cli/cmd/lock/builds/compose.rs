//! The builds of compose files: `services.*.build`, with `extends`, `include` and several files over each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::dotenv;
use super::interpolate::interpolate;
use super::yaml::{self, Node, Yaml};
use super::{Build, Described, Environment, Problem, is_remote, read_text, unknown_build};
use crate::cli::files;
use crate::limits::{MAX_ENV_FILE_BYTES, MAX_INHERITANCE};

/// The builds of the services `wanted`, or of all, of files that are laid over each other. Paths are those of the first
/// one's directory; variables come from the environment, then from `.env` beside it.
pub(super) fn read(
    paths: &[&Path],
    wanted: &[String],
    environment: Environment<'_>,
) -> Result<Described, Problem> {
    let mut services = Services::new();
    let first = paths.first().and_then(|path| path.parent());
    let directory = first.unwrap_or(Path::new(""));
    let with_file = variables(directory, environment)?;
    let environment = |name: &str| environment(name).or_else(|| with_file.get(name).cloned());
    for path in paths {
        let mut loader = Loader {
            environment: &environment,
            open: BTreeSet::new(),
        };
        let named = |problem: Problem| problem.in_file(path);
        let text = read_text(path).map_err(named)?;
        overlay(
            &mut services,
            loader.file(&text, path, directory, 0).map_err(named)?,
        );
    }
    services
        .values_mut()
        .for_each(|service| service.complete(directory));
    describe(services, wanted)
}

fn describe(services: Services, wanted: &[String]) -> Result<Described, Problem> {
    let mut described = Described::default();
    if let Some(unknown) = wanted.iter().find(|name| !services.contains_key(*name)) {
        let message = format!("unknown service `{unknown}`");
        let hint = unknown_build(unknown, services.keys());
        return Err(Problem::new(None, message).hint(&hint));
    }
    // What a wanted service takes from another is built as well.
    let mut names: BTreeSet<&String> = wanted.iter().collect();
    let mut open: Vec<&String> = wanted.iter().collect();
    while let Some(service) = open.pop().and_then(|name| services.get(name)) {
        let contexts = service
            .build
            .iter()
            .flat_map(|build| build.contexts.values());
        for other in contexts.filter_map(|it| it.strip_prefix("target:")) {
            if let Some((other, _)) = services.get_key_value(other)
                && names.insert(other)
            {
                open.push(other);
            }
        }
    }
    let names: BTreeSet<String> = names.into_iter().cloned().collect();
    for (name, service) in services {
        let Some(build) = service
            .build
            .filter(|_| wanted.is_empty() || names.contains(&name))
        else {
            continue;
        };
        if build.is_inline {
            described.notes.push(format!(
                "`{name}` is skipped: its Dockerfile is inline, and a lock is kept beside a file"
            ));
            continue;
        }
        let context = build.context.unwrap_or_default();
        if is_remote(&context) {
            described.notes.push(format!(
                "`{name}` is skipped: its context is remote and has its own lock"
            ));
            continue;
        }
        let mut platforms = build.platforms;
        if platforms.is_empty() {
            platforms.extend(service.platform);
        }
        described.builds.push(Build {
            name,
            line: service.line,
            context,
            dockerfile: build.dockerfile.unwrap_or_else(|| "Dockerfile".to_owned()),
            target: build.target.unwrap_or_default(),
            args: build.args,
            platforms,
            contexts: build.contexts,
        });
    }
    if described.builds.is_empty() && described.notes.is_empty() {
        return Err(Problem::new(None, "no service in it has a `build`"));
    }
    Ok(described)
}

type Services = BTreeMap<String, Service>;

/// What of a service counts here; paths are of the working directory.
#[derive(Clone, Debug, Default)]
struct Service {
    /// Where it is described.
    line: Option<u32>,
    build: Option<Layer>,
    platform: Option<String>,
}

/// A `build`, or a part of one.
#[derive(Clone, Debug, Default)]
struct Layer {
    context: Option<String>,
    dockerfile: Option<String>,
    is_inline: bool,
    target: Option<String>,
    args: BTreeMap<String, String>,
    contexts: BTreeMap<String, String>,
    platforms: Vec<String>,
}

impl Service {
    /// A context that nothing names is the directory itself.
    fn complete(&mut self, directory: &Path) {
        if let Some(build) = &mut self.build {
            let directory = directory.to_string_lossy();
            let whole = || crate::go::path::clean(&directory).to_string();
            build.context.get_or_insert_with(whole);
        }
    }

    fn overlay(&mut self, over: Service) {
        self.line = over.line.or(self.line);
        self.platform = over.platform.or(self.platform.take());
        match (&mut self.build, over.build) {
            (Some(below), Some(over)) => {
                // What says where the Dockerfile is says that it is not inline, and the other way.
                below.is_inline = over.is_inline || (below.is_inline && over.dockerfile.is_none());
                below.context = over.context.or(below.context.take());
                below.dockerfile = over.dockerfile.or(below.dockerfile.take());
                below.target = over.target.or(below.target.take());
                below.args.extend(over.args);
                below.contexts.extend(over.contexts);
                for platform in over.platforms {
                    if !below.platforms.contains(&platform) {
                        below.platforms.push(platform);
                    }
                }
            }
            (below @ None, over) => *below = over,
            (Some(_), None) => {}
        }
    }
}

fn overlay(below: &mut Services, over: Services) {
    for (name, service) in over {
        below.entry(name).or_default().overlay(service);
    }
}

/// What `.env` in a directory says.
fn variables(
    directory: &Path,
    environment: Environment<'_>,
) -> Result<BTreeMap<String, String>, Problem> {
    let beside = directory.join(".env");
    match files::read_text(&beside, MAX_ENV_FILE_BYTES) {
        Ok(text) => {
            dotenv::read(&text, environment).map_err(|why| Problem::new(None, why).in_file(&beside))
        }
        _ => Ok(BTreeMap::new()),
    }
}

struct Loader<'e> {
    environment: Environment<'e>,
    /// Files and services in work.
    open: BTreeSet<(PathBuf, String)>,
}

impl Loader<'_> {
    /// The services of a file. Its paths are of `directory`.
    fn file(
        &mut self,
        text: &str,
        path: &Path,
        directory: &Path,
        depth: usize,
    ) -> Result<Services, Problem> {
        let document = yaml::read(text)?;
        let mut all = Services::new();
        if let Some(include) = document.get("include") {
            all = self.included(include, directory, depth)?;
        }
        let services = document.get("services");
        if services.is_none() && all.is_empty() {
            return Err(Problem::new(None, "the file has no `services`"));
        }
        let mut own = Services::new();
        for (name, _) in services.map(Node::entries).unwrap_or_default() {
            own.insert(
                name.clone(),
                self.service(&document, name, path, directory, depth)?,
            );
        }
        overlay(&mut all, own);
        Ok(all)
    }

    fn included(
        &mut self,
        include: &Node,
        directory: &Path,
        depth: usize,
    ) -> Result<Services, Problem> {
        if depth > MAX_INHERITANCE {
            return Err(Problem::new(Some(include.line), "`include` is recursive"));
        }
        let Yaml::List(entries) = &include.value else {
            return Err(Problem::new(Some(include.line), "`include` must be a list"));
        };
        let mut all = Services::new();
        for entry in entries {
            let paths = match entry.get("path") {
                Some(path) => self.words(path)?,
                None => self.words(entry)?,
            };
            let paths: Vec<PathBuf> = paths.iter().map(|path| directory.join(path)).collect();
            let first = paths.first().and_then(|path| path.parent());
            let own = match entry.get("project_directory") {
                Some(node) => directory.join(self.text(node)?),
                None => first.unwrap_or(Path::new("")).to_owned(),
            };
            // Its own `.env` counts where ours says nothing.
            let known = variables(&own, self.environment)?;
            let environment =
                |name: &str| (self.environment)(name).or_else(|| known.get(name).cloned());
            let mut inner = Loader {
                environment: &environment,
                open: self.open.clone(),
            };
            let mut here = Services::new();
            for path in &paths {
                let text = read_text(path).map_err(|it| {
                    Problem::new(
                        Some(entry.line),
                        format!("`{}`: {}", path.display(), it.message),
                    )
                })?;
                let services = inner
                    .file(&text, path, &own, depth + 1)
                    .map_err(|problem| problem.in_file(path))?;
                overlay(&mut here, services);
            }
            here.values_mut().for_each(|service| service.complete(&own));
            overlay(&mut all, here);
        }
        Ok(all)
    }

    /// A service with what it extends.
    fn service(
        &mut self,
        document: &Node,
        name: &str,
        path: &Path,
        directory: &Path,
        depth: usize,
    ) -> Result<Service, Problem> {
        let services = document.get("services");
        let Some(node) = services.and_then(|it| it.get(name)) else {
            return Err(Problem::new(None, format!("unknown service `{name}`")));
        };
        let mut service = Service::default();
        if let Some(extends) = node.get("extends").filter(|it| !it.is_null()) {
            let at = |problem: Problem| Problem {
                line: problem.line.or(Some(extends.line)),
                ..problem
            };
            let key = (path.to_owned(), name.to_owned());
            if !self.open.insert(key.clone()) || depth > MAX_INHERITANCE {
                let message = format!("service `{name}` extends itself");
                return Err(Problem::new(Some(extends.line), message));
            }
            let base = match extends.get("service") {
                Some(base) => self.text(base)?,
                None => self.text(extends)?,
            };
            service = match extends.get("file") {
                Some(file) => {
                    let other = directory.join(self.text(file)?);
                    let text = read_text(&other).map_err(|it| {
                        Problem::new(
                            Some(file.line),
                            format!("`{}`: {}", other.display(), it.message),
                        )
                    })?;
                    let own = other.parent().unwrap_or(Path::new("")).to_owned();
                    yaml::read(&text)
                        .and_then(|document| {
                            self.service(&document, &base, &other, &own, depth + 1)
                        })
                        .map(|mut service| {
                            service.complete(&own);
                            service
                        })
                        .map_err(|problem| problem.in_file(&other))?
                }
                None => self
                    .service(document, &base, path, directory, depth + 1)
                    .map_err(at)?,
            };
            self.open.remove(&key);
        }
        let platform = node.get("platform").filter(|node| !node.is_null());
        let build = node.get("build").filter(|build| !build.is_null());
        service.overlay(Service {
            line: Some(node.line),
            build: build
                .map(|build| self.layer(build, directory))
                .transpose()?,
            platform: platform.map(|node| self.text(node)).transpose()?,
        });
        Ok(service)
    }

    fn layer(&self, node: &Node, directory: &Path) -> Result<Layer, Problem> {
        let mut layer = Layer::default();
        let local = |path: String| match is_remote(&path) || path.starts_with("cwd://") {
            true => path,
            false => crate::go::path::clean(&directory.join(path).to_string_lossy()).to_string(),
        };
        match &node.value {
            Yaml::Scalar { .. } => {
                layer.context = Some(local(self.text(node)?));
                return Ok(layer);
            }
            Yaml::List(_) => {
                return Err(Problem::new(
                    Some(node.line),
                    "`build` must be a string or a map",
                ));
            }
            Yaml::Map(_) => {}
        }
        let text = |key: &str| {
            let node = node.get(key).filter(|node| !node.is_null());
            node.map(|node| self.text(node)).transpose()
        };
        layer.is_inline = node
            .get("dockerfile_inline")
            .is_some_and(|it| !it.is_null());
        layer.context = text("context")?.map(local);
        layer.dockerfile = text("dockerfile")?;
        layer.target = text("target")?;
        if let Some(args) = node.get("args") {
            layer.args = self.map(args)?;
        }
        if let Some(contexts) = node.get("additional_contexts") {
            layer.contexts = self.map(contexts)?;
        }
        if let Some(platforms) = node.get("platforms").filter(|it| !it.is_null()) {
            layer.platforms = self.list(platforms)?;
        }
        // What bake alone reads.
        if let Some(extra) = node.get("x-bake") {
            if let Some(contexts) = extra.get("contexts") {
                layer.contexts.extend(self.map(contexts)?);
            }
            if let Some(platforms) = extra.get("platforms") {
                layer.platforms.extend(self.words(platforms)?);
            }
        }
        for context in layer.contexts.values_mut() {
            *context = match context.strip_prefix("service:") {
                Some(other) => format!("target:{other}"),
                None if context.contains(':') => std::mem::take(context),
                None => local(std::mem::take(context)),
            };
        }
        Ok(layer)
    }

    /// A list of texts, or one alone.
    fn words(&self, node: &Node) -> Result<Vec<String>, Problem> {
        match node.value {
            Yaml::Scalar { .. } => Ok(vec![self.text(node)?]),
            _ => self.list(node),
        }
    }

    /// A scalar with its variables, as compose prints it.
    fn text(&self, node: &Node) -> Result<String, Problem> {
        let Yaml::Scalar { text, plain } = &node.value else {
            return Err(Problem::new(Some(node.line), "expected a string"));
        };
        if *plain && let Some(number) = number(text) {
            return Ok(number);
        }
        interpolate(text, self.environment).map_err(|why| Problem::new(Some(node.line), why))
    }

    fn list(&self, node: &Node) -> Result<Vec<String>, Problem> {
        match &node.value {
            Yaml::List(list) => list.iter().map(|node| self.text(node)).collect(),
            _ => Err(Problem::new(Some(node.line), "expected a list")),
        }
    }

    /// A map, or a list of `NAME=VALUE`; a name alone has the value of the environment, if it is there.
    fn map(&self, node: &Node) -> Result<BTreeMap<String, String>, Problem> {
        let mut map = BTreeMap::new();
        for (name, value) in node.entries() {
            let value = match value.is_null() {
                true => (self.environment)(name),
                false => Some(self.text(value)?),
            };
            map.extend(value.map(|value| (name.clone(), value)));
        }
        if let Yaml::List(_) = node.value {
            for word in self.list(node)? {
                let (name, value) = match word.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (word.as_str(), (self.environment)(&word)),
                };
                map.extend(value.map(|value| (name.to_owned(), value)));
            }
        } else if let Yaml::Scalar { .. } = node.value
            && !node.is_null()
        {
            return Err(Problem::new(Some(node.line), "expected a map"));
        }
        Ok(map)
    }
}

/// A number as compose prints it: `1.10` is 1.1, `007` is 7, `0x10` is 16.
fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = digits.strip_prefix(prefix).filter(|it| !it.is_empty())?;
        i64::from_str_radix(digits, radix).ok()
    };
    let whole = radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .or_else(|| radix("0", 8))
        .or_else(|| digits.parse::<i64>().ok());
    let sign = if text.starts_with('-') { "-" } else { "" };
    match whole {
        Some(whole) => Some(format!("{sign}{whole}")),
        None => {
            let known = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
            let number: f64 = digits.parse().ok().filter(|_| digits.chars().all(known))?;
            Some(format!("{sign}{number}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(text: &str) -> Result<Vec<Build>, Problem> {
        let environment = |name: &str| (name == "V").then(|| "22".to_owned());
        let mut loader = Loader {
            environment: &environment,
            open: BTreeSet::new(),
        };
        let services = loader.file(text, Path::new("c.yaml"), Path::new(""), 0)?;
        describe(services, &[]).map(|described| described.builds)
    }

    #[test]
    fn services_are_builds() {
        let builds = services(
            "x-base: &base\n  args: {COMMON: 'yes'}\n  target: base\n\
             services:\n\
             \x20 web:\n    image: web\n    platform: linux/arm64\n    build:\n      <<: *base\n      context: ./web\n      target: ${T:-run}\n\
             \x20 list:\n    build:\n      args: [A=1, V, NONE]\n      additional_contexts:\n        - b=docker-image://x:${V}\n        - s=service:web\n      platforms: [linux/amd64]\n\
             \x20 map:\n    build:\n      args:\n        V:\n        F: 1.10\n        Q: '1.10'\n        I: 007\n        B: true\n        D: $$x\n\
             \x20 short:\n    build: dir/${V}\n\
             \x20 none:\n    image: x\n",
        )
        .unwrap();
        let names: Vec<&str> = builds.iter().map(|build| build.name.as_str()).collect();
        assert_eq!(names, ["list", "map", "short", "web"]);
        let [list, map, short, web] = builds.as_slice() else {
            panic!("{builds:?}")
        };
        assert_eq!(
            (
                web.context.as_str(),
                web.target.as_str(),
                web.args["COMMON"].as_str()
            ),
            ("web", "run", "yes")
        );
        assert_eq!(web.platforms, ["linux/arm64"]);
        let shown = |map: &BTreeMap<String, String>| -> String {
            map.iter().map(|(k, v)| format!("{k}={v} ")).collect()
        };
        assert_eq!(shown(&list.args), "A=1 V=22 ");
        assert_eq!(shown(&list.contexts), "b=docker-image://x:22 s=target:web ");
        assert_eq!(shown(&map.args), "B=true D=$x F=1.1 I=7 Q=1.10 V=22 ");
        assert_eq!(short.context, "dir/22");
    }

    #[test]
    fn what_is_not_followed_is_named_with_its_line() {
        for (text, line, words) in [
            (
                "services:\n  a:\n    extends: b\n",
                Some(3),
                "unknown service `b`",
            ),
            (
                "services:\n  a:\n    extends: a\n",
                Some(3),
                "`a` extends itself",
            ),
            (
                "include: [none.yaml]\nservices: {}\n",
                Some(1),
                "`none.yaml`",
            ),
            ("include: {a: b}\nservices: {}\n", Some(1), "must be a list"),
            (
                "services:\n  a:\n    build:\n      target: ${T:?which one}\n",
                Some(4),
                "which one",
            ),
            (
                "services:\n  a: {build: .}\n  a: {build: .}\n",
                Some(3),
                "duplicate key `a`",
            ),
            ("services:\n  a:\n   build: [\n", Some(4), "not valid YAML"),
            ("services:\n  a:\n    image: x\n", None, "has a `build`"),
            ("a: b\n", None, "no `services`"),
            ("", None, ""),
            ("a: &a [*a]\n", Some(1), ""),
        ] {
            let problem = services(text).expect_err(text);
            assert!(problem.message.contains(words), "{text}: {problem:?}");
            assert!(
                line.is_none() || problem.line == line,
                "{text}: {problem:?}"
            );
        }
    }

    #[test]
    fn a_file_that_multiplies_itself_stays_small() {
        let mut text = "a0: &a0 [x]\n".to_owned();
        for n in 1..60 {
            text.push_str(&format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1));
        }
        assert!(services(&text).is_err());
        assert!(yaml::read(&"[".repeat(1000)).is_err());
        assert!(yaml::read(&text).is_ok());
    }
}
