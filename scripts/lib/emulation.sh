# shellcheck shell=bash
# Programs for arm64 on an amd64 machine: Debian's qemu, which the kernel puts before them. Read once and kept open by the
# kernel (flag F), it is found from inside every container as well; nothing is installed, and it is taken back.
# packages.sh must be sourced before.

BINFMT=/proc/sys/fs/binfmt_misc
EMULATION_STARTED='' EMULATION_MOUNTED=''

runs_arm64() { "$(unpacked tools-arm64)/bin/busybox" true 2>/dev/null; }

# emulate_arm64: fails where it cannot be had, and says why. What the machine has already is used and stays.
emulate_arm64() {
    local qemu
    fetch_packages tools-arm64 bookworm:busybox-static:arm64
    ! runs_arm64 || return 0
    if [ ! -e "$BINFMT/register" ]; then
        mount -t binfmt_misc none "$BINFMT" 2>/dev/null || {
            say "arm64 cannot be emulated: binfmt_misc cannot be mounted (not in this kernel, or not root)"
            return 1
        }
        EMULATION_MOUNTED=yes
    fi
    fetch_packages qemu bookworm:qemu-user-static
    qemu=$(unpacked qemu)/usr/bin/qemu-aarch64-static
    # 64 bit, little endian, an executable or a shared object, of machine 183.
    if printf '%s' ':dockerfile-rs-arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:' \
        '\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:' "$qemu:POCF" 2>/dev/null >"$BINFMT/register"; then
        EMULATION_STARTED=yes
    fi
    runs_arm64 && return
    say "arm64 cannot be emulated: the kernel does not take $qemu for it, or qemu does not work here"
    emulation_back
    return 1
}

# emulation_back: takes away what emulate_arm64 did, and nothing else.
emulation_back() {
    [ -z "$EMULATION_STARTED" ] || echo -1 >"$BINFMT/dockerfile-rs-arm64"
    [ -z "$EMULATION_MOUNTED" ] || umount "$BINFMT" || true
    EMULATION_STARTED='' EMULATION_MOUNTED=''
}
