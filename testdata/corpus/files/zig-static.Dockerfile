FROM alpine:3.20 AS zig
ARG ZIG_VERSION=0.13.0 TARGETARCH
ADD --checksum=sha256:d45312e61ebcc48032b77bc4cf7fd6915c11fa16e4aad116b66c9468211230ea https://ziglang.example.org/download/zig-linux-x86_64-0.13.0.tar.xz /tmp/
RUN mkdir /opt/zig && tar -xf /tmp/zig-*.tar.xz --strip-components=1 -C /opt/zig
COPY . /src
WORKDIR /src
RUN /opt/zig/zig build -Doptimize=ReleaseSmall --prefix /out
FROM scratch
COPY --from=zig /out/bin/fetch /
ENTRYPOINT ["/fetch"]
