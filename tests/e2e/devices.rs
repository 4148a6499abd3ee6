//! `RUN --device`.

use std::fs;
use std::path::PathBuf;

use crate::build::Build;
use crate::engine::{Feature, engine, skipped, unique};
use crate::project::Project;

/// The directory in which the engine looks for devices, or a word on stderr that it is not known.
fn device_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("RDF_E2E_CDI_DIR").map(PathBuf::from);
    if folder.is_none() {
        skipped("RDF_E2E_CDI_DIR names no directory of the engine's devices");
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

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_step_gets_a_device() {
    let Some(folder) = device_folder() else {
        return;
    };
    let device = Device::new(&folder);
    let project = Project::new(&format!(
        "FROM @REGISTRY@/busybox AS with\nRUN --device={0}=one,required echo $DEVICE >/device\nRUN --device={0}=other true; echo $DEVICE- >/without\nFROM scratch\nCOPY --from=with /device /without /\n",
        device.kind
    ));
    let files = Build::of(&project).files();
    assert_eq!(files.read("device"), format!("{}\n", device.kind));
    assert_eq!(files.read("without"), "-\n");
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_required_device_that_is_not_there_fails() {
    // On a daemon without devices the flag is left out, as by the reference.
    if engine().lacks(&[Feature::Recent]) {
        return;
    }
    let project = Project::new(
        "FROM @REGISTRY@/busybox\nRUN --device=none.example.com/thing=one,required true\n",
    );
    Build::of(&project)
        .fails()
        .says("required device \"none.example.com/thing=one\" is not registered");
}
