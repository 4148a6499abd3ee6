# syntax=docker/dockerfile:1
FROM alpine AS src
RUN mkdir -p /a/b && touch /a/b/c
FROM alpine
COPY --link --from=src /a /a
COPY --chown=1000:1000 --chmod=755 x y /bin/
COPY --chmod=u=rwX,go=rX z /z
COPY --from=0 /a/b/c /c
COPY --from=src --chown=nobody /a/b /b
COPY --from=alpine:3.19 /etc/os-release /os
COPY --parents ./a/./b/*.txt /p/
COPY --exclude=*.md --exclude=!README.md docs /docs
COPY a[0-9]?*.txt /glob/
COPY ["quoted name.txt", "/double quoted/"]
COPY escaped\ name.txt /x
