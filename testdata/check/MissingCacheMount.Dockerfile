#= compilers and managers
#! 2 MissingCacheMount: `go` runs without a cache mount
#! 3 MissingCacheMount: `npm` runs without a cache mount
#! 4 MissingCacheMount: `pip` runs without a cache mount
#! 4 MissingCacheMount: `apt-get` runs without a cache mount
FROM debian:12
RUN cd /src && go build ./...
RUN npm ci
RUN apt-get update && apt-get install -y a && pip install b && pip install c
#= with mounts, or told to keep nothing
FROM debian:12
RUN --mount=type=cache,target=/root/.cache/go-build go build ./...
RUN --mount=type=cache,target=/home/me/.npm npm ci
RUN pip install --no-cache-dir a
RUN apk add --no-cache a
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get install -y a
#= what fetches nothing
FROM debian:12
RUN npm run build && go version && cargo --version
#= a mount that is no cache
#! 2 MissingCacheMount: `cargo` runs without a cache mount
FROM rust:1
RUN --mount=type=bind,target=/src cargo build --release
#= yarn by itself
#! 2 MissingCacheMount: `yarn` runs without a cache mount
FROM node:22
RUN yarn
#= pip by another name
#! 2 MissingCacheMount: `pip` runs without a cache mount
FROM python:3.12
RUN python3 -m pip install a
#= pip that keeps nothing
FROM python:3.12
ENV PIP_NO_CACHE_DIR=1
RUN pip install a
#= a variable that comes too late
#! 2 MissingCacheMount: `pip` runs without a cache mount
FROM python:3.12
RUN pip install a
ENV PIP_NO_CACHE_DIR=1
