//! What the words of the language mean, in a line or two: for hovers, completions and signatures.

/// An instruction: what it does, and the forms that it has.
pub(super) struct Word {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) forms: &'static [Form],
}

/// A form of an instruction.
pub(super) struct Form {
    /// What stands for its flags; empty for none.
    pub(super) flags: &'static str,
    /// The words behind them.
    pub(super) arguments: &'static [&'static str],
}

impl Word {
    /// A form as it is written.
    pub(super) fn written(&self, form: &Form) -> String {
        let parts = [self.name].into_iter().chain(form.parts());
        parts.collect::<Vec<_>>().join(" ")
    }
}

impl Form {
    /// Its words behind the name of the instruction.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static str> {
        let flags = Some(self.flags).filter(|flags| !flags.is_empty());
        flags.into_iter().chain(self.arguments.iter().copied())
    }
}

const fn form(flags: &'static str, arguments: &'static [&'static str]) -> Form {
    Form { flags, arguments }
}

pub(super) const INSTRUCTIONS: [Word; 18] = [
    Word {
        name: "ADD",
        about: "Copies files of the build context, of a URL or of a git repository into the image. Archives of the context are unpacked.",
        forms: &[
            form("[flags]", &["<source>…", "<destination>"]),
            form("[flags]", &["[\"<source>\",", "…", "\"<destination>\"]"]),
        ],
    },
    Word {
        name: "ARG",
        about: "Declares a build argument, with a default. Its value holds from here to the end of the stage; above the first FROM it is for FROM lines.",
        forms: &[form("", &["<name>[=<default>]…"])],
    },
    Word {
        name: "CMD",
        about: "Sets what a container runs unless told otherwise, or the arguments of ENTRYPOINT. The last one counts.",
        forms: &[
            form("", &["[\"<program>\",", "\"<argument>\",", "…]"]),
            form("", &["<command>"]),
        ],
    },
    Word {
        name: "COPY",
        about: "Copies files of the build context, of another stage or of an image into the image.",
        forms: &[
            form("[flags]", &["<source>…", "<destination>"]),
            form("[flags]", &["[\"<source>\",", "…", "\"<destination>\"]"]),
        ],
    },
    Word {
        name: "ENTRYPOINT",
        about: "Sets the program that a container runs; CMD and the arguments of `docker run` become its arguments.",
        forms: &[
            form("", &["[\"<program>\",", "\"<argument>\",", "…]"]),
            form("", &["<command>"]),
        ],
    },
    Word {
        name: "ENV",
        about: "Sets variables for the instructions below and for containers.",
        forms: &[
            form("", &["<name>=<value>…"]),
            form("", &["<name>", "<value>"]),
        ],
    },
    Word {
        name: "EXPOSE",
        about: "Says on which ports a container listens. It opens none.",
        forms: &[form("", &["<port>[/<protocol>]…"])],
    },
    Word {
        name: "FROM",
        about: "Begins a stage on an image, on an earlier stage or on nothing (`scratch`).",
        forms: &[form(
            "[--platform=<platform>]",
            &["<image>", "[AS", "<name>]"],
        )],
    },
    Word {
        name: "HEALTHCHECK",
        about: "Says how to find out whether a container works, or that nothing finds out.",
        forms: &[form("[flags]", &["CMD", "<command>"]), form("", &["NONE"])],
    },
    Word {
        name: "LABEL",
        about: "Adds metadata to the image.",
        forms: &[form("", &["<key>=<value>…"])],
    },
    Word {
        name: "MAINTAINER",
        about: "Sets the author of the image. Deprecated: use the label `org.opencontainers.image.authors`.",
        forms: &[form("", &["<name>"])],
    },
    Word {
        name: "ONBUILD",
        about: "Stores an instruction in the image, for the builds that begin with it.",
        forms: &[form("", &["<instruction>"])],
    },
    Word {
        name: "RUN",
        about: "Runs a command in the image and keeps what it changes.",
        forms: &[
            form("[flags]", &["<command>"]),
            form("[flags]", &["[\"<program>\",", "\"<argument>\",", "…]"]),
            form("[flags]", &["<<EOF"]),
        ],
    },
    Word {
        name: "SHELL",
        about: "Sets the shell of the shell form of the instructions below.",
        forms: &[form("", &["[\"<program>\",", "\"<argument>\",", "…]"])],
    },
    Word {
        name: "STOPSIGNAL",
        about: "Sets the signal that asks a container to end.",
        forms: &[form("", &["<signal>"])],
    },
    Word {
        name: "USER",
        about: "Sets the user and group of the instructions below and of containers.",
        forms: &[form("", &["<user>[:<group>]"])],
    },
    Word {
        name: "VOLUME",
        about: "Says which directories of a container are volumes.",
        forms: &[form("", &["<path>…"]), form("", &["[\"<path>\",", "…]"])],
    },
    Word {
        name: "WORKDIR",
        about: "Sets the directory of the instructions below and of containers, and creates it.",
        forms: &[form("", &["<path>"])],
    },
];

/// The instruction of a word in upper case.
pub(super) fn instruction(name: &str) -> Option<&'static Word> {
    INSTRUCTIONS.iter().find(|word| word.name == name)
}

