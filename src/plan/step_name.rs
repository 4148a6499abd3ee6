//! Names of steps, as progress shows them: `[linux/arm64 build 2/7] RUN make`.

use std::borrow::Cow;

use super::StepCounter;
use crate::expand::{Env, Escapes, Expander, Quotes};
use crate::go::byte_text::Text;
use crate::go::text;
use crate::image::Platform;
use crate::llb::EnvList;

/// Key under which an op's metadata holds its instruction.
pub(crate) const COMMAND_KEY: &str = "com.docker.dockerfile.v1.command";

/// What stands in the brackets beside the number.
pub(crate) struct Prefix<'a> {
    /// Name of the stage; empty leaves it out.
    pub stage: &'a str,
    /// The instruction came out of an ONBUILD trigger.
    pub onbuild: bool,
    /// Platform to show, in a build for several.
    pub platform: Option<&'a Platform>,
    /// Variables of the stage: tell what a cross-compiling stage builds for.
    pub env: Option<&'a EnvList>,
    /// Platform that completes what variables leave open.
    pub host: &'a Platform,
}

/// Takes the next number of the stage and puts it, and what else identifies the step, before `text`.
pub(crate) fn prefixed(steps: &mut StepCounter, prefix: &Prefix<'_>, text: &str) -> String {
    if steps.total == 0 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 32);
    out.push('[');
    if let Some(platform) = prefix.platform {
        out.push_str(&platform.format_all());
        if let Some(target) = prefix.env.and_then(|env| target_platform(env, prefix.host)) {
            out.push_str(&cross_suffix(platform, target));
        }
        out.push(' ');
    }
    if !prefix.stage.is_empty() {
        out.push_str(prefix.stage);
        out.push(' ');
    }
    steps.index += 1;
    let (index, total) = (steps.index.to_string(), steps.total.to_string());
    out.extend(std::iter::repeat_n(
        " ",
        total.len().saturating_sub(index.len()),
    ));
    out.extend([&*index, "/", &*total, "] "]);
    if prefix.onbuild {
        out.push_str("ONBUILD ");
    }
    out.push_str(text);
    out
}

/// The platform that a stage's variables name, if any does.
fn target_platform(env: &EnvList, host: &Platform) -> Option<Platform> {
    let mut found: Option<Platform> = None;
    for (key, value) in env.iter() {
        let empty = Platform::default;
        match key {
            "TARGETPLATFORM" => {
                if let Ok(platform) = Platform::parse(value, host) {
                    return Some(platform);
                }
            }
            "TARGETOS" => value.clone_into(&mut found.get_or_insert_with(empty).os),
            "TARGETARCH" => value.clone_into(&mut found.get_or_insert_with(empty).architecture),
            "TARGETVARIANT" => value.clone_into(&mut found.get_or_insert_with(empty).variant),
            _ => {}
        }
    }
    found
}

/// `->arm64` where a stage runs on one platform and builds for another.
fn cross_suffix(base: &Platform, mut target: Platform) -> String {
    if target.os.is_empty() {
        target.os.clone_from(&base.os);
    }
    if target.architecture.is_empty() {
        target.architecture.clone_from(&base.architecture);
    }
    let target = target.normalized();
    if target.os != base.os {
        return format!("->{}", target.format_all());
    }
    if target.architecture == base.architecture {
        return String::new();
    }
    if target.variant.is_empty() {
        format!("->{}", target.architecture)
    } else {
        format!("->{}/{}", target.architecture, target.variant)
    }
}

/// An instruction with its variables replaced and its first word in upper case. Where a variable cannot
/// be replaced, the text stays as written.
pub(crate) fn shown<'c, E: Env + ?Sized>(
    code: &'c Text,
    expander: &Expander,
    env: &E,
) -> Cow<'c, str> {
    // Where quotes stay, only variables can change a text, and escape tokens unless they stay too.
    let stays = expander.quotes == Quotes::Keep
        && match expander.escapes {
            Escapes::Keep => memchr::memchr(b'$', code.as_bytes()),
            Escapes::Remove => memchr::memchr2(b'$', expander.escape.byte(), code.as_bytes()),
        }
        .is_none();
    let expanded = match stays {
        true => None,
        false => expander.expand_text(code, env).ok(),
    };
    let expanded = expanded.map_or(Cow::Borrowed(code.as_str()), |expanded| expanded.text);
    upper_first_word(expanded)
}

fn upper_first_word(text: Cow<'_, str>) -> Cow<'_, str> {
    let end = text.find(' ').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    match text::to_upper(word) {
        Cow::Borrowed(_) => text,
        Cow::Owned(word) => Cow::Owned(word + rest),
    }
}

/// First line of a heredoc, `...` when there are more.
pub(crate) fn heredoc_summary(content: &str) -> String {
    let content = text::trim_space(content);
    match content.split_once('\n') {
        None => content.to_owned(),
        Some((first, _)) => format!("{}...", first.strip_suffix('\r').unwrap_or(first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_padded_to_the_width_of_the_total() {
        let host = Platform::new("linux", "amd64");
        let prefix = Prefix {
            stage: "build",
            onbuild: true,
            platform: None,
            env: None,
            host: &host,
        };
        let mut steps = StepCounter {
            index: 1,
            total: 12,
        };
        assert_eq!(
            prefixed(&mut steps, &prefix, "RUN x"),
            "[build  2/12] ONBUILD RUN x"
        );
        assert_eq!(steps.index, 2);
    }

    #[test]
    fn cross_builds_show_the_target() {
        let host = Platform::new("linux", "amd64");
        let env: EnvList = [("TARGETARCH", "arm"), ("TARGETVARIANT", "v7")]
            .into_iter()
            .collect();
        let prefix = Prefix {
            stage: "",
            onbuild: false,
            platform: Some(&host),
            env: Some(&env),
            host: &host,
        };
        let mut steps = StepCounter { index: 0, total: 3 };
        assert_eq!(
            prefixed(&mut steps, &prefix, "RUN x"),
            "[linux/amd64->arm/v7 1/3] RUN x"
        );
    }

    #[test]
    fn heredocs_show_their_first_line() {
        assert_eq!(heredoc_summary("\n a\r\nb\n"), "a...");
        assert_eq!(heredoc_summary(" one \n"), "one");
    }
}
