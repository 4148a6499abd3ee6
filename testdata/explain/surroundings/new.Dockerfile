FROM debian:12
WORKDIR /b
USER nobody
RUN --mount=type=cache,target=/cache,sharing=locked id
ADD https://example.org/b.tar /x/
ADD --chown=2:2 https://github.com/moby/buildkit.git#v0.20.0 /src
COPY <<EOF /file
two
EOF
RUN true
HEALTHCHECK NONE
EXPOSE 8080
ENV LAST=1
