ARG VERSION=1.3
FROM golang:1.24 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
ARG VERSION
COPY . .
RUN go build -ldflags "-X main.version=$VERSION" -o /out/app .

FROM alpine:3.22
RUN apk add --no-cache ca-certificates
COPY --from=build --chmod=755 /out/app /usr/bin/app
LABEL version=1.3
USER nobody
CMD ["app", "serve"]
