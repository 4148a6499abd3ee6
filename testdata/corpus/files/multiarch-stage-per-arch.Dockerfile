FROM --platform=linux/amd64 debian:12 AS build-amd64
ENV CC=x86_64-linux-gnu-gcc
FROM --platform=linux/arm64/v8 debian:12 AS build-arm64
ENV CC=aarch64-linux-gnu-gcc
FROM --platform=linux/arm/v7 debian:12 AS build-arm
ENV CC=arm-linux-gnueabihf-gcc
ARG TARGETARCH
FROM build-${TARGETARCH} AS build
RUN $CC --version
FROM debian:12
COPY --from=build-amd64 /etc/debian_version /v/amd64
COPY --from=build-arm64 /etc/debian_version /v/arm64
COPY --from=build-arm /etc/debian_version /v/arm
