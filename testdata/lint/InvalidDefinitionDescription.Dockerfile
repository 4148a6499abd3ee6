#= off unless asked for
# some words
FROM alpine AS build

#= a comment above a stage
#? check experimental=all
#! 2 InvalidDefinitionDescription: Comment for FROM should follow the format: `# build <description>`
# some words
FROM alpine AS build

#= a comment above an argument, in a stage too
#? check experimental=InvalidDefinitionDescription
#! 2 InvalidDefinitionDescription: Comment for ARG should follow the format: `# VERSION <description>`
#! 5 InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> <description>`
# some words
ARG VERSION
FROM alpine
# some words
ARG A=1 B=2

#= a description
#? check experimental=all
# build compiles
FROM alpine AS build
# B is the second
ARG A=1 B=2

#= an empty comment between
#? check experimental=all
# some words
#
FROM alpine AS build

#= an empty line between does not part them
#? check experimental=all
#! 3 InvalidDefinitionDescription: Comment for FROM should follow the format: `# build <description>`
# some words

FROM alpine AS build

#= a stage without a name
#? check experimental=all
# some words
FROM alpine
