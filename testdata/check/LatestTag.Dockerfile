#= no tag and the tag
#! 1 LatestTag: which version of `alpine` is meant is not said
#! 2 LatestTag: which version of `example.com/a/b` is meant is not said
FROM alpine AS a
FROM example.com/a/b:latest
#= by a variable, a copy and a mount
#! 2 LatestTag: which version of `busybox` is meant is not said
#! 3 LatestTag: which version of `nginx` is meant is not said
#! 4 LatestTag: which version of `golang` is meant is not said
ARG IMAGE=busybox
FROM $IMAGE
COPY --from=nginx /a /b
RUN --mount=from=golang,target=/go a
#= versions, digests, stages
FROM alpine:3.20 AS alpine2
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
FROM alpine2
FROM scratch
COPY --from=alpine2 / /
