#= a program for the builder
#! 4 BasePlatformMismatch: what `go` makes is for the platform of the builder
FROM --platform=$BUILDPLATFORM golang:1 AS build
RUN go build -o /app .
FROM x:1
COPY --from=build /app /app
HEALTHCHECK NONE
#= also through another stage
#! 5 BasePlatformMismatch: what `cargo` makes is for the platform of the builder
FROM --platform=${BUILDPLATFORM} rust:1 AS base
FROM base AS build
RUN cargo build --release
FROM x:1
COPY --from=build /app /app
HEALTHCHECK NONE
#= the target is named, nothing is compiled, or all is of one platform
FROM --platform=$BUILDPLATFORM golang:1 AS a
ARG TARGETARCH
RUN GOARCH=$TARGETARCH go build -o /app .
FROM --platform=$BUILDPLATFORM node:22 AS b
RUN npm run build
FROM golang:1 AS c
RUN go build -o /app .
FROM --platform=$BUILDPLATFORM rust:1 AS d
RUN cargo build --target aarch64-unknown-linux-musl
FROM --platform=$BUILDPLATFORM golang:1 AS e
RUN go build -o /tool .
FROM --platform=$BUILDPLATFORM x:1 AS f
COPY --from=e /tool /tool
FROM x:1
COPY --from=a /app /app
COPY --from=b /app /app
COPY --from=c /app /app
COPY --from=d /app /app
COPY --from=f /docs /docs
HEALTHCHECK NONE
#= what a variable chooses may be a tool
ARG KIND=true
FROM --platform=$BUILDPLATFORM golang:1 AS build
RUN go build -o /tool .
FROM scratch AS tool-true
COPY --from=build /tool /tool
FROM tool-${KIND} AS tool
FROM --platform=$BUILDPLATFORM x:1
COPY --from=tool /tool /tool
HEALTHCHECK NONE
