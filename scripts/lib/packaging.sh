# shellcheck shell=bash
# Packages of ready-made programs: archives, npm, Debian, Homebrew. The same programs give the same bytes.

PACKAGING=$SCRIPTS/packaging

# What a release has: TARGET, npm's names of system and processor, Debian's of the architecture.
RELEASE_TARGETS="\
x86_64-unknown-linux-musl linux x64 amd64
aarch64-unknown-linux-musl linux arm64 arm64
x86_64-apple-darwin darwin x64 -
aarch64-apple-darwin darwin arm64 -
x86_64-pc-windows-msvc win32 x64 -"

# target_names TARGET: the line of that target. Of a Linux target the C library makes no difference to the names.
target_names() {
    awk -v target="${1/-gnu/-musl}" '$1 == target { print $2, $3, $4; found = 1 } END { exit !found }' \
        <<<"$RELEASE_TARGETS" || die "no packages are made for $1"
}

# cargo_field NAME: a field of the package in Cargo.toml, such as `version`.
cargo_field() {
    local value
    value=$(sed -n '/^\[package\]/,/^\[/ s/^'"$1"' = "\(.*\)"$/\1/p' "$PROJECT/Cargo.toml")
    [ -n "$value" ] || die "Cargo.toml has no $1"
    printf '%s\n' "$value"
}

# packed DIR OUT.tar.gz NAME...: an archive without times and owners of this machine.
packed() {
    tar -C "$1" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -cf - "${@:3}" | gzip -n9 >"$2"
}

# make_extras PROGRAM DIR: completions and manual, which are the same for all systems.
make_extras() {
    local shell
    mkdir -p "$2/completions"
    for shell in bash zsh fish powershell; do
        "$1" completions "$shell" >"$2/completions/rdf.$shell"
    done
    "$1" --quiet man --dir "$2/man"
}

# make_archive TARGET PROGRAM EXTRAS OUT: rdf-TARGET.tar.gz and its checksum
make_archive() {
    local name=rdf-$1 dir
    dir=$(mktemp -d)
    mkdir "$dir/$name"
    cp "$2" "$PROJECT/LICENSE" "$PROJECT/README.md" "$dir/$name/"
    cp -r "$3/completions" "$3/man" "$dir/$name/"
    packed "$dir" "$4/$name.tar.gz" "$name"
    (cd "$4" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
    rm -rf "$dir"
}

# npm_manifest NAME REST: package.json, with what only this package has as further lines of JSON
npm_manifest() {
    cat <<JSON
{
  "name": "$1",
  "version": "$(cargo_field version)",
  "description": "$ABOUT",
  "license": "$(cargo_field license)",
  "repository": "git+$(cargo_field repository).git",
  "engines": { "node": ">=18" },
$2
}
JSON
}

# make_npm_program TARGET PROGRAM OUT: the package of one system
make_npm_program() {
    local os cpu dir
    read -r os cpu _ <<<"$(target_names "$1")"
    dir=$(mktemp -d)
    mkdir "$dir/package"
    cp "$2" "$PROJECT/LICENSE" "$dir/package/"
    npm_manifest "@dockerfile-rs/$os-$cpu" "  \"os\": [\"$os\"],
  \"cpu\": [\"$cpu\"]" >"$dir/package/package.json"
    packed "$dir" "$3/dockerfile-rs-$os-$cpu-$(cargo_field version).tgz" package
    rm -rf "$dir"
}

# make_npm OUT: the package that people install, which takes that of their system with it
make_npm() {
    local os cpu dir list='' version
    version=$(cargo_field version)
    while read -r _ os cpu _; do
        list+="${list:+,
}    \"@dockerfile-rs/$os-$cpu\": \"$version\""
    done <<<"$RELEASE_TARGETS"
    dir=$(mktemp -d)
    mkdir -p "$dir/package/bin"
    cp "$PROJECT/LICENSE" "$PACKAGING/README.md" "$dir/package/"
    cp "$PACKAGING/npm/rdf.js" "$dir/package/bin/"
    npm_manifest dockerfile-rs "  \"bin\": { \"rdf\": \"bin/rdf.js\" },
  \"optionalDependencies\": {
$list
  }" >"$dir/package/package.json"
    packed "$dir" "$1/dockerfile-rs-$version.tgz" package
    rm -rf "$dir"
}

