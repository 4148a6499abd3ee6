#= the instruction
#! 2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label
FROM alpine
MAINTAINER jane@example.com

#= in a stage that is not needed
#! 2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label
FROM alpine AS unused
MAINTAINER jane@example.com
FROM alpine

#= a label
FROM alpine
LABEL org.opencontainers.image.authors="jane@example.com"

#= skipped by a comment
FROM alpine
# check=skip=MaintainerDeprecated
MAINTAINER jane@example.com
