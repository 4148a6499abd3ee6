# syntax=docker/dockerfile:1-labs
FROM --platform=${BUILDPLATFORM:-linux/amd64} tonistiigi/xx AS xx
FROM --platform=${BUILDPLATFORM} alpine AS base
COPY --from=xx / /
ARG TARGETPLATFORM BUILDPLATFORM TARGETVARIANT
RUN xx-info env; echo "on $BUILDPLATFORM for $TARGETPLATFORM${TARGETVARIANT:+ variant $TARGETVARIANT}"
FROM base AS linux-amd64
RUN echo amd64 > /arch
FROM base AS linux-arm64
RUN echo arm64 > /arch
FROM base AS linux-s390x
RUN echo s390x > /arch
FROM ${TARGETOS}-${TARGETARCH}
ARG TARGETOS TARGETARCH
COPY --from=base /etc/alpine-release /
