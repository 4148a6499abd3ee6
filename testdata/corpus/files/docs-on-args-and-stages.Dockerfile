# TARGET_DIR says where things go
ARG TARGET_DIR=/opt
# base is what all stages are made from
FROM alpine AS base
# FLAVOUR is one of vanilla, lemon
ARG FLAVOUR=vanilla
# builder compiles
FROM base AS builder
# not about the arg
ARG OTHER
RUN echo $FLAVOUR $TARGET_DIR $OTHER
