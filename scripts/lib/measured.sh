# shellcheck shell=bash
# Frontend images that tell, in the log of an engine of ours, what the frontend took: see measured.rs.

# frontend_image NAME TAG FOLDER ENTRYPOINT: pushes an image of the directory's files and prints its name
frontend_image() {
    local image=$RDF_E2E_REGISTRY/rdf-bench/$1:$2
    printf 'FROM scratch\nLABEL moby.buildkit.frontend.network.none="true"\nCOPY --chmod=755 . /bin/\nENTRYPOINT %s\n' \
        "$4" >"$3.Dockerfile"
    docker buildx build --quiet --provenance=false --push -t "$image" -f "$3.Dockerfile" "$3" >/dev/null
    echo "$image"
}

# compile_static SOURCE PROGRAM: a small program of one file
compile_static() {
    rustc --edition 2024 -C opt-level=s -C strip=symbols -C panic=abort -C target-feature=+crt-static -o "$2" "$1"
}

# push_measured BINARY NAME [FILE]: the image of a static frontend that is measured; FILE is one that it reads
push_measured() {
    local folder
    folder=$(mktemp -d)
    compile_static "$LIB/measured.rs" "$folder/measured"
    cp "$1" "$folder/rdf-frontend"
    [ -z "${3:-}" ] || cp "$3" "$folder/"
    frontend_image "$2" measured "$folder" '["/bin/measured", "/bin/rdf-frontend"]'
    rm -rf "$folder" "$folder.Dockerfile"
}

# measured_since LOG OFFSET: the lines of frontends that have ended since:
# measured PROGRAM peak-kib N wall-us N cpu-us N
measured_since() {
    tail -c "+$(($2 + 1))" "$1" | grep -aE '^measured [^ ]+ peak-kib [0-9]+ wall-us [0-9]+ cpu-us [0-9]+$' || true
}

# push_recorder BINARY LEAST: the image of a static frontend whose calls end up in the engine's log; LEAST is least.rs,
# compiled
push_recorder() {
    local folder
    folder=$(mktemp -d)
    cp "$2" "$folder/least"
    cp "$1" "$folder/rdf-frontend"
    frontend_image least recorder "$folder" '["/bin/least", "record", "/bin/rdf-frontend"]'
    rm -rf "$folder" "$folder.Dockerfile"
}

# recorded_since LOG OFFSET: the recording of the frontend that has ended since; fails when it is not whole
recorded_since() {
    tail -c "+$(($2 + 1))" "$1" | grep -a '^least ' |
        awk '/^least end [0-9]+$/ { whole = $3 == steps; next } { steps++; print } END { exit !whole }'
}
