# syntax=docker/dockerfile:1
FROM golang:1.23 AS build
ENV GOPRIVATE=git.example.com/*
RUN mkdir -p -m 0700 ~/.ssh && ssh-keyscan git.example.com >> ~/.ssh/known_hosts
RUN git config --global url."ssh://git@git.example.com/".insteadOf "https://git.example.com/"
WORKDIR /app
COPY go.* ./
RUN --mount=type=ssh,id=deploy,required=true --mount=type=cache,target=/go/pkg/mod go mod download -x
COPY --exclude=*_test.go --exclude=docs . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,id=gobuild,target=/root/.cache/go-build,sharing=locked go build -o /bin/api .

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build --link /bin/api /api
ENTRYPOINT ["/api"]
