# syntax=docker/dockerfile:1
FROM --platform=$BUILDPLATFORM golang:1.23-alpine AS build
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -ldflags="-s -w" -o /out/tidal ./cmd/tidal

FROM scratch
COPY --from=build /out/tidal /tidal
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/tidal"]
