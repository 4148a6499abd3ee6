# syntax=docker/dockerfile:1
ARG STORAGE_VERSION=v0.9.2
ARG PROXY_VERSION=v2.1.0
ARG FLAVOR=alpine

FROM --platform=$BUILDPLATFORM alpine:3.20 AS fetch
RUN apk add --no-cache git openssh-client

FROM fetch AS storage-source
ARG STORAGE_VERSION
RUN git clone -q --depth 1 -b "${STORAGE_VERSION}" https://git.example.org/storage /storage

FROM fetch AS proxy-source
ARG PROXY_VERSION
RUN git clone -q --depth 1 -b "${PROXY_VERSION}" https://git.example.org/proxy /proxy

FROM --platform=$BUILDPLATFORM golang:1.23-alpine AS compiler
RUN apk add --no-cache clang lld make
ENV CGO_ENABLED=0 GOFLAGS=-mod=mod

FROM compiler AS storage
ARG TARGETPLATFORM TARGETARCH
RUN --mount=from=storage-source,src=/storage,target=/src,rw \
    --mount=type=cache,target=/root/.cache \
  cd /src && GOARCH=${TARGETARCH} go build -o /bin/storaged ./cmd/storaged

FROM compiler AS proxy
ARG TARGETARCH PROXY_VERSION
RUN --mount=from=proxy-source,src=/proxy,target=/src,readwrite --mount=type=cache,target=/root/.cache <<BUILD
  set -eu
  cd /src
  make GOARCH=$TARGETARCH VERSION="${PROXY_VERSION#v}"
  cp out/proxyd /bin/proxyd
BUILD

FROM scratch AS parts-linux
COPY --link --from=storage /bin/storaged /
COPY --link --from=proxy /bin/proxyd /
FROM scratch AS parts-freebsd
FROM parts-${TARGETOS} AS parts

FROM alpine:3.20 AS system-alpine
RUN apk add --no-cache iproute2 nftables
FROM debian:12-slim AS system-debian
RUN apt-get update && apt-get install -y iproute2 nftables

FROM system-${FLAVOR}
COPY --link --from=parts / /usr/sbin/
COPY --link scripts/supervise.sh /usr/sbin/supervise
VOLUME /var/lib/storaged
ENTRYPOINT ["supervise"]
