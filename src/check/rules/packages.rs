//! Package managers: how their commands look.

use crate::lint::{Fix, Offer};
use crate::shell::{Command, Script, Word};
use crate::source::Edit;

/// A command of a package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum PackageCommand {
    /// Fetches lists of packages.
    Update,
    /// Installs packages.
    Install,
}

/// A package manager of a system.
#[derive(Debug)]
pub(in crate::check) struct Manager {
    pub programs: &'static [&'static str],
    /// Words for [`PackageCommand::Update`] and [`PackageCommand::Install`].
    update: &'static [&'static str],
    install: &'static [&'static str],
    /// Flags that take the next word as their value.
    valued: &'static [&'static str],
    /// Parts of the paths where lists and packages are kept.
    pub caches: &'static [&'static str],
    /// What a step says that throws them away; flags count for the command that has them.
    pub cleaned: &'static [&'static str],
    /// Signs between a name and a version.
    pub pins: &'static [char],
    /// How to clean up; empty where nothing has to be.
    pub clean_hint: &'static str,
    /// How a version is written.
    pub pin_hint: &'static str,
}

pub(super) static MANAGERS: [Manager; 9] = [
    Manager {
        programs: &["apt-get", "apt", "aptitude"],
        update: &["update"],
        install: &[
            "install",
            "upgrade",
            "dist-upgrade",
            "full-upgrade",
            "build-dep",
        ],
        valued: &[
            "-t",
            "--target-release",
            "-o",
            "--option",
            "-c",
            "--config-file",
            "-a",
        ],
        caches: &["/var/lib/apt"],
        cleaned: &["/var/lib/apt", "dist-clean"],
        pins: &['='],
        clean_hint: "end the RUN with `rm -rf /var/lib/apt/lists/*`, or mount caches over /var/lib/apt and /var/cache/apt",
        pin_hint: "`name=version`",
    },
    Manager {
        programs: &["apk"],
        update: &["update"],
        install: &["add", "upgrade"],
        valued: &[
            "-t",
            "--virtual",
            "-X",
            "--repository",
            "-p",
            "--root",
            "--keys-dir",
            "--repositories-file",
        ],
        caches: &["/var/cache/apk", "/etc/apk/cache"],
        cleaned: &["--no-cache", "/var/cache/apk"],
        pins: &['=', '~', '<', '>', '@'],
        clean_hint: "write `apk add --no-cache`, or mount a cache over /var/cache/apk",
        pin_hint: "`name=version` or `name~version`",
    },
    Manager {
        programs: &["dnf", "microdnf", "yum", "tdnf"],
        update: &["makecache", "check-update"],
        install: &[
            "install",
            "update",
            "upgrade",
            "groupinstall",
            "localinstall",
        ],
        valued: &[],
        caches: &["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf"],
        cleaned: &["clean all", "/var/cache"],
        pins: &['-', '=', '@', '*'],
        clean_hint: "end the RUN with `dnf clean all`, or mount a cache over /var/cache/dnf",
        pin_hint: "`name-version`",
    },
    Manager {
        programs: &["zypper"],
        update: &["refresh", "ref"],
        install: &["install", "in", "update", "up", "dup"],
        valued: &[],
        caches: &["/var/cache/zypp"],
        cleaned: &["zypper clean", "zypper cc", "/var/cache"],
        pins: &['=', '<', '>'],
        clean_hint: "end the RUN with `zypper clean --all`, or mount a cache over /var/cache/zypp",
        pin_hint: "`name=version`",
    },
    Manager {
        programs: &["pip", "pip3", "pip2"],
        update: &[],
        install: &["install"],
        valued: &[
            "-r",
            "--requirement",
            "-c",
            "--constraint",
            "-e",
            "--editable",
            "-t",
            "--target",
            "-i",
            "--index-url",
            "--extra-index-url",
            "--no-binary",
            "--only-binary",
            "-f",
            "--find-links",
            "--prefix",
            "--root",
            "--platform",
            "--python-version",
            "--trusted-host",
            "--timeout",
            "--retries",
            "--proxy",
            "--cert",
        ],
        caches: &["pip"],
        // pip takes flags that are cut off.
        cleaned: &[
            "--no-cache-dir",
            "--no-cache",
            "cache purge",
            "--no-index",
            "/.cache",
            "PIP_NO_CACHE_DIR",
        ],
        pins: &['=', '@', '<', '>', '~'],
        clean_hint: "write `pip install --no-cache-dir`, or mount a cache over /root/.cache/pip",
        pin_hint: "`name==version`",
    },
    Manager {
        programs: &["npm"],
        update: &[],
        install: &["install", "i", "add"],
        valued: &[
            "--prefix",
            "--registry",
            "-w",
            "--workspace",
            "--cache",
            "--loglevel",
        ],
        caches: &[],
        cleaned: &[],
        pins: &['@'],
        clean_hint: "",
        pin_hint: "`name@version`",
    },
    Manager {
        programs: &["yarn"],
        update: &[],
        install: &["install", "add", "global"],
        valued: &[
            "--cwd",
            "--modules-folder",
            "--network-timeout",
            "--registry",
        ],
        caches: &["yarn", ".cache"],
        cleaned: &["cache clean", "/.cache", "YARN_CACHE_FOLDER"],
        pins: &[],
        clean_hint: "end the RUN with `yarn cache clean`, or mount a cache over /usr/local/share/.cache/yarn",
        pin_hint: "",
    },
    Manager {
        programs: &["gem"],
        update: &[],
        install: &["install"],
        valued: &[
            "-v",
            "--version",
            "-i",
            "--install-dir",
            "-n",
            "--bindir",
            "-s",
            "--source",
            "-P",
        ],
        caches: &[],
        cleaned: &[],
        pins: &[':'],
        clean_hint: "",
        pin_hint: "`name:version`",
    },
    Manager {
        programs: &["go"],
        update: &[],
        install: &["install", "get"],
        valued: &["-ldflags", "-tags", "-o", "-gcflags", "-mod"],
        caches: &[],
        cleaned: &[],
        pins: &['@'],
        clean_hint: "",
        pin_hint: "`path@version`",
    },
];

