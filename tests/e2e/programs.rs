//! Programs of this project that the tests use besides the image: `rdf`, and the example frontends.

use std::fs;
use std::path::{Path, PathBuf};

use crate::build::{Build, Image};
use crate::engine::skipped;
use crate::process::Program;
use crate::project::Project;

/// The directory with `rdf` and `examples/`, which `scripts/e2e` builds; or a word on stderr that there is none.
pub fn programs() -> Option<PathBuf> {
    let folder = std::env::var_os("RDF_E2E_PROGRAMS").map(PathBuf::from);
    if folder.is_none() {
        skipped("RDF_E2E_PROGRAMS names no directory with rdf and the example frontends");
    }
    folder
}

/// What a frontend made of the library's parts can do; daemons look for it before they start one for a build that
/// needs it.
pub const KIT_CAPS: &str = "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts,moby.buildkit.frontend.gitquerystring,moby.buildkit.frontend.contexts.zstd";

/// Pushes an image of an example frontend that says nothing of its capabilities, and gives its name.
pub fn example_frontend(programs: &Path, name: &str) -> Image {
    example_with_caps(programs, name, "")
}

/// Pushes an image of an example frontend and gives its name. The program is linked to this machine's libraries, so
/// they go into the image with it.
pub fn example_with_caps(programs: &Path, name: &str, caps: &str) -> Image {
    let program = programs.join("examples").join(name);
    let libraries = Program::new("ldd").arg(&program).ok().text();
    let label = match caps {
        "" => String::new(),
        caps => format!("LABEL moby.buildkit.frontend.caps={caps}\n"),
    };
    let project = Project::plain(&format!(
        "FROM scratch\nCOPY files /\nENTRYPOINT [\"/frontend\"]\nLABEL made=@NONCE@\n{label}"
    ));
    let copy = |from: &Path, to: &str| {
        let to = project.folder.join(&format!("files{to}"));
        fs::create_dir_all(to.parent().expect("folder")).expect("folder of the image");
        fs::copy(from, &to).unwrap_or_else(|why| panic!("{}: {why}", from.display()));
    };
    for library in libraries
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
    {
        copy(Path::new(library), library);
    }
    copy(&program, "/frontend");
    let image = Image::pushed(name);
    let build = Build::of(&project).by_any_frontend();
    build
        .args(["--push", "--provenance=false", "-t", &image.name])
        .ok();
    image
}
