#= lists and packages
#! 2 PackageCacheLeft: `apt-get` leaves its cache in the layer
#! 3 PackageCacheLeft: `apk` leaves its cache in the layer
#! 4 PackageCacheLeft: `dnf` leaves its cache in the layer
#! 5 PackageCacheLeft: `pip` leaves its cache in the layer
FROM debian:12
RUN apt-get update && apt-get install -y a
RUN apk add a
RUN dnf -y install a
RUN pip install a
#= cleaned
FROM debian:12
RUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*
RUN apk add --no-cache a
RUN dnf -y install a && dnf clean all
RUN pip install --no-cache-dir a
RUN zypper -n in a && zypper clean --all
#= mounted
FROM debian:12
RUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y a
#= a variable says so
FROM python:3.12
ENV PIP_NO_CACHE_DIR=1
RUN pip install a
#= later is too late
#! 2 PackageCacheLeft: `apt-get` leaves its cache in the layer
FROM debian:12
RUN apt-get update
RUN rm -rf /var/lib/apt/lists/*
#= a stage that is only copied from
FROM debian:12 AS build
RUN apt-get update && apt-get install -y a
FROM scratch
COPY --from=build /usr/bin/a /
#= a stage that an image is built on
#! 2 PackageCacheLeft: `apt-get` leaves its cache in the layer
FROM debian:12 AS base
RUN apt-get update && apt-get install -y a
FROM base
COPY --from=base /usr/bin/a /b
#= the variable comes from the stage below
FROM python:3.12 AS base
ENV PIP_NO_CACHE_DIR=1
FROM base
RUN pip install x
#= the variable comes too late
#! 2 PackageCacheLeft: `pip` leaves its cache in the layer
FROM python:3.12
RUN pip install x
ENV PIP_NO_CACHE_DIR=1
#= yarn
#! 2 PackageCacheLeft: `yarn` leaves its cache in the layer
FROM node:22
RUN yarn install --frozen-lockfile
RUN yarn install && yarn cache clean
RUN --mount=type=cache,target=/root/.cache/yarn yarn install
RUN npm install
#= lists of an earlier step
#! 2 PackageCacheLeft: `apt-get` leaves its cache in the layer
FROM debian:12
RUN apt-get update
RUN apt-get install -y a
#= cleaned by the manager itself
FROM debian:13
RUN apt-get update; apt-get install -y a; apt-get dist-clean
#= pip does not download
FROM python:3.12
RUN pip install --no-index -f /wheels a
#= pip as a module
#! 2 PackageCacheLeft: `pip` leaves its cache in the layer
FROM python:3.12
RUN python3 -m pip install x
#= a flag that is cut off, which pip takes
FROM python:3.12
RUN pip install --no-cache a
#= a flag counts for the command that has it
#! 2 PackageCacheLeft: `pip` leaves its cache in the layer
#! 3 PackageCacheLeft: `pip` leaves its cache in the layer
#! 4 PackageCacheLeft: `apk` leaves its cache in the layer
FROM alpine:3.20
RUN apk add --no-cache py3-pip && pip install a
RUN pip install --no-cache-dir a && pip install b
RUN apk --no-cache add a && apk add ./b.apk
