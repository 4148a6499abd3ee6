# shellcheck shell=bash
# Frontend images that tell, in the log of an engine of ours, what the frontend took: see measured.rs.

# frontend_image NAME TAG FOLDER ENTRYPOINT: pushes an image of the folder's files and prints its name
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

# push_measured BINARY NAME: the image of a static frontend that is measured
push_measured() {
    local folder
    folder=$(mktemp -d)
    compile_static "$LIB/measured.rs" "$folder/measured"
    cp "$1" "$folder/rdf-frontend"
    frontend_image "$2" measured "$folder" '["/bin/measured", "/bin/rdf-frontend"]'
    rm -rf "$folder" "$folder.Dockerfile"
}

# measured_since LOG OFFSET: the lines of frontends that have ended since:
# measured PROGRAM peak-kib N wall-us N cpu-us N
measured_since() {
    tail -c "+$(($2 + 1))" "$1" | grep -aE '^measured [^ ]+ peak-kib [0-9]+ wall-us [0-9]+ cpu-us [0-9]+$' || true
}
