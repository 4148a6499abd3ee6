//! The builds of a compose file: `services.*.build`.

use std::collections::BTreeMap;
use std::path::Path;

use super::interpolate::interpolate;
use super::yaml::{self, Node, Yaml};
use super::{Build, Described, Environment, Problem, is_remote};
use crate::cli::files::read_text;
use crate::limits::MAX_ENV_FILE_BYTES;

/// What to do about something that is not read here.
const CONFIG: &str =
    "`docker compose config > whole.yaml` resolves it; then `rdf lock --compose whole.yaml`";

/// The builds of the services `wanted`, or of all. Variables come from the environment, then from `.env`
/// beside the file.
pub(super) fn read(text: &str, path: &Path, wanted: &[String]) -> Result<Described, Problem> {
    let beside = path.parent().unwrap_or(Path::new("")).join(".env");
    let defaults = match read_text(&beside, MAX_ENV_FILE_BYTES) {
        Ok(text) => variables(&text),
        Err(_) => BTreeMap::new(),
    };
    describe(text, wanted, &|name| {
        std::env::var(name)
            .ok()
            .or_else(|| defaults.get(name).cloned())
    })
}

fn describe(
    text: &str,
    wanted: &[String],
    environment: Environment<'_>,
) -> Result<Described, Problem> {
    let document = yaml::read(text)?;
    let reader = Reader { environment };
    if let Some(include) = document.get("include") {
        return Err(Problem::new(Some(include.line), "`include` is not followed").hint(CONFIG));
    }
    let services = document
        .get("services")
        .ok_or_else(|| Problem::new(None, "there are no `services` in it"))?;
    let mut described = Described::default();
    for (name, service) in services.entries() {
        if !wanted.is_empty() && !wanted.contains(name) {
            continue;
        }
        if let Some(extends) = service.get("extends") {
            let message = format!("the service `{name}` extends another, which is not followed");
            return Err(Problem::new(Some(extends.line), message).hint(CONFIG));
        }
        if let Some(build) = service.get("build").filter(|build| !build.is_null()) {
            match reader.build(name, build, service.get("platform"))? {
                Ok(build) => described.builds.push(build),
                Err(note) => described.notes.push(note),
            }
        }
    }
    if let Some(unknown) = wanted.iter().find(|name| services.get(name).is_none()) {
        return Err(Problem::new(
            None,
            format!("there is no service `{unknown}`"),
        ));
    }
    if described.builds.is_empty() && described.notes.is_empty() {
        return Err(Problem::new(None, "none of its services is built"));
    }
    Ok(described)
}

struct Reader<'e> {
    environment: Environment<'e>,
}

impl Reader<'_> {
    /// The build of a service; the inner error is why there is nothing to lock.
    fn build(
        &self,
        name: &str,
        node: &Node,
        platform: Option<&Node>,
    ) -> Result<Result<Build, String>, Problem> {
        let mut build = Build {
            name: name.to_owned(),
            context: ".".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            ..Build::default()
        };
        match &node.value {
            Yaml::Scalar { .. } => build.context = self.text(node)?,
            Yaml::List(_) => return Err(Problem::new(Some(node.line), "`build` is no list")),
            Yaml::Map(_) => {}
        }
        if node
            .get("dockerfile_inline")
            .is_some_and(|it| !it.is_null())
        {
            return Ok(Err(format!(
                "`{name}` is passed over: its Dockerfile is inline, and a lock lies beside a file"
            )));
        }
        for (key, field) in [
            ("context", &mut build.context),
            ("dockerfile", &mut build.dockerfile),
            ("target", &mut build.target),
        ] {
            if let Some(node) = node.get(key).filter(|node| !node.is_null()) {
                *field = self.text(node)?;
            }
        }
        if is_remote(&build.context) {
            return Ok(Err(format!(
                "`{name}` is passed over: its context is remote and has its own lock"
            )));
        }
        if let Some(args) = node.get("args") {
            build.args = self.map(args)?;
        }
        if let Some(contexts) = node.get("additional_contexts") {
            build.contexts = self.map(contexts)?;
        }
        if let Some(platforms) = node.get("platforms") {
            build.platforms = self.list(platforms)?;
        }
        if build.platforms.is_empty()
            && let Some(platform) = platform.filter(|node| !node.is_null())
        {
            build.platforms.push(self.text(platform)?);
        }
        Ok(Ok(build))
    }

    /// A scalar with its variables, as compose prints it.
    fn text(&self, node: &Node) -> Result<String, Problem> {
        let Yaml::Scalar { text, plain } = &node.value else {
            return Err(Problem::new(Some(node.line), "this is no text"));
        };
        if *plain && let Some(number) = number(text) {
            return Ok(number);
        }
        interpolate(text, self.environment).map_err(|why| Problem::new(Some(node.line), why))
    }

    fn list(&self, node: &Node) -> Result<Vec<String>, Problem> {
        match &node.value {
            Yaml::List(list) => list.iter().map(|node| self.text(node)).collect(),
            _ => Err(Problem::new(Some(node.line), "this is no list")),
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
            return Err(Problem::new(Some(node.line), "this is no map"));
        }
        Ok(map)
    }
}

