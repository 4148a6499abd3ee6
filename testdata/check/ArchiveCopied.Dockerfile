#= unpacked later
#! 2 ArchiveCopied: `a.tar.gz` is copied and unpacked by a step
FROM alpine:3.20
COPY a.tar.gz /tmp/
RUN tar -xzf /tmp/a.tar.gz
#= not unpacked, from a stage, or added
FROM alpine:3.20 AS b
COPY a.tar.gz /tmp/
RUN tar tf /tmp/b.tar.gz
FROM alpine:3.20
COPY --from=b /tmp/a.tar.gz /tmp/
ADD c.tar.gz /
RUN tar xf /tmp/a.tar.gz
