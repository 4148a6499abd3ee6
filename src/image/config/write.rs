//! Image config to JSON.
//!
//! Owns the order of fields and which of them are left out when empty.

use super::{ContainerConfig, Healthcheck, History, ImageConfig};
use crate::go::json::Writer;
use crate::image::platform::Platform;

pub(super) fn image(image: &ImageConfig) -> String {
    let mut out = Writer::default();
    out.open('{');
    if let Some(created) = &image.created {
        out.key("created");
        out.value(created.to_string());
    }
    out.text("author", image.author.as_bytes());
    platform(&mut out, &image.platform);
    out.key("rootfs");
    out.open('{');
    out.key("type");
    out.value(&image.rootfs.kind);
    out.key("diff_ids");
    match &image.rootfs.diff_ids {
        Some(diff_ids) => out.values(diff_ids),
        None => out.push("null"),
    }
    out.close('}');
    if !image.history.is_empty() {
        out.key("history");
        out.open('[');
        for entry in &image.history {
            out.separate();
            history(&mut out, entry);
        }
        out.close(']');
    }
    out.key("config");
    container(&mut out, &image.config);
    out.close('}');
    out.finish()
}

fn platform(out: &mut Writer, platform: &Platform) {
    out.key("architecture");
    out.value(&platform.architecture);
    out.key("os");
    out.value(&platform.os);
    out.text("os.version", &platform.os_version);
    out.list("os.features", &platform.os_features);
    out.text("variant", &platform.variant);
}

fn history(out: &mut Writer, entry: &History) {
    out.open('{');
    if let Some(created) = &entry.created {
        out.key("created");
        out.value(created.to_string());
    }
    out.text("created_by", entry.created_by.as_bytes());
    out.text("author", &entry.author);
    out.text("comment", &entry.comment);
    out.flag("empty_layer", entry.empty_layer);
    out.close('}');
}

fn container(out: &mut Writer, config: &ContainerConfig) {
    out.open('{');
    out.text("User", &config.user);
    out.set("ExposedPorts", &config.exposed_ports);
    out.list("Env", &config.env);
    out.texts("Entrypoint", &config.entrypoint);
    out.texts("Cmd", &config.cmd);
    out.set("Volumes", &config.volumes);
    out.text("WorkingDir", &config.working_dir);
    if !config.labels.is_empty() {
        out.key("Labels");
        out.open('{');
        for (name, value) in &config.labels {
            out.key(name);
            out.value(value);
        }
        out.close('}');
    }
    out.text("StopSignal", &config.stop_signal);
    out.flag("ArgsEscaped", config.args_escaped);
    if let Some(check) = &config.healthcheck {
        out.key("Healthcheck");
        healthcheck(out, check);
    }
    out.texts("OnBuild", &config.on_build);
    out.list("Shell", &config.shell);
    out.close('}');
}

fn healthcheck(out: &mut Writer, check: &Healthcheck) {
    out.open('{');
    out.texts("Test", &check.test);
    out.number("Interval", check.interval);
    out.number("Timeout", check.timeout);
    out.number("StartPeriod", check.start_period);
    out.number("StartInterval", check.start_interval);
    out.number("Retries", check.retries);
    out.close('}');
}
