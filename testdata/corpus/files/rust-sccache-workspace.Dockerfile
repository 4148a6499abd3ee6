# syntax=docker/dockerfile:1
ARG RUST=1.82
ARG PROFILE=release
FROM rust:${RUST}-slim-bookworm AS toolchain
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ARG PROFILE
ENV CARGO_HOME=/usr/local/cargo \
    RUSTC_WRAPPER=sccache \
    SCCACHE_DIR=/sccache
RUN curl -fsSL https://example.org/sccache-v0.8.1-x86_64-unknown-linux-musl.tar.gz | tar -xz --strip-components=1 -C /usr/local/bin --wildcards '*/sccache'

FROM toolchain AS workspace
WORKDIR /ws
COPY --parents=false Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY crates crates
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=shared \
    --mount=type=cache,target=/usr/local/cargo/git \
    --mount=type=cache,target=/sccache \
    --mount=type=cache,target=/ws/target,id=target-${PROFILE} \
    cargo build --profile ${PROFILE} --workspace && \
    install -D target/${PROFILE}/server /out/server
FROM gcr.io/distroless/cc-debian12
COPY --from=workspace /out/ /usr/bin/
CMD ["/usr/bin/server"]
