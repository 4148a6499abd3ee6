# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM tonistiigi/xx:1.5.0 AS xx
FROM --platform=$BUILDPLATFORM golang:1.23-bookworm AS build
COPY --from=xx / /
RUN apt-get update && apt-get install -y --no-install-recommends clang lld
ARG TARGETPLATFORM
RUN xx-apt-get install -y --no-install-recommends gcc libc6-dev libsqlite3-dev
WORKDIR /src
RUN --mount=type=bind,source=.,target=/src,rw \
    --mount=type=cache,target=/root/.cache \
    CGO_ENABLED=1 xx-go build -o /out/notes . && \
    xx-verify /out/notes

FROM debian:bookworm-slim
RUN <<EOT
set -eux
apt-get update
apt-get install -y --no-install-recommends libsqlite3-0 ca-certificates
rm -rf /var/lib/apt/lists/*
EOT
COPY --from=build /out/notes /usr/local/bin/notes
VOLUME /data
ENTRYPOINT ["notes", "--db", "/data/notes.db"]
