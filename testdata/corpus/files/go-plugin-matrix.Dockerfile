ARG VARIANT=full
FROM golang:1.22 AS deps
WORKDIR /w
COPY go.mod .
COPY go.sum .
RUN go mod download

FROM deps AS full
RUN go build -tags "full,netgo" -o /bin/relay .

FROM deps AS lite
RUN go build -tags lite -o /bin/relay .

FROM ${VARIANT} AS chosen

FROM busybox:1.36
COPY --from=chosen /bin/relay /bin/relay
ARG VARIANT
LABEL variant="${VARIANT}"
CMD ["relay"]
