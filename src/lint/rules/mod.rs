//! The rules, one file each: its doc comment is the rule's page, `RULE` its data, and a function words
//! the finding. Whoever knows the facts calls it.

pub mod consistent_instruction_casing;
pub mod copy_ignored_file;
pub mod duplicate_stage_name;
pub mod expose_invalid_format;
pub mod expose_proto_casing;
pub mod from_as_casing;
pub mod from_platform_flag_const_disallowed;
pub mod invalid_base_image_platform;
pub mod invalid_default_arg_in_from;
pub mod invalid_definition_description;
pub mod json_args_recommended;
pub mod legacy_key_value_format;
pub mod maintainer_deprecated;
pub mod multiple_instructions_disallowed;
pub mod no_empty_continuation;
pub mod redundant_target_platform;
pub mod reserved_stage_name;
pub mod secrets_used_in_arg_or_env;
pub mod stage_name_casing;
pub mod undefined_arg_in_from;
pub mod undefined_var;
pub mod workdir_relative_path;

use super::{Linter, Rule};
use crate::syntax::{Dockerfile, Instruction, LostInstruction, Parsed, Phase};

/// Every rule, by name.
pub static ALL: [&Rule; 22] = [
    &consistent_instruction_casing::RULE,
    &copy_ignored_file::RULE,
    &duplicate_stage_name::RULE,
    &expose_invalid_format::RULE,
    &expose_proto_casing::RULE,
    &from_as_casing::RULE,
    &from_platform_flag_const_disallowed::RULE,
    &invalid_base_image_platform::RULE,
    &invalid_default_arg_in_from::RULE,
    &invalid_definition_description::RULE,
    &json_args_recommended::RULE,
    &legacy_key_value_format::RULE,
    &maintainer_deprecated::RULE,
    &multiple_instructions_disallowed::RULE,
    &no_empty_continuation::RULE,
    &redundant_target_platform::RULE,
    &reserved_stage_name::RULE,
    &secrets_used_in_arg_or_env::RULE,
    &stage_name_casing::RULE,
    &undefined_arg_in_from::RULE,
    &undefined_var::RULE,
    &workdir_relative_path::RULE,
];

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
