//! JSON to image config.
//!
//! Owns which name goes into which field, and the Go names that error texts mention.

use std::collections::BTreeSet;

use super::{ContainerConfig, Healthcheck, History, ImageConfig, RootFs, Timestamp};
use crate::go::json::{Decoder, JsonKind, Slot, names};
use crate::image::platform::Platform;

const fn slot(field: &'static str, go_type: &'static str) -> Slot {
    Slot { field, go_type }
}

pub(super) fn image(text: &[u8]) -> Result<ImageConfig, String> {
    let mut decoder = Decoder::new(text)?;
    let mut image = ImageConfig::default();
    decoder.object(slot("", "v1.DockerOCIImage"), |decoder, key| {
        image_member(decoder, key, &mut image);
    });
    decoder.finish()?;
    Ok(image)
}

fn image_member(decoder: &mut Decoder<'_>, key: &str, image: &mut ImageConfig) {
    let is = |name| names(key, name);
    if is("config") {
        let config = &mut image.config;
        let slot = slot("DockerOCIImage.config", "v1.DockerOCIImageConfig");
        decoder.object(slot, |decoder, key| container_member(decoder, key, config));
    } else if is("rootfs") {
        let rootfs = &mut image.rootfs;
        let slot = slot("DockerOCIImage.Image.rootfs", "v1.RootFS");
        decoder.object(slot, |decoder, key| rootfs_member(decoder, key, rootfs));
    } else if is("history") {
        image.history = history(decoder);
    } else if is("created") {
        timestamp(decoder, &mut image.created);
    } else if is("author") {
        let slot = slot("DockerOCIImage.Image.author", "string");
        decoder.text(&mut image.author, slot);
    } else {
        platform_member(decoder, key, &mut image.platform);
    }
}

fn platform_member(decoder: &mut Decoder<'_>, key: &str, platform: &mut Platform) {
    let (target, field) = if names(key, "architecture") {
        let field = "DockerOCIImage.Image.Platform.architecture";
        (&mut platform.architecture, field)
    } else if names(key, "os") {
        (&mut platform.os, "DockerOCIImage.Image.Platform.os")
    } else if names(key, "os.version") {
        let field = "DockerOCIImage.Image.Platform.os.version";
        (&mut platform.os_version, field)
    } else if names(key, "variant") {
        let field = "DockerOCIImage.Image.Platform.variant";
        (&mut platform.variant, field)
    } else {
        if names(key, "os.features") {
            let field = "DockerOCIImage.Image.Platform.os.features";
            platform.os_features = decoder.strings(field, "string");
        } else {
            decoder.skip();
        }
        return;
    };
    decoder.string(target, slot(field, "string"));
}

fn rootfs_member(decoder: &mut Decoder<'_>, key: &str, rootfs: &mut RootFs) {
    if names(key, "type") {
        let slot = slot("RootFS.Image.rootfs.type", "string");
        decoder.string(&mut rootfs.kind, slot);
    } else if names(key, "diff_ids") {
        // Null and an empty list print differently.
        let is_null = decoder.kind() == JsonKind::Null;
        let diff_ids = decoder.strings("RootFS.Image.rootfs.diff_ids", "digest.Digest");
        rootfs.diff_ids = (!is_null).then_some(diff_ids);
    } else {
        decoder.skip();
    }
}

fn history(decoder: &mut Decoder<'_>) -> Vec<History> {
    const FIELD: &str = "DockerOCIImage.Image.history";
    let mut entries = Vec::new();
    decoder.array(slot(FIELD, "[]v1.History"), |decoder| {
        let mut entry = History::default();
        decoder.object(slot(FIELD, "v1.History"), |decoder, key| {
            history_member(decoder, key, &mut entry);
        });
        entries.push(entry);
    });
    entries
}

fn history_member(decoder: &mut Decoder<'_>, key: &str, entry: &mut History) {
    let (target, field) = if names(key, "author") {
        (&mut entry.author, "History.Image.history.author")
    } else if names(key, "comment") {
        (&mut entry.comment, "History.Image.history.comment")
    } else {
        if names(key, "created") {
            timestamp(decoder, &mut entry.created);
        } else if names(key, "created_by") {
            let slot = slot("History.Image.history.created_by", "string");
            decoder.text(&mut entry.created_by, slot);
        } else if names(key, "empty_layer") {
            let slot = slot("History.Image.history.empty_layer", "bool");
            decoder.bool(&mut entry.empty_layer, slot);
        } else {
            decoder.skip();
        }
        return;
    };
    decoder.string(target, slot(field, "string"));
}

/// A time is read from the string as written: an escape in it is an error.
fn timestamp(decoder: &mut Decoder<'_>, target: &mut Option<Timestamp>) {
    if decoder.kind() == JsonKind::Null {
        decoder.skip();
        *target = None;
        return;
    }
    let read = match decoder.raw_string_value() {
        Some(raw) => Timestamp::parse(raw).map_err(|error| error.to_string()),
        None => Err("Time.UnmarshalJSON: input is not a JSON string".to_owned()),
    };
    match read {
        Ok(time) => *target = Some(time),
        Err(error) => decoder.save(error),
    }
}

