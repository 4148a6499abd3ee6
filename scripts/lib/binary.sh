# shellcheck shell=bash
# The static binaries of our images, built for this machine.

# static_target: musl where the toolchain has it, else glibc linked statically.
static_target() {
    local sysroot
    sysroot=$(cd "$PROJECT" && rustc --print sysroot)
    if [ -d "$sysroot/lib/rustlib/x86_64-unknown-linux-musl" ]; then
        echo x86_64-unknown-linux-musl
    else
        echo x86_64-unknown-linux-gnu
    fi
}

# static_flags TARGET: compiler flags for it. Rust's own linker, which it uses for this glibc target since 1.90, folds
# equal functions, lays like ones side by side as the image's builder does, packs relocations and leaves out what only
# unwinding needs.
static_flags() {
    printf '%s' '-C target-feature=+crt-static'
    [ "$1" = x86_64-unknown-linux-gnu ] || return 0
    printf ' -C link-arg=-Wl,%s' --icf=all --bp-compression-sort=function \
        --pack-dyn-relocs=relr --no-eh-frame-hdr \
        "-T,$PROJECT/frontend-image/no-unwind.ld"
}

# build_static_binary [NAME FEATURE]: builds rdf-frontend, or another program, and prints where it is. With --target,
# the flags reach the program alone, not the procedural macros and build scripts, which cannot be static.
build_static_binary() {
    local target name=${1:-rdf-frontend} feature=${2:-frontend}
    have cargo || die "cargo is needed to build $name (or --binary FILE)"
    target=$(static_target)
    step "Building $name ($target, static)"
    (
        cd "$PROJECT" || exit
        RUSTFLAGS="${RUSTFLAGS:-} $(static_flags "$target")" cargo build --profile frontend --locked \
            --target "$target" --no-default-features --features "$feature" --bin "$name"
    ) >&2
    echo "${CARGO_TARGET_DIR:-$PROJECT/target}/$target/frontend/$name"
}
