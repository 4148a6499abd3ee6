//! # AddInsteadOfCopy
//!
//! ## What it does
//!
//! Finds `ADD` of files of the build context that are not archives.
//!
//! ## Why it is bad
//!
//! `ADD` downloads what looks like an address and unpacks what is an archive, whatever its name. `COPY`
//! does what it says, and goes on doing it when a file of the context becomes another.
//!
//! ## Example
//!
//! ```dockerfile
//! FROM alpine:3.20
//! ADD entrypoint.sh /
//! ```
//!
//! ## Use instead
//!
//! ```dockerfile
//! FROM alpine:3.20
//! COPY entrypoint.sh /
//! ```

use super::{Facts, Findings};
use crate::lint::{Advice, Rule};
use crate::remote;
use crate::syntax::{AddInstruction, Instruction};

/// The rule.
pub(super) static RULE: Rule = Rule::new(
    "AddInsteadOfCopy",
    "Files of the build context should be copied with COPY",
)
.aliases(&["DL3020"]);

/// Ends of names of what `ADD` unpacks.
const ARCHIVES: [&str; 10] = [
    ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".gz", ".bz2", ".xz", ".zst",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (_, instruction) in facts.instructions() {
        let Instruction::Add(add) = instruction else {
            continue;
        };
        if copies_only(add) {
            let label = "downloads and unpacks, if there is something to";
            let advice = Advice::at(add.meta.keyword.span, label).hint("write `COPY`");
            let message = "files of the build context are added, not copied";
            findings.add(add.meta.location, message, advice);
        }
    }
}

/// Nothing is downloaded or unpacked, as far as names tell.
fn copies_only(add: &AddInstruction) -> bool {
    let special = add.checksum.is_some() || add.unpack.is_some() || add.keep_git_dir.is_some();
    !special
        && add.paths.sources.iter().all(|source| {
            let name = source.to_lowercase();
            !name.contains('$')
                && !remote::is_git_source(source)
                && !remote::is_http_source(source)
                && !ARCHIVES.iter().any(|end| name.ends_with(end))
        })
}
