# syntax=docker/dockerfile:1
# check=skip=SecretsUsedInArgOrEnv
#
# Everything that a release needs, a stage for each step. Build one with --target.

# TOOLCHAIN is the release of the compiler
ARG TOOLCHAIN=1.81
ARG DISTRO=bookworm
# CHANNEL is one of nightly, beta, stable
ARG CHANNEL=stable
ARG MIRROR=deb.example.org

# --- what everything else starts from -------------------------------------------------

FROM --platform=$BUILDPLATFORM debian:${DISTRO}-slim AS os
ARG MIRROR
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN sed -i "s/deb.debian.org/${MIRROR}/" /etc/apt/sources.list.d/*.sources
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked <<PACKAGES
apt-get update
apt-get install --yes --no-install-recommends \
    ca-certificates curl file git \
    xz-utils zstd
PACKAGES

FROM --platform=$BUILDPLATFORM rust:${TOOLCHAIN}-${DISTRO} AS rust
ARG CHANNEL
RUN if [[ $CHANNEL != stable ]]; then rustup default "$CHANNEL"; fi
RUN rustup component add clippy rustfmt \
    && rustup target add \
         x86_64-unknown-linux-musl \
         aarch64-unknown-linux-musl
WORKDIR /work
ENV CARGO_TERM_COLOR=always \
    CARGO_INCREMENTAL=0 \
    CARGO_NET_RETRY=10

# --- sources --------------------------------------------------------------------------

FROM os AS history
WORKDIR /work
RUN --mount=target=/work,rw \
    git log --format='%h %s' "$(git describe --tags --abbrev=0 || git rev-list --max-parents=0 HEAD)"..HEAD > /changes

FROM rust AS vendored
COPY Cargo.toml Cargo.lock ./
COPY crates/cli/Cargo.toml crates/cli/
COPY crates/core/Cargo.toml crates/core/
RUN mkdir -p crates/{cli,core}/src \
    && touch crates/{cli,core}/src/lib.rs \
    && cargo vendor --locked > /vendor.toml

FROM rust AS sources
COPY --from=vendored /work/vendor vendor
COPY --from=vendored /vendor.toml .cargo/config.toml
COPY --link=false . .

# --- checks ---------------------------------------------------------------------------

FROM sources AS format
RUN cargo fmt --all --check

FROM sources AS clippy
RUN --network=none --mount=type=cache,target=/work/target,id=clippy \
    cargo clippy --workspace --all-targets -- --deny warnings

FROM sources AS unit
RUN --network=none --mount=type=cache,target=/work/target,id=unit \
    --mount=type=tmpfs,target=/tmp \
    cargo test --workspace 2>&1 | tee /unit.log

FROM scratch AS checks
COPY --from=format /etc/hostname /format
COPY --from=clippy /etc/hostname /clippy
COPY --from=unit /unit.log /

# --- binaries -------------------------------------------------------------------------

FROM sources AS binary
ARG TARGETARCH
ARG TARGETVARIANT
ARG VERSION=0.0.0-dev
ENV VERSION=${VERSION#v}
RUN --network=none --mount=type=cache,target=/work/target,id=binary-$TARGETARCH$TARGETVARIANT <<'BUILD'
case "$TARGETARCH" in
  amd64) triple=x86_64-unknown-linux-musl ;;
  arm64) triple=aarch64-unknown-linux-musl ;;
  *) echo "no triple for $TARGETARCH" >&2; exit 1 ;;
esac
cargo build --release --target "$triple"
install -Dm755 "target/$triple/release/beacon" /out/bin/beacon
BUILD
RUN <<MAN
/out/bin/beacon --help-man > /out/beacon.1
gzip -9n /out/beacon.1
MAN

FROM os AS archive
ARG VERSION
ARG TARGETOS TARGETARCH
COPY --from=binary /out /beacon
COPY LICENSE README.md /beacon/
COPY --from=history /changes /beacon/CHANGES
RUN mkdir /dist && tar --sort=name --mtime=@0 --owner=0 --group=0 -C / -c beacon \
    | zstd -19 > /dist/beacon-${VERSION:-dev}-${TARGETOS}-${TARGETARCH}.tar.zst
WORKDIR /dist
RUN sha256sum * > SHA256SUMS
RUN --mount=type=secret,id=signing_key,required=false \
    if [ -f /run/secrets/signing_key ]; then sign --key /run/secrets/signing_key SHA256SUMS; fi

FROM scratch AS dist
COPY --from=archive /dist /

# --- image ----------------------------------------------------------------------------

FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION
ARG REVISION=unknown
LABEL org.opencontainers.image.title="beacon" \
      org.opencontainers.image.version="${VERSION:-dev}" \
      org.opencontainers.image.revision="$REVISION"
COPY --link --from=binary /out/bin/beacon /usr/bin/beacon
VOLUME ["/var/lib/beacon"]
EXPOSE 9100/tcp 9101/udp
STOPSIGNAL SIGINT
HEALTHCHECK --interval=20s --timeout=2s --retries=5 CMD ["/usr/bin/beacon", "health"]
USER nonroot
ENTRYPOINT ["/usr/bin/beacon"]
CMD ["serve", "--data", "/var/lib/beacon"]
