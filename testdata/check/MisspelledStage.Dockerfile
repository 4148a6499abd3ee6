#= copied and mounted
#! 4 MisspelledStage: unknown stage `biuld`
#! 5 MisspelledStage: unknown stage `bulid`
FROM golang:1.25 AS build
RUN go build -o /app
FROM alpine:3.20
COPY --from=biuld /app /app
RUN --mount=from=bulid,target=/build /build/app --self-test
COPY --from=build /app /third
#= images
FROM node:22 AS nodes
RUN make
FROM web AS web1
COPY --from=nodes /a /a
COPY --from=node /a /b
COPY --from=web /a /c
COPY --from=nod:22 /a /d
COPY --from=my/nodes /a /e
COPY --from=alpine /a /f
#= short names are similar by chance
FROM alpine:3.20 AS go
RUN make
FROM alpine:3.20
COPY --from=goo /a /a
COPY --from=go /a /b
