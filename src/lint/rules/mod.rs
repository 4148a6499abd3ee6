//! The rules of Docker's frontend, one file each: its doc comment is the rule's page, `RULE` its data, a
//! struct the facts of a finding, with their text; `advice` is what only `rdf check` needs. Whoever knows
//! the facts reports them.

use super::{Linter, Rule};
use crate::source::Span;
use crate::syntax::error::Phase;
use crate::syntax::{Dockerfile, Instruction, LostInstruction, Parsed, Stage};

macro_rules! rules {
    ($($module:ident,)*) => {
        $(pub(crate) mod $module;)*

        /// Every rule of Docker's frontend, by name.
        pub static ALL: &[&Rule] = &[$(&$module::RULE),*];

        /// The files of the rules, in the same order: each begins with its page.
        #[cfg(feature = "check")]
        pub(crate) static SOURCES: &[&str] =
            &[$(include_str!(concat!(stringify!($module), ".rs"))),*];
    };
}

rules! {
    consistent_instruction_casing,
    copy_ignored_file,
    duplicate_stage_name,
    expose_invalid_format,
    expose_proto_casing,
    from_as_casing,
    from_platform_flag_const_disallowed,
    invalid_base_image_platform,
    invalid_default_arg_in_from,
    invalid_definition_description,
    json_args_recommended,
    legacy_key_value_format,
    maintainer_deprecated,
    multiple_instructions_disallowed,
    no_empty_continuation,
    redundant_target_platform,
    reserved_stage_name,
    secrets_used_in_arg_or_env,
    stage_name_casing,
    undefined_arg_in_from,
    undefined_var,
    workdir_relative_path,
}

/// Where `--platform` of a `FROM` is written.
fn platform_flag(stage: &Stage) -> Span {
    let flag = stage.meta.flags.first();
    flag.map_or(stage.meta.args, |flag| flag.span)
}

/// The rules about the form of instructions. Where the file has an error, only what comes before it counts.
pub fn check_syntax(parsed: &Parsed, linter: &mut Linter) {
    let error = parsed.error();
    if error.is_some_and(|error| error.phase == Phase::Lines) {
        return;
    }
    no_empty_continuation::check(&parsed.dockerfile, linter);
    let end = error
        .and_then(|error| error.location)
        .map_or(u32::MAX, |location| location.start);
    let dockerfile = &parsed.dockerfile;
    for arg in dockerfile
        .meta_args
        .iter()
        .filter(|arg| arg.meta.location.start < end)
    {
        let scope = linter.base().with_comments(&arg.meta.comments);
        invalid_definition_description::check_arg(arg, &scope, linter);
    }
    for stage in dockerfile
        .stages
        .iter()
        .filter(|stage| stage.meta.location.start < end)
    {
        let scope = linter.base().with_comments(&stage.meta.comments);
        if let (Some(word), Some(name)) = (&stage.as_keyword, &stage.written_name) {
            stage_name_casing::check(&stage.meta, name, &scope, linter);
            from_as_casing::check(&stage.meta, word, &scope, linter);
        }
        invalid_definition_description::check_stage(stage, &scope, linter);
        for instruction in &stage.instructions {
            let meta = instruction.meta();
            if meta.location.start >= end {
                break;
            }
            match instruction {
                Instruction::Arg(arg) => {
                    let scope = linter.base().with_comments(&meta.comments);
                    invalid_definition_description::check_arg(arg, &scope, linter);
                }
                Instruction::Maintainer(maintainer) => {
                    let scope = linter.base().with_comments(&meta.comments);
                    maintainer_deprecated::check(&maintainer.meta, &scope, linter);
                }
                _ => {}
            }
        }
    }
    let at_error = |lost: &&LostInstruction| lost.meta.location.start == end;
    if let Some(lost) = parsed.lost.iter().find(at_error) {
        check_lost(lost, linter);
    }
}

/// The rules that look at the words of an instruction before anything about it is checked.
fn check_lost(lost: &LostInstruction, linter: &mut Linter) {
    let scope = linter.base().with_comments(&lost.meta.comments);
    if lost.meta.keyword.eq_ignore_ascii_case("maintainer") {
        return maintainer_deprecated::check(&lost.meta, &scope, linter);
    }
    if let [_, _, name] = lost.args.as_slice() {
        stage_name_casing::check(&lost.meta, name, &scope, linter);
    }
    if let [_, word, _, ..] = lost.args.as_slice() {
        from_as_casing::check(&lost.meta, word, &scope, linter);
    }
}

/// The rules about the file as a whole.
pub fn check_stages(dockerfile: &Dockerfile, linter: &mut Linter) {
    reserved_stage_name::check(dockerfile, linter);
    duplicate_stage_name::check(dockerfile, linter);
    consistent_instruction_casing::check(dockerfile, linter);
}
