#= a platform written out
#! 1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "linux/amd64"
FROM --platform=linux/amd64 alpine

#= the stage's name has the architecture
FROM --platform=linux/amd64 alpine AS build-amd64

#= the stage's name has the operating system
FROM --platform=linux/amd64 alpine AS linux-build

#= a variable
FROM --platform=$BUILDPLATFORM alpine

#= an architecture alone, which its normal name in the stage's excuses
FROM --platform=x86_64 alpine AS amd64
