# syntax=docker/dockerfile:1.7
ARG GO_VERSION=1.22
ARG ALPINE_VERSION=3.20

FROM golang:${GO_VERSION}-alpine${ALPINE_VERSION} AS tools
RUN apk add --no-cache git gcc musl-dev
WORKDIR /ledger

FROM tools AS describe
RUN --mount=target=. git describe --always --dirty > /version

FROM tools AS compile
ARG FLAGS="-s -w"
RUN --mount=target=. \
    --mount=type=cache,target=/root/.cache/go-build \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=from=describe,source=/version,target=/version \
    CGO_ENABLED=0 go build -ldflags "${FLAGS} -X main.version=$(cat /version)" -o /ledger.bin .

FROM tools AS check
RUN --mount=target=. --mount=type=cache,target=/root/.cache/go-build go vet ./... && go test -race ./... | tee /report

FROM scratch AS report
COPY --from=check /report /

FROM alpine:${ALPINE_VERSION}
RUN apk add --no-cache tzdata
COPY --from=compile --chmod=0755 /ledger.bin /usr/local/bin/ledger
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 CMD ["ledger", "ping"]
ENTRYPOINT ["ledger"]
CMD ["serve"]
