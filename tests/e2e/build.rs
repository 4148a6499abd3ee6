//! One `docker buildx build`, and what can be asked about its result.

use std::ffi::OsStr;
use std::fmt;

use crate::engine::{engine, unique};
use crate::process::{Program, Said};
use crate::project::{Folder, Project};

/// A build in the making.
pub struct Build {
    program: Program,
    context: Option<String>,
    /// Whether the output must show that the frontend under test was used.
    through_ours: bool,
    /// Whether it is said what becomes of the result. When it is not, the engine would keep an image without a name.
    has_output: bool,
}

/// The name of an image that no other test and no earlier run uses; the engine forgets it when the test is over.
pub struct Image {
    pub name: String,
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        Program::docker()
            .args(["image", "rm", "--force", &self.name])
            .run();
    }
}

impl Image {
    /// An image for the engine's own store.
    pub fn local() -> Self {
        Self {
            name: format!("rdf-e2e:{}", unique()),
        }
    }

    /// An image for the registry, where its content stays; the engine's copy goes.
    pub fn pushed(name: &str) -> Self {
        Self {
            name: format!("{}/e2e/{name}:{}", engine().registry, unique()),
        }
    }

    /// Runs a container of it, without network, and gives back what it prints. An attached client of an older engine
    /// may miss the words of a container that ends at once, so its log is asked.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> String {
        let detached = ["run", "--detach", "--network=none", &self.name];
        let id = Program::docker().args(detached).args(args).ok().text();
        let id = id.trim();
        let status = Program::docker().args(["wait", id]).ok().text();
        let logs = Program::docker().args(["logs", id]).run();
        Program::docker().args(["rm", "--force", id]).run();
        assert_eq!(
            status.trim(),
            "0",
            "status of the container: {}",
            logs.whole()
        );
        logs.text()
    }

    /// A value of `docker image inspect`.
    #[track_caller]
    pub fn inspect(&self, format: &str) -> String {
        let format = format!("--format={format}");
        Program::docker()
            .args(["image", "inspect", &format, &self.name])
            .ok()
            .text()
            .trim()
            .to_owned()
    }
}

impl Build {
    /// A build of the directory of `project`.
    pub fn of(project: &Project) -> Self {
        Self::context(&project.path())
    }

    /// A build of any context: a directory, an address, `-`.
    pub fn context(context: &str) -> Self {
        Self {
            program: Program::docker().args(["buildx", "build", "--progress=plain"]),
            context: Some(context.to_owned()),
            through_ours: true,
            has_output: false,
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        let word = arg.as_ref().to_string_lossy();
        self.has_output |=
            ["-t", "--push", "--load"].contains(&&*word) || word.starts_with("--output");
        self.program = self.program.arg(arg);
        self
    }

    pub fn args<S: AsRef<OsStr>>(self, args: impl IntoIterator<Item = S>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.program = self.program.env(key, value);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.program = self.program.stdin(bytes);
        self
    }

    /// The build does not show (or does not use) the frontend under test.
    pub fn by_any_frontend(mut self) -> Self {
        self.through_ours = false;
        self
    }

    #[track_caller]
    pub fn run(self) -> Said {
        let output = (!self.has_output).then_some("--output=type=cacheonly");
        let said = self.program.args(output).args(self.context).run();
        // A build that the wrong frontend did proves nothing.
        if self.through_ours {
            said.says(&engine().frontend);
        }
        said
    }

    #[track_caller]
    pub fn ok(self) -> Said {
        self.run().must_succeed()
    }

    #[track_caller]
    pub fn fails(self) -> Said {
        self.run().must_fail()
    }

    /// Builds the files of the last stage into a directory.
    #[track_caller]
    pub fn files(self) -> Folder {
        let folder = Folder::new();
        let output = format!("--output=type=local,dest={}", folder.path().display());
        self.arg(output).ok();
        folder
    }

    /// Builds an image into the engine's store.
    #[track_caller]
    pub fn image(self) -> Image {
        self.image_and_progress().0
    }

    /// As [`image`](Self::image), with what the client said.
    #[track_caller]
    pub fn image_and_progress(self) -> (Image, Said) {
        let image = Image::local();
        let said = self.args(["--load", "-t", &image.name]).ok();
        (image, said)
    }
}

/// What the engine's registry has for `image`, as JSON.
#[track_caller]
pub fn manifest(image: &str) -> serde_json::Value {
    Program::docker()
        .args(["buildx", "imagetools", "inspect", "--raw", image])
        .ok()
        .json()
}

/// The values of the `#N` lines of plain progress, one for each step: whether it was answered by the cache.
pub fn cached_steps(progress: &str) -> Vec<(String, bool)> {
    let mut steps: Vec<(&str, String, bool)> = Vec::new();
    for line in progress.lines() {
        let Some((number, rest)) = line
            .split_once(' ')
            .filter(|(number, _)| number.starts_with('#'))
        else {
            continue;
        };
        let known = steps.iter_mut().find(|(of, _, _)| *of == number);
        match known {
            Some(step) => step.2 |= rest == "CACHED",
            None if rest.starts_with('[') && !rest.starts_with("[internal]") => {
                steps.push((number, rest.to_owned(), false));
            }
            None => {}
        }
    }
    steps
        .into_iter()
        .map(|(_, name, cached)| (name, cached))
        .collect()
}
