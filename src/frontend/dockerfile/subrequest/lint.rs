//! `frontend.lint`: what lint rules find, and the error that would end a build.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use super::super::build::Build;
use super::super::problem;
use super::frame::code_frame;
use super::{SubrequestAnswer, is_empty, location};
use crate::collect::sort_small;
use crate::compile::CompileError;
use crate::gateway::source_info_json;
use crate::go::json;
use crate::lint::Warning;
use crate::llb::SourceInfo;
use crate::source::LineRange;
use crate::syntax::Text;

pub(super) const NAME: &str = "frontend.lint";
const VERSION: &str = "1.0.0";

#[derive(Serialize)]
struct Report<'w> {
    /// `null` without warnings.
    warnings: Option<Vec<Finding<'w>>>,
    sources: [Value; 1],
    #[serde(rename = "buildError", skip_serializing_if = "Option::is_none")]
    build_error: Option<BuildError<'w>>,
}

#[derive(Serialize)]
struct Finding<'w> {
    #[serde(rename = "ruleName")]
    rule_name: &'w str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'w str,
    #[serde(skip_serializing_if = "str::is_empty")]
    url: &'w str,
    #[serde(skip_serializing_if = "is_empty", serialize_with = "json::text")]
    detail: &'w Text,
    location: Value,
}

#[derive(Serialize)]
struct BuildError<'e> {
    #[serde(serialize_with = "json::text")]
    message: &'e Text,
    location: Value,
}

pub(super) async fn answer(build: &Build<'_>) -> SubrequestAnswer {
    let mut options = build.request.options.clone();
    options.all_stages = options.client.target.is_empty();
    let compiled = build.compile(options).await;
    report(
        &compiled.warnings,
        compiled.result.err(),
        build.dockerfile.info(),
    )
}

fn report(
    warnings: &[Warning],
    error: Option<CompileError>,
    info: &SourceInfo,
) -> SubrequestAnswer {
    let failed = !warnings.is_empty() || error.is_some();
    let findings: Vec<Finding<'_>> = warnings.iter().map(finding).collect();
    let report = Report {
        warnings: (!findings.is_empty()).then_some(findings),
        sources: [source_info_json(info)],
        build_error: error.as_ref().map(|error| BuildError {
            message: error.text(),
            location: location(merged(error.locations()).into_iter()),
        }),
    };
    SubrequestAnswer::new(&report, VERSION)
        .text(text(warnings, info))
        .with("result.statuscode", if failed { "1" } else { "0" })
}

fn finding(warning: &Warning) -> Finding<'_> {
    Finding {
        rule_name: warning.rule.name,
        description: warning.rule.description,
        url: warning.rule.url,
        detail: &warning.detail,
        location: location(problem::single_lines(&warning.location)),
    }
}

/// Lines of all places in order; those that overlap become one.
fn merged(locations: &[Vec<LineRange>]) -> Vec<LineRange> {
    let mut lines: Vec<LineRange> = locations
        .iter()
        .flat_map(|lines| problem::single_lines(lines))
        .collect();
    sort_small(&mut lines, |a, b| a.start.cmp(&b.start));
    lines.dedup_by(|next, previous| {
        let overlap = next.start <= previous.end;
        if overlap {
            previous.end = previous.end.max(next.end);
        }
        overlap
    });
    lines
}

/// What people read. As the reference makes it of its own JSON, a byte of a detail that is not UTF-8 is U+FFFD here;
/// lines of the file are as they are.
fn text(warnings: &[Warning], info: &SourceInfo) -> Vec<u8> {
    let mut sorted: Vec<&Warning> = warnings.iter().collect();
    sort_small(&mut sorted, |a, b| {
        let first = |warning: &Warning| warning.location.first().map(|lines| lines.start);
        // Without a line, the rule's name decides.
        let name = |warning: &Warning| {
            if warning.location.is_empty() {
                warning.rule.name
            } else {
                ""
            }
        };
        first(a).cmp(&first(b)).then_with(|| name(a).cmp(name(b)))
    });
    let mut out = Vec::new();
    // Writing to memory cannot fail.
    for warning in sorted {
        let _ = write!(out, "\nWARNING: {}", warning.rule.name);
        if !warning.rule.url.is_empty() {
            let _ = write!(out, " - {}", warning.rule.url);
        }
        let _ = writeln!(out, "\n{}", warning.detail);
        let ranges: Vec<LineRange> = problem::single_lines(&warning.location).collect();
        out.extend(code_frame(&info.filename, &info.data, &ranges));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::merged;
    use crate::source::LineRange;

    #[test]
    fn places_are_sorted_and_equal_ones_are_one() {
        let places = [
            vec![LineRange::new(4, 5)],
            vec![LineRange::line(2)],
            vec![LineRange::line(2)],
        ];
        assert_eq!(
            merged(&places),
            [LineRange::line(2), LineRange::line(4), LineRange::line(5)]
        );
    }
}