/// What a flag does; empty for one that is unknown.
pub(super) fn flag(instruction: &str, flag: &str) -> &'static str {
    match (instruction, flag) {
        ("FROM", "platform") => {
            "Platform of the image: `linux/amd64`, or `$BUILDPLATFORM` for that of the builder."
        }
        (_, "from") => "Stage, image or named context that the files come from.",
        (_, "chown") => "User and group of the files: `<user>[:<group>]`.",
        (_, "chmod") => "Permissions of the files: octal, or symbolic such as `u=rwX,go=rX`.",
        (_, "link") => {
            "Copies into a layer of its own, which keeps its cache when what is below it changes."
        }
        (_, "parents") => "Keeps the directories of the sources.",
        (_, "exclude") => "Pattern of files that are not copied.",
        ("ADD", "keep-git-dir") => "Keeps the `.git` directory of a repository.",
        ("ADD", "checksum") => "Digest or commit that the source must have.",
        ("ADD", "unpack") => "Whether archives are unpacked, wherever they come from.",
        ("HEALTHCHECK", "interval") => "Time between two checks: `30s`.",
        ("HEALTHCHECK", "timeout") => "Time after which a check has failed.",
        ("HEALTHCHECK", "start-period") => "Time in which failures do not count.",
        ("HEALTHCHECK", "start-interval") => "Time between two checks during the start period.",
        ("HEALTHCHECK", "retries") => "Failures in a row after which the container is unhealthy.",
        ("RUN", "mount") => {
            "Mounts files for the command: `type=bind`, `cache`, `tmpfs`, `secret` or `ssh`."
        }
        ("RUN", "network") => "Network of the command: `default`, `none` or `host`.",
        ("RUN", "security") => "Privileges of the command: `sandbox` or `insecure`.",
        ("RUN", "device") => "CDI device for the command: `<name>[,required]`.",
        _ => "",
    }
}

/// The values that a flag may have, as far as they can be listed.
pub(super) fn values(instruction: &str, flag: &str) -> &'static [&'static str] {
    match (instruction, flag) {
        ("RUN", "network") => &["default", "none", "host"],
        ("RUN", "security") => &["sandbox", "insecure"],
        ("FROM", "platform") => &[
            "$BUILDPLATFORM",
            "$TARGETPLATFORM",
            "linux/amd64",
            "linux/arm64",
            "linux/arm/v7",
            "linux/386",
            "linux/ppc64le",
            "linux/riscv64",
            "linux/s390x",
            "windows/amd64",
        ],
        _ => &[],
    }
}

/// What an option of `RUN --mount` does; empty for one that is unknown.
pub(super) fn mount_option(option: &str) -> &'static str {
    match option {
        "type" => "What is mounted: `bind`, `cache`, `tmpfs`, `secret` or `ssh`.",
        "from" => "Stage, image or named context with the files; the build context without it.",
        "source" | "src" => "Path in what is mounted; of a secret, its file.",
        "target" | "dst" | "destination" => "Where it is mounted.",
        "readonly" | "ro" => "Nothing can be written to it.",
        "readwrite" | "rw" => "It can be written to; of a bind mount, what is written is dropped.",
        "id" => "Name of a cache, a secret or an agent.",
        "sharing" => "Who may write to a cache at once: `shared`, `private` or `locked`.",
        "required" => "The build fails without the secret or the agent.",
        "size" => "Largest size of a tmpfs.",
        "mode" => "Permissions, octal.",
        "uid" => "Owner, a number.",
        "gid" => "Group, a number.",
        "env" => "Variable that gets the secret.",
        _ => "",
    }
}

/// The values that an option of `RUN --mount` may have, as far as they can be listed.
pub(super) fn mount_values(option: &str) -> &'static [&'static str] {
    match option {
        "type" => &["bind", "cache", "tmpfs", "secret", "ssh"],
        "sharing" => &["shared", "private", "locked"],
        "readonly" | "ro" | "readwrite" | "rw" | "required" => &["true", "false"],
        _ => &[],
    }
}

/// What a parser directive does.
pub(super) fn directive(name: &str) -> &'static str {
    match name {
        "syntax" => "Image of the frontend that builds this file.",
        "escape" => "Character that continues lines and escapes characters: `\\`, or a backtick.",
        "check" => {
            "Configures the rules of Docker: `skip=<rules>`, `error=true`, `experimental=<rules>`, separated by `;`."
        }
        _ => "",
    }
}

/// Where a variable that needs no definition comes from.
pub(super) fn predefined(name: &str) -> Option<&'static str> {
    Some(match name {
        "TARGETPLATFORM" => "Platform that is built for: `linux/arm64`.",
        "TARGETOS" => "Operating system that is built for.",
        "TARGETOSVERSION" => "Version of the operating system that is built for.",
        "TARGETARCH" => "Architecture that is built for.",
        "TARGETVARIANT" => "Variant of the architecture that is built for.",
        "TARGETSTAGE" => "Stage that is built.",
        "BUILDPLATFORM" => "Platform of the builder.",
        "BUILDOS" => "Operating system of the builder.",
        "BUILDOSVERSION" => "Version of the builder's operating system.",
        "BUILDARCH" => "Architecture of the builder.",
        "BUILDVARIANT" => "Variant of the builder's architecture.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PREDEFINED;
    use crate::syntax::vocabulary;

    #[test]
    fn every_word_of_the_language_has_a_text() {
        for word in vocabulary::instructions() {
            let known = instruction(word).unwrap();
            let has_flags = known.forms.iter().any(|form| !form.flags.is_empty());
            assert_eq!(
                has_flags,
                !vocabulary::flags(word).is_empty(),
                "{word}: a form says `[flags]` if there are flags"
            );
            for (flag_name, _) in vocabulary::flags(word) {
                assert!(
                    !flag(word, flag_name).is_empty(),
                    "`flag` in src/lsp/words.rs does not say what {word} --{flag_name} does"
                );
            }
        }
        for option in vocabulary::MOUNT_OPTIONS {
            assert!(!mount_option(option).is_empty(), "{option}");
        }
        for name in PREDEFINED {
            assert!(predefined(name).is_some(), "{name}");
        }
    }
}
