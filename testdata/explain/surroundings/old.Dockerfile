FROM debian:12
WORKDIR /a
USER root
RUN --mount=type=cache,target=/cache id
ADD https://example.org/a.tar /x/
ADD --chown=1:1 https://github.com/moby/buildkit.git#v0.19.0 /src
COPY <<EOF /file
one
EOF
RUN --network=none true
HEALTHCHECK CMD true
EXPOSE 80
