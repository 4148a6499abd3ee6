#= by number
#! 3 StageByNumber: a stage is referred to by its number, 0
#! 4 StageByNumber: a stage is referred to by its number, 0
FROM alpine:3.20
FROM alpine:3.20
COPY --from=0 /a /b
RUN --mount=from=0,target=/x a
#= by name
FROM alpine:3.20 AS a
FROM alpine:3.20
COPY --from=a /a /b
RUN --mount=from=a,target=/x a