/// A number as compose prints it: `1.10` is 1.1.
fn number(text: &str) -> Option<String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let point = text.bytes().filter(|b| *b == b'.').count() == 1 && text.len() > 1;
    match digits && point {
        true => text.parse::<f64>().ok().map(|number| number.to_string()),
        false => None,
    }
}

/// `NAME=VALUE` lines of a `.env` file.
fn variables(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.trim_start_matches("export ").split_once('='));
    pairs
        .map(|(name, value)| {
            let value = value.trim();
            let quoted = ['"', '\''].iter().find_map(|quote| {
                let rest = value.strip_prefix(*quote)?;
                rest.split_once(*quote).map(|(inner, _)| inner)
            });
            let bare = value.split(" #").next().unwrap_or(value).trim_end();
            (name.trim().to_owned(), quoted.unwrap_or(bare).to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(text: &str) -> Result<Vec<Build>, Problem> {
        let environment = |name: &str| (name == "V").then(|| "22".to_owned());
        describe(text, &[], &environment).map(|described| described.builds)
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
        assert_eq!(names, ["web", "list", "map", "short"]);
        let [web, list, map, short] = builds.as_slice() else {
            panic!("{builds:?}")
        };
        assert_eq!(
            (
                web.context.as_str(),
                web.target.as_str(),
                web.args["COMMON"].as_str()
            ),
            ("./web", "run", "yes")
        );
        assert_eq!(web.platforms, ["linux/arm64"]);
        let shown = |map: &BTreeMap<String, String>| -> String {
            map.iter().map(|(k, v)| format!("{k}={v} ")).collect()
        };
        assert_eq!(shown(&list.args), "A=1 V=22 ");
        assert_eq!(
            shown(&list.contexts),
            "b=docker-image://x:22 s=service:web "
        );
        assert_eq!(shown(&map.args), "B=true D=$x F=1.1 I=007 Q=1.10 V=22 ");
        assert_eq!(short.context, "dir/22");
    }

    #[test]
    fn what_is_not_followed_is_named_with_its_line() {
        for (text, line, words) in [
            ("services:\n  a:\n    extends: b\n", Some(3), "`a` extends"),
            ("include: [x]\nservices: {}\n", Some(1), "`include`"),
            (
                "services:\n  a:\n    build:\n      target: ${T:?which one}\n",
                Some(4),
                "which one",
            ),
            (
                "services:\n  a: {build: .}\n  a: {build: .}\n",
                Some(3),
                "twice",
            ),
            ("services:\n  a:\n   build: [\n", Some(4), "no YAML"),
            (
                "services:\n  a:\n    image: x\n",
                None,
                "none of its services",
            ),
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

    #[test]
    fn an_env_file_is_read() {
        let map = variables("# c\nA=1\nexport B = 'x # y' \nC=\"d\" # e\nD=f # g\n\nbad\n");
        assert_eq!(
            map.values().map(String::as_str).collect::<Vec<_>>(),
            ["1", "x # y", "d", "f"]
        );
    }
}
