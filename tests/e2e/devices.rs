//! What the labs channel adds, `RUN --device`, through an image of its own; and what the stable one says to it.

use std::fs;
use std::path::PathBuf;

use crate::build::Build;
use crate::engine::{Feature, engine, skipped, unique};
use crate::project::Project;

/// The labs image, or a word on stderr that there is none.
fn labs() -> Option<String> {
    let image = std::env::var("RDF_E2E_FRONTEND_LABS").ok();
    if image.is_none() {
        skipped("RDF_E2E_FRONTEND_LABS names no image (scripts/frontend-image --labs)");
    }
    image
}

/// The folder in which the engine looks for devices, or a word on stderr that it is not known.
fn device_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("RDF_E2E_CDI_DIR").map(PathBuf::from);
    if folder.is_none() {
        skipped("RDF_E2E_CDI_DIR names no folder of the engine's devices");
    }
    folder
}

/// A device that is nothing but a variable, known to the engine until dropped.
struct Device {
    kind: String,
    file: PathBuf,
}

impl Device {
    fn new(folder: &std::path::Path) -> Self {
        let kind = format!("{}.example.com/thing", unique());
        let spec = serde_json::json!({
            "cdiVersion": "0.6.0",
            "kind": kind,
            "devices": [{
                "name": "one",
                "annotations": {"org.mobyproject.buildkit.device.autoallow": "true"},
                "containerEdits": {"env": [format!("DEVICE={kind}")]},
            }],
        });
        let file = folder.join(format!("{}.json", unique()));
        fs::create_dir_all(folder).expect("folder of devices");
        fs::write(&file, spec.to_string()).expect("file of a device");
        Self { kind, file }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        fs::remove_file(&self.file).ok();
    }
}

fn by_labs(dockerfile: &str, labs: &str) -> (Project, Build) {
    let project = Project::plain(&format!("# syntax={labs}\n{dockerfile}"));
    let build = Build::of(&project).by_any_frontend();
    (project, build)
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_step_gets_a_device() {
    let (Some(labs), Some(folder)) = (labs(), device_folder()) else {
        return;
    };
    let device = Device::new(&folder);
    let (_project, build) = by_labs(
        &format!(
            "FROM @REGISTRY@/busybox AS with\nRUN --device={0}=one,required echo $DEVICE >/device\nRUN --device={0}=other true; echo $DEVICE- >/without\nFROM scratch\nCOPY --from=with /device /without /\n",
            device.kind
        ),
        &labs,
    );
    let files = build.files();
    assert_eq!(files.read("device"), format!("{}\n", device.kind));
    assert_eq!(files.read("without"), "-\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_required_device_that_is_not_there_fails() {
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let Some(labs) = labs() else { return };
    let (_project, build) = by_labs(
        "FROM @REGISTRY@/busybox\nRUN --device=none.example.com/thing=one,required true\n",
        &labs,
    );
    build
        .fails()
        .says("required device \"none.example.com/thing=one\" is not registered");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn the_stable_channel_names_the_one_that_has_devices() {
    // On a daemon without devices the flag is left out, by both channels as by the reference.
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::new("FROM @REGISTRY@/busybox\nRUN --device=a.example.com/b=c true\n");
    Build::of(&project)
        .fails()
        .says("device feature is only supported in Dockerfile frontend 1.14.0-labs or later");
}
