# shellcheck shell=bash
# An image from a directory, without a builder: the same directory and settings give the same bytes, so the same digests,
# on every engine. The archive is the one of `docker save`, which every engine loads.

# image_archive ROOTFS CONFIG_JSON TAG OUT.tar
# CONFIG_JSON is the image's "config" object; architecture amd64 unless IMAGE_ARCHITECTURE says otherwise.
image_archive() {
    local rootfs=$1 config=$2 tag=$3 out=$4 dir layer
    dir=$(mktemp -d)
    # Times are set to the epoch, owners are kept by number: nothing of this machine gets into the layer.
    tar -C "$rootfs" --sort=name --mtime=@0 --numeric-owner --format=gnu -cf "$dir/layer.tar" .
    layer=$(sha256sum "$dir/layer.tar" | cut -d ' ' -f 1)
    printf '{"architecture":"%s","os":"linux","created":"1970-01-01T00:00:00Z","config":%s,"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"%s"}]}' \
        "${IMAGE_ARCHITECTURE:-amd64}" "$config" "$layer" "scripts/base-images" >"$dir/config.json"
    printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$tag" >"$dir/manifest.json"
    tar -C "$dir" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$out" config.json layer.tar manifest.json
    rm -rf "$dir"
}

# in_registry IMAGE: whether the registry has that tag
in_registry() { docker buildx imagetools inspect "$1" >/dev/null 2>&1; }

# load_and_push ARCHIVE TAG
load_and_push() {
    docker load -q -i "$1" >/dev/null
    docker push -q "$2" >/dev/null
}

# oci_digest DIR: the digest of the only image in an OCI layout. The layout's own index.json may have the time of the export.
oci_digest() { grep -oE '"digest": *"sha256:[0-9a-f]+"' "$1/index.json" | grep -oE 'sha256:[0-9a-f]+'; }
