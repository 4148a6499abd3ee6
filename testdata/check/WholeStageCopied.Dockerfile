#= everything
#! 3 WholeStageCopied: a whole stage or image is copied
FROM alpine:3.20 AS a
FROM alpine:3.20
COPY --from=a / /
#= on nothing, or parts
FROM alpine:3.20 AS a
FROM scratch
COPY --from=a / /
FROM alpine:3.20
COPY --from=a /app /app
COPY / /src
#= in a stage that nobody runs
FROM alpine:3.20 AS build
COPY --from=tonistiigi/xx:1 / /
FROM alpine:3.20
COPY --from=build /app /app
#= what is made to be copied
FROM scratch AS binaries
COPY a /a
FROM tonistiigi/xx:1 AS xx
FROM alpine:3.20
COPY --from=binaries / /usr/bin/
COPY --from=xx / /
COPY --from=docker/buildx-bin:0.29 / /usr/local/bin/
