FROM scratch
COPY --from=busybox:1.36 /bin/busybox /bin/busybox
COPY --from=ghcr.io/example/tools:2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 /tool /bin/tool
RUN ["/bin/busybox", "true"]
