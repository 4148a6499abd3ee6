ARG PG_MAJOR=16
FROM postgres:${PG_MAJOR}-bookworm AS ext
ARG PG_MAJOR
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates git make gcc postgresql-server-dev-$PG_MAJOR
ADD https://github.com/example/pg_trail.git#v1.4.0 /usr/src/pg_trail
RUN make -C /usr/src/pg_trail && make -C /usr/src/pg_trail install DESTDIR=/ext

FROM postgres:${PG_MAJOR}-bookworm
COPY --from=ext /ext/ /
COPY --chmod=755 initdb.d/ /docker-entrypoint-initdb.d/
ENV POSTGRES_INITDB_ARGS="--data-checksums --encoding=UTF8 --locale=C"
HEALTHCHECK --interval=5s --timeout=2s CMD ["pg_isready", "-U", "postgres"]
