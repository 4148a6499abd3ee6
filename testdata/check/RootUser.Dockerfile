#= the last one is root
#! 3 RootUser: the last user of the image is root
#! 5 RootUser: the last user of the image is root
FROM debian:12
USER app
USER 0:0
FROM debian:12
USER root
#= another one follows, or nobody runs the stage
FROM debian:12 AS build
USER root
FROM debian:12
USER root
RUN a
USER app
COPY --from=build /a /b
