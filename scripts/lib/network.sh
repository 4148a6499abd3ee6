# shellcheck shell=bash
# What an engine needs of the machine's network: a bridge of its own with a subnet of its own, and two NAT rules
# marked with the engine's name. The engine itself is told to leave iptables alone, so that several engines (and one
# that the machine runs anyway) do not rewrite each other's chains, and so that everything can be taken back.

# Subnets: engine number i has 10.213.(16i).1/24 for its bridge and 10.213.(16i+8).0/21 for networks made later.
NET_PREFIX=${RDF_NET_PREFIX:-10.213}

bridge_name() { printf 'rdf-%08x\n' "$(printf '%s' "$1" | cksum | cut -d ' ' -f 1)"; }
bridge_subnet() { printf '%s.%d.1/24\n' "$NET_PREFIX" $((16 * $1)); }
bridge_pool() { printf '%s.%d.0/21\n' "$NET_PREFIX" $((16 * $1 + 8)); }
nat_source() { printf '%s.%d.0/20\n' "$NET_PREFIX" $((16 * $1)); }

# free_number: the lowest number that no engine of ours and no route of the machine uses.
free_number() {
    local i
    for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        if ! cat "$RDF_RUN"/*/number 2>/dev/null | grep -qx "$i" &&
            ! "$BUSYBOX" ip -4 route | grep -q "^$NET_PREFIX\.$((16 * i))\."; then
            echo "$i"
            return
        fi
    done
    die "no free subnet in $NET_PREFIX.0.0/16 (RDF_NET_PREFIX names another)"
}

bridge_up() { # NAME NUMBER
    local bridge
    bridge=$(bridge_name "$1")
    "$BUSYBOX" ip link show "$bridge" >/dev/null 2>&1 || "$BUSYBOX" brctl addbr "$bridge"
    "$BUSYBOX" ip addr flush dev "$bridge"
    "$BUSYBOX" ip addr add "$(bridge_subnet "$2")" dev "$bridge"
    "$BUSYBOX" ip link set "$bridge" up
}

bridge_down() { # NAME
    local bridge
    bridge=$(bridge_name "$1")
    if "$BUSYBOX" ip link show "$bridge" >/dev/null 2>&1; then
        "$BUSYBOX" ip link set "$bridge" down
        "$BUSYBOX" brctl delbr "$bridge"
    fi
}

# The MTU of the way out: a bridge with a larger one loses big packets where the path's limit is not reported back.
outer_mtu() {
    local device
    device=$("$BUSYBOX" ip -4 route | awk '/^default/ { for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')
    cat "/sys/class/net/${device:-none}/mtu" 2>/dev/null || echo 1500
}

# The iptables that works here: nft first, as Debian does; empty when neither does.
working_iptables() { # ROOT
    local variant
    for variant in xtables-nft-multi xtables-legacy-multi; do
        if in_root "$1" "$1/usr/sbin/$variant" iptables -w 5 -t nat -S POSTROUTING >/dev/null 2>&1; then
            echo "$1/usr/sbin/$variant"
            return
        fi
    done
}

# nat_rules NAME NUMBER: the rules, one a line, without -A or -D.
nat_rules() {
    local source mark="dockerfile-rs:$1"
    source=$(nat_source "$2")
    echo "-t nat POSTROUTING -s $source ! -d $source -m comment --comment $mark -j MASQUERADE"
    echo "-t filter FORWARD -s $source -m comment --comment $mark -j ACCEPT"
    echo "-t filter FORWARD -d $source -m comment --comment $mark -j ACCEPT"
}

# nat_change add|delete ROOT NAME NUMBER
nat_change() {
    local how=$1 root=$2 name=$3 number=$4 iptables table chain rest
    iptables=$(working_iptables "$root")
    [ -n "$iptables" ] || return 1
    while read -r _ table chain rest; do
        # shellcheck disable=SC2086  # a rule is words
        if [ "$how" = add ]; then
            in_root "$root" "$iptables" iptables -w 5 -t "$table" -C "$chain" $rest 2>/dev/null ||
                in_root "$root" "$iptables" iptables -w 5 -t "$table" -I "$chain" 1 $rest
        else
            in_root "$root" "$iptables" iptables -w 5 -t "$table" -D "$chain" $rest 2>/dev/null || true
        fi
    done < <(nat_rules "$name" "$number")
}
