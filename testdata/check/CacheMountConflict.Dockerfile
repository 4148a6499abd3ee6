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
