# shellcheck shell=bash
# Debian packages without installing them: downloaded by apt against private lists (signatures are checked),
# unpacked into a directory of ours. The system's own package database is neither read nor written.

PACKAGES=$RDF_CACHE/packages

# A private apt: own lists, own status (empty), the machine's proxy settings, none of its hooks.
private_apt() {
    APT_CONFIG=$PACKAGES/apt/apt.conf "$@"
}

private_apt_setup() { # ARCHITECTURES SUITE...
    local apt=$PACKAGES/apt architectures=$1 suite
    shift
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$apt/state"
    : >"$apt/status"
    {
        cat <<CONF
Dir::State "$apt/state";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "$apt/parts";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "$apt/parts";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
        # A mirror that lags behind has an expired index of the rolling suite: old but still signed is good enough here.
        echo 'Acquire::Check-Valid-Until "false";'
        echo 'Acquire::Check-Date "false";'
        env -u APT_CONFIG apt-config dump --format '%F "%v";%n' 2>/dev/null |
            grep -E '^Acquire::https?::(Proxy|CaInfo|Verify)' || true
    } >"$apt/apt.conf"
    for suite in "$@"; do
        echo "deb [arch=$architectures signed-by=$DEBIAN_KEYRING] $DEBIAN_MIRROR $suite main"
    done >"$apt/sources.list"
    private_apt apt-get -q update >"$apt/update.log" 2>&1 || {
        cat "$apt/update.log" >&2
        die "could not read the package lists of $DEBIAN_MIRROR (RDF_DEBIAN_MIRROR names another mirror)"
    }
}

# unpacked NAME: where the packages of that set are.
unpacked() { printf '%s\n' "$PACKAGES/$1/root"; }

# fetch_packages NAME SUITE:PACKAGE[:arm64]...: nothing to do when the same set is there already.
fetch_packages() {
    local name=$1 dir=$PACKAGES/$1 spec
    shift
    local wanted="$*"
    if [ -f "$dir/complete" ] && [ "$(head -n 1 "$dir/complete")" = "$wanted" ]; then
        return
    fi
    local suites=() names=() architectures=amd64
    for spec in "$@"; do
        suites+=("${spec%%:*}")
        names+=("${spec#*:}/${spec%%:*}") # apt's form: package[:architecture]/suite
        [[ $spec != *:arm64 ]] || architectures=amd64,arm64
    done
    mapfile -t suites < <(printf '%s\n' "${suites[@]}" | sort -u)
    step "Downloading $# packages for '$name' (${suites[*]}) from $DEBIAN_MIRROR"
    private_apt_setup "$architectures" "${suites[@]}"
    rm -rf "$dir"
    mkdir -p "$dir/debs" "$dir/root"
    (cd "$dir/debs" && private_apt apt-get -q download "${names[@]}" >"$dir/download.log" 2>&1) || {
        cat "$dir/download.log" >&2
        die "could not download: ${names[*]}"
    }
    local deb
    for deb in "$dir"/debs/*.deb; do
        dpkg-deb -x "$deb" "$dir/root"
    done
    {
        echo "$wanted"
        for deb in "$dir"/debs/*.deb; do
            # shellcheck disable=SC2016  # dpkg-deb's own variables
            dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"
        done
    } >"$dir/complete"
    rm -rf "$dir/debs"
}
