# shellcheck shell=bash
# Words, places and small checks shared by the scripts of this directory.
#
# Two places are used, and nothing else on the machine is written to:
#   RDF_CACHE   downloads, unpacked packages, engine data   (may be deleted at any time when all is down)
#   RDF_RUN     sockets, pid files, bridges in use          (gone after a reboot, as are the processes)

set -Eeuo pipefail
# A script that stops says where: `set -e` alone would be silent.
trap 'printf "%s: line %s of %s failed: %s\n" "${0##*/}" "$LINENO" "${BASH_SOURCE[0]##*/}" "$BASH_COMMAND" >&2' ERR

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SCRIPTS=$(dirname "$LIB")
# shellcheck disable=SC2034  # used by the scripts that source this file
PROJECT=$(dirname "$SCRIPTS")

RDF_CACHE=${RDF_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dockerfile-rs}
RDF_RUN=${RDF_RUN:-/run/dockerfile-rs}

# Everything meant for a person goes to stderr: stdout is kept for what a script is asked to print.
say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# wait_for SECONDS COMMAND...: tries four times a second until the command succeeds.
wait_for() {
    local tries=$(($1 * 4))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.25
    done
}

# engine_answers NAME: whether that engine of ours is there and answers
engine_answers() { "$RDF_RUN/$1/bin/docker" -H "unix://$RDF_RUN/$1/docker.sock" version >/dev/null 2>&1; }

# The machine these scripts can run an engine on; says all that is missing, not only the first thing.
require_machine() {
    local missing=()
    [ "$(uname -s)" = Linux ] || missing+=("Linux (this is $(uname -s))")
    [ "$(uname -m)" = x86_64 ] || missing+=("an amd64 machine (this is $(uname -m))")
    [ "$(id -u)" = 0 ] || missing+=("root (an engine mounts file systems and makes namespaces)")
    local tool
    for tool in apt-get dpkg dpkg-deb flock setsid; do
        have "$tool" || missing+=("$tool (Debian or one of its derivatives)")
    done
    [ -r "$DEBIAN_KEYRING" ] || missing+=("$DEBIAN_KEYRING (package debian-archive-keyring)")
    [ ${#missing[@]} = 0 ] && return
    say "A private engine cannot be started on this machine. Missing:"
    printf '  - %s\n' "${missing[@]}" >&2
    say "Offer an engine instead: DOCKER_HOST=unix:///path/docker.sock (and RDF_E2E_REGISTRY=host:port),"
    say "or RDF_E2E_ENGINE=FILE with such lines, as 'scripts/engine env' prints them."
    exit 1
}

# with_lock COMMAND...: one change of the shared state at a time. Daemons must be started with fd 9 closed.
with_lock() {
    mkdir -p "$RDF_RUN"
    exec 9>"$RDF_RUN/lock"
    flock -w 900 9 || die "another script holds $RDF_RUN/lock for 15 minutes; gave up"
    "$@"
    exec 9>&-
}

# shellcheck disable=SC2034  # used by packages.sh
DEBIAN_MIRROR=${RDF_DEBIAN_MIRROR:-http://deb.debian.org/debian}
DEBIAN_KEYRING=${RDF_DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
