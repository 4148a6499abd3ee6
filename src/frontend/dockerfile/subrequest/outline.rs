//! `frontend.outline`: build arguments, secrets and SSH sockets of a target.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use super::super::build::Build;
use super::super::problem;
use super::{SubrequestAnswer, base64, is_empty, lines, table};
use crate::compile::Outline;
use crate::gateway::Result;
use crate::go::json;
use crate::lower::outline::{OutlineArg, OutlineMount};
use crate::syntax::Text;

pub(super) const NAME: &str = "frontend.outline";
pub(super) const VERSION: &str = "1.0.0";

#[derive(Serialize)]
struct Report<'o> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'o str,
    #[serde(skip_serializing_if = "is_empty", serialize_with = "json::text")]
    description: &'o Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    args: Vec<Arg<'o>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<Mount<'o>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh: Vec<Mount<'o>>,
    sources: [String; 1],
}

#[derive(Serialize)]
struct Arg<'o> {
    name: &'o str,
    #[serde(skip_serializing_if = "is_empty", serialize_with = "json::text")]
    description: &'o Text,
    #[serde(skip_serializing_if = "str::is_empty")]
    value: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Value>,
}

#[derive(Serialize)]
struct Mount<'o> {
    name: &'o str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Value>,
}

pub(super) async fn answer(build: &Build<'_>) -> Result<SubrequestAnswer> {
    let compiled = build.compile(build.request.options.clone()).await;
    build.warn(&compiled.warnings).await;
    let outline = compiled.result.map_err(problem::plain)?.outline;
    Ok(report(&outline, build.dockerfile.data()))
}

pub(super) fn report(outline: &Outline, source: &[u8]) -> SubrequestAnswer {
    let report = Report {
        name: &outline.name,
        description: &outline.description,
        args: outline.args.iter().map(arg).collect(),
        secrets: outline.secrets.iter().map(mount).collect(),
        ssh: outline.ssh.iter().map(mount).collect(),
        sources: [base64(source)],
    };
    SubrequestAnswer::new(&report, VERSION).text(text(outline))
}

fn arg(arg: &OutlineArg) -> Arg<'_> {
    Arg {
        name: &arg.name,
        description: &arg.description,
        value: &arg.value,
        location: lines(&arg.location),
    }
}

fn mount(mount: &OutlineMount) -> Mount<'_> {
    Mount {
        name: &mount.name,
        required: mount.required,
        location: lines(&mount.location),
    }
}

// Writing to a string cannot fail.
fn text(outline: &Outline) -> String {
    let mut out = String::new();
    if !outline.name.is_empty() || !outline.description.is_empty() {
        let name = if outline.name.is_empty() {
            "(default)"
        } else {
            &outline.name
        };
        let mut rows = format!("TARGET:\t{name}\n");
        if !outline.description.is_empty() {
            let _ = writeln!(rows, "DESCRIPTION:\t{}", outline.description);
        }
        out.push_str(&table::align(&rows, 1));
        out.push('\n');
    }
    if !outline.args.is_empty() {
        let mut rows = String::from("BUILD ARG\tVALUE\tDESCRIPTION\n");
        for arg in &outline.args {
            let _ = writeln!(rows, "{}\t{}\t{}", arg.name, arg.value, arg.description);
        }
        out.push_str(&table::align(&rows, 3));
        out.push('\n');
    }
    for (title, mounts) in [("SECRET", &outline.secrets), ("SSH", &outline.ssh)] {
        if !mounts.is_empty() {
            let mut rows = format!("{title}\tREQUIRED\n");
            for mount in mounts {
                let _ = writeln!(
                    rows,
                    "{}\t{}",
                    mount.name,
                    if mount.required { "true" } else { "" }
                );
            }
            out.push_str(&table::align(&rows, 3));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::LineRange;

    #[test]
    fn text_has_a_block_for_each_kind() {
        let outline = Outline {
            name: "final".into(),
            args: vec![OutlineArg {
                name: "debug".into(),
                description: Text::default(),
                value: String::new(),
                location: vec![LineRange::line(3)],
            }],
            secrets: vec![OutlineMount {
                name: "token".into(),
                required: true,
                location: Vec::new(),
            }],
            ..Outline::default()
        };
        let expected = "TARGET: final\n\nBUILD ARG   VALUE   DESCRIPTION\ndebug               \n\nSECRET   REQUIRED\ntoken    true\n\n";
        assert_eq!(text(&outline), expected);
    }
}
