//! Rules of our own, one file each: its doc comment is the rule's page, `RULE` its data, `check` looks at
//! the [`Facts`] of a file and says what it finds.

mod facts;
pub(super) mod packages;
mod triggers;

use super::selection::{Code, Selection};
use super::shellcheck::ShellCode;
use crate::lint::{Advice, Rule};
use crate::source::LineRange;

use facts::Run;
pub(super) use facts::{Facts, Shell, literal};
#[cfg(feature = "cli")]
pub(crate) use misspelled_stage::meant as stage_meant;
pub(super) use triggers::Triggers;

macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// Every rule of ours, by name.
        pub(super) static ALL: &[OwnRule] = &[$(OwnRule {
            rule: &$module::RULE,
            check: $module::check,
            source: include_str!(concat!(stringify!($module), ".rs")),
        }),*];
    };
}

rules! {
    add_instead_of_copy,
    almost_json,
    apt_in_script,
    archive_copied,
    base_platform_mismatch,
    cache_mount_conflict,
    cd_in_run,
    consecutive_run,
    context_without_ignore_file,
    copy_after_user,
    copy_from_empty_stage,
    env_self_reference,
    hadolint_comment,
    heredoc_without_errexit,
    ignored_mount_source,
    inline_ignore,
    insecure_run,
    install_recommends,
    install_without_yes,
    invalid_label_key,
    invalid_label_value,
    latest_tag,
    missing_cache_mount,
    missing_healthcheck,
    missing_label,
    missing_source,
    misspelled_stage,
    named_user,
    noisy_download,
    package_cache_left,
    pipe_without_pipefail,
    relative_copy_without_workdir,
    root_user,
    secret_in_layer,
    secret_mount_unused,
    shell_check,
    shell_in_scratch,
    shell_link,
    stage_by_number,
    sudo_in_run,
    system_upgrade,
    trailing_comment,
    unchecked_tls,
    unexpected_label,
    unlocked_network_run,
    unpinned_source,
    unreachable_stage,
    unreproducible,
    untrusted_registry,
    unversioned_package,
    update_without_install,
    useless_command,
    useradd_high_uid,
    wget_and_curl,
    whole_stage_copied,
}

/// A rule of ours.
#[derive(Debug)]
pub(super) struct OwnRule {
    pub rule: &'static Rule,
    check: fn(&Facts<'_>, &mut Findings),
    /// Its file, which begins with its page.
    pub source: &'static str,
}

/// Something that a rule found.
#[derive(Debug)]
pub(super) struct Finding {
    pub rule: &'static Rule,
    /// The instruction.
    pub location: LineRange,
    /// What is wrong, naming the thing.
    pub message: String,
    /// Where, why there, and what to do.
    pub advice: Advice,
    /// What others call it, where that says more than the rule.
    pub code: Option<Code>,
}

/// What a rule finds goes in here.
struct Findings {
    rule: &'static Rule,
    found: Vec<Finding>,
}

impl Findings {
    /// Adds a finding: the lines of the instruction, what is wrong there, and what to say about it.
    fn add(&mut self, location: LineRange, message: impl Into<String>, advice: Advice) {
        self.found.push(Finding {
            rule: self.rule,
            location,
            message: message.into(),
            advice,
            code: None,
        });
    }

    /// Adds a finding of a rule that tells codes of hadolint apart; an empty code is none.
    fn add_coded(
        &mut self,
        code: &'static str,
        location: LineRange,
        message: impl Into<String>,
        advice: Advice,
    ) {
        self.found.push(Finding {
            rule: self.rule,
            location,
            message: message.into(),
            advice,
            code: Some(Code::Hadolint(code)),
        });
    }

    /// Adds a finding of ShellCheck's.
    fn add_shell(&mut self, location: LineRange, code: ShellCode, message: String, advice: Advice) {
        self.found.push(Finding {
            rule: self.rule,
            location,
            message,
            advice,
            code: Some(Code::Shell(code)),
        });
    }
}

/// What the rules of the selection find.
pub(super) fn check(facts: &Facts<'_>, selection: &Selection) -> Vec<Finding> {
    let on = ALL.iter().filter(|own| selection.has(own.rule));
    on.flat_map(|own| {
        let mut findings = Findings {
            rule: own.rule,
            found: Vec::new(),
        };
        (own.check)(facts, &mut findings);
        findings.found
    })
    .collect()
}
