# shellcheck shell=bash
# Starting and stopping one engine (containerd, dockerd) and the registry. The caller holds the lock.

BUSYBOX=$(unpacked tools)/bin/busybox

# ---- registry: one for each port, stopped with the last engine that asked for it ----

registry_answers() { "$BUSYBOX" wget -q -O /dev/null "http://127.0.0.1:$1/v2/"; }

registry_up() { # PORT USER
    local port=$1 run=$RDF_RUN/registry-$1 data=$RDF_CACHE/registry-$1
    mkdir -p "$run/users" "$data/storage"
    if ! running "$run/pid" "$run/config.yml" >/dev/null; then
        if registry_answers "$port" 2>/dev/null; then
            rm -rf "$run"
            say "something answers as a registry on localhost:$port already; using it"
            return
        fi
        cat >"$run/config.yml" <<CONF
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $data/storage}
  delete: {enabled: true}
http: {addr: "127.0.0.1:$port"}
CONF
        step "Starting the registry on localhost:$port"
        start_daemon "$run/pid" "$data/log" "$(unpacked tools)/usr/bin/docker-registry" serve "$run/config.yml"
        if ! wait_for 20 registry_answers "$port"; then
            tail -n 20 "$data/log" >&2
            die "the registry did not come up on port $port"
        fi
    fi
    : >"$run/users/$2"
}

registry_down() { # PORT: stays up while an engine of ours uses it
    local run=$RDF_RUN/registry-$1
    if [ -n "$(ls -A "$run/users" 2>/dev/null)" ]; then
        return
    fi
    stop_daemon "$run/pid" "$run/config.yml" 10
    rm -rf "$run"
}

# ---- engine ----

engine_version() {
    "$RDF_RUN/$1/bin/docker" -H "unix://$RDF_RUN/$1/docker.sock" version \
        --format 'dockerd {{.Server.Version}}, client {{.Client.Version}}'
}

# overlay_works DIR: a mount of overlayfs there is tried, as the engine would do it.
overlay_works() {
    local dir=$1/overlay-check works=1
    mkdir -p "$dir"/{lower,upper,work,merged}
    if mount -t overlay overlay -o "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/work" "$dir/merged" 2>/dev/null; then
        umount "$dir/merged"
        works=0
    fi
    rm -rf "$dir"
    return $works
}

storage_driver() { # DATA STORE
    if overlay_works "$1"; then
        [ "$2" = containerd ] && echo overlayfs || echo overlay2
    else
        say "overlayfs does not work in $1: every layer will be a full copy, which is slow (RDF_CACHE names another place)"
        [ "$2" = containerd ] && echo native || echo vfs
    fi
}

# shellcheck disable=SC2154  # $engine, $name, $port, $store, $tls are the command line's
# Reads $engine, $name, $port, $store, $tls of the command line.
engine_up() {
    local root run data number
    root=$(unpacked "$engine")
    run=$RDF_RUN/$name
    data=$RDF_CACHE/engine-$name
    engine_down "$name" # what a crash may have left
    mkdir -p "$run/bin" "$data/docker" "$data/containerd" "$data/docker-config/cli-plugins"
    chmod 711 "$run"
    echo "$name" >"$run/name"
    registry_up "$port" "$name"

    number=$(free_number)
    echo "$number" >"$run/number"
    bridge_up "$name" "$number"
    remember_machine
    if ! nat_change add "$root" "$name" "$number"; then
        say "iptables does not work here: containers reach each other and this machine, but nothing outside"
    fi

    engine_client "$root" "$run" "$data"
    write_containerd_config "$run" "$data"
    write_dockerd_config "$run" "$data" "$store" "$number"
    [ -z "$tls" ] || make_certificates "$data/tls"

    step "Starting containerd"
    in_root "$root" start_daemon "$run/containerd.pid" "$data/log" \
        "$root/usr/bin/containerd" --config "$run/containerd.toml"
    if ! wait_for 60 test -S "$run/containerd.sock"; then
        tail -n 30 "$data/log" >&2
        die "containerd did not come up"
    fi
    step "Starting dockerd"
    local listen=(-H "unix://$run/docker.sock")
    [ -z "$tls" ] || listen+=(-H "tcp://127.0.0.1:$tls" --tlsverify --tlscacert "$data/tls/ca.pem"
        --tlscert "$data/tls/server.pem" --tlskey "$data/tls/server.key")
    in_root "$root" start_daemon "$run/dockerd.pid" "$data/log" \
        "$root/usr/sbin/dockerd" --config-file "$run/dockerd.json" "${listen[@]}"
    if ! wait_for 90 engine_answers "$name"; then
        tail -n 40 "$data/log" >&2
        engine_down "$name"
        die "dockerd did not come up; the end of its log is above, all of it in $data/log"
    fi
    write_env "$run" "$data"
    say "engine '$name' is up: $(engine_version "$name")"
}

