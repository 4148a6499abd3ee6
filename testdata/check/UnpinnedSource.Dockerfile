#= images
#! 1 UnpinnedSource: `alpine:3.20` is not pinned to a digest
#! 3 UnpinnedSource: `golang:1.25` is not pinned to a digest
FROM alpine:3.20
COPY --from=nginx /a /b
RUN --mount=type=bind,from=golang:1.25,target=/go a
#= files and repositories
#! 2 UnpinnedSource: `https://example.com/x` is not pinned to a checksum
#! 3 UnpinnedSource: `https://example.com/x.git#v1` is not pinned to a commit
FROM scratch
ADD https://example.com/x /
ADD https://example.com/x.git#v1 /
#= pinned
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000 AS a
ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 https://example.com/x /
ADD https://example.com/x.git#0123456789012345678901234567890123456789 /
FROM a
#= locked
#? locked
FROM alpine:3.20
