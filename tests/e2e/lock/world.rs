//! A world for a build to fetch from, all of it on this machine and all of it able to change.

use std::path::PathBuf;

use serde_json::Value;

use crate::build::Build;
use crate::engine::{Feature, engine};
use crate::engines::SecondEngine;
use crate::process::{Program, Said};
use crate::programs::programs;
use crate::project::{Folder, Project};
use crate::registry::Images;
use crate::served::{Repository, Server};

/// Older than every file of a test, because times are only moved back.
pub const EPOCH: &str = "SOURCE_DATE_EPOCH=1700000000";

/// Sources of every kind, and a project that takes of all of them.
pub struct World {
    pub images: Images,
    pub files: Server,
    pub repository: Repository,
    pub git: Server,
    pub project: Project,
    rdf: PathBuf,
}

/// What the Dockerfile of [`World::new`] takes, in the words of this module.
const DOCKERFILE: &str = r#"
FROM @BASE@
USER 0
COPY --from=@COPIED@ /etc /copied
RUN --mount=from=@MOUNTED@,target=/m ls /m/etc >/mounted
ADD @GIT@#main /branch
ADD @GIT@#light /light
ADD @GIT@#annotated /annotated
ADD @FILES@/words /words
COPY here /here
RUN ls /copied && cat /mounted /branch/word /light/word /annotated/word /words /here >/all
"#;

impl World {
    /// The world, or a word on stderr that there is no `rdf`.
    pub fn new() -> Option<Self> {
        Self::with(DOCKERFILE)
    }

    /// A world with another Dockerfile.
    pub fn with(dockerfile: &str) -> Option<Self> {
        let rdf = programs()?.join("rdf");
        let images = Images::new();
        images.tag("base", "busybox:latest");
        images.tag("copied", "busybox:latest");
        images.tag("mounted", "busybox:multi");
        images.tag("other", "busybox:other");
        let project = Project::empty().file("here", "@NONCE@\n");
        // What an engine has fetched by its checksum before, it does not fetch again from anywhere.
        let words = format!("the file {}\n", project.nonce);
        let files = Server::of_files([("/words", words.into_bytes())]);
        let repository = Repository::new(&[("word", "first\n"), ("dir/inside", "here\n")]);
        repository.git(&["tag", "light"]);
        repository.git(&["tag", "-a", "annotated", "-m", "a tag"]);
        repository.commit(&[("word", "second\n")]);
        let git = repository.serve("r.git");
        let world = Self {
            images,
            files,
            repository,
            git,
            project,
            rdf,
        };
        world.dockerfile(dockerfile);
        Some(world)
    }

    /// Writes the Dockerfile, under a syntax line that names the frontend under test.
    pub fn dockerfile(&self, text: &str) {
        let text = crate::project::with_syntax(text);
        self.project.folder.write("Dockerfile", self.fill(&text));
    }

    /// `text` with the names of this world in it.
    pub fn fill(&self, text: &str) -> String {
        let mut text = text.replace("@GIT@", &self.git.url("/git/r.git"));
        text = text.replace("@FILES@", &self.files.url(""));
        for tag in ["base", "copied", "mounted", "other"] {
            let word = format!("@{}@", tag.to_uppercase());
            text = text.replace(&word, &self.images.name(tag));
        }
        self.project.fill(&text)
    }

    /// Moves every tag and the branch to other content.
    pub fn move_everything(&self) {
        for tag in ["base", "copied", "mounted"] {
            self.images.tag(tag, "busybox:other");
        }
        self.repository.commit(&[("word", "moved\n")]);
        self.repository.git(&["tag", "--force", "light"]);
        let tag = ["tag", "--force", "-a", "annotated", "-m", "moved"];
        self.repository.git(&tag);
        self.git.take_refs_of(&self.repository, "r.git");
    }

    /// `rdf` in the directory of the project.
    pub fn rdf(&self, args: &[&str]) -> Program {
        Program::new(&self.rdf)
            .args(args)
            .dir(self.project.folder.path())
            .env("HOME", self.project.folder.path())
    }

    /// `rdf lock`; gives the lock.
    #[track_caller]
    pub fn lock(&self, args: &[&str]) -> String {
        self.rdf(&["lock"]).args(args).ok();
        self.read_lock()
    }

    pub fn read_lock(&self) -> String {
        self.project.folder.read("Dockerfile.lock")
    }

    pub fn write_lock(&self, text: &str) {
        self.project.folder.write("Dockerfile.lock", text);
    }

    pub fn remove_lock(&self) {
        std::fs::remove_file(self.project.folder.join("Dockerfile.lock")).ok();
    }

    pub fn build(&self) -> Build {
        Build::of(&self.project)
    }
}

/// Asserts that a failure shows this line; the oldest daemons show none.
#[track_caller]
pub fn at(said: &Said, line: u32) {
    if engine().has(Feature::Modern) {
        said.says(&format!("Dockerfile:{line}\n"));
    }
}

/// Adds the settings of another engine to a build.
pub fn on(engine: &SecondEngine, build: Build) -> Build {
    let settings = engine.local.iter();
    settings.fold(build, |build, (key, value)| build.env(key, value))
}

/// An image as bytes that can be compared: by the flags that make the same build give the same bytes.
pub struct Exact {
    layout: Folder,
    pub digest: String,
}

/// Builds so that only what goes in decides what comes out.
#[track_caller]
pub fn exact(build: Build) -> Exact {
    let (layout, build) = exact_to_come(build);
    build.ok();
    Exact::read(layout)
}

/// As [`exact`], and must fail.
#[track_caller]
pub fn exact_fails(build: Build) -> Said {
    exact_to_come(build).1.fails()
}

fn exact_to_come(build: Build) -> (Folder, Build) {
    let layout = Folder::new();
    let output = format!(
        "--output=type=oci,tar=false,rewrite-timestamp=true,dest={}",
        layout.path().display()
    );
    let build = build.args(["--no-cache", "--provenance=false", "--build-arg", EPOCH]);
    (layout, build.arg(output))
}

impl Exact {
    #[track_caller]
    fn read(layout: Folder) -> Self {
        let index: Value = serde_json::from_str(&layout.read("index.json")).expect("index");
        let digest = index["manifests"][0]["digest"].as_str().expect("digest");
        Exact {
            digest: digest.to_owned(),
            layout,
        }
    }

    /// A blob of the image as JSON.
    #[track_caller]
    pub fn blob(&self, digest: &str) -> Value {
        let text = self
            .layout
            .read(&format!("blobs/{}", digest.replace(':', "/")));
        serde_json::from_str(&text).expect("JSON blob")
    }

    /// The manifest, and digests of the layers below it, for the message of a failed comparison.
    #[track_caller]
    pub fn layers(&self) -> String {
        let manifest = self.blob(&self.digest);
        let config = self.blob(manifest["config"]["digest"].as_str().unwrap_or_default());
        format!("{manifest}\n{config}")
    }
}
