//! Names of operating systems and architectures, and their other spellings.

use std::borrow::Cow;

use crate::go::text::to_lower;

/// The operating system assumed where a platform names none: the reference frontend runs on it.
const FALLBACK_OS: &str = "linux";

/// The canonical name of an operating system.
pub(super) fn normalize_os(os: &str) -> Cow<'_, str> {
    let os = to_lower(os);
    match os.as_ref() {
        "" => Cow::Borrowed(FALLBACK_OS),
        "macos" => Cow::Borrowed("darwin"),
        _ => os,
    }
}

/// The canonical name of an architecture, and the variant that goes with it.
pub(super) fn normalize_architecture<'p>(
    architecture: &'p str,
    variant: &'p str,
) -> (Cow<'p, str>, Cow<'p, str>) {
    let architecture = to_lower(architecture);
    let variant = to_lower(variant);
    let (usual, usual_variant) = match (architecture.as_ref(), variant.as_ref()) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "" | "v1") => ("amd64", ""),
        ("x86_64" | "x86-64" | "amd64", _) => return (Cow::Borrowed("amd64"), variant),
        ("aarch64" | "arm64", "" | "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "9.0" | "v9.0") => ("arm64", "v9"),
        ("aarch64" | "arm64", _) => return (Cow::Borrowed("arm64"), variant),
        ("armhf", _) => ("arm", "v7"),
        ("armel", _) => ("arm", "v6"),
        ("arm", "" | "7") => ("arm", "v7"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "6") => ("arm", "v6"),
        ("arm", "8") => ("arm", "v8"),
        _ => return (architecture, variant),
    };
    (Cow::Borrowed(usual), Cow::Borrowed(usual_variant))
}

/// The operating systems that Go ever knew.
#[rustfmt::skip]
pub(super) fn is_known_os(os: &str) -> bool {
    matches!(
        os,
        "aix" | "android" | "darwin" | "dragonfly" | "freebsd" | "hurd" | "illumos" | "ios" | "js"
            | "linux" | "nacl" | "netbsd" | "openbsd" | "plan9" | "solaris" | "windows" | "zos"
    )
}

/// The architectures that Go ever knew.
#[rustfmt::skip]
pub(super) fn is_known_architecture(architecture: &str) -> bool {
    matches!(
        architecture,
        "386" | "amd64" | "amd64p32" | "arm" | "armbe" | "arm64" | "arm64be" | "ppc64" | "ppc64le"
            | "loong64" | "mips" | "mipsle" | "mips64" | "mips64le" | "mips64p32" | "mips64p32le"
            | "ppc" | "riscv" | "riscv64" | "s390" | "s390x" | "sparc" | "sparc64" | "wasm"
    )
}