# The client, its plugin and a private configuration: no login, context or builder of the user's is seen or changed.
engine_client() { # ROOT RUN DATA
    local plugin
    ln -sf "$1/usr/bin/docker" "$2/bin/docker"
    mkdir -p "$1/private/bin"
    local tini
    for tini in "$1"/usr/bin/tini-static "$1"/usr/bin/tini; do
        [ ! -x "$tini" ] || ln -sf "$tini" "$1/private/bin/docker-init"
    done
    plugin=$(find "$1/usr" -path '*/cli-plugins/docker-buildx' -print -quit)
    ln -sf "$plugin" "$3/docker-config/cli-plugins/docker-buildx"
    [ -f "$3/docker-config/config.json" ] || echo '{}' >"$3/docker-config/config.json"
}

write_containerd_config() { # RUN DATA
    # /opt/containerd, /run/nri and the CRI server are left out: nothing of them is needed, all are shared places.
    cat >"$1/containerd.toml" <<CONF
version = 2
root = "$2/containerd"
state = "$1/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt"]
[grpc]
  address = "$1/containerd.sock"
[ttrpc]
  address = "$1/containerd.sock.ttrpc"
CONF
}

write_dockerd_config() { # RUN DATA STORE NUMBER
    local containerd_store=false old_key='' devices=''
    [ "$3" = containerd ] && containerd_store=true
    # The one file that an old engine would otherwise write outside its own directories.
    [ "$engine" != 20.10 ] || old_key="\"deprecated-key-path\": \"$2/key.json\","
    # Devices for steps: a directory of this engine alone. Older engines do not know the key.
    [ "$engine" != newest ] || devices="\"cdi-spec-dirs\": [\"$1/cdi\"],"
    cat >"$1/dockerd.json" <<CONF
{
  $old_key
  $devices
  "data-root": "$2/docker",
  "exec-root": "$1/exec",
  "pidfile": "$1/dockerd.own.pid",
  "containerd": "$1/containerd.sock",
  "storage-driver": "$(storage_driver "$2" "$3")",
  "bridge": "$(bridge_name "$name")",
  "iptables": false,
  "ip6tables": false,
  "mtu": $(outer_mtu),
  "default-address-pools": [{"base": "$(bridge_pool "$4")", "size": 26}],
  "group": "root",
  "features": {"containerd-snapshotter": $containerd_store, "buildkit": true},
  "builder": {"Entitlements": {"network-host": true, "security-insecure": true}}
}
CONF
}

