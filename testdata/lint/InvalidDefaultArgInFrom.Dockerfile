#= no default
#? arg TAG=3.20
#! 2 InvalidDefaultArgInFrom: Default value for ARG busybox:${TAG} results in empty or invalid base image name
ARG TAG
FROM busybox:${TAG}

#= nothing but an argument
#? arg IMAGE=alpine
#! 2 InvalidDefaultArgInFrom: Default value for ARG $IMAGE results in empty or invalid base image name
ARG IMAGE
FROM $IMAGE

#= a default
ARG TAG=1.37
FROM busybox:${TAG}

#= a default in the word
ARG TAG
FROM busybox:${TAG:-1.37}

#= a default that a build argument replaces
#? arg IMAGE=alpine
ARG IMAGE=busybox
FROM $IMAGE
