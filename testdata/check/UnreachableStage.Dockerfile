#= used by nobody
#! 1 UnreachableStage: the stage is not part of the build
FROM alpine:3.20
RUN a
FROM alpine:3.20
COPY a /a
#= used by number, or a target of its own
FROM alpine:3.20
FROM alpine:3.20
FROM alpine:3.20 AS test
RUN a
FROM alpine:3.20
COPY --from=0 /a /a
RUN --mount=from=1,target=/a a