# Certificates for 127.0.0.1: a throw-away authority, one server, one client.
make_certificates() { # DIR
    have openssl || die "--tls needs openssl"
    [ -f "$1/cert.pem" ] && return
    rm -rf "$1"
    mkdir -p "$1"
    (
        cd "$1"
        umask 077
        openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=dockerfile-rs -keyout ca.key -out ca.pem
        local who usage
        for who in server:serverAuth cert:clientAuth; do
            usage=${who#*:}
            who=${who%:*}
            openssl req -newkey rsa:2048 -nodes -subj "/CN=$who" -keyout "$who.key" -out "$who.csr"
            openssl x509 -req -in "$who.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out "$who.pem" \
                -extfile <(printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=%s\n' "$usage")
        done
        mv cert.key key.pem # the names a client looks for: ca.pem, cert.pem, key.pem
    ) >"$1.log" 2>&1 || {
        cat "$1.log" >&2
        die "could not make certificates"
    }
}

write_env() { # RUN DATA
    local common
    common=$(
        cat <<TEXT
export DOCKER_CONFIG='$2/docker-config'
export DOCKER_BUILDKIT=1
export PATH='$1/bin':"\$PATH"
export RDF_E2E_REGISTRY=localhost:$port
export RDF_E2E_ENGINE_NAME='$name'
$([ "$engine" != newest ] || echo "export RDF_E2E_CDI_DIR='$1/cdi'")
unset DOCKER_CONTEXT BUILDX_BUILDER BUILDX_CONFIG
TEXT
    )
    cat >"$1/env" <<TEXT
export DOCKER_HOST=unix://$1/docker.sock
unset DOCKER_TLS_VERIFY DOCKER_CERT_PATH
$common
TEXT
    rm -f "$1/env-tls"
    [ -z "$tls" ] || cat >"$1/env-tls" <<TEXT
export DOCKER_HOST=tcp://127.0.0.1:$tls
export DOCKER_TLS_VERIFY=1
export DOCKER_CERT_PATH='$2/tls'
$common
TEXT
}

# Empty directories that every engine makes at fixed places; those that were not there before go with our last engine.
fixed_folders=(/run/docker/plugins /run/docker /run/containerd/s /run/containerd /run/runc)

# remember_machine, machine_back: IP forwarding and the directories above, as they were before our first engine.
remember_machine() {
    local file=/proc/sys/net/ipv4/ip_forward folder
    if [ ! -f "$RDF_RUN/folders" ]; then
        for folder in "${fixed_folders[@]}"; do
            [ -d "$folder" ] || echo "$folder"
        done >"$RDF_RUN/folders"
    fi
    [ -f "$RDF_RUN/ip_forward" ] || cat "$file" >"$RDF_RUN/ip_forward"
    echo 1 >"$file" 2>/dev/null || say "IP forwarding cannot be switched on; containers may not reach the outside"
}
machine_back() {
    local dir folder
    for dir in "$RDF_RUN"/*/; do
        [ ! -f "${dir}name" ] || return 0
    done
    if [ -f "$RDF_RUN/ip_forward" ]; then
        cat "$RDF_RUN/ip_forward" >/proc/sys/net/ipv4/ip_forward 2>/dev/null || true
        rm -f "$RDF_RUN/ip_forward"
    fi
    if [ -f "$RDF_RUN/folders" ]; then
        while read -r folder; do
            rmdir "$folder" 2>/dev/null || true
        done <"$RDF_RUN/folders"
        rm -f "$RDF_RUN/folders"
    fi
}

engine_down() { # NAME
    local run=$RDF_RUN/$1 data=$RDF_CACHE/engine-$1 port_dir
    for port_dir in "$RDF_RUN"/registry-*/; do
        rm -f "${port_dir}users/$1"
    done
    [ -d "$run" ] || return 0
    stop_daemon "$run/dockerd.pid" "$run/dockerd.json" 30
    stop_marked "$run/containerd.sock"
    stop_daemon "$run/containerd.pid" "$run/containerd.toml" 15
    unmount_below "$run"
    unmount_below "$data"
    if [ -f "$run/number" ]; then
        local set_root
        for set_root in "$PACKAGES"/*/root; do
            [ -x "$set_root/usr/sbin/xtables-nft-multi" ] || continue
            nat_change delete "$set_root" "$1" "$(cat "$run/number")" || true
            break
        done
        bridge_down "$1" || true
    fi
    rm -rf "$run"
    machine_back
}
