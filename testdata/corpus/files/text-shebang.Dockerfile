#!/usr/bin/env docker-run
# syntax=docker/dockerfile:1
FROM alpine
ENTRYPOINT ["cat"]
