ARG VERSION=1.2
FROM golang:1.24 AS build
ARG VERSION
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -ldflags "-X main.version=$VERSION" -o /out/app .

FROM alpine:3.21
RUN apk add --no-cache ca-certificates
COPY --from=build /out/app /usr/bin/app
LABEL version=1.2
CMD ["app"]
