#= in two ways
#! 3 CacheMountConflict: the cache `/a` is shared in two ways
FROM alpine:3.20
RUN --mount=type=cache,target=/a,sharing=locked b
RUN --mount=type=cache,target=/a b
#= in one way, or another cache
FROM alpine:3.20
RUN --mount=type=cache,target=/a,sharing=shared b
RUN --mount=type=cache,target=/a b
RUN --mount=type=cache,id=c,target=/a,sharing=locked b
#= two managers in one cache
#! 3 CacheMountConflict: the cache `a` is both `/var/cache/apt` and `/root/.cache/pip`
FROM debian:12
RUN --mount=type=cache,id=a,target=/var/cache/apt apt-get update && apt-get install -y b
RUN --mount=type=cache,id=a,target=/root/.cache/pip pip install b
RUN --mount=type=cache,id=npm,target=/root/.npm npm ci
RUN --mount=type=cache,id=npm,target=/home/node/.npm npm ci
