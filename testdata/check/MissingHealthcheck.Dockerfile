#= none
#! 3 MissingHealthcheck: the image has no `HEALTHCHECK`
FROM alpine:3.20
HEALTHCHECK CMD a
FROM alpine:3.20
#= one, or in the stage below
FROM alpine:3.20 AS base
HEALTHCHECK NONE
FROM base
RUN a
