#= one below the other
#! 3 ConsecutiveRun: two steps that follow each other could be one
FROM debian:12
RUN a
RUN b
#= with something between, other flags, or copied from
FROM debian:12 AS build
RUN a
RUN b
FROM debian:12
RUN a
COPY --from=build /a /b
RUN b
RUN --network=none c
