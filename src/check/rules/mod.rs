//! Rules of our own, one file each: its doc comment is the rule's page, `RULE` its data, `check` looks at
//! the [`Facts`] of a file and says what it finds.

mod facts;
pub(super) mod packages;

use super::selection::Selection;
use crate::lint::{Advice, Rule};
use crate::source::LineRange;

pub(super) use facts::Facts;
use facts::Run;

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
    cache_mount_conflict,
    cd_in_run,
    consecutive_run,
    context_without_ignore_file,
    copy_after_user,
    env_self_reference,
    heredoc_without_errexit,
    insecure_run,
    install_recommends,
    install_without_yes,
    invalid_label_key,
    latest_tag,
    missing_cache_mount,
    missing_healthcheck,
    noisy_download,
    package_cache_left,
    pipe_without_pipefail,
    relative_copy_without_workdir,
    root_user,
    secret_in_layer,
    shell_in_scratch,
    shell_link,
    stage_by_number,
    sudo_in_run,
    system_upgrade,
    trailing_comment,
    unchecked_tls,
    unpinned_source,
    unreachable_stage,
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