/// hadolint's codes for what a package manager does, by its program; empty where there is none.
#[derive(Default)]
pub(super) struct Codes {
    pub unversioned: &'static str,
    pub cache: &'static str,
    pub asks: &'static str,
    pub upgrade: &'static str,
}

/// The codes of what a command starts.
pub(super) fn codes(command: &Command) -> Codes {
    let codes = |unversioned, cache, asks, upgrade| Codes {
        unversioned,
        cache,
        asks,
        upgrade,
    };
    let program = program(command).map_or("", |(program, _)| program);
    match program {
        "apt-get" | "apt" | "aptitude" => codes("DL3008", "DL3009", "DL3014", "DL3005"),
        "apk" => codes("DL3018", "DL3019", "", "DL3017"),
        "yum" => codes("DL3033", "DL3032", "DL3030", "DL3031"),
        "dnf" | "microdnf" | "tdnf" => codes("DL3041", "DL3040", "DL3038", "DL3039"),
        "zypper" => codes("DL3037", "DL3036", "DL3034", "DL3035"),
        "pip" | "pip2" | "pip3" => codes("DL3013", "DL3042", "", ""),
        "npm" => codes("DL3016", "", "", ""),
        "yarn" => codes("", "DL3060", "", ""),
        "gem" => codes("DL3028", "", "", ""),
        "go" => codes("DL3062", "", "", ""),
        _ => Codes::default(),
    }
}

/// The program of a command and the words after it; `python -m pip` is `pip`.
pub(super) fn program(command: &Command) -> Option<(&str, &[Word])> {
    let (program, words) = command.arguments();
    let program = program?;
    if program.starts_with("python") || program.starts_with("pypy") {
        let at = words.iter().position(|word| word.text == "-m");
        if let Some([module, rest @ ..]) = at.and_then(|at| words.get(at + 1..)) {
            return Some((module.text.as_str(), rest));
        }
    }
    Some((program, words))
}

/// The manager that a command starts and what it does. The words are those after its subcommand.
pub(in crate::check) fn recognise(
    command: &Command,
) -> Option<(&'static Manager, PackageCommand, &[Word])> {
    let (program, mut words) = program(command)?;
    let manager = MANAGERS
        .iter()
        .find(|manager| manager.programs.contains(&program))?;
    while let [word, rest @ ..] = words {
        words = rest;
        let text = word.text.as_str();
        if manager.valued.contains(&text) {
            words = rest.get(1..).unwrap_or_default();
        } else if manager.update.contains(&text) {
            return Some((manager, PackageCommand::Update, words));
        } else if manager.install.contains(&text) {
            return Some((manager, PackageCommand::Install, words));
        } else if !text.starts_with('-') {
            return None;
        }
    }
    None
}

/// The packages among the words of an installation: no flags and their values.
pub(in crate::check) fn packages<'c>(
    manager: &'static Manager,
    words: &'c [Word],
) -> impl Iterator<Item = &'c Word> {
    let mut value = false;
    words.iter().filter(move |word| {
        let is_value = std::mem::replace(&mut value, manager.valued.contains(&word.text.as_str()));
        !is_value && !word.text.starts_with('-')
    })
}

/// Adds a flag to commands that install packages, behind the word that says so.
pub(super) fn add_flags<'c>(
    commands: &[(&Script, &'c Command)],
    flag: impl Fn(&'c Command) -> &'static str,
) -> Offer {
    let mut edits = Vec::new();
    let mut title = "";
    for (script, command) in commands {
        let flag = flag(command);
        let (_, words) = command.arguments();
        let install = |word: &&Word| {
            let mut managers = MANAGERS.iter();
            managers.any(|manager| manager.install.contains(&word.text.as_str()))
        };
        let word = match flag {
            // One of the program's own, which stand before the word.
            "--non-interactive" => command.program_word(),
            _ => words.iter().find(install),
        };
        let Some(word) = word.filter(|_| script.has_places()) else {
            return Err("the command is not written in one piece".to_owned());
        };
        let end = script.span(word.range.clone()).end;
        edits.push(Edit::insert(end, format!(" {flag}")));
        title = flag;
    }
    let mut fix = Fix::new(format!("add `{title}`"), edits).changes_commands();
    fix.unsafe_because = Some("other packages may be installed".to_owned());
    Ok(fix)
}