fn container_member(decoder: &mut Decoder<'_>, key: &str, config: &mut ContainerConfig) {
    let is = |name| names(key, name);
    if is("Env") {
        config.env = decoder.strings("DockerOCIImageConfig.config.ImageConfig.Env", "string");
    } else if is("Entrypoint") {
        let field = "DockerOCIImageConfig.config.ImageConfig.Entrypoint";
        config.entrypoint = decoder.texts(field);
    } else if is("Cmd") {
        config.cmd = decoder.texts("DockerOCIImageConfig.config.ImageConfig.Cmd");
    } else if is("OnBuild") {
        let field = "DockerOCIImageConfig.config.DockerOCIImageConfigExt.OnBuild";
        config.on_build = decoder.texts(field);
    } else if is("Shell") {
        let field = "DockerOCIImageConfig.config.DockerOCIImageConfigExt.Shell";
        config.shell = decoder.strings(field, "string");
    } else if is("ExposedPorts") {
        let field = "DockerOCIImageConfig.config.ImageConfig.ExposedPorts";
        set(decoder, &mut config.exposed_ports, field);
    } else if is("Volumes") {
        let field = "DockerOCIImageConfig.config.ImageConfig.Volumes";
        set(decoder, &mut config.volumes, field);
    } else if is("Labels") {
        labels(decoder, config);
    } else if is("ArgsEscaped") {
        let field = "DockerOCIImageConfig.config.ImageConfig.ArgsEscaped";
        decoder.bool(&mut config.args_escaped, slot(field, "bool"));
    } else if is("Healthcheck") {
        healthcheck(decoder, config);
    } else {
        container_text(decoder, key, config);
    }
}

/// The fields of a container config that are plain texts.
fn container_text(decoder: &mut Decoder<'_>, key: &str, config: &mut ContainerConfig) {
    let (target, field) = if names(key, "User") {
        let field = "DockerOCIImageConfig.config.ImageConfig.User";
        (&mut config.user, field)
    } else if names(key, "WorkingDir") {
        let field = "DockerOCIImageConfig.config.ImageConfig.WorkingDir";
        (&mut config.working_dir, field)
    } else if names(key, "StopSignal") {
        let field = "DockerOCIImageConfig.config.ImageConfig.StopSignal";
        (&mut config.stop_signal, field)
    } else {
        decoder.skip();
        return;
    };
    decoder.string(target, slot(field, "string"));
}

/// An object whose values say nothing.
fn set(decoder: &mut Decoder<'_>, target: &mut BTreeSet<String>, field: &'static str) {
    if decoder.kind() == JsonKind::Null {
        target.clear();
    }
    let map = slot(field, "map[string]struct {}");
    decoder.object(map, |decoder, key| {
        target.insert(key.to_owned());
        decoder.object(slot(field, "struct {}"), |decoder, _| {
            decoder.skip();
        });
    });
}

fn labels(decoder: &mut Decoder<'_>, config: &mut ContainerConfig) {
    const FIELD: &str = "DockerOCIImageConfig.config.ImageConfig.Labels";
    if decoder.kind() == JsonKind::Null {
        config.labels.clear();
    }
    let labels = &mut config.labels;
    decoder.object(slot(FIELD, "map[string]string"), |decoder, key| {
        let mut value = String::new();
        decoder.string(&mut value, slot(FIELD, "string"));
        labels.insert(key.to_owned(), value);
    });
}

fn healthcheck(decoder: &mut Decoder<'_>, config: &mut ContainerConfig) {
    const FIELD: &str = "DockerOCIImageConfig.config.DockerOCIImageConfigExt.Healthcheck";
    if decoder.kind() == JsonKind::Null {
        decoder.skip();
        config.healthcheck = None;
        return;
    }
    let mut check = config.healthcheck.take().unwrap_or_default();
    decoder.object(slot(FIELD, "v1.HealthcheckConfig"), |decoder, key| {
        healthcheck_member(decoder, key, &mut check);
    });
    config.healthcheck = Some(check);
}

fn healthcheck_member(decoder: &mut Decoder<'_>, key: &str, check: &mut Healthcheck) {
    macro_rules! field {
        ($name:literal) => {
            concat!(
                "HealthcheckConfig.config.DockerOCIImageConfigExt.Healthcheck.",
                $name
            )
        };
    }
    const DURATION: &str = "time.Duration";
    let (target, slot) = if names(key, "Interval") {
        (&mut check.interval, slot(field!("Interval"), DURATION))
    } else if names(key, "Timeout") {
        (&mut check.timeout, slot(field!("Timeout"), DURATION))
    } else if names(key, "StartPeriod") {
        (
            &mut check.start_period,
            slot(field!("StartPeriod"), DURATION),
        )
    } else if names(key, "StartInterval") {
        let slot = slot(field!("StartInterval"), DURATION);
        (&mut check.start_interval, slot)
    } else if names(key, "Retries") {
        (&mut check.retries, slot(field!("Retries"), "int"))
    } else {
        if names(key, "Test") {
            check.test = decoder.texts(field!("Test"));
        } else {
            decoder.skip();
        }
        return;
    };
    decoder.int(target, slot);
}
