#= an image for another architecture
#? image linux/arm64
#! 1 InvalidBaseImagePlatform: Base image busybox was pulled with platform "linux/arm64", expected "linux/amd64" for current build
FROM busybox
RUN true

#= the stage's own platform is what is expected
#? image linux/amd64
#! 1 InvalidBaseImagePlatform: Base image busybox was pulled with platform "linux/amd64", expected "linux/s390x" for current build
FROM --platform=linux/s390x busybox AS for-s390x
RUN true

#= the platform that was asked for
#? platform linux/arm64
#? image linux/arm64
FROM busybox
RUN true

#= another variant will do
#? platform linux/arm/v6
#? image linux/arm/v7
FROM busybox
RUN true
