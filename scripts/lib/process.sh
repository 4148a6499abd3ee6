# shellcheck shell=bash
# Daemons by pid file. A pid is only ever signalled when its command line still names the file that we started it
# with, so that a number which the kernel has given to another process is left alone.

# start_daemon PIDFILE LOG COMMAND...: in a session of its own, without our files and locks.
start_daemon() {
    local pidfile=$1 log=$2
    shift 2
    # shellcheck disable=SC2016  # expanded by the inner shell
    setsid --fork bash -c 'echo $$ >"$0" && exec "$@"' "$pidfile" "$@" </dev/null >>"$log" 2>&1 9>&-
}

# command_line PID SEPARATOR: empty when the process is gone.
command_line() { { tr '\0' "$2" <"/proc/$1/cmdline"; } 2>/dev/null || true; }

# running PIDFILE MARK: the pid, if that process is alive and its command line holds MARK.
running() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 1
    [ -n "$pid" ] || return 1
    command_line "$pid" ' ' | grep -qF -- "$2" || return 1
    echo "$pid"
}

# stop_daemon PIDFILE MARK SECONDS
stop_daemon() {
    local pid
    if pid=$(running "$1" "$2"); then
        kill -TERM "$pid" 2>/dev/null || true
        if ! wait_for "$3" not_running "$1" "$2"; then
            say "process $pid did not stop in $3 s; killing it"
            kill -KILL "$pid" 2>/dev/null || true
            wait_for 5 not_running "$1" "$2" || true
        fi
    fi
    rm -f "$1"
}
not_running() { ! running "$1" "$2"; }

# stop_marked MARK: what an engine leaves behind (container shims), told by a path of ours on the command line.
stop_marked() {
    local dir pid
    for dir in /proc/[0-9]*; do
        pid=${dir#/proc/}
        [ "$pid" != "$$" ] || continue
        if command_line "$pid" '\n' | grep -qxF -- "$1"; then
            kill -KILL "$pid" 2>/dev/null || true
        fi
    done
}

# unmount_below DIR: innermost first.
unmount_below() {
    local dir
    dir=$(readlink -m "$1")
    awk -v dir="$dir/" 'index($5 "/", dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r mount; do
        umount -l "$mount" 2>/dev/null || true
    done
}

# in_root ROOT COMMAND...: runs a program of unpacked packages with the libraries that came with it.
in_root() {
    local root=$1
    shift
    LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu \
        XTABLES_LIBDIR=$root/usr/lib/x86_64-linux-gnu/xtables \
        PATH=$root/private/bin:$root/usr/sbin:$root/usr/bin:$PATH \
        "$@"
}