# deb_depends PROGRAM: the C library that a dynamic program needs; nothing for those of a release, which are static.
deb_depends() {
    local libc
    libc=$(grep -aoE 'GLIBC_2\.[0-9]+' "$1" | sed 's/GLIBC_//' | sort -uV | tail -n 1) || true
    [ -z "$libc" ] || printf 'Depends: libc6 (>= %s), libgcc-s1\n' "$libc"
}

# make_deb TARGET PROGRAM EXTRAS OUT: program, manual, completions, and the link by which Docker finds its plugin
make_deb() {
    local arch dir version page
    read -r _ _ arch <<<"$(target_names "$1")"
    version=$(cargo_field version)
    version=${version/-/\~} # a pre-release is older than the release
    dir=$(mktemp -d)
    install -D -m 755 "$2" "$dir/usr/bin/rdf"
    mkdir -p "$dir/usr/libexec/docker/cli-plugins"
    ln -s ../../../bin/rdf "$dir/usr/libexec/docker/cli-plugins/docker-rdf"
    install -D -m 644 "$3/completions/rdf.bash" "$dir/usr/share/bash-completion/completions/rdf"
    install -D -m 644 "$3/completions/rdf.zsh" "$dir/usr/share/zsh/vendor-completions/_rdf"
    install -D -m 644 "$3/completions/rdf.fish" "$dir/usr/share/fish/vendor_completions.d/rdf.fish"
    mkdir -p "$dir/usr/share/man/man1" "$dir/usr/share/doc/dockerfile-rs"
    for page in "$3"/man/*.1; do
        gzip -n9 <"$page" >"$dir/usr/share/man/man1/${page##*/}.gz"
    done
    gzip -n9 <"$PROJECT/CHANGELOG.md" >"$dir/usr/share/doc/dockerfile-rs/changelog.gz"
    cat >"$dir/usr/share/doc/dockerfile-rs/copyright" <<TEXT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: dockerfile-rs
Source: $(cargo_field repository)

Files: *
Copyright: the authors of dockerfile-rs
License: $(cargo_field license)
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
TEXT
    mkdir "$dir/DEBIAN"
    {
        cat <<TEXT
Package: dockerfile-rs
Version: $version
Architecture: $arch
Maintainer: dockerfile-rs <packages@dockerfile-rs.invalid>
Section: devel
Priority: optional
Homepage: $(cargo_field repository)
Enhances: docker.io, docker-ce-cli, docker-cli
$(deb_depends "$2")
Installed-Size: $(du -k --summarize "$dir/usr" | cut -f 1)
Description: $ABOUT
 The program rdf, and docker rdf where Docker's command line is installed.
TEXT
    } | sed '/^$/d' >"$dir/DEBIAN/control"
    chmod -R u=rwX,go=rX "$dir"
    find "$dir" -exec touch --no-dereference --date=@0 {} +
    SOURCE_DATE_EPOCH=0 dpkg-deb --root-owner-group --build "$dir" "$4/dockerfile-rs_${version}_$arch.deb" >/dev/null
    rm -rf "$dir"
}

# make_formula OUT: rdf.rb for Homebrew, of the archives that are there
make_formula() {
    local formula target
    formula=$(<"$PACKAGING/homebrew.rb")
    formula=${formula//@DESCRIPTION@/$ABOUT}
    formula=${formula//@REPOSITORY@/$(cargo_field repository)}
    formula=${formula//@VERSION@/$(cargo_field version)}
    formula=${formula//@LICENSE@/$(cargo_field license)}
    while read -r target _; do
        [ ! -f "$1/rdf-$target.tar.gz" ] ||
            formula=${formula//@SHA256 $target@/$(sha256sum "$1/rdf-$target.tar.gz" | cut -d ' ' -f 1)}
    done <<<"$RELEASE_TARGETS"
    ! grep -o '@[A-Z][^@]*@' <<<"$formula" || die "the formula has nothing to put there"
    printf '%s\n' "$formula" >"$1/rdf.rb"
}
